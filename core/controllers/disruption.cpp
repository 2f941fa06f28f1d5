// The disruption controller: what PodDisruptionBudgets allow at the moment, and the conditions of
// pods that were to be disrupted and stayed (kubernetes.io "Disruptions").

#include <fmt/format.h>

#include <map>

#include "core/api/time.h"
#include "core/controllers/disruption_status.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/label_index.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"
#include "core/controllers/scale_client.h"
#include "core/controllers/workload_loop.h"

namespace cove::controllers {
namespace {

constexpr std::chrono::minutes kStaleAfter{2};
// Begins keys of pods; no namespace begins so.
constexpr char kPod = '@';

const json::object* demanded_labels(const api::Object& budget) {
  static const json::object none;
  const json::object* const selector = api::object_at(budget.document(), {"spec", "selector"});
  if (selector == nullptr) return nullptr;
  const json::object* const labels = api::object_at(*selector, {"matchLabels"});
  return labels == nullptr ? &none : labels;
}

bool same_at(const api::Object& a, const api::Object& b, api::Steps path) {
  const json::value* const one = api::value_at(a.document(), path);
  const json::value* const other = api::value_at(b.document(), path);
  if (one == nullptr || other == nullptr) return one == other;
  return api::same(*one, *other);
}

bool same_for_budgets(const api::Object& old, const api::Object& now) {
  return old.uid() == now.uid() && old.deleting() == now.deleting() &&
         is_pod_ready(old) == is_pod_ready(now) && same_at(old, now, {"metadata", "labels"}) &&
         same_at(old, now, {"metadata", "ownerReferences"});
}

// Since when a pod has been about to be disrupted, by somebody who may have thought better of it;
// nothing: it is not, or it is on its way.
std::optional<WallTime> disruption_of(const api::Object& pod) {
  if (!is_pod_active(pod)) return std::nullopt;
  const json::object* const target = api::condition_of(pod.document(), "DisruptionTarget");
  if (target == nullptr || api::text_at(*target, {"status"}) != "True" ||
      api::text_at(*target, {"reason"}) == "TerminationByKubelet") {
    return std::nullopt;
  }
  const auto since = api::parse_time(api::text_at(*target, {"lastTransitionTime"}));
  return since ? std::optional(*since) : std::nullopt;
}

class DisruptionController final : public KeyedLoop {
 public:
  explicit DisruptionController(const Environment& environment)
      : KeyedLoop(environment, {.name = "disruption-controller",
                                .account = "disruption-controller",
                                .component = "controllermanager"}),
        budgets_(informer({"policy", "v1", "poddisruptionbudgets"})),
        pods_(informer(core_resource("pods"))),
        replica_sets_(informer(apps_resource("replicasets"))),
        scales_(transport_, environment.clock) {
    index_by_labels(*pods_);
    index_by_demanded_labels(*budgets_, demanded_labels);
    queue_each(budgets_);
    handle(pods_, {.added = [this](const api::ObjectPtr& pod, bool) { touched(*pod); },
                   .updated =
                       [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                         if (!same_for_budgets(*old, *now)) {
                           queue_budgets(*old);
                           queue_budgets(*now);
                         }
                         queue_stale(*now);
                       },
                   .deleted = [this](const api::ObjectPtr& pod, bool) { touched(*pod); }});
  }

 private:
  struct Look {
    api::ObjectPtr budget;
    std::vector<api::ObjectPtr> pods;
    Done done;
  };
  using LookPtr = std::shared_ptr<Look>;

  void touched(const api::Object& pod) {
    queue_budgets(pod);
    queue_stale(pod);
  }
  void queue_budgets(const api::Object& pod) {
    const json::object* const labels = api::object_at(pod.document(), {"metadata", "labels"});
    for (const api::ObjectPtr& budget :
         that_may_choose(budgets_->objects(), pod.namespace_name(), labels)) {
      if (selector_for(*budget).matches_labels(labels)) queue().add(client::key_of(*budget));
    }
  }
  void queue_stale(const api::Object& pod) {
    if (disruption_of(pod)) queue().add(kPod + client::key_of(pod));
  }
  static api::LabelSelector selector_for(const api::Object& budget) {
    auto selector =
        api::LabelSelector::from_document(api::object_at(budget.document(), {"spec", "selector"}));
    return selector ? std::move(*selector) : api::LabelSelector::nothing();
  }

  void reconcile(const std::string& key, const Done& done) override {
    if (key.front() == kPod) return reconcile_pod(key.substr(1), done);
    const api::ObjectPtr budget = written_.newest(*budgets_, key);
    if (!budget) {
      written_.forget(key);
      return done(client::Reconciled{});
    }
    const auto look = std::make_shared<Look>();
    look->budget = budget;
    look->done = done;
    if (const json::object* const labels = demanded_labels(*budget)) {
      look->pods = with_labels(pods_->objects(), budget->namespace_name(), *labels);
      const api::LabelSelector selector = selector_for(*budget);
      std::erase_if(look->pods,
                    [&](const api::ObjectPtr& pod) { return !selector.matches(pod->document()); });
    }
    if (look->pods.empty()) events_.event(*budget, "Normal", "NoPods", "No matching pods found");
    if (!needs_scale(*budget)) return conclude(look, 0);
    count_scale(look);
  }

  // --- What the pods' controllers want together.

  void count_scale(const LookPtr& look) {
    const auto total = std::make_shared<std::int64_t>(0);
    const auto join =
        Join::make(guarded([this, look, total](const client::ApiResult<void>& result) {
          if (!result) return tell_failure(look, result.error());
          conclude(look, *total);
        }));
    for (const auto& [uid, owner] : owners_of(*look)) add_scale(look, owner, total, join->one());
    join->sealed();
  }

  std::map<std::string, json::object> owners_of(const Look& look) const {
    std::map<std::string, json::object> owners;
    for (const api::ObjectPtr& pod : look.pods) {
      if (const json::object* const owner = controller_of(*pod))
        owners.emplace(std::string(api::text_at(*owner, {"uid"})), final_owner(*pod, *owner));
    }
    // ReplicaSets of one Deployment count once.
    std::map<std::string, json::object> distinct;
    for (auto& [uid, owner] : owners)
      distinct.emplace(std::string(api::text_at(owner, {"uid"})), std::move(owner));
    return distinct;
  }

  // A ReplicaSet's Deployment says how many there are to be.
  json::object final_owner(const api::Object& pod, const json::object& owner) const {
    if (api::text_at(owner, {"kind"}) != "ReplicaSet" ||
        !api::text_at(owner, {"apiVersion"}).starts_with("apps/")) {
      return owner;
    }
    std::string key(pod.namespace_name());
    key += '/';
    key += api::text_at(owner, {"name"});
    const api::ObjectPtr set = replica_sets_->objects().get(key);
    const json::object* const above =
        set && set->uid() == api::text_at(owner, {"uid"}) ? controller_of(*set) : nullptr;
    return above != nullptr && api::text_at(*above, {"kind"}) == "Deployment" ? *above : owner;
  }

  void add_scale(const LookPtr& look, const json::object& owner,
                 const std::shared_ptr<std::int64_t>& total, const Join::Done& done) {
    const ScaleTarget target{std::string(look->budget->namespace_name()),
                             std::string(api::text_at(owner, {"apiVersion"})),
                             std::string(api::text_at(owner, {"kind"})),
                             std::string(api::text_at(owner, {"name"}))};
    const std::string uid(api::text_at(owner, {"uid"}));
    scales_.get(target, [total, uid, done](const Answer& scale) {
      if (!scale) {
        // Gone, as its pods will be.
        if (scale.error().is_not_found()) return done({});
        return done(scale.error());
      }
      if ((*scale)->uid() == uid)
        *total += api::integer_at((*scale)->document(), {"spec", "replicas"}).value_or(0);
      done({});
    });
  }

  // --- The status.

  void conclude(const LookPtr& look, std::int64_t scale) {
    const WallTime now = environment_.clock.wall();
    const DisruptedPods disrupted = disrupted_pods(*look->budget, look->pods, now);
    for (const api::ObjectPtr& pod : disrupted.stayed) {
      events_.event(*pod, "Warning", "NotDeleted",
                    fmt::format("Pod was expected by PDB {} to be deleted but it wasn't",
                                client::key_of(*look->budget)));
    }
    const PodCounts counts = expected_pods(*look->budget, std::ssize(look->pods), scale);
    write(look,
          budget_status(*look->budget, healthy_pods(look->pods, disrupted), counts, disrupted.pods,
                        now),
          [look, next = disrupted.next] { look->done(client::Reconciled{.again_after = next}); });
  }

  void tell_failure(const LookPtr& look, const client::ApiError& error) {
    events_.event(
        *look->budget, "Warning", "CalculateExpectedPodCountFailed",
        fmt::format("Failed to calculate the number of expected pods: {}", error.message));
    write(look, failed_budget_status(*look->budget, error.message, environment_.clock.wall()),
          [look, error] { look->done(error); });
  }

  void write(const LookPtr& look, json::object status, std::function<void()> then) {
    json::object next = look->budget->document();
    const json::value* const old = api::value_at(next, {"status"});
    if (old != nullptr && api::same(*old, json::value(status))) return then();
    next["status"] = std::move(status);
    api({"policy", "v1", "poddisruptionbudgets"}, look->budget->namespace_name())
        .update_status(next, {},
                       guarded([this, look, then = std::move(then)](const Answer& answer) {
                         if (!answer) return fail(look->done, answer.error());
                         written_.wrote(*answer);
                         then();
                       }))
        .release();
  }

  // --- Pods that stayed.

  void reconcile_pod(const std::string& key, const Done& done) {
    const api::ObjectPtr pod = pods_->objects().get(key);
    const auto since = pod ? disruption_of(*pod) : std::nullopt;
    if (!since) return done(client::Reconciled{});
    const WallTime now = environment_.clock.wall();
    if (const auto left = *since + kStaleAfter - now; left.count() > 0)
      return done(client::Reconciled{.again_after = left});
    const json::object patch{
        {"metadata", {{"uid", api::key(pod->uid())}}},
        {"status",
         {{"conditions", json::array{json::object{{"type", "DisruptionTarget"},
                                                  {"status", "False"},
                                                  {"lastTransitionTime", rfc3339(now)},
                                                  {"reason", nullptr},
                                                  {"message", nullptr}}}}}}};
    api(core_resource("pods"), pod->namespace_name())
        .patch(pod->name(), client::PatchType::kStrategicMerge, patch, {.subresource = "status"},
               guarded([done](const Answer& answer) {
                 if (!answer && !answer.error().is_not_found()) return done(answer.error());
                 done(client::Reconciled{});
               }))
        .release();
  }

  const std::shared_ptr<client::Informer> budgets_, pods_, replica_sets_;
  ScaleClient scales_;
  LastWritten written_;
};

}  // namespace

Loop make_disruption_controller(const Environment& environment) {
  return std::make_unique<DisruptionController>(environment);
}

}  // namespace cove::controllers
