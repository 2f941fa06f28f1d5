// What a Service and its EndpointSlices mean for packets (kubernetes.io "Service", "Virtual IPs and
// Service Proxies", "Service Internal Traffic Policy"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/network/container_networks.h"
#include "core/network/service_table.h"

namespace cove::proxy {

// This machine.
struct NodeFacts {
  std::string name;
  network::Address address;
  // Of that address, for this machine's own servers: no Service takes them.
  std::vector<std::uint16_t> own_ports = {};
  std::string zone = {};  // topology.kubernetes.io/zone; empty: it is in none
};

// spec.healthCheckNodePort: load balancers ask there whether this node has endpoints.
struct HealthPort {
  std::uint16_t port = 0;
  std::size_t local_endpoints = 0;
  bool operator==(const HealthPort&) const = default;
};

struct ServicePlan {
  // By "namespace/name:port/protocol", and the same with "/external" where what comes from outside
  // stays on this node and what comes from inside need not, or the other way round.
  network::ServicePorts ports;
  // Node ports, and the ports of load balancers at this machine or at the user's computer (which
  // has a loopback address then): what has to be let through from the user's computer.
  std::vector<network::PortMapping> published;
  std::optional<HealthPort> health;
  // Why it is not as the Service asks: for its owner to read. Empty: it is.
  std::string problem = {};
};

// Endpoints that are ready count; when there are none, those that still serve while they terminate.
// Where hints of the slices say who should use which endpoint, those for this node are preferred,
// or else those for its zone: if every ready endpoint says so and one of them is meant
// (kubernetes.io "Traffic distribution"). Nothing for Services without an address (headless,
// ExternalName).
//
// loadBalancerSourceRanges are 16,384 ranges at most, those that overlap or touch as one, times the
// Service's ports; of a Service with more nobody reaches the load balancer.
// Where endpoints times the ways that lead to them are more than 65,536 (an endpoint of a port with
// affinity counts 24 times more), the first of each port are all that is asked.
ServicePlan plan_service(const api::Object& service, const std::vector<api::ObjectPtr>& slices,
                         const NodeFacts& node);

// "namespace/name" of the Service that a slice belongs to; empty for none.
std::string service_of_slice(const api::Object& slice);

}  // namespace cove::proxy
