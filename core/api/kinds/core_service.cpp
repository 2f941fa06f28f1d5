#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::int64_t kNodeAgentPort = 10250;
constexpr std::int64_t kMaxAffinitySeconds = 86400;

std::string_view type_of(const json::object& object) {
  return text_at(object, {"spec", "type"});
}

bool headless(const json::object& object) {
  const json::array* addresses = array_at(object, {"spec", "clusterIPs"});
  return text_at(object, {"spec", "clusterIP"}) == "None" ||
         (addresses != nullptr && addresses->size() == 1 && addresses->front() == "None");
}

bool has_node_ports(const json::object& object) {
  const json::value* allocate = value_at(object, {"spec", "allocateLoadBalancerNodePorts"});
  return type_of(object) == "NodePort" ||
         (type_of(object) == "LoadBalancer" && (allocate == nullptr || *allocate != false));
}

bool has_cluster_address(const json::object& object) {
  return type_of(object) != "ExternalName";
}

bool reached_from_outside(const json::object& object) {
  return type_of(object) == "NodePort" || type_of(object) == "LoadBalancer" ||
         (type_of(object) == "ClusterIP" && rules::size_at(object, {"spec", "externalIPs"}) > 0);
}

bool needs_health_check_port(const json::object& object) {
  return type_of(object) == "LoadBalancer" &&
         text_at(object, {"spec", "externalTrafficPolicy"}) == "Local";
}

void set_defaults(json::object& object) {
  json::object& spec = make_object_at(object, {"spec"});
  if (text_at(spec, {"sessionAffinity"}) == "ClientIP") {
    set_default(make_object_at(spec, {"sessionAffinityConfig", "clientIP"}), "timeoutSeconds",
                10800);
  } else if (text_at(spec, {"sessionAffinity"}) == "None") {
    erase_at(spec, {"sessionAffinityConfig"});
  }
  rules::each(rules::array_in(spec, {"ports"}), [](json::object& port, std::size_t) {
    const json::value* target = value_at(port, {"targetPort"});
    const json::value* number = value_at(port, {"port"});
    if (number != nullptr && (target == nullptr || *target == 0 || *target == "")) {
      const json::value same_number = *number;
      port["targetPort"] = same_number;
    }
  });
  if (reached_from_outside(object)) {
    set_default(spec, "externalTrafficPolicy", "Cluster");
  }
  if (rules::one_of(type_of(object), {"ClusterIP", "NodePort", "LoadBalancer"})) {
    set_default(spec, "internalTrafficPolicy", "Cluster");
  }
  if (type_of(object) == "LoadBalancer") {
    set_default(spec, "allocateLoadBalancerNodePorts", true);
  }
  rules::each(rules::array_in(object, {"status", "loadBalancer", "ingress"}),
              [](json::object& ingress, std::size_t) {
                if (!text_at(ingress, {"ip"}).empty()) {
                  set_default(ingress, "ipMode", "VIP");
                }
              });
}

// clusterIP and clusterIPs say the same twice; old clients know the first one alone.
void align_addresses(json::object& object, const json::object* old) {
  json::object& spec = make_object_at(object, {"spec"});
  const std::string_view address = text_at(spec, {"clusterIP"});
  const bool has_list = rules::size_at(spec, {"clusterIPs"}) > 0;
  if (old == nullptr) {
    if (!address.empty() && !has_list) {
      spec["clusterIPs"] = json::array{rules::cell(address)};
    }
    return;
  }
  const bool changed = !rules::same_at(object, *old, {"spec", "clusterIP"});
  const bool list_changed = !rules::same_at(object, *old, {"spec", "clusterIPs"});
  if (changed && !list_changed) {
    if (address.empty()) {
      erase_at(spec, {"clusterIPs"});
    } else {
      spec["clusterIPs"] = json::array{rules::cell(address)};
    }
  }
}

// What a service had for its type before and has no use for now, unless the client says otherwise.
void drop_fields_of_old_type(json::object& object, const json::object& old) {
  json::object& spec = make_object_at(object, {"spec"});
  const auto unchanged = [&](std::string_view field) {
    return rules::same_at(object, old, {"spec", field});
  };
  if (has_cluster_address(old) && !has_cluster_address(object) && unchanged("clusterIP") &&
      unchanged("clusterIPs")) {
    erase_at(spec, {"clusterIP"});
    erase_at(spec, {"clusterIPs"});
    if (unchanged("ipFamilies")) {
      erase_at(spec, {"ipFamilies"});
    }
    if (unchanged("ipFamilyPolicy")) {
      erase_at(spec, {"ipFamilyPolicy"});
    }
  }
  if (has_node_ports(old) && !has_node_ports(object)) {
    const json::array* before = array_at(old, {"spec", "ports"});
    rules::each(rules::array_in(spec, {"ports"}), [&](json::object& port, std::size_t i) {
      if (before != nullptr && i < before->size() && (*before)[i].is_object() &&
          rules::same_at(port, (*before)[i].get_object(), {"nodePort"})) {
        erase_at(port, {"nodePort"});
      }
    });
  }
  if (needs_health_check_port(old) && !needs_health_check_port(object) &&
      unchanged("healthCheckNodePort")) {
    erase_at(spec, {"healthCheckNodePort"});
  }
  if (reached_from_outside(old) && !reached_from_outside(object) &&
      unchanged("externalTrafficPolicy")) {
    erase_at(spec, {"externalTrafficPolicy"});
  }
  if (type_of(old) == "LoadBalancer" && type_of(object) != "LoadBalancer") {
    for (const std::string_view field : {"allocateLoadBalancerNodePorts", "loadBalancerClass"}) {
      if (unchanged(field)) {
        erase_at(spec, {field});
      }
    }
  }
}

std::string port_key(const json::object& port) {
  return fmt::format("{}/{}", text_at(port, {"protocol"}), integer_at(port, {"port"}).value_or(0));
}

// What the server chose stays when the client leaves it out.
void keep_allocated(json::object& object, const json::object& old) {
  if (has_cluster_address(object) && has_cluster_address(old)) {
    if (text_at(object, {"spec", "clusterIP"}).empty()) {
      rules::restore(object, old, {"spec", "clusterIP"});
    }
    if (rules::size_at(object, {"spec", "clusterIPs"}) == 0 &&
        rules::same_at(object, old, {"spec", "clusterIP"})) {
      rules::restore(object, old, {"spec", "clusterIPs"});
    }
  }
  if (has_node_ports(object) && has_node_ports(old)) {
    rules::each(rules::array_in(object, {"spec", "ports"}), [&](json::object& port, std::size_t) {
      if (integer_at(port, {"nodePort"}).value_or(0) != 0) {
        return;
      }
      rules::each(array_at(old, {"spec", "ports"}), [&](const json::object& before, std::size_t) {
        if (port_key(before) == port_key(port)) {
          rules::restore(port, before, {"nodePort"});
        }
      });
    });
  }
  if (needs_health_check_port(object) && needs_health_check_port(old) &&
      integer_at(object, {"spec", "healthCheckNodePort"}).value_or(0) == 0) {
    rules::restore(object, old, {"spec", "healthCheckNodePort"});
  }
}

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{{"loadBalancer", json::object{}}});
  align_addresses(object, nullptr);
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  drop_fields_of_old_type(object, old);
  keep_allocated(object, old);
  align_addresses(object, &old);
}

// ---- Validation

void check_target(ErrorList& errors, const FieldPath& path, const json::value* target) {
  if (target == nullptr) {
    return;
  }
  if (target->is_string()) {
    const std::string_view name = view(target->get_string());
    add_problems(errors, path, name, check_port_name(name));
  } else if (target->is_int64()) {
    rules::port(errors, path, target->get_int64());
  }
}

void check_ports(const json::object& object, ErrorList& errors) {
  const json::array* ports = array_at(object, {"spec", "ports"});
  const FieldPath all = "spec.ports";
  if ((ports == nullptr || ports->empty()) && !headless(object) &&
      type_of(object) != "ExternalName") {
    errors.required(all);
  }
  std::set<std::string, std::less<>> names;
  std::set<std::string, std::less<>> keys;
  std::set<std::string, std::less<>> node_ports;
  rules::each(ports, [&](const json::object& port, std::size_t i) {
    const FieldPath path = all.index(i);
    const std::string_view name = text_at(port, {"name"});
    if (name.empty() && ports->size() > 1) {
      errors.required(path / "name");
    } else if (!name.empty()) {
      rules::name(errors, path / "name", name, NameRule::kDnsLabel);
      if (!names.emplace(name).second) {
        errors.duplicate(path / "name", rules::cell(name));
      }
    }
    const std::int64_t number = integer_at(port, {"port"}).value_or(0);
    rules::port(errors, path / "port", number);
    rules::required_enumeration(errors, path / "protocol", text_at(port, {"protocol"}),
                                {"SCTP", "TCP", "UDP"});
    check_target(errors, path / "targetPort", value_at(port, {"targetPort"}));
    if (const std::string_view protocol = text_at(port, {"appProtocol"}); !protocol.empty()) {
      add_problems(errors, path / "appProtocol", protocol, check_qualified_name(protocol));
    }
    if (type_of(object) == "LoadBalancer" && number == kNodeAgentPort) {
      errors.invalid(path, number,
                     "may not expose port 10250 externally since it is used by kubelet");
    }
    const std::int64_t node_port = integer_at(port, {"nodePort"}).value_or(0);
    if (node_port != 0 && type_of(object) == "ClusterIP") {
      errors.forbidden(path / "nodePort", "may not be used when `type` is 'ClusterIP'");
    } else if (node_port != 0 &&
               !node_ports.insert(fmt::format("{}/{}", text_at(port, {"protocol"}), node_port))
                    .second) {
      errors.duplicate(path / "nodePort", node_port);
    }
    if (!keys.insert(port_key(port)).second) {
      errors.duplicate(path, port);
    }
  });
}

void check_external_name(const json::object& object, ErrorList& errors) {
  for (const std::string_view field : {"clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
    if (rules::size_at(object, {"spec", field}) > 0 || !text_at(object, {"spec", field}).empty()) {
      errors.forbidden(FieldPath("spec") / field, "may not be set for ExternalName services");
    }
  }
  std::string_view name = text_at(object, {"spec", "externalName"});
  if (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  if (name.empty()) {
    errors.required("spec.externalName");
  } else {
    rules::name(errors, "spec.externalName", name, NameRule::kDnsSubdomain);
  }
}

void check_addresses(const json::object& object, ErrorList& errors) {
  const FieldPath path = "spec.clusterIPs";
  const json::array* addresses = array_at(object, {"spec", "clusterIPs"});
  const std::string_view first = text_at(object, {"spec", "clusterIP"});
  if (addresses != nullptr && !addresses->empty() && addresses->front() != rules::cell(first)) {
    errors.invalid(path, *addresses, "first value must match `clusterIP`");
  }
  if (addresses != nullptr && addresses->size() > 2) {
    errors.invalid(path, *addresses, "may only hold up to 2 values");
  }
  rules::each_text(addresses, [&](std::string_view address, std::size_t i) {
    if (address == "None") {
      if (i > 0 || addresses->size() > 1) {
        errors.invalid(path.index(i), rules::cell(address),
                       "must be empty when `clusterIPs[0]` is 'None'");
      }
      return;
    }
    add_problems(errors, path.index(i), address, check_ip(address));
  });
  std::set<std::string, std::less<>> families;
  rules::each_text(array_at(object, {"spec", "ipFamilies"}),
                   [&](std::string_view family, std::size_t i) {
                     const FieldPath at = FieldPath("spec.ipFamilies").index(i);
                     rules::enumeration(errors, at, family, {"IPv4", "IPv6"});
                     if (!families.emplace(family).second) {
                       errors.duplicate(at, rules::cell(family));
                     }
                     if (addresses != nullptr && i < addresses->size() &&
                         (*addresses)[i].is_string() && (*addresses)[i] != "None" &&
                         is_ipv6(view((*addresses)[i].get_string())) != (family == "IPv6")) {
                       errors.invalid(path.index(i), (*addresses)[i],
                                      fmt::format("expected an {} value as indicated by "
                                                  "`ipFamilies[{}]`",
                                                  family, i));
                     }
                   });
  rules::enumeration(errors, "spec.ipFamilyPolicy", text_at(object, {"spec", "ipFamilyPolicy"}),
                     {"PreferDualStack", "RequireDualStack", "SingleStack"});
}

void check_affinity(const json::object& object, ErrorList& errors) {
  const std::string_view affinity = text_at(object, {"spec", "sessionAffinity"});
  rules::required_enumeration(errors, "spec.sessionAffinity", affinity, {"ClientIP", "None"});
  const FieldPath path = "spec.sessionAffinityConfig";
  if (affinity == "None" && rules::has(object, {"spec", "sessionAffinityConfig"})) {
    errors.forbidden(path, "must not be set when session affinity is None");
  }
  const auto seconds =
      integer_at(object, {"spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"});
  if (affinity == "ClientIP" && (!seconds || *seconds <= 0 || *seconds > kMaxAffinitySeconds)) {
    const FieldPath at = path / "clientIP" / "timeoutSeconds";
    if (!seconds) {
      errors.required(at, "when session affinity type is ClientIP");
    } else {
      errors.invalid(at, *seconds,
                     fmt::format("must be greater than 0 and less than {}", kMaxAffinitySeconds));
    }
  }
}

void check_load_balancer(const json::object& object, ErrorList& errors) {
  constexpr std::string_view kOnly = "may only be used when `type` is 'LoadBalancer'";
  const bool balanced = type_of(object) == "LoadBalancer";
  for (const std::string_view field :
       {"loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"}) {
    if (!balanced && rules::has(object, {"spec", field})) {
      errors.forbidden(FieldPath("spec") / field, std::string(kOnly));
    }
  }
  rules::each_text(array_at(object, {"spec", "loadBalancerSourceRanges"}),
                   [&](std::string_view range, std::size_t i) {
                     add_problems(errors, FieldPath("spec.loadBalancerSourceRanges").index(i),
                                  range, check_cidr(range));
                   });
  if (const std::string_view name = text_at(object, {"spec", "loadBalancerClass"});
      balanced && !name.empty()) {
    add_problems(errors, "spec.loadBalancerClass", name, check_qualified_name(name));
  }
}

void check_policies(const json::object& object, ErrorList& errors) {
  const std::string_view external = text_at(object, {"spec", "externalTrafficPolicy"});
  if (reached_from_outside(object)) {
    rules::required_enumeration(errors, "spec.externalTrafficPolicy", external,
                                {"Cluster", "Local"});
  } else if (!external.empty()) {
    errors.invalid("spec.externalTrafficPolicy", rules::cell(external),
                   "may only be set for externally-accessible services");
  }
  if (has_cluster_address(object)) {
    rules::required_enumeration(errors, "spec.internalTrafficPolicy",
                                text_at(object, {"spec", "internalTrafficPolicy"}),
                                {"Cluster", "Local"});
  }
  const std::int64_t port = integer_at(object, {"spec", "healthCheckNodePort"}).value_or(0);
  if (needs_health_check_port(object)) {
    if (port < 0) {
      errors.invalid("spec.healthCheckNodePort", port,
                     "must be greater than or equal to 0 and less than or equal to 65535");
    }
  } else if (port != 0) {
    errors.invalid("spec.healthCheckNodePort", port,
                   "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is "
                   "'Local'");
  }
  rules::enumeration(errors, "spec.trafficDistribution",
                     text_at(object, {"spec", "trafficDistribution"}),
                     {"PreferClose", "PreferSameNode", "PreferSameZone"});
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view type = type_of(object);
  if (headless(object) && (type == "LoadBalancer" || type == "NodePort")) {
    errors.invalid(FieldPath("spec.clusterIPs").index(0), "None",
                   fmt::format("may not be set to 'None' for {} services", type));
  }
  if (type == "ExternalName") {
    check_external_name(object, errors);
  } else {
    check_addresses(object, errors);
  }
  check_ports(object, errors);
  rules::labels(errors, "spec.selector", object_at(object, {"spec", "selector"}));
  check_affinity(object, errors);
  rules::each_text(
      array_at(object, {"spec", "externalIPs"}), [&](std::string_view address, std::size_t i) {
        add_problems(errors, FieldPath("spec.externalIPs").index(i), address, check_ip(address));
      });
  rules::required_enumeration(errors, "spec.type", type,
                              {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
  check_load_balancer(object, errors);
  check_policies(object, errors);
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  const json::array* before = array_at(old, {"spec", "clusterIPs"});
  const json::array* after = array_at(object, {"spec", "clusterIPs"});
  if (has_cluster_address(object) && has_cluster_address(old) && before != nullptr &&
      !before->empty()) {
    const FieldPath path = FieldPath("spec.clusterIPs").index(0);
    if (after == nullptr || after->empty()) {
      errors.invalid(path, json::array{}, "primary clusterIP can not be unset");
    } else if (after->front() != before->front()) {
      errors.invalid(path, *after, "may not change once set");
    }
  }
  if (type_of(object) == "LoadBalancer" && type_of(old) == "LoadBalancer" &&
      !rules::same_at(object, old, {"spec", "loadBalancerClass"})) {
    errors.invalid("spec.loadBalancerClass",
                   rules::cell(text_at(object, {"spec", "loadBalancerClass"})),
                   "may not change once set");
  }
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  const FieldPath all = "status.loadBalancer.ingress";
  const json::array* entries = array_at(object, {"status", "loadBalancer", "ingress"});
  if (type_of(object) != "LoadBalancer" && entries != nullptr && !entries->empty()) {
    errors.forbidden(all, "may only be used when `spec.type` is 'LoadBalancer'");
  }
  rules::each(entries, [&](const json::object& entry, std::size_t i) {
    const FieldPath path = all.index(i);
    const std::string_view ip = text_at(entry, {"ip"});
    const std::string_view host = text_at(entry, {"hostname"});
    const std::string_view mode = text_at(entry, {"ipMode"});
    if (!ip.empty()) {
      add_problems(errors, path / "ip", ip, check_ip(ip));
    } else if (!mode.empty()) {
      errors.forbidden(path / "ipMode", "may not be specified when `ip` is not set");
    }
    rules::enumeration(errors, path / "ipMode", mode, {"Proxy", "VIP"});
    if (!host.empty()) {
      add_problems(errors, path / "hostname", host, check_dns1123_subdomain(host));
      if (check_ip(host).empty()) {
        errors.invalid(path / "hostname", rules::cell(host),
                       "must be a DNS name, not an IP address");
      }
    }
  });
}

// What is set and has no effect.
std::vector<std::string> warnings(const json::object& object, const json::object*) {
  std::vector<std::string> texts;
  const auto ignored = [&](std::string_view field, std::string_view when) {
    texts.push_back(fmt::format("spec.{} is ignored {}", field, when));
  };
  const bool addresses = rules::size_at(object, {"spec", "externalIPs"}) > 0;
  if (headless(object)) {
    constexpr std::string_view kWhen = "for headless services";
    if (!text_at(object, {"spec", "loadBalancerIP"}).empty()) {
      ignored("loadBalancerIP", kWhen);
    }
    if (addresses) {
      ignored("externalIPs", kWhen);
    }
    if (text_at(object, {"spec", "sessionAffinity"}) == "ClientIP") {
      ignored("SessionAffinity", kWhen);
    }
  }
  if (type_of(object) == "ExternalName" && addresses) {
    ignored("externalIPs", "when spec.type is \"ExternalName\"");
  }
  return texts;
}

// ---- Cells

std::string balancer_text(const json::object& object) {
  std::set<std::string, std::less<>> entries;
  rules::each(array_at(object, {"status", "loadBalancer", "ingress"}),
              [&](const json::object& ingress, std::size_t) {
                const std::string_view ip = text_at(ingress, {"ip"});
                const std::string_view host = text_at(ingress, {"hostname"});
                if (!ip.empty() || !host.empty()) {
                  entries.emplace(ip.empty() ? host : ip);
                }
              });
  return rules::join({entries.begin(), entries.end()}, ",");
}

std::string external_text(const json::object& object) {
  std::string given = rules::join(array_at(object, {"spec", "externalIPs"}), ",");
  if (type_of(object) == "ExternalName") {
    return std::string(text_at(object, {"spec", "externalName"}));
  }
  if (type_of(object) != "LoadBalancer") {
    return given.empty() ? "<none>" : given;
  }
  const std::string entries = balancer_text(object);
  if (entries.empty()) {
    return given.empty() ? "<pending>" : given;
  }
  return given.empty() ? entries : entries + "," + given;
}

std::string ports_text(const json::object& object) {
  std::vector<std::string> texts;
  rules::each(array_at(object, {"spec", "ports"}), [&](const json::object& port, std::size_t) {
    const std::int64_t node_port = integer_at(port, {"nodePort"}).value_or(0);
    texts.push_back(fmt::format("{}{}/{}", integer_at(port, {"port"}).value_or(0),
                                node_port > 0 ? fmt::format(":{}", node_port) : "",
                                text_at(port, {"protocol"})));
  });
  return texts.empty() ? "<none>" : rules::join(texts, ",");
}

json::array cells(const json::object& object, WallTime now) {
  const json::array* addresses = array_at(object, {"spec", "clusterIPs"});
  const std::string_view address = text_at(object, {"spec", "clusterIP"});
  const json::value first = addresses != nullptr && !addresses->empty()
                                ? addresses->front()
                                : rules::cell(address.empty() ? "<none>" : address);
  return {rules::name_cell(object),
          rules::cell(type_of(object)),
          first,
          rules::cell(external_text(object)),
          rules::cell(ports_text(object)),
          rules::age_cell(object, now),
          rules::cell(rules::labels_text(object_at(object, {"spec", "selector"})))};
}

}  // namespace

std::vector<Kind> service_kinds(const BuiltinSchemas& schemas) {
  std::vector<Subresource> subresources = rules::status_subresource();
  subresources.push_back(
      {.name = "proxy", .verbs = {"create", "delete", "get", "patch", "update"}});
  return {{.gvk = {"", "v1", "Service"},
           .plural = "services",
           .singular = "service",
           .short_names = {"svc"},
           .categories = {"all"},
           .schema = &schemas.type("core/v1.Service"),
           .subresources = std::move(subresources),
           .name_rule = NameRule::kDns1035Label,
           .allows_create_on_update = true,
           .tracks_generation = false,
           .selectable_fields = {"spec.clusterIP", "spec.type"},
           .columns = {rules::name_column(),
                       rules::column("Type", "ClusterIP, NodePort, LoadBalancer or ExternalName."),
                       rules::column("Cluster-IP", "Address of the service in the cluster."),
                       rules::column("External-IP", "Addresses from outside."),
                       rules::column("Port(s)", "Ports, and the ports of nodes for them."),
                       rules::age_column(),
                       rules::column("Selector", "Labels of the pods behind it.", 1)},
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = prepare_create,
                     .prepare_update = prepare_update,
                     .validate = validate,
                     .validate_update = validate_update,
                     .validate_status = validate_status,
                     .warnings = warnings}}};
}

}  // namespace cove::api
