// Nodes that fall silent: their conditions become unknown, their pods not ready, and taints say it
// to the scheduler and to taint eviction (kubernetes.io "Nodes", heartbeats and node controller).

#include "core/controllers/node_lifecycle_health.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "core/controllers/callback_guard.h"
#include "core/controllers/fan_out.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_disruption.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "node-controller";
constexpr std::chrono::seconds kPeriod{5};
// Nodes that get a NoExecute taint, a second: what is wrong with many at once is rarely the nodes.
constexpr double kTaintRate = 0.1;
constexpr double kCarefulRate = 0.01;
constexpr std::size_t kSmallCluster = 50;
constexpr double kTooManyUnready = 0.55;
constexpr std::string_view kExcluded = "node.kubernetes.io/exclude-disruption";
constexpr const char* kLeaseNamespace = "kube-node-lease";
// Names of labels in old clients' selectors, kept equal to today's.
constexpr std::pair<std::string_view, std::string_view> kOldLabels[] = {
    {"kubernetes.io/os", "beta.kubernetes.io/os"},
    {"kubernetes.io/arch", "beta.kubernetes.io/arch"}};
const client::Resource kNodes{"", "v1", "nodes"};
const client::Resource kPods{"", "v1", "pods"};

bool set_old_labels(json::object& node) {
  bool changed = false;
  for (const auto& [name, old_name] : kOldLabels) {
    const std::string value(api::text_at(node, {"metadata", "labels", name}));
    if (value.empty() || api::text_at(node, {"metadata", "labels", old_name}) == value) continue;
    api::set_at(node, {"metadata", "labels", old_name}, json::value(value));
    changed = true;
  }
  return changed;
}

// What the whole of the nodes allows.
enum class Disruption { kNone, kPartial, kFull };

class NodeLifecycle final : public ControlLoop {
 public:
  explicit NodeLifecycle(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        nodes_(environment.informers.informer({kNodes})),
        pods_(environment.informers.informer({kPods})),
        leases_(environment.informers.informer(
            {{"coordination.k8s.io", "v1", "leases"}, kLeaseNamespace})),
        events_(transport_, environment.clock, environment.random, environment.logger,
                {.component = "node-controller"}),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "node-lifecycle-controller", .workers = 8},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    const auto look = [this](const api::ObjectPtr& node) {
      controller_.queue().add(std::string(node->name()));
    };
    registrations_.push_back(nodes_->add_handler(
        {.added = [look](const api::ObjectPtr& node, bool) { look(node); },
         .updated = [look](const api::ObjectPtr&, const api::ObjectPtr& now) { look(now); }}));
    client::Handler pods;
    pods.updated = [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
      const std::string_view node = api::text_at(now->document(), {"spec", "nodeName"});
      if (node != api::text_at(old->document(), {"spec", "nodeName"})) placed(now, node);
    };
    registrations_.push_back(pods_->add_handler(std::move(pods)));
  }
  ~NodeLifecycle() override { environment_.executor.cancel(timer_); }

  std::string_view name() const override { return "node-lifecycle-controller"; }
  void start() override {
    controller_.start();
    monitor();
  }
  void stop(std::function<void()> stopped) override {
    stopping_ = true;
    environment_.executor.cancel(timer_);
    controller_.stop(std::move(stopped));
  }

 private:
  using Done = client::Controller::Done;

  client::ResourceClient nodes() const { return {transport_, kNodes}; }

  // --- Taints that follow a node's own conditions.
  void reconcile(const std::string& name, Done done) {
    const api::ObjectPtr node = nodes_->objects().get(name);
    if (!node) return done(client::Reconciled{});
    const WallTime now = environment_.clock.wall();
    json::object next = node->document();
    const bool tainted = set_condition_taints(next, now);
    if (!set_old_labels(next) && !tainted) return done(client::Reconciled{});
    nodes()
        .update_with_retry(
            name,
            [now](json::object& latest) {
              const bool changed = set_condition_taints(latest, now);
              return set_old_labels(latest) || changed;
            },
            {}, guard_([done](client::ApiResult<api::ObjectPtr> written) {
              if (!written && !written.error().is_not_found()) return done(written.error());
              done(client::Reconciled{});
            }))
        .release();
  }

  // --- Nodes that are silent.
  void monitor() {
    if (stopping_) return;
    timer_ = environment_.executor.after(kPeriod, guard_([this] { monitor(); }));
    const std::vector<api::ObjectPtr> all = nodes_->objects().list();
    forget_missing(all);
    for (const api::ObjectPtr& node : all) examine(node);
    set_disruption(all);
    taint_waiting();
  }

  void forget_missing(const std::vector<api::ObjectPtr>& all) {
    std::set<std::string_view> names;
    for (const api::ObjectPtr& node : all) names.insert(node->name());
    std::erase_if(known_, [&](const auto& each) {
      if (names.contains(each.first)) return false;
      tell(each.first, each.second.uid, "RemovingNode",
           fmt::format("Node {0} event: Removing Node {0} from Controller", each.first));
      waiting_.erase(each.first);
      return true;
    });
  }

  void examine(const api::ObjectPtr& node) {
    const std::string name(node->name());
    const auto [at, added] = known_.try_emplace(name);
    Known& known = at->second;
    known.uid = node->uid();
    if (added) {
      tell(name, known.uid, "RegisteredNode",
           fmt::format("Node {0} event: Registered Node {0} in Controller", name));
    }
    const SteadyTime now = environment_.clock.steady();
    const api::ObjectPtr lease = leases_->objects().get(std::string(kLeaseNamespace) + "/" + name);
    known.health.observe(*node, lease.get(), now, environment_.clock.wall());
    const std::string_view ready = readiness_of(node->document());
    if (known.health.silent(node->document(), now)) {
      json::object next = node->document();
      if (forget_conditions(next, environment_.clock.wall())) forget(name);
      if (ready == "True") lost(node);
    }
    follow_readiness(node, ready);
  }

  void forget(const std::string& name) {
    nodes()
        .update_with_retry(
            name,
            [this, name](json::object& latest) {
              const auto known = known_.find(name);
              return known != known_.end() &&
                     known->second.health.silent(latest, environment_.clock.steady()) &&
                     forget_conditions(latest, environment_.clock.wall());
            },
            {.subresource = "status"}, guard_([this, name](auto written) {
              if (written || written.error().is_not_found()) return;
              environment_.logger.warn("cannot say that a node is silent",
                                       {{"node", name}, {"error", written.error().message}});
            }))
        .release();
  }

  void lost(const api::ObjectPtr& node) {
    const std::string name(node->name());
    tell(name, std::string(node->uid()), "NodeNotReady",
         fmt::format("Node {} status is now: NodeNotReady", name));
    std::vector<api::ObjectPtr> pods;
    for (const api::ObjectPtr& pod : pods_->objects().list()) {
      if (api::text_at(pod->document(), {"spec", "nodeName"}) == name) pods.push_back(pod);
    }
    const std::size_t count = pods.size();
    fan_out(count, guard_([this, all = std::move(pods)](std::size_t i, FanOutDone done) {
              set_not_ready(all[i], done);
            }),
            [](client::ApiResult<void>) {});
  }

  void placed(const api::ObjectPtr& pod, std::string_view node_name) {
    const api::ObjectPtr node = nodes_->objects().get(node_name);
    if (node && known_.contains(std::string(node_name)) && readiness_of(node->document()) != "True")
      set_not_ready(pod, [](client::ApiResult<void>) {});
  }

  static bool deny_readiness(json::object& pod, WallTime now) {
    const json::array* const all = api::array_at(pod, {"status", "conditions"});
    if (all == nullptr) return false;
    for (const json::value& each : *all) {
      if (!each.is_object() || api::text_at(each.get_object(), {"type"}) != "Ready") continue;
      const std::string reason(api::text_at(each.get_object(), {"reason"}));
      const std::string message(api::text_at(each.get_object(), {"message"}));
      return set_pod_condition(pod, "Ready", "False", reason, message, now);
    }
    return false;
  }

  // Best effort, as the taints are what counts.
  void set_not_ready(const api::ObjectPtr& pod, const FanOutDone& done) {
    json::object next = pod->document();
    if (!deny_readiness(next, environment_.clock.wall())) return done({});
    events_.event(*pod, "Warning", "NodeNotReady", "Node is not ready");
    client::ResourceClient(transport_, kPods, std::string(pod->namespace_name()))
        .update_with_retry(
            pod->name(),
            [uid = std::string(pod->uid()), now = environment_.clock.wall()](json::object& latest) {
              return api::text_at(latest, {"metadata", "uid"}) == uid &&
                     deny_readiness(latest, now);
            },
            {.subresource = "status"}, [done](auto) { done({}); })
        .release();
  }

  // --- Taints that send pods away.
  void follow_readiness(const api::ObjectPtr& node, std::string_view ready) {
    const json::object& document = node->document();
    const std::string name(node->name());
    if (ready == "True") {
      waiting_.erase(name);
      if (has_no_execute(document, kNotReadyTaint) || has_no_execute(document, kUnreachableTaint))
        set_taint(name, "");
      return;
    }
    const std::string_view wanted = ready == "False" ? kNotReadyTaint : kUnreachableTaint;
    const std::string_view other = ready == "False" ? kUnreachableTaint : kNotReadyTaint;
    if (disruption_ == Disruption::kFull) return;
    if (has_no_execute(document, wanted)) return;
    if (has_no_execute(document, other)) return set_taint(name, wanted);
    waiting_[name] = wanted;
  }

  void set_disruption(const std::vector<api::ObjectPtr>& all) {
    std::size_t ready = 0;
    std::size_t unready = 0;
    for (const api::ObjectPtr& node : all) {
      if (api::value_at(node->document(), {"metadata", "labels", kExcluded}) != nullptr) continue;
      ++(readiness_of(node->document()) == "True" ? ready : unready);
    }
    const std::size_t total = ready + unready;
    cluster_size_ = total;
    Disruption next = Disruption::kNone;
    if (unready > 2 && static_cast<double>(unready) / static_cast<double>(total) >= kTooManyUnready)
      next = Disruption::kPartial;
    if (unready > 0 && ready == 0) next = Disruption::kFull;
    const Disruption before = std::exchange(disruption_, next);
    if (next == before) return;
    if (next == Disruption::kFull) {
      environment_.logger.warn("no node is ready: pods are left where they are");
      waiting_.clear();
      for (const api::ObjectPtr& node : all) {
        if (has_no_execute(node->document(), kNotReadyTaint) ||
            has_no_execute(node->document(), kUnreachableTaint))
          set_taint(std::string(node->name()), "");
      }
    } else if (before == Disruption::kFull) {
      // Who could not hear any of them must not hold it against them.
      for (auto& [name, known] : known_) known.health.refresh(environment_.clock.steady());
    }
  }

  void taint_waiting() {
    if (disruption_ == Disruption::kFull) return;
    const bool careful = disruption_ == Disruption::kPartial;
    if (careful && cluster_size_ <= kSmallCluster) return;
    client::TokenBucket& rate = careful ? careful_rate_ : rate_;
    while (!waiting_.empty() && rate.take(environment_.clock.steady())) {
      const auto first = waiting_.begin();
      set_taint(first->first, first->second);
      waiting_.erase(first);
    }
  }

  void set_taint(const std::string& name, std::string_view wanted) {
    nodes()
        .update_with_retry(
            name,
            [wanted, now = environment_.clock.wall()](json::object& latest) {
              const bool ready = readiness_of(latest) == "True";
              // It may have come back meanwhile.
              return !(ready && !wanted.empty()) && set_health_taint(latest, wanted, now);
            },
            {}, guard_([this, name](auto written) {
              if (written || written.error().is_not_found()) return;
              environment_.logger.warn("cannot taint a node",
                                       {{"node", name}, {"error", written.error().message}});
            }))
        .release();
  }

  void tell(const std::string& name, const std::string& uid, std::string_view reason,
            std::string_view message) {
    events_.event_about({{"apiVersion", "v1"}, {"kind", "Node"}, {"name", name}, {"uid", uid}},
                        "Normal", reason, message);
  }

  struct Known {
    std::string uid = {};
    NodeHealth health = {};
  };

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> nodes_, pods_, leases_;
  client::EventRecorder events_;
  std::map<std::string, Known> known_;               // by the node's name
  std::map<std::string, std::string_view> waiting_;  // for a NoExecute taint: which
  Disruption disruption_ = Disruption::kNone;
  std::size_t cluster_size_ = 0;
  client::TokenBucket rate_{kTaintRate, 1};
  client::TokenBucket careful_rate_{kCarefulRate, 1};
  bool stopping_ = false;
  Executor::TimerId timer_ = 0;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_node_lifecycle_controller(const Environment& environment) {
  return std::make_unique<NodeLifecycle>(environment);
}

}  // namespace cove::controllers
