// LogCanvas: the lines of a LogDocument on screen. Only what is visible is laid out.
#pragma once

#include <QAbstractScrollArea>
#include <QTextLayout>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>

#include "ui/models/log_document.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// GUI thread. The scroll bar counts lines; a wrapped one is passed line by line of the screen.
// While it follows, the end stays in sight; scrolling away from the end pauses that, scrolling back
// goes on. What is looked at stays where it is while lines come and go around it.
class LogCanvas : public QAbstractScrollArea {
  Q_OBJECT
 public:
  static constexpr int kMaxCopied = 100'000;  // lines; the oldest of a longer selection are copied

  LogCanvas(const Theme& theme, LogDocument& document, QWidget* parent);

  void set_following(bool following);
  bool following() const { return following_; }
  void set_wrap(bool wrap);
  bool wrap() const { return wrap_; }
  void set_times(bool shown);
  bool times() const { return times_; }
  // How a source is called beside its lines; empty names: no column.
  void set_names(std::function<QString(std::uint16_t)> name_of, bool shown);
  bool names() const { return names_; }
  // Marks a line and brings it into sight.
  void go_to(int row);
  // The marked line; the first in sight when none is.
  int current_row() const;
  int first_row() const { return top_.row; }
  // Lines on screen, as they are read out.
  QString visible_text() const;
  bool has_selection() const;
  QString selected_text() const;
  void select_all();
  void copy() const;

 Q_SIGNALS:
  void following_changed(bool following);
  void selection_changed();
  // Ctrl+F here searches the log, not the page around it.
  void find_wanted();

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  // A line of the screen: of a row, the how manieth.
  struct Place {
    int row = 0;
    int line = 0;
    auto operator<=>(const Place&) const = default;
  };
  // A character of a line, wherever that stands by now.
  struct Mark {
    LogKey key;
    int at = 0;
    auto operator<=>(const Mark&) const = default;
  };

  void refresh();
  void apply_theme();
  void measure();
  int text_left() const;
  int page_lines() const;
  bool single() const { return !wrap_ && !document_.pretty(); }
  using Formats = QList<QTextLayout::FormatRange>;
  std::unique_ptr<QTextLayout> lay_out(const ShownText& shown, const Formats& formats) const;
  std::unique_ptr<QTextLayout> lay_out(int row) const;
  Formats formats_of(int row, const ShownText& shown) const;
  int lines_of(int row) const;
  Place last_place() const;
  Place moved(Place from, int lines) const;
  void scroll_to(Place place);
  void scroll_lines(int lines);
  void user_scrolled();
  void show_bar();
  void paint_gutter(QPainter& painter, int row, int y) const;
  QColor source_color(std::uint16_t source) const;
  QColor ansi_color(int color) const;
  std::optional<Mark> mark_at(const QPoint& position) const;
  std::pair<Mark, Mark> selection() const;
  void select_by_keys(int lines);
  void drag_on();

  const Theme& theme_;
  LogDocument& document_;
  std::function<QString(std::uint16_t)> name_of_;
  bool following_ = true;
  bool wrap_ = false;
  bool times_ = false;
  bool names_ = false;
  int line_height_ = 1;
  int char_width_ = 1;
  int names_width_ = 0;
  int times_width_ = 0;
  int widest_ = 0;
  Place top_;
  LogKey top_key_;  // of the first row in sight
  bool moving_ = false;
  std::optional<LogKey> current_;
  std::optional<Mark> anchor_;
  std::optional<Mark> cursor_;
  QPoint dragged_to_;
  QTimer drag_timer_;
};

}  // namespace cove::ui
