// The schedule of a cron job: five fields as cron has them, or a word like "@daily", with an
// optional "TZ=zone " before it (kubernetes.io "CronJob", "Schedule syntax"). Private to this
// folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove::api {

// What is wrong with the schedule, in the words that clients know; nothing when it is right.
std::optional<std::string> schedule_problem(std::string_view schedule);
// Likewise with the name of a time zone.
std::optional<std::string> time_zone_problem(std::string_view zone);
// Whether the schedule names a time zone of its own.
bool schedule_has_zone(std::string_view schedule);

}  // namespace cove::api
