#include "ui/views/log_canvas.h"

#include <QAccessibleWidget>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <limits>

#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kMargin = 8;
constexpr int kMarkWidth = 14;  // the shape of a line's severity
constexpr int kMaxName = 26;    // characters
constexpr int kSourceColors = 6;
constexpr int kMaxLaidLines = 4000;  // of one row on screen

// What a screen reader is told: the lines in sight.
class CanvasAccess final : public QAccessibleWidget {
 public:
  explicit CanvasAccess(LogCanvas* canvas) : QAccessibleWidget(canvas, QAccessible::Document) {}
  QString text(QAccessible::Text which) const override {
    if (which == QAccessible::Value) return static_cast<LogCanvas*>(widget())->visible_text();
    return QAccessibleWidget::text(which);
  }
};

QAccessibleInterface* make_access(const QString&, QObject* object) {
  auto* canvas = qobject_cast<LogCanvas*>(object);
  return canvas == nullptr ? nullptr : new CanvasAccess(canvas);
}

}  // namespace

LogCanvas::LogCanvas(const Theme& theme, LogDocument& document, QWidget* parent)
    : QAbstractScrollArea(parent), theme_(theme), document_(document) {
  static const bool accessible = [] {
    QAccessible::installFactory(make_access);
    return true;
  }();
  Q_UNUSED(accessible);
  set_look(this, "canvas");
  setFocusPolicy(Qt::StrongFocus);
  viewport()->setCursor(Qt::IBeamCursor);
  verticalScrollBar()->setSingleStep(1);
  drag_timer_.setInterval(50);
  connect(&drag_timer_, &QTimer::timeout, this, &LogCanvas::drag_on);
  connect(verticalScrollBar(), &QScrollBar::actionTriggered, this,
          [this] { QTimer::singleShot(0, this, &LogCanvas::user_scrolled); });
  connect(&document, &LogDocument::changed, this, &LogCanvas::refresh);
  connect(&document, &LogDocument::sources_changed, this, [this] {
    measure();
    viewport()->update();
  });
  connect(&document, &LogDocument::search_changed, viewport(), qOverload<>(&QWidget::update));
  connect(&theme, &Theme::changed, this, &LogCanvas::apply_theme);
  apply_theme();
}

void LogCanvas::apply_theme() {
  setFont(theme_.font(TextRole::kMono));
  measure();
  viewport()->update();
}

void LogCanvas::measure() {
  const QFontMetrics metrics(theme_.font(TextRole::kMono));
  line_height_ = metrics.height() + 2;
  char_width_ = std::max(1, metrics.horizontalAdvance(QLatin1Char('0')));
  times_width_ =
      times_ ? metrics.horizontalAdvance(QStringLiteral("0000-00-00 00:00:00.000")) + 12 : 0;
  names_width_ = 0;
  if (names_ && name_of_) {
    int longest = 0;
    for (int i = 0; i < document_.sources().size(); ++i)
      longest = std::max(longest, static_cast<int>(name_of_(static_cast<std::uint16_t>(i)).size()));
    if (longest > 0) names_width_ = char_width_ * std::min(longest, kMaxName) + 14;
  }
}

void LogCanvas::set_following(bool following) {
  if (following) scroll_to(last_place());
  if (following == following_) return;
  following_ = following;
  Q_EMIT following_changed(following);
}

void LogCanvas::set_wrap(bool wrap) {
  wrap_ = wrap;
  widest_ = 0;
  horizontalScrollBar()->setValue(0);
  top_.line = 0;
  refresh();
}

void LogCanvas::set_times(bool shown) {
  times_ = shown;
  measure();
  refresh();
}

void LogCanvas::set_names(std::function<QString(std::uint16_t)> name_of, bool shown) {
  name_of_ = std::move(name_of);
  names_ = shown;
  measure();
  refresh();
}

int LogCanvas::text_left() const {
  return kMargin + times_width_ + names_width_ + kMarkWidth;
}

int LogCanvas::page_lines() const {
  return std::max(1, (viewport()->height() - kGrid) / line_height_);
}

LogCanvas::Formats LogCanvas::formats_of(int row, const ShownText& shown) const {
  const Palette& p = theme_.palette();
  Formats formats;
  for (const AnsiSpan& span : shown.spans) {
    QTextLayout::FormatRange range{span.from, span.length, {}};
    if (span.color >= 0) range.format.setForeground(ansi_color(span.color));
    if (span.bold) range.format.setFontWeight(QFont::Bold);
    formats.push_back(range);
  }
  if (document_.matcher().active() && (document_.at(row).flags & LogEntry::kRemark) == 0) {
    const bool current = current_ && document_.at(row).key == *current_;
    for (const LogMatcher::Hit& hit : document_.matcher().hits(shown.text)) {
      QTextLayout::FormatRange range{hit.from, hit.length, {}};
      range.format.setBackground(current ? p.match_current : p.match);
      range.format.setForeground(p.on_match);
      formats.push_back(range);
    }
  }
  if (has_selection()) {
    const auto [from, to] = selection();
    const LogKey& key = document_.at(row).key;
    if (key >= from.key && key <= to.key) {
      const auto length = static_cast<int>(shown.text.size());
      const int begin = key == from.key ? std::min(from.at, length) : 0;
      const int end = key == to.key ? std::min(to.at, length) : length;
      QTextLayout::FormatRange range{begin, std::max(0, end - begin), {}};
      range.format.setBackground(p.accent);
      range.format.setForeground(p.on_accent);
      formats.push_back(range);
    }
  }
  return formats;
}

std::unique_ptr<QTextLayout> LogCanvas::lay_out(const ShownText& shown,
                                                const Formats& formats) const {
  auto layout = std::make_unique<QTextLayout>(shown.text, theme_.font(TextRole::kMono));
  QTextOption option;
  option.setWrapMode(wrap_ ? QTextOption::WrapAtWordBoundaryOrAnywhere : QTextOption::ManualWrap);
  option.setTabStopDistance(8 * char_width_);
  option.setTextDirection(Qt::LeftToRight);
  layout->setTextOption(option);
  layout->setFormats(formats);
  const int width = wrap_ ? std::max(10 * char_width_, viewport()->width() - text_left() - kMargin)
                          : std::numeric_limits<int>::max() / 128;
  layout->beginLayout();
  for (int i = 0; i < kMaxLaidLines; ++i) {
    QTextLine line = layout->createLine();
    if (!line.isValid()) break;
    line.setLineWidth(width);
    line.setPosition(QPointF(0, i * line_height_));
  }
  layout->endLayout();
  return layout;
}

std::unique_ptr<QTextLayout> LogCanvas::lay_out(int row) const {
  return lay_out(document_.shown(row), {});
}

int LogCanvas::lines_of(int row) const {
  return single() ? 1 : std::max(1, lay_out(row)->lineCount());
}

// The first place in sight when the last line is at the bottom.
LogCanvas::Place LogCanvas::last_place() const {
  int left = page_lines();
  int row = document_.rows();
  if (single()) return {std::max(0, row - left), 0};
  while (row > 0) {
    const int lines = lines_of(row - 1);
    if (lines >= left) return {row - 1, lines - left};
    left -= lines;
    --row;
  }
  return {0, 0};
}

LogCanvas::Place LogCanvas::moved(Place from, int lines) const {
  const int rows = document_.rows();
  if (single()) return {std::clamp(from.row + lines, 0, std::max(0, rows - 1)), 0};
  from.line += lines;
  while (from.line < 0 && from.row > 0) from.line += lines_of(--from.row);
  while (from.row < rows - 1) {
    const int here = lines_of(from.row);
    if (from.line < here) break;
    from.line -= here;
    ++from.row;
  }
  from.line = std::max(0, from.line);
  return from;
}

void LogCanvas::scroll_to(Place place) {
  top_ = std::clamp(place, Place{}, std::max(Place{}, last_place()));
  if (top_.row < document_.rows()) top_key_ = document_.at(top_.row).key;
  show_bar();
  viewport()->update();
}

void LogCanvas::show_bar() {
  moving_ = true;
  const Place last = last_place();
  verticalScrollBar()->setRange(0, last.row + (last.line > 0 ? 1 : 0));
  verticalScrollBar()->setPageStep(page_lines());
  verticalScrollBar()->setValue(top_ >= last ? verticalScrollBar()->maximum() : top_.row);
  moving_ = false;
}

void LogCanvas::scroll_lines(int lines) {
  scroll_to(moved(top_, lines));
  user_scrolled();
}

void LogCanvas::user_scrolled() {
  const bool at_end = top_ >= last_place();
  if (at_end == following_) return;
  following_ = at_end;
  Q_EMIT following_changed(at_end);
}

// The document has changed: the end, or what was looked at, stays in sight.
void LogCanvas::refresh() {
  if (following_) {
    scroll_to(last_place());
  } else {
    scroll_to({document_.row_of(top_key_), top_.line});
  }
}

void LogCanvas::scrollContentsBy(int dx, int dy) {
  Q_UNUSED(dx);
  if (moving_) return;
  if (dy != 0) {
    const int value = verticalScrollBar()->value();
    top_ = value >= verticalScrollBar()->maximum() ? last_place() : Place{value, 0};
    if (top_.row < document_.rows()) top_key_ = document_.at(top_.row).key;
  }
  viewport()->update();
}

void LogCanvas::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  refresh();
}

QColor LogCanvas::source_color(std::uint16_t source) const {
  return theme_.palette().sources[source % kSourceColors];
}

// The terminal's eight colours in those of the palette, which can be read on its background.
QColor LogCanvas::ansi_color(int color) const {
  const Palette& p = theme_.palette();
  switch (color % 8) {
    case 0: return p.text_muted;
    case 1: return p.bad.text;
    case 2: return p.good.text;
    case 3: return p.busy.text;
    case 4: return p.sources[5];
    case 5: return p.sources[4];
    case 6: return p.accented.text;
    default: return p.log_text;
  }
}

void LogCanvas::paint_gutter(QPainter& painter, int row, int y) const {
  const Palette& p = theme_.palette();
  const LogEntry& entry = document_.at(row);
  const int ascent = QFontMetrics(theme_.font(TextRole::kMono)).ascent() + 1;
  int x = kMargin;
  if (times_width_ > 0) {
    painter.setPen(p.text_muted);
    painter.drawText(x, y + ascent, document_.time_text(row));
    x += times_width_;
  }
  if (names_width_ > 0) {
    painter.setPen(source_color(entry.source));
    const QString name = name_of_ ? name_of_(entry.source) : QString();
    painter.drawText(x, y + ascent,
                     QFontMetrics(theme_.font(TextRole::kMono))
                         .elidedText(name, Qt::ElideLeft, names_width_ - 10));
    x += names_width_;
  }
  const QRectF box(x + 1, y + (line_height_ - 7) / 2.0, 7, 7);
  painter.setPen(Qt::NoPen);
  if (entry.severity == Severity::kError) {
    painter.setBrush(p.bad.text);
    painter.drawRect(box);
  } else if (entry.severity == Severity::kWarning) {
    painter.setBrush(p.busy.text);
    painter.drawPolygon(
        QPolygonF({box.bottomLeft(), QPointF(box.center().x(), box.top()), box.bottomRight()}));
  }
}

void LogCanvas::paintEvent(QPaintEvent*) {
  const Palette& p = theme_.palette();
  QPainter painter(viewport());
  painter.fillRect(viewport()->rect(), p.log_background);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme_.font(TextRole::kMono));
  const int shift = horizontalScrollBar()->value();
  int y = kGrid / 2 - top_.line * line_height_;
  int widest = widest_;
  for (int row = top_.row; row < document_.rows() && y < viewport()->height(); ++row) {
    const LogEntry entry = document_.at(row);
    const ShownText shown = document_.shown(row);
    const auto layout = lay_out(shown, formats_of(row, shown));
    const int height = std::max(1, layout->lineCount()) * line_height_;
    if (current_ && entry.key == *current_)
      painter.fillRect(QRect(0, y, viewport()->width(), height), p.selection);
    const bool remark = (entry.flags & LogEntry::kRemark) != 0;
    painter.setPen(remark || entry.severity == Severity::kDebug ? p.text_muted
                   : entry.severity == Severity::kError         ? p.bad.text
                   : entry.severity == Severity::kWarning       ? p.busy.text
                                                                : p.log_text);
    layout->draw(&painter, QPointF(text_left() - shift, y));
    for (int i = 0; !wrap_ && i < layout->lineCount(); ++i)
      widest = std::max(widest, static_cast<int>(layout->lineAt(i).naturalTextWidth()));
    if (shift > 0)
      painter.fillRect(QRect(0, y, text_left() - 2, height),
                       current_ && entry.key == *current_ ? p.selection : p.log_background);
    paint_gutter(painter, row, y);
    y += height;
  }
  if (widest != widest_ || horizontalScrollBar()->pageStep() != viewport()->width()) {
    widest_ = widest;
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setSingleStep(4 * char_width_);
    horizontalScrollBar()->setRange(
        0, wrap_ ? 0 : std::max(0, widest_ + text_left() + kMargin - viewport()->width()));
  }
}

void LogCanvas::wheelEvent(QWheelEvent* event) {
  const QPoint delta = event->angleDelta();
  if (delta.y() != 0 && (event->modifiers() & Qt::ShiftModifier) == 0) {
    const int lines = -delta.y() / 40;
    scroll_lines(lines != 0 ? lines : (delta.y() < 0 ? 1 : -1));
    event->accept();
    return;
  }
  QAbstractScrollArea::wheelEvent(event);
}

bool LogCanvas::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride &&
      static_cast<QKeyEvent*>(event)->matches(QKeySequence::Find))
    event->accept();
  return QAbstractScrollArea::event(event);
}

void LogCanvas::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Find)) return Q_EMIT find_wanted();
  const bool shift = (event->modifiers() & Qt::ShiftModifier) != 0;
  QScrollBar* across = horizontalScrollBar();
  if (event->matches(QKeySequence::Copy)) return copy();
  if (event->matches(QKeySequence::SelectAll)) return select_all();
  switch (event->key()) {
    case Qt::Key_Up: return shift ? select_by_keys(-1) : scroll_lines(-1);
    case Qt::Key_Down: return shift ? select_by_keys(1) : scroll_lines(1);
    case Qt::Key_PageUp:
      return shift ? select_by_keys(-page_lines()) : scroll_lines(1 - page_lines());
    case Qt::Key_PageDown:
      return shift ? select_by_keys(page_lines()) : scroll_lines(page_lines() - 1);
    case Qt::Key_Space: return scroll_lines(shift ? 1 - page_lines() : page_lines() - 1);
    case Qt::Key_Home: scroll_to({}); return user_scrolled();
    case Qt::Key_End: return set_following(true);
    case Qt::Key_Left: return across->triggerAction(QScrollBar::SliderSingleStepSub);
    case Qt::Key_Right: return across->triggerAction(QScrollBar::SliderSingleStepAdd);
    default: QAbstractScrollArea::keyPressEvent(event);
  }
}

void LogCanvas::go_to(int row) {
  if (row < 0 || row >= document_.rows()) return;
  current_ = document_.at(row).key;
  const bool in_sight = row >= top_.row && row < top_.row + page_lines() - 1 && single();
  if (!in_sight) scroll_to(moved({row, 0}, -page_lines() / 2));
  user_scrolled();
  viewport()->update();
}

int LogCanvas::current_row() const {
  return current_ ? document_.row_of(*current_) : top_.row - 1;
}

QString LogCanvas::visible_text() const {
  QString text;
  const int end = std::min(document_.rows(), top_.row + page_lines());
  for (int row = top_.row; row < end; ++row)
    text +=
        QString::fromStdString(document_.plain(row, times_, names_width_ > 0)) + QLatin1Char('\n');
  return text;
}

void LogCanvas::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::LanguageChange) viewport()->update();
}

}  // namespace cove::ui
