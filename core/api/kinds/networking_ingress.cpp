#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// Ingress and, as conversions of it, its form before networking.k8s.io/v1, which named a backend's
// service and port in one place.
namespace cove::api {
namespace {

constexpr std::string_view kClassAnnotation = "kubernetes.io/ingress.class";
constexpr std::size_t kShownHosts = 3;

// ---- Validation

void check_host(ErrorList& errors, const FieldPath& path, std::string_view host) {
  add_problems(errors, path, host,
               host.find('*') == std::string_view::npos ? check_dns1123_subdomain(host)
                                                        : check_wildcard_dns1123_subdomain(host));
}

void check_backend(ErrorList& errors, const FieldPath& path, const json::object& backend) {
  const json::object* service = object_at(backend, {"service"});
  const json::object* resource = object_at(backend, {"resource"});
  if (service == nullptr && resource == nullptr) {
    errors.invalid(path, "", "resource or service backend is required");
    return;
  }
  if (service != nullptr && resource != nullptr) {
    errors.invalid(path, "", "cannot set both resource and service backends");
    return;
  }
  if (resource != nullptr) {
    rules::required_text(errors, path / "resource" / "kind", text_at(*resource, {"kind"}));
    rules::required_text(errors, path / "resource" / "name", text_at(*resource, {"name"}));
    return;
  }
  const FieldPath at = path / "service";
  const std::string_view name = text_at(*service, {"name"});
  if (name.empty()) {
    errors.required(at / "name");
  } else {
    rules::name(errors, at / "name", name, NameRule::kDns1035Label);
  }
  const std::string_view port = text_at(*service, {"port", "name"});
  const std::int64_t number = integer_at(*service, {"port", "number"}).value_or(0);
  if (!port.empty() && number != 0) {
    errors.invalid(path, "", "cannot set both port name & port number");
  } else if (!port.empty()) {
    add_problems(errors, at / "port" / "name", port, check_port_name(port));
  } else if (number != 0) {
    rules::port(errors, at / "port" / "number", number);
  } else {
    errors.required(path, "port name or number is required");
  }
}

void check_prefix_path(ErrorList& errors, const FieldPath& path, std::string_view text) {
  if (!text.starts_with('/')) {
    errors.invalid(path, rules::cell(text), "must be an absolute path");
  }
  for (const std::string_view part : {"//", "/./", "/../", "%2f", "%2F"}) {
    if (text.find(part) != std::string_view::npos) {
      errors.invalid(path, rules::cell(text), fmt::format("must not contain '{}'", part));
    }
  }
  for (const std::string_view end : {"/..", "/."}) {
    if (text.ends_with(end)) {
      errors.invalid(path, rules::cell(text), fmt::format("cannot end with '{}'", end));
    }
  }
}

void check_path(ErrorList& errors, const FieldPath& at, const json::object& entry) {
  const std::string_view type = text_at(entry, {"pathType"});
  const std::string_view path = text_at(entry, {"path"});
  if (type.empty()) {
    errors.required(at / "pathType", "pathType must be specified");
  } else if (type == "Exact" || type == "Prefix") {
    check_prefix_path(errors, at / "path", path);
  } else if (type != "ImplementationSpecific") {
    rules::enumeration(errors, at / "pathType", type,
                       {"Exact", "ImplementationSpecific", "Prefix"});
  } else if (!path.empty() && !path.starts_with('/')) {
    errors.invalid(at / "path", rules::cell(path), "must be an absolute path");
  }
  const json::object* backend = object_at(entry, {"backend"});
  check_backend(errors, at / "backend", backend == nullptr ? json::object() : *backend);
}

void check_rule(ErrorList& errors, const FieldPath& path, const json::object& rule) {
  if (const std::string_view host = text_at(rule, {"host"}); !host.empty()) {
    if (check_ip(host).empty()) {
      errors.invalid(path / "host", rules::cell(host), "must be a DNS name, not an IP address");
    } else {
      check_host(errors, path / "host", host);
    }
  }
  if (const json::object* http = object_at(rule, {"http"})) {
    const json::array* paths = array_at(*http, {"paths"});
    const FieldPath at = path / "http" / "paths";
    if (paths == nullptr || paths->empty()) {
      errors.required(at);
    }
    rules::each(paths, [&](const json::object& entry, std::size_t i) {
      check_path(errors, at.index(i), entry);
    });
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const json::array* all = array_at(object, {"spec", "rules"});
  const json::object* backend = object_at(object, {"spec", "defaultBackend"});
  if ((all == nullptr || all->empty()) && backend == nullptr) {
    errors.invalid("spec", json::array(), "either `defaultBackend` or `rules` must be specified");
  }
  if (backend != nullptr) {
    check_backend(errors, "spec.defaultBackend", *backend);
  }
  rules::each(all, [&](const json::object& rule, std::size_t i) {
    check_rule(errors, FieldPath("spec.rules").index(i), rule);
  });
  rules::each(array_at(object, {"spec", "tls"}), [&](const json::object& entry, std::size_t i) {
    const FieldPath path = FieldPath("spec.tls").index(i);
    rules::each_text(array_at(entry, {"hosts"}), [&](std::string_view host, std::size_t at) {
      check_host(errors, (path / "hosts").index(at), host);
    });
    if (const std::string_view secret = text_at(entry, {"secretName"}); !secret.empty()) {
      rules::name(errors, path / "secretName", secret, NameRule::kDnsSubdomain);
    }
  });
  if (const std::string_view name = text_at(object, {"spec", "ingressClassName"}); !name.empty()) {
    rules::name(errors, "spec.ingressClassName", name, NameRule::kDnsSubdomain);
  }
}

std::vector<std::string> warnings(const json::object& object, const json::object* old) {
  if (old == nullptr && rules::has(object, {"metadata", "annotations", kClassAnnotation})) {
    return {
        fmt::format("annotation \"{}\" is deprecated, please use 'spec.ingressClassName' instead",
                    kClassAnnotation)};
  }
  return {};
}

// ---- Cells

std::string hosts_text(const json::object& object) {
  std::vector<std::string> hosts;
  std::size_t count = 0;
  bool more = false;
  rules::each(array_at(object, {"spec", "rules"}), [&](const json::object& rule, std::size_t) {
    ++count;
    more = more || hosts.size() == kShownHosts;
    if (const std::string_view host = text_at(rule, {"host"}); !more && !host.empty()) {
      hosts.emplace_back(host);
    }
  });
  if (hosts.empty()) {
    return "*";
  }
  const std::string text = rules::join(hosts, ",");
  return more ? fmt::format("{} + {} more...", text, count - kShownHosts) : text;
}

std::string addresses_text(const json::object& object) {
  std::set<std::string, std::less<>> entries;
  rules::each(array_at(object, {"status", "loadBalancer", "ingress"}),
              [&](const json::object& entry, std::size_t) {
                const std::string_view ip = text_at(entry, {"ip"});
                const std::string_view text = ip.empty() ? text_at(entry, {"hostname"}) : ip;
                if (!text.empty()) {
                  entries.emplace(text);
                }
              });
  return rules::join({entries.begin(), entries.end()}, ",");
}

json::array cells(const json::object& object, WallTime now) {
  std::string_view name = text_at(object, {"spec", "ingressClassName"});
  if (name.empty()) {
    name = text_at(object, {"metadata", "annotations", kClassAnnotation});
  }
  return {rules::name_cell(object),
          rules::cell(name.empty() ? "<none>" : name),
          rules::cell(hosts_text(object)),
          rules::cell(addresses_text(object)),
          rules::cell(rules::size_at(object, {"spec", "tls"}) > 0 ? "80, 443" : "80"),
          rules::age_cell(object, now)};
}

// ---- The older form

void backend_to_storage(json::object& backend) {
  const std::string name(text_at(backend, {"serviceName"}));
  const json::value* port = value_at(backend, {"servicePort"});
  if (!name.empty() || port != nullptr) {
    json::object service{{"name", name}};
    json::object target;
    if (port != nullptr && port->is_string()) {
      target["name"] = *port;
    } else if (port != nullptr) {
      target["number"] = *port;
    }
    service["port"] = std::move(target);
    backend["service"] = std::move(service);
  }
  erase_at(backend, {"serviceName"});
  erase_at(backend, {"servicePort"});
}

void backend_from_storage(json::object& backend) {
  const json::object* service = object_at(backend, {"service"});
  if (service == nullptr) {
    return;
  }
  const std::string name(text_at(*service, {"name"}));
  const json::value* number = value_at(*service, {"port", "number"});
  json::value port = number != nullptr ? *number : rules::cell(text_at(*service, {"port", "name"}));
  erase_at(backend, {"service"});
  backend["serviceName"] = name;
  backend["servicePort"] = std::move(port);
}

void rename(json::object& spec, std::string_view from, std::string_view to) {
  if (const json::value* found = member(spec, from)) {
    json::value moved = *found;
    erase_at(spec, {from});
    spec[key(to)] = std::move(moved);
  }
}

template <typename Convert>
void each_backend(json::object& spec, Convert&& convert) {
  for (const std::string_view field : {"backend", "defaultBackend"}) {
    if (json::object* backend = rules::object_in(spec, {field})) {
      convert(*backend);
    }
  }
  rules::each(rules::array_in(spec, {"rules"}), [&](json::object& rule, std::size_t) {
    rules::each(rules::array_in(rule, {"http", "paths"}), [&](json::object& path, std::size_t) {
      if (json::object* backend = rules::object_in(path, {"backend"})) {
        convert(*backend);
      }
    });
  });
}

void to_storage(json::object& object) {
  if (json::object* spec = rules::object_in(object, {"spec"})) {
    each_backend(*spec, backend_to_storage);
    rename(*spec, "backend", "defaultBackend");
  }
}

void from_storage(json::object& object) {
  if (json::object* spec = rules::object_in(object, {"spec"})) {
    each_backend(*spec, backend_from_storage);
    rename(*spec, "defaultBackend", "backend");
  }
}

Kind ingress(std::string group, std::string version, const Schema& schema) {
  return {.gvk = {std::move(group), std::move(version), "Ingress"},
          .plural = "ingresses",
          .singular = "ingress",
          .short_names = {"ing"},
          .schema = &schema,
          .subresources = rules::status_subresource(),
          .columns = {rules::name_column(), rules::column("Class", "The IngressClass."),
                      rules::column("Hosts", "Hosts of its rules."),
                      rules::column("Address", "Where clients connect to."),
                      rules::column("Ports", "Ports that are open."), rules::age_column()},
          .cells = cells,
          .rules = {.validate = validate, .warnings = warnings}};
}

Kind older(std::string group, const Schema& schema) {
  Kind kind = ingress(group, "v1beta1", schema);
  // What the stored form checks is checked there.
  kind.rules = {};
  kind.conversion = Conversion{.storage_group = "networking.k8s.io",
                               .storage_version = "v1",
                               .storage_plural = "ingresses",
                               .to_storage = to_storage,
                               .from_storage = from_storage};
  kind.deprecation = fmt::format(
      "{}/v1beta1 Ingress is deprecated in v1.{}+, unavailable in v1.22+; use "
      "networking.k8s.io/v1 Ingress",
      group, group == "extensions" ? 14 : 19);
  return kind;
}

}  // namespace

std::vector<Kind> ingress_kinds(const BuiltinSchemas& schemas) {
  const Schema& before = schemas.type("extensions/v1beta1.Ingress");
  return {ingress("networking.k8s.io", "v1", schemas.type("networking/v1.Ingress")),
          older("networking.k8s.io", before), older("extensions", before)};
}

}  // namespace cove::api
