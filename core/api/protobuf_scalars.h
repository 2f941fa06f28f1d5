// Values whose JSON is text and whose protobuf form is numbers. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cove::api::wire {

struct Timestamp {
  std::int64_t seconds = 0;  // since 1970
  std::int32_t nanos = 0;    // 0 to 999,999,999
};

// RFC 3339 with any offset and any fraction; none when `text` is no time.
std::optional<Timestamp> parse_time(std::string_view text);
// "2026-01-02T03:04:05Z", with six digits behind the seconds when `micro`. None outside the years
// 1 to 9999.
std::optional<std::string> format_time(Timestamp time, bool micro);

// Go's "1h2m3.5s" in nanoseconds; none when `text` is no duration or out of range.
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string format_duration(std::int64_t nanoseconds);

// Whether `text` is UTF-8 (no surrogates, nothing longer than need be).
bool is_utf8(std::string_view text);

}  // namespace cove::api::wire
