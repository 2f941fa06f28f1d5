#include "ui/widgets/status_glyph.h"

#include <QPainter>
#include <QPainterPath>

namespace cove::ui {

using provision::Phase;
using provision::StepState;

Glyph glyph_of(Phase phase) {
  switch (phase) {
    case Phase::kRunning: return Glyph::kRunning;
    case Phase::kCreating:
    case Phase::kStarting:
    case Phase::kStopping:
    case Phase::kPausing:
    case Phase::kDeleting: return Glyph::kTurning;
    case Phase::kBroken: return Glyph::kBroken;
    case Phase::kPaused: return Glyph::kPaused;
    case Phase::kStopped:
    case Phase::kNotCreated: break;
  }
  return Glyph::kOff;
}

Glyph glyph_of(StepState state) {
  switch (state) {
    case StepState::kPending: return Glyph::kPending;
    case StepState::kRunning: return Glyph::kTurning;
    case StepState::kDone: return Glyph::kRunning;
    case StepState::kFailed: return Glyph::kBroken;
    case StepState::kCancelled: break;
  }
  return Glyph::kCancelled;
}

Tone tone_of(Glyph glyph) {
  switch (glyph) {
    case Glyph::kRunning: return Tone::kGood;
    case Glyph::kTurning: return Tone::kBusy;
    case Glyph::kBroken: return Tone::kBad;
    default: return Tone::kNeutral;
  }
}

void paint_glyph(QPainter& painter, const QRectF& where, Glyph glyph, const Palette& palette,
                 double angle) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.translate(where.topLeft());
  painter.scale(where.width() / 16.0, where.height() / 16.0);
  const QColor color = palette.tone(tone_of(glyph)).text;
  const QColor inside = palette.surface;
  const auto pen = [](const QColor& ink, double width) {
    return QPen(ink, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
  };
  const auto disc = [&] {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QPointF(8, 8), 7, 7);
    painter.setPen(pen(inside, 1.8));
    painter.setBrush(Qt::NoBrush);
  };
  switch (glyph) {
    case Glyph::kRunning:
      disc();
      painter.drawPolyline(QPolygonF({{5.0, 8.3}, {7.1, 10.4}, {11.0, 5.9}}));
      break;
    case Glyph::kPaused:
      disc();
      painter.drawLine(QPointF(6.3, 5.6), QPointF(6.3, 10.4));
      painter.drawLine(QPointF(9.7, 5.6), QPointF(9.7, 10.4));
      break;
    case Glyph::kCancelled:
      disc();
      painter.drawLine(QPointF(5.2, 8), QPointF(10.8, 8));
      break;
    case Glyph::kTurning: {
      QColor track = color;
      track.setAlphaF(0.25F);
      painter.setPen(pen(track, 2.2));
      painter.drawEllipse(QPointF(8, 8), 5.9, 5.9);
      painter.setPen(pen(color, 2.2));
      painter.drawArc(QRectF(2.1, 2.1, 11.8, 11.8), static_cast<int>((90 - angle) * 16), -110 * 16);
      break;
    }
    case Glyph::kBroken: {
      QPainterPath triangle;
      triangle.moveTo(8, 1.9);
      triangle.lineTo(14.7, 13.6);
      triangle.lineTo(1.3, 13.6);
      triangle.closeSubpath();
      painter.setPen(pen(color, 1.8));
      painter.setBrush(color);
      painter.drawPath(triangle);
      painter.setPen(pen(inside, 1.7));
      painter.drawLine(QPointF(8, 6.2), QPointF(8, 9.4));
      painter.drawPoint(QPointF(8, 11.9));
      break;
    }
    case Glyph::kOff:
      painter.setPen(pen(color, 2.0));
      painter.drawEllipse(QPointF(8, 8), 5.8, 5.8);
      break;
    case Glyph::kPending:
      painter.setPen(pen(palette.border_strong, 1.6));
      painter.drawEllipse(QPointF(8, 8), 4.2, 4.2);
      break;
  }
  painter.restore();
}

QPixmap glyph_pixmap(Glyph glyph, const Palette& palette, int size, qreal ratio) {
  QPixmap pixmap(QSize(size, size) * ratio);
  pixmap.fill(Qt::transparent);
  pixmap.setDevicePixelRatio(ratio);
  QPainter painter(&pixmap);
  paint_glyph(painter, QRectF(0, 0, size, size), glyph, palette);
  return pixmap;
}

StatusGlyph::StatusGlyph(const Theme& theme, int size, QWidget* parent)
    : QWidget(parent), theme_(theme) {
  setFixedSize(size, size);
  timer_.setInterval(50);
  connect(&timer_, &QTimer::timeout, this, [this] {
    angle_ = angle_ >= 360 ? angle_ - 350 : angle_ + 10;
    update();
  });
}

void StatusGlyph::set_glyph(Glyph glyph) {
  if (glyph == glyph_) return;
  glyph_ = glyph;
  angle_ = 40;
  animate();
  update();
}

void StatusGlyph::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint_glyph(painter, rect(), glyph_, theme_.palette(), angle_);
}

void StatusGlyph::showEvent(QShowEvent*) {
  animate();
}
void StatusGlyph::hideEvent(QHideEvent*) {
  timer_.stop();
}

void StatusGlyph::animate() {
  const bool turn = glyph_ == Glyph::kTurning && isVisible();
  if (turn && !timer_.isActive()) timer_.start();
  if (!turn) timer_.stop();
}

}  // namespace cove::ui
