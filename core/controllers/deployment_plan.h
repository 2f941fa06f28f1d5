// What a Deployment needs next (kubernetes.io "Deployments"): a pure function of what is there.
// Private to this folder.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/controllers/workload_loop.h"

namespace cove::controllers {

struct DeploymentSituation {
  api::ObjectPtr deployment;
  std::vector<api::ObjectPtr> replica_sets;  // its own
  // Whether a pod of that ReplicaSet has not ended.
  std::function<bool(const api::Object& replica_set)> has_running_pods;
  WallTime now;
};

struct DeploymentEvent {
  std::string type;  // "Normal", "Warning"
  std::string reason;
  std::string message;
};

struct DeploymentPlan {
  struct Change {
    api::ObjectPtr object;  // null: to be created
    json::object next;
    std::optional<DeploymentEvent> event = std::nullopt;  // told when it went well
  };
  std::vector<Change> replica_sets = {};
  std::vector<api::ObjectPtr> removals = {};
  // The Deployment with another template (a rollback). Nothing else is to be done then.
  std::optional<json::object> replacement = std::nullopt;
  json::object status = {};
  // The Deployment's annotations where they change.
  std::optional<json::object> annotations = std::nullopt;
  std::vector<DeploymentEvent> events = {};
  std::optional<std::chrono::nanoseconds> again_after = std::nullopt;
};

DeploymentPlan plan_deployment(const DeploymentSituation& situation);

// The bounds of a rolling update in pods: surge rounded up, unavailable rounded down, and one
// unavailable when both come to nothing. Both 0 for other strategies or no replicas.
struct RollingBounds {
  int surge = 0;
  int unavailable = 0;
  bool operator==(const RollingBounds&) const = default;
};
RollingBounds rolling_bounds(const json::object& deployment);

// How many pods more (or fewer, negative) a ReplicaSet of that size gets when the Deployment is
// scaled: its share of `to_add`, of which `added` have been given away. `before` is the greatest
// number of pods there could be when the set was last scaled (0: unknown).
int proportional_share(int size, int replicas, int surge, int before, int to_add, int added);

// For when the new ReplicaSet could not be made.
json::object with_failed_creation(const json::object& deployment, const std::string& replica_set,
                                  const std::string& message, WallTime now);

// --- Annotations and revisions (deployment_revisions.cpp).

inline constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
inline constexpr std::string_view kRevisionHistory = "deployment.kubernetes.io/revision-history";
inline constexpr std::string_view kDesiredReplicas = "deployment.kubernetes.io/desired-replicas";
inline constexpr std::string_view kMaxReplicas = "deployment.kubernetes.io/max-replicas";
inline constexpr std::string_view kRollbackTo = "deprecated.deployment.rollback.to";

// Of the annotation; 0 when there is none.
std::int64_t revision_of(const json::object& object);
std::int64_t newest_revision(const std::vector<const json::object*>& objects);
// The newest but one; 0 when there is none.
std::int64_t newest_but_one_revision(const std::vector<const json::object*>& objects);
std::optional<int> count_annotation(const json::object& object, std::string_view name);
// Whether something changed.
bool set_replica_annotations(json::object& replica_set, int desired, int most);
// Makes the new ReplicaSet's annotations those of its Deployment at this revision.
bool adopt_annotations(json::object& replica_set, const json::object& deployment,
                       std::int64_t revision);
// The Deployment's annotations become what they were at the ReplicaSet's time.
void restore_annotations(json::object& deployment, const json::object& replica_set);

// --- Status (deployment_status.cpp).

// What the status is made of. Of all ReplicaSets, and of the new one (index, or none).
struct ReplicaCounts {
  std::vector<const json::object*> replica_sets;
  std::vector<int> wanted;  // spec.replicas of each, as planned
  std::optional<std::size_t> newest;
  std::string newest_name = {};
};
// `deployment` as it is, with the conditions that have been set in this pass.
json::object deployment_status(const json::object& deployment, const ReplicaCounts& counts,
                               WallTime now);
// The same with what the progress of the rollout says.
json::object rollout_status(const json::object& deployment, const ReplicaCounts& counts,
                            WallTime now);
bool is_complete(const json::object& deployment, const json::object& status);
bool has_progress_deadline(const json::object& deployment);
// When a rollout without progress is to be looked at again.
std::optional<std::chrono::nanoseconds> deadline_check(const json::object& deployment,
                                                       const json::object& status, WallTime now);
json::object deployment_condition(std::string_view type, std::string_view status,
                                  std::string_view reason, std::string_view message, WallTime now);

}  // namespace cove::controllers
