#include "core/api/kinds/autoscaling_conversion.h"

#include <span>

#include "core/api/kinds/rules.h"

namespace cove::api::autoscaling {
namespace {

constexpr std::string_view kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr std::string_view kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr std::string_view kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr std::string_view kBehavior = "autoscaling.alpha.kubernetes.io/behavior";

// Where a member of one form stands in the other.
struct Place {
  std::string_view v1;
  std::string_view outer;  // in v2: outer.inner, or outer alone
  std::string_view inner;
};
struct Source {
  std::string_view name;
  std::span<const Place> places;
};

constexpr Place kResource[] = {{"name", "name", ""},
                               {"targetAverageUtilization", "target", "averageUtilization"},
                               {"targetAverageValue", "target", "averageValue"}};
constexpr Place kContainer[] = {{"name", "name", ""},
                                {"container", "container", ""},
                                {"targetAverageUtilization", "target", "averageUtilization"},
                                {"targetAverageValue", "target", "averageValue"}};
constexpr Place kPods[] = {{"metricName", "metric", "name"},
                           {"selector", "metric", "selector"},
                           {"targetAverageValue", "target", "averageValue"}};
constexpr Place kObject[] = {{"target", "describedObject", ""},
                             {"metricName", "metric", "name"},
                             {"selector", "metric", "selector"},
                             {"targetValue", "target", "value"},
                             {"averageValue", "target", "averageValue"}};
constexpr Place kExternal[] = {{"metricName", "metric", "name"},
                               {"metricSelector", "metric", "selector"},
                               {"targetValue", "target", "value"},
                               {"targetAverageValue", "target", "averageValue"}};
constexpr Source kSources[] = {{"resource", kResource},
                               {"containerResource", kContainer},
                               {"pods", kPods},
                               {"object", kObject},
                               {"external", kExternal}};

constexpr Place kResourceNow[] = {{"name", "name", ""},
                                  {"currentAverageUtilization", "current", "averageUtilization"},
                                  {"currentAverageValue", "current", "averageValue"}};
constexpr Place kContainerNow[] = {{"name", "name", ""},
                                   {"container", "container", ""},
                                   {"currentAverageUtilization", "current", "averageUtilization"},
                                   {"currentAverageValue", "current", "averageValue"}};
constexpr Place kPodsNow[] = {{"metricName", "metric", "name"},
                              {"selector", "metric", "selector"},
                              {"currentAverageValue", "current", "averageValue"}};
constexpr Place kObjectNow[] = {{"target", "describedObject", ""},
                                {"metricName", "metric", "name"},
                                {"selector", "metric", "selector"},
                                {"currentValue", "current", "value"},
                                {"averageValue", "current", "averageValue"}};
constexpr Place kExternalNow[] = {{"metricName", "metric", "name"},
                                  {"metricSelector", "metric", "selector"},
                                  {"currentValue", "current", "value"},
                                  {"currentAverageValue", "current", "averageValue"}};
constexpr Source kSourcesNow[] = {{"resource", kResourceNow},
                                  {"containerResource", kContainerNow},
                                  {"pods", kPodsNow},
                                  {"object", kObjectNow},
                                  {"external", kExternalNow}};

// v1 has no type of target: it follows from what is set.
void set_target_type(json::object& source) {
  json::object* target = rules::object_in(source, {"target"});
  if (target == nullptr) {
    return;
  }
  (*target)["type"] = target->contains("averageUtilization") ? "Utilization"
                      : target->contains("value")            ? "Value"
                                                             : "AverageValue";
}

json::object metric_to_v2(const json::object& metric, std::span<const Source> sources) {
  json::object result{{"type", rules::cell(text_at(metric, {"type"}))}};
  for (const Source& source : sources) {
    const json::object* from = object_at(metric, {source.name});
    if (from == nullptr) {
      continue;
    }
    json::object to;
    for (const Place& place : source.places) {
      if (const json::value* value = value_at(*from, {place.v1})) {
        if (place.inner.empty()) {
          to[key(place.outer)] = *value;
        } else {
          set_at(to, {place.outer, place.inner}, *value);
        }
      }
    }
    set_target_type(to);
    result[key(source.name)] = std::move(to);
  }
  return result;
}

json::object metric_to_v1(const json::object& metric, std::span<const Source> sources) {
  json::object result{{"type", rules::cell(text_at(metric, {"type"}))}};
  for (const Source& source : sources) {
    const json::object* from = object_at(metric, {source.name});
    if (from == nullptr) {
      continue;
    }
    json::object to;
    for (const Place& place : source.places) {
      const json::value* value = place.inner.empty() ? value_at(*from, {place.outer})
                                                     : value_at(*from, {place.outer, place.inner});
      if (value != nullptr) {
        to[key(place.v1)] = *value;
      }
    }
    result[key(source.name)] = std::move(to);
  }
  return result;
}

bool is_cpu(const json::object& metric, std::string_view values) {
  return text_at(metric, {"resource", "name"}) == "cpu" &&
         value_at(metric, {"resource", values, "averageUtilization"}) != nullptr;
}

json::object cpu(const json::value& percent) {
  return {{"type", "Resource"},
          {"resource", json::object{{"name", "cpu"},
                                    {"target", json::object{{"type", "Utilization"},
                                                            {"averageUtilization", percent}}}}}};
}

// Takes an annotation out of the object; null when there is none or it is no JSON.
json::value take(json::object& object, std::string_view name) {
  const std::string text(text_at(object, {"metadata", "annotations", name}));
  if (text.empty()) {
    return nullptr;
  }
  erase_at(object, {"metadata", "annotations", name});
  if (rules::size_at(object, {"metadata", "annotations"}) == 0) {
    erase_at(object, {"metadata", "annotations"});
  }
  auto parsed = parse_json(text);
  return parsed.has_value() ? std::move(parsed->value) : json::value(nullptr);
}

void put(json::object& object, std::string_view name, const json::value& value) {
  set_at(object, {"metadata", "annotations", name}, rules::cell(to_text(value)));
}

// Moves the member out; null when there is none.
json::value take_member(json::object& object, Steps path) {
  const json::value* found = value_at(object, path);
  if (found == nullptr) {
    return nullptr;
  }
  json::value value = *found;
  erase_at(object, path);
  return value;
}

}  // namespace

json::array default_metrics() {
  return {cpu(80)};
}

void to_v2(json::object& object) {
  json::array metrics;
  const json::value others = take(object, kMetrics);
  rules::each(others.if_array(), [&](const json::object& metric, std::size_t) {
    metrics.push_back(metric_to_v2(metric, kSources));
  });
  if (const json::value percent = take_member(object, {"spec", "targetCPUUtilizationPercentage"});
      !percent.is_null()) {
    metrics.push_back(cpu(percent));
  }
  make_object_at(object, {"spec"})["metrics"] =
      metrics.empty() ? default_metrics() : std::move(metrics);
  if (const json::value behavior = take(object, kBehavior); behavior.is_object()) {
    set_at(object, {"spec", "behavior"}, behavior);
  }

  const json::value percent = take_member(object, {"status", "currentCPUUtilizationPercentage"});
  json::array current;
  const json::value seen = take(object, kCurrentMetrics);
  rules::each(seen.if_array(), [&](const json::object& metric, std::size_t) {
    current.push_back(metric_to_v2(metric, kSourcesNow));
  });
  if (current.empty() && !percent.is_null()) {
    current.push_back(json::object{
        {"type", "Resource"},
        {"resource", json::object{{"name", "cpu"},
                                  {"current", json::object{{"averageUtilization", percent}}}}}});
  }
  if (!current.empty()) {
    set_at(object, {"status", "currentMetrics"}, std::move(current));
  }
  if (const json::value conditions = take(object, kConditions); conditions.is_array()) {
    set_at(object, {"status", "conditions"}, conditions);
  }
}

void to_v1(json::object& object) {
  json::array others;
  bool has_cpu = false;
  const json::value metrics = take_member(object, {"spec", "metrics"});
  rules::each(metrics.if_array(), [&](const json::object& metric, std::size_t) {
    if (!has_cpu && is_cpu(metric, "target")) {
      has_cpu = true;
      set_at(object, {"spec", "targetCPUUtilizationPercentage"},
             *value_at(metric, {"resource", "target", "averageUtilization"}));
      return;
    }
    others.push_back(metric_to_v1(metric, kSources));
  });
  json::array current;
  const json::value seen = take_member(object, {"status", "currentMetrics"});
  rules::each(seen.if_array(), [&](const json::object& metric, std::size_t) {
    if (is_cpu(metric, "current")) {
      set_at(object, {"status", "currentCPUUtilizationPercentage"},
             *value_at(metric, {"resource", "current", "averageUtilization"}));
    }
    current.push_back(metric_to_v1(metric, kSourcesNow));
  });
  if (!others.empty()) {
    put(object, kMetrics, others);
  }
  if (!current.empty()) {
    put(object, kCurrentMetrics, current);
  }
  if (const json::value conditions = take_member(object, {"status", "conditions"});
      conditions.is_array() && !conditions.get_array().empty()) {
    put(object, kConditions, conditions);
  }
  if (const json::value behavior = take_member(object, {"spec", "behavior"});
      behavior.is_object()) {
    put(object, kBehavior, behavior);
  }
}

}  // namespace cove::api::autoscaling
