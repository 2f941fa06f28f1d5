// What nodes and pods use, measured by a node agent and never stored: metrics.k8s.io, and a node's
// own summary at nodes/<name>/proxy/stats/summary (kubernetes.io "Resource metrics pipeline", "Node
// metrics data").
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/server/admission.h"
#include "core/server/api_server.h"

namespace cove::server {

struct Usage {
  std::uint64_t cpu_nanocores = 0;  // over the window
  std::uint64_t memory_bytes = 0;   // working set at its end
  std::uint64_t cpu_total_ns = 0;   // since the start
};

struct ContainerUsage {
  std::string container;
  Usage usage;
};

// Of the file system that images and containers live on.
struct DiskUsage {
  std::uint64_t capacity_bytes = 0;
  std::uint64_t available_bytes = 0;
};

struct UsageReport {
  std::string namespace_name;  // of a pod; empty for a node
  std::string name;
  WallTime at{};  // the window's end
  std::chrono::nanoseconds window{};
  Usage usage;                                   // of a node
  std::vector<ContainerUsage> containers;        // of a pod
  std::optional<DiskUsage> disk = std::nullopt;  // of a node
};

// Thread-safe, and never blocks.
class UsageSource {
 public:
  virtual ~UsageSource() = default;
  virtual std::vector<UsageReport> nodes() const = 0;
  virtual std::vector<UsageReport> pods() const = 0;
  // The node agent's settings, as kubelet.config.k8s.io/v1beta1 names them.
  virtual boost::json::object configuration() const { return {}; }
};

class MetricsServer {
 public:
  // Adds its sources: before the first request. All must outlive it.
  MetricsServer(ApiServer& server, const ClusterState& state);
  ~MetricsServer();
  // Thread-safe. Null, as at the beginning: nothing is measured, lists are empty.
  void set_source(std::shared_ptr<const UsageSource> source);
  // On the state thread: nodes/<name>/proxy/healthz, stats/summary, configz, metrics,
  // metrics/resource and metrics/cadvisor.
  void serve_node(const CallPtr& call) const;

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::server
