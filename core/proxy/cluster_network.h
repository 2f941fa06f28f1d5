// ClusterNetwork: what Services, EndpointSlices and NetworkPolicies of the API mean for this
// machine's packets and names (kubernetes.io "Virtual IPs and Service Proxies", "DNS for Services
// and Pods", "Network Policies").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/client/informer.h"
#include "core/network/container_networks.h"

namespace cove::proxy {

// Follows the API on `executor`; rules are written and names answered on threads of its own. The
// kernel's rules stay when this goes, so that traffic flows while coved is restarted; the next
// instance takes them over.
class ClusterNetwork {
 public:
  struct Parts {
    Path directory;                      // what is kept over a restart
    client::InformerFactory& informers;  // its transport may read everything
    client::Transport& transport;        // as system:kube-proxy: writes events
    client::Transport& administrator;    // writes the Service and EndpointSlice kube-dns
    Executor& executor;
    const Clock& clock;
    client::Random random;
    Logger& logger;
    std::string node_name;
    std::string node_address;
    std::string pod_subnet;      // "10.244.0.0/24"
    std::string pod_gateway;     // "10.244.0.1": the name server listens there
    std::string service_subnet;  // "10.96.0.0/12": what has no rule is rejected
    std::string cluster_dns;     // "10.96.0.10"
    std::string cluster_domain;  // "cluster.local"
    // At node_address, for this machine's own servers: no Service takes them.
    std::vector<std::uint16_t> own_ports = {6443, 2376};
    network::PortGate* gate = nullptr;  // NodePorts are opened on the user's computer through it
  };
  // In the network namespace of the calling thread; everything else on the executor's. An address
  // that another name server has at port 53 is an error.
  static Result<std::unique_ptr<ClusterNetwork>> start(Parts parts);
  ~ClusterNetwork();  // on the executor
  // Every Service and policy that was there at the start has its rules.
  bool synced() const;

 private:
  class Implementation;
  explicit ClusterNetwork(std::shared_ptr<Implementation> implementation);
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::proxy
