// ResourceSlider: how much of something to give, with a red zone above what this computer can.
#pragma once

#include <QSlider>
#include <functional>

#include "ui/widgets/basics.h"

namespace cove::ui {

// A slider that paints its red zone.
class ZoneSlider : public QSlider {
  Q_OBJECT
 public:
  ZoneSlider(const Theme& theme, QWidget* parent);
  // Values above `limit` are red.
  void set_limit(int limit);
  int limit() const { return limit_; }
  QSize sizeHint() const override { return {160, 28}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  double position_of(int value) const;
  int value_at(double x) const;
  const Theme& theme_;
  int limit_ = 0;
};

class ResourceSlider : public QWidget {
  Q_OBJECT
 public:
  // Slider positions are units of the caller (a CPU, 256 MiB, 1 GiB); `format` says a position as
  // text.
  ResourceSlider(const Theme& theme, const QString& icon, std::function<QString(int)> format,
                 QWidget* parent);
  void set_title(const QString& title);
  // At most `maximum` can be chosen; above `limit` is red, and `why` is said there.
  void set_range(int minimum, int maximum, int limit);
  void set_reason(const QString& why);
  void set_value(int value) { slider_->setValue(value); }
  int value() const { return slider_->value(); }
  bool in_red() const { return slider_->value() > slider_->limit(); }
  ZoneSlider* slider() const { return slider_; }
  void retranslate() { refresh(); }

 Q_SIGNALS:
  void changed();

 private:
  void refresh();
  const Theme& theme_;
  QString icon_name_;
  std::function<QString(int)> format_;
  QString why_;
  QLabel* icon_;
  QLabel* title_;
  QLabel* value_;
  QLabel* reason_;
  ZoneSlider* slider_;
};

}  // namespace cove::ui
