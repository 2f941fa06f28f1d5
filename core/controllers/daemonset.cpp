// DaemonSet: carries out what daemonset_plan.h says.
#include <algorithm>

#include "core/controllers/controller_revisions.h"
#include "core/controllers/daemonset_nodes.h"
#include "core/controllers/daemonset_plan.h"
#include "core/controllers/list.h"

namespace cove::controllers {
namespace {

const client::Resource kDaemonSets{"apps", "v1", "daemonsets"};
const client::Resource kPods{"", "v1", "pods"};

// Pods that one reconcile makes or deletes at most.
constexpr std::size_t kBurst = 250;
constexpr std::chrono::seconds kFirstBackoff{1};
constexpr std::chrono::minutes kLongestBackoff{15};

class DaemonSetLoop final : public RevisionedLoop {
 public:
  explicit DaemonSetLoop(const Environment& environment)
      : RevisionedLoop(environment,
                       {.name = "daemonset-controller",
                        .account = "daemon-set-controller",
                        .kind = kDaemonSets},
                       std::string(kRevisionHash)),
        pods_(environment.informers.informer({kPods})),
        nodes_(environment.informers.informer({{"", "v1", "nodes"}})),
        expectations_(environment.clock),
        pod_control_(transport_, events_),
        refs_(transport_, kDaemonSets, kPods) {
    watch_owned(pods_);
    node_handler_ = nodes_->add_handler(
        {.added = [this](const Object& node, bool) { node_changed(nullptr, node); },
         .updated = [this](const Object& old, const Object& now) { node_changed(old, now); },
         .deleted = [this](const Object& last, bool) { node_changed(last, nullptr); }},
        {.executor = &environment.executor});
  }

 private:
  struct Pass {
    std::string key;
    Object set;
    Done done;
    Revisions revisions = {};
    std::string hash = {};
    std::vector<Object> pods = {};
    DaemonSetPlan plan = {};
    std::size_t waiting = 0;
    std::optional<client::ApiError> error = std::nullopt;
  };
  using PassPtr = std::shared_ptr<Pass>;
  struct Backoff {
    std::chrono::nanoseconds delay{kFirstBackoff};
    SteadyTime since{};
  };

  void owned_added(const api::Object& owner, const api::Object& object) override {
    if (object.kind() == "Pod") expectations_.saw_creation(client::key_of(owner));
    enqueue(owner);
  }
  void owned_deleted(const api::Object& owner, const api::Object& object) override {
    expectations_.saw_deletion(client::key_of(owner), object.uid());
    enqueue(owner);
  }
  void forget(const std::string& key) override {
    expectations_.forget(key);
    backoffs_.erase(key);
  }
  void node_changed(const Object& old, const Object& now);

  void sync(const std::string& key, const Object& set, Done done) override;
  void with_pods(const PassPtr& pass);
  std::optional<std::chrono::nanoseconds> back_off(const std::string& key, const std::string& node);
  void remove_pods(const PassPtr& pass);
  void create_pods(const PassPtr& pass);
  void settled(const PassPtr& pass, const std::optional<client::ApiError>& error);
  void conclude(const PassPtr& pass);

  const std::shared_ptr<client::Informer> pods_, nodes_;
  Expectations expectations_;
  PodControl pod_control_;
  const ControllerRefs refs_;
  // Of failed pods by set and node; as many as there are nodes.
  std::map<std::string, std::map<std::string, Backoff>> backoffs_;
  client::Registration node_handler_;
};

// What a node is for a set depends on its labels and taints alone; its status changes all the time.
void DaemonSetLoop::node_changed(const Object& old, const Object& now) {
  if (old && now) {
    const auto same = [&](api::Steps path) {
      const json::value* const before = api::value_at(old->document(), path);
      const json::value* const after = api::value_at(now->document(), path);
      if (before == nullptr || after == nullptr) return before == after;
      return api::same(*before, *after);
    };
    if (same({"metadata", "labels"}) && same({"spec", "taints"})) return;
  }
  for (const Object& set : objects_->objects().list()) {
    const Placement before = old ? placement_on(*old, set->document()) : Placement();
    const Placement after = now ? placement_on(*now, set->document()) : Placement();
    if (before != after) enqueue(*set);
  }
}

void DaemonSetLoop::sync(const std::string& key, const Object& set, Done done) {
  if (set->deleting()) return done(client::Reconciled{});
  if (!expectations_.satisfied(key)) return done(client::Reconciled{std::chrono::minutes(5)});
  const json::object* const selector = api::object_at(set->document(), {"spec", "selector"});
  if (selector != nullptr && selector->empty()) {
    events_.event(*set, "Warning", "SelectingAll",
                  "This daemon set is selecting all pods. A non-empty selector is required.");
    return done(client::Reconciled{});
  }
  const auto pass = std::make_shared<Pass>(Pass{.key = key, .set = set, .done = std::move(done)});
  revise(key, set, [this, pass](client::ApiResult<Revisions> revised) {
    if (!revised) return pass->done(revised.error());
    pass->revisions = *std::move(revised);
    pass->hash =
        api::text_at(pass->revisions.update->document(), {"metadata", "labels", kRevisionHash});
    refs_.claim(pass->set, selector_of(*pass->set), owned_or_orphaned(*pods_, *pass->set),
                guarded([this, pass](client::ApiResult<std::vector<Object>> claimed) {
                  if (!claimed) return pass->done(claimed.error());
                  pass->pods = *std::move(claimed);
                  with_pods(pass);
                }));
  });
}

void DaemonSetLoop::with_pods(const PassPtr& pass) {
  pass->plan = plan_daemon_set(
      {.set = pass->set,
       .hash = pass->hash,
       .collisions = pass->revisions.collisions,
       .nodes = nodes_->objects().list(),
       .pods = pass->pods,
       .now = environment_.clock.wall(),
       .backoff = [&](const std::string& node) { return back_off(pass->key, node); }});
  DaemonSetPlan& plan = pass->plan;
  for (const DaemonSetPlan::Event& event : plan.events)
    events_.event(*pass->set, event.type, event.reason, event.message);
  if (plan.creations.size() > kBurst) plan.creations.resize(kBurst);
  if (plan.deletions.size() > kBurst) plan.deletions.resize(kBurst);
  pass->waiting = plan.deletions.size() + 1;
  expectations_.expect_creations(pass->key, static_cast<int>(plan.creations.size()));
  remove_pods(pass);
  create_pods(pass);
}

std::optional<std::chrono::nanoseconds> DaemonSetLoop::back_off(const std::string& key,
                                                                const std::string& node) {
  const SteadyTime now = environment_.clock.steady();
  auto& of_set = backoffs_[key];
  const auto [at, first] = of_set.try_emplace(node, Backoff{.since = now});
  if (first) return std::nullopt;
  Backoff& backoff = at->second;
  const auto passed = now - backoff.since;
  if (passed < backoff.delay) return backoff.delay - passed;
  backoff.delay = passed > 2 * kLongestBackoff
                      ? kFirstBackoff
                      : std::min<std::chrono::nanoseconds>(backoff.delay * 2, kLongestBackoff);
  backoff.since = now;
  return std::nullopt;
}

void DaemonSetLoop::remove_pods(const PassPtr& pass) {
  std::vector<std::string> uids;
  for (const Object& pod : pass->plan.deletions) uids.emplace_back(pod->uid());
  expectations_.expect_deletions(pass->key, uids);
  for (const Object& pod : pass->plan.deletions) {
    pod_control_.remove(pod, pass->set, [this, pass, pod](const client::ApiResult<void>& removed) {
      if (!removed || is_seen_gone(*pods_, *pod)) expectations_.saw_deletion(pass->key, pod->uid());
      settled(pass, removed ? std::nullopt : std::optional(removed.error()));
    });
  }
}

void DaemonSetLoop::create_pods(const PassPtr& pass) {
  const int count = static_cast<int>(pass->plan.creations.size());
  in_slow_start(
      count,
      [this, pass](int index, std::function<void(client::ApiResult<void>)> made) {
        pod_control_.create(daemon_pod(*pass->set, pass->hash,
                                       pass->plan.creations[static_cast<std::size_t>(index)]),
                            pass->set,
                            [made = std::move(made)](const client::ApiResult<Object>& created) {
                              if (!created && !created.error().has_cause("NamespaceTerminating"))
                                return made(created.error());
                              made({});
                            });
      },
      guarded([this, pass, count](int made, const std::optional<client::ApiError>& first) {
        for (int i = made; i < count; ++i) expectations_.saw_creation(pass->key);
        settled(pass, first);
      }),
      &environment_.executor);
}

void DaemonSetLoop::settled(const PassPtr& pass, const std::optional<client::ApiError>& error) {
  if (error && !pass->error) pass->error = error;
  if (--pass->waiting == 0) conclude(pass);
}

void DaemonSetLoop::conclude(const PassPtr& pass) {
  const DaemonSetPlan& plan = pass->plan;
  // The events of pods that were made or deleted come and bring the status up to date.
  const bool changed = !plan.creations.empty() || !plan.deletions.empty();
  if (changed && !pass->error) return pass->done(client::Reconciled{plan.again_after});
  std::set<std::string, std::less<>> hashes;
  for (const Object& pod : pass->pods)
    hashes.emplace(api::text_at(pod->document(), {"metadata", "labels", kRevisionHash}));
  std::set<std::string, std::less<>> live;
  for (const Object& revision : pass->revisions.all) {
    if (hashes.contains(api::text_at(revision->document(), {"metadata", "labels", kRevisionHash})))
      live.emplace(revision->name());
  }
  truncate(pass->set, pass->revisions, live,
           [this, pass](const client::ApiResult<Object>& truncated) {
             if (!truncated && !pass->error) pass->error = truncated.error();
             write_status(pass->key, pass->set, pass->plan.status, nullptr,
                          [pass](const client::ApiResult<Object>& written) {
                            if (pass->error) return pass->done(*pass->error);
                            if (!written) return pass->done(written.error());
                            pass->done(client::Reconciled{pass->plan.again_after});
                          });
           });
}

}  // namespace

Loop make_daemonset_controller(const Environment& environment) {
  return std::make_unique<DaemonSetLoop>(environment);
}

}  // namespace cove::controllers
