// TerminalScreen: what a terminal shows, from what a container writes (ECMA-48, xterm's control
// sequences, by libvterm), and what keys say to it. No painting.
#pragma once

#include <QByteArray>
#include <QPoint>
#include <QString>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace cove::ui {

// A colour as it was asked for: by number, by its parts, or none.
struct TerminalColor {
  enum class Kind : std::uint8_t { kDefault, kIndexed, kRgb };
  Kind kind = Kind::kDefault;
  std::uint8_t red = 0;  // or the number: 0 to 15 are the palette's
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool operator==(const TerminalColor&) const = default;
};

struct TerminalCell {
  enum Attribute : std::uint8_t {
    kBold = 1,
    kItalic = 2,
    kUnderline = 4,
    kStrike = 8,
    kReverse = 16,
  };
  char32_t character = 0;  // 0: nothing was written here
  char32_t mark = 0;       // one that combines with it
  TerminalColor ink;
  TerminalColor paper;
  std::uint8_t attributes = 0;
  std::uint8_t width = 1;  // 0: the right half of the one before
  bool operator==(const TerminalCell&) const = default;
};

// GUI thread. Bounded: kHistory lines that have left at the top, kMaxRows by kMaxColumns on screen,
// kMaxOutput bytes that wait to be taken (answers beyond it are lost, as are keys). What a
// container says about titles, clipboards or anything else outside of its screen has no effect.
class TerminalScreen {
 public:
  static constexpr int kHistory = 10'000;
  static constexpr int kMaxRows = 500;
  static constexpr int kMaxColumns = 1'000;
  static constexpr int kMaxOutput = 64 * 1024;

  enum class Key {
    kEnter,
    kTab,
    kBackspace,
    kEscape,
    kUp,
    kDown,
    kLeft,
    kRight,
    kInsert,
    kDelete,
    kHome,
    kEnd,
    kPageUp,
    kPageDown,
  };
  enum Modifier { kNone = 0, kShift = 1, kAlt = 2, kControl = 4 };
  enum class Mouse { kNone, kClick, kDrag, kMove };
  enum class CursorShape { kBlock, kUnderline, kBar };

  TerminalScreen(int rows, int columns);
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  // From the container. Numbers in control sequences count up to 999 (9999 in private ones), so
  // that a few bytes cannot keep the window busy for long.
  void put(QByteArrayView bytes);
  void resize(int rows, int columns);
  // Everything is forgotten, the lines that have left as well.
  void reset();

  // Lines are counted from the oldest that is kept; the screen is the last rows() of them.
  int rows() const { return rows_; }
  int columns() const { return columns_; }
  int history() const { return static_cast<int>(history_.size()); }
  int lines() const { return history() + rows_; }
  // How many have been forgotten: line + dropped() stays the same line while others come and go.
  std::int64_t dropped() const { return dropped_; }
  std::vector<TerminalCell> line(int number) const;
  // Between two places, both included where a cell is; ends of lines without what is blank.
  QString text(QPoint from, QPoint to) const;

  QPoint cursor() const { return cursor_; }  // column and row on the screen
  bool cursor_visible() const { return cursor_visible_; }
  CursorShape cursor_shape() const { return cursor_shape_; }
  bool alternate() const { return alternate_; }
  bool reversed() const { return reversed_; }  // ink and paper of everything
  Mouse mouse() const { return mouse_; }
  // A paste is marked as such, so that nothing of it is run by itself.
  bool brackets_pastes();

  // To the container; taken by take_output().
  void type(const QString& text, int modifiers = kNone);
  void press(Key key, int modifiers = kNone);
  void press_function(int number, int modifiers = kNone);  // 1 to 24
  // Control and a letter, or one of @[\]^_ and space.
  void press_control(char letter, int modifiers = kNone);
  // Without the characters that would do more than appear; ends of lines as Enter.
  void paste(const QString& text);
  // Buttons 1 to 3; 4 and 5 are the wheel. A row and column of the screen.
  void mouse_button(int button, bool pressed, QPoint at, int modifiers = kNone);
  void mouse_move(QPoint at, int modifiers = kNone);
  QByteArray take_output();

 private:
  class Hooks;
  struct Parser;

  TerminalCell cell_at(int row, int column) const;
  void push(std::vector<TerminalCell> line);
  void append_output(const char* bytes, std::size_t size);
  bool tame(char& byte);

  std::unique_ptr<Parser> parser_;
  int rows_;
  int columns_;
  std::deque<std::vector<TerminalCell>> history_;
  std::int64_t dropped_ = 0;
  QPoint cursor_;
  bool cursor_visible_ = true;
  CursorShape cursor_shape_ = CursorShape::kBlock;
  bool alternate_ = false;
  bool reversed_ = false;
  Mouse mouse_ = Mouse::kNone;
  QByteArray output_;
  // Where in a control sequence the bytes have come to.
  enum class Within { kText, kEscape, kSequence, kString } within_ = Within::kText;
  bool private_ = false;
  bool printed_ = false;  // the last byte was a letter on the screen
  bool repeats_ = false;  // and it is what a sequence may repeat
  int digits_ = 0;        // of the number that is being read
};

// What of `text` may be pasted: line ends become carriage returns, other control characters go.
QString pasteable(const QString& text);

}  // namespace cove::ui
