#include "core/api/kinds/cron_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <vector>

#include "core/api/document.h"
#include "core/api/time.h"

namespace cove::api {
namespace {

using Problem = std::optional<std::string>;

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
constexpr std::array<std::string_view, 7> kWords = {"@yearly", "@annually", "@monthly", "@weekly",
                                                    "@daily",  "@midnight", "@hourly"};

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

// "*", "5", "1-5", "*/10", "1-30/2", "mon-fri".
Problem range_problem_of(std::string_view text, const Bounds& bounds) {
  const auto parts = split(text, "/", true);
  const auto ends = split(parts.front(), "-", true);
  unsigned first = 0;
  unsigned last = 0;
  if (ends.front() == "*" || ends.front() == "?") {
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
    unsigned step = 0;
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
  return std::nullopt;
}

Problem word_problem(std::string_view word) {
  constexpr std::string_view kEvery = "@every ";
  if (std::ranges::find(kWords, word) != kWords.end()) return std::nullopt;
  if (!word.starts_with(kEvery)) return fmt::format("unrecognized descriptor: {}", word);
  const auto duration = parse_duration(word.substr(kEvery.size()));
  if (duration) return std::nullopt;
  return fmt::format("failed to parse duration {}: {}", word, duration.error().cause);
}

constexpr bool starts_zone(std::string_view schedule) {
  return schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=");
}

}  // namespace

bool schedule_has_zone(std::string_view schedule) {
  return schedule.find("TZ") != std::string_view::npos;
}

std::optional<std::string> schedule_problem(std::string_view schedule) {
  if (schedule.empty()) return "empty spec string";
  if (starts_zone(schedule)) {
    const std::size_t space = schedule.find(' ');
    const std::size_t equals = schedule.find('=');
    const std::string_view zone = schedule.substr(equals + 1, space - equals - 1);
    if (const Problem problem = time_zone_problem(zone)) {
      return fmt::format("provided bad location {}: {}", zone, *problem);
    }
    if (space == std::string_view::npos) return "empty spec string";
    schedule.remove_prefix(space);
    schedule.remove_prefix(std::min(schedule.find_first_not_of(' '), schedule.size()));
  }
  if (schedule.starts_with('@')) return word_problem(schedule);
  const auto fields = split(schedule, " \t\n\r\v\f", false);
  if (fields.size() != kFields.size()) {
    return fmt::format("expected exactly 5 fields, found {}: [{}]", fields.size(),
                       fmt::join(fields, " "));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view range : split(fields[i], ",", false)) {
      if (const Problem problem = range_problem_of(range, kFields[i])) return problem;
    }
  }
  return std::nullopt;
}

std::optional<std::string> time_zone_problem(std::string_view zone) {
  if (zone.empty() || zone == "UTC" || zone == "Local") return std::nullopt;
  if (zone.find("..") != std::string_view::npos || zone.front() == '/' || zone.front() == '\\' ||
      zone.size() > 255 || zone.find('\0') != std::string_view::npos) {
    return "time: invalid location name";
  }
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::path("/usr/share/zoneinfo") / zone;
  if (!std::filesystem::is_regular_file(file, failed)) {
    return fmt::format("unknown time zone {}", zone);
  }
  return std::nullopt;
}

}  // namespace cove::api
