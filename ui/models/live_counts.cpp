#include "ui/models/live_counts.h"

#include <algorithm>

#include "core/api/readers.h"
#include "ui/models/pod_state.h"
#include "vm/provision/ways.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kPause = 100;  // ms

int ready_endpoints(const api::Object& slice) {
  const auto* endpoints = api::array_at(slice.document(), {"endpoints"});
  if (endpoints == nullptr) return 0;
  int ready = 0;
  for (const json::value& each : *endpoints) {
    const auto* endpoint = each.if_object();
    if (endpoint == nullptr) continue;
    // Absent is unknown, which counts as ready.
    const auto* flag = api::value_at(*endpoint, {"conditions", "ready"});
    if (flag == nullptr || (flag->is_bool() && flag->get_bool())) ++ready;
  }
  return ready;
}

}  // namespace

void LiveCounts::Tally::drop(const std::string& key) {
  const auto found = marks.find(key);
  if (found == marks.end()) return;
  if (found->second != Mark::kOver) --count.alive;
  if (found->second == Mark::kBad) --count.bad;
  if (found->second == Mark::kWaiting) --count.waiting;
  marks.erase(found);
}

void LiveCounts::Tally::put(const std::string& key, Mark mark) {
  drop(key);
  marks[key] = mark;
  if (mark != Mark::kOver) ++count.alive;
  if (mark == Mark::kBad) ++count.bad;
  if (mark == Mark::kWaiting) ++count.waiting;
}

LiveCounts::LiveCounts(ApiSession& api, const Clock& clock, QObject* parent)
    : QObject(parent), api_(api) {
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &LiveCounts::changed);
  connect(&api, &ApiSession::trouble_changed, this, &LiveCounts::soon);
  connect(&api, &ApiSession::chosen, this, &LiveCounts::soon);
  follow(collections_, {"", "v1", "pods"}, pods_, [&clock](const api::Object& pod) {
    const ObjectState state = pod_state(pod, clock.wall()).state;
    return state == ObjectState::kBad   ? Mark::kBad
           : state == ObjectState::kOff ? Mark::kOver
                                        : Mark::kAlive;
  });
  follow(collections_, {"apps", "v1", "deployments"}, deployments_,
         [](const api::Object& deployment) {
           const auto* progress = api::condition_of(deployment.document(), "Progressing");
           const bool stuck = progress != nullptr && api::text_at(*progress, {"status"}) == "False";
           return stuck || api::condition_holds(deployment.document(), "ReplicaFailure")
                      ? Mark::kBad
                      : Mark::kAlive;
         });
  follow(collections_, {"", "v1", "services"}, services_, [](const api::Object& service) {
    const auto* selector = api::object_at(service.document(), {"spec", "selector"});
    const bool external = api::text_at(service.document(), {"spec", "type"}) == "ExternalName";
    return selector != nullptr && !selector->empty() && !external ? Mark::kBad : Mark::kAlive;
  });
  follow_endpoints();
  follow(sides_, {"batch", "v1", "jobs"}, jobs_, [](const api::Object& job) {
    return api::condition_holds(job.document(), "Failed")     ? Mark::kBad
           : api::condition_holds(job.document(), "Complete") ? Mark::kOver
                                                              : Mark::kAlive;
  });
  follow(sides_, {"", "v1", "persistentvolumeclaims"}, claims_, [](const api::Object& claim) {
    const auto phase = api::text_at(claim.document(), {"status", "phase"});
    return phase == "Lost" ? Mark::kBad : phase == "Bound" ? Mark::kAlive : Mark::kWaiting;
  });
  follow_ingresses();
}

void LiveCounts::follow(Collections& among, const client::Resource& resource, Tally& tally,
                        Look look) {
  const auto collection = api_.follow({.resource = resource});
  const auto take = [this, &tally,
                     look = std::move(look)](const std::vector<ObjectChange>& changes) {
    for (const ObjectChange& change : changes) {
      if (change.object) {
        tally.put(change.key, look(*change.object));
      } else {
        tally.drop(change.key);
      }
    }
    soon();
  };
  connect(collection.get(), &LiveCollection::changed, this, take);
  connect(collection.get(), &LiveCollection::forgotten, this, [this, &tally] {
    tally = {};
    soon();
  });
  connect(collection.get(), &LiveCollection::health_changed, this, &LiveCounts::soon);
  among.push_back(collection);
}

void LiveCounts::follow_endpoints() {
  const auto slices = api_.follow({.resource = {"discovery.k8s.io", "v1", "endpointslices"}});
  connect(slices.get(), &LiveCollection::changed, this,
          [this](const std::vector<ObjectChange>& changes) {
            for (const ObjectChange& change : changes) {
              if (const auto old = slices_.find(change.key); old != slices_.end()) {
                ready_[old->second.first] -= old->second.second;
                if (ready_[old->second.first] == 0) ready_.erase(old->second.first);
                slices_.erase(old);
              }
              if (!change.object) continue;
              const std::string service =
                  std::string(change.object->namespace_name()) + "/" +
                  std::string(api::text_at(change.object->document(),
                                           {"metadata", "labels", "kubernetes.io/service-name"}));
              const int ready = ready_endpoints(*change.object);
              slices_[change.key] = {service, ready};
              if (ready > 0) ready_[service] += ready;
            }
            soon();
          });
  connect(slices.get(), &LiveCollection::forgotten, this, [this] {
    slices_.clear();
    ready_.clear();
    soon();
  });
  connect(slices.get(), &LiveCollection::health_changed, this, &LiveCounts::soon);
  collections_.push_back(slices);
}

void LiveCounts::follow_ingresses() {
  const auto live = api_.follow({.resource = {"networking.k8s.io", "v1", "ingresses"}});
  connect(
      live.get(), &LiveCollection::changed, this, [this](const std::vector<ObjectChange>& changes) {
        for (const ObjectChange& change : changes) {
          if (!change.object) {
            ingresses_.erase(change.key);
            continue;
          }
          const auto& document = change.object->document();
          const auto* addresses = api::array_at(document, {"status", "loadBalancer", "ingress"});
          Route route;
          route.addressed = addresses != nullptr && !addresses->empty();
          for (const auto& way : provision::ingress_ways({}, document)) {
            route.services.push_back(std::string(change.object->namespace_name()) + "/" +
                                     way.service.substr(0, way.service.rfind(':')));
          }
          ingresses_[change.key] = std::move(route);
        }
        soon();
      });
  connect(live.get(), &LiveCollection::forgotten, this, [this] {
    ingresses_.clear();
    soon();
  });
  sides_.push_back(live);
}

LiveCount LiveCounts::ingresses() const {
  LiveCount count;
  const bool known =
      std::ranges::all_of(collections_, &LiveCollection::synced,
                          [](const auto& each) -> const LiveCollection& { return *each; });
  for (const auto& [key, route] : ingresses_) {
    ++count.alive;
    if (!known) continue;
    const bool broken =
        route.services.empty() || std::ranges::any_of(route.services, [&](const auto& service) {
          const auto found = services_.marks.find(service);
          return found == services_.marks.end() ||
                 (found->second == Mark::kBad && !ready_.contains(service));
        });
    if (broken) {
      ++count.bad;
    } else if (!route.addressed) {
      ++count.waiting;
    }
  }
  return count;
}

// Of Services that need endpoints, those that have none.
LiveCount LiveCounts::services() const {
  LiveCount count{services_.count.alive, 0};
  if (!collections_.back()->synced()) return count;
  for (const auto& [key, mark] : services_.marks)
    if (mark == Mark::kBad && !ready_.contains(key)) ++count.bad;
  return count;
}

void LiveCounts::soon() {
  if (!soon_.isActive()) soon_.start();
}

}  // namespace cove::ui
