#include "core/api/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/fs.h"

namespace cove::api {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxBytes = 256 << 10;
constexpr std::size_t kHeader = 44;
constexpr std::size_t kMaxName = 255;

Error zone_error(ErrorCode code, std::string cause) {
  return {code, "read the time zone", "", std::move(cause), ""};
}

// Big-endian, two's complement. The caller has checked the bounds.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = static_cast<unsigned char>(bytes[at]) & 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int64_t>(value);
}

struct Counts {
  std::size_t ut, standard, leap, changes, types, names;

  std::size_t body(std::size_t time_size) const {
    return changes * (time_size + 1) + types * 6 + names + leap * (time_size + 4) + standard + ut;
  }
};

std::optional<Counts> counts_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + kHeader || bytes.substr(at, 4) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(
        static_cast<std::uint32_t>(number_at(bytes, at + 20 + 4 * i, 4)));
  };
  const Counts counts{count(0), count(1), count(2), count(3), count(4), count(5)};
  // Each within the whole, so that their sum does not overflow.
  for (const std::size_t each :
       {counts.ut, counts.standard, counts.leap, counts.changes, counts.types, counts.names}) {
    if (each > kMaxBytes) return std::nullopt;
  }
  return counts;
}

}  // namespace

// The POSIX form "CET-1CEST,M3.5.0,M10.5.0/3".
class TimeZone::FooterReader {
 public:
  explicit FooterReader(std::string_view text) : text_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    const auto standard = name() ? offset() : std::nullopt;
    if (!standard) return std::nullopt;
    rule.standard = -*standard;
    rule.summer = rule.standard + std::chrono::hours(1);
    if (text_.empty()) return rule;
    if (!name()) return std::nullopt;
    if (!text_.empty() && text_.front() != ',') {
      const auto summer = offset();
      if (!summer) return std::nullopt;
      rule.summer = -*summer;
    }
    const auto begin = day();
    const auto end = begin ? day() : std::nullopt;
    if (!end || !text_.empty()) return std::nullopt;
    rule.has_summer = true;
    rule.begin = *begin;
    rule.end = *end;
    return rule;
  }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const std::size_t end = text_.find('>');
      if (end == text_.npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const std::size_t size =
        std::min(text_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                 text_.size());
    text_.remove_prefix(size);
    return size >= 3;
  }
  std::optional<int> number(int most) {
    int value = 0;
    const auto read = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (read.ec != std::errc() || value < 0 || value > most) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(read.ptr - text_.data()));
    return value;
  }
  // "-1", "5:30", "167"
  std::optional<seconds> offset() {
    const bool minus = take('-');
    if (!minus) take('+');
    seconds total{0};
    int unit = 3600;
    for (int part = 0; part < 3; ++part, unit /= 60) {
      if (part > 0 && !take(':')) break;
      const auto value = number(part == 0 ? 167 : 59);
      if (!value) return std::nullopt;
      total += seconds(*value * unit);
    }
    return minus ? -total : total;
  }
  std::optional<Yearly> day() {
    if (!take(',')) return std::nullopt;
    Yearly yearly;
    if (take('M')) {
      const auto month = number(12);
      const auto week = month && take('.') ? number(5) : std::nullopt;
      const auto weekday = week && take('.') ? number(6) : std::nullopt;
      if (!weekday || *month == 0 || *week == 0) return std::nullopt;
      yearly = {'M', *month, *week, *weekday};
    } else {
      yearly.form = take('J') ? 'J' : 'D';
      const auto value = number(365);
      if (!value) return std::nullopt;
      yearly.day = *value;
    }
    if (take('/')) {
      const auto time = offset();
      if (!time) return std::nullopt;
      yearly.time = *time;
    }
    return yearly;
  }

  std::string_view text_;
};

std::int64_t TimeZone::Yearly::in(int year) const {
  using namespace std::chrono;
  const std::chrono::year of(year);
  local_days date{};
  if (form == 'M') {
    const std::chrono::month of_month(static_cast<unsigned>(month));
    const weekday on(static_cast<unsigned>(day));
    date = week == 5 ? local_days(of / of_month / on[last])
                     : local_days(of / of_month / on[static_cast<unsigned>(week)]);
  } else {
    // Days with J are counted from 1 and never count 29 February.
    const bool past_leap = form == 'J' && of.is_leap() && day >= 60;
    const int from_first = form == 'J' ? day - 1 + (past_leap ? 1 : 0) : day;
    date = local_days(of / January / 1) + days(from_first);
  }
  return duration_cast<seconds>(date.time_since_epoch()).count() + time.count();
}

Result<TimeZone> TimeZone::load(std::string_view name, const std::filesystem::path& database) {
  if (name.empty() || name == "UTC") return TimeZone();
  if (name.find("..") != name.npos || name.front() == '/' || name.front() == '\\' ||
      name.size() > kMaxName || name.find('\0') != name.npos) {
    return zone_error(ErrorCode::kInvalidArgument, "time: invalid location name");
  }
  const std::filesystem::path file = database / name;
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed))
    return zone_error(ErrorCode::kNotFound, fmt::format("unknown time zone {}", name));
  COVE_TRY(const std::string bytes, read_file(file, kMaxBytes));
  return parse(bytes);
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  const auto broken = zone_error(ErrorCode::kCorrupt, "malformed time zone information");
  const auto first = counts_at(bytes, 0);
  if (!first) return broken;
  // Version 1 has times of four bytes; newer files have it for old readers, and then their own.
  const bool newer = bytes[4] >= '2';
  const std::size_t size = newer ? 8 : 4;
  const std::size_t header = newer ? kHeader + first->body(4) : 0;
  const auto counts = newer ? counts_at(bytes, header) : first;
  if (!counts || counts->types == 0) return broken;
  const std::size_t times = header + kHeader;
  const std::size_t end = times + counts->body(size);
  if (bytes.size() < end) return broken;

  const std::size_t indices = times + counts->changes * size;
  const std::size_t types = indices + counts->changes;
  const auto offset_of = [&](std::size_t type) {
    return seconds(number_at(bytes, types + type * 6, 4));
  };
  TimeZone zone;
  zone.first_ = offset_of(0);
  for (std::size_t i = 0; i < counts->changes; ++i) {
    const auto type = static_cast<unsigned char>(bytes[indices + i]);
    if (type >= counts->types) return broken;
    zone.changes_.push_back({number_at(bytes, times + i * size, size), offset_of(type)});
  }
  if (!std::ranges::is_sorted(zone.changes_, {}, &Change::time)) return broken;
  const seconds last = zone.changes_.empty() ? zone.first_ : zone.changes_.back().offset;
  zone.rule_ = {.standard = last, .summer = last, .has_summer = false, .begin = {}, .end = {}};
  if (newer && bytes.size() > end && bytes[end] == '\n') {
    const std::string_view rest = bytes.substr(end + 1);
    const std::string_view footer = rest.substr(0, rest.find('\n'));
    if (!footer.empty()) {
      const auto rule = FooterReader(footer).read();
      if (!rule) return broken;
      zone.rule_ = *rule;
    }
  }
  return zone;
}

seconds TimeZone::by_rule(std::int64_t time) const {
  if (!rule_.has_summer) return rule_.standard;
  using namespace std::chrono;
  const year_month_day date(floor<days>(sys_seconds(seconds(time) + rule_.standard)));
  const int of = static_cast<int>(date.year());
  const std::int64_t begin = rule_.begin.in(of)-rule_.standard.count();
  const std::int64_t end = rule_.end.in(of)-rule_.summer.count();
  const bool summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
  return summer ? rule_.summer : rule_.standard;
}

seconds TimeZone::offset_at(WallTime time) const {
  const std::int64_t at = std::chrono::floor<seconds>(time).time_since_epoch().count();
  const auto next = std::ranges::upper_bound(changes_, at, {}, &Change::time);
  if (next == changes_.end()) return by_rule(at);
  return next == changes_.begin() ? first_ : std::prev(next)->offset;
}

LocalTime TimeZone::local(WallTime time) const {
  return LocalTime(std::chrono::floor<seconds>(time).time_since_epoch() + offset_at(time));
}

WallTime TimeZone::at(LocalTime local) const {
  const WallTime as_utc(local.time_since_epoch());
  // The offset is one of those that hold around that time; the greater makes the earlier moment.
  constexpr std::chrono::hours kAround(26);
  const seconds before = offset_at(as_utc - kAround);
  const seconds after = offset_at(as_utc + kAround);
  for (const seconds offset : {std::max(before, after), std::min(before, after)}) {
    if (offset_at(as_utc - offset) == offset) return as_utc - offset;
  }
  return as_utc - before;
}

std::string TimeZone::format(WallTime time) const {
  using namespace std::chrono;
  const seconds offset = offset_at(time);
  std::string text = rfc3339(time + offset);
  if (offset.count() == 0) return text;
  text.pop_back();
  const auto minutes = std::abs(offset.count()) / 60;
  return text +
         fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace cove::api
