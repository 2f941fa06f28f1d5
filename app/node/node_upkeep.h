// NodeUpkeep: what a node agent does beside running pods: measures usage, keeps the Node's status
// and lease, and makes room when memory or disk run short.
#pragma once

#include <memory>
#include <string>

#include "app/node/container_host.h"
#include "app/node/control_plane.h"
#include "core/base/worker_pool.h"
#include "core/node/eviction.h"
#include "core/node/node_agent.h"

namespace cove::node {

class NodeUpkeep {
 public:
  struct Parts {
    Path data_dir;
    std::string node_name;
    std::string pod_subnet;
    EvictionLimits eviction;
    boost::json::object configuration;  // that the agent shows (server::UsageSource)
    client::Transport& transport;       // as system:node:<name>
    WorkerPool& pool;
    ControlPlane& plane;
    ContainerHost& host;
    NodeAgent& agent;
    const Clock& clock;
    Logger& logger;
  };
  // On the transport's executor, as its end. Everything must outlive it and the pool's work.
  explicit NodeUpkeep(const Parts& parts);
  ~NodeUpkeep();
  NodeUpkeep(const NodeUpkeep&) = delete;

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::node
