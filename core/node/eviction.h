// Eviction: ends pods before the node runs out of memory or disk (kubernetes.io "Node-pressure
// Eviction"), and what disk pressure takes first: images that nobody uses.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/client/event_recorder.h"
#include "core/node/free_space.h"
#include "core/node/pods.h"
#include "core/node/stats.h"

namespace cove::node {

struct EvictionLimits {
  std::uint64_t memory_bytes = 100 << 20;       // memory.available
  FreeSpace disk{10, std::uint64_t{2} << 30};   // nodefs.available
  std::chrono::seconds pressure_lasts{5 * 60};  // after it was last seen
};

struct NodeRoom {
  std::uint64_t memory_available = 0, memory_total = 0;
  std::uint64_t disk_available = 0, disk_total = 0;
};

// "memory.available<100Mi,nodefs.available<10%" (as the kubelet's --eviction-hard; what is not
// named is not looked at) into `limits`. kInvalidArgument says what is wrong.
Result<void> parse_eviction_hard(std::string_view text, EvictionLimits& limits);

enum class Pressure { kNone, kMemory, kDisk };
// Memory before disk.
Pressure pressure_of(const NodeRoom& room, const EvictionLimits& limits);

struct ContainerConsumption {
  std::string container;
  std::uint64_t used = 0, requested = 0;  // of the resource that is short
};
struct Candidate {
  api::ObjectPtr pod;
  std::vector<ContainerConsumption> containers;
};

// Who goes first: those that use more than they asked for, by lowest priority, by how much they use
// over it. Pods that the node itself stands on (static ones, of the system's priorities) are left
// out.
std::vector<Candidate> ranked(std::vector<Candidate> candidates);

// "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container web
// was using 300Mi, request is 0, has larger consumption of memory. "
std::string eviction_message(std::string_view resource, std::uint64_t threshold,
                             std::uint64_t available, const Candidate& candidate);

// Thread-safe; step() is called every ten seconds and blocks.
class Eviction {
 public:
  struct Parts {
    const PodsOfNode& pods;
    const Statistics& statistics;
    std::function<NodeRoom()> room;
    // What a pod has written: its containers' upper folders, logs, emptyDirs. Asked under disk
    // pressure only.
    std::function<std::uint64_t(const RunningPod&)> disk_usage;
    // Removes images that nobody uses; true when something went.
    std::function<bool()> free_images;
    // NodeAgent::evict().
    std::function<void(const std::string& uid, const std::string& reason,
                       const std::string& message, const std::string& disruption,
                       std::int64_t grace_seconds)>
        evict;
    client::EventRecorder& events;
    const Clock& clock;
    Logger& logger;
    std::string node_name;
    EvictionLimits limits = {};
  };
  explicit Eviction(Parts parts) : parts_(std::move(parts)) {}

  // Looks, and ends at most one pod; none while the last one still ends, for half a minute.
  void step();
  // For the node's conditions.
  bool memory_pressure() const;
  bool disk_pressure() const;

 private:
  bool lasts(const std::optional<SteadyTime>& seen) const;
  std::vector<Candidate> candidates(Pressure pressure) const;
  void end_one(Pressure pressure, const NodeRoom& room);

  const Parts parts_;
  mutable std::mutex mutex_;
  std::optional<SteadyTime> memory_seen_, disk_seen_;
  std::string evicted_;  // the last pod; step()'s alone
  SteadyTime evicted_at_{};
};

}  // namespace cove::node
