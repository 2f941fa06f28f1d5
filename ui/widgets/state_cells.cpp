#include "ui/widgets/state_cells.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace cove::ui {

StateCells::StateCells(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setFocusPolicy(Qt::TabFocus);
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

int StateCells::shown() const {
  return std::min(kShown, static_cast<int>(cells_.size()));
}

int StateCells::columns(int width) const {
  return std::max(1, (width + kGap) / (kCell + kGap));
}

int StateCells::heightForWidth(int width) const {
  const bool more = static_cast<int>(cells_.size()) > kShown;
  const int places = shown() + (more ? 2 : 0);
  const int rows = std::max(1, (places + columns(width) - 1) / columns(width));
  return rows * (kCell + kGap) - kGap;
}

QRect StateCells::rect_of(int index) const {
  const int across = columns(width());
  return {index % across * (kCell + kGap), index / across * (kCell + kGap), kCell, kCell};
}

int StateCells::at(const QPoint& point) const {
  for (int i = 0; i < shown(); ++i)
    if (rect_of(i).contains(point)) return i;
  return -1;
}

void StateCells::set_cells(const QString& what, std::vector<StateCell> cells) {
  setAccessibleName(what);
  if (cells == cells_) return;
  const bool resized = cells.size() != cells_.size();
  cells_ = std::move(cells);
  current_ = std::clamp(current_, 0, std::max(0, shown() - 1));
  if (resized) updateGeometry();
  update();
}

void StateCells::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Palette& palette = theme_.palette();
  for (int i = 0; i < shown(); ++i) {
    const Glyph glyph = cells_[static_cast<std::size_t>(i)].glyph;
    const QRectF cell(rect_of(i));
    const bool focused = hasFocus() && i == current_;
    painter.setBrush(palette.tone(tone_of(glyph)).soft);
    painter.setPen(focused ? QPen(palette.accent, 2) : QPen(palette.border, 1));
    painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 6, 6);
    paint_glyph(painter, cell.adjusted(5, 5, -5, -5), glyph, palette);
  }
  const auto more = static_cast<int>(cells_.size()) - shown();
  if (more > 0) {
    painter.setPen(palette.text_secondary);
    painter.setFont(theme_.font(TextRole::kSmall));
    painter.drawText(rect_of(shown()).adjusted(0, 0, kCell + kGap, 0),
                     Qt::AlignVCenter | Qt::AlignLeft,
                     QStringLiteral("+%1").arg(locale().toString(more)));
  }
}

bool StateCells::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int index = at(help->pos());
  if (index < 0) {
    QToolTip::hideText();
    event->ignore();
  } else {
    const StateCell& cell = cells_[static_cast<std::size_t>(index)];
    QToolTip::showText(help->globalPos(),
                       QStringLiteral("%1: %2").arg(cell.name, cell.text).toHtmlEscaped(), this);
  }
  return true;
}

void StateCells::go_to(int index) {
  if (shown() == 0) return;
  current_ = std::clamp(index, 0, shown() - 1);
  update();
  const StateCell& cell = cells_[static_cast<std::size_t>(current_)];
  setAccessibleDescription(QStringLiteral("%1: %2").arg(cell.name, cell.text));
  Q_EMIT chosen(cell.name);
}

void StateCells::keyPressEvent(QKeyEvent* event) {
  const int across = columns(width());
  switch (event->key()) {
    case Qt::Key_Left: return go_to(current_ - 1);
    case Qt::Key_Right: return go_to(current_ + 1);
    case Qt::Key_Up: return go_to(current_ - across);
    case Qt::Key_Down: return go_to(current_ + across);
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space: return go_to(current_);
    default: QWidget::keyPressEvent(event);
  }
}

void StateCells::mousePressEvent(QMouseEvent* event) {
  const int index = at(event->pos());
  if (index >= 0) go_to(index);
}

void StateCells::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void StateCells::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  update();
}

PartsBar::PartsBar(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setFixedHeight(8);
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void PartsBar::set_parts(const QString& text, int done, int begun, int all) {
  setAccessibleName(text);
  setToolTip(text);
  all_ = std::max(0, all);
  done_ = std::clamp(done, 0, all_);
  begun_ = std::clamp(begun, done_, all_);
  update();
}

void PartsBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  const Palette& palette = theme_.palette();
  const auto part = [&](int of, const QColor& color) {
    QRectF bar(rect());
    if (all_ > 0) bar.setWidth(bar.width() * of / all_);
    if (bar.width() < 1) return;
    painter.setBrush(color);
    painter.drawRoundedRect(bar, 4, 4);
  };
  painter.setBrush(palette.border);
  painter.drawRoundedRect(rect(), 4, 4);
  if (all_ == 0) return;
  part(begun_, palette.busy.text);
  part(done_, palette.good.text);
}

}  // namespace cove::ui
