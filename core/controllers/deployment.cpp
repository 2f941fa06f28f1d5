// Deployment: carries out what deployment_plan.h says.
#include <fmt/format.h>

#include "core/controllers/deployment_plan.h"
#include "core/controllers/list.h"
#include "core/controllers/workload_template.h"

namespace cove::controllers {
namespace {

const client::Resource kDeployments{"apps", "v1", "deployments"};
const client::Resource kReplicaSets{"apps", "v1", "replicasets"};

class DeploymentLoop final : public WorkloadLoop {
 public:
  explicit DeploymentLoop(const Environment& environment)
      : WorkloadLoop(environment, {.name = "deployment-controller",
                                   .account = "deployment-controller",
                                   .kind = kDeployments}),
        replica_sets_(environment.informers.informer({kReplicaSets})),
        pods_(environment.informers.informer({{"", "v1", "pods"}})),
        refs_(transport_, kDeployments, kReplicaSets) {
    watch_owned(replica_sets_);
  }

 private:
  // One reconcile from its plan to its end.
  struct Pass {
    std::string key;
    Object deployment;
    DeploymentPlan plan;
    Done done;
    std::size_t waiting = 0;
    std::optional<client::ApiError> error = std::nullopt;
    // What is written instead of the plan's status when a ReplicaSet could not be made.
    std::optional<json::object> failed_status = std::nullopt;
  };
  using PassPtr = std::shared_ptr<Pass>;

  void sync(const std::string& key, const Object& deployment, Done done) override;
  void begin(const std::string& key, const Object& deployment, const std::vector<Object>& sets,
             const Done& done);
  bool has_running_pods(const api::Object& replica_set) const;
  void replace(const PassPtr& pass);
  void write_sets(const PassPtr& pass);
  void set_written(const PassPtr& pass, const DeploymentPlan::Change& change,
                   const client::ApiResult<Object>& result);
  void creation_failed(const PassPtr& pass, const DeploymentPlan::Change& change,
                       const client::ApiError& error);
  void write_plan_status(const PassPtr& pass);
  void tell(const Object& deployment, const DeploymentEvent& event) {
    events_.event(*deployment, event.type, event.reason, event.message);
  }

  const std::shared_ptr<client::Informer> replica_sets_, pods_;
  const ControllerRefs refs_;
};

void DeploymentLoop::sync(const std::string& key, const Object& deployment, Done done) {
  refs_.claim(deployment, selector_of(*deployment), owned_or_orphaned(*replica_sets_, *deployment),
              guarded([this, key, deployment, done = std::move(done)](
                          const client::ApiResult<std::vector<Object>>& claimed) {
                if (!claimed) return done(claimed.error());
                begin(key, deployment, *claimed, done);
              }));
}

bool DeploymentLoop::has_running_pods(const api::Object& replica_set) const {
  const auto pods = pods_->objects().by_index(client::kByOwner, std::string(replica_set.uid()));
  return std::ranges::any_of(pods, [](const Object& pod) { return !has_ended(*pod); });
}

void DeploymentLoop::begin(const std::string& key, const Object& deployment,
                           const std::vector<Object>& sets, const Done& done) {
  const auto pass = std::make_shared<Pass>(Pass{
      .key = key,
      .deployment = deployment,
      .plan = plan_deployment(
          {.deployment = deployment,
           .replica_sets = sets,
           .has_running_pods = [this](const api::Object& set) { return has_running_pods(set); },
           .now = environment_.clock.wall()}),
      .done = done});
  if (pass->plan.replacement) return replace(pass);
  for (const DeploymentEvent& event : pass->plan.events) tell(deployment, event);
  write_sets(pass);
}

void DeploymentLoop::replace(const PassPtr& pass) {
  update(kDeployments, *pass->plan.replacement, [this, pass](const auto& written) {
    if (!written) return pass->done(written.error());
    pending_.wrote(pass->key, *objects_, **written);
    for (const DeploymentEvent& event : pass->plan.events) tell(pass->deployment, event);
    pass->done(client::Reconciled{});
  });
}

void DeploymentLoop::write_sets(const PassPtr& pass) {
  pass->waiting = pass->plan.replica_sets.size() + pass->plan.removals.size();
  if (pass->waiting == 0) return write_plan_status(pass);
  for (const DeploymentPlan::Change& change : pass->plan.replica_sets) {
    const auto written = [this, pass, &change](const client::ApiResult<Object>& result) {
      set_written(pass, change, result);
      if (--pass->waiting == 0) write_plan_status(pass);
    };
    if (change.object) {
      update(kReplicaSets, change.next, written);
    } else {
      create(kReplicaSets, change.next, written);
    }
  }
  for (const Object& set : pass->plan.removals) {
    remove(kReplicaSets, *set, [this, pass](const client::ApiResult<Object>& result) {
      if (!result && !pass->error) pass->error = result.error();
      if (--pass->waiting == 0) write_plan_status(pass);
    });
  }
}

void DeploymentLoop::set_written(const PassPtr& pass, const DeploymentPlan::Change& change,
                                 const client::ApiResult<Object>& result) {
  if (result) {
    pending_.wrote(pass->key, *replica_sets_, **result);
    if (change.event) tell(pass->deployment, *change.event);
    return;
  }
  if (!change.object) creation_failed(pass, change, result.error());
  if (!pass->error) pass->error = result.error();
}

void DeploymentLoop::creation_failed(const PassPtr& pass, const DeploymentPlan::Change& change,
                                     const client::ApiError& error) {
  const json::object& deployment = pass->deployment->document();
  const std::string name(api::text_at(change.next, {"metadata", "name"}));
  if (error.is_already_exists()) {
    const Object other = replica_sets_->objects().get(
        fmt::format("{}/{}", pass->deployment->namespace_name(), name));
    const json::object* const theirs =
        other ? api::object_at(other->document(), {"spec", "template"}) : nullptr;
    const json::object* const ours = api::object_at(deployment, {"spec", "template"});
    const bool own = other && is_controlled_by(*other, *pass->deployment) && theirs != nullptr &&
                     ours != nullptr && is_same_template(*theirs, *ours);
    // One that is not in the copy yet may be our own.
    if (!other || own) return;
    const json::object* const status = api::object_at(deployment, {"status"});
    pass->failed_status = status == nullptr ? json::object() : *status;
    (*pass->failed_status)["collisionCount"] =
        api::integer_at(*pass->failed_status, {"collisionCount"}).value_or(0) + 1;
    return;
  }
  if (error.has_cause("NamespaceTerminating")) return;
  if (has_progress_deadline(deployment)) {
    pass->failed_status =
        with_failed_creation(deployment, name, error.message, environment_.clock.wall())
            .at("status")
            .get_object();
  }
  tell(pass->deployment,
       {"Warning", "ReplicaSetCreateError",
        fmt::format("Failed to create new replica set {}: {}", api::quote(name), error.message)});
}

void DeploymentLoop::write_plan_status(const PassPtr& pass) {
  if (pass->error && !pass->failed_status) return pass->done(*pass->error);
  const bool failed = pass->failed_status.has_value();
  write_status(pass->key, pass->deployment,
               failed ? *std::move(pass->failed_status) : std::move(pass->plan.status),
               !failed && pass->plan.annotations ? &*pass->plan.annotations : nullptr,
               [pass](const client::ApiResult<Object>& written) {
                 if (pass->error) return pass->done(*pass->error);
                 if (!written) return pass->done(written.error());
                 pass->done(client::Reconciled{pass->plan.again_after});
               });
}

}  // namespace

Loop make_deployment_controller(const Environment& environment) {
  return std::make_unique<DeploymentLoop>(environment);
}

}  // namespace cove::controllers
