#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kShown = 3;

void check_address(const json::object& address, const FieldPath& path, ErrorList& errors) {
  const std::string_view ip = text_at(address, {"ip"});
  add_problems(errors, path / "ip", ip, check_ip(ip));
  rules::special_ip(errors, path / "ip", ip);
  if (const std::string_view host = text_at(address, {"hostname"}); !host.empty()) {
    rules::name(errors, path / "hostname", host, NameRule::kDnsLabel);
  }
  if (const std::string_view node = text_at(address, {"nodeName"}); !node.empty()) {
    rules::name(errors, path / "nodeName", node, NameRule::kDnsSubdomain);
  }
}

void validate(const json::object& object, ErrorList& errors) {
  rules::each(array_at(object, {"subsets"}), [&](const json::object& subset, std::size_t i) {
    const FieldPath path = FieldPath("subsets").index(i);
    const json::array* ports = array_at(subset, {"ports"});
    if (rules::size_at(subset, {"addresses"}) + rules::size_at(subset, {"notReadyAddresses"}) ==
        0) {
      errors.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (const std::string_view list : {"addresses", "notReadyAddresses"}) {
      rules::each(array_at(subset, {list}), [&](const json::object& address, std::size_t at) {
        check_address(address, (path / list).index(at), errors);
      });
    }
    rules::each(ports, [&](const json::object& port, std::size_t at) {
      const FieldPath here = (path / "ports").index(at);
      const std::string_view name = text_at(port, {"name"});
      if (name.empty() && ports->size() > 1) {
        errors.required(here / "name");
      } else if (!name.empty()) {
        rules::name(errors, here / "name", name, NameRule::kDnsLabel);
      }
      rules::port(errors, here / "port", integer_at(port, {"port"}).value_or(0));
      rules::required_enumeration(errors, here / "protocol", text_at(port, {"protocol"}),
                                  {"SCTP", "TCP", "UDP"});
      if (const std::string_view protocol = text_at(port, {"appProtocol"}); !protocol.empty()) {
        add_problems(errors, here / "appProtocol", protocol, check_qualified_name(protocol));
      }
    });
  });
}

std::string endpoints_text(const json::object& object) {
  std::vector<std::string> shown;
  std::size_t count = 0;
  const auto show = [&](std::string text) {
    if (++count <= kShown) {
      shown.push_back(std::move(text));
    }
  };
  rules::each(array_at(object, {"subsets"}), [&](const json::object& subset, std::size_t) {
    const json::array* addresses = array_at(subset, {"addresses"});
    if (rules::size_at(subset, {"ports"}) == 0) {
      rules::each(addresses, [&](const json::object& address, std::size_t) {
        show(std::string(text_at(address, {"ip"})));
      });
    }
    rules::each(array_at(subset, {"ports"}), [&](const json::object& port, std::size_t) {
      rules::each(addresses, [&](const json::object& address, std::size_t) {
        const std::string_view ip = text_at(address, {"ip"});
        const std::string host = is_ipv6(ip) ? fmt::format("[{}]", ip) : std::string(ip);
        show(fmt::format("{}:{}", host, integer_at(port, {"port"}).value_or(0)));
      });
    });
  });
  if (shown.empty()) {
    return "<none>";
  }
  const std::string text = rules::join(shown, ",");
  return count > kShown ? fmt::format("{} + {} more...", text, count - kShown) : text;
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(endpoints_text(object)),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> endpoints_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "Endpoints"},
           .plural = "endpoints",
           .singular = "endpoints",
           .short_names = {"ep"},
           .schema = &schemas.type("core/v1.Endpoints"),
           .allows_create_on_update = true,
           .tracks_generation = false,
           .columns = {rules::name_column(),
                       rules::column("Endpoints", "The first addresses and how many more."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate},
           .deprecation =
               "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}};
}

}  // namespace cove::api
