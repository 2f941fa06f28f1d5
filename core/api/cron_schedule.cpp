#include "core/api/cron_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/api/document.h"
#include "core/api/time.h"

namespace cove::api {
namespace {

using Problem = std::optional<std::string>;

enum Place { kMinute, kHour, kDayOfMonth, kMonth, kDayOfWeek };
struct Bounds {
  unsigned least;
  unsigned most;
  bool months = false;
  bool days = false;
};

constexpr std::array<Bounds, 5> kFields = {
    {{0, 59}, {0, 23}, {1, 31}, {1, 12, true, false}, {0, 6, false, true}}};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
struct Word {
  std::string_view word, fields;
};
constexpr std::array<Word, 7> kWords = {{{"@yearly", "0 0 1 1 *"},
                                         {"@annually", "0 0 1 1 *"},
                                         {"@monthly", "0 0 1 * *"},
                                         {"@weekly", "0 0 * * 0"},
                                         {"@daily", "0 0 * * *"},
                                         {"@midnight", "0 0 * * *"},
                                         {"@hourly", "0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators,
                                    bool keep_empty) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    const std::string_view part = text.substr(0, end);
    if (keep_empty || !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

template <std::size_t N>
std::optional<unsigned> position(const std::array<std::string_view, N>& names,
                                 std::string_view name) {
  const auto found = std::ranges::find(names, lower(name));
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin());
}

Problem read_number(std::string_view text, unsigned& number) {
  int value = 0;
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value);
  if (digits.empty() || read.ec == std::errc::invalid_argument || read.ptr != end ||
      (digits.size() != text.size() && digits.starts_with('-'))) {
    return fmt::format("failed to parse int from {}: strconv.Atoi: parsing {}: invalid syntax",
                       text, quote(text));
  }
  if (read.ec != std::errc()) {
    return fmt::format("failed to parse int from {}: strconv.Atoi: parsing {}: value out of range",
                       text, quote(text));
  }
  if (value < 0) return fmt::format("negative number ({}) not allowed: {}", value, text);
  number = static_cast<unsigned>(value);
  return std::nullopt;
}

Problem read_name_or_number(std::string_view text, const Bounds& bounds, unsigned& number) {
  if (bounds.months) {
    if (const auto month = position(kMonths, text)) {
      number = *month + 1;
      return std::nullopt;
    }
  }
  if (bounds.days) {
    if (const auto day = position(kDays, text)) {
      number = *day;
      return std::nullopt;
    }
  }
  return read_number(text, number);
}

struct Range {
  unsigned first = 0, last = 0, step = 1;
  bool star = false;
};

// "*", "5", "1-5", "*/10", "1-30/2", "mon-fri".
Problem read_range(std::string_view text, const Bounds& bounds, Range& range) {
  unsigned step = 1;
  const auto parts = split(text, "/", true);
  const auto ends = split(parts.front(), "-", true);
  unsigned first = 0;
  unsigned last = 0;
  const bool any = ends.front() == "*" || ends.front() == "?";
  if (any) {
    first = bounds.least;
    last = bounds.most;
  } else {
    if (const Problem problem = read_name_or_number(ends.front(), bounds, first)) return problem;
    last = first;
    if (ends.size() == 2) {
      if (const Problem problem = read_name_or_number(ends[1], bounds, last)) return problem;
    } else if (ends.size() > 2) {
      return fmt::format("too many hyphens: {}", text);
    }
  }
  if (parts.size() == 2) {
    if (const Problem problem = read_number(parts[1], step)) return problem;
    if (ends.size() == 1) last = bounds.most;
    if (step == 0) return fmt::format("step of range should be a positive number: {}", text);
  } else if (parts.size() > 2) {
    return fmt::format("too many slashes: {}", text);
  }
  if (first < bounds.least) {
    return fmt::format("beginning of range ({}) below minimum ({}): {}", first, bounds.least, text);
  }
  if (last > bounds.most) {
    return fmt::format("end of range ({}) above maximum ({}): {}", last, bounds.most, text);
  }
  if (first > last) {
    return fmt::format("beginning of range ({}) beyond end of range ({}): {}", first, last, text);
  }
  range = {first, last, step, any && step == 1};
  return std::nullopt;
}

Problem read_every(std::string_view word, std::chrono::seconds& every) {
  constexpr std::string_view kEvery = "@every ";
  if (!word.starts_with(kEvery)) return fmt::format("unrecognized descriptor: {}", word);
  const auto duration = parse_duration(word.substr(kEvery.size()));
  if (!duration)
    return fmt::format("failed to parse duration {}: {}", word, duration.error().cause);
  every = std::max(std::chrono::duration_cast<std::chrono::seconds>(*duration),
                   std::chrono::seconds(1));
  return std::nullopt;
}

constexpr bool starts_zone(std::string_view schedule) {
  return schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=");
}

Error schedule_error(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read the schedule", "", std::move(cause), ""};
}

}  // namespace

bool schedule_has_zone(std::string_view schedule) {
  return schedule.find("TZ") != std::string_view::npos;
}

Result<CronSchedule> CronSchedule::parse(std::string_view text, TimeZone zone) {
  CronSchedule schedule;
  schedule.zone_ = std::move(zone);
  if (text.empty()) return schedule_error("empty spec string");
  if (starts_zone(text)) {
    const std::size_t space = text.find(' ');
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(equals + 1, space - equals - 1);
    auto own = TimeZone::load(name == "Local" ? "UTC" : name);
    if (!own)
      return schedule_error(fmt::format("provided bad location {}: {}", name, own.error().cause));
    schedule.zone_ = std::move(*own);
    if (space == std::string_view::npos) return schedule_error("empty spec string");
    text.remove_prefix(space);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (text.starts_with('@')) {
    const auto word = std::ranges::find(kWords, text, &Word::word);
    if (word == kWords.end()) {
      if (const Problem problem = read_every(text, schedule.every_))
        return schedule_error(*problem);
      return schedule;
    }
    text = word->fields;
  }
  const auto fields = split(text, " \t\n\r\v\f", false);
  if (fields.size() != kFields.size()) {
    return schedule_error(fmt::format("expected exactly 5 fields, found {}: [{}]", fields.size(),
                                      fmt::join(fields, " ")));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view part : split(fields[i], ",", false)) {
      Range range;
      if (const Problem problem = read_range(part, kFields[i], range))
        return schedule_error(*problem);
      for (unsigned value = range.first; value <= range.last; value += range.step)
        schedule.fields_[i].values |= std::uint64_t{1} << value;
      schedule.fields_[i].star = schedule.fields_[i].star || range.star;
    }
  }
  return schedule;
}

// Where both days are restricted, either will do.
bool CronSchedule::on_day(LocalTime local) const {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const bool of_month = fields_[kDayOfMonth].has(static_cast<unsigned>(date.day()));
  const bool of_week = fields_[kDayOfWeek].has(std::chrono::weekday(day).c_encoding());
  return fields_[kDayOfMonth].star || fields_[kDayOfWeek].star ? of_month && of_week
                                                               : of_month || of_week;
}

std::optional<WallTime> CronSchedule::next(WallTime time) const {
  using namespace std::chrono;
  WallTime at = floor<seconds>(time);
  if (every_.count() > 0) return at + every_;
  if (std::ranges::any_of(fields_, [](const Field& field) { return field.values == 0; }))
    return std::nullopt;
  at += seconds(1);
  // Whatever clocks do there, time goes on.
  const auto skip_to = [&](LocalTime local) { at = std::max(zone_.at(local), at + seconds(1)); };
  const auto last_year = year_month_day(floor<days>(zone_.local(at))).year() + years(5);
  while (true) {
    const LocalTime local = zone_.local(at);
    const auto today = floor<days>(local);
    const year_month_day date(today);
    if (date.year() > last_year) return std::nullopt;
    const hh_mm_ss clock(local - today);
    if (!fields_[kMonth].has(static_cast<unsigned>(date.month()))) {
      skip_to(LocalTime(local_days((date.year() / date.month() + months(1)) / 1)));
    } else if (!on_day(local)) {
      skip_to(LocalTime(today + days(1)));
    } else if (!fields_[kHour].has(static_cast<unsigned>(clock.hours().count()))) {
      at += hours(1) - clock.minutes() - clock.seconds();
    } else if (!fields_[kMinute].has(static_cast<unsigned>(clock.minutes().count()))) {
      at += minutes(1) - clock.seconds();
    } else if (clock.seconds().count() != 0) {
      at += minutes(1) - clock.seconds();
    } else {
      return at;
    }
  }
}

std::optional<std::string> schedule_problem(std::string_view schedule) {
  const auto parsed = CronSchedule::parse(schedule);
  return parsed ? std::nullopt : std::optional(parsed.error().cause);
}

std::optional<std::string> time_zone_problem(std::string_view zone) {
  if (zone == "Local") return std::nullopt;
  const auto loaded = TimeZone::load(zone);
  return loaded ? std::nullopt : std::optional(loaded.error().cause);
}

}  // namespace cove::api
