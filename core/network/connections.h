// The kernel's table of connections (conntrack), by ctnetlink.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/network/address.h"

namespace cove::network {

// Forgets UDP flows that lead to this address, or that were sent to one of these ports of this
// machine: the kernel would keep leading them where they went before the rules changed.
Result<void> forget_udp_flows(const Address& container, const std::vector<std::uint16_t>& ports);

}  // namespace cove::network
