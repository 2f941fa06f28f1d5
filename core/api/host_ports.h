// The ports of their node that a pod's containers take ("hostPort").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/api/document.h"

namespace cove::api {

struct HostPort {
  std::string protocol, ip;  // "TCP" and "0.0.0.0" where the pod names none
  std::int64_t port = 0;
  auto operator<=>(const HostPort&) const = default;
  // Not both can be had on one node.
  bool conflicts(const HostPort& other) const;
};

// Of containers and sidecars.
std::vector<HostPort> host_ports(const json::object& pod_spec);

}  // namespace cove::api
