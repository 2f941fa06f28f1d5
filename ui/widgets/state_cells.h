// StateCells: a cell for each of many like things, by colour and shape, and a bar of progress.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/theme/theme.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

struct StateCell {
  QString name;
  QString text;  // of its state
  Glyph glyph = Glyph::kPending;
  bool operator==(const StateCell&) const = default;
};

// Wraps to its width; the first kShown cells are drawn, and how many more there are. Tab reaches
// it, arrows go from cell to cell, Enter and a click choose one.
class StateCells : public QWidget {
  Q_OBJECT
 public:
  static constexpr int kShown = 240;

  StateCells(const Theme& theme, QWidget* parent);
  // `what` names the whole for screen readers.
  void set_cells(const QString& what, std::vector<StateCell> cells);
  const std::vector<StateCell>& cells() const { return cells_; }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override { return {200, heightForWidth(200)}; }
  QSize minimumSizeHint() const override { return {120, kCell}; }

 Q_SIGNALS:
  void chosen(const QString& name);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  static constexpr int kCell = 24;
  static constexpr int kGap = 4;
  int shown() const;
  int columns(int width) const;
  QRect rect_of(int index) const;
  int at(const QPoint& point) const;  // -1: none
  void go_to(int index);

  const Theme& theme_;
  std::vector<StateCell> cells_;
  int current_ = 0;
};

// How much of a whole is done: `done` of `all`, and `begun` beyond that.
class PartsBar : public QWidget {
  Q_OBJECT
 public:
  PartsBar(const Theme& theme, QWidget* parent);
  void set_parts(const QString& text, int done, int begun, int all);
  QSize sizeHint() const override { return {120, 8}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  int done_ = 0;
  int begun_ = 0;
  int all_ = 0;
};

}  // namespace cove::ui
