// What a PodDisruptionBudget's status has to say (kubernetes.io "Pod disruption budgets"). Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"

namespace cove::controllers {

// An eviction that was granted is waited for this long.
inline constexpr std::chrono::minutes kDisruptionTimeout{2};

struct DisruptedPods {
  boost::json::object pods;                      // that are still to go, with the times they may
  std::vector<api::ObjectPtr> stayed;            // that should be gone
  std::optional<std::chrono::nanoseconds> next;  // when the first of `pods` should be
};
DisruptedPods disrupted_pods(const api::Object& budget, const std::vector<api::ObjectPtr>& pods,
                             WallTime now);
std::int64_t healthy_pods(const std::vector<api::ObjectPtr>& pods, const DisruptedPods& disrupted);

// Whether the budget counts from what the pods' controllers want, not from the pods.
bool needs_scale(const api::Object& budget);
struct PodCounts {
  std::int64_t expected = 0, desired = 0;
};
// `scale`: how many pods their controllers want.
PodCounts expected_pods(const api::Object& budget, std::int64_t pods, std::int64_t scale);

// The status with these figures; lastTransitionTime stays while the condition does.
boost::json::object budget_status(const api::Object& budget, std::int64_t healthy,
                                  const PodCounts& counts, const boost::json::object& disrupted,
                                  WallTime now);
// While the figures are not known nothing may be evicted.
boost::json::object failed_budget_status(const api::Object& budget, std::string_view why,
                                         WallTime now);

}  // namespace cove::controllers
