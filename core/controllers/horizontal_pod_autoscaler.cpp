// The horizontal pod autoscaler (kubernetes.io "Horizontal Pod Autoscaling"): every 15 s the
// number of pods that their use of resources calls for.

#include "core/controllers/horizontal_pod_autoscaler_usage.h"

#include <fmt/format.h>

#include "core/api/quantity.h"
#include "core/controllers/horizontal_pod_autoscaler_pace.h"
#include "core/controllers/horizontal_pod_autoscaler_selectors.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/label_index.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"
#include "core/controllers/scale_client.h"

namespace cove::controllers {
namespace {

constexpr std::chrono::seconds kPeriod{15};

// A member of spec.metrics and what came of it.
struct Metric {
  json::object spec;
  std::string name;    // "cpu resource utilization (percentage of request)"
  std::string reason;  // of a failure: "FailedGetResourceMetric"
  UsageAnswer answer = {};
  json::object status = {};
  std::string error = {};
};

std::string_view failure_reason(std::string_view type) {
  if (type == "Resource") return "FailedGetResourceMetric";
  if (type == "ContainerResource") return "FailedGetContainerResourceMetric";
  if (type == "Pods") return "FailedGetPodsMetric";
  if (type == "Object") return "FailedGetObjectMetric";
  if (type == "External") return "FailedGetExternalMetric";
  return "InvalidMetricSourceType";
}

// The member of a metric's spec that its type names: "resource".
std::string member_of(std::string_view type) {
  std::string member(type);
  if (!member.empty()) member[0] = static_cast<char>(member[0] - 'A' + 'a');
  return member;
}

class Autoscaler final : public KeyedLoop {
 public:
  explicit Autoscaler(const Environment& environment)
      : KeyedLoop(environment, {.name = "horizontal-pod-autoscaler-controller",
                                .account = "horizontal-pod-autoscaler",
                                .component = "horizontal-pod-autoscaler"}),
        autoscalers_(informer({"autoscaling", "v2", "horizontalpodautoscalers"})),
        pods_(informer(core_resource("pods"))),
        scales_(transport_, environment.clock) {
    index_by_labels(*pods_);
    handle(autoscalers_,
           {.added = [this](const api::ObjectPtr& object,
                            bool) { queue().add(client::key_of(*object)); },
            .updated =
                [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                  if (old->generation() != now->generation() || old->uid() != now->uid())
                    queue().add(client::key_of(*now));
                },
            .deleted =
                [this](const api::ObjectPtr& object, bool) {
                  paces_.erase(std::string(object->uid()));
                  selectors_.forget(client::key_of(*object));
                }});
  }

 private:
  // One look at an autoscaler, from one answer to the next.
  struct Look {
    std::string key;
    api::ObjectPtr autoscaler;
    json::object status;
    ScaleTarget target;
    api::ObjectPtr scale;
    std::int64_t current = 0;
    std::vector<api::ObjectPtr> pods;
    std::vector<Metric> metrics;
    client::ApiResult<std::vector<api::ObjectPtr>> usages = std::vector<api::ObjectPtr>();
    WallTime now{};
    Done done;

    std::int64_t spec_number(std::string_view field, std::int64_t otherwise) const {
      return api::integer_at(autoscaler->document(), {"spec", field}).value_or(otherwise);
    }
  };
  using LookPtr = std::shared_ptr<Look>;

  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr autoscaler = written_.newest(*autoscalers_, key);
    if (!autoscaler) {
      written_.forget(key);
      return done(client::Reconciled{});
    }
    const auto look = std::make_shared<Look>();
    look->key = key;
    look->autoscaler = autoscaler;
    if (const auto* const status = api::object_at(autoscaler->document(), {"status"}))
      look->status = *status;
    const json::object& document = autoscaler->document();
    const auto text = [&](std::string_view field) {
      return std::string(api::text_at(document, {"spec", "scaleTargetRef", field}));
    };
    const std::string version = text("apiVersion");
    look->target = {std::string(autoscaler->namespace_name()), version.empty() ? "v1" : version,
                    text("kind"), text("name")};
    look->now = environment_.clock.wall();
    look->done = done;
    scales_.get(look->target, [this, look](const Answer& scale) {
      if (!scale) return no_scale(look, scale.error());
      set_condition(*look, "AbleToScale", true, "SucceededGetScale",
                    "the HPA controller was able to get the target's current scale");
      look->scale = *scale;
      look->current = api::integer_at((*scale)->document(), {"spec", "replicas"}).value_or(0);
      paces_[std::string(look->autoscaler->uid())].begin(look->current, look->now);
      choose(look);
    });
  }

  void no_scale(const LookPtr& look, const client::ApiError& error) {
    events_.event(*look->autoscaler, "Warning", "FailedGetScale", error.message);
    set_condition(*look, "AbleToScale", false, "FailedGetScale",
                  fmt::format("the HPA controller was unable to get the target's current scale: {}",
                              error.message));
    write(look);
  }

  // --- How many there should be.

  void choose(const LookPtr& look) {
    const std::int64_t least = look->spec_number("minReplicas", 1);
    const std::int64_t most = look->spec_number("maxReplicas", 1);
    if (look->current == 0 && least != 0) {
      set_condition(*look, "ScalingActive", false, "ScalingDisabled",
                    "scaling is disabled since the replica count of the target is zero");
      return finish(look, look->current, false);
    }
    if (look->current > most)
      return rescale(look, most, "Current number of replicas above Spec.MaxReplicas");
    if (look->current < least)
      return rescale(look, least, "Current number of replicas below Spec.MinReplicas");
    measure(look);
  }

  void measure(const LookPtr& look) {
    const std::string text(api::text_at(look->scale->document(), {"status", "selector"}));
    if (text.empty()) {
      events_.event(*look->autoscaler, "Warning", "SelectorRequired", "selector is required");
      set_condition(*look, "ScalingActive", false, "InvalidSelector",
                    "the HPA target's scale is missing a selector");
      return no_metrics(look, "selector is required");
    }
    const auto selector = api::LabelSelector::parse(text);
    if (!selector) {
      const std::string why =
          fmt::format("couldn't convert selector into a corresponding internal selector object: {}",
                      selector.error().cause);
      events_.event(*look->autoscaler, "Warning", "InvalidSelector", why);
      set_condition(*look, "ScalingActive", false, "InvalidSelector", why);
      return no_metrics(look, why);
    }
    look->pods = chosen(look->target.namespace_name, *selector);
    selectors_.put(look->key, *selector);
    if (const auto keys = selectors_.choosing(look->pods); keys.size() > 1)
      return ambiguous(look, text, keys);
    read_metrics(*look);
    const bool any = std::ranges::any_of(look->metrics, [](const Metric& metric) {
      return metric.reason == "FailedGetResourceMetric" ||
             metric.reason == "FailedGetContainerResourceMetric";
    });
    if (!any) return weigh(look);
    api({"metrics.k8s.io", "v1beta1", "pods"}, look->target.namespace_name)
        .list(
            {.label_selector = text},
            guarded([this, look](
                        const client::ApiResult<std::shared_ptr<const client::ObjectList>>& list) {
              if (list) {
                look->usages = (*list)->items;
              } else {
                look->usages = list.error();
              }
              weigh(look);
            }))
        .release();
  }

  // Two that choose the same pods would pull them back and forth.
  void ambiguous(const LookPtr& look, std::string_view selector,
                 const std::set<std::string>& keys) {
    std::string names;
    for (const std::string& key : keys) {
      const client::NamespacedName name = client::split_key(key);
      names += fmt::format("{}{{{} {}}}", names.empty() ? "" : " ", name.name, name.namespace_name);
    }
    const std::string why =
        fmt::format("pods by selector {} are controlled by multiple HPAs: [{}]", selector, names);
    events_.event(*look->autoscaler, "Warning", "AmbiguousSelector", why);
    set_condition(*look, "ScalingActive", false, "AmbiguousSelector", why);
    no_metrics(look, why);
  }

  std::vector<api::ObjectPtr> chosen(std::string_view namespace_name,
                                     const api::LabelSelector& selector) const {
    auto pods = with_labels(pods_->objects(), namespace_name, demanded_labels(selector));
    std::erase_if(pods,
                  [&](const api::ObjectPtr& pod) { return !selector.matches(pod->document()); });
    return pods;
  }

  static void read_metrics(Look& look) {
    const json::array* const all = api::array_at(look.autoscaler->document(), {"spec", "metrics"});
    if (all == nullptr) return;
    for (const json::value& each : *all) {
      Metric metric;
      metric.spec = each.get_object();
      metric.reason = failure_reason(api::text_at(metric.spec, {"type"}));
      look.metrics.push_back(std::move(metric));
    }
  }

  // --- What each metric calls for.

  void weigh(const LookPtr& look) {
    std::int64_t replicas = 0;
    std::string name;
    const Metric* first_failed = nullptr;
    std::size_t failed = 0;
    json::array statuses;
    for (Metric& metric : look->metrics) {
      compute(*look, metric);
      if (!metric.error.empty()) {
        events_.event(*look->autoscaler, "Warning", metric.reason, metric.error);
        if (failed++ == 0) first_failed = &metric;
        continue;
      }
      statuses.push_back(metric.status);
      if (replicas == 0 || metric.answer.replicas > replicas) {
        replicas = metric.answer.replicas;
        name = metric.name;
      }
    }
    look->status["currentMetrics"] = std::move(statuses);
    if (failed >= look->metrics.size() || (failed > 0 && replicas < look->current)) {
      const std::string error = first_failed == nullptr ? "" : first_failed->error;
      set_condition(*look, "ScalingActive", false,
                    first_failed == nullptr ? "InvalidMetricSourceType" : first_failed->reason,
                    fmt::format("the HPA was unable to compute the replica count: {}", error));
      return no_metrics(look, fmt::format("invalid metrics ({} invalid out of {}), first error is: "
                                          "{}",
                                          failed, look->metrics.size(), error));
    }
    set_condition(
        *look, "ScalingActive", true, "ValidMetricFound",
        fmt::format("the HPA was able to successfully calculate a replica count from {}", name));
    follow(look, replicas, name);
  }

  void compute(const Look& look, Metric& metric) const {
    const std::string_view type = api::text_at(metric.spec, {"type"});
    const bool container = type == "ContainerResource";
    if (type != "Resource" && !container) {
      metric.error =
          metric.reason == "InvalidMetricSourceType"
              ? fmt::format("unknown metric source type {}", api::quote(type))
              : fmt::format(
                    "unable to get {} metric: unable to fetch metrics from {} metrics API: "
                    "the server could not find the requested resource",
                    member_of(type), type == "External" ? "external" : "custom");
      return;
    }
    const std::string member = member_of(type);
    const json::object* const source = api::object_at(metric.spec, {member});
    static const json::object none;
    const json::object& spec = source == nullptr ? none : *source;
    const std::string resource(api::text_at(spec, {"name"}));
    const std::string only(container ? api::text_at(spec, {"container"}) : "");
    const auto percent = api::integer_at(spec, {"target", "averageUtilization"});
    const std::string_view average = api::text_at(spec, {"target", "averageValue"});
    const char* const what = average.empty() ? "utilization" : "usage";
    const auto fail = [&](std::string_view why) {
      metric.error = fmt::format("failed to get {} {}: {}", resource, what, why);
    };
    if (!look.usages || look.usages->empty()) {
      return fail(fmt::format("unable to get metrics for resource {}: {}", resource,
                              look.usages ? "no metrics returned from resource metrics API"
                                          : "unable to fetch metrics from resource metrics API: " +
                                                look.usages.error().message));
    }
    UsageQuestion question{.replicas = look.current,
                           .resource = resource,
                           .container = only,
                           .tolerances = tolerances_of(*look.autoscaler),
                           .pods = look.pods,
                           .usages = usages_of(*look.usages, resource, only),
                           .now = look.now};
    if (average.empty() && !percent) {
      metric.error =
          "invalid resource metric source: neither an average utilization target nor an average "
          "value (usage) target was set";
      return;
    }
    const auto target = api::Quantity::parse(average);
    const auto answer =
        average.empty() || !target
            ? by_utilization(std::move(question), std::max<std::int64_t>(percent.value_or(1), 1))
            : by_average(std::move(question), std::max<std::int64_t>(target->milli_value(), 1));
    if (!answer) return fail(answer.error().cause);
    metric.answer = *answer;
    metric.name = average.empty()
                      ? fmt::format("{} resource utilization (percentage of request)", resource)
                      : fmt::format("{} resource", resource);
    json::object now{{"averageValue", api::Quantity::milli(answer->milli).text()}};
    if (average.empty()) now["averageUtilization"] = answer->utilization;
    json::object status{{"name", resource}, {"current", std::move(now)}};
    if (container) status["container"] = only;
    metric.status = {{"type", api::key(type)}, {member, std::move(status)}};
  }

  // --- What comes of it.

  void follow(const LookPtr& look, std::int64_t wanted, const std::string& metric) {
    std::string reason;
    if (wanted > look->current) reason = fmt::format("{} above target", metric);
    if (wanted < look->current) reason = "All metrics below target";
    const PaceAnswer answer = paces_[std::string(look->autoscaler->uid())].decide(
        {.current = look->current,
         .wanted = wanted,
         .least = look->spec_number("minReplicas", 1),
         .most = look->spec_number("maxReplicas", 1),
         .behavior = api::object_at(look->autoscaler->document(), {"spec", "behavior"}),
         .now = look->now});
    set_condition(*look, "AbleToScale", true, answer.able_reason, answer.able_message);
    set_condition(*look, "ScalingLimited", answer.limited, answer.limit_reason,
                  answer.limit_message);
    if (answer.replicas == look->current) return finish(look, look->current, false);
    rescale(look, answer.replicas, reason);
  }

  void no_metrics(const LookPtr& look, const std::string& why) {
    events_.event(*look->autoscaler, "Warning", "FailedComputeMetricsReplicas", why);
    finish(look, api::integer_at(look->status, {"desiredReplicas"}).value_or(0), false);
  }

  void rescale(const LookPtr& look, std::int64_t replicas, const std::string& reason) {
    scales_.set(look->target, *look->scale, replicas, [=, this](const Answer& answer) {
      if (!answer) {
        const std::string& why = answer.error().message;
        events_.event(*look->autoscaler, "Warning", "FailedRescale",
                      fmt::format("New size: {}; reason: {}; error: {}", replicas, reason, why));
        set_condition(
            *look, "AbleToScale", false, "FailedUpdateScale",
            fmt::format("the HPA controller was unable to update the target scale: {}", why));
        return finish(look, api::integer_at(look->status, {"desiredReplicas"}).value_or(0), false);
      }
      set_condition(
          *look, "AbleToScale", true, "SucceededRescale",
          fmt::format("the HPA controller was able to update the target scale to {}", replicas));
      events_.event(*look->autoscaler, "Normal", "SuccessfulRescale",
                    fmt::format("New size: {}; reason: {}", replicas, reason));
      paces_[std::string(look->autoscaler->uid())].scaled(look->current, replicas, look->now);
      finish(look, replicas, true);
    });
  }

  void finish(const LookPtr& look, std::int64_t desired, bool rescaled) {
    look->status["currentReplicas"] = look->current;
    look->status["desiredReplicas"] = desired;
    if (rescaled) look->status["lastScaleTime"] = rfc3339(look->now);
    write(look);
  }

  static void set_condition(Look& look, std::string_view type, bool holds, std::string_view reason,
                            std::string_view message) {
    const char* const status = holds ? "True" : "False";
    json::object made{{"type", api::key(type)},
                      {"status", status},
                      {"lastTransitionTime", rfc3339(look.now)},
                      {"reason", api::key(reason)},
                      {"message", api::key(message)}};
    json::array& all = api::make_array_at(look.status, {"conditions"});
    for (json::value& each : all) {
      json::object& old = each.get_object();
      if (api::text_at(old, {"type"}) != type) continue;
      if (api::text_at(old, {"status"}) == status && old.contains("lastTransitionTime"))
        made["lastTransitionTime"] = old["lastTransitionTime"];
      old = std::move(made);
      return;
    }
    all.push_back(std::move(made));
  }

  void write(const LookPtr& look) {
    const auto again = [look] { look->done(client::Reconciled{.again_after = kPeriod}); };
    api::set_default(look->status, "desiredReplicas", 0);
    api::set_default(look->status, "currentMetrics", nullptr);
    json::object next = look->autoscaler->document();
    const json::value* const old = api::value_at(next, {"status"});
    if (old != nullptr && api::same(*old, json::value(look->status))) return again();
    next["status"] = look->status;
    api({"autoscaling", "v2", "horizontalpodautoscalers"}, look->target.namespace_name)
        .update_status(next, {}, guarded([this, look, again](const Answer& answer) {
                         if (!answer && answer.error().is_conflict())
                           return look->done(answer.error());
                         if (answer) written_.wrote(*answer);
                         again();
                       }))
        .release();
  }

  const std::shared_ptr<client::Informer> autoscalers_, pods_;
  ScaleClient scales_;
  LastWritten written_;
  AutoscalerSelectors selectors_;
  std::map<std::string, ScalePace> paces_;  // by uid
};

}  // namespace

Loop make_horizontal_pod_autoscaler(const Environment& environment) {
  return std::make_unique<Autoscaler>(environment);
}

}  // namespace cove::controllers
