// FactCard: a titled card of captions and values.
#pragma once

#include <QGridLayout>
#include <vector>

#include "ui/widgets/copy_field.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

class FactCard : public QFrame {
  Q_OBJECT
 public:
  FactCard(const Theme& theme, const QString& icon, QWidget* parent);
  void set_title(const QString& title);
  // Rows are made once, in order, and then only filled.
  int add_text();
  // The Copy button's object name.
  int add_copy(const QString& object_name);
  // A value with a glyph before it.
  int add_state();
  // A sentence over the whole width.
  int add_note();

  // An empty value hides the row.
  void set(int row, const QString& caption, const QString& value);
  void set_state(int row, const QString& caption, Glyph glyph, const QString& value);
  QString value(int row) const;

 private:
  struct Row {
    QLabel* caption = nullptr;
    QLabel* text = nullptr;
    CopyField* copy = nullptr;
    StatusGlyph* glyph = nullptr;
    QWidget* cell = nullptr;
  };
  int add(Row row, QWidget* cell);
  void refresh();

  const Theme& theme_;
  QString icon_name_;
  QLabel* icon_;
  QLabel* title_;
  QGridLayout* grid_;
  std::vector<Row> rows_;
};

}  // namespace cove::ui
