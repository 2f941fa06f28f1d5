// NodeStatus: this machine's Node as its agent keeps it, and the node's Lease (kubernetes.io "Node
// Status", "Node heartbeats").
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/client/event_recorder.h"
#include "core/client/transport.h"

namespace cove::node {

struct NodeImage {
  std::vector<std::string> names;  // "docker.io/library/nginx:1.25", and by digest
  std::uint64_t bytes = 0;
};

// What changes about a node while it runs.
struct NodeObservation {
  std::string not_ready;  // why it cannot run pods; empty: it can
  bool memory_pressure = false, disk_pressure = false, pid_pressure = false;
  std::vector<NodeImage> images;
  std::vector<std::string> volumes_in_use;
  std::map<std::string, std::uint64_t> huge_pages = {};  // bytes by resource: read_huge_pages()
  std::string runtime_version;  // "crun://1.8.1"; empty: as it was registered
};

// The node is there already: it was registered when the control plane began. One that somebody
// deletes stays away until the next start. Everything on the transport's executor but observe().
class NodeStatus {
 public:
  struct Parts {
    client::Transport& transport;  // as system:node:<name>
    const Clock& clock;
    client::EventRecorder& events;  // of the component "kubelet"
    Logger& logger;
    std::string node_name;
    std::string pod_subnet;  // "10.244.0.0/24"
  };
  // Begins at once: the lease every ten seconds, the status whenever a condition changed, every ten
  // seconds when anything else did, and every five minutes.
  NodeStatus(Parts parts, NodeObservation first);
  ~NodeStatus();
  NodeStatus(const NodeStatus&) = delete;

  // Thread-safe.
  void observe(NodeObservation observation);

 private:
  class State;
  std::shared_ptr<State> state_;
};

// Brings a node's document up to what was observed; false when only the times of heartbeats would
// change, and those only when `heartbeat` is false. Exported for tests.
bool apply_observation(boost::json::object& node, const NodeObservation& observation, WallTime now,
                       bool heartbeat);

}  // namespace cove::node
