#include "ui/models/line_ends.h"

#include <QStringList>
#include <algorithm>
#include <deque>

#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

constexpr QChar kFeed = QLatin1Char('\n');
constexpr QChar kReturn = QLatin1Char('\r');
constexpr QChar kParagraph = QChar::ParagraphSeparator;

// Of all lines but the last, which has none.
QStringList line_ends(const QString& text) {
  QStringList ends;
  for (qsizetype i = 0; i < text.size(); ++i) {
    const bool both = text[i] == kReturn && i + 1 < text.size() && text[i + 1] == kFeed;
    if (both) {
      ends.append(text.mid(i++, 2));
    } else if (text[i] == kFeed || text[i] == kReturn || text[i] == kParagraph) {
      ends.append(text[i]);
    }
  }
  return ends;
}

}  // namespace

bool is_editable(const QString& text) {
  return std::ranges::none_of(text, [](QChar each) {
    return each.isNull() || each.unicode() == 0xfdd0 || each.unicode() == 0xfdd1;
  });
}

QString with_line_feeds(const QString& text) {
  QString shown = text;
  shown.replace(QStringLiteral("\r\n"), kFeed);
  shown.replace(kReturn, kFeed);
  shown.replace(kParagraph, kFeed);
  return shown;
}

QString with_line_ends(const QString& before, const QString& now) {
  const QString shown = with_line_feeds(now);
  const QStringList ends = line_ends(before);
  if (std::ranges::all_of(ends, [](const QString& end) { return end == kFeed; })) return shown;
  // With one more line, so that an empty one at the end is compared as well.
  const QString last = QStringLiteral("\n.");
  const auto lines = diff_lines(with_line_feeds(before) + last, shown + last);
  QString text;
  QString end = ends.front();
  std::deque<QString> left;  // by lines that are gone from here
  qsizetype old = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const bool ended = old < ends.size();
    if (lines[i].kind == DiffLine::Kind::kRemoved) {
      if (ended) left.push_back(ends[old]);
      ++old;
      continue;
    }
    if (lines[i].kind == DiffLine::Kind::kSame) {
      left.clear();
      if (ended) end = ends[old];
      ++old;
    } else if (!left.empty()) {
      end = left.front();
      left.pop_front();
    }
    text += lines[i].text + end;
  }
  text.chop(end.size());
  return text;
}

}  // namespace cove::ui
