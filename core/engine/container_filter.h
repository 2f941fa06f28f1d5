// Which containers a client asks for, and what is counted of them.
#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/container.h"
#include "core/engine/containers.h"

namespace cove::engine {

struct ListQuery {
  bool all = false;
  bool size = false;
  std::int64_t limit = 0;  // newest, running or not; 0: no limit
  Filters filters = {};
};
// 400 for filters and values that Docker does not know.
Outcome<> check_filters(const Filters& filters);
// Containers newest first, those asked for. `find_image` gives the ids an ancestor filter means.
Outcome<std::vector<ContainerRecord>> select(
    const std::vector<ContainerRecord>& containers, const ListQuery& query,
    const std::function<bool(const ContainerRecord&, const std::string& ancestor)>& has_ancestor);

// "label": {"a", "a=b"} all of them; "label!": none of them.
bool labels_match(const Filters& filters, const std::map<std::string, std::string>& labels);
// "24h", "10m30s", a time: everything before it.
Outcome<std::optional<WallTime>> parse_until(const std::string& text, WallTime now);

// Bytes of regular files in a container's own layer; 0 when it cannot be looked at.
std::uint64_t size_of_changes(const Containers& containers, const std::string& id);
std::uint64_t size_of_tree(const Path& folder);

// One item of GET /containers/json.
boost::json::object summarize(const Containers& containers, const ContainerRecord& record,
                              bool size);
// "Up 3 minutes (healthy)", "Exited (0) 2 hours ago".
std::string status_text(const ContainerState& state, WallTime now);
// As Docker's clients say a duration: "Less than a second", "About a minute", "3 weeks".
std::string human_duration(std::chrono::nanoseconds duration);

}  // namespace cove::engine
