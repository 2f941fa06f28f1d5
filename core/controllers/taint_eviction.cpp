// Pods that do not tolerate a NoExecute taint of their node are deleted, at once or when their
// tolerance ends (kubernetes.io "Taints and Tolerations", taint based evictions).

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/api/tolerations.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_disruption.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "node-controller";
const client::Resource kNodes{"", "v1", "nodes"};
const client::Resource kPods{"", "v1", "pods"};

json::array no_execute_taints(const api::Object& node) {
  json::array found;
  const json::array* const taints = api::array_at(node.document(), {"spec", "taints"});
  if (taints == nullptr) return found;
  for (const json::value& taint : *taints) {
    if (taint.is_object() && api::text_at(taint.get_object(), {"effect"}) == "NoExecute")
      found.push_back(taint);
  }
  return found;
}

// How long the pod may stay: nothing is forever.
std::optional<std::chrono::seconds> tolerance(const api::Object& pod, const json::array& taints) {
  const json::array* const tolerations = api::array_at(pod.document(), {"spec", "tolerations"});
  std::optional<std::chrono::seconds> shortest;
  for (const json::value& taint : taints) {
    const api::Taint own_taint = api::read_taint(taint.get_object());
    const json::object* used = nullptr;
    for (std::size_t i = 0; tolerations != nullptr && i < tolerations->size(); ++i) {
      const json::value& each = (*tolerations)[i];
      if (!each.is_object() || !api::read_toleration(each.get_object()).tolerates(own_taint))
        continue;
      used = &each.get_object();
      break;
    }
    if (used == nullptr) return std::chrono::seconds(0);
    const auto seconds = api::integer_at(*used, {"tolerationSeconds"});
    if (!seconds) continue;
    const std::chrono::seconds own(std::max<std::int64_t>(*seconds, 0));
    shortest = shortest ? std::min(*shortest, own) : own;
  }
  return shortest;
}

class TaintEviction final : public ControlLoop {
 public:
  explicit TaintEviction(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        nodes_(environment.informers.informer({kNodes})),
        pods_(environment.informers.informer({kPods})),
        events_(transport_, environment.clock, environment.random, environment.logger,
                {.component = "taint-eviction-controller"}),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "taint-eviction-controller", .workers = 8},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    client::Handler nodes;
    nodes.added = [this](const api::ObjectPtr& node, bool) {
      if (!no_execute_taints(*node).empty()) look_at_pods_of(node->name());
    };
    nodes.updated = [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
      if (!api::same(no_execute_taints(*old), no_execute_taints(*now)))
        look_at_pods_of(now->name());
    };
    registrations_.push_back(nodes_->add_handler(std::move(nodes)));
    client::Handler pods;
    pods.added = [this](const api::ObjectPtr& pod, bool) { look_at(pod); };
    pods.updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) { look_at(now); };
    pods.deleted = [this](const api::ObjectPtr& last, bool) {
      leaving_.erase(client::key_of(*last));
    };
    registrations_.push_back(pods_->add_handler(std::move(pods)));
  }

  std::string_view name() const override { return "taint-eviction-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  void look_at_pods_of(std::string_view node) {
    for (const api::ObjectPtr& pod : pods_->objects().list()) {
      if (api::text_at(pod->document(), {"spec", "nodeName"}) == node)
        controller_.queue().add(client::key_of(*pod));
    }
  }
  void look_at(const api::ObjectPtr& pod) {
    const std::string key = client::key_of(*pod);
    const api::ObjectPtr node =
        nodes_->objects().get(api::text_at(pod->document(), {"spec", "nodeName"}));
    if (leaving_.contains(key) || (node && !no_execute_taints(*node).empty()))
      controller_.queue().add(key);
  }

  void reconcile(const std::string& key, Done done) {
    const api::ObjectPtr pod = pods_->objects().get(key);
    if (!pod || pod->deleting()) {
      leaving_.erase(key);
      return done(client::Reconciled{});
    }
    const api::ObjectPtr node =
        nodes_->objects().get(api::text_at(pod->document(), {"spec", "nodeName"}));
    const json::array taints = node ? no_execute_taints(*node) : json::array();
    const auto stay = taints.empty() ? std::nullopt : tolerance(*pod, taints);
    if (!stay) {
      cancel(key, *pod);
      return done(client::Reconciled{});
    }
    const SteadyTime now = environment_.clock.steady();
    Leaving& leaving = leaving_[key];
    // A pod of the same name is another one.
    if (leaving.uid != pod->uid()) leaving = {std::string(pod->uid()), now};
    if (const auto passed = now - leaving.since; passed < *stay)
      return done(client::Reconciled{.again_after = *stay - passed});
    events_.event(*pod, "Normal", "TaintManagerEviction",
                  fmt::format("Marking for deletion Pod {}", key));
    disrupt_pod(transport_, pod,
                {.reason = "DeletionByTaintManager",
                 .message = "Taint manager: deleting due to NoExecute taint"},
                environment_.clock.wall(), guard_([done](client::ApiResult<void> result) {
                  if (!result) return done(result.error());
                  done(client::Reconciled{});
                }));
  }

  void cancel(const std::string& key, const api::Object& pod) {
    if (leaving_.erase(key) == 0) return;
    events_.event(pod, "Normal", "TaintManagerEviction",
                  fmt::format("Cancelling deletion of Pod {}", key));
  }

  struct Leaving {
    std::string uid = {};
    SteadyTime since{};
  };

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> nodes_, pods_;
  client::EventRecorder events_;
  std::map<std::string, Leaving> leaving_;  // pods whose tolerance ends, by key
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_taint_eviction_controller(const Environment& environment) {
  return std::make_unique<TaintEviction>(environment);
}

}  // namespace cove::controllers
