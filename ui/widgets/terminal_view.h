// TerminalView: a terminal to look at and type into. What is typed leaves by output(); what the
// container writes comes by put().
#pragma once

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QHash>
#include <optional>

#include "ui/theme/theme.h"
#include "ui/widgets/terminal_screen.h"

namespace cove::ui {

// GUI thread. Keys go to the container, Tab and Escape as well; Ctrl+Shift+C and Ctrl+Shift+V copy
// and paste, Shift+PageUp and Shift+PageDown scroll, Ctrl+Shift+Tab leaves to the control before.
// Shift with the mouse selects where a program wants the mouse for itself.
class TerminalView : public QAbstractScrollArea {
  Q_OBJECT
 public:
  static constexpr qsizetype kMaxPaste = 512 * 1024;  // characters

  TerminalView(const Theme& theme, QWidget* parent);

  void put(QByteArrayView bytes);
  // Keys are taken while it is.
  void set_active(bool active);
  // A new session: nothing is shown any more.
  void clear();
  const TerminalScreen& screen() const { return screen_; }

  QString selected_text() const;
  void copy();
  // From the clipboard.
  void paste();
  // Goes to the container at once when nothing of it would be run by itself; otherwise it waits
  // for consent (paste_waits()). What is longer than kMaxPaste is refused.
  void paste_text(const QString& text);
  void consent_to_paste(bool yes);

  QSize sizeHint() const override;

 Q_SIGNALS:
  void output(const QByteArray& bytes);
  void resized(int rows, int columns);
  // A paste of several lines, each of which would be run at once.
  void paste_waits(int lines);
  void paste_refused();

 protected:
  bool event(QEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void inputMethodEvent(QInputMethodEvent* event) override;
  QVariant inputMethodQuery(Qt::InputMethodQuery query) const override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  struct Look {
    QColor ink;
    QColor paper;
  };

  void apply_theme();
  void measure();
  void fit();
  void refresh_bar();
  void flush();
  bool special_key(const QKeyEvent& event);
  QColor color_of(const TerminalColor& color, const QColor& otherwise) const;
  QColor readable(const QColor& ink, const QColor& paper) const;
  Look look_of(const TerminalCell& cell, bool selected) const;
  void paint_line(QPainter& painter, int number, int y);
  void paint_cursor(QPainter& painter);
  int first_line() const;
  // The cell under the mouse: the line since the beginning (with what was dropped), and column.
  struct Place {
    std::int64_t line = 0;
    int column = 0;
    auto operator<=>(const Place&) const = default;
  };
  Place place_at(QPoint pixel) const;
  QPoint screen_cell(QPoint pixel) const;
  bool program_takes_mouse(const QMouseEvent& event) const;
  void select_word(Place at);
  bool in_selection(int number, int column) const;
  void begin_selection(Place at);

  const Theme& theme_;
  TerminalScreen screen_;
  bool active_ = false;
  QFont fonts_[4];  // bold is 1, italic is 2
  int cell_width_ = 8;
  int cell_height_ = 16;
  int ascent_ = 12;
  mutable QHash<quint64, QRgb> readable_;
  std::optional<std::pair<Place, Place>> selection_;  // where it began, where it is
  bool selecting_ = false;
  bool by_line_ = false;
  int wheel_ = 0;
  QString waiting_paste_;
  QElapsedTimer last_double_;
};

}  // namespace cove::ui
