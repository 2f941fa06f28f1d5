#include "ui/models/live_counts.h"

#include "ui/models/pod_state.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kPause = 100;  // ms

bool has_condition(const api::Object& object, std::string_view type, std::string_view status) {
  const auto* conditions = api::array_at(object.document(), {"status", "conditions"});
  if (conditions == nullptr) return false;
  for (const json::value& each : *conditions) {
    const auto* condition = each.if_object();
    if (condition != nullptr && api::text_at(*condition, {"type"}) == type &&
        api::text_at(*condition, {"status"}) == status)
      return true;
  }
  return false;
}

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
  marks.erase(found);
}

void LiveCounts::Tally::put(const std::string& key, Mark mark) {
  drop(key);
  marks[key] = mark;
  if (mark != Mark::kOver) ++count.alive;
  if (mark == Mark::kBad) ++count.bad;
}

LiveCounts::LiveCounts(ApiSession& api, const Clock& clock, QObject* parent)
    : QObject(parent), api_(api) {
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &LiveCounts::changed);
  connect(&api, &ApiSession::trouble_changed, this, &LiveCounts::soon);
  connect(&api, &ApiSession::chosen, this, &LiveCounts::soon);
  follow({"", "v1", "pods"}, pods_, [&clock](const api::Object& pod) {
    const ObjectState state = pod_state(pod, clock.wall()).state;
    return state == ObjectState::kBad   ? Mark::kBad
           : state == ObjectState::kOff ? Mark::kOver
                                        : Mark::kAlive;
  });
  follow({"apps", "v1", "deployments"}, deployments_, [](const api::Object& deployment) {
    return has_condition(deployment, "Progressing", "False") ||
                   has_condition(deployment, "ReplicaFailure", "True")
               ? Mark::kBad
               : Mark::kAlive;
  });
  follow({"", "v1", "services"}, services_, [](const api::Object& service) {
    const auto* selector = api::object_at(service.document(), {"spec", "selector"});
    const bool external = api::text_at(service.document(), {"spec", "type"}) == "ExternalName";
    return selector != nullptr && !selector->empty() && !external ? Mark::kBad : Mark::kAlive;
  });
  follow_endpoints();
}

void LiveCounts::follow(const client::Resource& resource, Tally& tally, Look look) {
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
  collections_.push_back(collection);
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
  collections_.push_back(slices);
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
