// FactList: captions and values below each other, as many as there are now.
#pragma once

#include <QGridLayout>
#include <optional>
#include <vector>

#include "ui/widgets/basics.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

struct Fact {
  QString caption;
  QString value;
  std::optional<Glyph> glyph = std::nullopt;
  bool mono = false;
};

class FactList : public QWidget {
  Q_OBJECT
 public:
  FactList(const Theme& theme, QWidget* parent);
  // Facts without a value are left out. Rows are used again, so a selected text stays selected.
  void set_facts(const std::vector<Fact>& facts);

 private:
  struct Row {
    QLabel* caption;
    StatusGlyph* glyph;
    QLabel* value;
  };
  Row& row(std::size_t index);

  const Theme& theme_;
  QGridLayout* grid_;
  std::vector<Row> rows_;
};

}  // namespace cove::ui
