// Times and durations as the API writes them: RFC 3339 in UTC (metav1.Time, MicroTime), Go's
// "1h30m" (metav1.Duration) and the ages that tables show.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace cove::api {

// "2026-01-02T03:04:05Z", and with six digits of a second.
std::string format_time(WallTime time);
std::string format_micro_time(WallTime time);

// RFC 3339 with any offset and fraction. kInvalidArgument with the cause that clients know; times
// before 1678 and after 2261 become the first or last of them.
Result<WallTime> parse_time(std::string_view text);

enum class TimePrecision { kSeconds, kMicroseconds };
// The same time in UTC, what is finer than the precision cut off. Empty: it is Go's zero time.
Result<std::string> canonical_time(std::string_view text, TimePrecision precision);

// "300ms", "-1.5h", "2h45m". kInvalidArgument.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
// "0s", "1.5s", "1h30m0s".
std::string format_duration(std::chrono::nanoseconds duration);

// "45s", "3m20s", "5d3h": two or three digits that say how old something is.
std::string human_duration(std::chrono::nanoseconds duration);
// That of an RFC 3339 text until `now`; "<unknown>" when it is no time.
std::string age(std::string_view time, WallTime now);

}  // namespace cove::api
