// NodeAgent: runs the pods that are bound to this node (the kubelet's work; kubernetes.io "Pod
// Lifecycle").
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/worker_pool.h"
#include "core/client/backoff.h"
#include "core/client/transport.h"
#include "core/image/image_store.h"
#include "core/image/registry.h"
#include "core/network/container_networks.h"
#include "core/node/pods.h"
#include "core/runtime/runtime.h"

namespace cove::node {

// One object per node. Its state belongs to `executor`, a loop of its own; what blocks runs on
// `pool`, one thing per pod at a time. Containers outlive it: they are adopted at the next start.
class NodeAgent {
 public:
  struct Parts {
    Path directory;  // DIR/pods/<uid>/…, DIR/logs/<namespace>_<name>_<uid>/<container>/N.log
    Path manifests;  // static pods: *.yaml and *.json here; empty: none
    std::string node_name;
    std::string node_address;
    std::string cluster_dns;       // "10.96.0.10"
    std::string cluster_domain;    // "cluster.local"
    std::string pod_subnet;        // "10.244.0.0/24"
    client::Transport& transport;  // as system:node:<name> in the group system:nodes, on `executor`
    Executor& executor;
    WorkerPool& pool;
    runtime::Runtime& runtime;             // of pods alone
    network::ContainerNetworks& networks;  // of pods alone
    image::ImageStore& images;             // shared with the container engine
    image::LayerStore& layers;
    image::Registries& registries;
    Clock& clock;
    client::Random random;
    Logger& logger;
  };
  static Result<std::unique_ptr<NodeAgent>> start(Parts parts);
  // Without waiting: containers go on.
  ~NodeAgent();

  // Thread-safe; lives as long as this.
  const PodsOfNode& pods() const;
  // No pod is started any more; with `grace` pods are terminated first, least important first, and
  // what runs is told Terminated with the reason NodeShutdown. Blocks; not on the executor.
  void stop(std::chrono::seconds grace);

 private:
  class Implementation;
  explicit NodeAgent(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
