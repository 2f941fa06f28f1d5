#include "core/scheduler/binder.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace cove::scheduler {
namespace {

const client::Resource kPods{"", "v1", "pods"};
const client::Resource kClaims{"", "v1", "persistentvolumeclaims"};
const client::Resource kVolumes{"", "v1", "persistentvolumes"};
constexpr std::string_view kManager = "kube-scheduler";

json::object binding_of(const PodInfo& pod, const std::string& node) {
  return {{"apiVersion", "v1"},
          {"kind", "Binding"},
          {"metadata", {{"name", pod.name}, {"namespace", pod.namespace_name}, {"uid", pod.uid}}},
          {"target", {{"kind", "Node"}, {"name", node}}}};
}

json::object claim_reference(const api::Object& claim) {
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"namespace", api::key(claim.namespace_name())},
          {"name", api::key(claim.name())},
          {"uid", api::key(claim.uid())},
          {"resourceVersion", api::key(claim.resource_version())}};
}

}  // namespace

class Binder::State : public std::enable_shared_from_this<State> {
 public:
  State(client::Transport& transport, Executor& executor, const World& world)
      : transport_(transport), executor_(executor), world_(world) {}

  ~State() {
    for (const auto& [uid, task] : tasks_) executor_.cancel(task.timer);
  }

  void bind(const PodPtr& pod, const std::string& node, VolumePlan plan, Done done) {
    Task& task = tasks_[pod->uid];
    task = {.pod = pod, .node = node, .plan = std::move(plan), .done = std::move(done)};
    if (task.plan.empty()) return write_binding(task);
    const std::string uid = pod->uid;
    task.timer = executor_.after(kVolumesTimeout, [weak = weak_from_this(), uid] {
      if (const auto self = weak.lock())
        self->finish(uid, volume_problem("timed out waiting for the condition"));
    });
    prepare_volumes(task);
  }

  void look_at_claims() {
    std::vector<std::string> waiting;
    for (const auto& [uid, task] : tasks_) {
      if (task.waiting) waiting.push_back(uid);
    }
    for (const std::string& uid : waiting) look(uid);
  }

  void cancel(std::string_view uid) {
    const auto found = tasks_.find(uid);
    if (found != tasks_.end() && found->second.waiting) finish(std::string(uid), "pod was deleted");
  }

  void stop_waiting() {
    stopping_ = true;
    std::vector<std::string> waiting;
    for (const auto& [uid, task] : tasks_) {
      if (task.waiting) waiting.push_back(uid);
    }
    for (const std::string& uid : waiting) finish(uid, volume_problem("the scheduler stops"));
  }

  std::size_t under_way() const { return tasks_.size(); }

 private:
  struct Task {
    PodPtr pod;
    std::string node;
    VolumePlan plan;
    Done done;
    std::size_t writes = 0;  // that are not answered
    bool waiting = false;    // for claims to be bound
    Executor::TimerId timer = 0;
  };

  static std::string volume_problem(std::string_view why) {
    return fmt::format("running PreBind plugin \"VolumeBinding\": binding volumes: {}", why);
  }

  client::ResourceClient::ObjectDone answered(const std::string& uid) {
    return [weak = weak_from_this(), uid](const client::ApiResult<api::ObjectPtr>& answer) {
      const auto self = weak.lock();
      if (!self) return;
      const auto found = self->tasks_.find(uid);
      if (found == self->tasks_.end()) return;
      if (!answer) return self->finish(uid, volume_problem(answer.error().message));
      if (--found->second.writes > 0) return;
      found->second.waiting = true;
      if (self->stopping_) return self->stop_waiting();
      self->look(uid);
    };
  }

  void prepare_volumes(Task& task) {
    const std::string uid = task.pod->uid;
    for (const auto& binding : task.plan.bind) {
      world_.volume_choices.choose(std::string(binding.volume->name()),
                                   client::key_of(*binding.claim));
      const json::object change{
          {"metadata",
           {{"resourceVersion", api::key(binding.volume->resource_version())},
            {"annotations", {{"pv.kubernetes.io/bound-by-controller", "yes"}}}}},
          {"spec", {{"claimRef", claim_reference(*binding.claim)}}}};
      ++task.writes;
      client::ResourceClient(transport_, kVolumes)
          .patch(binding.volume->name(), client::PatchType::kMerge, change,
                 {.field_manager = std::string(kManager)}, answered(uid))
          .release();
    }
    for (const api::ObjectPtr& claim : task.plan.provision) {
      const json::object change{{"metadata",
                                 {{"uid", api::key(claim->uid())},
                                  {"annotations", {{api::key(kSelectedNode), task.node}}}}}};
      ++task.writes;
      client::ResourceClient(transport_, kClaims, std::string(claim->namespace_name()))
          .patch(claim->name(), client::PatchType::kMerge, change,
                 {.field_manager = std::string(kManager)}, answered(uid))
          .release();
    }
  }

  void look(const std::string& uid) {
    Task& task = tasks_.at(uid);
    std::vector<api::ObjectPtr> claims = task.plan.provision;
    for (const auto& binding : task.plan.bind) claims.push_back(binding.claim);
    bool all_bound = true;
    for (const api::ObjectPtr& known : claims) {
      const api::ObjectPtr now = world_.claims.get(client::key_of(*known));
      if (!now || now->uid() != known->uid())
        return finish(uid, volume_problem(fmt::format("persistentvolumeclaim {} not found",
                                                      api::quote(known->name()))));
      if (!is_bound(*now)) all_bound = false;
    }
    for (const api::ObjectPtr& known : task.plan.provision) {
      const api::ObjectPtr now = world_.claims.get(client::key_of(*known));
      const std::string_view selected =
          api::text_at(now->document(), {"metadata", "annotations", kSelectedNode});
      // Whoever makes the volume cannot do so for that node. What we have written may not have
      // reached our own copy.
      const bool seen = now->resource_version() != known->resource_version();
      if (!is_bound(*now) && seen && selected.empty()) {
        return finish(uid, volume_problem(fmt::format("selectedNode annotation reset for PVC {}",
                                                      api::quote(now->name()))));
      }
    }
    if (!all_bound) return;
    task.waiting = false;
    write_binding(task);
  }

  void write_binding(Task& task) {
    const std::string uid = task.pod->uid;
    client::ResourceClient(transport_, kPods, task.pod->namespace_name)
        .create(
            binding_of(*task.pod, task.node),
            {.field_manager = std::string(kManager), .subresource = "binding"},
            [weak = weak_from_this(), uid](const client::ApiResult<api::ObjectPtr>& answer) {
              const auto self = weak.lock();
              if (!self) return;
              self->finish(
                  uid, answer ? std::nullopt
                              : std::optional(fmt::format("binding rejected: running Bind plugin "
                                                          "\"DefaultBinder\": {}",
                                                          answer.error().message)));
            },
            task.pod->name)
        .release();
  }

  void finish(const std::string& uid, std::optional<std::string> problem) {
    const auto found = tasks_.find(uid);
    if (found == tasks_.end()) return;
    const Task task = std::move(found->second);
    tasks_.erase(found);
    executor_.cancel(task.timer);
    for (const auto& binding : task.plan.bind)
      world_.volume_choices.forget(std::string(binding.volume->name()));
    task.done(std::move(problem));
  }

  client::Transport& transport_;
  Executor& executor_;
  const World& world_;
  std::map<std::string, Task, std::less<>> tasks_;  // by the pod's uid
  bool stopping_ = false;
};

Binder::Binder(client::Transport& transport, Executor& executor, const World& world)
    : state_(std::make_shared<State>(transport, executor, world)) {}

Binder::~Binder() = default;

void Binder::bind(const PodPtr& pod, const std::string& node, VolumePlan plan, Done done) {
  state_->bind(pod, node, std::move(plan), std::move(done));
}

void Binder::look_at_claims() {
  state_->look_at_claims();
}

void Binder::cancel(std::string_view uid) {
  state_->cancel(uid);
}

void Binder::stop_waiting() {
  state_->stop_waiting();
}

std::size_t Binder::under_way() const {
  return state_->under_way();
}

}  // namespace cove::scheduler
