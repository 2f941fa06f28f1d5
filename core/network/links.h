// Links, addresses and routes of one network namespace by rtnetlink(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"
#include "core/network/container_networks.h"
#include "core/network/netlink.h"

namespace cove::network {

struct Link {
  int index = 0;
  std::string name;
  std::string kind;  // "bridge", "veth", "" for hardware
  std::uint32_t group = 0;
  int master = 0;
  bool up = false;
  bool operational = false;  // up, and so is what it depends on (RFC 2863)
  bool forwarding = false;   // as a port of a bridge
  unsigned mtu = 0;
  std::string mac;  // "02:42:ac:11:00:02"
};

struct Route {
  Subnet destination;
  int link = 0;
};

struct BridgePort {
  bool hairpin = false;   // what came in by it may leave by it
  bool isolated = false;  // reaches the bridge itself, no other isolated port
};

// "02:42:ac:11:00:02" to its six bytes; kInvalidArgument, also for group addresses.
Result<std::string> parse_mac(std::string_view text);

// For one thread at a time; belongs to the namespace of the thread that opened it.
class Links {
 public:
  static Result<Links> open();
  static Result<Links> open_in(const Path& namespace_path);

  Result<std::optional<Link>> find(const std::string& name);
  Result<std::vector<Link>> list();
  Result<std::vector<Route>> routes();  // IPv4, of the main table, without default routes
  Result<std::optional<LinkStatistics>> counters(const std::string& name);

  // `group` marks who made it.
  Result<void> make_bridge(const std::string& name, std::uint32_t group, unsigned mtu,
                           const std::string& mac);
  struct Veth {
    std::string name;  // here, a port of `master`
    int master = 0;
    std::string peer_name;  // in the other namespace
    int peer_namespace = -1;
    std::string peer_mac;
    std::uint32_t group = 0;
    unsigned mtu = 1500;
  };
  // kAlreadyExists when the other namespace has an interface of that name.
  Result<void> make_veth(const Veth& veth);
  Result<void> remove(const std::string& name);  // absent is success
  Result<void> set_up(int index, const std::string& name);
  Result<void> set_master(int index, int master, const std::string& name);
  Result<void> set_port(int index, const BridgePort& port, const std::string& name);
  // The link has the address already: success.
  Result<void> add_address(int index, const std::string& name, const Address& address,
                           unsigned prefix_length);
  Result<void> remove_address(int index, const std::string& name, const Address& address,
                              unsigned prefix_length);
  // Replaces a default route that is there. `on_link`: the gateway is reached by this link although
  // no address of the link says so.
  Result<void> set_default_route(int index, const std::string& name, const Address& gateway,
                                 bool on_link = false);

 private:
  explicit Links(NetlinkSocket socket) : socket_(std::move(socket)) {}
  NetlinkSocket socket_;
};

}  // namespace cove::network
