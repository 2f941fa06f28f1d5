// Texts in an editor whose lines end in one way only, and that become bytes again as they were.
#pragma once

#include <QString>

namespace cove::ui {

// Whether with_line_ends() can bring it back: it has no NUL, and none of the two characters
// (U+FDD0, U+FDD1) that Qt's documents have for themselves.
bool is_editable(const QString& text);
// With a line feed where a line ends: "\n", "\r\n", "\r" or U+2029.
QString with_line_feeds(const QString& text);
// What has become of `before` in an editor that showed with_line_feeds(before) and now has `now`
// (line feeds or, as QTextDocument::toRawText has it, U+2029). Lines that are still there end as
// they did, one in the place of another as that did, and one that is new as the line before it.
QString with_line_ends(const QString& before, const QString& now);

}  // namespace cove::ui
