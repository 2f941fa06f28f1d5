#include "ui/models/log_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include "core/api/document.h"
#include "core/api/time.h"

namespace cove::ui {
namespace {

constexpr std::size_t kLooked = 160;  // bytes at a line's beginning that say its severity
constexpr std::size_t kMaxWord = 12;
constexpr std::size_t kMaxPrettyDepth = 40;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A word in lower case.
Severity named(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Severity>, 20> kNames{{
      {"error", Severity::kError},      {"err", Severity::kError},
      {"fatal", Severity::kError},      {"panic", Severity::kError},
      {"critical", Severity::kError},   {"crit", Severity::kError},
      {"severe", Severity::kError},     {"alert", Severity::kError},
      {"emerg", Severity::kError},      {"emergency", Severity::kError},
      {"warn", Severity::kWarning},     {"warning", Severity::kWarning},
      {"info", Severity::kInfo},        {"notice", Severity::kInfo},
      {"information", Severity::kInfo}, {"log", Severity::kInfo},
      {"debug", Severity::kDebug},      {"trace", Severity::kDebug},
      {"fine", Severity::kDebug},       {"verbose", Severity::kDebug},
  }};
  for (const auto& [name, severity] : kNames)
    if (word == name) return severity;
  return Severity::kNone;
}

Severity named_anyhow(std::string_view word) {
  if (word.size() > kMaxWord) return Severity::kNone;
  std::string low(word);
  for (char& c : low) c = lower(c);
  return named(low);
}

// klog's header: a letter, month and day, time.
Severity of_klog(std::string_view line) {
  if (line.size() < 8 || line[5] != ' ' || !is_digit(line[6])) return Severity::kNone;
  if (!std::ranges::all_of(line.substr(1, 4), is_digit)) return Severity::kNone;
  switch (line[0]) {
    case 'E':
    case 'F': return Severity::kError;
    case 'W': return Severity::kWarning;
    case 'I': return Severity::kInfo;
    default: return Severity::kNone;
  }
}

// The value after a JSON member of one of these names; text, or bunyan's and pino's numbers.
Severity of_json(std::string_view line) {
  for (const std::string_view name : {"\"level\"", "\"severity\"", "\"lvl\"", "\"log.level\""}) {
    std::size_t at = line.find(name);
    if (at == std::string_view::npos) continue;
    at = line.find_first_not_of(" \t", at + name.size());
    if (at == std::string_view::npos || line[at] != ':') continue;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == std::string_view::npos) continue;
    if (is_digit(line[at]))
      return line[at] >= '5'   ? Severity::kError
             : line[at] == '4' ? Severity::kWarning
             : line[at] == '3' ? Severity::kInfo
                               : Severity::kDebug;
    if (line[at] != '"') continue;
    const std::size_t end = line.find('"', at + 1);
    if (end != std::string_view::npos) return named_anyhow(line.substr(at + 1, end - at - 1));
  }
  return Severity::kNone;
}

// A word counts in capitals, in brackets, before a colon, or after level=.
Severity of_words(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size()) {
    if (!is_letter(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    bool capitals = true;
    while (end < line.size() && (is_letter(line[end]) || is_digit(line[end]) || line[end] == '_')) {
      capitals = capitals && !(line[end] >= 'a' && line[end] <= 'z');
      ++end;
    }
    const char before = at > 0 ? line[at - 1] : ' ';
    const char after = end < line.size() ? line[end] : ' ';
    const std::string_view head = line.substr(0, at);
    const bool marked = (before == '[' && after == ']') || (before == '<' && after == '>') ||
                        (after == ':' && (at == 0 || before == ' ')) || head.ends_with("level=") ||
                        head.ends_with("level=\"") || head.ends_with("lvl=") ||
                        head.ends_with("severity=");
    if (capitals || marked) {
      const Severity severity = named_anyhow(line.substr(at, end - at));
      if (severity != Severity::kNone) return severity;
    }
    at = end;
  }
  return Severity::kNone;
}

// Past the escape sequence that begins at `at` (ECMA-48: CSI, OSC and the short ones); `sgr` gets
// the parameters when it sets colours.
std::size_t past_escape(std::string_view line, std::size_t at, std::string_view* sgr) {
  std::size_t next = at + 1;
  if (next >= line.size()) return line.size();
  if (line[next] == '[') {
    const std::size_t from = ++next;
    while (next < line.size() && static_cast<unsigned char>(line[next]) >= 0x20 &&
           static_cast<unsigned char>(line[next]) < 0x40)
      ++next;
    if (next >= line.size()) return line.size();
    if (line[next] == 'm') *sgr = line.substr(from, next - from);
    return next + 1;
  }
  if (line[next] == ']') {
    for (; next < line.size(); ++next) {
      if (line[next] == '\x07') return next + 1;
      if (line[next] == '\x1b') return std::min(line.size(), next + 2);
    }
    return line.size();
  }
  return next + 1;
}

struct Pen {
  int color = -1;
  bool bold = false;
  bool plain() const { return color < 0 && !bold; }
};

void apply(Pen& pen, std::string_view parameters) {
  int skip = 0;
  std::size_t at = 0;
  while (at <= parameters.size()) {
    const std::size_t end = std::min(parameters.find(';', at), parameters.size());
    int code = 0;
    for (const char c : parameters.substr(at, std::min<std::size_t>(end - at, 4)))
      code = is_digit(c) ? code * 10 + (c - '0') : 9999;
    at = end + 1;
    if (skip < 0) {  // the form of an extended colour
      skip = code == 5 ? 1 : code == 2 ? 3 : 0;
    } else if (skip > 0) {
      --skip;
    } else if (code == 0) {
      pen = {};
    } else if (code == 1) {
      pen.bold = true;
    } else if (code == 22) {
      pen.bold = false;
    } else if (code >= 30 && code <= 37) {
      pen.color = code - 30;
    } else if (code >= 90 && code <= 97) {
      pen.color = code - 90 + 8;
    } else if (code == 39) {
      pen.color = -1;
    } else if (code == 38 || code == 48) {
      if (code == 38) pen.color = -1;
      skip = -1;
    }
  }
}

void add_text(QString& to, std::string_view bytes) {
  const qsizetype from = to.size();
  to += QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
  for (qsizetype i = from; i < to.size(); ++i) {
    const char16_t c = to[i].unicode();
    const bool control = (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0);
    // Line separators would break a line in two, and marks of direction would turn its rest around.
    const bool turning =
        c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    if (control || turning) to[i] = QChar(QChar::ReplacementCharacter);
  }
}

void print(const api::json::value& value, int depth, QString& to);

template <class Items, class Print>
void print_items(const Items& items, QChar open, QChar close, int depth, QString& to, Print each) {
  to += open;
  if (!items.empty()) {
    bool first = true;
    for (const auto& item : items) {
      to += first ? QStringLiteral("\n") : QStringLiteral(",\n");
      to += QString(2 * (depth + 1), QLatin1Char(' '));
      each(item);
      first = false;
    }
    to += QLatin1Char('\n') + QString(2 * depth, QLatin1Char(' '));
  }
  to += close;
}

void print(const api::json::value& value, int depth, QString& to) {
  if (const auto* object = value.if_object()) {
    return print_items(*object, u'{', u'}', depth, to, [&](const auto& member) {
      add_text(to, api::to_text(api::json::value(api::json::string(member.key()))));
      to += QStringLiteral(": ");
      print(member.value(), depth + 1, to);
    });
  }
  if (const auto* list = value.if_array()) {
    return print_items(*list, u'[', u']', depth, to,
                       [&](const auto& item) { print(item, depth + 1, to); });
  }
  add_text(to, api::to_text(value));
}

}  // namespace

Severity severity_of(std::string_view line) {
  std::string plain;
  if (const std::string_view begin = line.substr(0, kLooked);
      begin.find('\x1b') != std::string_view::npos) {
    plain = without_escapes(begin);
    line = plain;
  }
  if (const Severity klog = of_klog(line); klog != Severity::kNone) return klog;
  const std::size_t first = line.find_first_not_of(" \t");
  if (first != std::string_view::npos && line[first] == '{')
    return of_json(line.substr(0, 64 * kLooked));
  return of_words(line.substr(0, kLooked));
}

bool goes_on(std::string_view line) {
  return !line.empty() && (line[0] == ' ' || line[0] == '\t' || line.starts_with("Caused by:"));
}

std::optional<StampedText> cut_stamp(std::string_view line) {
  const std::size_t space = line.substr(0, 48).find(' ');
  const std::string_view stamp = line.substr(0, std::min(space, line.size()));
  if (stamp.size() < 20 || stamp.size() > 40) return std::nullopt;
  const auto time = api::parse_time(stamp);
  if (!time) return std::nullopt;
  const auto since =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch()).count();
  return StampedText{since, space >= line.size() ? std::string_view() : line.substr(space + 1)};
}

std::string since_time(std::int64_t time) {
  return api::format_time(WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(time)))));
}

ShownText shown_text(std::string_view line) {
  ShownText shown;
  Pen pen;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t escape = std::min(line.find('\x1b', at), line.size());
    if (escape > at) {
      const auto from = static_cast<int>(shown.text.size());
      add_text(shown.text, line.substr(at, escape - at));
      const int length = static_cast<int>(shown.text.size()) - from;
      if (!pen.plain()) shown.spans.push_back({from, length, pen.color, pen.bold});
    }
    if (escape == line.size()) break;
    std::string_view parameters;
    at = past_escape(line, escape, &parameters);
    if (parameters.data() != nullptr) apply(pen, parameters);
  }
  return shown;
}

std::string without_escapes(std::string_view line) {
  std::string plain;
  plain.reserve(line.size());
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t escape = std::min(line.find('\x1b', at), line.size());
    plain += line.substr(at, escape - at);
    if (escape == line.size()) break;
    std::string_view parameters;
    at = past_escape(line, escape, &parameters);
  }
  return plain;
}

QString pretty_json(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || (line[first] != '{' && line[first] != '[')) return {};
  const auto parsed = api::parse_json(line, {.bytes = kMaxPrettyBytes, .depth = kMaxPrettyDepth});
  if (!parsed) return {};
  QString pretty;
  print(parsed->value, 0, pretty);
  return pretty;
}

}  // namespace cove::ui
