#include <gtest/gtest.h>

#include "core/api/time.h"
#include "core/controllers/horizontal_pod_autoscaler_pace.h"
#include "core/controllers/horizontal_pod_autoscaler_usage.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;
using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kNow(seconds(1'700'000'000));

// A pod that requests 1000m; "ready", "starting" (for a minute, and not ready), "pending",
// "failed", "leaving".
api::ObjectPtr pod(std::string_view name, std::string_view state, bool request = true) {
  const bool starting = state == "starting";
  const auto since = rfc3339(kNow - (starting ? minutes(1) : minutes(30)));
  json::object document{
      {"metadata", {{"name", api::key(name)}, {"namespace", "default"}}},
      {"spec",
       {{"containers",
         {{{"name", "main"},
           {"resources",
            {{"requests", request ? json::object{{"cpu", "1"}} : json::object()}}}}}}}},
      {"status",
       {{"phase", state == "pending"  ? "Pending"
                  : state == "failed" ? "Failed"
                                      : "Running"},
        {"startTime", since},
        {"conditions",
         {{{"type", "Ready"},
           {"status", starting ? "False" : "True"},
           {"lastTransitionTime", since}}}}}}};
  if (state == "leaving")
    api::set_at(document, {"metadata", "deletionTimestamp"}, json::string(rfc3339(kNow)));
  return api::Object::make(document);
}

struct UsageCase {
  std::string name;
  std::vector<std::pair<std::string, int>> pods;  // state, and milli used (-1: not measured)
  std::int64_t replicas, target, result, utilization;
};

UsageQuestion question(const UsageCase& from) {
  UsageQuestion question;
  question.replicas = from.replicas;
  question.resource = "cpu";
  question.now = kNow;
  int number = 0;
  for (const auto& [state, used] : from.pods) {
    const std::string name = "p" + std::to_string(number++);
    question.pods.push_back(pod(name, state));
    if (used >= 0) question.usages[name] = {used, kNow, seconds(30)};
  }
  return question;
}

TEST(AutoscalerUsage, CallsForPods) {
  const std::vector<UsageCase> cases = {
      {"up", {{"ready", 900}, {"ready", 900}}, 2, 60, 3, 90},
      {"down", {{"ready", 100}, {"ready", 100}, {"ready", 100}}, 3, 30, 1, 10},
      {"within tolerance", {{"ready", 540}, {"ready", 540}}, 2, 50, 2, 54},
      {"just above tolerance", {{"ready", 560}, {"ready", 560}}, 2, 50, 3, 56},
      {"rounded up", {{"ready", 700}, {"ready", 700}, {"ready", 700}}, 3, 50, 5, 70},
      {"unready counts nothing upward", {{"ready", 900}, {"starting", 900}}, 2, 50, 2, 90},
      {"unready does not hold up a way down", {{"ready", 100}, {"starting", 0}}, 2, 50, 1, 10},
      {"missing counts all downward", {{"ready", 100}, {"ready", -1}}, 2, 50, 2, 10},
      {"missing counts nothing upward", {{"ready", 1000}, {"ready", -1}}, 2, 25, 4, 100},
      {"pending is unready", {{"ready", 1000}, {"pending", -1}}, 2, 20, 5, 100},
      {"failed and leaving are ignored",
       {{"ready", 900}, {"failed", 10}, {"leaving", 10}},
       3,
       45,
       2,
       90},
  };
  for (const UsageCase& each : cases) {
    const auto answer = by_utilization(question(each), each.target);
    ASSERT_TRUE(answer) << each.name << answer.error().cause;
    EXPECT_EQ(answer->replicas, each.result) << each.name;
    EXPECT_EQ(answer->utilization, each.utilization) << each.name;
  }
  const auto average =
      by_average(question({"", {{"ready", 300}, {"ready", 500}}, 2, 0, 0, 0}), 100);
  EXPECT_EQ(average->replicas, 8);
  EXPECT_EQ(average->milli, 400);
}

TEST(AutoscalerUsage, SaysWhatItLacks) {
  EXPECT_EQ(by_utilization(question({"", {}, 1, 0, 0, 0}), 50).error().cause,
            "no pods returned by selector while calculating replica count");
  EXPECT_EQ(by_utilization(question({"", {{"pending", -1}}, 1, 0, 0, 0}), 50).error().cause,
            "did not receive metrics for targeted pods (pods might be unready)");
  UsageQuestion unrequested;
  unrequested.resource = "cpu";
  unrequested.now = kNow;
  unrequested.pods = {pod("a", "ready", false)};
  unrequested.usages["a"] = {5, kNow, seconds(1)};
  EXPECT_EQ(by_utilization(unrequested, 50).error().cause,
            "missing request for cpu in container main of Pod a");
}

json::object yaml(std::string_view text) {
  return api::parse_yaml(text).value().value.get_object();
}

TEST(AutoscalerPace, KeepsToBoundsByDefault) {
  struct Case {
    std::int64_t current, wanted, result;
    std::string_view able, limit;
  };
  const std::vector<Case> cases = {
      {2, 3, 3, "ReadyForNewScale", "DesiredWithinRange"},
      {1, 9, 4, "ReadyForNewScale", "ScaleUpLimit"},
      {6, 20, 10, "ReadyForNewScale", "TooManyReplicas"},
      {3, 1, 2, "ReadyForNewScale", "TooFewReplicas"},
  };
  for (const Case& each : cases) {
    ScalePace pace;
    const auto answer = pace.decide(
        {.current = each.current, .wanted = each.wanted, .least = 2, .most = 10, .now = kNow});
    EXPECT_EQ(answer.replicas, each.result);
    EXPECT_EQ(answer.able_reason, each.able);
    EXPECT_EQ(answer.limit_reason, each.limit);
    EXPECT_EQ(answer.limited, each.limit != "DesiredWithinRange");
  }
  // Five minutes until fewer pods follow less use.
  ScalePace pace;
  pace.begin(8, kNow);
  const auto held =
      pace.decide({.current = 8, .wanted = 3, .least = 1, .most = 10, .now = kNow + seconds(299)});
  EXPECT_EQ(held.replicas, 8);
  EXPECT_EQ(held.able_reason, "ScaleDownStabilized");
  EXPECT_EQ(
      pace.decide({.current = 8, .wanted = 2, .least = 1, .most = 10, .now = kNow + seconds(301)})
          .replicas,
      3);
}

TEST(AutoscalerPace, FollowsPolicies) {
  const json::object behavior = yaml(R"(
scaleUp:
  stabilizationWindowSeconds: 60
  selectPolicy: Max
  policies: [{type: Pods, value: 2, periodSeconds: 60}, {type: Percent, value: 50, periodSeconds: 60}]
scaleDown:
  stabilizationWindowSeconds: 0
  selectPolicy: Min
  policies: [{type: Pods, value: 3, periodSeconds: 60}, {type: Percent, value: 10, periodSeconds: 60}]
)");
  ScalePace pace;
  const auto decide = [&](std::int64_t current, std::int64_t wanted, int at) {
    return pace.decide({.current = current,
                        .wanted = wanted,
                        .least = 1,
                        .most = 100,
                        .behavior = &behavior,
                        .now = kNow + seconds(at)});
  };
  pace.begin(10, kNow);
  auto answer = decide(10, 40, 30);
  EXPECT_EQ(answer.replicas, 10);
  EXPECT_EQ(answer.able_reason, "ScaleUpStabilized");
  answer = decide(10, 40, 70);
  EXPECT_EQ(answer.replicas, 15);  // half more is more than two
  EXPECT_EQ(answer.limit_reason, "ScaleUpLimit");
  pace.scaled(10, 15, kNow + seconds(70));
  EXPECT_EQ(decide(15, 40, 100).replicas, 15);  // this minute's are used up
  EXPECT_EQ(decide(15, 40, 131).replicas, 23);
  answer = decide(20, 5, 400);
  EXPECT_EQ(answer.replicas, 18);  // a tenth is less than three
  EXPECT_EQ(answer.limit_reason, "ScaleDownLimit");

  const json::object never = yaml("{scaleDown: {selectPolicy: Disabled}}");
  EXPECT_EQ(
      ScalePace()
          .decide(
              {.current = 9, .wanted = 2, .least = 1, .most = 10, .behavior = &never, .now = kNow})
          .replicas,
      9);
}

// The API with somebody behind metrics.k8s.io.
class WithMetrics final : public client::Transport {
 public:
  explicit WithMetrics(client::Transport& behind) : behind_(behind) {}

  client::Operation send(client::ApiRequest request, Callback done) override {
    if (!request.path.starts_with("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"))
      return behind_.send(std::move(request), std::move(done));
    executor().post([usages = usages_, failing = failing_, done = std::move(done),
                     at = request.query.at(0).second] {
      EXPECT_EQ(at, "app=web");
      if (failing) return done(client::from_http_status(503, "away"));
      auto list = std::make_shared<client::ObjectList>();
      for (const auto& [name, milli] : usages) {
        list->items.push_back(api::Object::make(
            {{"metadata", {{"name", name}, {"namespace", "default"}}},
             {"timestamp", "2030-01-01T00:00:00Z"},
             {"window", "15s"},
             {"containers",
              {{{"name", "main"}, {"usage", {{"cpu", std::to_string(milli) + "m"}}}}}}}));
      }
      done(client::ApiResponse{.list = list});
    });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return behind_.watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    return behind_.stream(std::move(request), std::move(callbacks));
  }
  Executor& executor() override { return behind_.executor(); }

  std::map<std::string, int> usages_;
  bool failing_ = false;

 private:
  client::Transport& behind_;
};

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

class Autoscaled {
 public:
  Autoscaled()
      : running({make_horizontal_pod_autoscaler, make_replicaset_controller},
                [this](test::Cluster& of, std::string_view account) -> client::Transport* {
                  if (account != "horizontal-pod-autoscaler") return nullptr;
                  if (!metrics) metrics = std::make_unique<WithMetrics>(of.as_account(account));
                  return metrics.get();
                }) {}

  api::ObjectPtr get() { return cluster().get("horizontalpodautoscalers.autoscaling", "scaler"); }
  test::Cluster& cluster() { return running.cluster; }
  // Runs what does not, every pod with that use.
  void load(int milli) {
    metrics->usages_.clear();
    for (const api::ObjectPtr& each : running.pods("app=web")) {
      if (text_at(each->document(), {"status", "phase"}) != "Running")
        cluster().run_pod(each->name());
      metrics->usages_[std::string(each->name())] = milli;
    }
    running.settle();
  }
  // "AbleToScale=SucceededRescale ScalingActive=ValidMetricFound"
  std::string conditions() {
    EXPECT_TRUE(cluster().until([&] {
      return api::value_at(get()->document(), {"status", "conditions"}) != nullptr;
    }));
    running.settle();
    const auto now = get();
    std::string text;
    const json::array* const all = api::array_at(now->document(), {"status", "conditions"});
    for (const json::value& each : all == nullptr ? json::array() : *all) {
      const json::object& condition = each.get_object();
      if (!text.empty()) text += ' ';
      text += text_at(condition, {"type"});
      if (text_at(condition, {"status"}) != "True") text += '!';
      text += '=';
      text += text_at(condition, {"reason"});
    }
    return text;
  }

  std::unique_ptr<WithMetrics> metrics;
  Running running;
};

constexpr std::string_view kSet = R"(
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: test, resources: {requests: {cpu: 100m}}}]}
)";
constexpr std::string_view kAutoscaler = R"(
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}
  minReplicas: 1
  maxReplicas: 5
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
)";

TEST(Autoscaler, ScalesWithTheLoad) {
  Autoscaled scaled;
  scaled.cluster().create(kSet);
  scaled.running.settle();
  scaled.load(90);
  scaled.cluster().create(kAutoscaler);
  EXPECT_TRUE(scaled.cluster().until([&] { return scaled.running.pods("app=web").size() == 4; }));
  EXPECT_EQ(scaled.conditions(),
            "AbleToScale=SucceededRescale ScalingActive=ValidMetricFound "
            "ScalingLimited!=DesiredWithinRange");
  auto now = scaled.get();
  EXPECT_EQ(
      api::to_text(
          now->document().at("status").at("currentMetrics").at(0).at("resource").at("current")),
      R"({"averageValue":"90m","averageUtilization":90})");
  EXPECT_EQ(api::integer_at(now->document(), {"status", "desiredReplicas"}), 4);
  EXPECT_FALSE(text_at(now->document(), {"status", "lastScaleTime"}).empty());
  EXPECT_TRUE(has(scaled.running.events_about("scaler"),
                  "SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage "
                  "of request) above target"));

  scaled.load(10);
  scaled.running.pass(seconds(30));
  EXPECT_EQ(scaled.running.pods("app=web").size(), 4U);
  EXPECT_EQ(scaled.conditions(),
            "AbleToScale=ScaleDownStabilized ScalingActive=ValidMetricFound "
            "ScalingLimited!=DesiredWithinRange");
  scaled.running.pass(minutes(5));
  scaled.cluster().finish_deletions();
  EXPECT_EQ(scaled.running.pods("app=web").size(), 1U);
  EXPECT_TRUE(has(scaled.running.events_about("scaler"),
                  "SuccessfulRescale: New size: 1; reason: All metrics below target"));
}

TEST(Autoscaler, SaysWhyItCannotScale) {
  Autoscaled scaled;
  scaled.cluster().create(kAutoscaler);
  scaled.running.settle();
  EXPECT_EQ(scaled.conditions(), "AbleToScale!=FailedGetScale");
  EXPECT_TRUE(has(scaled.running.events_about("scaler"),
                  "FailedGetScale: replicasets.apps \"web\" not found"));
  scaled.cluster().create(kSet);
  scaled.metrics->failing_ = true;
  scaled.running.pass(seconds(20));
  EXPECT_EQ(scaled.conditions(),
            "AbleToScale=SucceededGetScale ScalingActive!=FailedGetResourceMetric");
  EXPECT_EQ(scaled.running.pods("app=web").size(), 2U);
  const auto events = scaled.running.events_about("scaler");
  EXPECT_TRUE(std::ranges::any_of(events, [](const std::string& each) {
    return each.starts_with(
        "FailedGetResourceMetric: failed to get cpu utilization: unable to get "
        "metrics for resource cpu: unable to fetch metrics from resource "
        "metrics API: ");
  }));
  EXPECT_TRUE(std::ranges::any_of(events, [](const std::string& each) {
    return each.starts_with(
        "FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), "
        "first error is: failed to get cpu utilization: ");
  }));
  scaled.cluster().patch("replicasets.apps", "web", "{spec: {replicas: 0}}");
  scaled.running.pass(seconds(20));
  EXPECT_EQ(scaled.conditions(), "AbleToScale=SucceededGetScale ScalingActive!=ScalingDisabled");
  scaled.cluster().patch("replicasets.apps", "web", "{spec: {replicas: 9}}");
  scaled.running.pass(seconds(20));
  EXPECT_EQ(scaled.running.pods("app=web").size(), 5U);
  EXPECT_TRUE(has(scaled.running.events_about("scaler"),
                  "SuccessfulRescale: New size: 5; reason: Current number of replicas above "
                  "Spec.MaxReplicas"));
}

TEST(Autoscaler, LeavesPodsAloneThatTwoWouldScale) {
  Autoscaled scaled;
  scaled.cluster().create(kSet);
  scaled.running.settle();
  scaled.load(90);
  json::object second = yaml(kAutoscaler);
  api::set_at(second, {"metadata", "name"}, "another");
  api::set_at(second, {"spec", "maxReplicas"}, 2);
  scaled.cluster().create(second);
  scaled.running.settle();
  scaled.cluster().create(kAutoscaler);
  EXPECT_EQ(scaled.conditions(), "AbleToScale=SucceededGetScale ScalingActive!=AmbiguousSelector");
  EXPECT_TRUE(has(scaled.running.events_about("scaler"),
                  "AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: "
                  "[{another default} {scaler default}]"));
  EXPECT_EQ(scaled.running.pods("app=web").size(), 2U);
  scaled.cluster().remove("horizontalpodautoscalers.autoscaling", "another");
  scaled.running.pass(seconds(20));
  EXPECT_EQ(scaled.running.pods("app=web").size(), 4U);
}

TEST(Autoscaler, ScalesCustomResources) {
  Autoscaled scaled;
  scaled.cluster().create(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: farms.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: farms, singular: farm, kind: Farm}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
)");
  scaled.running.pass(seconds(1));
  const client::ResourceClient farms(scaled.cluster().as(), {"example.com", "v1", "farms"},
                                     "default");
  std::int64_t replicas = -1;
  auto made = farms.create(yaml("{apiVersion: example.com/v1, kind: Farm, metadata: {name: f}, "
                                "spec: {replicas: 1}}"),
                           {}, [](const auto& answer) { EXPECT_TRUE(answer); });
  scaled.running.settle();
  json::object autoscaler = yaml(kAutoscaler);
  api::set_at(autoscaler, {"spec", "scaleTargetRef"},
              yaml("{apiVersion: example.com/v1, kind: Farm, name: f}"));
  api::set_at(autoscaler, {"spec", "minReplicas"}, 3);
  scaled.cluster().create(autoscaler);
  EXPECT_TRUE(scaled.cluster().until([&] {
    auto read = farms.get("f", [&](const auto& answer) {
      if (answer)
        replicas = api::integer_at((*answer)->document(), {"spec", "replicas"}).value_or(0);
    });
    scaled.running.settle();
    return replicas == 3;
  }));
}

}  // namespace
}  // namespace cove::controllers
