#include <fmt/format.h>

#include "core/api/kinds/autoscaling_conversion.h"
#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kShownMetrics = 2;
constexpr std::int64_t kMaxPeriod = 1800;
constexpr std::int64_t kMaxWindow = 3600;

json::object policy(std::string_view type, int value) {
  return {{"type", rules::cell(type)}, {"value", value}, {"periodSeconds", 15}};
}

void set_defaults(json::object& object) {
  json::object& spec = make_object_at(object, {"spec"});
  if (rules::size_at(spec, {"metrics"}) == 0) {
    spec["metrics"] = autoscaling::default_metrics();
  }
  json::object* behavior = rules::object_in(spec, {"behavior"});
  if (behavior == nullptr) {
    return;
  }
  json::object& up = make_object_at(*behavior, {"scaleUp"});
  set_default(up, "stabilizationWindowSeconds", 0);
  set_default(up, "selectPolicy", "Max");
  set_default(up, "policies", json::array{policy("Pods", 4), policy("Percent", 100)});
  json::object& down = make_object_at(*behavior, {"scaleDown"});
  set_default(down, "selectPolicy", "Max");
  set_default(down, "policies", json::array{policy("Percent", 100)});
}

// ---- Validation

void check_reference(const json::object* reference, const FieldPath& path, ErrorList& errors) {
  for (const std::string_view field : {"kind", "name"}) {
    const std::string_view text = reference == nullptr ? "" : text_at(*reference, {field});
    if (text.empty()) {
      errors.required(path / field);
    } else {
      add_problems(errors, path / field, text, check_path_segment(text));
    }
  }
}

void check_target(const json::object& source, const FieldPath& path, bool utilization,
                  ErrorList& errors) {
  const FieldPath target = path / "target";
  rules::required_enumeration(errors, target / "type", text_at(source, {"target", "type"}),
                              {"AverageValue", "Utilization", "Value"});
  const auto percent = integer_at(source, {"target", "averageUtilization"});
  if (percent && *percent < 1) {
    errors.invalid(target / "averageUtilization", *percent, "must be greater than 0");
  }
  for (const std::string_view field : {"value", "averageValue"}) {
    if (const json::value* amount = value_at(source, {"target", field})) {
      const std::string text = rules::scalar_text(amount, "");
      if (text.empty() || text == "0" || text.starts_with('-')) {
        errors.invalid(target / field, rules::cell(text), "must be positive");
      }
    }
  }
  const bool average = rules::has(source, {"target", "averageValue"});
  if (utilization) {
    if (!percent && !average) {
      errors.required(target / "averageUtilization",
                      "must set either a target raw value or a target utilization");
    } else if (percent && average) {
      errors.forbidden(target / "averageValue",
                       "may not set both a target raw value and a target utilization");
    }
  } else if (!average && !rules::has(source, {"target", "value"})) {
    errors.required(target / "averageValue",
                    "must set either a target value for metric or a per-pod target");
  }
}

void check_metric(const json::object& metric, const FieldPath& path, ErrorList& errors) {
  const std::string_view type = text_at(metric, {"type"});
  if (type.empty()) {
    errors.required(path / "type", "must specify a metric source type");
    return;
  }
  rules::enumeration(errors, path / "type", type,
                     {"ContainerResource", "External", "Object", "Pods", "Resource"});
  if (!rules::one_of(type, {"ContainerResource", "External", "Object", "Pods", "Resource"})) {
    return;
  }
  const std::string member = static_cast<char>(type[0] - 'A' + 'a') + std::string(type.substr(1));
  const json::object* source = object_at(metric, {member});
  const FieldPath at = path / member;
  if (source == nullptr) {
    errors.required(at, "must populate information for the given metric source");
    return;
  }
  const bool resource = type == "Resource" || type == "ContainerResource";
  if (resource) {
    rules::required_text(errors, at / "name", text_at(*source, {"name"}),
                         "must specify a resource name");
    if (type == "ContainerResource") {
      rules::required_text(errors, at / "container", text_at(*source, {"container"}),
                           "must specify a container name");
    }
  } else {
    rules::required_text(errors, at / "metric" / "name", text_at(*source, {"metric", "name"}),
                         "must specify a metric name");
    rules::label_selector(errors, at / "metric" / "selector",
                          object_at(*source, {"metric", "selector"}));
  }
  if (type == "Object") {
    check_reference(object_at(*source, {"describedObject"}), at / "describedObject", errors);
  }
  check_target(*source, at, resource, errors);
}

void check_scaling(const json::object* scaling, const FieldPath& path, ErrorList& errors) {
  if (scaling == nullptr) {
    return;
  }
  const auto window = integer_at(*scaling, {"stabilizationWindowSeconds"});
  rules::not_negative(errors, path / "stabilizationWindowSeconds", window);
  if (window && *window > kMaxWindow) {
    errors.invalid(path / "stabilizationWindowSeconds", *window,
                   "must be less than or equal to 3600");
  }
  rules::enumeration(errors, path / "selectPolicy", text_at(*scaling, {"selectPolicy"}),
                     {"Disabled", "Max", "Min"});
  if (rules::size_at(*scaling, {"policies"}) == 0) {
    errors.required(path / "policies", "must specify at least one Policy");
  }
  rules::each(array_at(*scaling, {"policies"}), [&](const json::object& entry, std::size_t i) {
    const FieldPath at = (path / "policies").index(i);
    const std::int64_t value = integer_at(entry, {"value"}).value_or(0);
    const std::int64_t period = integer_at(entry, {"periodSeconds"}).value_or(0);
    rules::required_enumeration(errors, at / "type", text_at(entry, {"type"}), {"Percent", "Pods"});
    if (value <= 0) {
      errors.invalid(at / "value", value, "must be greater than zero");
    }
    if (period <= 0) {
      errors.invalid(at / "periodSeconds", period, "must be greater than zero");
    } else if (period > kMaxPeriod) {
      errors.invalid(at / "periodSeconds", period, "must be less than or equal to 1800");
    }
  });
}

void validate(const json::object& object, ErrorList& errors) {
  const std::int64_t least = integer_at(object, {"spec", "minReplicas"}).value_or(1);
  const std::int64_t most = integer_at(object, {"spec", "maxReplicas"}).value_or(0);
  if (least < 1) {
    errors.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
  }
  if (most < 1) {
    errors.invalid("spec.maxReplicas", most, "must be greater than 0");
  }
  if (most < least) {
    errors.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
  }
  check_reference(object_at(object, {"spec", "scaleTargetRef"}), "spec.scaleTargetRef", errors);
  rules::each(array_at(object, {"spec", "metrics"}),
              [&](const json::object& metric, std::size_t i) {
                check_metric(metric, FieldPath("spec.metrics").index(i), errors);
              });
  for (const std::string_view way : {"scaleUp", "scaleDown"}) {
    check_scaling(object_at(object, {"spec", "behavior", way}), FieldPath("spec.behavior") / way,
                  errors);
  }
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  for (const std::string_view field : {"currentReplicas", "desiredReplicas"}) {
    rules::not_negative(errors, FieldPath("status") / field, integer_at(object, {"status", field}));
  }
}

// ---- Cells

std::string percent_text(const json::value* percent, std::string_view absent) {
  return percent == nullptr ? std::string(absent)
                            : fmt::format("{}%", rules::scalar_text(percent, ""));
}

// "cpu: 12%/80%"; `status` is null when there is none yet.
std::string metric_text(const json::object& metric, const json::object* status) {
  const std::string_view type = text_at(metric, {"type"});
  if (!rules::one_of(type, {"ContainerResource", "External", "Object", "Pods", "Resource"})) {
    return "<unknown type>";
  }
  const std::string part = static_cast<char>(type[0] - 'A' + 'a') + std::string(type.substr(1));
  const auto wanted = [&](std::string_view field) {
    return value_at(metric, {part, "target", field});
  };
  const auto current = [&](std::string_view field) {
    return status == nullptr ? nullptr : value_at(*status, {part, "current", field});
  };
  if (part == "resource" || part == "containerResource") {
    const std::string_view name = text_at(metric, {part, "name"});
    if (const json::value* average = wanted("averageValue")) {
      return fmt::format("{}: {}/{}", name,
                         rules::scalar_text(current("averageValue"), "<unknown>"),
                         rules::scalar_text(average, ""));
    }
    return fmt::format("{}: {}/{}", name, percent_text(current("averageUtilization"), "<unknown>"),
                       percent_text(wanted("averageUtilization"), "<auto>"));
  }
  if (const json::value* average = wanted("averageValue")) {
    return fmt::format("{}/{}{}", rules::scalar_text(current("averageValue"), "<unknown>"),
                       rules::scalar_text(average, ""), part == "pods" ? "" : " (avg)");
  }
  return fmt::format("{}/{}", rules::scalar_text(current("value"), "<unknown>"),
                     rules::scalar_text(wanted("value"), "<auto>"));
}

std::string targets_text(const json::object& object) {
  const json::array* statuses = array_at(object, {"status", "currentMetrics"});
  std::vector<std::string> texts;
  std::size_t count = 0;
  rules::each(array_at(object, {"spec", "metrics"}), [&](const json::object& metric,
                                                         std::size_t i) {
    if (++count <= kShownMetrics) {
      const bool seen = statuses != nullptr && i < statuses->size() && (*statuses)[i].is_object();
      texts.push_back(metric_text(metric, seen ? &(*statuses)[i].get_object() : nullptr));
    }
  });
  if (texts.empty()) {
    return "<none>";
  }
  const std::string text = rules::join(texts, ", ");
  return count > kShownMetrics ? fmt::format("{} + {} more...", text, count - kShownMetrics) : text;
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(fmt::format("{}/{}", text_at(object, {"spec", "scaleTargetRef", "kind"}),
                                  text_at(object, {"spec", "scaleTargetRef", "name"}))),
          rules::cell(targets_text(object)),
          rules::cell(rules::scalar_text(value_at(object, {"spec", "minReplicas"}), "<unset>")),
          integer_at(object, {"spec", "maxReplicas"}).value_or(0),
          integer_at(object, {"status", "currentReplicas"}).value_or(0),
          rules::age_cell(object, now)};
}

Kind autoscaler(std::string version, const Schema& schema) {
  return {
      .gvk = {"autoscaling", std::move(version), "HorizontalPodAutoscaler"},
      .plural = "horizontalpodautoscalers",
      .singular = "horizontalpodautoscaler",
      .short_names = {"hpa"},
      .categories = {"all"},
      .schema = &schema,
      .subresources = rules::status_subresource(),
      .tracks_generation = false,
      .columns = {rules::name_column(), rules::column("Reference", "What it scales."),
                  rules::column("Targets", "Values now and wanted ones."),
                  rules::column("MinPods", "Fewest pods."),
                  rules::column("MaxPods", "Most pods.", 0, "integer"),
                  rules::column("Replicas", "Pods there are.", 0, "integer"), rules::age_column()}};
}

}  // namespace

std::vector<Kind> autoscaler_kinds(const BuiltinSchemas& schemas) {
  Kind stored = autoscaler("v2", schemas.type("autoscaling/v2.HorizontalPodAutoscaler"));
  stored.cells = cells;
  stored.rules = {
      .set_defaults = set_defaults, .validate = validate, .validate_status = validate_status};

  Kind simple = autoscaler("v1", schemas.type("autoscaling/v1.HorizontalPodAutoscaler"));
  simple.cells = [](const json::object& object, WallTime now) {
    json::object full = object;
    autoscaling::to_v2(full);
    return cells(full, now);
  };
  simple.conversion = Conversion{.storage_group = "autoscaling",
                                 .storage_version = "v2",
                                 .storage_plural = "horizontalpodautoscalers",
                                 .to_storage = autoscaling::to_v2,
                                 .from_storage = autoscaling::to_v1};
  return {std::move(stored), std::move(simple)};
}

}  // namespace cove::api
