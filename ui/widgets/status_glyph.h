// StatusGlyph: a state as a colour AND a shape.
#pragma once

#include <QTimer>
#include <QWidget>

#include "ui/theme/theme.h"
#include "vm/provision/status.h"

namespace cove::ui {

enum class Glyph {
  kRunning,   // green disc with a tick
  kTurning,   // amber arc, turning
  kBroken,    // red triangle with an exclamation mark
  kOff,       // grey ring
  kPaused,    // grey disc with two bars
  kPending,   // small hollow dot
  kCancelled  // grey disc with a bar
};

Glyph glyph_of(provision::Phase phase);
Glyph glyph_of(provision::StepState state);
Tone tone_of(Glyph glyph);
// `angle` in degrees turns kTurning.
void paint_glyph(QPainter& painter, const QRectF& where, Glyph glyph, const Palette& palette,
                 double angle = 40);
QPixmap glyph_pixmap(Glyph glyph, const Palette& palette, int size, qreal ratio);

class StatusGlyph : public QWidget {
  Q_OBJECT
 public:
  StatusGlyph(const Theme& theme, int size, QWidget* parent);
  void set_glyph(Glyph glyph);
  Glyph glyph() const { return glyph_; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void animate();
  const Theme& theme_;
  Glyph glyph_ = Glyph::kOff;
  QTimer timer_;
  double angle_ = 40;
};

}  // namespace cove::ui
