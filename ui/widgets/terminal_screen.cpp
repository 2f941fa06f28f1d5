#include "ui/widgets/terminal_screen.h"

#include <vterm.h>

#include <algorithm>

namespace cove::ui {
namespace {

TerminalColor color_of(const VTermColor& color) {
  if (VTERM_COLOR_IS_DEFAULT_FG(&color) || VTERM_COLOR_IS_DEFAULT_BG(&color)) return {};
  if (VTERM_COLOR_IS_INDEXED(&color))
    return {TerminalColor::Kind::kIndexed, color.indexed.idx, 0, 0};
  return {TerminalColor::Kind::kRgb, color.rgb.red, color.rgb.green, color.rgb.blue};
}

TerminalCell cell_of(const VTermScreenCell& from) {
  TerminalCell cell;
  // The right half of a wide character.
  if (from.chars[0] == static_cast<std::uint32_t>(-1)) {
    cell.width = 0;
    return cell;
  }
  cell.character = from.chars[0];
  cell.mark = from.chars[0] != 0 ? from.chars[1] : 0;
  cell.width = from.width > 1 ? 2 : 1;
  cell.ink = color_of(from.fg);
  cell.paper = color_of(from.bg);
  cell.attributes =
      static_cast<std::uint8_t>((from.attrs.bold ? TerminalCell::kBold : 0) |
                                (from.attrs.italic ? TerminalCell::kItalic : 0) |
                                (from.attrs.underline ? TerminalCell::kUnderline : 0) |
                                (from.attrs.strike ? TerminalCell::kStrike : 0) |
                                (from.attrs.reverse ? TerminalCell::kReverse : 0));
  return cell;
}

bool blank(const TerminalCell& cell) {
  return (cell.character == 0 || cell.character == U' ') &&
         cell.paper.kind == TerminalColor::Kind::kDefault && cell.attributes == 0 &&
         cell.width == 1;
}

VTermModifier modifiers_of(int modifiers) {
  int out = VTERM_MOD_NONE;
  if ((modifiers & TerminalScreen::kShift) != 0) out |= VTERM_MOD_SHIFT;
  if ((modifiers & TerminalScreen::kAlt) != 0) out |= VTERM_MOD_ALT;
  if ((modifiers & TerminalScreen::kControl) != 0) out |= VTERM_MOD_CTRL;
  return static_cast<VTermModifier>(out);
}

VTermKey key_of(TerminalScreen::Key key) {
  using Key = TerminalScreen::Key;
  switch (key) {
    case Key::kEnter: return VTERM_KEY_ENTER;
    case Key::kTab: return VTERM_KEY_TAB;
    case Key::kBackspace: return VTERM_KEY_BACKSPACE;
    case Key::kEscape: return VTERM_KEY_ESCAPE;
    case Key::kUp: return VTERM_KEY_UP;
    case Key::kDown: return VTERM_KEY_DOWN;
    case Key::kLeft: return VTERM_KEY_LEFT;
    case Key::kRight: return VTERM_KEY_RIGHT;
    case Key::kInsert: return VTERM_KEY_INS;
    case Key::kDelete: return VTERM_KEY_DEL;
    case Key::kHome: return VTERM_KEY_HOME;
    case Key::kEnd: return VTERM_KEY_END;
    case Key::kPageUp: return VTERM_KEY_PAGEUP;
    case Key::kPageDown: return VTERM_KEY_PAGEDOWN;
  }
  return VTERM_KEY_NONE;
}

char32_t known_character(char32_t character) {
  return character < 0x110000 && (character < 0xd800 || character > 0xdfff) ? character : 0xfffd;
}

}  // namespace

struct TerminalScreen::Parser {
  Parser(int rows, int columns) : terminal(vterm_new(rows, columns)) {
    screen = vterm_obtain_screen(terminal);
    state = vterm_obtain_state(terminal);
  }
  ~Parser() { vterm_free(terminal); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  VTerm* terminal;
  VTermScreen* screen;
  VTermState* state;
};

// What libvterm calls.
class TerminalScreen::Hooks {
 public:
  static const VTermScreenCallbacks& table() {
    static const VTermScreenCallbacks callbacks = {.damage = nullptr,
                                                   .moverect = nullptr,
                                                   .movecursor = &Hooks::move_cursor,
                                                   .settermprop = &Hooks::set_property,
                                                   .bell = nullptr,
                                                   .resize = nullptr,
                                                   .sb_pushline = &Hooks::push_line,
                                                   .sb_popline = &Hooks::pop_line};
    return callbacks;
  }
  static void output(const char* bytes, std::size_t size, void* user) {
    self(user).append_output(bytes, size);
  }

 private:
  static TerminalScreen& self(void* user) { return *static_cast<TerminalScreen*>(user); }

  static int move_cursor(VTermPos now, VTermPos, int visible, void* user) {
    self(user).cursor_ = QPoint(now.col, now.row);
    self(user).cursor_visible_ = visible != 0;
    return 1;
  }
  // Titles and icon names are not for the desktop.
  static int set_property(VTermProp property, VTermValue* value, void* user) {
    TerminalScreen& of = self(user);
    switch (property) {
      case VTERM_PROP_CURSORVISIBLE: of.cursor_visible_ = value->boolean != 0; break;
      case VTERM_PROP_ALTSCREEN: of.alternate_ = value->boolean != 0; break;
      case VTERM_PROP_REVERSE: of.reversed_ = value->boolean != 0; break;
      case VTERM_PROP_CURSORSHAPE:
        of.cursor_shape_ = value->number == VTERM_PROP_CURSORSHAPE_UNDERLINE
                               ? CursorShape::kUnderline
                           : value->number == VTERM_PROP_CURSORSHAPE_BAR_LEFT ? CursorShape::kBar
                                                                              : CursorShape::kBlock;
        break;
      case VTERM_PROP_MOUSE: of.mouse_ = static_cast<Mouse>(std::clamp(value->number, 0, 3)); break;
      default: return 0;
    }
    return 1;
  }
  static int push_line(int columns, const VTermScreenCell* cells, void* user) {
    std::vector<TerminalCell> line;
    line.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) line.push_back(cell_of(cells[i]));
    self(user).push(std::move(line));
    return 1;
  }
  static int pop_line(int columns, VTermScreenCell* cells, void* user) {
    TerminalScreen& of = self(user);
    if (of.history_.empty()) return 0;
    const std::vector<TerminalCell> line = std::move(of.history_.back());
    of.history_.pop_back();
    for (int i = 0; i < columns; ++i) {
      const auto at = static_cast<std::size_t>(i);
      cells[i] = raw(at < line.size() ? line[at] : TerminalCell(), of.parser_->state);
    }
    return 1;
  }
  static VTermScreenCell raw(const TerminalCell& cell, const VTermState* state) {
    VTermScreenCell out{};
    out.chars[0] = cell.width == 0 ? static_cast<std::uint32_t>(-1) : cell.character;
    out.chars[1] = cell.mark;
    out.width = static_cast<char>(cell.width == 0 ? 1 : cell.width);
    out.attrs.bold = (cell.attributes & TerminalCell::kBold) != 0;
    out.attrs.italic = (cell.attributes & TerminalCell::kItalic) != 0;
    out.attrs.underline = (cell.attributes & TerminalCell::kUnderline) != 0;
    out.attrs.strike = (cell.attributes & TerminalCell::kStrike) != 0;
    out.attrs.reverse = (cell.attributes & TerminalCell::kReverse) != 0;
    VTermColor ink, paper;
    vterm_state_get_default_colors(state, &ink, &paper);
    out.fg = raw(cell.ink, ink);
    out.bg = raw(cell.paper, paper);
    return out;
  }
  static VTermColor raw(const TerminalColor& color, const VTermColor& otherwise) {
    VTermColor out = otherwise;
    if (color.kind == TerminalColor::Kind::kIndexed) vterm_color_indexed(&out, color.red);
    if (color.kind == TerminalColor::Kind::kRgb)
      vterm_color_rgb(&out, color.red, color.green, color.blue);
    return out;
  }
};

TerminalScreen::TerminalScreen(int rows, int columns)
    : rows_(std::clamp(rows, 1, kMaxRows)), columns_(std::clamp(columns, 2, kMaxColumns)) {
  reset();
}

TerminalScreen::~TerminalScreen() = default;

void TerminalScreen::reset() {
  parser_ = std::make_unique<Parser>(rows_, columns_);
  vterm_set_utf8(parser_->terminal, 1);
  vterm_output_set_callback(parser_->terminal, &Hooks::output, this);
  vterm_screen_set_callbacks(parser_->screen, &Hooks::table(), this);
  vterm_screen_enable_altscreen(parser_->screen, 1);
  vterm_screen_reset(parser_->screen, 1);
  history_.clear();
  dropped_ = 0;
  cursor_ = {};
  cursor_visible_ = true;
  cursor_shape_ = CursorShape::kBlock;
  alternate_ = reversed_ = false;
  mouse_ = Mouse::kNone;
  output_.clear();
  within_ = Within::kText;
  printed_ = repeats_ = false;
}

void TerminalScreen::put(QByteArrayView bytes) {
  QByteArray tamed;
  tamed.reserve(bytes.size());
  for (char byte : bytes)
    if (tame(byte)) tamed += byte;
  vterm_input_write(parser_->terminal, tamed.constData(), static_cast<std::size_t>(tamed.size()));
}

// False for digits that make a number too great. A repetition (REP, ECMA-48 section 8.3.103) that
// does not follow a letter is cancelled: libvterm 0.1.4 would never return from it.
bool TerminalScreen::tame(char& byte) {
  constexpr int kDigits = 3;
  constexpr int kPrivateDigits = 4;
  constexpr char kCancel = '\x18';
  const bool letter = byte >= ' ' && byte < '\x7f';
  if (byte == '\x1b') {
    repeats_ = within_ == Within::kText && printed_;
    within_ = Within::kEscape;
    printed_ = false;
  } else if (byte == kCancel || byte == '\x1a') {
    within_ = Within::kText;
    printed_ = false;
  } else if (within_ == Within::kEscape) {
    private_ = false;
    digits_ = 0;
    if (byte == '[') {
      within_ = Within::kSequence;
    } else if (QByteArrayView("]PX^_").contains(byte)) {
      within_ = Within::kString;
    } else if (byte >= '0') {
      within_ = Within::kText;
    }
  } else if (within_ == Within::kSequence) {
    if (byte >= '0' && byte <= '9') return ++digits_ <= (private_ ? kPrivateDigits : kDigits);
    digits_ = 0;
    if (byte >= '<' && byte <= '?') private_ = true;
    if (byte >= '@' || byte < 0) within_ = Within::kText;
    if (byte == 'b' && !repeats_) byte = kCancel;
  } else if (within_ == Within::kString) {
    if (byte == '\a') within_ = Within::kText;
  } else {
    printed_ = letter;
  }
  return true;
}

void TerminalScreen::resize(int rows, int columns) {
  rows = std::clamp(rows, 1, kMaxRows);
  columns = std::clamp(columns, 2, kMaxColumns);
  if (rows == rows_ && columns == columns_) return;
  rows_ = rows;
  columns_ = columns;
  vterm_set_size(parser_->terminal, rows, columns);
  VTermPos at;
  vterm_state_get_cursorpos(parser_->state, &at);
  cursor_ = QPoint(at.col, at.row);
}

void TerminalScreen::push(std::vector<TerminalCell> line) {
  while (!line.empty() && blank(line.back())) line.pop_back();
  line.shrink_to_fit();
  history_.push_back(std::move(line));
  if (history() <= kHistory) return;
  history_.pop_front();
  ++dropped_;
}

TerminalCell TerminalScreen::cell_at(int row, int column) const {
  VTermScreenCell cell{};
  if (vterm_screen_get_cell(parser_->screen, {row, column}, &cell) == 0) return {};
  TerminalCell out = cell_of(cell);
  out.character = known_character(out.character);
  return out;
}

std::vector<TerminalCell> TerminalScreen::line(int number) const {
  if (number < 0 || number >= lines()) return {};
  if (number < history()) return history_[static_cast<std::size_t>(number)];
  std::vector<TerminalCell> cells;
  cells.reserve(static_cast<std::size_t>(columns_));
  for (int column = 0; column < columns_; ++column)
    cells.push_back(cell_at(number - history(), column));
  return cells;
}

QString TerminalScreen::text(QPoint from, QPoint to) const {
  if (to.y() < from.y() || (to.y() == from.y() && to.x() < from.x())) std::swap(from, to);
  QString all;
  for (int number = std::max(0, from.y()); number <= std::min(to.y(), lines() - 1); ++number) {
    const std::vector<TerminalCell> cells = line(number);
    const int first = number == from.y() ? from.x() : 0;
    const int last = number == to.y() ? to.x() : static_cast<int>(cells.size()) - 1;
    QString words;
    for (int i = first; i <= last && i < static_cast<int>(cells.size()); ++i) {
      const TerminalCell& cell = cells[static_cast<std::size_t>(i)];
      if (cell.width == 0) continue;
      const char32_t shown[] = {cell.character == 0 ? U' ' : cell.character, cell.mark};
      words += QString::fromUcs4(shown, cell.mark == 0 ? 1 : 2);
    }
    while (words.endsWith(QLatin1Char(' '))) words.chop(1);
    if (number > from.y()) all += QLatin1Char('\n');
    all += words;
  }
  return all;
}

bool TerminalScreen::brackets_pastes() {
  const qsizetype before = output_.size();
  vterm_keyboard_start_paste(parser_->terminal);
  const bool said = output_.size() > before;
  output_.truncate(before);
  return said;
}

void TerminalScreen::append_output(const char* bytes, std::size_t size) {
  if (output_.size() + static_cast<qsizetype>(size) > kMaxOutput) return;
  output_.append(bytes, static_cast<qsizetype>(size));
}

void TerminalScreen::type(const QString& text, int modifiers) {
  QByteArray bytes = text.toUtf8();
  if ((modifiers & kAlt) != 0) bytes.prepend('\x1b');
  append_output(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

void TerminalScreen::press(Key key, int modifiers) {
  // Programs that know no extended keys would show the longer forms.
  const bool plain = key == Key::kEnter || key == Key::kBackspace || key == Key::kEscape;
  if (plain) modifiers &= kAlt;
  if (key == Key::kTab) modifiers &= kShift;
  vterm_keyboard_key(parser_->terminal, key_of(key), modifiers_of(modifiers));
}

void TerminalScreen::press_function(int number, int modifiers) {
  if (number < 1 || number > 24) return;
  vterm_keyboard_key(parser_->terminal, static_cast<VTermKey>(VTERM_KEY_FUNCTION(number)),
                     modifiers_of(modifiers));
}

void TerminalScreen::press_control(char letter, int modifiers) {
  const char byte = letter == ' '   ? '\0'
                    : letter == '?' ? '\x7f'
                                    : static_cast<char>(letter & 0x1f);
  const QByteArray bytes =
      ((modifiers & kAlt) != 0 ? QByteArray("\x1b") : QByteArray()) + QByteArray(1, byte);
  append_output(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

void TerminalScreen::paste(const QString& text) {
  const QByteArray bytes = pasteable(text).toUtf8();
  vterm_keyboard_start_paste(parser_->terminal);
  output_ += bytes;
  vterm_keyboard_end_paste(parser_->terminal);
}

void TerminalScreen::mouse_button(int button, bool pressed, QPoint at, int modifiers) {
  vterm_mouse_move(parser_->terminal, at.y(), at.x(), modifiers_of(modifiers));
  vterm_mouse_button(parser_->terminal, button, pressed, modifiers_of(modifiers));
}

void TerminalScreen::mouse_move(QPoint at, int modifiers) {
  vterm_mouse_move(parser_->terminal, at.y(), at.x(), modifiers_of(modifiers));
}

QByteArray TerminalScreen::take_output() {
  return std::exchange(output_, {});
}

QString pasteable(const QString& text) {
  QString out;
  out.reserve(text.size());
  for (qsizetype i = 0; i < text.size(); ++i) {
    const QChar c = text[i];
    if (c == QLatin1Char('\n') || c == QLatin1Char('\r')) {
      if (c == QLatin1Char('\r') && i + 1 < text.size() && text[i + 1] == QLatin1Char('\n')) ++i;
      out += QLatin1Char('\r');
    } else if (c == QLatin1Char('\t') || c.category() != QChar::Other_Control) {
      out += c;
    }
  }
  return out;
}

}  // namespace cove::ui
