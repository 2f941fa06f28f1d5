// What one line of a log says: when, how grave, and as what it is shown. Lines come from containers
// and are hostile; everything here takes any bytes.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cove::ui {

enum class Severity : std::uint8_t { kNone, kDebug, kInfo, kWarning, kError };

// As klog ("E0101 12:…"), a JSON line's "level", logfmt's level=, and words like ERROR or [warn]
// near the beginning say it; kNone where nothing does.
Severity severity_of(std::string_view line);
// The next line of the same text: a stack trace's, indented.
bool goes_on(std::string_view line);

struct StampedText {
  std::int64_t time = 0;  // nanoseconds since 1970 in UTC
  std::string_view text;
};
// "2026-01-02T03:04:05.123456789Z text", as an API server writes with timestamps=true.
std::optional<StampedText> cut_stamp(std::string_view line);
// The whole second of it, as sinceTime wants it.
std::string since_time(std::int64_t time);

// Colours of ECMA-48's SGR sequences, 0–7 and 8–15 for the bright ones; others are not shown.
struct AnsiSpan {
  int from = 0;  // UTF-16 units of the text
  int length = 0;
  int color = -1;
  bool bold = false;
};
struct ShownText {
  QString text;
  std::vector<AnsiSpan> spans;  // in order, apart from each other
};
// The line without escape sequences; what is no text (other control characters, bytes that are no
// UTF-8) is U+FFFD.
ShownText shown_text(std::string_view line);
std::string without_escapes(std::string_view line);

// The object or list that the line is, indented, its members in their order; empty when it is
// none, or has more than kMaxPrettyBytes.
inline constexpr std::size_t kMaxPrettyBytes = 64 << 10;
QString pretty_json(std::string_view line);

}  // namespace cove::ui
