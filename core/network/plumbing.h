// What one network and one endpoint are in the kernel, beside packet rules.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"
#include "core/network/container_networks.h"
#include "core/network/links.h"

namespace cove::network {

// "veth" and the beginning of the endpoint's id: the end of the pair that stays here.
std::string host_interface(const std::string& endpoint_id);

// The bridge with the gateway's address, up. One of ours that exists is brought into shape; a
// foreign one is kAlreadyExists. kConflict when another interface has the very same subnet.
Result<void> make_network_bridge(const NetworkConfig& network, const Subnet& subnet,
                                 const Address& gateway, std::uint32_t group);

// The veth pair of the endpoint: one end a port of the bridge, the other one inside with address
// and route. On an error nothing is left.
Result<void> plug_in(const NetworkConfig& network, const Endpoint& endpoint,
                     const Path& namespace_path, bool default_route, std::uint32_t group);

// The kernel opens a port and its bridge a moment after both ends are up, and drops what is sent
// before: a program that connects at once would wait a second for its second try.
void wait_until_open(const NetworkConfig& network, const Endpoint& endpoint);

// Whether the namespace still has the endpoint's interface.
bool is_plugged_in(const Endpoint& endpoint, const Path& namespace_path);

}  // namespace cove::network
