#include "core/api/cron_schedule.h"
#include "core/api/kinds/job_spec.h"
#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxName = 52;  // the jobs' names add 11 characters

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "jobTemplate", "spec", "template"});
}

void check_schedule(ErrorList& errors, const json::object& spec) {
  const FieldPath at = "spec";
  const std::string_view schedule = text_at(spec, {"schedule"});
  const bool has_zone = rules::has(spec, {"timeZone"});
  if (schedule.empty()) {
    errors.required(at / "schedule");
  } else if (const auto problem = schedule_problem(schedule)) {
    errors.invalid(at / "schedule", json::string(schedule), *problem);
  }
  if (has_zone && schedule_has_zone(schedule)) {
    errors.invalid(at / "schedule", json::string(schedule),
                   "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
  if (!has_zone) return;
  const std::string_view zone = text_at(spec, {"timeZone"});
  const auto fail = [&](std::string detail) {
    errors.invalid(at / "timeZone", json::string(zone), std::move(detail));
  };
  if (zone.empty()) {
    fail("timeZone must be nil or non-empty string");
  } else if (rules::lower(zone) == "local") {
    fail("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  } else if (const auto problem = time_zone_problem(zone)) {
    fail(*problem);
  }
}

void check_job_template(ErrorList& errors, const json::object& spec) {
  const FieldPath at = FieldPath("spec") / "jobTemplate" / "spec";
  const json::object* const given = object_at(spec, {"jobTemplate", "spec"});
  const json::object empty;
  const json::object& job = given == nullptr ? empty : *given;
  jobs::validate_spec(errors, at, job, true);
  if (const json::object* const selector = object_at(job, {"selector"})) {
    errors.invalid(at / "selector", *selector, "`selector` will be auto-generated");
  }
  if (flag_at(job, {"manualSelector"})) {
    errors.not_supported(at / "manualSelector", true, {"nil", "false"});
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  check_schedule(errors, spec);
  workloads::check_not_negative(errors, spec, {"startingDeadlineSeconds"});
  rules::required_enumeration(errors, "spec.concurrencyPolicy",
                              text_at(spec, {"concurrencyPolicy"}), {"Allow", "Forbid", "Replace"});
  check_job_template(errors, spec);
  workloads::check_not_negative(errors, spec,
                                {"successfulJobsHistoryLimit", "failedJobsHistoryLimit"});
  const std::string_view name = text_at(object, {"metadata", "name"});
  if (name.size() > kMaxName) {
    errors.invalid("metadata.name", json::string(name), "must be no more than 52 characters");
  }
  // Schedules that were stored before stay; a new object has no version yet.
  const bool created = text_at(object, {"metadata", "resourceVersion"}).empty();
  const std::string_view schedule = text_at(spec, {"schedule"});
  if (created && schedule_has_zone(schedule) && !rules::has(spec, {"timeZone"})) {
    errors.invalid("spec.schedule", json::string(schedule),
                   "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
}

json::array cells(const json::object& object, WallTime now) {
  const std::string_view zone = text_at(object, {"spec", "timeZone"});
  const std::string_view last = text_at(object, {"status", "lastScheduleTime"});
  json::array row = {rules::name_cell(object),
                     rules::cell(text_at(object, {"spec", "schedule"})),
                     rules::cell(zone.empty() ? "<none>" : zone),
                     rules::cell(flag_at(object, {"spec", "suspend"}) ? "True" : "False"),
                     static_cast<std::int64_t>(rules::size_at(object, {"status", "active"})),
                     rules::cell(last.empty() ? "<none>" : rules::since(last, now)),
                     rules::age_cell(object, now)};
  workloads::add_container_cells(row, object,
                                 {"spec", "jobTemplate", "spec", "template", "spec", "containers"});
  row.push_back(rules::cell(
      rules::selector_text(object_at(object, {"spec", "jobTemplate", "spec", "selector"}))));
  return row;
}

std::vector<Column> columns() {
  std::vector<Column> all = {
      rules::name_column(),
      rules::column("Schedule", "When jobs are started, as in cron."),
      rules::column("Timezone", "Time zone of the schedule."),
      rules::column("Suspend", "Whether no jobs are started for now.", 0, "boolean"),
      workloads::integer_column("Active", "How many of its jobs run."),
      rules::column("Last Schedule", "Time since a job was last started."),
      rules::age_column()};
  for (Column& column : workloads::wide_columns()) all.push_back(std::move(column));
  return all;
}

}  // namespace

std::vector<Kind> cron_job_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"batch", "v1", "CronJob"},
           .plural = "cronjobs",
           .singular = "cronjob",
           .short_names = {"cj"},
           .categories = {"all"},
           .schema = &schemas.type("batch/v1.CronJob"),
           .subresources = rules::status_subresource(),
           .columns = columns(),
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .validate = validate,
                     .warnings = [](const json::object& object, const json::object* old) {
                       return pods::template_warnings(object, old,
                                                      {"spec", "jobTemplate", "spec", "template"});
                     }}}};
}

}  // namespace cove::api
