// The kernel's table of connections (conntrack), by ctnetlink.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/network/address.h"

namespace cove::network {

struct UdpFlow {
  Address destination;  // as the sender wrote it
  std::uint16_t port = 0;
  Address receiver;  // who gets it
  std::uint16_t receiver_port = 0;
};

// Forgets UDP flows, 4,096 at most: the kernel would keep leading them where they went before the
// rules changed.
Result<void> forget_udp_flows(const std::function<bool(const UdpFlow& flow)>& wanted);

// Forgets UDP flows that lead to this address, or that were sent to one of these ports of this
// machine.
Result<void> forget_udp_flows(const Address& container, const std::vector<std::uint16_t>& ports);

}  // namespace cove::network
