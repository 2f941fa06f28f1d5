// What filters of images are made of. Private to this room.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/exchange.h"
#include "core/image/image_store.h"

namespace cove::engine {

// The beginning of time when the image does not say.
WallTime created_at(const image::Image& image);
// A shell pattern against the familiar name, with and without tag; '*' takes no slash.
bool matches_reference(const image::Reference& reference, const std::string& pattern);
// All of "name" or "name=value".
bool matches_labels(const std::map<std::string, std::string>& labels,
                    const std::vector<std::string>& wanted);
// 400 "invalid filter 'x'" for a name that is not among `known`.
Outcome<> check_filters(const std::map<std::string, std::vector<std::string>>& filters,
                        const std::vector<std::string_view>& known);
Outcome<std::optional<bool>> flag_filter(
    const std::map<std::string, std::vector<std::string>>& filters, const std::string& name);
// "24h" before now, a time stamp, or seconds since 1970.
Outcome<std::optional<WallTime>> until_filter(
    const std::map<std::string, std::vector<std::string>>& filters, const Clock& clock);
// "1h30m"; nothing for anything else, a bare number too.
std::optional<std::chrono::seconds> parse_age(std::string_view text);

}  // namespace cove::engine
