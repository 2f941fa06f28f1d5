// How the classic builder writes values into an image's history, and reads durations.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/image/manifest.h"

namespace cove::image::dockerfile {

std::string quote(std::string_view text);                      // "a\"b" with quotes, as Go's %q
std::string quote_list(const std::vector<std::string>& list);  // ["nginx" "-g"]
std::string plain_list(const std::vector<std::string>& list);  // [/bin/bash -c], as Go's %v
std::string quote_health(const HealthCheck& check);
std::string lower(std::string_view text);

// "1h2m3.5s" and back, as Go's time.Duration.
std::string format_duration(std::chrono::nanoseconds duration);
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// RFC 3339 in UTC with nine digits of the second, or none when they are zero.
std::string timestamp(WallTime time);

}  // namespace cove::image::dockerfile
