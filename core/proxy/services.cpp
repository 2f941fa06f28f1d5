#include "core/proxy/services.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <set>

#include "core/api/document.h"
#include "core/api/each.h"
#include "core/base/strings.h"

namespace cove::proxy {
namespace {

namespace json = boost::json;
using network::Address;
using network::Family;
using network::ServiceEndpoint;
using network::ServiceFrontend;

constexpr std::int64_t kDefaultAffinitySeconds = 10800;
constexpr std::size_t kMaxSourceRanges = 16384;
// Elements of the service table that one Service may need: each of its endpoints takes one by every
// frontend, and with affinity a chain that is as large as several.
constexpr std::size_t kMaxElements = 65536, kElementsOfAffinity = 24;
constexpr const char* kServiceName = "kubernetes.io/service-name";

std::optional<std::uint8_t> protocol_of(const json::object& port) {
  const std::string_view text = api::text_at(port, {"protocol"});
  if (text.empty() || text == "TCP") return IPPROTO_TCP;
  if (text == "UDP") return IPPROTO_UDP;
  if (text == "SCTP") return IPPROTO_SCTP;
  return std::nullopt;
}

std::optional<std::uint16_t> port_at(const json::object& object, std::string_view name) {
  const auto value = api::integer_at(object, {name});
  if (!value || *value < 1 || *value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<Address> ipv4(std::string_view text) {
  const auto address = Address::parse(text);
  if (!address || address->family() != Family::kIpv4 || address->is_any()) return std::nullopt;
  return *address;
}

std::vector<Address> cluster_addresses(const json::object& service) {
  std::vector<Address> addresses;
  const auto add = [&](std::string_view text) {
    if (const auto address = ipv4(text)) addresses.push_back(*address);
  };
  api::each_text(service, {"spec", "clusterIPs"}, add);
  if (addresses.empty()) add(api::text_at(service, {"spec", "clusterIP"}));
  return addresses;
}

// A load balancer at the user's own loopback address is this machine, where it leads.
std::vector<Address> balancer_addresses(const json::object& service, const NodeFacts& node) {
  std::vector<Address> addresses;
  if (api::text_at(service, {"spec", "type"}) != "LoadBalancer") return addresses;
  api::each_object(service, {"status", "loadBalancer", "ingress"},
                   [&](const json::object& ingress) {
                     if (api::text_at(ingress, {"ipMode"}) == "Proxy") return;
                     const auto address = ipv4(api::text_at(ingress, {"ip"}));
                     if (address)
                       addresses.push_back(address->is_loopback() ? node.address : *address);
                   });
  return addresses;
}

std::vector<Address> outer_addresses(const json::object& service, const NodeFacts& node) {
  std::vector<Address> addresses = balancer_addresses(service, node);
  api::each_text(service, {"spec", "externalIPs"}, [&](std::string_view text) {
    const auto address = ipv4(text);
    if (address && !address->is_loopback()) addresses.push_back(*address);
  });
  return addresses;
}

// Who may ask a load balancer; nothing: everybody.
struct Sources {
  std::vector<network::AddressRange> ranges;  // none: nobody
  std::string problem = {};
};
std::optional<Sources> sources_of(const json::object& service) {
  std::vector<network::AddressRange> all;
  bool any = false;
  api::each_text(service, {"spec", "loadBalancerSourceRanges"}, [&](std::string_view text) {
    any = true;
    const auto subnet = network::Subnet::parse(trim(text));
    if (subnet && subnet->base.family() == Family::kIpv4)
      all.push_back({subnet->base, subnet->last()});
  });
  if (!any) return std::nullopt;
  Sources sources{network::merged(std::move(all))};
  const json::array* ports = api::array_at(service, {"spec", "ports"});
  const std::size_t times = ports == nullptr || ports->empty() ? 1 : ports->size();
  if (sources.ranges.size() > kMaxSourceRanges / times) {
    sources.problem = fmt::format(
        "Nobody reaches the load balancer: spec.loadBalancerSourceRanges are {} ranges for {} "
        "ports, and there is room for {} in all. Use fewer and larger ranges.",
        sources.ranges.size(), times, kMaxSourceRanges);
    sources.ranges.clear();
  }
  return sources;
}

// Endpoints of one port, by how they may be used.
struct Candidates {
  std::set<ServiceEndpoint> ready, terminating;
  std::vector<ServiceEndpoint> usable() const {
    const auto& chosen = ready.empty() ? terminating : ready;
    return {chosen.begin(), chosen.end()};
  }
};
struct PortEndpoints {
  Candidates all, local;
};

struct Readiness {
  bool ready = true, serving = true, terminating = false;
};

Readiness readiness_of(const json::object& endpoint) {
  const auto flag = [&](std::string_view name, bool otherwise) {
    const json::value* value = api::value_at(endpoint, {"conditions", name});
    return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
  };
  Readiness readiness;
  readiness.ready = flag("ready", true);
  readiness.serving = flag("serving", readiness.ready);
  readiness.terminating = flag("terminating", false);
  return readiness;
}

// Ready endpoints by what their hints say. A hint counts only when all of them have one, or some
// would never be asked.
class Hints {
 public:
  explicit Hints(const NodeFacts& node) : node_(node) {}

  void add(const ServiceEndpoint& entry, const json::object& endpoint) {
    of_node_.add(entry, endpoint, "forNodes", node_.name);
    of_zone_.add(entry, endpoint, "forZones", node_.zone);
  }
  // Nothing: all are alike.
  const std::set<ServiceEndpoint>& preferred() const {
    return of_node_.holds() ? of_node_.meant : of_zone_.holds() ? of_zone_.meant : kNone;
  }

 private:
  struct Kind {
    bool all_say = true;
    std::set<ServiceEndpoint> meant = {};
    bool holds() const { return all_say && !meant.empty(); }
    void add(const ServiceEndpoint& entry, const json::object& endpoint, std::string_view list,
             const std::string& own) {
      bool says = false;
      api::each_object(endpoint, {"hints", list}, [&](const json::object& one) {
        says = true;
        if (!own.empty() && api::text_at(one, {"name"}) == own) meant.insert(entry);
      });
      all_say = all_say && says;
    }
  };
  inline static const std::set<ServiceEndpoint> kNone;
  const NodeFacts& node_;
  Kind of_node_, of_zone_;
};

std::optional<std::uint16_t> number_in_slice(const json::object& slice, std::string_view name,
                                             std::uint8_t protocol) {
  std::optional<std::uint16_t> number;
  api::each_object(slice, {"ports"}, [&](const json::object& port) {
    if (!number && api::text_at(port, {"name"}) == name && protocol_of(port) == protocol)
      number = port_at(port, "port");
  });
  return number;
}

PortEndpoints endpoints_of(const std::vector<api::ObjectPtr>& slices, std::string_view port_name,
                           std::uint8_t protocol, const NodeFacts& node) {
  PortEndpoints found;
  Hints hints(node);
  for (const auto& slice : slices) {
    const json::object& document = slice->document();
    if (slice->deleting() || api::text_at(document, {"addressType"}) != "IPv4") continue;
    const auto number = number_in_slice(document, port_name, protocol);
    if (!number) continue;
    api::each_object(document, {"endpoints"}, [&](const json::object& endpoint) {
      const json::array* addresses = api::array_at(endpoint, {"addresses"});
      if (addresses == nullptr || addresses->empty() || !addresses->front().is_string()) return;
      const auto address = ipv4(api::view(addresses->front().get_string()));
      if (!address) return;
      const ServiceEndpoint entry{*address, *number};
      const Readiness state = readiness_of(endpoint);
      const bool local = api::text_at(endpoint, {"nodeName"}) == node.name;
      if (state.ready) {
        found.all.ready.insert(entry);
        hints.add(entry, endpoint);
        if (local) found.local.ready.insert(entry);
      } else if (state.serving && state.terminating) {
        found.all.terminating.insert(entry);
        if (local) found.local.terminating.insert(entry);
      }
    });
  }
  if (!hints.preferred().empty()) found.all.ready = hints.preferred();
  return found;
}

std::optional<network::PortMapping> published(std::uint8_t protocol, std::uint16_t port) {
  if (protocol == IPPROTO_SCTP) return std::nullopt;
  return network::PortMapping{
      protocol == IPPROTO_TCP ? network::Protocol::kTcp : network::Protocol::kUdp, "127.0.0.1",
      port, port};
}

// All Services stand in one table, which is written at once: none may fill it.
void bound_endpoints(ServicePlan& plan) {
  std::size_t elements = 0, for_one = 0, most = 0;
  for (const auto& [name, port] : plan.ports) {
    const std::size_t each =
        port.frontends.size() + (port.affinity.count() > 0 ? kElementsOfAffinity : 0);
    elements += each * port.endpoints.size();
    for_one += each;
    most = std::max(most, port.endpoints.size());
  }
  if (elements <= kMaxElements) return;
  const std::size_t room = kMaxElements / for_one;
  for (auto& [name, port] : plan.ports)
    if (port.endpoints.size() > room) port.endpoints.resize(room);
  if (!plan.problem.empty()) plan.problem += ' ';
  plan.problem += fmt::format(
      "Not every endpoint is asked: a port has up to {}, and with so many ports there is room for "
      "the first {} of each. Use fewer ports, or several Services.",
      most, room);
}

// The local ready endpoints of all ports together, by address.
std::size_t count_local(const std::vector<api::ObjectPtr>& slices, const NodeFacts& node) {
  std::set<std::string, std::less<>> addresses;
  for (const auto& slice : slices) {
    if (slice->deleting()) continue;
    api::each_object(slice->document(), {"endpoints"}, [&](const json::object& endpoint) {
      if (api::text_at(endpoint, {"nodeName"}) != node.name || !readiness_of(endpoint).ready)
        return;
      const json::array* list = api::array_at(endpoint, {"addresses"});
      if (list != nullptr && !list->empty() && list->front().is_string())
        addresses.emplace(api::view(list->front().get_string()));
    });
  }
  return addresses.size();
}

}  // namespace

std::string service_of_slice(const api::Object& slice) {
  const std::string_view name =
      api::text_at(slice.document(), {"metadata", "labels", kServiceName});
  if (name.empty()) return {};
  return std::string(slice.namespace_name()) + "/" + std::string(name);
}

ServicePlan plan_service(const api::Object& service, const std::vector<api::ObjectPtr>& slices,
                         const NodeFacts& node) {
  ServicePlan plan;
  const json::object& document = service.document();
  const std::vector<Address> inner = cluster_addresses(document);
  if (api::text_at(document, {"spec", "type"}) == "ExternalName" || inner.empty()) return plan;
  const std::vector<Address> outer = outer_addresses(document, node);
  const std::vector<Address> balancers = balancer_addresses(document, node);
  const std::optional<Sources> sources = sources_of(document);
  const bool external_local = api::text_at(document, {"spec", "externalTrafficPolicy"}) == "Local",
             internal_local = api::text_at(document, {"spec", "internalTrafficPolicy"}) == "Local";
  std::chrono::seconds affinity{0};
  if (api::text_at(document, {"spec", "sessionAffinity"}) == "ClientIP")
    affinity = std::chrono::seconds(
        api::integer_at(document, {"spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"})
            .value_or(kDefaultAffinitySeconds));

  api::each_object(document, {"spec", "ports"}, [&](const json::object& port) {
    const auto protocol = protocol_of(port);
    const auto number = port_at(port, "port"), node_port = port_at(port, "nodePort");
    if (!protocol || !number) return;
    const PortEndpoints endpoints =
        endpoints_of(slices, api::text_at(port, {"name"}), *protocol, node);
    std::vector<ServiceFrontend> inside, outside;
    for (const Address& address : inner) inside.push_back({*protocol, address, *number});
    const bool own = std::ranges::find(node.own_ports, *number) != node.own_ports.end();
    for (const Address& address : outer)
      if (!own || address != node.address) outside.push_back({*protocol, address, *number});
    if (node_port) outside.push_back({*protocol, std::nullopt, *node_port});

    const auto make = [&](std::vector<ServiceFrontend> frontends, bool local) {
      network::ServicePort made;
      made.frontends = std::move(frontends);
      const auto everywhere = endpoints.all.usable();
      made.endpoints = local ? endpoints.local.usable() : everywhere;
      made.affinity = affinity;
      made.drop = local && !everywhere.empty();
      for (const ServiceFrontend& each : made.frontends) {
        if (sources && each.address &&
            std::ranges::find(balancers, *each.address) != balancers.end())
          made.guarded.push_back(each);
      }
      if (!made.guarded.empty()) {
        made.sources = sources->ranges;
        plan.problem = sources->problem;
      }
      return made;
    };
    const std::string name =
        fmt::format("{}/{}:{}/{}", service.namespace_name(), service.name(), *number, *protocol);
    if (external_local == internal_local || outside.empty()) {
      inside.insert(inside.end(), outside.begin(), outside.end());
      plan.ports.emplace(name, make(std::move(inside), internal_local));
    } else {
      plan.ports.emplace(name, make(std::move(inside), internal_local));
      plan.ports.emplace(name + "/external", make(std::move(outside), external_local));
    }
    if (const auto mapping = node_port ? published(*protocol, *node_port) : std::nullopt)
      plan.published.push_back(*mapping);
    if (!own && std::ranges::find(balancers, node.address) != balancers.end())
      if (const auto mapping = published(*protocol, *number)) plan.published.push_back(*mapping);
  });
  bound_endpoints(plan);
  if (const auto port = api::integer_at(document, {"spec", "healthCheckNodePort"});
      external_local && port && *port > 0 && *port < 65536)
    plan.health = HealthPort{static_cast<std::uint16_t>(*port), count_local(slices, node)};
  return plan;
}

}  // namespace cove::proxy
