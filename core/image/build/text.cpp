#include "core/image/build/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace cove::image::dockerfile {
namespace {

Error bad_duration(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read the duration", {}, std::move(cause), {}};
}

struct Unit {
  std::string_view name;
  double nanoseconds;
};
// Longer names first where one begins with another.
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1e3},
                                      {"\u00b5s", 1e3},
                                      {"\u03bcs", 1e3},
                                      {"ms", 1e6},
                                      {"s", 1e9},
                                      {"m", 60e9},
                                      {"h", 3600e9}}};

// "1.5" of 3/2, without zeros at the end.
std::string fraction(std::int64_t value, std::int64_t unit) {
  std::string text = fmt::format("{}", value / unit);
  const std::int64_t rest = value % unit;
  if (rest == 0) return text;
  std::string digits = fmt::format("{}", unit + rest).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return result;
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      case '\a': result += "\\a"; break;
      case '\b': result += "\\b"; break;
      case '\f': result += "\\f"; break;
      case '\n': result += "\\n"; break;
      case '\r': result += "\\r"; break;
      case '\t': result += "\\t"; break;
      case '\v': result += "\\v"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          result += c;
        }
    }
  }
  return result + "\"";
}

std::string quote_list(const std::vector<std::string>& list) {
  std::string result = "[";
  for (const auto& item : list) {
    if (result.size() > 1) result += ' ';
    result += quote(item);
  }
  return result + "]";
}

std::string plain_list(const std::vector<std::string>& list) {
  return fmt::format("[{}]", fmt::join(list, " "));
}

std::string quote_health(const HealthCheck& check) {
  const std::string retries = check.retries > 0x1f && check.retries < 0x7f
                                  ? fmt::format("'{}'", static_cast<char>(check.retries))
                                  : fmt::format("'\\x{:02x}'", check.retries);
  return fmt::format("&{{{} \"{}\" \"{}\" \"{}\" \"{}\" {}}}", quote_list(check.test),
                     format_duration(check.interval), format_duration(check.timeout),
                     format_duration(check.start_period), format_duration(check.start_interval),
                     retries);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  const std::string sign = left < 0 ? "-" : "";
  if (left < 0) left = -left;
  if (left < 1'000) return fmt::format("{}{}ns", sign, left);
  if (left < 1'000'000) return sign + fraction(left, 1'000) + "\u00b5s";
  if (left < 1'000'000'000) return sign + fraction(left, 1'000'000) + "ms";
  constexpr std::int64_t kMinute = 60'000'000'000;
  const std::int64_t minutes = left / kMinute;
  const std::string seconds = fraction(left % kMinute, 1'000'000'000) + "s";
  if (minutes == 0) return sign + seconds;
  if (minutes < 60) return fmt::format("{}{}m{}", sign, minutes, seconds);
  return fmt::format("{}{}h{}m{}", sign, minutes / 60, minutes % 60, seconds);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const Error invalid = bad_duration(fmt::format("time: invalid duration {}", quote(text)));
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return invalid;
  double total = 0;
  while (!rest.empty()) {
    double value = 0;
    double scale = 0;
    bool digits = false;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      const char c = rest[i];
      if (c == '.' && scale == 0) {
        scale = 1;
      } else if (c >= '0' && c <= '9') {
        digits = true;
        value = value * 10 + (c - '0');
        scale *= 10;
      } else {
        break;
      }
    }
    if (!digits || i > 32) return invalid;
    rest.remove_prefix(i);
    if (scale > 1) value /= scale;
    const auto end = std::find_if(rest.begin(), rest.end(),
                                  [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
    const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (name.empty()) {
      return bad_duration(fmt::format("time: missing unit in duration {}", quote(text)));
    }
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& known) { return known.name == name; });
    if (unit == kUnits.end()) {
      return bad_duration(
          fmt::format("time: unknown unit {} in duration {}", quote(name), quote(text)));
    }
    total += value * unit->nanoseconds;
    rest.remove_prefix(name.size());
  }
  if (total >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return invalid;
  const auto whole = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -whole : whole);
}

std::string timestamp(WallTime time) {
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  std::string text = rfc3339(time);
  const auto part = ((nanoseconds % 1'000'000'000) + 1'000'000'000) % 1'000'000'000;
  if (part != 0 && text.ends_with('Z')) {
    text.insert(text.size() - 1, fmt::format(".{:09}", part));
  }
  return text;
}

}  // namespace cove::image::dockerfile
