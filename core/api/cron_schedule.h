// CronSchedule: five fields as cron has them, or a word like "@daily" or "@every 5m", with an
// optional "TZ=zone " before it (kubernetes.io "CronJob", "Schedule syntax"). A value.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/time_zone.h"

namespace cove::api {

class CronSchedule {
 public:
  // `zone` counts unless the schedule names its own. kInvalidArgument; the cause is what clients
  // know ("expected exactly 5 fields, found 2: [1 2]").
  static Result<CronSchedule> parse(std::string_view text, TimeZone zone = {});

  // The first time after `time`; nothing when there is none within five years. Times of day that
  // clocks skip in spring never come; those they show twice in autumn come twice.
  std::optional<WallTime> next(WallTime time) const;

 private:
  struct Field {
    std::uint64_t values = 0;  // a bit for each
    bool star = false;         // it says that any will do
    bool has(unsigned value) const { return (values >> value & 1) != 0; }
  };

  bool on_day(LocalTime local) const;

  std::array<Field, 5> fields_;  // minute, hour, day of month, month, day of week
  std::chrono::seconds every_{0};
  TimeZone zone_;
};

// What is wrong with the schedule, in the words that clients know; nothing when it is right.
std::optional<std::string> schedule_problem(std::string_view schedule);
// Likewise with the name of a time zone.
std::optional<std::string> time_zone_problem(std::string_view zone);
// Whether the schedule names a time zone of its own.
bool schedule_has_zone(std::string_view schedule);

}  // namespace cove::api
