#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  const json::object* const labels = object_at(object, {"spec", "template", "metadata", "labels"});
  if (labels == nullptr || labels->empty()) return;
  const json::object copy = *labels;
  if (rules::size_at(object, {"spec", "selector"}) == 0) set_at(object, {"spec", "selector"}, copy);
  if (rules::size_at(object, {"metadata", "labels"}) == 0) {
    set_at(object, {"metadata", "labels"}, copy);
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  workloads::check_not_negative(errors, spec, {"minReadySeconds"});
  const json::object* const labels = object_at(spec, {"selector"});
  if (labels == nullptr || labels->empty()) errors.required(FieldPath("spec") / "selector");
  if (!rules::has(spec, {"replicas"})) errors.required(FieldPath("spec") / "replicas");
  workloads::check_not_negative(errors, spec, {"replicas"});
  workloads::check_template(
      errors, spec,
      labels == nullptr ? LabelSelector::nothing() : LabelSelector::from_labels(*labels),
      "ReplicationController");
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  workloads::check_counts(errors, object,
                          {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
                           "observedGeneration"},
                          {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"});
}

json::array cells(const json::object& object, WallTime now) {
  return workloads::replica_cells(object, now,
                                  rules::labels_text(object_at(object, {"spec", "selector"})));
}

}  // namespace

std::vector<Kind> replication_controller_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "ReplicationController"},
           .plural = "replicationcontrollers",
           .singular = "replicationcontroller",
           .short_names = {"rc"},
           .categories = {"all"},
           .schema = &schemas.type("core/v1.ReplicationController"),
           .subresources = workloads::status_and_scale(),
           .scale = ScalePaths{".spec.replicas", ".status.replicas", ".spec.selector"},
           .selectable_fields = {"status.replicas"},
           .columns = workloads::replica_columns(),
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .validate = validate,
                     .validate_status = validate_status,
                     .warnings = [](const json::object& object, const json::object* old) {
                       return pods::template_warnings(object, old, {"spec", "template"});
                     }}}};
}

}  // namespace cove::api
