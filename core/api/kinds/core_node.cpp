#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::string_view kRolePrefix = "node-role.kubernetes.io/";

void set_defaults(json::object& object) {
  const json::object* capacity = object_at(object, {"status", "capacity"});
  if (capacity != nullptr && !capacity->empty() &&
      rules::size_at(object, {"status", "allocatable"}) == 0) {
    const json::object all = *capacity;
    set_at(object, {"status", "allocatable"}, all);
  }
}

void align_ranges(json::object& object) {
  const std::string_view range = text_at(object, {"spec", "podCIDR"});
  if (!range.empty() && rules::size_at(object, {"spec", "podCIDRs"}) == 0) {
    set_at(object, {"spec", "podCIDRs"}, json::array{rules::cell(range)});
  }
}

void check_taints(const json::object& object, ErrorList& errors) {
  std::set<std::string, std::less<>> seen;
  rules::each(array_at(object, {"spec", "taints"}), [&](const json::object& taint, std::size_t i) {
    const FieldPath path = FieldPath("metadata.taints").index(i);
    const std::string_view key = text_at(taint, {"key"});
    const std::string_view value = text_at(taint, {"value"});
    const std::string_view effect = text_at(taint, {"effect"});
    add_problems(errors, path / "key", key, check_qualified_name(key));
    add_problems(errors, path / "value", value, check_label_value(value));
    rules::required_enumeration(errors, path / "effect", effect,
                                {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    if (!seen.insert(fmt::format("{}:{}", effect, key)).second) {
      errors.duplicate(path, taint);
    }
  });
}

void validate(const json::object& object, ErrorList& errors) {
  check_taints(object, errors);
  const json::array* ranges = array_at(object, {"spec", "podCIDRs"});
  rules::each_text(ranges, [&](std::string_view range, std::size_t i) {
    add_problems(errors, FieldPath("spec.podCIDRs").index(i), range, check_cidr(range));
  });
  if (ranges != nullptr && ranges->size() > 2) {
    errors.invalid("spec.podCIDRs", *ranges,
                   "may specify no more than one CIDR for each IP family");
  }
  for (const std::string_view list : {"capacity", "allocatable"}) {
    rules::resource_list(errors, FieldPath("status") / list, object_at(object, {"status", list}));
  }
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  if (rules::size_at(old, {"spec", "podCIDRs"}) > 0 &&
      !rules::same_at(object, old, {"spec", "podCIDRs"})) {
    errors.forbidden("spec.podCIDRs",
                     "node updates may not change podCIDR except from \"\" to valid");
  }
  if (!text_at(old, {"spec", "providerID"}).empty() &&
      !rules::same_at(object, old, {"spec", "providerID"})) {
    errors.forbidden("spec.providerID",
                     "node updates may not change providerID except from \"\" to valid");
  }
  if (!rules::same_at(object, old, {"spec", "configSource"}) &&
      rules::has(object, {"spec", "configSource"})) {
    errors.forbidden("spec.configSource",
                     "configSource may not be set. The legacy DynamicKubeletConfig feature has "
                     "been removed");
  }
}

std::string status_text(const json::object& object) {
  std::string text = "Unknown";
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (text_at(condition, {"type"}) == "Ready") {
                  text = text_at(condition, {"status"}) == "True" ? "Ready" : "NotReady";
                }
              });
  return flag_at(object, {"spec", "unschedulable"}) ? text + ",SchedulingDisabled" : text;
}

std::string roles_text(const json::object& object) {
  std::set<std::string, std::less<>> roles;
  rules::each_member(object_at(object, {"metadata", "labels"}), [&](std::string_view name,
                                                                    const json::value& value) {
    if (name.starts_with(kRolePrefix) && name.size() > kRolePrefix.size()) {
      roles.emplace(name.substr(kRolePrefix.size()));
    } else if (name == "kubernetes.io/role" && value.is_string() && !value.get_string().empty()) {
      roles.emplace(view(value.get_string()));
    }
  });
  return roles.empty() ? "<none>" : rules::join({roles.begin(), roles.end()}, ",");
}

std::string_view address_of(const json::object& object, std::string_view type) {
  std::string_view found = "<none>";
  rules::each(array_at(object, {"status", "addresses"}),
              [&](const json::object& address, std::size_t) {
                if (text_at(address, {"type"}) == type && found == "<none>") {
                  found = text_at(address, {"address"});
                }
              });
  return found;
}

json::value info_cell(const json::object& object, std::string_view field) {
  const std::string_view text = text_at(object, {"status", "nodeInfo", field});
  return rules::cell(text.empty() ? "<unknown>" : text);
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(status_text(object)),
          rules::cell(roles_text(object)),
          rules::age_cell(object, now),
          rules::cell(text_at(object, {"status", "nodeInfo", "kubeletVersion"})),
          rules::cell(address_of(object, "InternalIP")),
          rules::cell(address_of(object, "ExternalIP")),
          info_cell(object, "osImage"),
          info_cell(object, "kernelVersion"),
          info_cell(object, "containerRuntimeVersion")};
}

}  // namespace

std::vector<Kind> node_kinds(const BuiltinSchemas& schemas) {
  std::vector<Subresource> subresources = rules::status_subresource();
  subresources.push_back(
      {.name = "proxy", .verbs = {"create", "delete", "get", "patch", "update"}});
  return {{.gvk = {"", "v1", "Node"},
           .plural = "nodes",
           .singular = "node",
           .short_names = {"no"},
           .namespaced = false,
           .schema = &schemas.type("core/v1.Node"),
           .subresources = std::move(subresources),
           .tracks_generation = false,
           .keeps_status_on_create = true,
           .selectable_fields = {"spec.unschedulable"},
           .columns = {rules::name_column(),
                       rules::column("Status", "Whether the node is ready for pods."),
                       rules::column("Roles", "Roles, from labels."), rules::age_column(),
                       rules::column("Version", "Version of the node agent."),
                       rules::column("Internal-IP", "Address in the cluster.", 1),
                       rules::column("External-IP", "Address from outside.", 1),
                       rules::column("OS-Image", "Operating system.", 1),
                       rules::column("Kernel-Version", "Version of the kernel.", 1),
                       rules::column("Container-Runtime", "Container runtime and version.", 1)},
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = [](json::object& object,
                                          const WriteContext&) { align_ranges(object); },
                     .prepare_update = [](json::object& object, const json::object&,
                                          const WriteContext&) { align_ranges(object); },
                     .validate = validate,
                     .validate_update = validate_update}}};
}

}  // namespace cove::api
