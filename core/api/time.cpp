#include "core/api/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "core/api/document.h"
#include "core/api/scalars.h"

namespace cove::api {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view kLayout = "2006-01-02T15:04:05Z07:00";
constexpr seconds kGoZero{-62135596800};  // 0001-01-01T00:00:00Z

// Any time of the years 0 to 9999.
struct Instant {
  seconds since_epoch{0};
  nanoseconds fraction{0};
};

Error bad_time(std::string_view text, const std::string& cause) {
  return Error{ErrorCode::kInvalidArgument,
               "read",
               "a time",
               fmt::format("parsing time {}{}", quote(text), cause),
               {}};
}

// Reads RFC 3339 from left to right; once wrong, it stays wrong.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text), rest_(text) {}

  int number(std::size_t digits, std::string_view element, int low, int high,
             std::string_view name) {
    if (error_) return low;
    if (rest_.size() < digits ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(digits),
                     is_digit)) {
      fail(element);
      return low;
    }
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(digits);
    if (value < low || value > high)
      error_ = bad_time(text_, fmt::format(": {} out of range", name));
    return value;
  }
  void literal(char c) {
    if (error_) return;
    if (!rest_.starts_with(c)) return fail(std::string_view(&c, 1));
    rest_.remove_prefix(1);
  }
  nanoseconds fraction() {
    if (error_ || rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_digit(rest_[1]))
      return nanoseconds(0);
    rest_.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t unit = 100'000'000;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), unit /= 10)
      value += unit * (rest_.front() - '0');
    return nanoseconds(value);
  }
  seconds offset() {
    if (error_) return seconds(0);
    if (rest_.starts_with('Z')) {
      rest_.remove_prefix(1);
      return seconds(0);
    }
    if (!rest_.starts_with('+') && !rest_.starts_with('-')) {
      fail("Z07:00");
      return seconds(0);
    }
    const int sign = rest_.front() == '-' ? -1 : 1;
    rest_.remove_prefix(1);
    const int hours = number(2, "Z07:00", 0, 24, "time zone offset hour");
    literal(':');
    const int minutes = number(2, "Z07:00", 0, 60, "time zone offset minute");
    return seconds(sign * (hours * 3600 + minutes * 60));
  }
  void end() {
    if (!error_ && !rest_.empty()) error_ = bad_time(text_, ": extra text: " + quote(rest_));
  }
  void check_day(std::chrono::year_month_day date) {
    if (!error_ && !date.ok()) error_ = bad_time(text_, ": day out of range");
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  void fail(std::string_view element) {
    error_ = bad_time(text_, fmt::format(" as \"{}\": cannot parse {} as {}", kLayout, quote(rest_),
                                         quote(element)));
  }

  std::string_view text_;
  std::string_view rest_;
  std::optional<Error> error_;
};

Result<Instant> read_instant(std::string_view text) {
  TimeReader reader(text);
  const int year = reader.number(4, "2006", 0, 9999, "year");
  reader.literal('-');
  const int month = reader.number(2, "01", 1, 12, "month");
  reader.literal('-');
  const int day = reader.number(2, "02", 1, 31, "day");
  reader.literal('T');
  const int hour = reader.number(2, "15", 0, 23, "hour");
  reader.literal(':');
  const int minute = reader.number(2, "04", 0, 59, "minute");
  reader.literal(':');
  const int second = reader.number(2, "05", 0, 59, "second");
  const nanoseconds fraction = reader.fraction();
  const seconds offset = reader.offset();
  reader.end();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  reader.check_day(date);
  if (reader.error()) return *reader.error();
  const seconds midnight = std::chrono::sys_days(date).time_since_epoch();
  return Instant{midnight + seconds(hour * 3600 + minute * 60 + second) - offset, fraction};
}

std::string print(const Instant& instant, TimePrecision precision) {
  const std::chrono::sys_seconds time(instant.since_epoch);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (precision == TimePrecision::kMicroseconds)
    text += fmt::format(".{:06}", instant.fraction.count() / 1000);
  return text + 'Z';
}

Instant to_instant(WallTime time) {
  const auto whole = std::chrono::floor<seconds>(time);
  return {whole.time_since_epoch(), time - whole};
}

Error bad_duration(std::string_view what, std::string_view text) {
  return Error{ErrorCode::kInvalidArgument,
               "read",
               "a duration",
               fmt::format("time: {} {}", what, quote(text)),
               {}};
}

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\xc2\xb5s", 1'000},
                                         {"\xce\xbcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

// One "1.5h" of a duration, taken from its start.
Result<std::uint64_t> take_part(std::string_view& text, std::string_view whole) {
  const std::size_t digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (number > (std::uint64_t{1} << 63) / 10) return bad_duration("invalid duration", whole);
    number = number * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  text.remove_prefix(digits);
  double fraction = 0;
  std::size_t fraction_digits = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    double place = 0.1;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), place /= 10) {
      fraction += place * (text.front() - '0');
      ++fraction_digits;
    }
  }
  if (digits + fraction_digits == 0) return bad_duration("invalid duration", whole);
  const auto is_unit_character = [](char c) { return c != '.' && !is_digit(c); };
  const std::string_view name = text.substr(
      0,
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_unit_character) - text.begin()));
  if (name.empty()) return bad_duration("missing unit in duration", whole);
  const auto unit = std::ranges::find(kUnits, name, &Unit::name);
  if (unit == kUnits.end())
    return bad_duration(fmt::format("unknown unit {} in duration", quote(name)), whole);
  text.remove_prefix(name.size());
  const auto size = static_cast<std::uint64_t>(unit->nanoseconds);
  if (number > (std::uint64_t{1} << 63) / size) return bad_duration("invalid duration", whole);
  return number * size +
         static_cast<std::uint64_t>(fraction * static_cast<double>(unit->nanoseconds) + 0.5);
}

// "1.5" of 1500 thousandths: no trailing zeros, and no point when there is no fraction.
std::string with_fraction(std::uint64_t number, std::uint64_t unit, std::size_t digits) {
  std::string text = fmt::format("{}.{:0{}}", number / unit, number % unit, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string format_time(WallTime time) {
  return print(to_instant(time), TimePrecision::kSeconds);
}

std::string format_micro_time(WallTime time) {
  return print(to_instant(time), TimePrecision::kMicroseconds);
}

Result<WallTime> parse_time(std::string_view text) {
  COVE_TRY(const Instant instant, read_instant(text));
  constexpr auto kFirst = std::chrono::ceil<seconds>(WallTime::min()).time_since_epoch();
  constexpr auto kLast = std::chrono::floor<seconds>(WallTime::max()).time_since_epoch();
  const seconds whole = std::clamp(instant.since_epoch, kFirst + seconds(1), kLast - seconds(1));
  return WallTime(whole + instant.fraction);
}

Result<std::string> canonical_time(std::string_view text, TimePrecision precision) {
  COVE_TRY(const Instant instant, read_instant(text));
  if (instant.since_epoch == kGoZero && instant.fraction.count() == 0) return std::string();
  return print(instant, precision);
}

Result<nanoseconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return nanoseconds(0);
  if (rest.empty()) return bad_duration("invalid duration", text);
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::uint64_t sum = 0;
  while (!rest.empty()) {
    COVE_TRY(const std::uint64_t part, take_part(rest, text));
    if (part > kMax || sum + part > kMax) return bad_duration("invalid duration", text);
    sum += part;
  }
  const auto count = static_cast<std::int64_t>(sum);
  return nanoseconds(negative ? -count : count);
}

std::string format_duration(nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  const bool negative = duration.count() < 0;
  const auto count = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t size = negative ? ~count + 1 : count;
  std::string text = negative ? "-" : "";
  if (size < 1'000) return text + fmt::format("{}ns", size);
  if (size < 1'000'000) return text + with_fraction(size, 1'000, 3) + "\xc2\xb5s";
  if (size < 1'000'000'000) return text + with_fraction(size, 1'000'000, 6) + "ms";
  constexpr std::uint64_t kMinute = 60'000'000'000;
  const std::uint64_t minutes = size / kMinute;
  if (minutes >= 60) text += fmt::format("{}h", minutes / 60);
  if (minutes > 0) text += fmt::format("{}m", minutes % 60);
  return text + with_fraction(size % kMinute, 1'000'000'000, 9) + "s";
}

std::string human_duration(nanoseconds duration) {
  const std::int64_t total = duration.count() / 1'000'000'000;
  if (total < -1) return "<invalid>";
  if (total < 0) return "0s";
  const auto two = [](std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", large, large_unit)
                      : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
  };
  const std::int64_t minutes = total / 60;
  const std::int64_t hours = total / 3600;
  const std::int64_t days = hours / 24;
  if (total < 120) return fmt::format("{}s", total);
  if (minutes < 10) return two(minutes, 'm', total % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return fmt::format("{}d", days);
  if (days < 2920) return two(days / 365, 'y', days % 365, 'd');
  return fmt::format("{}y", days / 365);
}

std::string age(std::string_view time, WallTime now) {
  const auto since = parse_time(time);
  return since.has_error() ? "<unknown>" : human_duration(now - *since);
}

}  // namespace cove::api
