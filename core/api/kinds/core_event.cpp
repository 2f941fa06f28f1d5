#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxWord = 128;
constexpr std::size_t kMaxNote = 1024;

// What the two APIs call the same field.
struct Names {
  std::string_view about, message, controller;
};
constexpr Names kCore{"involvedObject", "message", "reportingComponent"};
constexpr Names kEvents{"regarding", "note", "reportingController"};
// events.k8s.io and core, as far as they differ.
constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {
    {"regarding", "involvedObject"},
    {"note", "message"},
    {"reportingController", "reportingComponent"},
    {"deprecatedSource", "source"},
    {"deprecatedFirstTimestamp", "firstTimestamp"},
    {"deprecatedLastTimestamp", "lastTimestamp"},
    {"deprecatedCount", "count"}};

void rename(json::object& object, std::string_view from, std::string_view to) {
  if (const json::value* found = member(object, from)) {
    json::value moved = *found;
    erase_at(object, {from});
    object[key(to)] = std::move(moved);
  }
}

void check_word(ErrorList& errors, const FieldPath& path, std::string_view text,
                std::size_t longest) {
  if (text.empty()) {
    errors.required(path);
  } else if (text.size() > longest) {
    errors.invalid(path, "", fmt::format("can have at most {} characters", longest));
  }
}

// The fields that every event with an eventTime has.
void check_new_fields(const json::object& object, const Names& names, ErrorList& errors) {
  const FieldPath controller = "reportingController";
  const std::string_view reporter = text_at(object, {names.controller});
  if (reporter.empty()) {
    errors.required(controller);
  } else {
    add_problems(errors, controller, reporter, check_qualified_name(reporter));
  }
  check_word(errors, "reportingInstance", text_at(object, {"reportingInstance"}), kMaxWord);
  check_word(errors, "action", text_at(object, {"action"}), kMaxWord);
  check_word(errors, "reason", text_at(object, {"reason"}), kMaxWord);
  if (text_at(object, {names.message}).size() > kMaxNote) {
    errors.invalid("message", "", fmt::format("can have at most {} characters", kMaxNote));
  }
}

void check_namespace(const json::object& object, const Names& names, ErrorList& errors) {
  const std::string_view own = text_at(object, {"metadata", "namespace"});
  const std::string_view about = text_at(object, {names.about, "namespace"});
  const bool matches =
      about.empty() ? rules::one_of(own, {"", "default", "kube-system"}) : own == about;
  if (!matches) {
    errors.invalid("involvedObject.namespace", rules::cell(about),
                   "does not match event.namespace");
  }
}

void validate_core(const json::object& object, ErrorList& errors) {
  check_namespace(object, kCore, errors);
  if (rules::has(object, {"eventTime"})) {
    check_new_fields(object, kCore, errors);
  }
}

void validate_events(const json::object& object, ErrorList& errors) {
  check_namespace(object, kEvents, errors);
  if (!rules::has(object, {"eventTime"})) {
    errors.required("eventTime");
  }
  check_new_fields(object, kEvents, errors);
  if (const std::string_view type = text_at(object, {"type"});
      !rules::one_of(type, {"Normal", "Warning"})) {
    errors.invalid("type", "", fmt::format("has invalid value: {}", type));
  }
  if (const json::object* series = object_at(object, {"series"})) {
    if (integer_at(*series, {"count"}).value_or(0) < 2) {
      errors.invalid("series.count", "", "should be at least 2");
    }
    if (!rules::has(*series, {"lastObservedTime"})) {
      errors.required("series.lastObservedTime");
    }
  }
}

std::string source_text(const json::object& object) {
  std::string_view component = text_at(object, {"source", "component"});
  std::string_view instance = text_at(object, {"source", "host"});
  if (component.empty()) {
    component = text_at(object, {kCore.controller});
  }
  if (instance.empty()) {
    instance = text_at(object, {"reportingInstance"});
  }
  return instance.empty() ? std::string(component) : fmt::format("{}, {}", component, instance);
}

json::array cells(const json::object& object, WallTime now) {
  const std::string_view began = text_at(object, {"firstTimestamp"});
  const std::string first =
      rules::since(began.empty() ? text_at(object, {"eventTime"}) : began, now);
  const std::string_view ended = text_at(object, {"lastTimestamp"});
  std::string last = ended.empty() ? first : rules::since(ended, now);
  std::int64_t count = integer_at(object, {"count"}).value_or(0);
  if (const json::object* series = object_at(object, {"series"})) {
    last = rules::since(text_at(*series, {"lastObservedTime"}), now);
    count = integer_at(*series, {"count"}).value_or(0);
  } else if (count == 0) {
    count = 1;  // events of the new API leave it out when there was one
  }
  std::string about = rules::lower(text_at(object, {"involvedObject", "kind"}));
  if (const std::string_view name = text_at(object, {"involvedObject", "name"}); !name.empty()) {
    about += fmt::format("/{}", name);
  }
  return {rules::cell(last),
          rules::cell(text_at(object, {"type"})),
          rules::cell(text_at(object, {"reason"})),
          rules::cell(about),
          rules::cell(text_at(object, {"involvedObject", "fieldPath"})),
          rules::cell(source_text(object)),
          rules::cell(rules::trim(text_at(object, {"message"}))),
          rules::cell(first),
          count,
          rules::name_cell(object)};
}

json::array cells_of_events(const json::object& object, WallTime now) {
  json::object core = object;
  for (const auto& [ours, theirs] : kRenamed) {
    rename(core, ours, theirs);
  }
  return cells(core, now);
}

std::vector<Column> columns() {
  Column name = rules::name_column();
  name.priority = 1;
  return {rules::column("Last Seen", "Time since it last happened."),
          rules::column("Type", "Normal or Warning."),
          rules::column("Reason", "Why it happened."),
          rules::column("Object", "What it happened to."),
          rules::column("Subobject", "Field of the object that it is about.", 1),
          rules::column("Source", "Who reported it.", 1),
          rules::column("Message", "What happened."),
          rules::column("First Seen", "Time since it first happened.", 1),
          rules::column("Count", "How often it happened.", 1, "integer"),
          name};
}

Kind event(std::string group, const Schema& schema) {
  return {.gvk = {std::move(group), "v1", "Event"},
          .plural = "events",
          .singular = "event",
          .short_names = {"ev"},
          .schema = &schema,
          .name_rule = NameRule::kPathSegment,
          .allows_create_on_update = true,
          .tracks_generation = false,
          .columns = columns()};
}

}  // namespace

std::vector<Kind> event_kinds(const BuiltinSchemas& schemas) {
  Kind core = event("", schemas.type("core/v1.Event"));
  core.selectable_fields = {"involvedObject.kind",
                            "involvedObject.namespace",
                            "involvedObject.name",
                            "involvedObject.uid",
                            "involvedObject.apiVersion",
                            "involvedObject.resourceVersion",
                            "involvedObject.fieldPath",
                            "reason",
                            "reportingComponent",
                            "source",
                            "type"};
  core.cells = cells;
  core.rules.validate = validate_core;

  Kind events = event("events.k8s.io", schemas.type("events/v1.Event"));
  events.selectable_fields = {"reason",
                              "type",
                              "regarding.kind",
                              "regarding.namespace",
                              "regarding.name",
                              "regarding.uid",
                              "regarding.apiVersion",
                              "regarding.resourceVersion",
                              "regarding.fieldPath",
                              "reportingController"};
  events.cells = cells_of_events;
  events.rules.validate = validate_events;
  events.conversion = Conversion{.storage_group = "",
                                 .storage_version = "v1",
                                 .storage_plural = "events",
                                 .to_storage =
                                     [](json::object& object) {
                                       for (const auto& [ours, theirs] : kRenamed) {
                                         rename(object, ours, theirs);
                                       }
                                     },
                                 .from_storage =
                                     [](json::object& object) {
                                       for (const auto& [ours, theirs] : kRenamed) {
                                         rename(object, theirs, ours);
                                       }
                                     }};
  return {std::move(core), std::move(events)};
}

}  // namespace cove::api
