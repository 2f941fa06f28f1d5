// Chart: one measure over time, drawn by us: a line, a grid, limits, and the value under the mouse.
#pragma once

#include <QWidget>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "ui/theme/theme.h"

namespace cove::ui {

struct ChartLimit {
  QString name;
  double value = 0;
  Tone tone = Tone::kNeutral;
  bool operator==(const ChartLimit&) const = default;
};

// GUI thread. Keeps the newest kMaxPoints; shows what is not older than the window. A pause of more
// than kGap between two points is a gap in the line. By keyboard: left and right go from point to
// point, Escape leaves.
class Chart : public QWidget {
  Q_OBJECT
 public:
  static constexpr std::size_t kMaxPoints = 1'000;
  static constexpr std::chrono::seconds kGap{60};
  // Steps of the grid: 1, 2, 5 and tens; or powers of two.
  enum class Steps { kDecimal, kBinary };

  Chart(const Theme& theme, Steps steps, QWidget* parent);

  void set_title(const QString& title);
  // A value with its unit, in the language of now.
  void set_format(std::function<QString(double)> format);
  // What it says while there is nothing to draw.
  void set_empty(const QString& text);
  void set_window(std::chrono::seconds window);
  void set_limits(std::vector<ChartLimit> limits);
  // Points older than the newest are passed over.
  void add(WallTime at, double value);
  void clear();
  // What is shown is not of now; empty: it is.
  void set_stale(const QString& why);

  std::size_t points() const { return points_.size(); }
  QString title() const { return title_; }
  // "CPU: 250 m"; what the mouse or the keys point at, or the newest.
  QString reading() const;
  bool stale() const { return !stale_.isEmpty(); }
  const std::vector<ChartLimit>& limits() const { return limits_; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Point {
    WallTime at;
    double value = 0;
  };

  QRectF plot() const;
  double step() const;
  double top() const;
  double x_of(WallTime at) const;
  double y_of(double value) const;
  void point_at(std::optional<std::size_t> index);
  void paint_grid(QPainter& painter) const;
  void paint_times(QPainter& painter) const;
  void paint_limits(QPainter& painter) const;
  void paint_line(QPainter& painter) const;
  void paint_pointed(QPainter& painter) const;
  void describe();

  const Theme& theme_;
  const Steps steps_;
  QString title_;
  QString empty_;
  QString stale_;
  std::function<QString(double)> format_;
  std::chrono::seconds window_{900};
  std::vector<ChartLimit> limits_;
  std::deque<Point> points_;
  std::optional<std::size_t> pointed_;
};

}  // namespace cove::ui
