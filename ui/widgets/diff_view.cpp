#include "ui/widgets/diff_view.h"

#include <QScrollBar>
#include <QTextBlock>
#include <algorithm>

#include "ui/widgets/basics.h"

namespace cove::ui {

DiffView::DiffView(const Theme& theme, QWidget* parent) : QPlainTextEdit(parent), theme_(theme) {
  setReadOnly(true);
  setTabChangesFocus(true);
  setLineWrapMode(NoWrap);
  setFont(theme.font(TextRole::kMono));
  set_look(this, "log");
  connect(&theme, &Theme::changed, this, &DiffView::paint_lines);
}

void DiffView::show_texts(const QString& before, const QString& after) {
  std::vector<DiffLine> lines = diff_lines(before, after);
  if (lines == lines_) return;
  lines_ = std::move(lines);
  paint_lines();
}

void DiffView::paint_lines() {
  clear();
  QTextCursor cursor(document());
  const Palette& palette = theme_.palette();
  bool first = true;
  for (const DiffLine& line : lines_) {
    QTextBlockFormat block;
    QTextCharFormat ink;
    ink.setForeground(palette.log_text);
    QChar mark = QLatin1Char(' ');
    if (line.kind != DiffLine::Kind::kSame) {
      const bool added = line.kind == DiffLine::Kind::kAdded;
      const ToneColors& tone = palette.tone(added ? Tone::kGood : Tone::kBad);
      mark = added ? QLatin1Char('+') : QLatin1Char('-');
      block.setBackground(tone.soft);
      ink.setForeground(tone.text);
    }
    if (!first) cursor.insertBlock(block);
    if (first) cursor.setBlockFormat(block);
    first = false;
    cursor.insertText(mark + QLatin1Char(' ') + line.text, ink);
  }
  const auto change = std::ranges::find_if(
      lines_, [](const DiffLine& line) { return line.kind != DiffLine::Kind::kSame; });
  const auto at = static_cast<int>(change - lines_.begin());
  setTextCursor(QTextCursor(document()->findBlockByNumber(at)));
  verticalScrollBar()->setValue(std::max(0, at - 2));
}

}  // namespace cove::ui
