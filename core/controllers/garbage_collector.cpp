// The garbage collector: deletes what has lost its owners, and carries out foreground deletion and
// orphaning, for objects of every kind (kubernetes.io "Garbage Collection").

#include <fmt/format.h>

#include <map>

#include "core/client/reflector.h"
#include "core/controllers/garbage_collector_sweeper.h"
#include "core/controllers/list.h"
#include "core/controllers/metadata_transport.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kAccount = "generic-garbage-collector";
constexpr std::chrono::seconds kDiscoveryPeriod{30};
// A kind that cannot be read so long does not hold up the others any more.
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kPause{50};
constexpr std::string_view kOrphanKey = "orphan/";
constexpr int kWorkers = 20;

client::RetryLimits retries() {
  client::RetryLimits limits;
  limits.longest = std::chrono::minutes(5);
  limits.rate = 100;
  limits.burst = 1000;
  return limits;
}

class GarbageCollector final : public ControlLoop {
 public:
  explicit GarbageCollector(const Environment& environment)
      : environment_(environment),
        metadata_(environment.as(kAccount)),
        events_(environment.as(kAccount), environment.clock, environment.random, environment.logger,
                {.component = "garbage-collector-controller"}),
        graph_({.check = [this](const std::string& uid) { queue().add(uid); },
                .orphan =
                    [this](const std::string& uid) { queue().add(std::string(kOrphanKey) + uid); },
                .wrong_namespace = [this](const OwnerGraph::Node& node,
                                          const OwnerReference& owner) { report(node, owner); }}),
        sweeper_({.metadata = metadata_,
                  .graph = graph_,
                  .resources = [this] { return resources_; },
                  .refresh = [this] { refresh(); },
                  .check_soon = [this](const std::string& uid) { queue().add(uid); },
                  .wrong_namespace = [this](const OwnerGraph::Node& node,
                                            const OwnerReference& owner) { report(node, owner); }}),
        controller_(
            environment.executor, environment.clock, environment.random, environment.logger,
            {.name = "garbage-collector-controller", .workers = kWorkers, .limits = retries()},
            [this](const std::string& key, client::Controller::Done done) {
              reconcile(key, std::move(done));
            }) {}

  ~GarbageCollector() override { environment_.executor.cancel(timer_); }

  std::string_view name() const override { return "garbage-collector-controller"; }
  void start() override {
    controller_.start();
    refresh();
  }
  void stop(std::function<void()> stopped) override {
    stopping_ = true;
    environment_.executor.cancel(timer_);
    for (const auto& [key, each] : followed_) each->reflector.reset();
    controller_.stop(std::move(stopped));
  }

 private:
  // One kind, and how its objects come here.
  struct Following {
    Followed of;
    std::unique_ptr<client::Reflector> reflector = nullptr;
    bool synced = false;
    SteadyTime since{};
  };

  client::WorkQueue& queue() { return controller_.queue(); }

  // --- What there is to follow.
  void refresh() {
    if (stopping_) return;
    if (refreshing_) {
      refresh_again_ = true;
      return;
    }
    refreshing_ = true;
    environment_.executor.cancel(timer_);
    discover(environment_.as(kAccount), guard_([this](auto found) {
               refreshing_ = false;
               if (stopping_) return;
               if (found) {
                 follow(*found);
               } else {
                 environment_.logger.warn("cannot read which resources there are",
                                          {{"error", found.error().message}});
               }
               if (std::exchange(refresh_again_, false)) return refresh();
               timer_ =
                   environment_.executor.after(kDiscoveryPeriod, guard_([this] { refresh(); }));
             }));
  }

  void follow(std::shared_ptr<const DiscoveredResources> found) {
    resources_ = std::move(found);
    std::map<std::string, const DiscoveredResource*> wanted;
    for (const DiscoveredResource& each : resources_->preferred()) {
      const bool followed = each.can("delete") && each.can("list") && each.can("watch");
      const bool events = each.resource.group.empty() && each.resource.plural == "events";
      if (followed && !events) wanted[each.api_version() + "/" + each.resource.plural] = &each;
    }
    std::erase_if(followed_, [&](auto& each) {
      if (const auto it = wanted.find(each.first); it != wanted.end()) {
        const FollowedResource& of = *each.second->of;
        if (of.kind == it->second->kind && of.namespaced == it->second->namespaced) return false;
      }
      each.second->reflector.reset();
      graph_.drop(each.second->of);
      return true;
    });
    for (const auto& [key, resource] : wanted) {
      auto& place = followed_[key];
      if (place) continue;
      place = std::make_unique<Following>();
      place->of = std::make_shared<const FollowedResource>(FollowedResource{
          resource->resource, resource->api_version(), resource->kind, resource->namespaced});
      place->since = environment_.clock.steady();
      watch(*place);
    }
  }

  void watch(Following& followed) {
    const bool definitions = followed.of->kind == "CustomResourceDefinition";
    client::Reflector::Sink sink;
    sink.replace = [this, &followed, definitions](const std::vector<api::ObjectPtr>& items) {
      std::unordered_set<std::string> present;
      for (const api::ObjectPtr& item : items) {
        present.emplace(item->uid());
        graph_.put(followed.of, *item);
      }
      if (followed.synced) graph_.keep_only(followed.of, present);
      followed.synced = true;
      // Some may have come after what is served was read.
      if (definitions && !items.empty()) refresh();
    };
    sink.change = [this, &followed, definitions](const client::WatchEvent& event) {
      if (event.type == client::WatchEventType::kDeleted) {
        graph_.remove(event.object->uid());
      } else {
        graph_.put(followed.of, *event.object);
      }
      if (definitions) refresh();
    };
    followed.reflector = std::make_unique<client::Reflector>(
        metadata_, client::Selection{.resource = followed.of->resource}, std::move(sink),
        environment_.random, environment_.logger);
    followed.reflector->start();
  }

  // What is not in the graph may only not have been read yet.
  bool complete() const {
    const SteadyTime now = environment_.clock.steady();
    return resources_ && std::ranges::all_of(followed_, [&](const auto& each) {
             return each.second->synced || now - each.second->since > kPatience;
           });
  }

  // --- What is to be done.
  void reconcile(const std::string& key, client::Controller::Done done) {
    if (!complete()) return done(client::Reconciled{.again_after = kPause});
    if (key.starts_with(kOrphanKey))
      return sweeper_.orphan(key.substr(kOrphanKey.size()), std::move(done));
    sweeper_.check(key, std::move(done));
  }

  void report(const OwnerGraph::Node& node, const OwnerReference& owner) {
    json::object about{{"apiVersion", node.of->api_version},
                       {"kind", node.of->kind},
                       {"name", node.name},
                       {"uid", node.uid}};
    if (!node.namespace_name.empty()) about["namespace"] = node.namespace_name;
    events_.event_about(
        std::move(about), "Warning", "OwnerRefInvalidNamespace",
        fmt::format("ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does not exist in "
                    "namespace \"{}\"",
                    owner.api_version, owner.kind, node.namespace_name, owner.name, owner.uid,
                    node.namespace_name));
  }

  const Environment environment_;
  MetadataTransport metadata_;
  client::EventRecorder events_;
  OwnerGraph graph_;
  Sweeper sweeper_;
  std::shared_ptr<const DiscoveredResources> resources_;
  std::map<std::string, std::unique_ptr<Following>> followed_;  // by "apps/v1/deployments"
  bool refreshing_ = false;
  bool refresh_again_ = false;
  bool stopping_ = false;
  Executor::TimerId timer_ = 0;
  client::Controller controller_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_garbage_collector(const Environment& environment) {
  return std::make_unique<GarbageCollector>(environment);
}

}  // namespace cove::controllers
