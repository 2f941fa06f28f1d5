#include "ui/widgets/fact_card.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace cove::ui {

FactCard::FactCard(const Theme& theme, const QString& icon, QWidget* parent)
    : QFrame(parent),
      theme_(theme),
      icon_name_(icon),
      icon_(new QLabel(this)),
      title_(make_label("strong", this)),
      grid_(new QGridLayout) {
  set_look(this, "card");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(20, 16, 16, 16);
  column->setSpacing(12);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  icon_->setFixedSize(18, 18);
  head->addWidget(icon_);
  head->addWidget(title_, 1);
  column->addLayout(head);
  grid_->setHorizontalSpacing(16);
  grid_->setVerticalSpacing(2);
  grid_->setColumnStretch(1, 1);
  grid_->setColumnMinimumWidth(0, 96);
  column->addLayout(grid_);
  column->addStretch();
  connect(&theme, &Theme::changed, this, &FactCard::refresh);
  refresh();
}

void FactCard::set_title(const QString& title) {
  title_->setText(title);
  setAccessibleName(title);
}

int FactCard::add(Row row, QWidget* cell) {
  const int index = static_cast<int>(rows_.size());
  row.caption = make_label("muted", this);
  row.cell = cell;
  cell->setFixedHeight(30);
  grid_->addWidget(row.caption, index, 0);
  grid_->addWidget(cell, index, 1);
  rows_.push_back(row);
  return index;
}

int FactCard::add_text() {
  Row row;
  auto* text = new ElidedLabel(this);
  text->setTextFormat(Qt::PlainText);
  row.text = text;
  return add(row, text);
}

int FactCard::add_copy(const QString& object_name) {
  Row row;
  row.copy = new CopyField(theme_, object_name, this);
  return add(row, row.copy);
}

int FactCard::add_state() {
  Row row;
  auto* cell = new QWidget(this);
  auto* line = new QHBoxLayout(cell);
  line->setContentsMargins(0, 0, 0, 0);
  line->setSpacing(6);
  row.glyph = new StatusGlyph(theme_, 16, cell);
  row.text = make_label("body", cell);
  line->addWidget(row.glyph);
  line->addWidget(row.text, 1);
  return add(row, cell);
}

int FactCard::add_note() {
  const int index = static_cast<int>(rows_.size());
  Row row;
  row.text = make_label("small", this);
  row.text->setWordWrap(true);
  row.cell = row.text;
  grid_->addWidget(row.text, index, 0, 1, 2);
  rows_.push_back(row);
  return index;
}

void FactCard::set(int index, const QString& caption, const QString& value) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  if (row.caption) {
    set_text(row.caption, caption);
    row.caption->setVisible(!value.isEmpty());
  }
  row.cell->setVisible(!value.isEmpty());
  if (row.copy) {
    row.copy->set_value(tr("Copy: %1").arg(caption), value);
  } else {
    set_text(row.text, value);
    row.text->setAccessibleName(caption + QStringLiteral(": ") + value);
  }
}

void FactCard::set_state(int index, const QString& caption, Glyph glyph, const QString& value) {
  set(index, caption, value);
  rows_[static_cast<std::size_t>(index)].glyph->set_glyph(glyph);
}

QString FactCard::value(int index) const {
  const Row& row = rows_[static_cast<std::size_t>(index)];
  return row.copy ? row.copy->value() : row.text->text();
}

void FactCard::refresh() {
  icon_->setPixmap(
      theme_.pixmap(icon_name_, theme_.palette().text_secondary, 18, devicePixelRatioF()));
}

}  // namespace cove::ui
