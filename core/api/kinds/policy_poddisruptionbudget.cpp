#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  const json::value* least = value_at(object, {"spec", "minAvailable"});
  const json::value* most = value_at(object, {"spec", "maxUnavailable"});
  if (least != nullptr && most != nullptr) {
    const json::value* spec = value_at(object, {"spec"});
    errors.invalid("spec", *spec, "minAvailable and maxUnavailable cannot be both set");
  }
  if (least != nullptr) {
    rules::count_or_percent(errors, "spec.minAvailable", *least);
  }
  if (most != nullptr) {
    rules::count_or_percent(errors, "spec.maxUnavailable", *most);
  }
  rules::enumeration(errors, "spec.unhealthyPodEvictionPolicy",
                     text_at(object, {"spec", "unhealthyPodEvictionPolicy"}),
                     {"AlwaysAllow", "IfHealthyBudget"});
  rules::label_selector(errors, "spec.selector", object_at(object, {"spec", "selector"}));
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  for (const std::string_view field :
       {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"}) {
    rules::not_negative(errors, FieldPath("status") / field, integer_at(object, {"status", field}));
  }
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(rules::scalar_text(value_at(object, {"spec", "minAvailable"}), "N/A")),
          rules::cell(rules::scalar_text(value_at(object, {"spec", "maxUnavailable"}), "N/A")),
          integer_at(object, {"status", "disruptionsAllowed"}).value_or(0),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> pod_disruption_budget_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"policy", "v1", "PodDisruptionBudget"},
           .plural = "poddisruptionbudgets",
           .singular = "poddisruptionbudget",
           .short_names = {"pdb"},
           .schema = &schemas.type("policy/v1.PodDisruptionBudget"),
           .subresources = rules::status_subresource(),
           .allows_unconditional_update = false,
           .columns = {rules::name_column(),
                       rules::column("Min Available", "How many pods must stay up."),
                       rules::column("Max Unavailable", "How many pods may be down."),
                       rules::column("Allowed Disruptions", "How many pods may be evicted now.", 0,
                                     "integer"),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate, .validate_status = validate_status}}};
}

}  // namespace cove::api
