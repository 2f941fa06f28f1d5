// Header fields of registries' answers, read from outside: RFC 9110 sections 11.6.1, 14.4 and
// 10.2.3, and the distribution-spec's Range of uploads. What cannot be read is as good as absent.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

namespace cove::image {

// One challenge of WWW-Authenticate.
struct Challenge {
  std::string scheme;                             // in lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names in lower case
};
// In order; at most 16 challenges of at most 16 parameters, of a field of at most 8 KiB. A broken
// challenge ends the list.
std::vector<Challenge> parse_challenges(std::string_view field);

// "bytes 100-199/200" or "bytes 100-199/*".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // not less than `first`
  std::optional<std::uint64_t> total = std::nullopt;
};
std::optional<ContentRange> parse_content_range(std::string_view field);

// How many bytes of an upload have arrived, of "0-1023" or "bytes=0-1023". "0-0" is what registries
// say of an empty one.
std::optional<std::uint64_t> parse_upload_range(std::string_view field);

// How long Retry-After says to wait: seconds, or a date. Never negative.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view field, WallTime now);

// Where Link (RFC 8288) says that the next page is; of a field of at most 8 KiB.
std::optional<std::string> parse_next_link(std::string_view field);

}  // namespace cove::image
