// Statistics: what pods, their containers and the node use (kubernetes.io "Resource metrics
// pipeline"): processor time as the rate between two samples, memory as the working set.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/worker_pool.h"
#include "core/node/pods.h"
#include "core/runtime/runtime.h"

namespace cove::node {

struct Amounts {
  std::uint64_t cpu_nanocores = 0;
  std::uint64_t memory_bytes = 0;  // working set
  std::uint64_t cpu_total_ns = 0;  // since the start
};

struct ContainerAmounts {
  std::string container;
  Amounts amounts;
};

struct PodUsage {
  std::string namespace_name, pod, uid;
  WallTime at{};
  std::chrono::nanoseconds window{};
  std::vector<ContainerAmounts> containers;
};

struct NodeUsage {
  WallTime at{};
  std::chrono::nanoseconds window{};
  Amounts amounts;
};

// What the kernel says about the whole machine.
struct HostReading {
  std::uint64_t cpu_ns = 0;  // busy, over all processors, since the start
  std::uint64_t memory_total = 0, memory_available = 0;
};
HostReading read_host_usage(const Path& proc);
// What is set aside as huge pages, in bytes, by the resource's name ("hugepages-2Mi"); `pages` is
// /sys/kernel/mm/hugepages.
std::map<std::string, std::uint64_t> read_huge_pages(const Path& pages);

// Thread-safe.
class Statistics {
 public:
  using Read = std::function<Result<runtime::Statistics>(const std::string& id)>;
  struct Parts {
    const PodsOfNode& pods;
    Read read;  // Runtime::statistics()
    const Clock& clock;
    Path proc = "/proc";
  };
  explicit Statistics(Parts parts) : parts_(std::move(parts)) {}

  // One sample; blocks for as long as reading all control groups takes.
  void sample();
  // Of the last two samples. A pod is there once each of its running containers was sampled twice.
  std::vector<PodUsage> pods() const;
  std::optional<NodeUsage> node() const;
  // The working set of a run, as it is now; blocks shortly. Nothing once it has ended.
  std::optional<std::uint64_t> memory(const std::string& run) const;

 private:
  struct Reading {
    WallTime at{};
    std::uint64_t cpu_ns = 0;
  };
  static std::uint64_t rate(const Reading& from, const Reading& to);
  std::optional<PodUsage> measure(const RunningPod& pod,
                                  std::map<std::string, Reading>& next) const;

  const Parts parts_;
  std::mutex sampling_;
  mutable std::mutex mutex_;
  std::map<std::string, Reading> readings_;  // by run
  std::optional<Reading> host_;
  std::vector<PodUsage> pods_;
  std::optional<NodeUsage> node_;
};

inline constexpr std::chrono::seconds kSamplePeriod{15};

// Runs `task` on `pool` now and then every `period`, never twice at a time. Destruction does not
// wait for one under way, which keeps what it holds.
class Periodic {
 public:
  Periodic(Executor& executor, WorkerPool& pool, std::chrono::nanoseconds period,
           std::function<void()> task);
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::node
