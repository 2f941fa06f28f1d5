#include "core/network/plumbing.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/network/address_pool.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

Result<void> write_setting(const std::string& name, const std::string& value) {
  const std::string path = "/proc/sys/net/" + name;
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), value.data(), value.size()) < 0)
    return errno_error(errno, "set", path);
  return {};
}

Result<void> switch_forwarding_on() {
  COVE_TRY(const std::string now, read_file("/proc/sys/net/ipv4/ip_forward", 16));
  if (!now.empty() && now.front() == '1') return {};
  return write_setting("ipv4/ip_forward", "1");
}

// With br_netfilter a packet for a port of one's own is turned around inside the bridge.
bool bridge_passes_packet_rules() {
  const auto value = read_file("/proc/sys/net/bridge/bridge-nf-call-iptables", 16);
  return value && !value->empty() && value->front() == '1';
}

// A container would learn from it to send to others without this machine.
Result<void> switch_redirects_off(const std::string& bridge) {
  // Either of the two is enough for the kernel to send them; other links have their own setting.
  COVE_CHECK(write_setting("ipv4/conf/all/send_redirects", "0"));
  return write_setting("ipv4/conf/" + bridge + "/send_redirects", "0");
}

Result<void> configure_inside(const Endpoint& endpoint, bool default_route, bool routed) {
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto loopback, links.find("lo"));
  if (loopback && !loopback->up) COVE_CHECK(links.set_up(loopback->index, "lo"));
  COVE_TRY(const auto link, links.find(endpoint.interface));
  if (!link)
    return Error{ErrorCode::kNotFound, "find", endpoint.interface, "the interface has vanished",
                 ""};
  // Kernels without IPv6 have no such setting.
  static_cast<void>(write_setting("ipv6/conf/" + endpoint.interface + "/disable_ipv6", "1"));
  COVE_TRY(const Address address, Address::parse(endpoint.address));
  COVE_CHECK(links.add_address(link->index, link->name, address, endpoint.prefix_length));
  COVE_CHECK(links.set_up(link->index, link->name));
  if (!default_route) return {};
  COVE_TRY(const Address gateway, Address::parse(endpoint.gateway));
  return links.set_default_route(link->index, link->name, gateway, routed);
}

}  // namespace

std::string host_interface(const std::string& endpoint_id) {
  return "veth" + endpoint_id.substr(0, 11);
}

Result<void> make_network_bridge(const NetworkConfig& network, const Subnet& subnet,
                                 const Address& gateway, std::uint32_t group) {
  COVE_TRY(auto links, Links::open());
  COVE_TRY(auto bridge, links.find(network.bridge));
  if (bridge && (bridge->group != group || bridge->kind != "bridge"))
    return Error{ErrorCode::kAlreadyExists, "make the bridge", network.bridge,
                 "another interface has this name", ""};
  COVE_TRY(const auto routes, links.routes());
  for (const Route& route : routes) {
    if (route.destination == subnet && (!bridge || route.link != bridge->index))
      return Error{ErrorCode::kConflict, "make the bridge", network.bridge,
                   "the subnet " + subnet.text() + " is in use by another interface",
                   "Remove the network and make it with another subnet."};
  }
  if (!bridge) {
    // Of its own; otherwise it would change with its ports.
    COVE_CHECK(links.make_bridge(network.bridge, group, network.mtu, mac_of(gateway)));
    COVE_TRY(bridge, links.find(network.bridge));
    if (!bridge)
      return Error{ErrorCode::kInternal, "make the bridge", network.bridge, "it has vanished", ""};
  }
  // Answers to programs of this machine that asked by 127.0.0.1 come back through it.
  COVE_CHECK(write_setting("ipv4/conf/" + network.bridge + "/route_localnet", "1"));
  if (network.routed) COVE_CHECK(switch_redirects_off(network.bridge));
  COVE_CHECK(links.add_address(bridge->index, bridge->name, gateway, subnet.prefix_length));
  COVE_CHECK(links.set_up(bridge->index, bridge->name));
  return switch_forwarding_on();
}

Result<void> plug_in(const NetworkConfig& network, const Endpoint& endpoint,
                     const Path& namespace_path, bool default_route, std::uint32_t group) {
  COVE_TRY(const Fd inside, os::open_namespace(namespace_path));
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto bridge, links.find(network.bridge));
  if (!bridge)
    return Error{ErrorCode::kNotFound, "plug into", network.bridge, "the bridge has vanished", ""};
  Links::Veth veth;
  veth.name = host_interface(endpoint.id);
  veth.master = bridge->index;
  veth.peer_name = endpoint.interface;
  veth.peer_namespace = inside.get();
  veth.peer_mac = endpoint.mac;
  veth.group = group;
  veth.mtu = network.mtu;
  const auto make = [&]() -> Result<void> {
    COVE_CHECK(links.make_veth(veth));
    COVE_TRY(const auto port, links.find(veth.name));
    if (!port)
      return Error{ErrorCode::kInternal, "make", veth.name, "the interface has vanished", ""};
    // Isolated, a routed container cannot go past the rules even with routes of its own making. In
    // a bridge with rules of its own the rules see everything, and isolation would stop what they
    // lead to another port.
    const bool rules_in_bridge = bridge_passes_packet_rules();
    const BridgePort flags{
        .hairpin = rules_in_bridge,
        .isolated = !network.inter_container || (network.routed && !rules_in_bridge)};
    if (flags.hairpin || flags.isolated) COVE_CHECK(links.set_port(port->index, flags, veth.name));
    COVE_CHECK(links.set_up(port->index, veth.name));
    return os::in_network_namespace(
        namespace_path, [&] { return configure_inside(endpoint, default_route, network.routed); });
  };
  const auto made = make();
  if (!made) static_cast<void>(links.remove(veth.name));
  return made;
}

void wait_until_open(const NetworkConfig& network, const Endpoint& endpoint) {
  constexpr int kTries = 500;  // milliseconds; a port that is slower opens by itself
  auto links = Links::open();
  if (!links) return;
  const std::string name = host_interface(endpoint.id);
  for (int i = 0; i < kTries; ++i) {
    const auto port = links->find(name), bridge = links->find(network.bridge);
    if (!port || !bridge || !*port || !*bridge || ((*port)->forwarding && (*bridge)->operational))
      return;
    ::poll(nullptr, 0, 1);
  }
}

bool is_plugged_in(const Endpoint& endpoint, const Path& namespace_path) {
  auto here = Links::open();
  if (!here) return false;
  const auto port = here->find(host_interface(endpoint.id));
  if (!port || !*port) return false;
  auto inside = Links::open_in(namespace_path);
  if (!inside) return false;
  const auto link = inside->find(endpoint.interface);
  return link && *link && (*link)->mac == endpoint.mac;
}

}  // namespace cove::network
