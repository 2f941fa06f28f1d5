#include "core/controllers/node_lifecycle_health.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/api/readers.h"
#include "core/api/time.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

struct ConditionTaint {
  std::string_view condition, status, key;
};
constexpr std::array kConditionTaints{
    ConditionTaint{"Ready", "False", kNotReadyTaint},
    ConditionTaint{"Ready", "Unknown", kUnreachableTaint},
    ConditionTaint{"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    ConditionTaint{"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    ConditionTaint{"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
    ConditionTaint{"PIDPressure", "True", "node.kubernetes.io/pid-pressure"}};
constexpr std::string_view kUnschedulable = "node.kubernetes.io/unschedulable";
constexpr std::array<std::string_view, 4> kVouchedFor{"Ready", "MemoryPressure", "DiskPressure",
                                                      "PIDPressure"};

using api::condition_of;

std::string_view status_of(const json::object& node, std::string_view type) {
  const json::object* const condition = condition_of(node, type);
  return condition == nullptr ? std::string_view() : api::text_at(*condition, {"status"});
}

bool is_taint(const json::value& taint, std::string_view key, std::string_view effect) {
  return taint.is_object() && api::text_at(taint.get_object(), {"key"}) == key &&
         api::text_at(taint.get_object(), {"effect"}) == effect;
}

// Whether spec.taints changed so that of `managed` with that effect exactly `wanted` are there.
bool set_taints(json::object& node, std::string_view effect,
                const std::set<std::string_view>& managed, const std::set<std::string_view>& wanted,
                WallTime now) {
  json::array taints;
  if (const json::array* const all = api::array_at(node, {"spec", "taints"})) taints = *all;
  std::set<std::string_view> missing = wanted;
  json::array kept;
  for (const json::value& taint : taints) {
    bool leaves = false;
    for (const std::string_view key : managed) {
      if (!is_taint(taint, key, effect)) continue;
      leaves = !wanted.contains(key);
      missing.erase(key);
    }
    if (!leaves) kept.push_back(taint);
  }
  if (kept.size() == taints.size() && missing.empty()) return false;
  for (const std::string_view key : missing) {
    kept.push_back(json::object{
        {"key", api::key(key)}, {"effect", api::key(effect)}, {"timeAdded", rfc3339(now)}});
  }
  if (kept.empty()) {
    api::erase_at(node, {"spec", "taints"});
  } else {
    api::set_at(node, {"spec", "taints"}, std::move(kept));
  }
  return true;
}

}  // namespace

std::string_view readiness_of(const json::object& node) {
  const std::string_view status = status_of(node, "Ready");
  return status.empty() ? "Unknown" : status;
}

void NodeHealth::observe(const api::Object& node, const api::Object* lease, SteadyTime now,
                         WallTime wall) {
  const json::object* const ready = condition_of(node.document(), "Ready");
  const std::string_view heartbeat =
      ready == nullptr ? std::string_view() : api::text_at(*ready, {"lastHeartbeatTime"});
  if (!seen_) {
    heard_ = now;
    if (ready == nullptr) {
      // Its time began when it was made.
      const auto made =
          api::parse_time(api::text_at(node.document(), {"metadata", "creationTimestamp"}));
      if (made && *made < wall) heard_ = now - (wall - *made);
    }
  } else if (heartbeat != heartbeat_) {
    heard_ = now;
  }
  seen_ = true;
  heartbeat_ = heartbeat;
  if (lease == nullptr) return;
  const std::string_view renewed = api::text_at(lease->document(), {"spec", "renewTime"});
  if (renewed != renewed_) {
    renewed_ = renewed;
    heard_ = now;
  }
}

bool NodeHealth::silent(const json::object& node, SteadyTime now) const {
  const bool spoke = condition_of(node, "Ready") != nullptr;
  return now - heard_ > (spoke ? kNodeGrace : kNodeStartupGrace);
}

bool forget_conditions(json::object& node, WallTime now) {
  json::array& conditions = api::make_array_at(node, {"status", "conditions"});
  bool changed = false;
  for (const std::string_view type : kVouchedFor) {
    const auto found = std::ranges::find_if(conditions, [&](const json::value& each) {
      return each.is_object() && api::text_at(each.get_object(), {"type"}) == type;
    });
    if (found == conditions.end()) {
      json::object condition{{"type", api::key(type)},
                             {"status", "Unknown"},
                             {"reason", "NodeStatusNeverUpdated"},
                             {"message", "Kubelet never posted node status."},
                             {"lastTransitionTime", rfc3339(now)}};
      condition["lastHeartbeatTime"] =
          api::key(api::text_at(node, {"metadata", "creationTimestamp"}));
      conditions.push_back(std::move(condition));
      changed = true;
      continue;
    }
    json::object& condition = found->get_object();
    if (api::text_at(condition, {"status"}) == "Unknown") continue;
    condition["status"] = "Unknown";
    condition["reason"] = "NodeStatusUnknown";
    condition["message"] = "Kubelet stopped posting node status.";
    condition["lastTransitionTime"] = rfc3339(now);
    changed = true;
  }
  return changed;
}

bool set_condition_taints(json::object& node, WallTime now) {
  std::set<std::string_view> managed{kUnschedulable};
  std::set<std::string_view> wanted;
  for (const ConditionTaint& each : kConditionTaints) {
    managed.insert(each.key);
    if (status_of(node, each.condition) == each.status) wanted.insert(each.key);
  }
  if (api::flag_at(node, {"spec", "unschedulable"})) wanted.insert(kUnschedulable);
  return set_taints(node, "NoSchedule", managed, wanted, now);
}

bool set_health_taint(json::object& node, std::string_view add, WallTime now) {
  std::set<std::string_view> wanted;
  if (!add.empty()) wanted.insert(add);
  return set_taints(node, "NoExecute", {kNotReadyTaint, kUnreachableTaint}, wanted, now);
}

bool has_no_execute(const json::object& node, std::string_view key) {
  const json::array* const taints = api::array_at(node, {"spec", "taints"});
  return taints != nullptr && std::ranges::any_of(*taints, [&](const json::value& taint) {
           return is_taint(taint, key, "NoExecute");
         });
}

}  // namespace cove::controllers
