// DiffView: what differs between two texts, line by line.
#pragma once

#include <QPlainTextEdit>

#include "ui/models/document_text.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// GUI thread. Read only; added and removed lines have a colour and a sign. Starts at the first
// difference.
class DiffView : public QPlainTextEdit {
  Q_OBJECT
 public:
  DiffView(const Theme& theme, QWidget* parent);
  void show_texts(const QString& before, const QString& after);

 private:
  void paint_lines();
  const Theme& theme_;
  std::vector<DiffLine> lines_;
};

}  // namespace cove::ui
