#include "ui/widgets/chart.h"

#include <QDateTime>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace cove::ui {
namespace {

constexpr int kHead = 30;  // title and reading
constexpr int kFoot = 20;  // times
constexpr int kLeft = 64;  // values
constexpr int kRight = 10;
constexpr int kGridLines = 3;

QDateTime time_of(WallTime at) {
  return QDateTime::fromMSecsSinceEpoch(
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

double seconds_between(WallTime from, WallTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Chart::Chart(const Theme& theme, Steps steps, QWidget* parent)
    : QWidget(parent), theme_(theme), steps_(steps) {
  setMouseTracking(true);
  setFocusPolicy(Qt::TabFocus);
  format_ = [this](double value) { return locale().toString(value); };
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize Chart::sizeHint() const {
  return QSize(360, 170);
}
QSize Chart::minimumSizeHint() const {
  return QSize(220, 130);
}

void Chart::set_title(const QString& title) {
  title_ = title;
  setAccessibleName(title);
  describe();
}

void Chart::set_format(std::function<QString(double)> format) {
  format_ = std::move(format);
  describe();
}

void Chart::set_empty(const QString& text) {
  empty_ = text;
  describe();
}

void Chart::set_window(std::chrono::seconds window) {
  window_ = window;
  update();
}

void Chart::set_limits(std::vector<ChartLimit> limits) {
  if (limits == limits_) return;
  limits_ = std::move(limits);
  update();
}

void Chart::add(WallTime at, double value) {
  if (!std::isfinite(value) || (!points_.empty() && at <= points_.back().at)) return;
  points_.push_back({at, std::max(0.0, value)});
  if (points_.size() > kMaxPoints) {
    points_.pop_front();
    if (pointed_) pointed_ = *pointed_ == 0 ? std::nullopt : std::optional(*pointed_ - 1);
  }
  describe();
}

void Chart::clear() {
  points_.clear();
  pointed_.reset();
  stale_.clear();
  describe();
}

void Chart::set_stale(const QString& why) {
  if (stale_ == why) return;
  stale_ = why;
  describe();
}

QString Chart::reading() const {
  if (points_.empty()) return empty_;
  const Point& point = pointed_ ? points_[*pointed_] : points_.back();
  const QString value = format_(point.value);
  if (!pointed_) return value;
  return QStringLiteral("%1 · %2").arg(
      locale().toString(time_of(point.at).time(), QLocale::ShortFormat), value);
}

void Chart::describe() {
  QString said = reading();
  if (!stale_.isEmpty()) said += QStringLiteral(". ") + stale_;
  for (const ChartLimit& limit : limits_)
    said += QStringLiteral(". %1: %2").arg(limit.name, format_(limit.value));
  setAccessibleDescription(said);
  update();
}

// --- Where things are.

QRectF Chart::plot() const {
  return QRectF(rect()).adjusted(kLeft, kHead, -kRight, -kFoot);
}

// What the grid's lines are apart, so that about kGridLines fit below what is drawn.
double Chart::step() const {
  double most = 0;
  for (const Point& point : points_)
    if (seconds_between(point.at, points_.back().at) <= static_cast<double>(window_.count()))
      most = std::max(most, point.value);
  // A limit far above would press the line down to the ground.
  for (const ChartLimit& limit : limits_)
    if (limit.value <= most * 4 || most == 0) most = std::max(most, limit.value);
  const double wanted = std::max(most, 1e-9) * 1.08 / kGridLines;
  if (steps_ == Steps::kBinary) return std::exp2(std::ceil(std::log2(wanted)));
  const double ten = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double part : {1.0, 2.0, 5.0})
    if (wanted <= part * ten) return part * ten;
  return 10 * ten;
}

double Chart::top() const {
  return step() * kGridLines;
}

double Chart::x_of(WallTime at) const {
  const double back = points_.empty() ? 0 : seconds_between(at, points_.back().at);
  return plot().right() - plot().width() * back / static_cast<double>(window_.count());
}

double Chart::y_of(double value) const {
  return plot().bottom() - plot().height() * value / top();
}

// --- Painting.

void Chart::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Palette& p = theme_.palette();
  painter.setFont(theme_.font(TextRole::kStrong));
  painter.setPen(p.text);
  const QRect head(0, 0, width() - kRight, kHead - 6);
  painter.drawText(head, Qt::AlignLeft | Qt::AlignVCenter, title_);
  const QRectF area = plot();
  if (points_.empty()) {
    painter.setFont(theme_.font(TextRole::kBody));
    painter.setPen(p.text_muted);
    painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, empty_);
  } else {
    painter.setPen(stale_.isEmpty() ? p.text : p.text_muted);
    const QString value = reading();
    painter.drawText(head, Qt::AlignRight | Qt::AlignVCenter, value);
    if (!stale_.isEmpty()) {
      const QFontMetrics metrics(theme_.font(TextRole::kStrong));
      const int left = metrics.horizontalAdvance(title_) + 12;
      const int right = metrics.horizontalAdvance(value) + 12;
      painter.setFont(theme_.font(TextRole::kSmall));
      const QRect between = head.adjusted(left, 0, -right, 0);
      painter.drawText(
          between, Qt::AlignRight | Qt::AlignVCenter,
          QFontMetrics(painter.font()).elidedText(stale_, Qt::ElideRight, between.width()));
    }
    paint_grid(painter);
    paint_times(painter);
    paint_line(painter);
    paint_limits(painter);
    paint_pointed(painter);
  }
  if (hasFocus()) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(p.accent, 2));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
  }
}

void Chart::paint_grid(QPainter& painter) const {
  const Palette& p = theme_.palette();
  const QRectF area = plot();
  painter.setFont(theme_.font(TextRole::kSmall));
  for (int i = 0; i <= kGridLines; ++i) {
    const double y = std::round(y_of(step() * i)) + 0.5;
    painter.setPen(QPen(p.border, 1));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    painter.setPen(p.text_muted);
    painter.drawText(QRectF(0, y - 10, kLeft - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                     format_(step() * i));
  }
}

void Chart::paint_times(QPainter& painter) const {
  const QRectF area = plot();
  painter.setPen(theme_.palette().text_muted);
  const int parts = area.width() > 420 ? 3 : 1;
  for (int i = 0; i <= parts; ++i) {
    const auto back = window_ * (parts - i) / parts;
    const WallTime at = points_.back().at - back;
    const QString text = locale().toString(time_of(at).time(), QLocale::ShortFormat);
    const double x = area.left() + area.width() * i / parts;
    const int width = painter.fontMetrics().horizontalAdvance(text);
    const double left = std::clamp(x - width / 2.0, area.left(), area.right() - width);
    painter.drawText(QPointF(left, height() - 5), text);
  }
}

void Chart::paint_limits(QPainter& painter) const {
  const QRectF area = plot();
  painter.setFont(theme_.font(TextRole::kSmall));
  for (const ChartLimit& limit : limits_) {
    if (limit.value > top()) continue;
    const double y = std::round(y_of(limit.value)) + 0.5;
    const QColor color = theme_.palette().tone(limit.tone).text;
    painter.setPen(QPen(color, 1, Qt::DashLine));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    painter.setPen(color);
    const bool below = y - area.top() < 16;
    painter.drawText(QRectF(area.left() + 4, below ? y + 1 : y - 17, area.width() - 8, 16),
                     Qt::AlignLeft | Qt::AlignVCenter, limit.name);
  }
}

void Chart::paint_line(QPainter& painter) const {
  const QRectF area = plot();
  const Palette& p = theme_.palette();
  const QColor color = stale_.isEmpty() ? p.accent : p.text_muted;
  painter.save();
  painter.setClipRect(area.adjusted(-1, -2, 2, 2));
  QPainterPath line;
  QPainterPath fill;
  double begun = 0;
  const auto close_fill = [&] {
    if (fill.isEmpty()) return;
    fill.lineTo(line.currentPosition().x(), area.bottom());
    fill.lineTo(begun, area.bottom());
    fill.closeSubpath();
  };
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const QPointF at(x_of(points_[i].at), y_of(points_[i].value));
    if (i == 0 || points_[i].at - points_[i - 1].at > kGap) {
      close_fill();
      line.moveTo(at);
      fill.moveTo(at);
      begun = at.x();
    } else {
      line.lineTo(at);
      fill.lineTo(at);
    }
  }
  close_fill();
  QColor shade = color;
  shade.setAlphaF(0.12F);
  painter.fillPath(fill, shade);
  painter.setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawPath(line);
  painter.setBrush(color);
  painter.setPen(Qt::NoPen);
  painter.drawEllipse(QPointF(x_of(points_.back().at), y_of(points_.back().value)), 2.5, 2.5);
  painter.restore();
}

void Chart::paint_pointed(QPainter& painter) const {
  if (!pointed_) return;
  const QRectF area = plot();
  const Palette& p = theme_.palette();
  const Point& point = points_[*pointed_];
  const QPointF at(x_of(point.at), y_of(point.value));
  painter.setPen(QPen(p.border_strong, 1));
  painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()));
  painter.setPen(QPen(p.surface, 1.5));
  painter.setBrush(p.accent);
  painter.drawEllipse(at, 4, 4);
}

// --- Pointing.

void Chart::point_at(std::optional<std::size_t> index) {
  if (index == pointed_) return;
  pointed_ = index;
  describe();
}

void Chart::mouseMoveEvent(QMouseEvent* event) {
  std::optional<std::size_t> nearest;
  double least = 24;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const double away = std::abs(x_of(points_[i].at) - event->position().x());
    if (away >= least || x_of(points_[i].at) < plot().left() - 1) continue;
    least = away;
    nearest = i;
  }
  point_at(nearest);
}

void Chart::leaveEvent(QEvent*) {
  point_at(std::nullopt);
}

void Chart::keyPressEvent(QKeyEvent* event) {
  const std::size_t last = points_.empty() ? 0 : points_.size() - 1;
  const std::size_t now = pointed_.value_or(last);
  if (points_.empty()) {
    event->ignore();
  } else if (event->key() == Qt::Key_Left) {
    point_at(now == 0 ? 0 : now - 1);
  } else if (event->key() == Qt::Key_Right) {
    point_at(std::min(last, now + 1));
  } else if (event->key() == Qt::Key_Escape && pointed_) {
    point_at(std::nullopt);
  } else {
    event->ignore();
  }
}

}  // namespace cove::ui
