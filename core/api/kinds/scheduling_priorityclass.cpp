#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::int64_t kHighestOfUsers = 1'000'000'000;
constexpr std::string_view kSystemPrefix = "system-";

// The classes that may have the system's prefix and priorities.
constexpr std::pair<std::string_view, std::int64_t> kSystem[] = {
    {"system-cluster-critical", 2 * kHighestOfUsers},
    {"system-node-critical", 2 * kHighestOfUsers + 1000}};

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view name = text_at(object, {"metadata", "name"});
  const std::int64_t value = integer_at(object, {"value"}).value_or(0);
  if (name.starts_with(kSystemPrefix)) {
    bool known = false;
    for (const auto& [allowed, priority] : kSystem) {
      if (name == allowed) {
        known = true;
        if (value != priority) {
          errors.forbidden("metadata.name",
                           fmt::format("priority class names with '{}' prefix are reserved for "
                                       "system use only. error: value of {} PriorityClass must "
                                       "be {}",
                                       kSystemPrefix, name, priority));
        }
      }
    }
    if (!known) {
      errors.forbidden("metadata.name",
                       fmt::format("priority class names with '{}' prefix are reserved for "
                                   "system use only. error: {} is not a known system priority "
                                   "class",
                                   kSystemPrefix, name));
    }
  } else if (value > kHighestOfUsers) {
    errors.forbidden("value", fmt::format("maximum allowed value of a user defined priority is {}",
                                          kHighestOfUsers));
  }
  rules::enumeration(errors, "preemptionPolicy", text_at(object, {"preemptionPolicy"}),
                     {"Never", "PreemptLowerPriority"});
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  if (!rules::same_at(object, old, {"value"})) {
    errors.forbidden("value", "may not be changed in an update.");
  }
  rules::immutable(errors, object, old, {"preemptionPolicy"}, "preemptionPolicy");
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), integer_at(object, {"value"}).value_or(0),
          flag_at(object, {"globalDefault"}), rules::age_cell(object, now),
          rules::cell(rules::scalar_text(value_at(object, {"preemptionPolicy"}), "<unset>"))};
}

}  // namespace

std::vector<Kind> priority_class_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"scheduling.k8s.io", "v1", "PriorityClass"},
           .plural = "priorityclasses",
           .singular = "priorityclass",
           .short_names = {"pc"},
           .namespaced = false,
           .schema = &schemas.type("scheduling/v1.PriorityClass"),
           .columns = {rules::name_column(), rules::column("Value", "The priority.", 0, "integer"),
                       rules::column("Global-Default", "Whether pods without a class get it.", 0,
                                     "boolean"),
                       rules::age_column(),
                       rules::column("PreemptionPolicy", "Whether it evicts lower ones.")},
           .cells = cells,
           .rules = {.validate = validate, .validate_update = validate_update}}};
}

}  // namespace cove::api
