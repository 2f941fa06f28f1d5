#include "core/scheduler/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/scheduler/binder.h"
#include "core/scheduler/preemption.h"
#include "core/scheduler/queue.h"
#include "core/scheduler/reporter.h"

namespace cove::scheduler {
namespace {

constexpr std::string_view kName = "default-scheduler";
constexpr std::chrono::milliseconds kSyncPoll{5};
// Pods decided about before others on the executor have their turn.
constexpr int kTurn = 16;

// What it looks at.
struct Informers {
  std::shared_ptr<client::Informer> pods, nodes, namespaces, claims, volumes, classes, services,
      replicasets, replicationcontrollers, statefulsets, budgets;

  explicit Informers(client::InformerFactory& factory) {
    const auto of = [&](std::string_view group, std::string_view plural) {
      return factory.informer({{std::string(group), "v1", std::string(plural)}});
    };
    pods = of("", "pods");
    nodes = of("", "nodes");
    namespaces = of("", "namespaces");
    claims = of("", "persistentvolumeclaims");
    volumes = of("", "persistentvolumes");
    classes = of("storage.k8s.io", "storageclasses");
    services = of("", "services");
    replicasets = of("apps", "replicasets");
    replicationcontrollers = of("", "replicationcontrollers");
    statefulsets = of("apps", "statefulsets");
    budgets = of("policy", "poddisruptionbudgets");
  }

  bool synced() const {
    const auto all = {&pods,         &nodes,       &namespaces,
                      &claims,       &volumes,     &classes,
                      &services,     &replicasets, &replicationcontrollers,
                      &statefulsets, &budgets};
    return std::ranges::all_of(all, [](const auto* each) { return (*each)->has_synced(); });
  }
};

bool asks_for_less(const PodInfo& now, const PodInfo& before) {
  const Resources& a = now.requests.exact;
  const Resources& b = before.requests.exact;
  return a.milli_cpu < b.milli_cpu || a.memory < b.memory ||
         a.ephemeral_storage < b.ephemeral_storage;
}

bool same_labels(const PodInfo& a, const PodInfo& b) {
  if (a.labels == nullptr || b.labels == nullptr) return a.labels == b.labels;
  return *a.labels == *b.labels;
}

}  // namespace

class Scheduler::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(const Parts& parts)
      : parts_(parts),
        informers_(parts.informers),
        world_{cache_,
               informers_.namespaces->objects(),
               informers_.claims->objects(),
               informers_.volumes->objects(),
               informers_.classes->objects(),
               informers_.services->objects(),
               informers_.replicasets->objects(),
               informers_.replicationcontrollers->objects(),
               informers_.statefulsets->objects(),
               volume_choices_},
        queue_(parts.clock),
        chooser_(parts.random),
        reporter_(parts.transport, parts.clock, parts.random, parts.logger),
        binder_(parts.transport, parts.executor, world_) {}

  void start() {
    listen();
    parts_.informers.start();
    start_when_synced();
  }

  void stop(std::function<void()> stopped) {
    stopping_ = true;
    forget();
    binder_.stop_waiting();
    stopped_ = std::move(stopped);
    tell_stopped();
  }

  // Nothing begins any more.
  void forget() {
    stopping_ = true;
    registrations_.clear();
    parts_.executor.cancel(timer_);
  }

 private:
  // --- What happens.
  void listen() {
    client::HandlerOptions here;
    here.executor = &parts_.executor;
    const auto on =
        [&](client::Informer& informer,
            const std::function<void(const api::ObjectPtr&, const api::ObjectPtr&)>& changed) {
          registrations_.push_back(informer.add_handler(
              {.added = [changed](const api::ObjectPtr& now, bool) { changed(nullptr, now); },
               .updated = changed,
               .deleted = [changed](const api::ObjectPtr& last, bool) { changed(last, nullptr); }},
              here));
        };
    on(*informers_.pods, [this](const auto& old, const auto& now) { pod_changed(old, now); });
    on(*informers_.nodes, [this](const auto& old, const auto& now) { node_changed(old, now); });
    on(*informers_.namespaces,
       [this](const auto&, const auto&) { happened({.type = Event::Type::kNamespace}); });
    on(*informers_.claims, [this](const auto&, const auto&) {
      binder_.look_at_claims();
      happened({.type = Event::Type::kClaim});
    });
    on(*informers_.volumes,
       [this](const auto&, const auto&) { happened({.type = Event::Type::kVolume}); });
    on(*informers_.classes,
       [this](const auto&, const auto&) { happened({.type = Event::Type::kClass}); });
  }

  void start_when_synced() {
    if (stopping_) return;
    const bool synced =
        informers_.synced() &&
        std::ranges::all_of(registrations_, [](const auto& each) { return each.has_synced(); });
    if (!synced) {
      timer_ = parts_.executor.after(kSyncPoll, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->start_when_synced();
      });
      return;
    }
    running_ = true;
    wake();
  }

  void happened(const Event& event) {
    queue_.on(event);
    for (auto& [uid, missed] : preempting_) missed = true;
    wake();
  }

  void pod_changed(const api::ObjectPtr& old, const api::ObjectPtr& now) {
    // One of the same name that came after it.
    if (old && now && old->uid() != now->uid()) pod_gone(old);
    if (!now) return pod_gone(old);
    const PodPtr pod = read_pod(now);
    if (pod->ended) return pod_gone(now);
    if (!pod->node_name.empty()) return pod_placed(pod);
    if (pod->scheduler != kName || cache_.is_assumed(pod->uid)) return;
    if (pod->deleting) {
      queue_.remove(pod->uid);
      nominations_.remove(pod->uid);
      return;
    }
    // What was decided here and is not written yet stays.
    if (!old ||
        api::text_at(old->document(), {"status", "nominatedNodeName"}) != pod->nominated_node)
      nominations_.set(pod, pod->nominated_node);
    queue_.put(pod);
    wake();
  }

  void pod_placed(const PodPtr& pod) {
    queue_.remove(pod->uid);
    nominations_.remove(pod->uid);
    const bool was_assumed = cache_.is_assumed(pod->uid);
    const PodPtr before = cache_.confirm(pod);
    if (!before || was_assumed || !same_labels(*before, *pod) || before->deleting != pod->deleting)
      happened({.type = Event::Type::kPodPlaced, .pod = pod.get()});
    if (before && asks_for_less(*pod, *before))
      happened({.type = Event::Type::kPodShrunk, .pod = pod.get()});
  }

  void pod_gone(const api::ObjectPtr& last) {
    const std::string uid(last->uid());
    queue_.remove(uid);
    nominations_.remove(uid);
    binder_.cancel(uid);
    if (const PodPtr pod = cache_.forget(uid))
      happened({.type = Event::Type::kPodGone, .pod = pod.get()});
  }

  void node_changed(const api::ObjectPtr& old, const api::ObjectPtr& now) {
    if (!now) {
      cache_.remove_node(old->name());
      return happened({.type = Event::Type::kNodeGone});
    }
    bool added = false;
    const NodeChange change = cache_.set_node(now, &added);
    if (!added && !change.any()) return;
    happened({.type = Event::Type::kNode,
              .node = cache_.node(now->name()),
              .change = change,
              .node_added = added});
  }

  // --- One pod after the other.
  void wake() {
    if (!running_ || stopping_ || posted_) return;
    posted_ = true;
    parts_.executor.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->turn();
    });
  }

  void turn() {
    posted_ = false;
    if (stopping_) return;
    queue_.tick();
    for (int i = 0; i < kTurn; ++i) {
      std::optional<QueuedPod> next = queue_.pop();
      if (!next) return arm();
      schedule(std::move(*next));
    }
    wake();
  }

  void arm() {
    parts_.executor.cancel(timer_);
    timer_ = 0;
    const auto due = queue_.due();
    if (!due) return;
    const auto wait = std::max(*due - parts_.clock.steady(), SteadyTime::duration::zero());
    timer_ = parts_.executor.after(wait, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
  }

  void schedule(QueuedPod queued) {
    const PodPtr pod = queued.pod;
    // It was tried before its victims were asked to go.
    if (preempting_.contains(pod->uid)) {
      auto rejected_by = queued.rejected_by;
      preempting_[pod->uid] = true;
      return queue_.park(std::move(queued), std::move(rejected_by));
    }
    if (cache_.nodes().empty()) {
      reporter_.failed(*pod, "Unschedulable", "no nodes available to schedule pods", std::nullopt);
      return queue_.park(std::move(queued), {});
    }
    Evaluation evaluation(pod, world_, nominations_);
    NoFit why;
    const std::string node = chooser_.choose(evaluation, world_, why);
    if (node.empty()) return no_fit(std::move(queued), evaluation, why);
    VolumePlan plan;
    if (!pod->claims.empty())
      plan_volumes(volumes_of(*pod, world_), *cache_.node(node), world_, &plan);
    cache_.assume(pod, node);
    nominations_.remove(pod->uid);
    binder_.bind(pod, node, std::move(plan),
                 [weak = weak_from_this(), queued = std::move(queued),
                  node](const std::optional<std::string>& problem) {
                   if (const auto self = weak.lock()) self->bound(queued, node, problem);
                 });
  }

  void bound(const QueuedPod& queued, const std::string& node,
             const std::optional<std::string>& problem) {
    if (!problem) {
      reporter_.scheduled(*queued.pod, node);
    } else {
      not_bound(queued, *problem);
    }
    tell_stopped();
  }

  void not_bound(QueuedPod queued, const std::string& problem) {
    if (stopping_ || !cache_.is_assumed(queued.pod->uid)) return;
    const PodPtr pod = cache_.forget(queued.pod->uid);
    happened({.type = Event::Type::kPodGone, .pod = pod.get()});
    const api::ObjectPtr now = informers_.pods->objects().get(pod->key);
    if (!now || now->uid() != pod->uid || now->deleting()) return;
    queued.pod = read_pod(now);
    if (!queued.pod->node_name.empty() || queued.pod->ended) return;
    reporter_.failed(*queued.pod, "SchedulerError", problem, std::nullopt);
    queue_.retry(std::move(queued));
    wake();
  }

  void no_fit(QueuedPod queued, Evaluation& evaluation, const NoFit& why) {
    const PodPtr pod = queued.pod;
    std::set<std::string_view> rejected_by = evaluation.rejected_by();
    rejected_by.insert(evaluation.chosen_by().begin(), evaluation.chosen_by().end());
    const Preemption preemption = find_preemption(
        evaluation, world_, why, informers_.budgets->objects().list(), parts_.random);
    std::string message;
    std::optional<std::string> nominated;
    if (preemption.node.empty()) {
      message = why.message("preemption: " + preemption.message);
      if (preemption.clear_nomination) nominated = "";
    } else {
      message = why.message();
      nominated = preemption.node;
    }
    if (nominated) nominations_.set(pod, *nominated);
    reporter_.failed(*pod, "Unschedulable", message, nominated);
    queue_.park(std::move(queued), std::move(rejected_by));
    if (!preemption.node.empty()) preempt(pod, preemption);
  }

  // The pod is not tried before all victims were asked to go.
  void preempt(const PodPtr& pod, const Preemption& preemption) {
    for (const PodPtr& other : nominations_.on(preemption.node)) {
      if (other->priority >= pod->priority) continue;
      nominations_.remove(other->uid);
      reporter_.clear_nomination(*other);
    }
    preempting_[pod->uid] = false;
    const auto left = std::make_shared<std::size_t>(preemption.victims.size());
    for (const PodPtr& victim : preemption.victims) {
      reporter_.preempt(victim, *pod, preemption.node,
                        [weak = weak_from_this(), left, uid = pod->uid] {
                          const auto self = weak.lock();
                          if (--*left == 0 && self) self->preempted(uid);
                        });
    }
  }

  void preempted(const std::string& uid) {
    const bool missed = preempting_[uid];
    preempting_.erase(uid);
    if (!missed) return;
    queue_.move(uid);
    wake();
  }

  void tell_stopped() {
    if (!stopped_ || binder_.under_way() > 0) return;
    parts_.executor.post(std::exchange(stopped_, nullptr));
  }

  const Parts parts_;
  const Informers informers_;
  Cache cache_;
  VolumeChoices volume_choices_;
  const World world_;
  Queue queue_;
  Nominations nominations_;
  Chooser chooser_;
  Reporter reporter_;
  Binder binder_;
  // Pods whose victims are being asked to go, and whether anything happened meanwhile.
  std::map<std::string, bool> preempting_;
  std::vector<client::Registration> registrations_;
  Executor::TimerId timer_ = 0;
  bool running_ = false;
  bool stopping_ = false;
  bool posted_ = false;
  std::function<void()> stopped_;
};

Scheduler::Scheduler(const Parts& parts) : state_(std::make_shared<State>(parts)) {}

Scheduler::~Scheduler() {
  state_->forget();
}

void Scheduler::start() {
  state_->start();
}

void Scheduler::stop(std::function<void()> stopped) {
  state_->stop(std::move(stopped));
}

}  // namespace cove::scheduler
