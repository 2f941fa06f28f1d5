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
#include "core/base/process.h"
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
    Path directory;  // DIR/pods/<uid>/…, DIR/volumes/<uid>/…,
                     // DIR/logs/<namespace>_<name>_<uid>/<container>/N.log
    Path manifests;  // of static pods (static_pods.h); empty: there are none
    std::string node_name;
    std::string node_address;
    std::string cluster_dns;       // "10.96.0.10"
    std::string cluster_domain;    // "cluster.local"
    std::string pod_subnet;        // "10.244.0.0/24"
    client::Transport& transport;  // as system:node:<name> in the group system:nodes, on `executor`
    Executor& executor;
    WorkerPool& pool;
    runtime::Runtime& runtime;             // of pods alone
    std::string cgroup_root;               // the runtime's
    network::ContainerNetworks& networks;  // of pods alone
    image::ImageStore& images;             // shared with the container engine
    image::LayerStore& layers;
    image::Registries& registries;
    Path pause;        // the program cove-pause
    Spawner& spawner;  // of it
    Clock& clock;
    client::Random random;
    Logger& logger;
  };
  // Blocks; not on the executor, which must be running.
  static Result<std::unique_ptr<NodeAgent>> start(Parts parts);
  // Containers go on; steps under way are waited for. Not on the executor, which must be running.
  ~NodeAgent();

  // Thread-safe; lives as long as this.
  const PodsOfNode& pods() const;
  // No pod is started any more; with `grace` containers are ended within it, those of the least
  // important pods first. The pods stay what they are, and the next agent starts them again as
  // their restart policy says. Blocks; not on the executor.
  void stop(std::chrono::seconds grace);
  // The pod is Failed with that reason and message ("Evicted") once its containers have ended,
  // within `grace_seconds`; `disruption` is the reason of its condition DisruptionTarget
  // ("TerminationByKubelet"). Thread-safe.
  void evict(const std::string& pod_uid, std::string reason, std::string message,
             std::string disruption, std::int64_t grace_seconds);

 private:
  class Implementation;
  explicit NodeAgent(std::shared_ptr<Implementation> implementation);
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::node
