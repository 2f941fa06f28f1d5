#include "core/node/pod_admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/api/quantity.h"
#include "core/api/selector.h"
#include "core/node/pod_model.h"

namespace cove::node {
namespace {

using Amounts = std::map<std::string, api::Quantity, std::less<>>;

void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] += amount;
}

void raise(Amounts& to, const Amounts& least) {
  for (const auto& [name, amount] : least) {
    if (to[name] < amount) to[name] = amount;
  }
}

Amounts amounts_at(const json::object& object, api::Steps path) {
  Amounts out;
  const json::object* const list = api::object_at(object, path);
  if (list == nullptr) return out;
  for (const auto& member : *list) {
    if (!member.value().is_string()) continue;
    if (auto amount = api::Quantity::parse(api::view(member.value().get_string())))
      out[std::string(member.key())] = *amount;
  }
  return out;
}

template <class Visit>
void each_object(const json::object& object, api::Steps path, const Visit& visit) {
  const json::array* const list = api::array_at(object, path);
  if (list == nullptr) return;
  for (const json::value& each : *list) {
    if (each.is_object()) visit(each.get_object());
  }
}

// Containers together, or the largest moment of initialization, and the overhead.
Amounts requests_of(const json::object& pod) {
  Amounts total, sidecars, initial;
  each_object(pod, {"spec", "containers"}, [&](const json::object& each) {
    add(total, amounts_at(each, {"resources", "requests"}));
  });
  each_object(pod, {"spec", "initContainers"}, [&](const json::object& each) {
    const Amounts own = amounts_at(each, {"resources", "requests"});
    Amounts moment = sidecars;
    add(moment, own);
    raise(initial, moment);
    if (api::text_at(each, {"restartPolicy"}) == "Always") {
      add(sidecars, own);
      add(total, own);
    }
  });
  raise(total, initial);
  for (const auto& [name, amount] : amounts_at(pod, {"spec", "resources", "requests"}))
    total[name] = amount;
  add(total, amounts_at(pod, {"spec", "overhead"}));
  return total;
}

std::int64_t shown(std::string_view resource, const api::Quantity& amount) {
  return resource == "cpu" ? amount.milli_value() : amount.value();
}

std::optional<Refusal> lacks_resources(const api::Object& pod, const api::Object& node,
                                       const std::vector<api::ObjectPtr>& others) {
  const Amounts room = amounts_at(node.document(), {"status", "allocatable"});
  const auto refusal = [](std::string_view name, std::int64_t asked, std::int64_t used,
                          std::int64_t capacity) {
    return Refusal{fmt::format("OutOf{}", name),
                   fmt::format("Node didn't have enough resource: {}, requested: {}, used: {}, "
                               "capacity: {}",
                               name, asked, used, capacity)};
  };
  if (const auto pods = room.find("pods"); pods != room.end()) {
    const auto used = static_cast<std::int64_t>(others.size());
    if (used + 1 > pods->second.value()) return refusal("pods", 1, used, pods->second.value());
  }
  Amounts used;
  for (const api::ObjectPtr& other : others) add(used, requests_of(other->document()));
  for (const auto& [name, amount] : requests_of(pod.document())) {
    if (amount.is_zero()) continue;
    const auto capacity = room.find(name);
    const api::Quantity all = capacity == room.end() ? api::Quantity() : capacity->second;
    if (used[name] + amount <= all) continue;
    return refusal(name, shown(name, amount), shown(name, used[name]), shown(name, all));
  }
  return std::nullopt;
}

// One requirement as a selector's text: its values are label values, which need no escapes.
std::string requirement_text(const json::object& requirement) {
  const std::string key(api::text_at(requirement, {"key"}));
  const std::string_view op = api::text_at(requirement, {"operator"});
  std::vector<std::string> values;
  if (const json::array* const list = api::array_at(requirement, {"values"})) {
    for (const json::value& each : *list) {
      if (each.is_string()) values.emplace_back(api::view(each.get_string()));
    }
  }
  const std::string joined = fmt::format("{}", fmt::join(values, ","));
  if (op == "In") return fmt::format("{} in ({})", key, joined);
  if (op == "NotIn") return fmt::format("{} notin ({})", key, joined);
  if (op == "DoesNotExist") return "!" + key;
  if (op == "Gt") return fmt::format("{}>{}", key, joined);
  if (op == "Lt") return fmt::format("{}<{}", key, joined);
  return key;
}

bool term_fits(const json::object& term, const api::Object& node) {
  bool fits = true, any = false;
  each_object(term, {"matchExpressions"}, [&](const json::object& each) {
    any = true;
    const auto selector = api::LabelSelector::parse(requirement_text(each));
    fits = fits && selector && selector->matches(node.document());
  });
  each_object(term, {"matchFields"}, [&](const json::object& each) {
    any = true;
    const json::array* const values = api::array_at(each, {"values"});
    const bool named =
        values != nullptr && std::ranges::any_of(*values, [&](const json::value& value) {
          return value.is_string() && api::view(value.get_string()) == node.name();
        });
    fits = fits && named == (api::text_at(each, {"operator"}) == "In");
  });
  return any && fits;
}

bool wants_other_node(const json::object& pod, const api::Object& node) {
  if (const json::object* const wanted = api::object_at(pod, {"spec", "nodeSelector"})) {
    if (!api::LabelSelector::from_labels(*wanted).matches(node.document())) return true;
  }
  const json::object* const required = api::object_at(
      pod, {"spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"});
  if (required == nullptr) return false;
  bool fits = false;
  each_object(*required, {"nodeSelectorTerms"},
              [&](const json::object& term) { fits = fits || term_fits(term, node); });
  return !fits;
}

struct Port {
  std::string protocol, address;
  std::int64_t number = 0;
};

std::vector<Port> ports_of(const json::object& pod) {
  std::vector<Port> out;
  for (const char* list : {"containers", "initContainers"}) {
    each_object(pod, {"spec", list}, [&](const json::object& container) {
      each_object(container, {"ports"}, [&](const json::object& port) {
        const auto number = api::integer_at(port, {"hostPort"}).value_or(0);
        if (number <= 0) return;
        const std::string_view protocol = api::text_at(port, {"protocol"});
        const std::string_view address = api::text_at(port, {"hostIP"});
        out.push_back({std::string(protocol.empty() ? "TCP" : protocol),
                       std::string(address.empty() ? "0.0.0.0" : address), number});
      });
    });
  }
  return out;
}

bool collide(const Port& a, const Port& b) {
  return a.number == b.number && a.protocol == b.protocol &&
         (a.address == b.address || a.address == "0.0.0.0" || b.address == "0.0.0.0");
}

bool ports_taken(const json::object& pod, const std::vector<api::ObjectPtr>& others) {
  const std::vector<Port> wanted = ports_of(pod);
  if (wanted.empty()) return false;
  for (const api::ObjectPtr& other : others) {
    for (const Port& taken : ports_of(other->document())) {
      if (std::ranges::any_of(wanted, [&](const Port& each) { return collide(each, taken); }))
        return true;
    }
  }
  return false;
}

bool tolerates(const json::object& pod, const json::object& taint) {
  bool tolerated = false;
  each_object(pod, {"spec", "tolerations"}, [&](const json::object& each) {
    const std::string_view key = api::text_at(each, {"key"});
    const std::string_view effect = api::text_at(each, {"effect"});
    const bool exists = api::text_at(each, {"operator"}) == "Exists";
    if (!effect.empty() && effect != api::text_at(taint, {"effect"})) return;
    if (key.empty() ? !exists : key != api::text_at(taint, {"key"})) return;
    tolerated =
        tolerated || exists || api::text_at(each, {"value"}) == api::text_at(taint, {"value"});
  });
  return tolerated;
}

bool is_tainted(const json::object& pod, const api::Object& node) {
  bool tainted = false;
  each_object(node.document(), {"spec", "taints"}, [&](const json::object& taint) {
    tainted = tainted || (api::text_at(taint, {"effect"}) == "NoExecute" && !tolerates(pod, taint));
  });
  return tainted;
}

}  // namespace

std::optional<Refusal> refuses(const api::Object& pod, const api::Object& node,
                               const std::vector<api::ObjectPtr>& others) {
  const json::object& document = pod.document();
  if (auto refusal = lacks_resources(pod, node, others)) return refusal;
  if (wants_other_node(document, node)) {
    return Refusal{
        "NodeAffinity",
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"};
  }
  if (ports_taken(document, others)) {
    return Refusal{"NodePorts",
                   "Predicate NodePorts failed: node(s) didn't have free ports for the requested "
                   "pod ports"};
  }
  if (is_tainted(document, node)) {
    return Refusal{"TaintToleration",
                   "Predicate TaintToleration failed: node(s) had taints that the pod didn't "
                   "tolerate"};
  }
  return std::nullopt;
}

std::optional<Refusal> unsupported(const api::Object& pod) {
  const json::object& document = pod.document();
  if (const auto os = api::text_at(document, {"spec", "os", "name"}); !os.empty() && os != "linux")
    return Refusal{
        "PodOSNotSupported",
        fmt::format("Failed to admit pod as the OS field doesn't match node OS: {}", os)};
  const json::value* const users = api::value_at(document, {"spec", "hostUsers"});
  if (users != nullptr && users->is_bool() && !users->get_bool())
    return Refusal{"UserNamespacesNotSupported", "this node does not give pods user namespaces"};
  if (api::flag_at(document, {"spec", "shareProcessNamespace"}))
    return Refusal{"ShareProcessNamespaceNotSupported",
                   "this node does not give pods a shared process namespace"};
  if (const json::array* const claims = api::array_at(document, {"spec", "resourceClaims"});
      claims != nullptr && !claims->empty())
    return Refusal{"ResourceClaimsNotSupported",
                   "this node does not allocate devices for resource claims"};
  return std::nullopt;
}

}  // namespace cove::node
