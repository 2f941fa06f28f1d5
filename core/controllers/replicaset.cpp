// ReplicaSet and ReplicationController: as many pods of one template as are wanted (kubernetes.io
// "ReplicaSet"). They differ in the form of the selector and in what their status tells.
#include <algorithm>

#include "core/controllers/list.h"
#include "core/controllers/replicaset_ranking.h"
#include "core/controllers/workload_loop.h"

namespace cove::controllers {
namespace {

// Pods that one reconcile makes or deletes at most.
constexpr int kBurst = 500;
constexpr std::string_view kReplicaFailure = "ReplicaFailure";

struct Kind {
  client::Resource resource;
  std::string name;  // of the loop and of its account
  bool tells_terminating;
};

class ReplicaLoop final : public WorkloadLoop {
 public:
  ReplicaLoop(const Environment& environment, const Kind& kind)
      : WorkloadLoop(environment, {.name = kind.name, .account = kind.name, .kind = kind.resource}),
        tells_terminating_(kind.tells_terminating),
        pods_(environment.informers.informer({{"", "v1", "pods"}})),
        expectations_(environment.clock),
        pod_control_(transport_, events_),
        refs_(transport_, kind.resource, {"", "v1", "pods"}) {
    watch_owned(pods_);
  }

 private:
  struct Pods {
    std::vector<Object> active, terminating;
  };
  // What came of making or deleting pods.
  struct Managed {
    int changed = 0;
    std::optional<client::ApiError> error;
  };

  void owned_added(const api::Object& owner, const api::Object&) override {
    expectations_.saw_creation(client::key_of(owner));
    enqueue(owner);
  }
  void owned_deleted(const api::Object& owner, const api::Object& pod) override {
    expectations_.saw_deletion(client::key_of(owner), pod.uid());
    enqueue(owner);
  }
  void forget(const std::string& key) override { expectations_.forget(key); }

  void sync(const std::string& key, const Object& set, Done done) override;
  void manage(const std::string& key, const Object& set, Pods pods, const Done& done);
  void add_pods(const std::string& key, const Object& set, int count,
                std::function<void(Managed)> then);
  void remove_pods(const std::string& key, const Object& set, const std::vector<Object>& doomed,
                   const std::function<void(Managed)>& then);
  void conclude(const std::string& key, const Object& set, const Pods& pods, const Managed& managed,
                const Done& done);
  json::object status_of(const Object& set, const Pods& pods, const Managed& managed) const;
  std::vector<Object> related_pods(const Object& set, const std::vector<Object>& own) const;

  const bool tells_terminating_;
  const std::shared_ptr<client::Informer> pods_;
  Expectations expectations_;
  PodControl pod_control_;
  const ControllerRefs refs_;
};

void ReplicaLoop::sync(const std::string& key, const Object& set, Done done) {
  // What the last reconcile asked for is on its way, and its last event queues the key again.
  if (!expectations_.satisfied(key)) return done(client::Reconciled{std::chrono::minutes(5)});
  const api::LabelSelector selector = selector_of(*set);
  std::vector<Object> candidates;
  Pods pods;
  for (Object& pod : owned_or_orphaned(*pods_, *set)) {
    if (has_ended(*pod)) continue;
    if (!pod->deleting()) {
      candidates.push_back(std::move(pod));
    } else if (is_controlled_by(*pod, *set) && selector.matches(pod->document())) {
      pods.terminating.push_back(std::move(pod));
    }
  }
  refs_.claim(set, selector, candidates,
              guarded([this, key, set, pods = std::move(pods), done = std::move(done)](
                          client::ApiResult<std::vector<Object>> claimed) mutable {
                if (!claimed) return done(claimed.error());
                pods.active = *std::move(claimed);
                manage(key, set, std::move(pods), done);
              }));
}

void ReplicaLoop::manage(const std::string& key, const Object& set, Pods pods, const Done& done) {
  const int wanted = integer_or(set->document(), {"spec", "replicas"}, 1);
  const int missing = wanted - static_cast<int>(pods.active.size());
  const auto then = [this, key, set, pods, done](const Managed& managed) {
    conclude(key, set, pods, managed, done);
  };
  if (missing == 0 || set->deleting()) return then({});
  if (missing > 0) return add_pods(key, set, std::min(missing, kBurst), then);
  const auto doomed = choose_deletions(pods.active, related_pods(set, pods.active),
                                       static_cast<std::size_t>(std::min(-missing, kBurst)),
                                       environment_.clock.wall());
  remove_pods(key, set, doomed, then);
}

// Of the ReplicaSets that belong to the same Deployment.
std::vector<ReplicaLoop::Object> ReplicaLoop::related_pods(const Object& set,
                                                           const std::vector<Object>& own) const {
  const json::object* const controller = controller_of(*set);
  if (controller == nullptr) return own;
  std::vector<Object> related;
  const std::string uid(api::text_at(*controller, {"uid"}));
  for (const Object& sibling : objects_->objects().by_index(client::kByOwner, uid)) {
    for (Object& pod : pods_->objects().by_index(client::kByOwner, std::string(sibling->uid()))) {
      if (is_pod_active(*pod) && is_controlled_by(*pod, *sibling))
        related.push_back(std::move(pod));
    }
  }
  return related;
}

void ReplicaLoop::add_pods(const std::string& key, const Object& set, int count,
                           std::function<void(Managed)> then) {
  const json::object* const pod_template = api::object_at(set->document(), {"spec", "template"});
  const auto pod = std::make_shared<const json::object>(
      pod_from_template(pod_template == nullptr ? json::object() : *pod_template, *set));
  expectations_.expect_creations(key, count);
  in_slow_start(
      count,
      [this, set, pod](int, std::function<void(client::ApiResult<void>)> made) {
        pod_control_.create(*pod, set, [made](const client::ApiResult<Object>& result) {
          // Nothing can be made in a namespace that is going, and nothing needs to be.
          if (!result && !result.error().has_cause("NamespaceTerminating"))
            return made(result.error());
          made({});
        });
      },
      guarded([this, key, count, then = std::move(then)](int made,
                                                         std::optional<client::ApiError> first) {
        for (int i = made; i < count; ++i) expectations_.saw_creation(key);
        then({made, std::move(first)});
      }),
      &environment_.executor);
}

void ReplicaLoop::remove_pods(const std::string& key, const Object& set,
                              const std::vector<Object>& doomed,
                              const std::function<void(Managed)>& then) {
  std::vector<std::string> uids;
  for (const Object& pod : doomed) uids.emplace_back(pod->uid());
  expectations_.expect_deletions(key, uids);
  struct Progress {
    std::size_t waiting;
    Managed managed;
  };
  const auto progress = std::make_shared<Progress>(Progress{doomed.size(), {}});
  for (const Object& pod : doomed) {
    pod_control_.remove(pod, set,
                        [this, key, pod, progress, then](const client::ApiResult<void>& result) {
                          if (result) {
                            ++progress->managed.changed;
                          } else {
                            expectations_.saw_deletion(key, pod->uid());
                            if (!progress->managed.error) progress->managed.error = result.error();
                          }
                          if (--progress->waiting == 0) then(progress->managed);
                        });
  }
}

void ReplicaLoop::conclude(const std::string& key, const Object& set, const Pods& pods,
                           const Managed& managed, const Done& done) {
  // The pods' own events come, or have come, and bring the status up to date.
  if (!managed.error && managed.changed > 0) return done(client::Reconciled{});
  client::Reconciled outcome;
  const auto now = environment_.clock.wall();
  const std::int64_t min_ready = integer_or(set->document(), {"spec", "minReadySeconds"}, 0);
  for (const Object& pod : pods.active) {
    const auto left = time_to_available(*pod, min_ready, now);
    if (left && (!outcome.again_after || *left < *outcome.again_after)) outcome.again_after = left;
  }
  write_status(key, set, status_of(set, pods, managed), nullptr,
               [done, outcome, error = managed.error](const client::ApiResult<Object>& written) {
                 if (!written) return done(written.error());
                 if (error) return done(*error);
                 done(outcome);
               });
}

json::object ReplicaLoop::status_of(const Object& set, const Pods& pods,
                                    const Managed& managed) const {
  const json::object& document = set->document();
  const WallTime now = environment_.clock.wall();
  const std::int64_t min_ready = integer_or(document, {"spec", "minReadySeconds"}, 0);
  const json::object* const labels =
      api::object_at(document, {"spec", "template", "metadata", "labels"});
  const api::LabelSelector of_template =
      api::LabelSelector::from_labels(labels == nullptr ? json::object() : *labels);
  std::int64_t labelled = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  for (const Object& pod : pods.active) {
    if (of_template.matches(pod->document())) ++labelled;
    if (is_pod_ready(*pod)) ++ready;
    if (is_pod_available(*pod, min_ready, now)) ++available;
  }
  json::object status;
  if (const json::value* const conditions = api::value_at(document, {"status", "conditions"}))
    status["conditions"] = *conditions;
  const auto count = static_cast<std::int64_t>(pods.active.size());
  const bool failed_before = api::find_condition(status, kReplicaFailure) != nullptr;
  if (managed.error && !failed_before) {
    const bool too_few = count < integer_or(document, {"spec", "replicas"}, 1);
    set_condition(status, {{"type", api::key(kReplicaFailure)},
                           {"status", "True"},
                           {"lastTransitionTime", rfc3339(now)},
                           {"reason", too_few ? "FailedCreate" : "FailedDelete"},
                           {"message", managed.error->message}});
  } else if (!managed.error) {
    remove_condition(status, kReplicaFailure);
  }
  status["replicas"] = count;
  set_unless_zero(status, "fullyLabeledReplicas", labelled);
  set_unless_zero(status, "readyReplicas", ready);
  set_unless_zero(status, "availableReplicas", available);
  if (tells_terminating_)
    status["terminatingReplicas"] = static_cast<std::int64_t>(pods.terminating.size());
  set_unless_zero(status, "observedGeneration", set->generation());
  return status;
}

}  // namespace

Loop make_replicaset_controller(const Environment& environment) {
  return std::make_unique<ReplicaLoop>(
      environment, Kind{{"apps", "v1", "replicasets"}, "replicaset-controller", true});
}

Loop make_replication_controller(const Environment& environment) {
  return std::make_unique<ReplicaLoop>(
      environment, Kind{{"", "v1", "replicationcontrollers"}, "replication-controller", false});
}

}  // namespace cove::controllers
