#include "vm/libvirt/nat_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <sstream>

#include "core/base/strings.h"
#include "vm/libvirt/errors.h"

namespace cove::vm::libvirt {
namespace {

// Tells a network that Cove made from one of the same name that an administrator made.
constexpr const char* kBridge = "virbr-cove";
constexpr std::uint32_t kMask24 = 0xffffff00;
// Below are the gateway and room for later, above are leases for whoever asks by DHCP.
constexpr std::uint32_t kFirstHost = 10;
constexpr std::uint32_t kLastHost = 199;

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

std::optional<std::uint32_t> parse_address(const std::string& text) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, text.c_str(), &parsed) != 1) return std::nullopt;
  return ntohl(parsed.s_addr);
}

struct Description {
  std::string bridge;
  std::optional<Subnet> subnet;
  std::string gateway;
};

Description parse_network(const std::string& xml) {
  Description out;
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node network = document.child("network");
  out.bridge = network.child("bridge").attribute("name").value();
  for (const pugi::xml_node ip : network.children("ip")) {
    const auto address = parse_address(ip.attribute("address").value());
    if (!address) continue;
    std::uint32_t mask = kMask24;
    if (const auto netmask = parse_address(ip.attribute("netmask").value())) {
      mask = *netmask;
    } else if (const unsigned prefix = ip.attribute("prefix").as_uint();
               prefix > 0 && prefix <= 32) {
      mask = ~std::uint32_t{0} << (32 - prefix);
    }
    out.subnet = Subnet{*address & mask, mask};
    out.gateway = ip.attribute("address").value();
    return out;
  }
  return out;
}

Result<Description> describe(virNetworkPtr network) {
  const Text xml(virNetworkGetXMLDesc(network, 0));
  if (!xml) return last_error("read the network", kNatNetwork);
  return parse_network(xml.get());
}

// What libvirt's other networks take, active or not.
std::vector<Subnet> subnets_of_libvirt(virConnectPtr connection) {
  std::vector<Subnet> out;
  virNetworkPtr* raw = nullptr;
  const int count = virConnectListAllNetworks(connection, &raw, 0);
  const std::unique_ptr<virNetworkPtr, Releaser<std::free>> list(raw);
  for (int i = 0; i < count; ++i) {
    const Network network(raw[i]);
    const auto described = describe(network.get());
    if (described && described->subnet) out.push_back(*described->subnet);
  }
  return out;
}

Result<Network> define_network(virConnectPtr connection, const Path& proc_net_route) {
  COVE_TRY(const std::string routes, read_file(proc_net_route, 4 << 20));
  std::vector<Subnet> taken = parse_routes(routes);
  const std::vector<Subnet> others = subnets_of_libvirt(connection);
  taken.insert(taken.end(), others.begin(), others.end());
  COVE_TRY(const Subnet subnet, choose_subnet(taken));
  Network network(virNetworkDefineXML(connection, network_xml(subnet).c_str()));
  if (!network) return last_error("make the network", kNatNetwork, "qemu:///system");
  return network;
}

bool any_domain_uses(virConnectPtr connection) {
  virDomainPtr* raw = nullptr;
  const int count = virConnectListAllDomains(connection, &raw, 0);
  const std::unique_ptr<virDomainPtr, Releaser<std::free>> list(raw);
  bool used = count < 0;  // not knowing is no leave to remove
  for (int i = 0; i < count; ++i) {
    const Domain domain(raw[i]);
    const Text xml(virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_INACTIVE));
    used = used || !xml || uses_network(xml.get(), kNatNetwork);
  }
  return used;
}

}  // namespace

bool Subnet::contains(const std::string& text) const {
  const auto parsed = parse_address(text);
  return parsed && (*parsed & mask) == address;
}

std::vector<Subnet> parse_routes(const std::string& proc_net_route) {
  std::vector<Subnet> out;
  for (const std::string& line : split(proc_net_route, '\n')) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …, numbers as the memory's bytes in
    // hexadecimal
    const std::vector<std::string> columns = split(line, '\t');
    if (columns.size() < 8) continue;
    const auto number = [](std::string_view text) -> std::optional<std::uint32_t> {
      text = trim(text);
      std::uint32_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
      if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
      return ntohl(value);
    };
    const auto destination = number(columns[1]);
    const auto mask = number(columns[7]);
    if (destination && mask && *mask != 0) out.push_back({*destination, *mask});
  }
  return out;
}

Result<Subnet> choose_subnet(const std::vector<Subnet>& taken) {
  // Begins where home routers, Docker, libvirt's default network and Minikube are not.
  for (std::uint32_t i = 0; i < 256; ++i) {
    const std::uint32_t third = (176 + i) % 256;
    const Subnet candidate{(192U << 24) | (168U << 16) | (third << 8), kMask24};
    if (std::none_of(taken.begin(), taken.end(),
                     [&](const Subnet& s) { return s.overlaps(candidate); })) {
      return candidate;
    }
  }
  return Error{ErrorCode::kResourceExhausted, "make the network", kNatNetwork,
               "every network 192.168.N.0/24 is in use on this computer", "Use the user network."};
}

std::string network_xml(const Subnet& subnet) {
  pugi::xml_document document;
  pugi::xml_node network = document.append_child("network");
  network.append_child("name").text().set(kNatNetwork);
  network.append_child("forward").append_attribute("mode").set_value("nat");
  pugi::xml_node bridge = network.append_child("bridge");
  bridge.append_attribute("name").set_value(kBridge);
  bridge.append_attribute("stp").set_value("on");
  bridge.append_attribute("delay").set_value("0");
  pugi::xml_node ip = network.append_child("ip");
  ip.append_attribute("address").set_value(dotted(subnet.address + 1).c_str());
  ip.append_attribute("netmask").set_value(dotted(subnet.mask).c_str());
  pugi::xml_node range = ip.append_child("dhcp").append_child("range");
  range.append_attribute("start").set_value(dotted(subnet.address + 200).c_str());
  range.append_attribute("end").set_value(dotted(subnet.address + 254).c_str());
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

Result<NatNetwork> ensure_nat_network(virConnectPtr connection, const Path& proc_net_route) {
  Network network(virNetworkLookupByName(connection, kNatNetwork));
  if (!network) {
    if (last_code() != VIR_ERR_NO_NETWORK) {
      return last_error("look for the network", kNatNetwork, "qemu:///system");
    }
    COVE_TRY(network, define_network(connection, proc_net_route));
  }
  if (virNetworkIsActive(network.get()) == 0 && virNetworkCreate(network.get()) != 0 &&
      virNetworkIsActive(network.get()) != 1) {
    Error error = last_error("start the network", kNatNetwork, "qemu:///system");
    error.remedy = "Check that the package dnsmasq-base is installed, or use the user network.";
    return error;
  }
  virNetworkSetAutostart(network.get(), 1);
  COVE_TRY(const Description described, describe(network.get()));
  if (described.subnet) return NatNetwork{*described.subnet, described.gateway};
  return Error{ErrorCode::kConflict, "use the network", kNatNetwork,
               "libvirt has a network of that name without IPv4 addresses",
               "Rename that network or use the user network."};
}

Result<NatAddress> choose_address(const NatNetwork& network, const std::optional<NatAddress>& kept,
                                  const std::vector<std::string>& used) {
  const Subnet& subnet = network.subnet;
  unsigned prefix = 0;
  for (std::uint32_t bits = subnet.mask; bits != 0; bits <<= 1) ++prefix;
  NatAddress out{"", prefix, network.gateway};
  const auto is_used = [&](const std::string& a) {
    return a == network.gateway || std::find(used.begin(), used.end(), a) != used.end();
  };
  if (kept && subnet.contains(kept->address) && !is_used(kept->address)) {
    out.address = kept->address;
    return out;
  }
  for (std::uint32_t host = kFirstHost; host <= std::min(kLastHost, ~subnet.mask - 1); ++host) {
    out.address = dotted(subnet.address + host);
    if (!is_used(out.address)) return out;
  }
  return Error{ErrorCode::kResourceExhausted, "choose an address in the network", kNatNetwork,
               "all of its addresses are in use", "Delete a cluster you no longer need."};
}

Result<void> remove_unused_nat_network(virConnectPtr connection) {
  const Network network(virNetworkLookupByName(connection, kNatNetwork));
  if (!network) return {};
  COVE_TRY(const Description described, describe(network.get()));
  if (described.bridge != kBridge || any_domain_uses(connection)) return {};
  if (virNetworkIsActive(network.get()) == 1 && virNetworkDestroy(network.get()) != 0) {
    return last_error("stop the network", kNatNetwork, "qemu:///system");
  }
  if (virNetworkUndefine(network.get()) != 0) {
    return last_error("remove the network", kNatNetwork, "qemu:///system");
  }
  return {};
}

}  // namespace cove::vm::libvirt
