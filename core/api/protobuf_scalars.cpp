#include "core/api/protobuf_scalars.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace cove::api::wire {
namespace {

constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

// The decimal number in `count` digits at the front of `text`, which it drops.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc() || end != text.data() + count || text.front() == '-')
    return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool drop(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456789": digits beyond the ninth count for nothing.
std::optional<std::int32_t> fraction(std::string_view& text) {
  if (!drop(text, '.')) return 0;
  std::int32_t value = 0;
  std::int32_t scale = 100'000'000;
  std::size_t count = 0;
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count, scale /= 10)
    value += (text[count] - '0') * scale;
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

// "Z" or "+02:00", in seconds; the whole rest of the text.
std::optional<int> offset(std::string_view text) {
  if (text == "Z") return 0;
  const bool behind = text.starts_with('-');
  if (!drop(text, '+') && !drop(text, '-')) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || !drop(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return (*hours * 3600 + *minutes * 60) * (behind ? -1 : 1);
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !drop(text, '-')) return std::nullopt;
  const auto mo = digits(text, 2);
  if (!mo || !drop(text, '-')) return std::nullopt;
  const auto d = digits(text, 2);
  if (!d || !drop(text, 'T')) return std::nullopt;
  const auto h = digits(text, 2);
  if (!h || !drop(text, ':')) return std::nullopt;
  const auto mi = digits(text, 2);
  if (!mi || !drop(text, ':')) return std::nullopt;
  const auto s = digits(text, 2);
  if (!s || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  const auto nanos = fraction(text);
  if (!nanos) return std::nullopt;
  const auto shift = offset(text);
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  if (!shift || !date.ok()) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return Timestamp{days * 86'400 + *h * 3600 + *mi * 60 + *s - *shift, *nanos};
}

std::optional<std::string> format_time(Timestamp time, bool micro) {
  using namespace std::chrono;
  if (time.seconds < kFirstSecond || time.seconds > kLastSecond) return std::nullopt;
  const sys_seconds at{seconds(time.seconds)};
  const sys_days midnight = floor<days>(at);
  const year_month_day date(midnight);
  const hh_mm_ss clock(at - midnight);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  if (micro) text += fmt::format(".{:06}", time.nanos / 1000);
  return text + 'Z';
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() - i < length) return false;
    for (std::size_t j = 1; j < length; ++j) {
      if ((byte(i + j) & 0xc0U) != 0x80) return false;
    }
    const unsigned second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

}  // namespace cove::api::wire
