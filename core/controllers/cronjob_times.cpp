#include "core/controllers/cronjob_times.h"

#include "core/api/time.h"

namespace cove::controllers {

namespace json = boost::json;

namespace {

using std::chrono::seconds;

constexpr std::int64_t kMany = 100;

// The last time of the schedule that is not later than `now`, when `first` is one.
WallTime last_until(const api::CronSchedule& schedule, WallTime first, seconds interval,
                    WallTime now) {
  // Back from now in ever longer steps until one is found, then forward from there.
  for (seconds back = std::max(interval, seconds(1)); now - back > first; back *= 2) {
    auto found = schedule.next(now - back);
    if (!found || *found > now) continue;
    for (auto next = found; next && *next <= now; next = schedule.next(*next)) found = next;
    return *found;
  }
  WallTime found = first;
  for (auto next = schedule.next(first); next && *next <= now; next = schedule.next(*next))
    found = *next;
  return found;
}

}  // namespace

api::TimeZone zone_of(const api::Object& cronjob) {
  auto zone = api::TimeZone::load(api::text_at(cronjob.document(), {"spec", "timeZone"}));
  return zone ? std::move(*zone) : api::TimeZone();
}

Result<api::CronSchedule> schedule_of(const api::Object& cronjob) {
  COVE_TRY(auto zone, api::TimeZone::load(api::text_at(cronjob.document(), {"spec", "timeZone"})));
  return api::CronSchedule::parse(api::text_at(cronjob.document(), {"spec", "schedule"}),
                                  std::move(zone));
}

DueTime due_time(const api::Object& cronjob, const api::CronSchedule& schedule, WallTime now) {
  const json::object& document = cronjob.document();
  auto earliest = api::parse_time(api::text_at(document, {"status", "lastScheduleTime"}));
  if (!earliest)
    earliest = api::parse_time(api::text_at(document, {"metadata", "creationTimestamp"}));
  WallTime from = earliest ? *earliest : now;
  if (const auto deadline = api::integer_at(document, {"spec", "startingDeadlineSeconds"}))
    from = std::max(from, now - seconds(*deadline));
  const auto first = schedule.next(from);
  if (!first || *first > now) return {};
  const auto second = schedule.next(*first);
  if (!second || *second > now) return {.time = first};
  const auto interval = std::chrono::duration_cast<seconds>(*second - *first);
  const auto missed = (now - *first) / std::max(interval, seconds(1)) + 1;
  return {.time = last_until(schedule, *first, interval, now), .many = missed > kMany};
}

}  // namespace cove::controllers
