// Cove's NAT network in the system's libvirt.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/libvirt/domain_xml.h"
#include "vm/libvirt/handles.h"

namespace cove::vm::libvirt {

inline constexpr const char* kNatNetwork = "cove";

// An IPv4 network, host byte order.
struct Subnet {
  std::uint32_t address = 0;
  std::uint32_t mask = 0;
  bool overlaps(const Subnet& other) const {
    const std::uint32_t common = mask & other.mask;
    return (address & common) == (other.address & common);
  }
  bool contains(const std::string& dotted) const;
};

struct NatNetwork {
  Subnet subnet;
  std::string gateway;
};

// The networks in /proc/net/route's form, without default routes.
std::vector<Subnet> parse_routes(const std::string& proc_net_route);
// The first free 192.168.N.0/24; kResourceExhausted when all are taken.
Result<Subnet> choose_subnet(const std::vector<Subnet>& taken);
std::string network_xml(const Subnet& subnet);

// Makes the network when it is missing, starts it when it is not active and returns it. A network
// of that name made by somebody else is used as it is, unless it has no IPv4 addresses (kConflict).
Result<NatNetwork> ensure_nat_network(virConnectPtr connection, const Path& proc_net_route);

// `kept` when it lies in the subnet, else the lowest address that is not in `used`.
Result<NatAddress> choose_address(const NatNetwork& network, const std::optional<NatAddress>& kept,
                                  const std::vector<std::string>& used);

// Removes the network when Cove made it and no domain refers to it.
Result<void> remove_unused_nat_network(virConnectPtr connection);

}  // namespace cove::vm::libvirt
