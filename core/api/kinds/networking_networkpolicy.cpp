#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void set_defaults(json::object& object) {
  json::object& spec = make_object_at(object, {"spec"});
  if (rules::size_at(spec, {"policyTypes"}) > 0) {
    return;
  }
  json::array types{"Ingress"};
  if (rules::size_at(spec, {"egress"}) > 0) {
    types.emplace_back("Egress");
  }
  spec["policyTypes"] = std::move(types);
}

// A range of addresses.
struct Range {
  int family = AF_UNSPEC;
  std::array<unsigned char, 16> address = {};
  int prefix = 0;
};

std::optional<Range> read_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  Range range;
  const std::string address(text.substr(0, slash));
  const std::string_view prefix = text.substr(slash + 1);
  range.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (std::from_chars(prefix.data(), prefix.data() + prefix.size(), range.prefix).ec !=
          std::errc() ||
      range.prefix < 0 || range.prefix > (range.family == AF_INET ? 32 : 128) ||
      inet_pton(range.family, address.c_str(), range.address.data()) != 1) {
    return std::nullopt;
  }
  return range;
}

bool inside(const Range& part, const Range& whole) {
  if (part.family != whole.family || part.prefix <= whole.prefix) {
    return false;
  }
  for (int bit = 0; bit < whole.prefix; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((part.address[at] & mask) != (whole.address[at] & mask)) {
      return false;
    }
  }
  return true;
}

void check_block(const json::object& block, const FieldPath& path, ErrorList& errors) {
  const std::string_view cidr = text_at(block, {"cidr"});
  if (cidr.empty()) {
    errors.required(path / "cidr");
    return;
  }
  const Problems problems = check_cidr(cidr);
  add_problems(errors, path / "cidr", cidr, problems);
  const std::optional<Range> whole = read_range(cidr);
  rules::each_text(array_at(block, {"except"}), [&](std::string_view text, std::size_t i) {
    const FieldPath at = (path / "except").index(i);
    const Problems wrong = check_cidr(text);
    add_problems(errors, at, text, wrong);
    const std::optional<Range> part = read_range(text);
    if (problems.empty() && wrong.empty() && whole && part && !inside(*part, *whole)) {
      errors.invalid(at, rules::cell(text), "must be a strict subset of `cidr`");
    }
  });
}

void check_peer(const json::object& peer, const FieldPath& path, ErrorList& errors) {
  const json::object* pods = object_at(peer, {"podSelector"});
  const json::object* namespaces = object_at(peer, {"namespaceSelector"});
  const json::object* block = object_at(peer, {"ipBlock"});
  rules::label_selector(errors, path / "podSelector", pods);
  rules::label_selector(errors, path / "namespaceSelector", namespaces);
  if (block != nullptr) {
    check_block(*block, path / "ipBlock", errors);
  }
  const bool selects = pods != nullptr || namespaces != nullptr;
  if (!selects && block == nullptr) {
    errors.required(path, "must specify a peer");
  } else if (selects && block != nullptr) {
    errors.forbidden(path, "may not specify both ipBlock and another peer");
  }
}

void check_port(const json::object& entry, const FieldPath& path, ErrorList& errors) {
  rules::enumeration(errors, path / "protocol", text_at(entry, {"protocol"}),
                     {"SCTP", "TCP", "UDP"});
  const json::value* port = value_at(entry, {"port"});
  const auto end = integer_at(entry, {"endPort"});
  if (port == nullptr) {
    if (end) {
      errors.required(path / "port", "must be specified if `endPort` specified");
    }
  } else if (port->is_int64()) {
    rules::port(errors, path / "port", port->get_int64());
    if (end && *end < port->get_int64()) {
      errors.invalid(path / "endPort", port->get_int64(),
                     "must be greater than or equal to `port`");
    }
    rules::port(errors, path / "endPort", end);
  } else if (port->is_string()) {
    if (end) {
      errors.invalid(path / "endPort", *end, "may not be specified when `port` is non-numeric");
    }
    const std::string_view name = view(port->get_string());
    add_problems(errors, path / "port", name, check_port_name(name));
  }
}

void check_rules(const json::object& object, std::string_view list, std::string_view peers,
                 ErrorList& errors) {
  rules::each(array_at(object, {"spec", list}), [&](const json::object& rule, std::size_t i) {
    const FieldPath path = (FieldPath("spec") / list).index(i);
    rules::each(array_at(rule, {"ports"}), [&](const json::object& port, std::size_t at) {
      check_port(port, (path / "ports").index(at), errors);
    });
    rules::each(array_at(rule, {peers}), [&](const json::object& peer, std::size_t at) {
      check_peer(peer, (path / peers).index(at), errors);
    });
  });
}

void validate(const json::object& object, ErrorList& errors) {
  rules::label_selector(errors, "spec.podSelector", object_at(object, {"spec", "podSelector"}));
  check_rules(object, "ingress", "from", errors);
  check_rules(object, "egress", "to", errors);
  const json::array* types = array_at(object, {"spec", "policyTypes"});
  if (types != nullptr && types->size() > 2) {
    errors.invalid("spec.policyTypes", *types, "may not specify more than two policyTypes");
    return;
  }
  rules::each_text(types, [&](std::string_view type, std::size_t i) {
    rules::enumeration(errors, FieldPath("spec.policyTypes").index(i), type, {"Egress", "Ingress"});
  });
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(rules::selector_text(object_at(object, {"spec", "podSelector"}))),
          rules::age_cell(object, now)};
}

Kind policy(std::string group, std::string version, const Schema& schema) {
  return {.gvk = {std::move(group), std::move(version), "NetworkPolicy"},
          .plural = "networkpolicies",
          .singular = "networkpolicy",
          .short_names = {"netpol"},
          .schema = &schema,
          .columns = {rules::name_column(), rules::column("Pod-Selector", "Labels of the pods."),
                      rules::age_column()},
          .cells = cells,
          .rules = {.set_defaults = set_defaults, .validate = validate}};
}

}  // namespace

std::vector<Kind> network_policy_kinds(const BuiltinSchemas& schemas) {
  Kind older = policy("extensions", "v1beta1", schemas.type("extensions/v1beta1.NetworkPolicy"));
  older.conversion = Conversion{.storage_group = "networking.k8s.io",
                                .storage_version = "v1",
                                .storage_plural = "networkpolicies",
                                .to_storage = [](json::object&) {},
                                .from_storage = [](json::object&) {}};
  older.deprecation =
      "extensions/v1beta1 NetworkPolicy is deprecated in v1.9+, unavailable in v1.16+; use "
      "networking.k8s.io/v1 NetworkPolicy";
  return {policy("networking.k8s.io", "v1", schemas.type("networking/v1.NetworkPolicy")),
          std::move(older)};
}

}  // namespace cove::api
