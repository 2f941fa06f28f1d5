// The packet rules of this instance's networks: one table named by its mark.
//
// What they promise: containers reach each other inside their network, networks do not reach each
// other, nobody outside reaches a container but by its published ports and by answers; internal
// networks have no way out; what leaves is masqueraded where the network wants it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/network/address.h"
#include "core/network/container_networks.h"
#include "core/network/nft.h"

namespace cove::network {

struct NetworkRules {
  std::string bridge;
  Subnet subnet;
  bool internal = false;
  bool masquerade = true;
  bool routed = false;
};

// A published port: what arrives for host:port at this machine goes to the container.
struct PortRule {
  Protocol protocol = Protocol::kTcp;
  Address host;  // any: every address of this machine
  std::uint16_t host_port = 0;
  Address container;
  std::uint16_t container_port = 0;
};

// The whole table, replacing what was there under its name.
nft::Transaction make_table(const std::string& table, const std::vector<NetworkRules>& networks);
void add_network(nft::Transaction& transaction, const NetworkRules& network);
void remove_network(nft::Transaction& transaction, const NetworkRules& network);
// Of one container. A container of a routed network keeps its address when it asks for a published
// port, unless the port is its own.
void add_ports(nft::Transaction& transaction, const std::vector<PortRule>& ports,
               bool routed = false);
void remove_ports(nft::Transaction& transaction, const std::vector<PortRule>& ports,
                  bool routed = false);

// Inside a container's namespace: questions to 127.0.0.11:53 go to the ports where our sockets are,
// so that the container may use port 53 itself.
nft::Transaction make_resolver_table(std::uint16_t udp_port, std::uint16_t tcp_port);

}  // namespace cove::network
