#include "ui/widgets/terminal_view.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QInputMethodEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <cmath>

namespace cove::ui {
namespace {

constexpr int kMargin = 6;
constexpr double kLeastContrast = 3.0;
constexpr int kWheelStep = 120;
constexpr int kWheelLines = 3;

int modifiers_of(Qt::KeyboardModifiers modifiers) {
  return (modifiers.testFlag(Qt::ShiftModifier) ? TerminalScreen::kShift : 0) |
         (modifiers.testFlag(Qt::AltModifier) ? TerminalScreen::kAlt : 0) |
         (modifiers.testFlag(Qt::ControlModifier) ? TerminalScreen::kControl : 0);
}

// The 240 colours after the palette's: a cube of six steps, then greys.
QColor indexed_color(int index) {
  if (index >= 232) {
    const int grey = 8 + 10 * (index - 232);
    return QColor(grey, grey, grey);
  }
  const auto step = [](int part) { return part == 0 ? 0 : 55 + 40 * part; };
  const int cube = index - 16;
  return QColor(step(cube / 36), step(cube / 6 % 6), step(cube % 6));
}

// Pictures made of characters keep their colours.
bool is_drawing(char32_t character) {
  return character >= 0x2500 && character <= 0x259f;
}

int button_of(Qt::MouseButton button) {
  return button == Qt::LeftButton ? 1 : button == Qt::MiddleButton ? 2 : 3;
}

bool is_word(const TerminalCell& cell) {
  return cell.width == 0 || QChar::isLetterOrNumber(cell.character) ||
         (cell.character < 0x80 && cell.character != 0 &&
          QByteArrayView("_-./~:@%+=").contains(static_cast<char>(cell.character)));
}

}  // namespace

TerminalView::TerminalView(const Theme& theme, QWidget* parent)
    : QAbstractScrollArea(parent), theme_(theme), screen_(24, 80) {
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_InputMethodEnabled);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
  viewport()->setCursor(Qt::IBeamCursor);
  viewport()->setMouseTracking(true);
  verticalScrollBar()->setSingleStep(1);
  connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(),
          qOverload<>(&QWidget::update));
  connect(&theme, &Theme::changed, this, &TerminalView::apply_theme);
  apply_theme();
}

void TerminalView::apply_theme() {
  readable_.clear();
  const QFont base = theme_.font(TextRole::kMono);
  for (int i = 0; i < 4; ++i) {
    fonts_[i] = base;
    fonts_[i].setKerning(false);
    fonts_[i].setBold((i & 1) != 0);
    fonts_[i].setItalic((i & 2) != 0);
  }
  measure();
  fit();
  viewport()->update();
}

// Cells are whole pixels; letters are spaced to stay on them.
void TerminalView::measure() {
  const QFontMetricsF metrics(fonts_[0]);
  cell_width_ = std::max(4, static_cast<int>(std::lround(metrics.horizontalAdvance(u'M'))));
  cell_height_ = std::max(8, static_cast<int>(std::ceil(metrics.height())));
  ascent_ = static_cast<int>(std::ceil(metrics.ascent()));
  for (QFont& font : fonts_) {
    const double advance = QFontMetricsF(font).horizontalAdvance(u'M');
    font.setLetterSpacing(QFont::AbsoluteSpacing, cell_width_ - advance);
  }
}

QSize TerminalView::sizeHint() const {
  return QSize(80 * cell_width_ + 2 * kMargin + verticalScrollBar()->sizeHint().width(),
               24 * cell_height_ + 2 * kMargin);
}

void TerminalView::fit() {
  const int columns = (viewport()->width() - 2 * kMargin) / cell_width_;
  const int rows = (viewport()->height() - 2 * kMargin) / cell_height_;
  const int old_rows = screen_.rows();
  const int old_columns = screen_.columns();
  if (!isVisible() || columns < 2 || rows < 1) return;
  screen_.resize(rows, columns);
  selection_.reset();
  refresh_bar();
  if (screen_.rows() != old_rows || screen_.columns() != old_columns)
    Q_EMIT resized(screen_.rows(), screen_.columns());
}

void TerminalView::refresh_bar() {
  QScrollBar* bar = verticalScrollBar();
  const bool following = bar->value() == bar->maximum();
  bar->setPageStep(screen_.rows());
  bar->setRange(0, screen_.history());
  if (following) bar->setValue(bar->maximum());
}

void TerminalView::put(QByteArrayView bytes) {
  const std::int64_t dropped = screen_.dropped();
  screen_.put(bytes);
  QScrollBar* bar = verticalScrollBar();
  // Who reads further up keeps the same lines under the eyes.
  const auto gone = static_cast<int>(screen_.dropped() - dropped);
  const int reading = bar->value() == bar->maximum() ? -1 : std::max(0, bar->value() - gone);
  refresh_bar();
  if (reading >= 0) bar->setValue(reading);
  viewport()->update();
  flush();
}

void TerminalView::set_active(bool active) {
  active_ = active;
  viewport()->update();
}

void TerminalView::clear() {
  screen_.reset();
  selection_.reset();
  waiting_paste_.clear();
  refresh_bar();
  viewport()->update();
}

// Keys and answers that wait go to the container.
void TerminalView::flush() {
  const QByteArray bytes = screen_.take_output();
  if (!bytes.isEmpty() && active_) Q_EMIT output(bytes);
}

// --- Colours.

QColor TerminalView::color_of(const TerminalColor& color, const QColor& otherwise) const {
  switch (color.kind) {
    case TerminalColor::Kind::kDefault: return otherwise;
    case TerminalColor::Kind::kRgb: return QColor(color.red, color.green, color.blue);
    case TerminalColor::Kind::kIndexed: break;
  }
  if (color.red < 16) return theme_.palette().terminal[color.red];
  return indexed_color(color.red);
}

// Programs choose colours for another background than ours: what could not be read is drawn in the
// nearer of the two that can.
QColor TerminalView::readable(const QColor& ink, const QColor& paper) const {
  const quint64 key = (static_cast<quint64>(ink.rgb()) << 32) | paper.rgb();
  if (const auto found = readable_.constFind(key); found != readable_.constEnd())
    return QColor::fromRgb(*found);
  QColor out = ink;
  if (contrast_ratio(ink, paper) < kLeastContrast) {
    const Palette& p = theme_.palette();
    out = contrast_ratio(p.log_text, paper) > contrast_ratio(p.log_background, paper)
              ? p.log_text
              : p.log_background;
  }
  if (readable_.size() > 4096) readable_.clear();
  readable_.insert(key, out.rgb());
  return out;
}

TerminalView::Look TerminalView::look_of(const TerminalCell& cell, bool selected) const {
  const Palette& p = theme_.palette();
  Look look{color_of(cell.ink, p.log_text), color_of(cell.paper, p.log_background)};
  const bool turned = ((cell.attributes & TerminalCell::kReverse) != 0) != screen_.reversed();
  if (turned) std::swap(look.ink, look.paper);
  if (selected) look = {p.text, p.selection};
  if (!is_drawing(cell.character)) look.ink = readable(look.ink, look.paper);
  return look;
}

// --- Painting.

int TerminalView::first_line() const {
  return verticalScrollBar()->value();
}

void TerminalView::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  const Palette& p = theme_.palette();
  painter.fillRect(viewport()->rect(), screen_.reversed() ? p.log_text : p.log_background);
  for (int row = 0; row < screen_.rows(); ++row)
    paint_line(painter, first_line() + row, kMargin + row * cell_height_);
  paint_cursor(painter);
  if (hasFocus()) {
    painter.setPen(QPen(p.accent, 2));
    painter.drawRect(viewport()->rect().adjusted(1, 1, -1, -1));
  }
}

void TerminalView::paint_line(QPainter& painter, int number, int y) {
  const std::vector<TerminalCell> cells = screen_.line(number);
  const auto count = static_cast<int>(cells.size());
  const auto at = [&](int column) -> const TerminalCell& {
    return cells[static_cast<std::size_t>(column)];
  };
  for (int begin = 0; begin < count;) {
    const TerminalCell& cell = at(begin);
    const bool selected = in_selection(number, begin);
    const Look look = look_of(cell, selected);
    // As many as look the same; what is not ASCII stands in a cell by itself.
    const auto simple = [](const TerminalCell& each) {
      return each.character < 0x7f && each.mark == 0 && each.width == 1;
    };
    int end = begin + std::max<int>(1, cell.width);
    while (simple(cell) && end < count && simple(at(end)) && at(end).ink == cell.ink &&
           at(end).paper == cell.paper && at(end).attributes == cell.attributes &&
           in_selection(number, end) == selected)
      ++end;
    QString words;
    for (int i = begin; i < end && i < count; ++i) {
      if (at(i).width == 0) continue;
      const char32_t shown[] = {at(i).character < 0x20 ? U' ' : at(i).character, at(i).mark};
      words += QString::fromUcs4(shown, at(i).mark == 0 ? 1 : 2);
    }
    const QRect area(kMargin + begin * cell_width_, y, (end - begin) * cell_width_, cell_height_);
    if (look.paper != theme_.palette().log_background) painter.fillRect(area, look.paper);
    painter.setPen(look.ink);
    painter.setFont(fonts_[((cell.attributes & TerminalCell::kBold) != 0 ? 1 : 0) |
                           ((cell.attributes & TerminalCell::kItalic) != 0 ? 2 : 0)]);
    if (words != QString(words.size(), QLatin1Char(' ')))
      painter.drawText(QPoint(area.left(), y + ascent_), words);
    if ((cell.attributes & TerminalCell::kUnderline) != 0)
      painter.drawLine(area.left(), y + ascent_ + 2, area.right(), y + ascent_ + 2);
    if ((cell.attributes & TerminalCell::kStrike) != 0)
      painter.drawLine(area.left(), y + cell_height_ / 2, area.right(), y + cell_height_ / 2);
    begin = end;
  }
}

void TerminalView::paint_cursor(QPainter& painter) {
  if (!screen_.cursor_visible() || !active_) return;
  const int row = screen_.history() + screen_.cursor().y() - first_line();
  if (row < 0 || row >= screen_.rows()) return;
  const QRect area(kMargin + screen_.cursor().x() * cell_width_, kMargin + row * cell_height_,
                   cell_width_, cell_height_);
  const Palette& p = theme_.palette();
  if (!hasFocus()) {
    painter.setPen(p.text_muted);
    painter.drawRect(area.adjusted(0, 0, -1, -1));
    return;
  }
  switch (screen_.cursor_shape()) {
    case TerminalScreen::CursorShape::kUnderline:
      painter.fillRect(area.left(), area.bottom() - 1, area.width(), 2, p.accent);
      return;
    case TerminalScreen::CursorShape::kBar:
      painter.fillRect(area.left(), area.top(), 2, area.height(), p.accent);
      return;
    case TerminalScreen::CursorShape::kBlock: break;
  }
  painter.fillRect(area, p.accent);
  const std::vector<TerminalCell> cells = screen_.line(screen_.history() + screen_.cursor().y());
  const auto column = static_cast<std::size_t>(screen_.cursor().x());
  if (column >= cells.size() || cells[column].character < 0x20) return;
  painter.setPen(p.on_accent);
  painter.setFont(fonts_[0]);
  painter.drawText(QPoint(area.left(), area.top() + ascent_),
                   QString::fromUcs4(&cells[column].character, 1));
}

void TerminalView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  fit();
}

// --- Keys.

bool TerminalView::event(QEvent* event) {
  if (event->type() == QEvent::Show)
    QMetaObject::invokeMethod(this, &TerminalView::fit, Qt::QueuedConnection);
  // Shortcuts of the window would take what shells use; those with Shift and digits stay theirs.
  if (event->type() == QEvent::ShortcutOverride && active_) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool control = key->modifiers().testFlag(Qt::ControlModifier);
    const bool shift = key->modifiers().testFlag(Qt::ShiftModifier);
    const bool digit = key->key() >= Qt::Key_0 && key->key() <= Qt::Key_9;
    const bool ours = !(control && (shift || digit || key->key() == Qt::Key_Tab)) ||
                      key->key() == Qt::Key_C || key->key() == Qt::Key_V;
    if (ours) {
      event->accept();
      return true;
    }
  }
  return QAbstractScrollArea::event(event);
}

// Tab is the shell's.
bool TerminalView::focusNextPrevChild(bool next) {
  return !active_ && QAbstractScrollArea::focusNextPrevChild(next);
}

bool TerminalView::special_key(const QKeyEvent& event) {
  using Key = TerminalScreen::Key;
  static const std::pair<int, Key> keys[] = {{Qt::Key_Return, Key::kEnter},
                                             {Qt::Key_Enter, Key::kEnter},
                                             {Qt::Key_Tab, Key::kTab},
                                             {Qt::Key_Backtab, Key::kTab},
                                             {Qt::Key_Backspace, Key::kBackspace},
                                             {Qt::Key_Escape, Key::kEscape},
                                             {Qt::Key_Up, Key::kUp},
                                             {Qt::Key_Down, Key::kDown},
                                             {Qt::Key_Left, Key::kLeft},
                                             {Qt::Key_Right, Key::kRight},
                                             {Qt::Key_Insert, Key::kInsert},
                                             {Qt::Key_Delete, Key::kDelete},
                                             {Qt::Key_Home, Key::kHome},
                                             {Qt::Key_End, Key::kEnd},
                                             {Qt::Key_PageUp, Key::kPageUp},
                                             {Qt::Key_PageDown, Key::kPageDown}};
  const int modifiers = modifiers_of(event.modifiers());
  for (const auto& [qt, key] : keys) {
    if (event.key() != qt) continue;
    screen_.press(key, modifiers);
    return true;
  }
  if (event.key() >= Qt::Key_F1 && event.key() <= Qt::Key_F24) {
    screen_.press_function(event.key() - Qt::Key_F1 + 1, modifiers);
    return true;
  }
  return false;
}

void TerminalView::keyPressEvent(QKeyEvent* event) {
  const Qt::KeyboardModifiers modifiers = event->modifiers();
  const bool control = modifiers.testFlag(Qt::ControlModifier);
  const bool shift = modifiers.testFlag(Qt::ShiftModifier);
  if (control && shift && event->key() == Qt::Key_C) return copy();
  if (control && shift && event->key() == Qt::Key_V) return paste();
  if (control && (event->key() == Qt::Key_Backtab || (shift && event->key() == Qt::Key_Tab))) {
    QAbstractScrollArea::focusNextPrevChild(false);
    return;
  }
  if (shift && !control && !screen_.alternate() &&
      (event->key() == Qt::Key_PageUp || event->key() == Qt::Key_PageDown)) {
    const int page = event->key() == Qt::Key_PageUp ? -screen_.rows() : screen_.rows();
    verticalScrollBar()->setValue(verticalScrollBar()->value() + page);
    return;
  }
  if (!active_ || (control && (shift || event->key() == Qt::Key_Tab))) {
    event->ignore();
    return;
  }
  const int key = event->key();
  if (special_key(*event)) {
  } else if (control &&
             ((key >= Qt::Key_A && key <= Qt::Key_Z) || key == Qt::Key_Space ||
              (key >= Qt::Key_BracketLeft && key <= Qt::Key_Underscore) || key == Qt::Key_At)) {
    screen_.press_control(static_cast<char>(key), modifiers_of(modifiers));
  } else if (!event->text().isEmpty() && event->text().front().isPrint()) {
    screen_.type(event->text(), modifiers_of(modifiers));
  } else {
    event->ignore();
    return;
  }
  selection_.reset();
  verticalScrollBar()->setValue(verticalScrollBar()->maximum());
  viewport()->update();
  flush();
}

void TerminalView::inputMethodEvent(QInputMethodEvent* event) {
  if (active_ && !event->commitString().isEmpty()) {
    screen_.type(event->commitString());
    flush();
  }
  event->accept();
}

QVariant TerminalView::inputMethodQuery(Qt::InputMethodQuery query) const {
  if (query == Qt::ImCursorRectangle) {
    return QRect(kMargin + screen_.cursor().x() * cell_width_,
                 kMargin + screen_.cursor().y() * cell_height_, 1, cell_height_);
  }
  if (query == Qt::ImEnabled) return active_;
  return QAbstractScrollArea::inputMethodQuery(query);
}

void TerminalView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  viewport()->update();
}

void TerminalView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

// --- Clipboard.

QString TerminalView::selected_text() const {
  if (!selection_) return {};
  auto [from, to] = *selection_;
  if (to < from) std::swap(from, to);
  const auto line = [&](const Place& place) {
    return static_cast<int>(std::max<std::int64_t>(0, place.line - screen_.dropped()));
  };
  return screen_.text(QPoint(from.column, line(from)), QPoint(to.column, line(to)));
}

void TerminalView::copy() {
  const QString text = selected_text();
  if (!text.isEmpty()) QApplication::clipboard()->setText(text);
}

void TerminalView::paste() {
  paste_text(QApplication::clipboard()->text());
}

void TerminalView::paste_text(const QString& text) {
  if (!active_ || text.isEmpty()) return;
  if (text.size() > kMaxPaste) return Q_EMIT paste_refused();
  const auto lines = static_cast<int>(pasteable(text).count(QLatin1Char('\r')));
  if (lines > 0 && !screen_.brackets_pastes()) {
    waiting_paste_ = text;
    return Q_EMIT paste_waits(lines + 1);
  }
  screen_.paste(text);
  flush();
}

void TerminalView::consent_to_paste(bool yes) {
  const QString text = std::exchange(waiting_paste_, QString());
  if (!yes || text.isEmpty() || !active_) return;
  screen_.paste(text);
  flush();
}

void TerminalView::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu(this);
  QAction* copies = menu.addAction(tr("Copy"), this, &TerminalView::copy);
  copies->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
  copies->setEnabled(selection_.has_value());
  QAction* pastes = menu.addAction(tr("Paste"), this, &TerminalView::paste);
  pastes->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V));
  pastes->setEnabled(active_);
  menu.exec(event->globalPos());
}

// --- Mouse.

TerminalView::Place TerminalView::place_at(QPoint pixel) const {
  const int column = std::clamp((pixel.x() - kMargin) / cell_width_, 0, screen_.columns() - 1);
  const int row = std::clamp((pixel.y() - kMargin) / cell_height_, 0, screen_.rows() - 1);
  return {first_line() + row + screen_.dropped(), column};
}

QPoint TerminalView::screen_cell(QPoint pixel) const {
  return QPoint(std::clamp((pixel.x() - kMargin) / cell_width_, 0, screen_.columns() - 1),
                std::clamp((pixel.y() - kMargin) / cell_height_, 0, screen_.rows() - 1));
}

bool TerminalView::program_takes_mouse(const QMouseEvent& event) const {
  return active_ && screen_.mouse() != TerminalScreen::Mouse::kNone &&
         !event.modifiers().testFlag(Qt::ShiftModifier);
}

bool TerminalView::in_selection(int number, int column) const {
  if (!selection_) return false;
  auto [from, to] = *selection_;
  if (to < from) std::swap(from, to);
  const Place here{number + screen_.dropped(), column};
  return from <= here && here <= to;
}

void TerminalView::begin_selection(Place at) {
  selection_.reset();
  selecting_ = true;
  by_line_ = false;
  if (last_double_.isValid() && last_double_.elapsed() < QApplication::doubleClickInterval()) {
    by_line_ = true;
    selection_ = {Place{at.line, 0}, Place{at.line, screen_.columns() - 1}};
    last_double_.invalidate();
  } else {
    selection_ = {at, at};
  }
}

void TerminalView::mousePressEvent(QMouseEvent* event) {
  const QPoint pixel = event->position().toPoint();
  if (program_takes_mouse(*event)) {
    screen_.mouse_button(button_of(event->button()), true, screen_cell(pixel));
    return flush();
  }
  if (event->button() == Qt::MiddleButton && QApplication::clipboard()->supportsSelection()) {
    return paste_text(QApplication::clipboard()->text(QClipboard::Selection));
  }
  if (event->button() != Qt::LeftButton) return;
  begin_selection(place_at(pixel));
  viewport()->update();
}

void TerminalView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint pixel = event->position().toPoint();
  if (program_takes_mouse(*event) && !selecting_) {
    const auto wish = screen_.mouse();
    if (wish == TerminalScreen::Mouse::kMove ||
        (wish == TerminalScreen::Mouse::kDrag && event->buttons() != Qt::NoButton)) {
      screen_.mouse_move(screen_cell(pixel));
      flush();
    }
    return;
  }
  if (!selecting_ || !selection_) return;
  Place at = place_at(pixel);
  if (by_line_) at.column = at.line < selection_->first.line ? 0 : screen_.columns() - 1;
  selection_->second = at;
  if (pixel.y() < 0) verticalScrollBar()->setValue(first_line() - 1);
  if (pixel.y() > viewport()->height()) verticalScrollBar()->setValue(first_line() + 1);
  viewport()->update();
}

void TerminalView::mouseReleaseEvent(QMouseEvent* event) {
  if (program_takes_mouse(*event) && !selecting_) {
    screen_.mouse_button(button_of(event->button()), false,
                         screen_cell(event->position().toPoint()));
    return flush();
  }
  if (!std::exchange(selecting_, false) || !selection_) return;
  // A click alone selects nothing.
  if (selection_->first == selection_->second && !by_line_) selection_.reset();
  const QString text = selected_text();
  if (!text.isEmpty() && QApplication::clipboard()->supportsSelection())
    QApplication::clipboard()->setText(text, QClipboard::Selection);
  viewport()->update();
}

void TerminalView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (program_takes_mouse(*event)) return mousePressEvent(event);
  if (event->button() != Qt::LeftButton) return;
  select_word(place_at(event->position().toPoint()));
  last_double_.start();
  viewport()->update();
}

void TerminalView::select_word(Place at) {
  const std::vector<TerminalCell> cells =
      screen_.line(static_cast<int>(at.line - screen_.dropped()));
  const auto count = static_cast<int>(cells.size());
  const auto word = [&](int column) {
    return column >= 0 && column < count && is_word(cells[static_cast<std::size_t>(column)]);
  };
  Place from = at;
  Place to = at;
  while (word(at.column) && word(from.column - 1)) --from.column;
  while (word(at.column) && word(to.column + 1)) ++to.column;
  selection_ = {from, to};
}

void TerminalView::wheelEvent(QWheelEvent* event) {
  wheel_ += event->angleDelta().y();
  const int steps = wheel_ / kWheelStep;
  wheel_ -= steps * kWheelStep;
  if (steps == 0) return;
  const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
  if (active_ && !shift && screen_.mouse() != TerminalScreen::Mouse::kNone) {
    const QPoint at = screen_cell(event->position().toPoint());
    for (int i = 0; i < std::abs(steps); ++i) screen_.mouse_button(steps > 0 ? 4 : 5, true, at);
    flush();
  } else if (active_ && screen_.alternate()) {
    using Key = TerminalScreen::Key;
    for (int i = 0; i < std::abs(steps) * kWheelLines; ++i)
      screen_.press(steps > 0 ? Key::kUp : Key::kDown);
    flush();
  } else {
    verticalScrollBar()->setValue(first_line() - steps * kWheelLines);
  }
}

}  // namespace cove::ui
