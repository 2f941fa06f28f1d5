#include "core/controllers/job_indexes.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace cove::controllers {
namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

JobIndexes JobIndexes::parse(std::string_view text, std::int64_t completions) {
  JobIndexes indexes;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = number_in(part.substr(0, dash));
    const auto last = dash == part.npos ? first : number_in(part.substr(dash + 1));
    if (!first || !last || *first >= completions || *last < *first) break;
    indexes.add(Interval{*first, std::min(*last, completions - 1)});
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  return indexes;
}

bool JobIndexes::has(std::int64_t index) const {
  const auto at = std::ranges::lower_bound(intervals_, index, {}, &Interval::last);
  return at != intervals_.end() && at->first <= index;
}

std::int64_t JobIndexes::total() const {
  std::int64_t count = 0;
  for (const Interval& each : intervals_) count += each.last - each.first + 1;
  return count;
}

void JobIndexes::add(std::int64_t index) {
  add(Interval{index, index});
}

void JobIndexes::add(const JobIndexes& other) {
  for (const Interval& each : other.intervals_) add(each);
}

void JobIndexes::add(Interval added) {
  // Those that touch it become one with it.
  const auto from = std::ranges::lower_bound(intervals_, added.first - 1, {}, &Interval::last);
  auto to = from;
  while (to != intervals_.end() && to->first <= added.last + 1) {
    added.first = std::min(added.first, to->first);
    added.last = std::max(added.last, to->last);
    ++to;
  }
  intervals_.insert(intervals_.erase(from, to), added);
}

std::string JobIndexes::text() const {
  std::string text;
  for (const Interval& each : intervals_) {
    if (!text.empty()) text += ',';
    text += std::to_string(each.first);
    if (each.last == each.first) continue;
    text += each.last == each.first + 1 ? ',' : '-';
    text += std::to_string(each.last);
  }
  return text;
}

std::int64_t JobIndexes::common(const JobIndexes& other) const {
  std::int64_t count = 0;
  auto b = other.intervals_.begin();
  for (auto a = intervals_.begin(); a != intervals_.end() && b != other.intervals_.end();) {
    count +=
        std::max<std::int64_t>(0, std::min(a->last, b->last) - std::max(a->first, b->first) + 1);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return count;
}

std::vector<std::int64_t> JobIndexes::first_missing(std::int64_t count,
                                                    std::int64_t completions) const {
  std::vector<std::int64_t> missing;
  std::int64_t candidate = 0;
  const auto take_below = [&](std::int64_t bound) {
    while (candidate < bound && std::ssize(missing) < count) missing.push_back(candidate++);
  };
  for (const Interval& each : intervals_) {
    take_below(std::min(each.first, completions));
    candidate = std::max(candidate, each.last + 1);
  }
  take_below(completions);
  return missing;
}

}  // namespace cove::controllers
