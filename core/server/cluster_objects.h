// What a cluster has beside its namespaces and roles: the priority classes of the system, and the
// Service, Endpoints and EndpointSlice "kubernetes" that lead pods to the API server (kubernetes.io
// "Pod Priority and Preemption", "Accessing the Kubernetes API from a Pod"). Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/server/allocators.h"

namespace cove::server {

std::vector<json::object> system_priority_classes();

// Where the API server itself is to be found.
struct ApiEndpoint {
  std::string address;  // IPv4 or IPv6
  std::uint16_t port = 0;
};
std::vector<json::object> kubernetes_service(const Ipv4Range& range, const ApiEndpoint& endpoint);
// For ensure_objects: what says where the server is follows it, the rest stays.
bool reconcile_kubernetes_service(json::object& current, const json::object& wanted);

}  // namespace cove::server
