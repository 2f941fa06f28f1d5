#include "core/controllers/disruption_status.h"

#include <algorithm>

#include "core/api/time.h"
#include "core/controllers/pod_control.h"
#include "core/controllers/workload_loop.h"

namespace cove::controllers {
namespace {

json::object condition(const api::Object& budget, bool allowed, std::string_view reason,
                       std::string_view message, WallTime now) {
  return {{"type", "DisruptionAllowed"},
          {"status", allowed ? "True" : "False"},
          {"observedGeneration", budget.generation()},
          {"lastTransitionTime", rfc3339(now)},
          {"reason", api::key(reason)},
          {"message", api::key(message)}};
}

json::object status_of(const api::Object& budget) {
  const json::object* const status = api::object_at(budget.document(), {"status"});
  return status == nullptr ? json::object() : *status;
}

}  // namespace

DisruptedPods disrupted_pods(const api::Object& budget, const std::vector<api::ObjectPtr>& pods,
                             WallTime now) {
  DisruptedPods found;
  const json::object* const known = api::object_at(budget.document(), {"status", "disruptedPods"});
  if (known == nullptr || known->empty()) return found;
  for (const api::ObjectPtr& pod : pods) {
    const json::value* const granted = known->if_contains(pod->name());
    if (granted == nullptr || !granted->is_string() || pod->deleting()) continue;
    const auto since = api::parse_time(api::view(granted->get_string()));
    if (!since) continue;
    const auto left = *since + kDisruptionTimeout - now;
    if (left.count() < 0) {
      found.stayed.push_back(pod);
      continue;
    }
    found.pods[api::key(pod->name())] = *granted;
    if (!found.next || left < *found.next) found.next = left;
  }
  return found;
}

std::int64_t healthy_pods(const std::vector<api::ObjectPtr>& pods, const DisruptedPods& disrupted) {
  return std::ranges::count_if(pods, [&](const api::ObjectPtr& pod) {
    return !pod->deleting() && !disrupted.pods.contains(pod->name()) && is_pod_ready(*pod);
  });
}

bool needs_scale(const api::Object& budget) {
  if (api::value_at(budget.document(), {"spec", "maxUnavailable"}) != nullptr) return true;
  const json::value* const least = api::value_at(budget.document(), {"spec", "minAvailable"});
  return least != nullptr && least->is_string();
}

PodCounts expected_pods(const api::Object& budget, std::int64_t pods, std::int64_t scale) {
  const auto share = [&](const json::value* of) {
    return count_or_percent(of, static_cast<int>(scale), true, 0);
  };
  const json::value* const most = api::value_at(budget.document(), {"spec", "maxUnavailable"});
  if (most != nullptr) return {scale, std::max<std::int64_t>(scale - share(most), 0)};
  const json::value* const least = api::value_at(budget.document(), {"spec", "minAvailable"});
  if (least == nullptr) return {};
  if (least->is_string()) return {scale, share(least)};
  return {pods, api::integer_at(budget.document(), {"spec", "minAvailable"}).value_or(0)};
}

json::object budget_status(const api::Object& budget, std::int64_t healthy, const PodCounts& counts,
                           const json::object& disrupted, WallTime now) {
  // A budget that counts no pods allows nothing: its first pods may have come just now.
  const std::int64_t allowed =
      counts.expected <= 0 ? 0 : std::max<std::int64_t>(healthy - counts.desired, 0);
  json::object status = status_of(budget);
  status["observedGeneration"] = budget.generation();
  status["disruptionsAllowed"] = allowed;
  status["currentHealthy"] = healthy;
  status["desiredHealthy"] = counts.desired;
  status["expectedPods"] = counts.expected;
  if (disrupted.empty()) {
    status.erase("disruptedPods");
  } else {
    status["disruptedPods"] = disrupted;
  }
  set_condition(status, condition(budget, allowed > 0,
                                  allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now));
  return status;
}

json::object failed_budget_status(const api::Object& budget, std::string_view why, WallTime now) {
  json::object status = status_of(budget);
  status["disruptionsAllowed"] = 0;
  set_condition(status, condition(budget, false, "SyncFailed", why, now));
  return status;
}

}  // namespace cove::controllers
