#include "ui/widgets/resource_slider.h"

#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace cove::ui {
namespace {
constexpr double kKnob = 10;
constexpr double kTrack = 6;
}  // namespace

ZoneSlider::ZoneSlider(const Theme& theme, QWidget* parent)
    : QSlider(Qt::Horizontal, parent), theme_(theme) {
  setFocusPolicy(Qt::StrongFocus);
  setMinimumHeight(28);
  setCursor(Qt::PointingHandCursor);
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ZoneSlider::set_limit(int limit) {
  limit_ = limit;
  update();
}

double ZoneSlider::position_of(int value) const {
  const double span = std::max(1, maximum() - minimum());
  const double room = width() - 2 * kKnob;
  return kKnob + room * (value - minimum()) / span;
}

int ZoneSlider::value_at(double x) const {
  const double room = std::max(1.0, width() - 2 * kKnob);
  const double part = std::clamp((x - kKnob) / room, 0.0, 1.0);
  return minimum() + static_cast<int>(std::lround(part * (maximum() - minimum())));
}

void ZoneSlider::paintEvent(QPaintEvent*) {
  const Palette& p = theme_.palette();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  const double y = height() / 2.0;
  const QRectF track(0, y - kTrack / 2, width(), kTrack);
  QPainterPath clip;
  clip.addRoundedRect(track, kTrack / 2, kTrack / 2);
  painter.save();
  painter.setClipPath(clip);
  painter.fillRect(track, p.dark ? p.border_strong : p.border);
  if (limit_ < maximum()) {
    QRectF red = track;
    red.setLeft(position_of(std::max(minimum(), limit_)));
    QColor zone = p.danger;
    zone.setAlphaF(p.dark ? 0.50F : 0.42F);
    painter.fillRect(red, p.surface);
    painter.fillRect(red, zone);
  }
  const bool red = value() > limit_;
  if (isEnabled()) {
    QRectF filled = track;
    filled.setRight(position_of(value()));
    painter.fillRect(filled, red ? p.danger : p.accent);
  }
  painter.restore();
  const QPointF knob(position_of(value()), y);
  if (hasFocus()) {
    painter.setPen(QPen(p.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(knob, kKnob - 1, kKnob - 1);
  }
  painter.setPen(QPen(isEnabled() ? (red ? p.danger : p.accent) : p.border_strong, 2));
  painter.setBrush(p.surface);
  painter.drawEllipse(knob, kKnob - 3, kKnob - 3);
}

void ZoneSlider::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  setSliderDown(true);
  setValue(value_at(event->position().x()));
}

void ZoneSlider::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) setValue(value_at(event->position().x()));
}

ResourceSlider::ResourceSlider(const Theme& theme, const QString& icon,
                               std::function<QString(int)> format, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      icon_name_(icon),
      format_(std::move(format)),
      icon_(new QLabel(this)),
      title_(make_label("strong", this)),
      value_(make_label("strong", this)),
      reason_(make_label("bad", this)),
      slider_(new ZoneSlider(theme, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  icon_->setFixedSize(18, 18);
  head->addWidget(icon_);
  head->addWidget(title_);
  head->addStretch();
  head->addWidget(value_);
  column->addLayout(head);
  column->addWidget(slider_);
  column->addWidget(reason_);
  reason_->setWordWrap(true);
  reason_->hide();
  connect(slider_, &QSlider::valueChanged, this, [this] {
    refresh();
    Q_EMIT changed();
  });
  connect(&theme, &Theme::changed, this, &ResourceSlider::refresh);
}

void ResourceSlider::set_title(const QString& title) {
  title_->setText(title);
  slider_->setAccessibleName(title);
  refresh();
}

void ResourceSlider::set_range(int minimum, int maximum, int limit) {
  slider_->setRange(minimum, maximum);
  slider_->set_limit(limit);
  refresh();
}

void ResourceSlider::set_reason(const QString& why) {
  why_ = why;
  refresh();
}

void ResourceSlider::refresh() {
  icon_->setPixmap(
      theme_.pixmap(icon_name_, theme_.palette().text_secondary, 18, devicePixelRatioF()));
  value_->setText(format_(slider_->value()));
  set_look(value_, in_red() ? "bad" : "strong");
  reason_->setText(why_);
  reason_->setVisible(in_red() && !why_.isEmpty());
  slider_->setAccessibleDescription(value_->text());
}

}  // namespace cove::ui
