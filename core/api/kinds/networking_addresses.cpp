#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// IPAddress and ServiceCIDR: which addresses services have and where they come from.
namespace cove::api {
namespace {

void validate_address(const json::object& object, ErrorList& errors) {
  const std::string_view name = text_at(object, {"metadata", "name"});
  add_problems(errors, "metadata.name", name, check_ip(name, true));
  const json::object* parent = object_at(object, {"spec", "parentRef"});
  const FieldPath path = "spec.parentRef";
  if (parent == nullptr) {
    errors.required(path);
    return;
  }
  rules::required_text(errors, path / "resource", text_at(*parent, {"resource"}));
  rules::required_text(errors, path / "name", text_at(*parent, {"name"}));
  if (const std::string_view group = text_at(*parent, {"group"}); !group.empty()) {
    rules::name(errors, path / "group", group, NameRule::kDnsSubdomain);
  }
  for (const std::string_view field : {"resource", "name", "namespace"}) {
    if (const std::string_view text = text_at(*parent, {field}); !text.empty()) {
      add_problems(errors, path / field, text, check_path_segment(text));
    }
  }
}

json::array address_cells(const json::object& object, WallTime) {
  std::string text = "<none>";
  if (const json::object* parent = object_at(object, {"spec", "parentRef"})) {
    text = text_at(*parent, {"resource"});
    if (const std::string_view group = text_at(*parent, {"group"}); !group.empty()) {
      text.append(".").append(group);
    }
    for (const std::string_view field : {"namespace", "name"}) {
      if (const std::string_view part = text_at(*parent, {field}); !part.empty()) {
        text.append("/").append(part);
      }
    }
  }
  return {rules::name_cell(object), rules::cell(text)};
}

void validate_range(const json::object& object, ErrorList& errors) {
  const json::array* ranges = array_at(object, {"spec", "cidrs"});
  const FieldPath path = "spec.cidrs";
  if (ranges == nullptr || ranges->empty()) {
    errors.required(path, "at least one CIDR required");
    return;
  }
  if (ranges->size() > 2) {
    errors.invalid(path, *ranges, "may only hold up to 2 values");
    return;
  }
  rules::each_text(ranges, [&](std::string_view range, std::size_t i) {
    add_problems(errors, path.index(i), range, check_cidr(range, true));
  });
  if (ranges->size() == 2) {
    const bool first = is_ipv6(rules::split(rules::scalar_text(&(*ranges)[0], ""), '/').front());
    const bool second = is_ipv6(rules::split(rules::scalar_text(&(*ranges)[1], ""), '/').front());
    if (first == second) {
      errors.invalid(path, *ranges,
                     "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                     "2001:db8::/64");
    }
  }
}

void validate_range_update(const json::object& object, const json::object& old, ErrorList& errors) {
  const json::array* before = array_at(old, {"spec", "cidrs"});
  const json::array* after = array_at(object, {"spec", "cidrs"});
  if (before == nullptr || after == nullptr) {
    return;
  }
  if (before->size() == 1 && after->size() == 2) {
    // A second family may be added.
    if ((*before)[0] != (*after)[0]) {
      errors.invalid(FieldPath("spec.cidrs").index(0), (*after)[0], "field is immutable");
    }
    return;
  }
  rules::immutable(errors, object, old, {"spec", "cidrs"}, "spec.cidrs");
}

json::array range_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(rules::join(array_at(object, {"spec", "cidrs"}), ",")),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> ip_address_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"networking.k8s.io", "v1", "IPAddress"},
       .plural = "ipaddresses",
       .singular = "ipaddress",
       .short_names = {"ip"},
       .namespaced = false,
       .schema = &schemas.type("networking/v1.IPAddress"),
       .name_rule = NameRule::kNone,
       .tracks_generation = false,
       .columns = {rules::name_column(),
                   rules::column("ParentRef", "The object that has the address.")},
       .cells = address_cells,
       .rules = {.validate = validate_address,
                 .validate_update = [](const json::object& object, const json::object& old,
                                       ErrorList& errors) {
                   rules::immutable(errors, object, old, {"spec", "parentRef"}, "spec.parentRef");
                 }}}};
}

std::vector<Kind> service_cidr_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"networking.k8s.io", "v1", "ServiceCIDR"},
           .plural = "servicecidrs",
           .singular = "servicecidr",
           .namespaced = false,
           .schema = &schemas.type("networking/v1.ServiceCIDR"),
           .subresources = rules::status_subresource(),
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::column("CIDRs", "The ranges of addresses."),
                       rules::age_column()},
           .cells = range_cells,
           .rules = {.validate = validate_range, .validate_update = validate_range_update}}};
}

}  // namespace cove::api
