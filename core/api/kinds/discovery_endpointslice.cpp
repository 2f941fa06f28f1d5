#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxEndpoints = 1000;
constexpr std::size_t kMaxAddresses = 100;
constexpr std::size_t kMaxPorts = 20000;
constexpr std::size_t kMaxHints = 8;
constexpr std::size_t kShown = 3;

void check_address(ErrorList& errors, const FieldPath& path, std::string_view type,
                   std::string_view address) {
  if (type == "FQDN") {
    check_fully_qualified_name(errors, path, address);
    return;
  }
  const Problems problems = check_ip(address);
  if (!problems.empty() || is_ipv6(address) != (type == "IPv6")) {
    errors.invalid(path, rules::cell(address), fmt::format("must be a valid {} address", type));
    return;
  }
  rules::special_ip(errors, path, address);
}

void check_hints(const json::object& endpoint, const FieldPath& path, ErrorList& errors) {
  for (const std::string_view field : {"forZones", "forNodes"}) {
    const json::array* hints = array_at(endpoint, {"hints", field});
    const FieldPath at = path / "hints" / field;
    if (hints != nullptr && hints->size() > kMaxHints) {
      errors.too_many(at, hints->size(), kMaxHints);
      continue;
    }
    std::set<std::string, std::less<>> names;
    rules::each(hints, [&](const json::object& hint, std::size_t i) {
      const std::string_view name = text_at(hint, {"name"});
      if (!names.emplace(name).second) {
        errors.duplicate(at.index(i) / "name", rules::cell(name));
      }
      add_problems(errors, at.index(i) / "name", name,
                   field == "forZones" ? check_label_value(name)
                                       : check_name(name, NameRule::kDnsSubdomain));
    });
  }
}

void check_endpoints(const json::object& object, std::string_view type, ErrorList& errors) {
  const json::array* endpoints = array_at(object, {"endpoints"});
  if (endpoints != nullptr && endpoints->size() > kMaxEndpoints) {
    errors.too_many("endpoints", endpoints->size(), kMaxEndpoints);
    return;
  }
  rules::each(endpoints, [&](const json::object& endpoint, std::size_t i) {
    const FieldPath path = FieldPath("endpoints").index(i);
    const json::array* addresses = array_at(endpoint, {"addresses"});
    if (addresses == nullptr || addresses->empty()) {
      errors.required(path / "addresses", "must contain at least 1 address");
    } else if (addresses->size() > kMaxAddresses) {
      errors.too_many(path / "addresses", addresses->size(), kMaxAddresses);
    } else {
      rules::each_text(addresses, [&](std::string_view address, std::size_t at) {
        check_address(errors, (path / "addresses").index(at), type, address);
      });
    }
    if (const std::string_view node = text_at(endpoint, {"nodeName"}); !node.empty()) {
      rules::name(errors, path / "nodeName", node, NameRule::kDnsSubdomain);
    }
    if (const std::string_view host = text_at(endpoint, {"hostname"}); !host.empty()) {
      rules::name(errors, path / "hostname", host, NameRule::kDnsLabel);
    }
    if (rules::has(endpoint, {"deprecatedTopology", "kubernetes.io/hostname"})) {
      errors.invalid(
          (path / "deprecatedTopology").key("kubernetes.io/hostname"),
          rules::cell(text_at(endpoint, {"deprecatedTopology", "kubernetes.io/hostname"})),
          "deprecatedTopology[kubernetes.io/hostname] is not supported, use nodeName "
          "instead");
    }
    check_hints(endpoint, path, errors);
  });
}

void check_ports(const json::object& object, ErrorList& errors) {
  const json::array* ports = array_at(object, {"ports"});
  if (ports != nullptr && ports->size() > kMaxPorts) {
    errors.too_many("ports", ports->size(), kMaxPorts);
    return;
  }
  std::set<std::string, std::less<>> names;
  rules::each(ports, [&](const json::object& port, std::size_t i) {
    const FieldPath path = FieldPath("ports").index(i);
    const std::string_view name = text_at(port, {"name"});
    if (!name.empty()) {
      rules::name(errors, path / "name", name, NameRule::kDnsLabel);
    }
    if (!names.emplace(name).second) {
      errors.duplicate(path / "name", rules::cell(name));
    }
    rules::required_enumeration(errors, path / "protocol", text_at(port, {"protocol"}),
                                {"SCTP", "TCP", "UDP"});
    rules::port(errors, path / "port", integer_at(port, {"port"}));
    if (const std::string_view protocol = text_at(port, {"appProtocol"}); !protocol.empty()) {
      add_problems(errors, path / "appProtocol", protocol, check_qualified_name(protocol));
    }
  });
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view type = text_at(object, {"addressType"});
  rules::required_enumeration(errors, "addressType", type, {"FQDN", "IPv4", "IPv6"});
  if (rules::one_of(type, {"FQDN", "IPv4", "IPv6"})) {
    check_endpoints(object, type, errors);
  }
  check_ports(object, errors);
}

std::string ports_text(const json::object& object) {
  std::vector<std::string> texts;
  const json::array* ports = array_at(object, {"ports"});
  if (ports == nullptr || ports->empty()) {
    return "<unset>";
  }
  rules::each(ports, [&](const json::object& port, std::size_t i) {
    if (i < kShown) {
      const json::value* number = value_at(port, {"port"});
      const std::string_view name = text_at(port, {"name"});
      texts.push_back(number == nullptr && !name.empty() ? std::string(name)
                                                         : rules::scalar_text(number, "*"));
    }
  });
  const std::string text = rules::join(texts, ",");
  return ports->size() > kShown ? fmt::format("{} + {} more...", text, ports->size() - kShown)
                                : text;
}

std::string endpoints_text(const json::object& object) {
  std::vector<std::string> texts;
  std::size_t count = 0;
  rules::each(array_at(object, {"endpoints"}), [&](const json::object& endpoint, std::size_t) {
    rules::each_text(array_at(endpoint, {"addresses"}), [&](std::string_view address, std::size_t) {
      if (++count <= kShown) {
        texts.emplace_back(address);
      }
    });
  });
  if (texts.empty()) {
    return "<unset>";
  }
  const std::string text = rules::join(texts, ",");
  return count > kShown ? fmt::format("{} + {} more...", text, count - kShown) : text;
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"addressType"})),
          rules::cell(ports_text(object)), rules::cell(endpoints_text(object)),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> endpoint_slice_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"discovery.k8s.io", "v1", "EndpointSlice"},
           .plural = "endpointslices",
           .singular = "endpointslice",
           .schema = &schemas.type("discovery/v1.EndpointSlice"),
           .columns = {rules::name_column(), rules::column("AddressType", "IPv4, IPv6 or FQDN."),
                       rules::column("Ports", "Ports of the endpoints."),
                       rules::column("Endpoints", "The first addresses and how many more."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate,
                     .validate_update = [](const json::object& object, const json::object& old,
                                           ErrorList& errors) {
                       rules::immutable(errors, object, old, {"addressType"}, "addressType");
                     }}}};
}

}  // namespace cove::api
