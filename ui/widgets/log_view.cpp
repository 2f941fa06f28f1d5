#include "ui/widgets/log_view.h"

#include <QKeyEvent>
#include <QScrollBar>
#include <QTextBlock>

#include "ui/widgets/basics.h"

namespace cove::ui {

LogView::LogView(const Theme& theme, QWidget* parent) : QPlainTextEdit(parent), theme_(theme) {
  set_look(this, "log");
  setReadOnly(true);
  setUndoRedoEnabled(false);
  setMaximumBlockCount(kCapacity);
  setLineWrapMode(QPlainTextEdit::NoWrap);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  mark_later_.setSingleShot(true);
  mark_later_.setInterval(50);
  connect(&mark_later_, &QTimer::timeout, this, &LogView::mark_visible);
  connect(verticalScrollBar(), &QScrollBar::sliderMoved, this, &LogView::user_scrolled);
  connect(verticalScrollBar(), &QScrollBar::actionTriggered, this,
          [this] { QTimer::singleShot(0, this, &LogView::user_scrolled); });
  connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
    if (!needle_.isEmpty()) mark_later_.start();
  });
  connect(&theme, &Theme::changed, this, &LogView::apply_theme);
  apply_theme();
}

void LogView::apply_theme() {
  setFont(theme_.font(TextRole::kMono));
  document()->setDefaultFont(font());
  mark_visible();
}

void LogView::append_lines(const QStringList& lines) {
  if (lines.isEmpty()) return;
  const int removed_before = blockCount();
  QScrollBar* bar = verticalScrollBar();
  const int value = bar->value();
  QTextCursor end(document());
  end.movePosition(QTextCursor::End);
  const bool empty = document()->isEmpty();
  end.insertText((empty ? QString() : QStringLiteral("\n")) + lines.join(QLatin1Char('\n')));
  if (following_) {
    to_end();
  } else {
    // At the bound the oldest lines went: keep the same text under the reader's eyes.
    const int dropped = removed_before + static_cast<int>(lines.size()) - blockCount();
    bar->setValue(std::max(0, value - std::max(0, dropped)));
  }
  if (!needle_.isEmpty() && !mark_later_.isActive()) mark_later_.start();
}

void LogView::append_remark(const QString& text) {
  append_lines({QStringLiteral("── %1 ──").arg(text)});
}

void LogView::set_following(bool following) {
  if (following) to_end();
  if (following == following_) return;
  following_ = following;
  Q_EMIT following_changed(following);
}

void LogView::to_end() {
  verticalScrollBar()->setValue(verticalScrollBar()->maximum());
  horizontalScrollBar()->setValue(horizontalScrollBar()->minimum());
}

void LogView::user_scrolled() {
  set_following(verticalScrollBar()->value() >= verticalScrollBar()->maximum());
}

void LogView::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  if (following_) to_end();
}

void LogView::wheelEvent(QWheelEvent* event) {
  QPlainTextEdit::wheelEvent(event);
  user_scrolled();
}

void LogView::keyPressEvent(QKeyEvent* event) {
  QPlainTextEdit::keyPressEvent(event);
  user_scrolled();
}

void LogView::search(const QString& text) {
  needle_ = text;
  mark_visible();
}

bool LogView::find_next(bool backwards) {
  if (needle_.isEmpty()) return false;
  const QTextDocument::FindFlags flags =
      backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
  bool found = find(needle_, flags);
  if (!found) {
    QTextCursor edge(document());
    edge.movePosition(backwards ? QTextCursor::End : QTextCursor::Start);
    const QTextCursor before = textCursor();
    setTextCursor(edge);
    found = find(needle_, flags);
    if (!found) setTextCursor(before);
  }
  if (found) {
    set_following(false);
    centerCursor();
    mark_visible();
  }
  return found;
}

void LogView::mark_visible() {
  QList<QTextEdit::ExtraSelection> marks;
  if (!needle_.isEmpty()) {
    const Palette& p = theme_.palette();
    const QTextCursor current = textCursor();
    QTextBlock block = firstVisibleBlock();
    // A screen's worth; scrolling marks the next.
    for (int i = 0; block.isValid() && i < 200 && marks.size() < 500; ++i, block = block.next()) {
      const QString text = block.text();
      for (qsizetype at = text.indexOf(needle_, 0, Qt::CaseInsensitive); at >= 0;
           at = text.indexOf(needle_, at + needle_.size(), Qt::CaseInsensitive)) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.cursor.setPosition(block.position() + static_cast<int>(at));
        mark.cursor.setPosition(block.position() + static_cast<int>(at + needle_.size()),
                                QTextCursor::KeepAnchor);
        const bool is_current = mark.cursor.selectionStart() == current.selectionStart() &&
                                mark.cursor.selectionEnd() == current.selectionEnd();
        mark.format.setBackground(is_current ? p.match_current : p.match);
        mark.format.setForeground(p.on_match);
        marks.append(mark);
      }
    }
  }
  setExtraSelections(marks);
}

}  // namespace cove::ui
