#include <fmt/format.h>

#include <array>
#include <limits>

#include "core/api/kinds/job_spec.h"
#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"
#include "core/api/readers.h"
#include "core/api/time.h"

namespace cove::api {
namespace {

constexpr std::string_view kUid = "batch.kubernetes.io/controller-uid";
constexpr std::string_view kName = "batch.kubernetes.io/job-name";
constexpr std::string_view kFormerUid = "controller-uid";
constexpr std::string_view kFormerName = "job-name";

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  json::object& spec = workloads::spec_of(object);
  if (!rules::has(spec, {"completions"}) && !rules::has(spec, {"parallelism"})) {
    spec["completions"] = 1;
  }
  set_default(spec, "parallelism", 1);
  const bool per_index = rules::has(spec, {"backoffLimitPerIndex"});
  set_default(spec, "backoffLimit", per_index ? std::numeric_limits<std::int32_t>::max() : 6);
  if (rules::size_at(object, {"metadata", "labels"}) == 0) {
    const json::object* const labels = object_at(spec, {"template", "metadata", "labels"});
    if (labels != nullptr && !labels->empty()) {
      const json::object copy = *labels;
      set_at(object, {"metadata", "labels"}, copy);
    }
  }
  set_default(spec, "completionMode", "NonIndexed");
  set_default(spec, "suspend", false);
  set_default(spec, "manualSelector", false);
  set_default(spec, "podReplacementPolicy",
              rules::has(spec, {"podFailurePolicy"}) ? "Failed" : "TerminatingOrFailed");
}

// The pods of a job are told from others by the job's UID, unless the user selects them.
void prepare_create(json::object& object, const WriteContext&) {
  if (flag_at(object, {"spec", "manualSelector"})) return;
  const std::string uid(text_at(object, {"metadata", "uid"}));
  const std::string name(text_at(object, {"metadata", "name"}));
  json::object& labels = make_object_at(object, {"spec", "template", "metadata", "labels"});
  // What the user has set already is judged by validation.
  for (const std::string_view label : {kFormerUid, kUid})
    set_default(labels, label, json::string(uid));
  for (const std::string_view label : {kFormerName, kName})
    set_default(labels, label, json::string(name));
  json::object& selector = make_object_at(object, {"spec", "selector", "matchLabels"});
  set_default(selector, kUid, json::string(uid));
}

void check_generated(ErrorList& errors, const json::object& object) {
  const std::string_view uid = text_at(object, {"metadata", "uid"});
  if (flag_at(object, {"spec", "manualSelector"}) || uid.empty()) return;
  const std::string_view name = text_at(object, {"metadata", "name"});
  const FieldPath labels = FieldPath("spec") / "template" / "metadata" / "labels";
  const auto check = [&](std::string_view label, std::string_view wanted) {
    const std::string_view value =
        text_at(object, {"spec", "template", "metadata", "labels", label});
    if (value.empty()) {
      errors.required(labels.key(label), fmt::format("must be '{}'", wanted));
    } else if (value != wanted) {
      errors.invalid(labels, *value_at(object, {"spec", "template", "metadata", "labels"}),
                     fmt::format("must be '{}'", wanted));
    }
  };
  check(kUid, uid);
  check(kFormerUid, uid);
  check(kName, name);
  check(kFormerName, name);
  const json::object* const selector = object_at(object, {"spec", "selector"});
  if (selector == nullptr || text_at(*selector, {"matchLabels", kUid}) == uid ||
      text_at(*selector, {"matchLabels", kFormerUid}) == uid) {
    return;
  }
  errors.invalid("spec.selector", *selector, "`selector` not auto-generated");
}

void validate(const json::object& object, ErrorList& errors) {
  check_generated(errors, object);
  jobs::validate_spec(errors, "spec", workloads::spec_of(object), false);
  const std::string_view name = text_at(object, {"metadata", "name"});
  if (text_at(object, {"spec", "completionMode"}) == "Indexed") {
    // The last pod's host name must have the form of one.
    const std::int64_t completions = integer_at(object, {"spec", "completions"}).value_or(0);
    const std::string host = fmt::format("{}-{}", name, std::max<std::int64_t>(completions - 1, 0));
    for (const std::string& problem : check_dns1123_label(host)) {
      errors.invalid("metadata.name", json::string(name),
                     fmt::format("will not able to create pod with invalid DNS label: {}", host));
      static_cast<void>(problem);
      break;
    }
  }
}

// Where a suspended job's pods will run may change before it first starts.
void allow_scheduling_changes(json::object& now, const json::object& old) {
  constexpr std::array<std::string_view, 4> kPlaces = {"affinity", "nodeSelector", "tolerations",
                                                       "schedulingGates"};
  for (const std::string_view field : kPlaces) {
    rules::restore(now, old, {"spec", field});
  }
  for (const std::string_view field : {"annotations", "labels"}) {
    rules::restore(now, old, {"metadata", field});
  }
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  const json::object& before = workloads::spec_of(old);
  // The number of an indexed job may change together with its parallelism.
  const bool elastic = text_at(spec, {"completionMode"}) == "Indexed" &&
                       rules::has(spec, {"completions"}) && rules::has(before, {"completions"}) &&
                       integer_at(spec, {"completions"}) == integer_at(spec, {"parallelism"});
  if (!elastic) {
    rules::immutable(errors, spec, before, {"completions"}, "spec.completions");
  }
  rules::immutable(errors, spec, before, {"selector"}, "spec.selector");
  const json::object* const given = object_at(spec, {"template"});
  const json::object* const former = object_at(before, {"template"});
  if (given != nullptr && former != nullptr) {
    json::object now = *given;
    if (flag_at(before, {"suspend"}) && !rules::has(old, {"status", "startTime"})) {
      allow_scheduling_changes(now, *former);
    }
    if (!same(json::value(now), json::value(*former))) {
      errors.invalid("spec.template", *given, "field is immutable");
    }
  }
  for (const std::string_view field : {"completionMode", "podFailurePolicy", "backoffLimitPerIndex",
                                       "managedBy", "successPolicy"}) {
    rules::immutable(errors, spec, before, {field}, FieldPath("spec") / field);
  }
}

void validate_status(const json::object& object, const json::object& old, ErrorList& errors) {
  workloads::check_counts(errors, object, {"active", "succeeded", "failed", "terminating", "ready"},
                          {});
  for (const std::string_view type : {"Complete", "Failed"}) {
    if (condition_holds(old, type) && !condition_holds(object, type)) {
      errors.invalid("status.conditions", nullptr,
                     fmt::format("cannot remove or change the condition {}", type));
    }
  }
  if (condition_holds(object, "Complete") && condition_holds(object, "Failed")) {
    errors.invalid("status.conditions", nullptr,
                   "cannot set Complete=True and Failed=true conditions");
  }
}

std::string_view status_text(const json::object& object) {
  for (const std::string_view type : {"Complete", "Failed"}) {
    if (condition_holds(object, type)) return type;
  }
  if (rules::has(object, {"metadata", "deletionTimestamp"})) return "Terminating";
  for (const std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (condition_holds(object, type)) return type;
  }
  return "Running";
}

std::string completions_text(const json::object& object) {
  const std::int64_t succeeded = integer_at(object, {"status", "succeeded"}).value_or(0);
  if (const auto wanted = integer_at(object, {"spec", "completions"})) {
    return fmt::format("{}/{}", succeeded, *wanted);
  }
  const std::int64_t parallelism = integer_at(object, {"spec", "parallelism"}).value_or(0);
  return parallelism > 1 ? fmt::format("{}/1 of {}", succeeded, parallelism)
                         : fmt::format("{}/1", succeeded);
}

std::string duration_text(const json::object& object, WallTime now) {
  const auto start = parse_time(text_at(object, {"status", "startTime"}));
  if (!start) return {};
  const auto end = parse_time(text_at(object, {"status", "completionTime"}));
  return human_duration((end ? *end : now) - *start);
}

json::array cells(const json::object& object, WallTime now) {
  json::array row = {rules::name_cell(object), rules::cell(status_text(object)),
                     rules::cell(completions_text(object)), rules::cell(duration_text(object, now)),
                     rules::age_cell(object, now)};
  workloads::add_container_cells(row, object, {"spec", "template", "spec", "containers"});
  row.push_back(rules::cell(rules::selector_text(object_at(object, {"spec", "selector"}))));
  return row;
}

std::vector<Column> columns() {
  std::vector<Column> all = {
      rules::name_column(), rules::column("Status", "What the job does."),
      rules::column("Completions", "How many of the wanted pods have succeeded."),
      rules::column("Duration", "Time from its start to its end, or until now."),
      rules::age_column()};
  for (Column& column : workloads::wide_columns()) all.push_back(std::move(column));
  return all;
}

}  // namespace

std::vector<Kind> job_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"batch", "v1", "Job"},
           .plural = "jobs",
           .singular = "job",
           .categories = {"all"},
           .schema = &schemas.type("batch/v1.Job"),
           .subresources = rules::status_subresource(),
           .columns = columns(),
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = prepare_create,
                     .validate = validate,
                     .validate_update = validate_update,
                     .validate_status = validate_status,
                     .warnings = [](const json::object& object, const json::object* old) {
                       return pods::template_warnings(object, old, {"spec", "template"});
                     }}}};
}

}  // namespace cove::api
