#include <fmt/format.h>

#include <algorithm>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

// Counts the templates a daemon set has had; a field of extensions/v1beta1.
constexpr std::string_view kGeneration = "deprecated.daemonset.template.generation";

void default_update(json::object& object, std::string_view type) {
  json::object& strategy = make_object_at(workloads::spec_of(object), {"updateStrategy"});
  set_default(strategy, "type", json::string(type));
  if (text_at(strategy, {"type"}) != "RollingUpdate") return;
  json::object& update = make_object_at(strategy, {"rollingUpdate"});
  set_default(update, "maxUnavailable", 1);
  set_default(update, "maxSurge", 0);
}

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_update(object, "RollingUpdate");
}

void set_extensions_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_update(object, "OnDelete");
  workloads::default_labels(object);
}

std::int64_t template_generation(const json::object& object) {
  json::object copy = {{"metadata", object_at(object, {"metadata"}) == nullptr
                                        ? json::object()
                                        : *object_at(object, {"metadata"})}};
  workloads::annotation_to_field(copy, kGeneration, {"number"});
  return integer_at(copy, {"number"}).value_or(0);
}

void set_template_generation(json::object& object, std::int64_t generation) {
  set_at(object, {"metadata", "annotations", kGeneration},
         json::string(fmt::format("{}", generation)));
}

void prepare_create(json::object& object, const WriteContext&) {
  set_template_generation(object, 1);
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  const std::int64_t before = std::max<std::int64_t>(template_generation(old), 1);
  const bool changed = !rules::same_at(object, old, {"spec", "template"});
  set_template_generation(object, before + (changed ? 1 : 0));
}

void check_update_strategy(ErrorList& errors, const json::object& spec) {
  const FieldPath at = FieldPath("spec") / "updateStrategy";
  const std::string_view type = text_at(spec, {"updateStrategy", "type"});
  if (type == "OnDelete") return;
  if (type != "RollingUpdate") {
    errors.not_supported(at / "type", json::string(type), {"OnDelete", "RollingUpdate"});
    return;
  }
  const json::object* const update = object_at(spec, {"updateStrategy", "rollingUpdate"});
  const FieldPath rolling = at / "rollingUpdate";
  if (update == nullptr) {
    errors.required(rolling);
    return;
  }
  workloads::check_count_or_percent(errors, rolling, *update, "maxUnavailable", true);
  workloads::check_count_or_percent(errors, rolling, *update, "maxSurge", true);
  const bool missing = !workloads::is_none(*update, "maxUnavailable");
  const bool surplus = !workloads::is_none(*update, "maxSurge");
  if (missing && surplus) {
    errors.invalid(rolling / "maxSurge", *member(*update, "maxSurge"),
                   "may not be set when maxUnavailable is non-zero");
  } else if (!missing && !surplus) {
    errors.required(rolling / "maxUnavailable", "cannot be 0 when maxSurge is 0");
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  const LabelSelector selector = workloads::check_selector(errors, spec, "daemonset");
  workloads::check_template(errors, spec, selector, "DaemonSet");
  workloads::check_not_negative(errors, spec, {"minReadySeconds"});
  check_update_strategy(errors, spec);
  workloads::check_not_negative(errors, spec, {"revisionHistoryLimit"});
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"spec", "selector"}, "spec.selector");
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  workloads::check_counts(errors, object,
                          {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled",
                           "numberReady", "observedGeneration", "updatedNumberScheduled",
                           "numberAvailable", "numberUnavailable", "collisionCount"},
                          {});
}

json::array cells(const json::object& object, WallTime now) {
  json::array row = {rules::name_cell(object)};
  for (const std::string_view field :
       {"desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
        "numberAvailable"}) {
    row.push_back(workloads::count_cell(object, {"status", field}));
  }
  row.push_back(rules::cell(
      rules::labels_text(object_at(object, {"spec", "template", "spec", "nodeSelector"}))));
  row.push_back(rules::age_cell(object, now));
  workloads::add_container_cells(row, object, {"spec", "template", "spec", "containers"});
  row.push_back(rules::cell(rules::selector_text(object_at(object, {"spec", "selector"}))));
  return row;
}

std::vector<Column> columns() {
  std::vector<Column> all = {
      rules::name_column(),
      workloads::integer_column("Desired", "How many nodes should run its pod."),
      workloads::integer_column("Current", "How many nodes run its pod."),
      workloads::integer_column("Ready", "How many of its pods are ready."),
      workloads::integer_column("Up-to-date", "How many pods are made from the present template."),
      workloads::integer_column("Available", "How many pods have been ready for long enough."),
      rules::column("Node Selector", "Labels a node must have to run its pod."),
      rules::age_column()};
  for (Column& column : workloads::wide_columns()) all.push_back(std::move(column));
  return all;
}

void to_storage(json::object& object) {
  workloads::field_to_annotation(object, {"spec", "templateGeneration"}, kGeneration);
  erase_at(object, {"spec", "templateGeneration"});
}

void from_storage(json::object& object) {
  workloads::annotation_to_field(object, kGeneration, {"spec", "templateGeneration"});
}

}  // namespace

std::vector<Kind> daemon_set_kinds(const BuiltinSchemas& schemas) {
  const Kind current = {
      .gvk = {"apps", "v1", "DaemonSet"},
      .plural = "daemonsets",
      .singular = "daemonset",
      .short_names = {"ds"},
      .categories = {"all"},
      .schema = &schemas.type("apps/v1.DaemonSet"),
      .subresources = rules::status_subresource(),
      .columns = columns(),
      .cells = cells,
      .rules = {.set_defaults = set_defaults,
                .prepare_create = prepare_create,
                .prepare_update = prepare_update,
                .validate = validate,
                .validate_update = validate_update,
                .validate_status = validate_status,
                .warnings = [](const json::object& object, const json::object* old) {
                  return pods::template_warnings(object, old, {"spec", "template"});
                }}};
  Kind extensions = workloads::legacy_kind(current, workloads::kExtensions, schemas);
  extensions.rules.set_defaults = set_extensions_defaults;
  extensions.conversion->to_storage = to_storage;
  extensions.conversion->from_storage = from_storage;
  return {current, workloads::legacy_kind(current, workloads::kBeta2, schemas),
          std::move(extensions)};
}

}  // namespace cove::api
