#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
}

void set_extensions_defaults(json::object& object) {
  set_defaults(object);
  workloads::default_labels(object);
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  workloads::check_not_negative(errors, spec, {"replicas", "minReadySeconds"});
  const LabelSelector selector = workloads::check_selector(errors, spec, "deployment");
  workloads::check_template(errors, spec, selector, "ReplicaSet");
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"spec", "selector"}, "spec.selector");
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  workloads::check_counts(errors, object,
                          {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
                           "terminatingReplicas", "observedGeneration"},
                          {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"});
  const std::int64_t ready = integer_at(object, {"status", "readyReplicas"}).value_or(0);
  const std::int64_t available = integer_at(object, {"status", "availableReplicas"}).value_or(0);
  if (available > ready) {
    errors.invalid("status.availableReplicas", available, "cannot be greater than readyReplicas");
  }
}

json::array cells(const json::object& object, WallTime now) {
  return workloads::replica_cells(object, now,
                                  rules::selector_text(object_at(object, {"spec", "selector"})));
}

}  // namespace

std::vector<Kind> replica_set_kinds(const BuiltinSchemas& schemas) {
  const Kind current = {
      .gvk = {"apps", "v1", "ReplicaSet"},
      .plural = "replicasets",
      .singular = "replicaset",
      .short_names = {"rs"},
      .categories = {"all"},
      .schema = &schemas.type("apps/v1.ReplicaSet"),
      .subresources = workloads::status_and_scale(),
      .scale = ScalePaths{".spec.replicas", ".status.replicas", ".spec.selector"},
      .selectable_fields = {"status.replicas"},
      .columns = workloads::replica_columns(),
      .cells = cells,
      .rules = {.set_defaults = set_defaults,
                .validate = validate,
                .validate_update = validate_update,
                .validate_status = validate_status,
                .warnings = [](const json::object& object, const json::object* old) {
                  return pods::template_warnings(object, old, {"spec", "template"});
                }}};
  Kind extensions = workloads::legacy_kind(current, workloads::kExtensions, schemas);
  extensions.rules.set_defaults = set_extensions_defaults;
  return {current, workloads::legacy_kind(current, workloads::kBeta2, schemas),
          std::move(extensions)};
}

}  // namespace cove::api
