#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  const auto seconds = integer_at(object, {"spec", "leaseDurationSeconds"});
  if (seconds && *seconds <= 0) {
    errors.invalid("spec.leaseDurationSeconds", *seconds, "must be greater than 0");
  }
  rules::not_negative(errors, "spec.leaseTransitions",
                      integer_at(object, {"spec", "leaseTransitions"}));
  const std::string_view strategy = text_at(object, {"spec", "strategy"});
  if (!strategy.empty()) {
    if (strategy.find('/') == std::string_view::npos) {
      rules::enumeration(errors, "spec.strategy", strategy, {"OldestEmulationVersion"});
    } else {
      add_problems(errors, "spec.strategy", strategy, check_qualified_name(strategy));
    }
  }
  const std::string_view preferred = text_at(object, {"spec", "preferredHolder"});
  if (!preferred.empty() && strategy.empty()) {
    errors.forbidden("spec.preferredHolder", "may only be specified when `strategy` is defined");
  }
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"spec", "holderIdentity"})),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> lease_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"coordination.k8s.io", "v1", "Lease"},
           .plural = "leases",
           .singular = "lease",
           .schema = &schemas.type("coordination/v1.Lease"),
           .allows_create_on_update = true,
           .allows_unconditional_update = false,
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::column("Holder", "Who holds the lease."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate}}};
}

}  // namespace cove::api
