#include <fmt/format.h>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

constexpr std::string_view kRollback = "deprecated.deployment.rollback.to";

// How many pods may be missing and how many too many, when the object does not say.
void default_strategy(json::object& object, const json::value& bound) {
  json::object& strategy = make_object_at(workloads::spec_of(object), {"strategy"});
  set_default(strategy, "type", "RollingUpdate");
  if (text_at(strategy, {"type"}) != "RollingUpdate") return;
  json::object& update = make_object_at(strategy, {"rollingUpdate"});
  set_default(update, "maxUnavailable", bound);
  set_default(update, "maxSurge", bound);
}

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_strategy(object, "25%");
}

void set_beta1_defaults(json::object& object) {
  set_defaults(object);
  workloads::default_labels(object);
}

void set_extensions_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_strategy(object, 1);
  workloads::default_labels(object);
}

void check_strategy(ErrorList& errors, const json::object& spec) {
  const FieldPath at = FieldPath("spec") / "strategy";
  const std::string_view type = text_at(spec, {"strategy", "type"});
  const json::object* const update = object_at(spec, {"strategy", "rollingUpdate"});
  if (type == "Recreate") {
    if (update != nullptr) {
      errors.forbidden(at / "rollingUpdate",
                       "may not be specified when strategy `type` is 'Recreate'");
    }
    return;
  }
  if (type != "RollingUpdate") {
    errors.not_supported(at / "type", json::string(type), {"Recreate", "RollingUpdate"});
    return;
  }
  if (update == nullptr) {
    errors.required(at / "rollingUpdate", "this should be defaulted and never be nil");
    return;
  }
  const FieldPath rolling = at / "rollingUpdate";
  workloads::check_count_or_percent(errors, rolling, *update, "maxUnavailable", false);
  workloads::check_count_or_percent(errors, rolling, *update, "maxSurge", false);
  if (workloads::is_none(*update, "maxUnavailable") && workloads::is_none(*update, "maxSurge")) {
    const json::value* const value = member(*update, "maxUnavailable");
    errors.invalid(rolling / "maxUnavailable", value == nullptr ? json::value(0) : *value,
                   "may not be 0 when `maxSurge` is 0");
  }
  ErrorList bounds;
  workloads::check_count_or_percent(bounds, rolling, *update, "maxUnavailable", true);
  for (const FieldError& error : bounds.errors()) {
    if (error.detail == "must not be greater than 100%") errors.add(error);
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  workloads::check_not_negative(errors, spec, {"replicas"});
  const LabelSelector selector = workloads::check_selector(errors, spec, "deployment");
  workloads::check_template(errors, spec, selector, "ReplicaSet");
  check_strategy(errors, spec);
  workloads::check_not_negative(
      errors, spec, {"minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"});
  const auto deadline = integer_at(spec, {"progressDeadlineSeconds"});
  if (deadline && *deadline <= integer_at(spec, {"minReadySeconds"}).value_or(0)) {
    errors.invalid(FieldPath("spec") / "progressDeadlineSeconds", *deadline,
                   "must be greater than minReadySeconds");
  }
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"spec", "selector"}, "spec.selector");
}

void validate_status(const json::object& object, const json::object& old, ErrorList& errors) {
  workloads::check_counts(
      errors, object,
      {"observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
       "unavailableReplicas", "terminatingReplicas", "collisionCount"},
      {"updatedReplicas", "readyReplicas", "availableReplicas"});
  const std::int64_t ready = integer_at(object, {"status", "readyReplicas"}).value_or(0);
  const std::int64_t available = integer_at(object, {"status", "availableReplicas"}).value_or(0);
  if (available > ready) {
    errors.invalid("status.availableReplicas", available, "cannot be greater than readyReplicas");
  }
  const auto collisions = integer_at(object, {"status", "collisionCount"});
  const auto before = integer_at(old, {"status", "collisionCount"});
  if (before && collisions.value_or(0) < *before) {
    errors.invalid("status.collisionCount", collisions.value_or(0), "cannot be decremented");
  }
}

bool generation_changes(const json::object& object, const json::object& old) {
  return !rules::same_at(object, old, {"spec"}) ||
         !rules::same_at(object, old, {"metadata", "annotations"});
}

json::array cells(const json::object& object, WallTime now) {
  json::array row = {
      rules::name_cell(object),
      rules::cell(fmt::format("{}/{}", integer_at(object, {"status", "readyReplicas"}).value_or(0),
                              integer_at(object, {"spec", "replicas"}).value_or(0))),
      workloads::count_cell(object, {"status", "updatedReplicas"}),
      workloads::count_cell(object, {"status", "availableReplicas"}), rules::age_cell(object, now)};
  workloads::add_container_cells(row, object, {"spec", "template", "spec", "containers"});
  row.push_back(rules::cell(rules::selector_text(object_at(object, {"spec", "selector"}))));
  return row;
}

std::vector<Column> columns() {
  std::vector<Column> all = {
      rules::name_column(), rules::column("Ready", "How many of the wanted pods are ready."),
      rules::column("Up-to-date", "How many pods are made from the present template."),
      rules::column("Available", "How many pods have been ready for long enough."),
      rules::age_column()};
  for (Column& column : workloads::wide_columns()) all.push_back(std::move(column));
  return all;
}

void rollback_to_storage(json::object& object) {
  if (const json::object* const rollback = object_at(object, {"spec", "rollbackTo"})) {
    const std::int64_t revision = integer_at(*rollback, {"revision"}).value_or(0);
    set_at(object, {"metadata", "annotations", kRollback},
           json::string(fmt::format("{}", revision)));
  }
  erase_at(object, {"spec", "rollbackTo"});
}

void rollback_from_storage(json::object& object) {
  workloads::annotation_to_field(object, kRollback, {"spec", "rollbackTo", "revision"});
}

Kind with_rollback(Kind kind) {
  kind.conversion->to_storage = rollback_to_storage;
  kind.conversion->from_storage = rollback_from_storage;
  kind.subresources.insert(
      kind.subresources.begin(),
      {.name = "rollback",
       .kind = GroupVersionKind{kind.gvk.group, kind.gvk.version, "DeploymentRollback"},
       .verbs = {"create"}});
  return kind;
}

}  // namespace

std::vector<Kind> deployment_kinds(const BuiltinSchemas& schemas) {
  const Kind current = {
      .gvk = {"apps", "v1", "Deployment"},
      .plural = "deployments",
      .singular = "deployment",
      .short_names = {"deploy"},
      .categories = {"all"},
      .schema = &schemas.type("apps/v1.Deployment"),
      .subresources = workloads::status_and_scale(),
      .scale = ScalePaths{".spec.replicas", ".status.replicas", ".spec.selector"},
      .columns = columns(),
      .cells = cells,
      .rules = {.set_defaults = set_defaults,
                .validate = validate,
                .validate_update = validate_update,
                .validate_status = validate_status,
                .warnings =
                    [](const json::object& object, const json::object* old) {
                      return pods::template_warnings(object, old, {"spec", "template"});
                    },
                .generation_changes = generation_changes}};
  Kind beta1 = with_rollback(workloads::legacy_kind(current, workloads::kBeta1, schemas));
  beta1.rules.set_defaults = set_beta1_defaults;
  Kind extensions = with_rollback(workloads::legacy_kind(current, workloads::kExtensions, schemas));
  extensions.rules.set_defaults = set_extensions_defaults;
  return {current, workloads::legacy_kind(current, workloads::kBeta2, schemas), std::move(beta1),
          std::move(extensions)};
}

}  // namespace cove::api
