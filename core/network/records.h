// What is remembered: networks for good, endpoints as long as the machine runs.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/container_networks.h"

namespace cove::network {

struct EndpointRecord {
  Endpoint endpoint;
  Path namespace_path;
  bool default_route = true;
  std::vector<std::string> name_servers;
};

std::string to_json(const std::vector<NetworkConfig>& networks);
std::string to_json(const std::vector<EndpointRecord>& endpoints);
// kCorrupt for what to_json() has not written.
Result<std::vector<NetworkConfig>> parse_networks(const std::string& json);
Result<std::vector<EndpointRecord>> parse_endpoints(const std::string& json);

}  // namespace cove::network
