#include "core/proxy/policy.h"

#include <netinet/in.h>

#include <algorithm>
#include <map>

#include "core/api/document.h"
#include "core/api/each.h"
#include "core/api/pods.h"
#include "core/api/selector.h"

namespace cove::proxy {
namespace {

namespace json = boost::json;
using network::Address;
using network::AddressRange;
using network::PolicyPort;
using network::PolicyRule;
using network::ServiceFrontend;
using network::Subnet;

struct NamedPort {
  std::string name;
  std::uint8_t protocol = 0;
  std::uint16_t number = 0;
};

struct Pod {
  api::ObjectPtr object;
  Address address;
  bool here = false;
  std::vector<NamedPort> ports;
};

using Pods = std::multimap<std::string, Pod, std::less<>>;  // by namespace
using Namespaces = std::map<std::string, api::ObjectPtr, std::less<>>;

std::optional<std::uint8_t> protocol_of(std::string_view text) {
  if (text.empty() || text == "TCP") return IPPROTO_TCP;
  if (text == "UDP") return IPPROTO_UDP;
  if (text == "SCTP") return IPPROTO_SCTP;
  return std::nullopt;
}

std::optional<std::uint16_t> port_number(const json::value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error || number < 1 || number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

std::vector<NamedPort> named_ports_of(const json::object& pod) {
  std::vector<NamedPort> ports;
  const auto read = [&](const json::object& container) {
    api::each_object(container, {"ports"}, [&](const json::object& port) {
      const std::string_view name = api::text_at(port, {"name"});
      const auto protocol = protocol_of(api::text_at(port, {"protocol"}));
      const auto number = port_number(api::member(port, "containerPort"));
      if (!name.empty() && protocol && number)
        ports.push_back({std::string(name), *protocol, *number});
    });
  };
  api::each_object(pod, {"spec", "containers"}, read);
  api::each_object(pod, {"spec", "initContainers"}, read);
  return ports;
}

Pods read_pods(const std::vector<api::ObjectPtr>& objects, const std::string& node) {
  Pods pods;
  for (const auto& object : objects) {
    const json::object& document = object->document();
    const auto address = Address::parse(api::text_at(document, {"status", "podIP"}));
    if (!address || address->family() != network::Family::kIpv4 || api::has_ended(document) ||
        api::flag_at(document, {"spec", "hostNetwork"}))
      continue;
    pods.emplace(object->namespace_name(),
                 Pod{object, *address, api::text_at(document, {"spec", "nodeName"}) == node,
                     named_ports_of(document)});
  }
  return pods;
}

// A selector that is absent or broken chooses nothing.
api::LabelSelector selector_at(const json::object& object, std::string_view name) {
  const auto selector = api::LabelSelector::from_document(api::object_at(object, {name}));
  return selector ? *selector : api::LabelSelector::nothing();
}

// The block without its exceptions, both as pairs of the first and the last number.
std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_of(const json::object& block) {
  const auto subnet = Subnet::parse(api::text_at(block, {"cidr"}));
  if (!subnet || subnet->base.family() != network::Family::kIpv4) return {};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges{
      {subnet->base.ipv4(), subnet->last().ipv4()}};
  const json::array* exceptions = api::array_at(block, {"except"});
  if (exceptions == nullptr) return ranges;
  for (const json::value& each : *exceptions) {
    const auto hole =
        each.is_string() ? Subnet::parse(api::view(each.get_string())) : Result<Subnet>(Error{});
    if (!hole || hole->base.family() != network::Family::kIpv4) return {};
    const std::uint64_t first = hole->base.ipv4(), last = hole->last().ipv4();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rest;
    for (const auto& [from, to] : ranges) {
      if (last < from || first > to) {
        rest.emplace_back(from, to);
        continue;
      }
      if (first > from) rest.emplace_back(from, first - 1);
      if (last < to) rest.emplace_back(last + 1, to);
    }
    ranges = std::move(rest);
  }
  return ranges;
}

class Planner {
 public:
  Planner(const Pods& pods, const Namespaces& namespaces) : pods_(pods), namespaces_(namespaces) {}

  // `chosen`: whom the policy is about.
  PolicyRule plan(const json::object& rule, const std::string& own_namespace, bool ingress,
                  const std::vector<const Pod*>& chosen) const {
    PolicyRule planned;
    std::vector<const Pod*> peers;
    const json::array* list = api::array_at(rule, {ingress ? "from" : "to"});
    planned.any_peer = list == nullptr || list->empty();
    std::vector<AddressRange> ranges;
    api::each_object(list, [&](const json::object& peer) {
      if (const json::object* block = api::object_at(peer, {"ipBlock"})) {
        for (const auto& [first, last] : ranges_of(*block))
          ranges.push_back({Address::from_ipv4(static_cast<std::uint32_t>(first)),
                            Address::from_ipv4(static_cast<std::uint32_t>(last))});
      } else {
        add_peers(peer, own_namespace, peers);
      }
    });
    planned.blocks = network::merged(std::move(ranges));
    for (const Pod* pod : peers) planned.peers.insert(pod->address);
    if (!ingress && planned.any_peer)
      for (const auto& [space, pod] : pods_) peers.push_back(&pod);
    add_ports(rule, ingress ? chosen : peers, planned);
    return planned;
  }

 private:
  void add_peers(const json::object& peer, const std::string& own_namespace,
                 std::vector<const Pod*>& peers) const {
    const bool by_namespace = api::object_at(peer, {"namespaceSelector"}) != nullptr;
    const bool by_pod = api::object_at(peer, {"podSelector"}) != nullptr;
    const auto spaces = selector_at(peer, "namespaceSelector"),
               labels = selector_at(peer, "podSelector");
    const auto add_of = [&](const std::string& space) {
      const auto [from, to] = pods_.equal_range(space);
      for (auto pod = from; pod != to; ++pod)
        if (!by_pod || labels.matches(pod->second.object->document()))
          peers.push_back(&pod->second);
    };
    if (!by_namespace) {
      if (by_pod) add_of(own_namespace);
      return;
    }
    for (const auto& [name, object] : namespaces_)
      if (spaces.matches(object->document())) add_of(name);
  }

  // `asked`: whose named ports are meant.
  static void add_ports(const json::object& rule, const std::vector<const Pod*>& asked,
                        PolicyRule& planned) {
    const json::array* list = api::array_at(rule, {"ports"});
    planned.any_port = list == nullptr || list->empty();
    api::each_object(list, [&](const json::object& port) {
      const auto protocol = protocol_of(api::text_at(port, {"protocol"}));
      if (!protocol) return;
      const json::value* value = api::value_at(port, {"port"});
      if (value == nullptr) {
        planned.ports.insert({*protocol, 0, 65535});
      } else if (const auto first = port_number(value)) {
        const auto last = port_number(api::value_at(port, {"endPort"}));
        planned.ports.insert({*protocol, *first, std::max(*first, last.value_or(*first))});
      } else if (value->is_string()) {
        for (const Pod* pod : asked)
          for (const NamedPort& named : pod->ports)
            if (named.name == api::view(value->get_string()) && named.protocol == *protocol)
              planned.named_ports.insert({*protocol, pod->address, named.number});
      }
    });
  }

  const Pods& pods_;
  const Namespaces& namespaces_;
};

bool has_type(const json::object& policy, std::string_view type) {
  const json::array* types = api::array_at(policy, {"spec", "policyTypes"});
  if (types == nullptr)
    return type == "Ingress" || api::array_at(policy, {"spec", "egress"}) != nullptr;
  return std::ranges::any_of(*types, [&](const json::value& each) {
    return each.is_string() && api::view(each.get_string()) == type;
  });
}

}  // namespace

network::PolicyRules plan_policies(const std::vector<api::ObjectPtr>& policies,
                                   const std::vector<api::ObjectPtr>& pods,
                                   const std::vector<api::ObjectPtr>& namespaces,
                                   const std::string& node) {
  network::PolicyRules rules;
  if (policies.empty()) return rules;
  const Pods all = read_pods(pods, node);
  Namespaces spaces;
  for (const auto& object : namespaces) spaces.emplace(object->name(), object);
  const Planner planner(all, spaces);
  for (const auto& policy : policies) {
    const json::object& document = policy->document();
    const std::string space(policy->namespace_name());
    const std::string name = space + "/" + std::string(policy->name());
    const json::object* spec = api::object_at(document, {"spec"});
    if (spec == nullptr) continue;
    const auto selector = selector_at(*spec, "podSelector");
    std::vector<const Pod*> chosen;
    const auto [from, to] = all.equal_range(space);
    for (auto pod = from; pod != to; ++pod)
      if (pod->second.here && selector.matches(pod->second.object->document()))
        chosen.push_back(&pod->second);
    if (chosen.empty()) continue;
    for (const bool ingress : {true, false}) {
      if (!has_type(document, ingress ? "Ingress" : "Egress")) continue;
      network::PolicySide& side = ingress ? rules.ingress : rules.egress;
      auto& permissions = side.policies[name];
      api::each_object(*spec, {ingress ? "ingress" : "egress"}, [&](const json::object& rule) {
        permissions.push_back(planner.plan(rule, space, ingress, chosen));
      });
      for (const Pod* pod : chosen) side.chosen[pod->address].insert(name);
    }
  }
  return rules;
}

bool matters_to_policies(const api::Object& before, const api::Object& now) {
  const json::object &a = before.document(), &b = now.document();
  const json::value *labels_a = api::value_at(a, {"metadata", "labels"}),
                    *labels_b = api::value_at(b, {"metadata", "labels"});
  const bool same_labels = (labels_a == nullptr) == (labels_b == nullptr) &&
                           (labels_a == nullptr || api::same(*labels_a, *labels_b));
  return !same_labels || api::has_ended(a) != api::has_ended(b) ||
         api::text_at(a, {"status", "podIP"}) != api::text_at(b, {"status", "podIP"}) ||
         api::text_at(a, {"spec", "nodeName"}) != api::text_at(b, {"spec", "nodeName"});
}

}  // namespace cove::proxy
