#include <fmt/format.h>

#include <algorithm>

#include "core/api/time.h"
#include "core/controllers/deployment_plan.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kAvailable = "NewReplicaSetAvailable";
constexpr std::string_view kTimedOut = "ProgressDeadlineExceeded";

int replicas_of(const json::object& deployment) {
  return integer_or(deployment, {"spec", "replicas"}, 1);
}

int count(const json::object& status, std::string_view name) {
  return integer_or(status, {name}, 0);
}

std::string_view reason_of(const json::object* condition) {
  return condition == nullptr ? std::string_view() : api::text_at(*condition, {"reason"});
}

json::object former_status(const json::object& deployment) {
  const json::object* const status = api::object_at(deployment, {"status"});
  return status == nullptr ? json::object() : *status;
}

std::optional<WallTime> last_update(const json::object& condition) {
  const auto time = api::parse_time(api::text_at(condition, {"lastUpdateTime"}));
  return time ? std::optional(*time) : std::nullopt;
}

std::chrono::seconds deadline_of(const json::object& deployment) {
  return std::chrono::seconds(integer_or(deployment, {"spec", "progressDeadlineSeconds"}, 600));
}

bool has_progressed(const json::object& before, const json::object& now) {
  const auto old_pods = [](const json::object& status) {
    return count(status, "replicas") - count(status, "updatedReplicas");
  };
  return count(now, "updatedReplicas") > count(before, "updatedReplicas") ||
         old_pods(now) < old_pods(before) ||
         count(now, "readyReplicas") > count(before, "readyReplicas") ||
         count(now, "availableReplicas") > count(before, "availableReplicas");
}

bool has_timed_out(const json::object& deployment, const json::object& status, WallTime now) {
  const json::object* const condition = api::find_condition(status, "Progressing");
  if (condition == nullptr || reason_of(condition) == kAvailable) return false;
  if (reason_of(condition) == kTimedOut) return true;
  const auto since = last_update(*condition);
  return since && *since + deadline_of(deployment) < now;
}

void judge_progress(json::object& status, const json::object& deployment,
                    const ReplicaCounts& counts, WallTime now) {
  const json::object before = former_status(deployment);
  const json::object* const current = api::find_condition(before, "Progressing");
  if (count(status, "replicas") == count(status, "updatedReplicas") &&
      reason_of(current) == kAvailable)
    return;
  const std::string who =
      counts.newest ? fmt::format("ReplicaSet {}", api::quote(counts.newest_name))
                    : fmt::format("Deployment {}",
                                  api::quote(api::text_at(deployment, {"metadata", "name"})));
  const auto progressing = [&](std::string_view value, std::string_view reason,
                               std::string_view what) {
    return deployment_condition("Progressing", value, reason, fmt::format("{} {}.", who, what),
                                now);
  };
  if (is_complete(deployment, status)) {
    set_condition(status, progressing("True", kAvailable, "has successfully progressed"));
  } else if (has_progressed(before, status)) {
    // Also with the reason it has already: the time of the last progress is what counts.
    json::object condition = progressing("True", "ReplicaSetUpdated", "is progressing");
    if (current != nullptr && api::text_at(*current, {"status"}) == "True") {
      if (const json::value* const since = api::member(*current, "lastTransitionTime"))
        condition["lastTransitionTime"] = *since;
    }
    remove_condition(status, "Progressing");
    set_condition(status, std::move(condition));
  } else if (has_timed_out(deployment, status, now)) {
    set_condition(status, progressing("False", kTimedOut, "has timed out progressing"));
  }
}

// The new ReplicaSet's failure before that of others.
const json::object* replica_failure(const ReplicaCounts& counts) {
  const auto of = [&](std::size_t i) -> const json::object* {
    const json::object* const status = api::object_at(*counts.replica_sets[i], {"status"});
    return status == nullptr ? nullptr : api::find_condition(*status, "ReplicaFailure");
  };
  if (counts.newest) {
    if (const json::object* const failure = of(*counts.newest)) return failure;
  }
  for (std::size_t i = 0; i < counts.replica_sets.size(); ++i) {
    if (const json::object* const failure = of(i)) return failure;
  }
  return nullptr;
}

}  // namespace

json::object deployment_condition(std::string_view type, std::string_view status,
                                  std::string_view reason, std::string_view message, WallTime now) {
  return {{"type", api::key(type)},         {"status", api::key(status)},
          {"lastUpdateTime", rfc3339(now)}, {"lastTransitionTime", rfc3339(now)},
          {"reason", api::key(reason)},     {"message", api::key(message)}};
}

bool has_progress_deadline(const json::object& deployment) {
  const auto seconds = api::integer_at(deployment, {"spec", "progressDeadlineSeconds"});
  return seconds && *seconds != INT32_MAX;
}

bool is_complete(const json::object& deployment, const json::object& status) {
  const int replicas = replicas_of(deployment);
  return count(status, "updatedReplicas") == replicas && count(status, "replicas") == replicas &&
         count(status, "availableReplicas") == replicas &&
         api::integer_at(status, {"observedGeneration"}).value_or(0) >=
             api::integer_at(deployment, {"metadata", "generation"}).value_or(0);
}

json::object deployment_status(const json::object& deployment, const ReplicaCounts& counts,
                               WallTime now) {
  std::int64_t actual = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  std::int64_t wanted = 0;
  std::int64_t updated = 0;
  std::optional<std::int64_t> terminating;
  for (std::size_t i = 0; i < counts.replica_sets.size(); ++i) {
    const json::object& set = *counts.replica_sets[i];
    const int here = integer_or(set, {"status", "replicas"}, 0);
    actual += here;
    if (counts.newest == i) updated = here;
    ready += integer_or(set, {"status", "readyReplicas"}, 0);
    available += integer_or(set, {"status", "availableReplicas"}, 0);
    wanted += counts.wanted[i];
    if (const auto ending = api::integer_at(set, {"status", "terminatingReplicas"}))
      terminating = terminating.value_or(0) + *ending;
  }
  const json::object before = former_status(deployment);
  json::object status;
  if (const json::value* const conditions = api::value_at(before, {"conditions"}))
    status["conditions"] = *conditions;
  set_unless_zero(status, "observedGeneration",
                  api::integer_at(deployment, {"metadata", "generation"}).value_or(0));
  set_unless_zero(status, "replicas", actual);
  set_unless_zero(status, "updatedReplicas", updated);
  set_unless_zero(status, "readyReplicas", ready);
  set_unless_zero(status, "availableReplicas", available);
  set_unless_zero(status, "unavailableReplicas", std::max<std::int64_t>(wanted - available, 0));
  if (terminating) status["terminatingReplicas"] = *terminating;
  if (const json::value* const collisions = api::value_at(before, {"collisionCount"}))
    status["collisionCount"] = *collisions;
  const bool enough = available >= replicas_of(deployment) - rolling_bounds(deployment).unavailable;
  set_condition(
      status, enough ? deployment_condition("Available", "True", "MinimumReplicasAvailable",
                                            "Deployment has minimum availability.", now)
                     : deployment_condition("Available", "False", "MinimumReplicasUnavailable",
                                            "Deployment does not have minimum availability.", now));
  return status;
}

json::object rollout_status(const json::object& deployment, const ReplicaCounts& counts,
                            WallTime now) {
  json::object status = deployment_status(deployment, counts, now);
  if (has_progress_deadline(deployment)) {
    judge_progress(status, deployment, counts, now);
  } else {
    remove_condition(status, "Progressing");
  }
  if (const json::object* const failure = replica_failure(counts)) {
    json::object condition = *failure;
    if (const json::value* const since = api::member(*failure, "lastTransitionTime"))
      condition["lastUpdateTime"] = *since;
    set_condition(status, std::move(condition));
  } else {
    remove_condition(status, "ReplicaFailure");
  }
  return status;
}

std::optional<std::chrono::nanoseconds> deadline_check(const json::object& deployment,
                                                       const json::object& status, WallTime now) {
  const json::object* const condition = api::find_condition(status, "Progressing");
  if (!has_progress_deadline(deployment) || condition == nullptr ||
      is_complete(deployment, status) || reason_of(condition) == kTimedOut ||
      reason_of(condition) == kAvailable)
    return std::nullopt;
  const auto since = last_update(*condition);
  if (!since) return std::nullopt;
  // A second more, since the times are of whole seconds.
  const auto after = *since + deadline_of(deployment) - now + std::chrono::seconds(1);
  return std::max<std::chrono::nanoseconds>(after, std::chrono::milliseconds(100));
}

}  // namespace cove::controllers
