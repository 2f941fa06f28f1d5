// When a CronJob's jobs are due (kubernetes.io "CronJob"). Pure.
#pragma once

#include <optional>

#include "core/api/cron_schedule.h"
#include "core/api/object.h"

namespace cove::controllers {

// Of spec.schedule in spec.timeZone. kNotFound: the zone; kInvalidArgument: the schedule.
Result<api::CronSchedule> schedule_of(const api::Object& cronjob);
// UTC unless the cron job names one that is known.
api::TimeZone zone_of(const api::Object& cronjob);

struct DueTime {
  std::optional<WallTime> time;  // the last one not later than now; nothing: none was missed
  bool many = false;             // more than 100 were missed
};
// After the last one it started, or its creation, or as long ago as it may still be started.
DueTime due_time(const api::Object& cronjob, const api::CronSchedule& schedule, WallTime now);

}  // namespace cove::controllers
