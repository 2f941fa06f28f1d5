// Which subnet a network gets, and which address a container. Pure; nothing is remembered here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/network/address.h"

namespace cove::network {

// Subnets for networks that name none: "172.18.0.0/15" is cut into /16, "192.168.0.0/16/20" into
// /20.
struct SubnetPool {
  Subnet block;
  unsigned prefix_length = 16;
  static Result<SubnetPool> parse(std::string_view text);
};

// The first subnet of the pools, in order, that overlaps none of `taken`; kResourceExhausted.
Result<Subnet> choose_subnet(const std::vector<SubnetPool>& pools,
                             const std::vector<Subnet>& taken);

// The addresses of one network.
struct AddressSpace {
  Subnet subnet;
  Subnet range;     // within the subnet
  Address gateway;  // never given to a container

  // Checks that they fit together; empty texts take the defaults of NetworkConfig.
  static Result<AddressSpace> parse(const std::string& subnet, const std::string& gateway,
                                    const std::string& range);
  // The lowest free one; kResourceExhausted.
  Result<Address> lowest_free(const std::function<bool(const Address&)>& taken) const;
  // A wanted one: kInvalidArgument outside of the subnet, kConflict when it is taken.
  Result<Address> check(const std::string& wanted,
                        const std::function<bool(const Address&)>& taken) const;

 private:
  bool usable(const Address& address) const;  // neither the network's own, broadcast nor gateway
};

// 02:42 and the address: the same address always has the same one, so no neighbour is misled.
std::string mac_of(const Address& address);

}  // namespace cove::network
