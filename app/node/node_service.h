// NodeService: this machine as a node of its cluster: the node agent, and the network of Services
// and pods.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/node/container_host.h"
#include "app/node/control_plane.h"
#include "core/node/eviction.h"
#include "core/node/pods.h"

namespace cove::node {

// Pods' addresses, and this machine's among them.
inline constexpr const char* kPodSubnet = "10.244.0.0/24";
inline constexpr const char* kPodGateway = "10.244.0.1";
inline constexpr const char* kClusterDomain = "cluster.local";

// Where PersistentVolumes of the class "standard" lie.
inline Path volumes_folder(const Path& data_dir) {
  return data_dir / "volumes";
}

// The tenth address of the Service network.
std::string cluster_dns(const server::Ipv4Range& services);

class NodeService {
 public:
  struct Parts {
    Path data_dir;
    std::string node_name;
    std::string node_address;
    std::string listen_address;  // of Ingresses
    server::Ipv4Range service_range;
    EvictionLimits eviction;
    Path manifests;  // of static pods
    Path log_dir;    // of the node's own logs; may be empty
    ControlPlane& plane;
    ContainerHost& host;
    Clock& clock;
    Logger& logger;
  };
  // Blocks; finds again what runs.
  static Result<std::unique_ptr<NodeService>> start(Parts parts);
  // Without grace.
  ~NodeService();

  const PodsOfNode& pods() const;
  // With a grace pods are terminated, else they go on. Before the plane's stop().
  void stop(std::chrono::seconds grace);

 private:
  class Implementation;
  explicit NodeService(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
