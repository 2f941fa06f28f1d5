#include "core/api/host_ports.h"

#include "core/api/each.h"
#include "core/api/pod_resources.h"

namespace cove::api {

bool HostPort::conflicts(const HostPort& other) const {
  if (port != other.port || protocol != other.protocol) return false;
  return ip == other.ip || ip == "0.0.0.0" || other.ip == "0.0.0.0";
}

std::vector<HostPort> host_ports(const json::object& pod_spec) {
  std::vector<HostPort> ports;
  const auto read = [&](const json::object& container) {
    each_object(container, {"ports"}, [&](const json::object& port) {
      const std::int64_t number = integer_at(port, {"hostPort"}).value_or(0);
      if (number <= 0) return;
      HostPort own{std::string(text_at(port, {"protocol"})), std::string(text_at(port, {"hostIP"})),
                   number};
      if (own.protocol.empty()) own.protocol = "TCP";
      if (own.ip.empty()) own.ip = "0.0.0.0";
      ports.push_back(std::move(own));
    });
  };
  each_object(pod_spec, {"containers"}, read);
  each_object(pod_spec, {"initContainers"}, [&](const json::object& container) {
    if (is_sidecar(container)) read(container);
  });
  return ports;
}

}  // namespace cove::api
