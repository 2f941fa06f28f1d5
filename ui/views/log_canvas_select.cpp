// The canvas' selection: by mouse, by keys, to the clipboard.
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <algorithm>

#include "ui/views/log_canvas.h"

namespace cove::ui {

bool LogCanvas::has_selection() const {
  return anchor_ && cursor_ && *anchor_ != *cursor_;
}

std::pair<LogCanvas::Mark, LogCanvas::Mark> LogCanvas::selection() const {
  return std::minmax(*anchor_, *cursor_);
}

std::optional<LogCanvas::Mark> LogCanvas::mark_at(const QPoint& position) const {
  const int rows = document_.rows();
  if (rows == 0) return std::nullopt;
  int y = 4 - top_.line * line_height_;
  for (int row = top_.row; row < rows; ++row) {
    const auto layout = lay_out(row);
    const int lines = std::max(1, layout->lineCount());
    if (position.y() < y + lines * line_height_ || row == rows - 1) {
      const int line = std::clamp((position.y() - y) / line_height_, 0, lines - 1);
      if (layout->lineCount() == 0) return Mark{document_.at(row).key, 0};
      const int x = position.x() - text_left() + horizontalScrollBar()->value();
      return Mark{document_.at(row).key, layout->lineAt(line).xToCursor(x)};
    }
    y += lines * line_height_;
  }
  return std::nullopt;
}

QString LogCanvas::selected_text() const {
  if (!has_selection()) return {};
  const auto [from, to] = selection();
  const int first = document_.row_of(from.key);
  const int end = std::min({document_.row_of(to.key) + 1, document_.rows(), first + kMaxCopied});
  QString text;
  for (int row = first; row < end; ++row) {
    const LogKey& key = document_.at(row).key;
    QString line = document_.shown(row).text;
    // A whole line is copied whole, however much of it is shown.
    const bool whole = (key > from.key || from.at == 0) &&
                       (key < to.key || to.at >= static_cast<int>(line.size()));
    if (whole && !document_.pretty())
      line = QString::fromStdString(document_.plain(row, false, false));
    if (!whole) {
      const int begin = key == from.key ? from.at : 0;
      line = line.mid(begin, key == to.key ? to.at - begin : -1);
    }
    if (row > first) text += QLatin1Char('\n');
    text += line.replace(QChar(QChar::LineSeparator), QLatin1Char('\n'));
  }
  return text;
}

void LogCanvas::select_all() {
  if (document_.rows() == 0) return;
  anchor_ = Mark{document_.at(0).key, 0};
  cursor_ = Mark{document_.at(document_.rows() - 1).key, INT_MAX};
  viewport()->update();
  Q_EMIT selection_changed();
}

void LogCanvas::copy() const {
  if (has_selection()) QGuiApplication::clipboard()->setText(selected_text());
}

// Whole lines, from the marked one or the first in sight.
void LogCanvas::select_by_keys(int lines) {
  const int rows = document_.rows();
  if (rows == 0) return;
  if (!cursor_ || !anchor_) {
    const int row = std::clamp(current_ ? current_row() : top_.row, 0, rows - 1);
    anchor_ = cursor_ = Mark{document_.at(row).key, 0};
  }
  const int from = std::min(document_.row_of(cursor_->key), rows - 1);
  const int row = from + lines;
  if (row >= rows) {
    cursor_ = Mark{document_.at(rows - 1).key, INT_MAX};
  } else {
    cursor_ = Mark{document_.at(std::max(0, row)).key, 0};
  }
  const int now = document_.row_of(cursor_->key);
  if (now < top_.row || now >= top_.row + page_lines()) {
    scroll_to(moved({now, 0}, lines < 0 ? 0 : 1 - page_lines()));
    user_scrolled();
  }
  viewport()->update();
  Q_EMIT selection_changed();
}

void LogCanvas::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const auto mark = mark_at(event->position().toPoint());
  if (!mark) return;
  if ((event->modifiers() & Qt::ShiftModifier) == 0 || !anchor_) anchor_ = mark;
  cursor_ = mark;
  current_.reset();
  viewport()->update();
  Q_EMIT selection_changed();
}

void LogCanvas::mouseMoveEvent(QMouseEvent* event) {
  if ((event->buttons() & Qt::LeftButton) == 0) return;
  dragged_to_ = event->position().toPoint();
  const auto mark = mark_at(dragged_to_);
  if (!mark) return;
  cursor_ = mark;
  // Beyond the edge it goes on by itself.
  if (viewport()->rect().contains(dragged_to_)) {
    drag_timer_.stop();
  } else if (!drag_timer_.isActive()) {
    drag_timer_.start();
  }
  viewport()->update();
}

void LogCanvas::drag_on() {
  if (dragged_to_.y() < 0) scroll_lines(-2);
  if (dragged_to_.y() > viewport()->height()) scroll_lines(2);
  if (const auto mark = mark_at(dragged_to_)) cursor_ = mark;
  viewport()->update();
}

void LogCanvas::mouseReleaseEvent(QMouseEvent*) {
  drag_timer_.stop();
  Q_EMIT selection_changed();
}

void LogCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
  const auto mark = mark_at(event->position().toPoint());
  if (!mark) return;
  const QString text = document_.shown(document_.row_of(mark->key)).text;
  const auto in_word = [&](int at) {
    return at >= 0 && at < text.size() && !text[at].isSpace() &&
           !QStringLiteral("\"'()[]{}<>,;=").contains(text[at]);
  };
  int from = mark->at;
  int to = mark->at;
  while (in_word(from - 1)) --from;
  while (in_word(to)) ++to;
  anchor_ = Mark{mark->key, from};
  cursor_ = Mark{mark->key, to};
  viewport()->update();
  Q_EMIT selection_changed();
}

void LogCanvas::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  QAction* copies = menu->addAction(tr("Copy"), this, [this] { copy(); });
  copies->setShortcut(QKeySequence::Copy);
  copies->setEnabled(has_selection());
  QAction* all = menu->addAction(tr("Select all"), this, [this] { select_all(); });
  all->setShortcut(QKeySequence::SelectAll);
  menu->popup(event->globalPos());
}

}  // namespace cove::ui
