// What networks.json says: networks, endpoints and pinned namespaces of this instance.
#pragma once

#include <set>
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

struct Records {
  std::vector<NetworkConfig> networks;
  std::vector<EndpointRecord> endpoints;
  std::set<std::string> namespaces;
};

std::string to_json(const Records& records);
// kCorrupt for what to_json() has not written.
Result<Records> parse_records(const std::string& json);

}  // namespace cove::network
