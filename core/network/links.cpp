#include "core/network/links.h"

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "core/os/namespaces.h"

namespace cove::network {
namespace {

ifinfomsg link_header(int index = 0, unsigned flags = 0, unsigned change = 0) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = index;
  header.ifi_flags = flags;
  header.ifi_change = change;
  return header;
}

std::string format_mac(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::optional<Link> read_link(std::uint16_t type, std::string_view payload) {
  ifinfomsg header{};
  if (type != RTM_NEWLINK || payload.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, payload.data(), sizeof header);
  const AttributeReader attributes(payload.substr(sizeof header));
  Link link;
  link.index = header.ifi_index;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.name = attributes.text(IFLA_IFNAME);
  const AttributeReader details = attributes.nested(IFLA_LINKINFO);
  link.kind = details.text(IFLA_INFO_KIND);
  const std::string_view state = details.nested(IFLA_INFO_SLAVE_DATA).bytes(IFLA_BRPORT_STATE);
  link.forwarding = state.size() == 1 && state[0] == BR_STATE_FORWARDING;
  const std::string_view operational = attributes.bytes(IFLA_OPERSTATE);
  link.operational = operational.size() == 1 &&
                     (operational[0] == IF_OPER_UP || operational[0] == IF_OPER_UNKNOWN);
  link.group = attributes.u32(IFLA_GROUP).value_or(0);
  link.master = static_cast<int>(attributes.u32(IFLA_MASTER).value_or(0));
  link.mtu = attributes.u32(IFLA_MTU).value_or(0);
  link.mac = format_mac(attributes.bytes(IFLA_ADDRESS));
  return link;
}

// No link-local address: nothing here speaks IPv6, and its announcements cost time and packets.
AttributeWriter without_ipv6_address() {
  return AttributeWriter().nested(
      AF_INET6, AttributeWriter().u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE));
}

NetlinkMessage address_message(std::uint16_t type, std::uint16_t flags, int index,
                               const Address& address, unsigned prefix_length) {
  ifaddrmsg header{};
  header.ifa_family = address.family() == Family::kIpv4 ? AF_INET : AF_INET6;
  header.ifa_prefixlen = static_cast<std::uint8_t>(prefix_length);
  header.ifa_index = static_cast<unsigned>(index);
  AttributeWriter attributes;
  attributes.bytes(IFA_LOCAL, address.bytes()).bytes(IFA_ADDRESS, address.bytes());
  if (address.family() == Family::kIpv4 && prefix_length < 31)
    attributes.bytes(IFA_BROADCAST, Subnet::around(address, prefix_length).last().bytes());
  return make_message(type, flags, header, attributes);
}

}  // namespace

Result<std::string> parse_mac(std::string_view text) {
  std::string bytes;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  bool good = text.size() == 17;
  for (std::size_t i = 0; good && i < text.size(); i += 3) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    good = high >= 0 && low >= 0 && (i + 2 == text.size() || text[i + 2] == ':');
    bytes += static_cast<char>(high * 16 + low);
  }
  // The lowest bit of the first byte marks a group of stations.
  if (!good || (bytes[0] & 1) != 0 || bytes == std::string(6, '\0'))
    return Error{ErrorCode::kInvalidArgument, "use", std::string(text),
                 "it is not a MAC address of one station", ""};
  return bytes;
}

Result<Links> Links::open() {
  COVE_TRY(auto socket, NetlinkSocket::open(NETLINK_ROUTE));
  return Links(std::move(socket));
}

Result<Links> Links::open_in(const Path& namespace_path) {
  std::optional<Links> opened;
  COVE_CHECK(os::in_network_namespace(namespace_path, [&]() -> Result<void> {
    COVE_TRY(auto links, open());
    opened.emplace(std::move(links));
    return {};
  }));
  return std::move(*opened);
}

Result<std::optional<Link>> Links::find(const std::string& name) {
  std::optional<Link> found;
  const auto request =
      make_message(RTM_GETLINK, 0, link_header(), AttributeWriter().text(IFLA_IFNAME, name));
  const auto asked = socket_.query(request, "look for " + name, [&](auto type, auto payload) {
    found = read_link(type, payload);
  });
  if (!asked && asked.error().code != ErrorCode::kUnavailable) return asked.error();
  return found;
}

Result<std::vector<Link>> Links::list() {
  std::vector<Link> links;
  COVE_CHECK(socket_.query(make_message(RTM_GETLINK, NLM_F_DUMP, link_header()),
                           "list network interfaces", [&](auto type, auto payload) {
                             if (auto link = read_link(type, payload))
                               links.push_back(std::move(*link));
                           }));
  return links;
}

Result<std::vector<Route>> Links::routes() {
  rtmsg header{};
  header.rtm_family = AF_INET;
  std::vector<Route> routes;
  COVE_CHECK(socket_.query(
      make_message(RTM_GETROUTE, NLM_F_DUMP, header), "list routes",
      [&](std::uint16_t type, std::string_view payload) {
        rtmsg route{};
        if (type != RTM_NEWROUTE || payload.size() < sizeof route) return;
        std::memcpy(&route, payload.data(), sizeof route);
        const AttributeReader attributes(payload.substr(sizeof route));
        const std::uint32_t table = attributes.u32(RTA_TABLE).value_or(route.rtm_table);
        if (table != RT_TABLE_MAIN || route.rtm_dst_len == 0) return;
        const auto destination = attributes.be32(RTA_DST);
        if (!destination) return;
        routes.push_back({Subnet::around(Address::from_ipv4(*destination), route.rtm_dst_len),
                          static_cast<int>(attributes.u32(RTA_OIF).value_or(0))});
      }));
  return routes;
}

Result<std::optional<LinkStatistics>> Links::counters(const std::string& name) {
  std::optional<LinkStatistics> counters;
  const auto request =
      make_message(RTM_GETLINK, 0, link_header(), AttributeWriter().text(IFLA_IFNAME, name));
  const auto asked = socket_.query(
      request, "read the counters of " + name, [&](std::uint16_t, std::string_view payload) {
        if (payload.size() < sizeof(ifinfomsg)) return;
        const AttributeReader attributes(payload.substr(sizeof(ifinfomsg)));
        const std::string_view bytes = attributes.bytes(IFLA_STATS64);
        // Newer kernels append fields; ours are the first ones since the structure exists.
        rtnl_link_stats64 stats{};
        std::memcpy(&stats, bytes.data(), std::min(bytes.size(), sizeof stats));
        counters =
            LinkStatistics{stats.rx_bytes, stats.rx_packets, stats.rx_errors, stats.rx_dropped,
                           stats.tx_bytes, stats.tx_packets, stats.tx_errors, stats.tx_dropped};
      });
  if (!asked && asked.error().code != ErrorCode::kUnavailable) return asked.error();
  return counters;
}

Result<void> Links::make_bridge(const std::string& name, std::uint32_t group, unsigned mtu,
                                const std::string& mac) {
  COVE_TRY(const std::string address, parse_mac(mac));
  AttributeWriter attributes;
  attributes.text(IFLA_IFNAME, name)
      .u32(IFLA_GROUP, group)
      .u32(IFLA_MTU, mtu)
      .bytes(IFLA_ADDRESS, address)
      .nested(IFLA_LINKINFO, AttributeWriter().text(IFLA_INFO_KIND, "bridge"));
  COVE_CHECK(socket_.perform(
      {make_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link_header(), attributes)},
      "make the bridge", name));
  // Not every kernel has IPv6.
  const auto plain = socket_.perform(
      {make_message(
          RTM_NEWLINK, 0, link_header(),
          AttributeWriter().text(IFLA_IFNAME, name).nested(IFLA_AF_SPEC, without_ipv6_address()))},
      "configure", name, {EAFNOSUPPORT, EOPNOTSUPP});
  return plain;
}

Result<void> Links::make_veth(const Veth& veth) {
  COVE_TRY(const std::string mac, parse_mac(veth.peer_mac));
  AttributeWriter peer;
  peer.text(IFLA_IFNAME, veth.peer_name)
      .u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(veth.peer_namespace))
      .u32(IFLA_MTU, veth.mtu)
      .bytes(IFLA_ADDRESS, mac);
  const ifinfomsg peer_header = link_header();
  AttributeWriter attributes;
  attributes.text(IFLA_IFNAME, veth.name)
      .u32(IFLA_GROUP, veth.group)
      .u32(IFLA_MTU, veth.mtu)
      .nested(IFLA_LINKINFO,
              AttributeWriter()
                  .text(IFLA_INFO_KIND, "veth")
                  .nested(IFLA_INFO_DATA, AttributeWriter().nested(
                                              VETH_INFO_PEER, header_bytes(peer_header), peer)));
  COVE_CHECK(socket_.perform(
      {make_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link_header(), attributes)},
      "make the interface", veth.peer_name));
  AttributeWriter port;
  port.text(IFLA_IFNAME, veth.name).nested(IFLA_AF_SPEC, without_ipv6_address());
  return socket_.perform(
      {make_message(RTM_NEWLINK, 0, link_header(), port),
       make_message(RTM_NEWLINK, 0, link_header(),
                    AttributeWriter()
                        .text(IFLA_IFNAME, veth.name)
                        .u32(IFLA_MASTER, static_cast<std::uint32_t>(veth.master)))},
      "configure", veth.name, {EAFNOSUPPORT, EOPNOTSUPP});
}

Result<void> Links::remove(const std::string& name) {
  return socket_.perform(
      {make_message(RTM_DELLINK, 0, link_header(), AttributeWriter().text(IFLA_IFNAME, name))},
      "remove the interface", name, {ENODEV});
}

Result<void> Links::set_up(int index, const std::string& name) {
  return socket_.perform({make_message(RTM_NEWLINK, 0, link_header(index, IFF_UP, IFF_UP))},
                         "bring up", name);
}

Result<void> Links::set_master(int index, int master, const std::string& name) {
  return socket_.perform(
      {make_message(RTM_NEWLINK, 0, link_header(index),
                    AttributeWriter().u32(IFLA_MASTER, static_cast<std::uint32_t>(master)))},
      "plug in", name);
}

Result<void> Links::set_port(int index, const BridgePort& port, const std::string& name) {
  ifinfomsg header = link_header(index);
  header.ifi_family = AF_BRIDGE;
  AttributeWriter flags;
  flags.u8(IFLA_BRPORT_MODE, port.hairpin ? 1 : 0).u8(IFLA_BRPORT_ISOLATED, port.isolated ? 1 : 0);
  return socket_.perform(
      {make_message(RTM_SETLINK, 0, header, AttributeWriter().nested(IFLA_PROTINFO, flags))},
      "configure the port", name);
}

Result<void> Links::add_address(int index, const std::string& name, const Address& address,
                                unsigned prefix_length) {
  return socket_.perform(
      {address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, prefix_length)},
      "give an address to", name, {EEXIST});
}

Result<void> Links::remove_address(int index, const std::string& name, const Address& address,
                                   unsigned prefix_length) {
  return socket_.perform({address_message(RTM_DELADDR, 0, index, address, prefix_length)},
                         "take the address of", name, {EADDRNOTAVAIL});
}

Result<void> Links::set_default_route(int index, const std::string& name, const Address& gateway,
                                      bool on_link) {
  rtmsg header{};
  header.rtm_family = gateway.family() == Family::kIpv4 ? AF_INET : AF_INET6;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  if (on_link) header.rtm_flags = RTNH_F_ONLINK;
  AttributeWriter attributes;
  attributes.bytes(RTA_GATEWAY, gateway.bytes()).u32(RTA_OIF, static_cast<std::uint32_t>(index));
  return socket_.perform(
      {make_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header, attributes)},
      "set the gateway of", name);
}

}  // namespace cove::network
