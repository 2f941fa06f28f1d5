// Times whose JSON is text and whose protobuf form is numbers, in the whole range of both
// (core/api/time.h has the range of the clock), and UTF-8. Private to this room.
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

// Whether `text` is UTF-8 (no surrogates, nothing longer than need be).
bool is_utf8(std::string_view text);

}  // namespace cove::api::wire
