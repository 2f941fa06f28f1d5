#include "core/network/rules.h"

#include <netinet/in.h>

#include "core/network/name_server.h"

namespace cove::network {
namespace {

using nft::Element;
using nft::Header;
using nft::Meta;
using nft::Rule;
using nft::Type;
using nft::Verdict;

constexpr const char* kBridges = "bridges";             // interfaces of ours
constexpr const char* kInternal = "internal";           // those without a way out
constexpr const char* kSame = "same";                   // bridge . bridge
constexpr const char* kSubnets = "subnets";             // of networks that are not routed
constexpr const char* kOwn = "own";                     // address . address, of routed containers
constexpr const char* kMasqueraded = "masqueraded";     // of those that hide behind this machine
constexpr const char* kPorts = "ports";                 // protocol . port
constexpr const char* kAddressPorts = "address_ports";  // protocol . address . port

std::uint8_t number(Protocol protocol) {
  return protocol == Protocol::kTcp ? IPPROTO_TCP : IPPROTO_UDP;
}

Element element(std::string key, std::string value = {}) {
  return {std::move(key), std::move(value), std::nullopt, "", false};
}

Rule from(const char* set) {
  return Rule().meta(Meta::kInInterface, 0).in(set, 0);
}
Rule to(const char* set) {
  return Rule().meta(Meta::kOutInterface, 0).in(set, 0);
}

void add_sets(nft::Transaction& transaction) {
  const std::vector<Type> target{Type::kIpv4Address, Type::kPort};
  transaction.add_set({kBridges, {Type::kInterface}})
      .add_set({kInternal, {Type::kInterface}})
      .add_set({kSame, {Type::kInterface, Type::kInterface}})
      .add_set({kSubnets, {Type::kIpv4Address}, {}, true})
      .add_set({kOwn, {Type::kIpv4Address, Type::kIpv4Address}})
      .add_set({kMasqueraded, {Type::kIpv4Address}, {}, true})
      .add_set({kPorts, {Type::kProtocol, Type::kPort}, target})
      .add_set({kAddressPorts, {Type::kProtocol, Type::kIpv4Address, Type::kPort}, target});
}

// The same for what arrives and for what this machine sends itself.
void add_destination_nat(nft::Transaction& transaction, const std::string& chain) {
  transaction
      .add_rule(chain, Rule()
                           .destination_is_local()
                           .meta(Meta::kProtocol, 0)
                           .destination_ipv4(1)
                           .destination_port(2)
                           .map(kAddressPorts, 0, 4)
                           .destination_nat(Family::kIpv4, 4, 5))
      .add_rule(chain, Rule()
                           .destination_is_local()
                           .meta(Meta::kProtocol, 0)
                           .destination_port(1)
                           .map(kPorts, 0, 4)
                           .destination_nat(Family::kIpv4, 4, 5));
}

void add_chains(nft::Transaction& transaction) {
  // 127.0.0.0/8.
  const auto to_loopback = [](Rule rule) {
    return rule.payload(Header::kNetwork, 16, 1, 0).equals(0, "\x7f");
  };
  // Bridges accept loopback addresses for the answers of published ports; nobody else may use that.
  transaction.add_chain({"guard", "filter", nft::Hook::kPrerouting, nft::kRaw})
      .add_rule("guard", to_loopback(from(kBridges)).verdict(Verdict::kDrop));

  transaction.add_chain({"prerouting", "nat", nft::Hook::kPrerouting, nft::kDestinationNat})
      .add_rule("prerouting", to_loopback(Rule()).verdict(Verdict::kReturn));
  add_destination_nat(transaction, "prerouting");
  transaction.add_chain({"output", "nat", nft::Hook::kOutput, nft::kDestinationNat});
  add_destination_nat(transaction, "output");

  transaction.add_chain({"forward", "filter", nft::Hook::kForward, nft::kFilter})
      .add_rule(
          "forward",
          Rule().connection_state(nft::kEstablished | nft::kRelated).verdict(Verdict::kAccept))
      .add_rule("forward", Rule()
                               .meta(Meta::kInInterface, 0)
                               .meta(Meta::kOutInterface, 4)
                               .in(kSame, 0)
                               .verdict(Verdict::kAccept))
      .add_rule("forward", from(kInternal).verdict(Verdict::kDrop))
      .add_rule("forward", to(kInternal).verdict(Verdict::kDrop))
      .add_rule("forward",
                to(kBridges).connection_status(nft::kStatusDnat).verdict(Verdict::kAccept))
      .add_rule("forward", to(kBridges).verdict(Verdict::kDrop));

  transaction.add_chain({"postrouting", "nat", nft::Hook::kPostrouting, nft::kSourceNat})
      .add_rule("postrouting", Rule()
                                   .meta(Meta::kOutInterface, 0)
                                   .not_in(kBridges, 0)
                                   .source_ipv4(0)
                                   .in(kMasqueraded, 0)
                                   .masquerade())
      // A container that asked for a published port of this machine must be answered by way of it.
      .add_rule("postrouting", to(kBridges)
                                   .connection_status(nft::kStatusDnat)
                                   .source_ipv4(0)
                                   .in(kSubnets, 0)
                                   .masquerade())
      .add_rule("postrouting", to(kBridges)
                                   .connection_status(nft::kStatusDnat)
                                   .source_ipv4(0)
                                   .destination_ipv4(1)
                                   .in(kOwn, 0)
                                   .masquerade())
      .add_rule("postrouting", to(kBridges)
                                   .connection_status(nft::kStatusDnat)
                                   .payload(Header::kNetwork, 12, 1, 0)
                                   .equals(0, "\x7f")
                                   .masquerade());
}

struct NamedElements {
  const char* set;
  std::vector<Element> elements;
};

std::vector<NamedElements> elements_of(const NetworkRules& network) {
  const std::string name = nft::interface_field(network.bridge);
  std::vector<NamedElements> all{{kBridges, {element(name)}}, {kSame, {element(name + name)}}};
  if (!network.routed) all.push_back({kSubnets, nft::interval(network.subnet)});
  if (network.internal) all.push_back({kInternal, {element(name)}});
  if (network.masquerade && !network.internal)
    all.push_back({kMasqueraded, nft::interval(network.subnet)});
  return all;
}

std::vector<Element> own_of(const std::vector<PortRule>& ports, bool routed) {
  if (!routed || ports.empty()) return {};
  const std::string address = nft::address_field(ports.front().container);
  return {element(address + address)};
}

NamedElements element_of(const PortRule& port) {
  const std::string protocol = nft::protocol_field(number(port.protocol));
  const std::string target =
      nft::address_field(port.container) + nft::port_field(port.container_port);
  if (port.host.is_any())
    return {kPorts, {element(protocol + nft::port_field(port.host_port), target)}};
  return {kAddressPorts,
          {element(protocol + nft::address_field(port.host) + nft::port_field(port.host_port),
                   target)}};
}

}  // namespace

nft::Transaction make_table(const std::string& table, const std::vector<NetworkRules>& networks) {
  nft::Transaction transaction(nft::TableFamily::kIpv4, table);
  transaction.replace_table();
  add_sets(transaction);
  add_chains(transaction);
  for (const auto& network : networks) add_network(transaction, network);
  return transaction;
}

void add_network(nft::Transaction& transaction, const NetworkRules& network) {
  for (const auto& named : elements_of(network))
    transaction.add_elements(named.set, named.elements);
}

void remove_network(nft::Transaction& transaction, const NetworkRules& network) {
  for (const auto& named : elements_of(network))
    transaction.delete_elements(named.set, named.elements);
}

void add_ports(nft::Transaction& transaction, const std::vector<PortRule>& ports, bool routed) {
  for (const auto& port : ports) {
    const NamedElements named = element_of(port);
    transaction.add_elements(named.set, named.elements);
  }
  transaction.add_elements(kOwn, own_of(ports, routed));
}

void remove_ports(nft::Transaction& transaction, const std::vector<PortRule>& ports, bool routed) {
  for (const auto& port : ports) {
    const NamedElements named = element_of(port);
    transaction.delete_elements(named.set, named.elements);
  }
  transaction.delete_elements(kOwn, own_of(ports, routed));
}

nft::Transaction make_resolver_table(std::uint16_t udp_port, std::uint16_t tcp_port) {
  nft::Transaction transaction(nft::TableFamily::kIpv4, "cove-resolver");
  const Address resolver = *Address::parse(kResolverAddress);
  transaction.replace_table()
      .add_set({"resolver",
                {Type::kProtocol, Type::kIpv4Address, Type::kPort},
                {Type::kIpv4Address, Type::kPort}})
      .add_chain({"output", "nat", nft::Hook::kOutput, nft::kDestinationNat})
      .add_rule("output", Rule()
                              .meta(Meta::kProtocol, 0)
                              .destination_ipv4(1)
                              .destination_port(2)
                              .map("resolver", 0, 4)
                              .destination_nat(Family::kIpv4, 4, 5));
  const auto redirect = [&](Protocol protocol, std::uint16_t port) {
    transaction.add_elements(
        "resolver", {element(nft::protocol_field(number(protocol)) + nft::address_field(resolver) +
                                 nft::port_field(53),
                             nft::address_field(resolver) + nft::port_field(port))});
  };
  redirect(Protocol::kUdp, udp_port);
  redirect(Protocol::kTcp, tcp_port);
  return transaction;
}

}  // namespace cove::network
