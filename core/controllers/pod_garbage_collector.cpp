// Pods that nobody else would ever remove: too many that have ended, those of nodes that are gone,
// those deleted before they had a node (kubernetes.io "Pod Lifecycle", garbage collection of pods).

#include <algorithm>
#include <map>
#include <set>

#include "core/api/pods.h"
#include "core/api/readers.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/fan_out.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_disruption.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "pod-garbage-collector";
constexpr std::chrono::seconds kPeriod{20};
constexpr std::chrono::seconds kQuarantine{40};  // of a node that cannot be found
constexpr std::size_t kEndedPods = 12500;        // that are kept
constexpr std::string_view kOutOfService = "node.kubernetes.io/out-of-service";
const client::Resource kNodes{"", "v1", "nodes"};
const client::Resource kPods{"", "v1", "pods"};

std::string_view node_of(const api::Object& pod) {
  return api::text_at(pod.document(), {"spec", "nodeName"});
}

bool was_evicted(const api::Object& pod) {
  return pod_phase(pod) == "Failed" &&
         api::text_at(pod.document(), {"status", "reason"}) == "Evicted";
}

bool is_out_of_service(const api::Object& node) {
  const json::array* const all = api::array_at(node.document(), {"spec", "taints"});
  return all != nullptr && std::ranges::any_of(*all, [](const json::value& each) {
           return each.is_object() && api::text_at(each.get_object(), {"key"}) == kOutOfService;
         });
}

class PodGarbageCollector final : public ControlLoop {
 public:
  explicit PodGarbageCollector(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        pods_(environment.informers.informer({kPods})),
        nodes_(environment.informers.informer({kNodes})) {}
  ~PodGarbageCollector() override { environment_.executor.cancel(timer_); }

  std::string_view name() const override { return "pod-garbage-collector-controller"; }
  void start() override {
    running_ = true;
    collect();
  }
  void stop(std::function<void()> stopped) override {
    running_ = false;
    environment_.executor.cancel(timer_);
    environment_.executor.post(std::move(stopped));
  }

 private:
  void collect() {
    if (!running_) return;
    timer_ = environment_.executor.after(kPeriod, guard_([this] { collect(); }));
    const std::vector<api::ObjectPtr> pods = pods_->objects().list();
    collect_ended(pods);
    collect_out_of_service(pods);
    collect_orphaned(pods);
    collect_unscheduled(pods);
  }

  void end(std::vector<api::ObjectPtr> pods, std::string_view message = {}) {
    Disruption disruption{.fail = true, .grace_seconds = 0};
    if (!message.empty()) {
      disruption.reason = "DeletionByPodGC";
      disruption.message = message;
    }
    const std::size_t count = pods.size();
    fan_out(count,
            guard_([this, disruption, all = std::move(pods)](std::size_t i, FanOutDone done) {
              disrupt_pod(transport_, all[i], disruption, environment_.clock.wall(), done);
            }),
            guard_([this](client::ApiResult<void> done) {
              // Whatever it was, the next turn tries again.
              if (done || done.error().is_conflict()) return;
              environment_.logger.warn("cannot remove a pod", {{"error", done.error().message}});
            }));
  }

  // The oldest ones above the bound, evicted ones first.
  void collect_ended(const std::vector<api::ObjectPtr>& pods) {
    std::vector<api::ObjectPtr> ended;
    for (const api::ObjectPtr& pod : pods) {
      if (has_ended(*pod)) ended.push_back(pod);
    }
    if (ended.size() <= kEndedPods) return;
    const auto order = [](const api::ObjectPtr& pod) {
      return std::tuple(!was_evicted(*pod),
                        api::text_at(pod->document(), {"metadata", "creationTimestamp"}),
                        pod->name());
    };
    std::ranges::sort(ended, {}, order);
    ended.resize(ended.size() - kEndedPods);
    end(std::move(ended));
  }

  void collect_out_of_service(const std::vector<api::ObjectPtr>& pods) {
    std::vector<api::ObjectPtr> lost;
    for (const api::ObjectPtr& pod : pods) {
      if (!pod->deleting() || node_of(*pod).empty()) continue;
      const api::ObjectPtr node = nodes_->objects().get(node_of(*pod));
      if (node && !api::condition_holds(node->document(), "Ready") && is_out_of_service(*node))
        lost.push_back(pod);
    }
    end(std::move(lost));
  }

  void collect_orphaned(const std::vector<api::ObjectPtr>& pods) {
    const SteadyTime now = environment_.clock.steady();
    std::map<std::string, std::vector<api::ObjectPtr>> orphans;
    for (const api::ObjectPtr& pod : pods) {
      const std::string node(node_of(*pod));
      if (!node.empty() && !nodes_->objects().get(node)) orphans[node].push_back(pod);
    }
    std::erase_if(missing_, [&](const auto& each) { return !orphans.contains(each.first); });
    for (const auto& [node, its_pods] : orphans) {
      const auto [at, first] = missing_.try_emplace(node, now);
      if (now - at->second >= kQuarantine) {
        collect_of(node, its_pods);
      } else if (first) {
        // In time, not at the next turn after it.
        environment_.executor.after(kQuarantine, guard_([this] {
                                      if (running_) collect_orphaned(pods_->objects().list());
                                    }));
      }
    }
  }

  // The copy may be behind: the API has the last word on the node.
  void collect_of(const std::string& node, const std::vector<api::ObjectPtr>& pods) {
    client::ResourceClient(transport_, kNodes)
        .get(node, guard_([this, pods](client::ApiResult<api::ObjectPtr> found) {
               if (found || !found.error().is_not_found()) return;
               end(pods, "PodGC: node no longer exists");
             }))
        .release();
  }

  void collect_unscheduled(const std::vector<api::ObjectPtr>& pods) {
    std::vector<api::ObjectPtr> unscheduled;
    for (const api::ObjectPtr& pod : pods) {
      if (pod->deleting() && node_of(*pod).empty()) unscheduled.push_back(pod);
    }
    end(std::move(unscheduled));
  }

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> pods_, nodes_;
  std::map<std::string, SteadyTime> missing_;  // nodes of pods, since when
  bool running_ = false;
  Executor::TimerId timer_ = 0;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_pod_garbage_collector(const Environment& environment) {
  return std::make_unique<PodGarbageCollector>(environment);
}

}  // namespace cove::controllers
