// What is known of nodes' health, and the taints that say it to others (kubernetes.io "Nodes",
// "Taints and Tolerations").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"

namespace cove::controllers {

// A node that says nothing for longer than this is not to be relied on; one that never said a word
// has more time for its first.
inline constexpr std::chrono::seconds kNodeGrace{50};
inline constexpr std::chrono::seconds kNodeStartupGrace{60};

inline constexpr std::string_view kNotReadyTaint = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kUnreachableTaint = "node.kubernetes.io/unreachable";

// The status of the condition Ready; "Unknown" when there is none.
std::string_view readiness_of(const boost::json::object& node);

// When a node was last heard of. A value.
class NodeHealth {
 public:
  // Takes in what the node says now. `lease` may be null.
  void observe(const api::Object& node, const api::Object* lease, SteadyTime now, WallTime wall);
  bool silent(const boost::json::object& node, SteadyTime now) const;
  // As if it had been heard just now.
  void refresh(SteadyTime now) { heard_ = now; }

 private:
  bool seen_ = false;
  SteadyTime heard_{};
  std::string heartbeat_;  // of the condition Ready; empty: none yet
  std::string renewed_;    // of the lease
};

// Sets the conditions that a silent node cannot vouch for to Unknown; false when they were.
bool forget_conditions(boost::json::object& node, WallTime now);

// The NoSchedule taints that conditions and spec.unschedulable ask for, set in spec.taints; false
// when they were so already.
bool set_condition_taints(boost::json::object& node, WallTime now);

// Sets NoExecute taints: `add` (may be empty) is there afterwards, not-ready and unreachable
// otherwise are not. False when it was so.
bool set_health_taint(boost::json::object& node, std::string_view add, WallTime now);
bool has_no_execute(const boost::json::object& node, std::string_view key);

}  // namespace cove::controllers
