#include "ui/widgets/basics.h"

#include <QPainter>
#include <QStyle>
#include <QVariant>

namespace cove::ui {
namespace {

// Icons are 16 pixels wide; the rest is air before the text.
constexpr QSize kButtonIcon(22, 16);

}  // namespace

void set_look(QWidget* widget, const char* look) {
  const QString value = QString::fromLatin1(look);
  if (widget->property("look").toString() == value) return;
  widget->setProperty("look", value);
  if (widget->testAttribute(Qt::WA_WState_Polished)) {
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
  }
}

QLabel* make_label(const char* look, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  set_look(label, look);
  return label;
}

QFrame* make_card(QWidget* parent) {
  auto* card = new QFrame(parent);
  set_look(card, "card");
  return card;
}

QFrame* make_list_card(QWidget* list, QWidget* parent) {
  auto* card = make_card(parent);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(1, 6, 1, 6);
  column->addWidget(list);
  return card;
}

QFrame* make_line(QWidget* parent) {
  auto* line = new QFrame(parent);
  line->setFixedHeight(1);
  set_look(line, "line");
  return line;
}

QPushButton* make_button(const char* look, QWidget* parent) {
  auto* button = new QPushButton(parent);
  button->setCursor(Qt::PointingHandCursor);
  button->setAutoDefault(false);
  button->setIconSize(kButtonIcon);
  button->setFocusPolicy(Qt::TabFocus);
  set_look(button, look);
  return button;
}

QToolButton* make_icon_button(const Theme& theme, const QString& icon, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(theme.icon(icon, Theme::IconRole::kSecondary));
  button->setIconSize(QSize(16, 16));
  button->setFocusPolicy(Qt::TabFocus);
  button->setCursor(Qt::PointingHandCursor);
  set_look(button, "icon");
  return button;
}

void name_control(QWidget* control, const QString& name) {
  control->setToolTip(name);
  control->setAccessibleName(name);
}

void set_text(QLabel* label, const QString& text) {
  if (label->text() != text) label->setText(text);
}

void clear_layout(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (QWidget* widget = item->widget()) {
      widget->hide();
      widget->deleteLater();
    }
    delete item;
  }
}

PageHead make_page_head(QWidget* page) {
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(12);
  auto* row = new QHBoxLayout;
  row->setSpacing(kGrid);
  auto* title = make_label("title", page);
  row->addWidget(title);
  column->addLayout(row);
  return {column, row, title};
}

QSize ElidedLabel::minimumSizeHint() const {
  return {fontMetrics().averageCharWidth() * 6, QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(foregroundRole()));
  const QString shown = fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
  painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine, shown);
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
  QLabel::resizeEvent(event);
  const bool cut = fontMetrics().horizontalAdvance(text()) > contentsRect().width();
  setToolTip(cut ? text() : QString());
}

}  // namespace cove::ui
