// The way out of a virtual machine for published ports.
#pragma once

#include <memory>

#include "core/base/log.h"
#include "core/network/container_networks.h"

namespace cove::node {

// Has the host open ports over the private line; nothing where there is no such line, which is
// everywhere but in Cove's own virtual machine.
std::unique_ptr<network::PortGate> make_port_gate(Logger& logger);

}  // namespace cove::node
