#include "core/node/node_status.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/document.h"
#include "core/api/quantity.h"
#include "core/api/time.h"
#include "core/client/client.h"
#include "core/node/runtime_support.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPeriod{10};
constexpr int kPeriodsOfReport = 30;
constexpr int kLeaseSeconds = 40;
constexpr std::size_t kMostImages = 50;
constexpr std::size_t kMostNames = 5;
constexpr std::int64_t kReservedMemory = 100 << 20;  // what hard eviction keeps free
constexpr const char* kLeaseNamespace = "kube-node-lease";

struct Wanted {
  std::string_view type;
  bool status = false;
  std::string_view reason;
  std::string message;
  std::string_view event;  // when it becomes so
};

std::vector<Wanted> wanted_conditions(const NodeObservation& seen) {
  const bool memory = seen.memory_pressure;
  const bool disk = seen.disk_pressure;
  const bool pids = seen.pid_pressure;
  const bool ready = seen.not_ready.empty();
  return {{"MemoryPressure", memory,
           memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
           memory ? "kubelet has insufficient memory available"
                  : "kubelet has sufficient memory available",
           memory ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory"},
          {"DiskPressure", disk, disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
           disk ? "kubelet has disk pressure" : "kubelet has no disk pressure",
           disk ? "NodeHasDiskPressure" : "NodeHasNoDiskPressure"},
          {"PIDPressure", pids, pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
           pids ? "kubelet has insufficient PID available" : "kubelet has sufficient PID available",
           pids ? "NodeHasInsufficientPID" : "NodeHasSufficientPID"},
          {"Ready", ready, ready ? "KubeletReady" : "KubeletNotReady",
           ready ? "kubelet is posting ready status" : seen.not_ready,
           ready ? "NodeReady" : "NodeNotReady"}};
}

json::object* find_condition(json::array& all, std::string_view type) {
  for (json::value& each : all) {
    if (each.is_object() && api::text_at(each.get_object(), {"type"}) == type)
      return &each.get_object();
  }
  return nullptr;
}

// The types whose status became another one are added to `turned`.
bool apply_conditions(json::object& node, const NodeObservation& seen, WallTime now, bool heartbeat,
                      std::vector<std::string_view>* turned) {
  bool changed = false;
  json::array& all = api::make_array_at(node, {"status", "conditions"});
  const std::string time = rfc3339(now);
  for (const Wanted& wanted : wanted_conditions(seen)) {
    const std::string_view status = wanted.status ? "True" : "False";
    json::object* condition = find_condition(all, wanted.type);
    if (condition == nullptr) {
      all.emplace_back(json::object{{"type", api::key(wanted.type)}});
      condition = &all.back().get_object();
    }
    if (api::text_at(*condition, {"status"}) != status) {
      (*condition)["status"] = api::key(status);
      (*condition)["lastTransitionTime"] = time;
      if (turned != nullptr) turned->push_back(wanted.event);
      changed = true;
    }
    if (api::text_at(*condition, {"reason"}) != wanted.reason ||
        api::text_at(*condition, {"message"}) != wanted.message) {
      (*condition)["reason"] = api::key(wanted.reason);
      (*condition)["message"] = wanted.message;
      changed = true;
    }
  }
  for (json::value& each : all) {
    if (each.is_object() && (heartbeat || changed)) each.get_object()["lastHeartbeatTime"] = time;
  }
  return changed;
}

bool replace(json::object& node, std::string_view field, json::array wanted) {
  const json::array* const old = api::array_at(node, {"status", field});
  if (old != nullptr ? *old == wanted : wanted.empty()) return false;
  if (wanted.empty()) {
    api::erase_at(node, {"status", field});
  } else {
    api::set_at(node, {"status", field}, std::move(wanted));
  }
  return true;
}

// The largest ones, as upstream reports them.
json::array images_of(std::vector<NodeImage> images) {
  std::ranges::stable_sort(images, std::greater(), &NodeImage::bytes);
  images.resize(std::min(images.size(), kMostImages));
  json::array all;
  for (const NodeImage& image : images) {
    json::array names;
    for (const std::string& name : image.names) {
      if (names.size() < kMostNames) names.emplace_back(name);
    }
    if (names.empty()) continue;
    all.push_back(json::object{{"names", std::move(names)},
                               {"sizeBytes", static_cast<std::int64_t>(image.bytes)}});
  }
  return all;
}

bool apply_huge_pages(json::object& node, const NodeObservation& seen) {
  bool changed = false;
  for (const auto& [name, bytes] : seen.huge_pages) {
    const std::string amount =
        api::Quantity::of(static_cast<std::int64_t>(bytes), api::Quantity::Format::kBinarySi)
            .text();
    if (api::text_at(node, {"status", "capacity", name}) == amount) continue;
    api::set_at(node, {"status", "capacity", name}, json::value(amount));
    changed = true;
  }
  return changed;
}

// What of the capacity pods may use: evictions keep some of it free.
bool apply_allocatable(json::object& node) {
  const json::object* const capacity = api::object_at(node, {"status", "capacity"});
  if (capacity == nullptr) return false;
  json::object wanted = *capacity;
  const auto amount = [&](std::string_view name) {
    const auto parsed = api::Quantity::parse(api::text_at(*capacity, {name}));
    return parsed ? parsed->value() : 0;
  };
  // What is set aside as huge pages is nobody's memory otherwise.
  std::int64_t reserved = kReservedMemory;
  for (const auto& [name, each] : *capacity) {
    if (std::string_view(name).starts_with("hugepages-")) reserved += amount(name);
  }
  if (const std::int64_t memory = amount("memory"); memory > reserved)
    wanted["memory"] =
        api::Quantity::of(memory - reserved, api::Quantity::Format::kBinarySi).text();
  if (const std::int64_t disk = amount("ephemeral-storage"); disk > 0)
    wanted["ephemeral-storage"] = api::Quantity::of(disk / 10 * 9 + disk % 10 * 9 / 10).text();
  const json::object* const old = api::object_at(node, {"status", "allocatable"});
  if (old != nullptr && api::same(*old, wanted)) return false;
  api::set_at(node, {"status", "allocatable"}, std::move(wanted));
  return true;
}

bool apply_all(json::object& node, const NodeObservation& seen, WallTime now, bool heartbeat,
               std::vector<std::string_view>* turned) {
  bool changed = apply_conditions(node, seen, now, heartbeat, turned);
  changed = replace(node, "images", images_of(seen.images)) || changed;
  json::array volumes;
  for (const std::string& each : seen.volumes_in_use) volumes.emplace_back(each);
  changed = replace(node, "volumesInUse", std::move(volumes)) || changed;
  changed = replace(node, "runtimeHandlers", runtime_handlers()) || changed;
  changed = apply_huge_pages(node, seen) || changed;
  changed = apply_allocatable(node) || changed;
  if (!seen.runtime_version.empty() &&
      api::text_at(node, {"status", "nodeInfo", "containerRuntimeVersion"}) !=
          seen.runtime_version) {
    api::set_at(node, {"status", "nodeInfo", "containerRuntimeVersion"},
                json::value(seen.runtime_version));
    changed = true;
  }
  return changed;
}

bool same_conditions(const NodeObservation& a, const NodeObservation& b) {
  return a.not_ready == b.not_ready && a.memory_pressure == b.memory_pressure &&
         a.disk_pressure == b.disk_pressure && a.pid_pressure == b.pid_pressure;
}

}  // namespace

bool apply_observation(json::object& node, const NodeObservation& observation, WallTime now,
                       bool heartbeat) {
  return apply_all(node, observation, now, heartbeat, nullptr) || heartbeat;
}

class NodeStatus::State : public std::enable_shared_from_this<NodeStatus::State> {
 public:
  State(Parts parts, NodeObservation first)
      : parts_(std::move(parts)),
        nodes_(parts_.transport, {"", "v1", "nodes"}),
        leases_(parts_.transport, {"coordination.k8s.io", "v1", "leases"}, kLeaseNamespace),
        seen_(std::move(first)) {}

  void begin() {
    event("Starting", "Starting kubelet.");
    set_subnet();
    report(true);
    tick();
  }

  // From any thread.
  void post(NodeObservation seen) {
    parts_.transport.executor().post([weak = weak_from_this(), seen = std::move(seen)]() mutable {
      if (const auto self = weak.lock()) self->observe(std::move(seen));
    });
  }

  void observe(NodeObservation seen) {
    if (over_) return;
    const bool at_once = !same_conditions(seen, seen_);
    seen_ = std::move(seen);
    if (at_once) report(false);
  }

  void stop() {
    over_ = true;
    node_write_.cancel();
    subnet_write_.cancel();
    lease_write_.cancel();
  }

 private:
  void tick() {
    if (over_) return;
    renew();
    if (ticks_ > 0) report(ticks_ % kPeriodsOfReport == 0);
    ++ticks_;
    parts_.transport.executor().after(kPeriod, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->tick();
    });
  }

  // The newest observation, after the write that is under way.
  void report(bool heartbeat) {
    heartbeat_due_ = heartbeat_due_ || heartbeat;
    if (std::exchange(reporting_, true)) {
      again_ = true;
      return;
    }
    const bool beats = std::exchange(heartbeat_due_, false);
    const auto turned = std::make_shared<std::vector<std::string_view>>();
    node_write_ = nodes_.update_with_retry(
        parts_.node_name,
        [self = shared_from_this(), turned, beats](json::object& node) {
          turned->clear();
          return apply_all(node, self->seen_, self->parts_.clock.wall(), beats, turned.get()) ||
                 beats;
        },
        {.subresource = "status"},
        [weak = weak_from_this(), turned, beats](client::ApiResult<api::ObjectPtr> done) {
          if (const auto self = weak.lock()) self->reported(done, *turned, beats);
        });
  }

  void reported(const client::ApiResult<api::ObjectPtr>& done,
                const std::vector<std::string_view>& turned, bool beats) {
    reporting_ = false;
    if (over_) return;
    if (!done) {
      parts_.logger.warn("the node's status was not written", {{"cause", done.error().message}});
      heartbeat_due_ = heartbeat_due_ || beats;
    } else {
      for (const std::string_view reason : turned) {
        event(reason, fmt::format("Node {} status is now: {}", parts_.node_name, reason));
      }
    }
    if (std::exchange(again_, false)) report(false);
  }

  void set_subnet() {
    if (parts_.pod_subnet.empty()) return;
    subnet_write_ = nodes_.update_with_retry(
        parts_.node_name,
        [subnet = parts_.pod_subnet](json::object& node) {
          if (!api::text_at(node, {"spec", "podCIDR"}).empty()) return false;
          api::set_at(node, {"spec", "podCIDR"}, json::value(subnet));
          api::set_at(node, {"spec", "podCIDRs"}, json::array{json::value(subnet)});
          return true;
        },
        {},
        [weak = weak_from_this()](client::ApiResult<api::ObjectPtr> done) {
          const auto self = weak.lock();
          if (self && !done)
            self->parts_.logger.warn("the node's pod subnet was not written",
                                     {{"cause", done.error().message}});
          if (self && done) self->uid_ = std::string((*done)->uid());
        });
  }

  void renew() {
    const std::string now = api::format_micro_time(parts_.clock.wall());
    lease_write_ = leases_.update_with_retry(
        parts_.node_name,
        [now, name = parts_.node_name](json::object& lease) {
          api::set_at(lease, {"spec", "renewTime"}, json::value(now));
          api::set_at(lease, {"spec", "holderIdentity"}, json::value(name));
          api::set_at(lease, {"spec", "leaseDurationSeconds"}, kLeaseSeconds);
          return true;
        },
        {},
        [weak = weak_from_this(), now](client::ApiResult<api::ObjectPtr> done) {
          const auto self = weak.lock();
          if (!self || self->over_ || done) return;
          if (done.error().code == 404) return self->make_lease(now);
          self->parts_.logger.warn("the node's lease was not renewed",
                                   {{"cause", done.error().message}});
        });
  }

  void make_lease(const std::string& now) {
    json::object metadata{{"name", parts_.node_name}, {"namespace", kLeaseNamespace}};
    if (!uid_.empty()) {
      metadata["ownerReferences"] = json::array{json::object{
          {"apiVersion", "v1"}, {"kind", "Node"}, {"name", parts_.node_name}, {"uid", uid_}}};
    }
    lease_write_ = leases_.create(
        json::object{{"apiVersion", "coordination.k8s.io/v1"},
                     {"kind", "Lease"},
                     {"metadata", std::move(metadata)},
                     {"spec", json::object{{"holderIdentity", parts_.node_name},
                                           {"leaseDurationSeconds", kLeaseSeconds},
                                           {"renewTime", now}}}},
        {}, [](const client::ApiResult<api::ObjectPtr>&) {});  // tried again with the next renewal
  }

  void event(std::string_view reason, std::string_view message) {
    // A node's events name it twice, as its uid too.
    parts_.events.event_about(json::object{{"apiVersion", "v1"},
                                           {"kind", "Node"},
                                           {"name", parts_.node_name},
                                           {"uid", parts_.node_name}},
                              "Normal", reason, message);
  }

  const Parts parts_;
  client::ResourceClient nodes_, leases_;
  NodeObservation seen_;
  client::Operation node_write_, subnet_write_, lease_write_;
  std::string uid_;
  int ticks_ = 0;
  bool reporting_ = false, again_ = false, heartbeat_due_ = false, over_ = false;
};

NodeStatus::NodeStatus(Parts parts, NodeObservation first)
    : state_(std::make_shared<State>(std::move(parts), std::move(first))) {
  state_->begin();
}

NodeStatus::~NodeStatus() {
  state_->stop();
}

void NodeStatus::observe(NodeObservation observation) {
  state_->post(std::move(observation));
}

}  // namespace cove::node
