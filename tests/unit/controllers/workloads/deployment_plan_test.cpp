#include "core/controllers/deployment_plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/controllers/replicaset_ranking.h"
#include "core/controllers/workload_template.h"
#include "tests/unit/controllers/workloads/workloads.h"

namespace cove::controllers {
namespace {

constexpr WallTime kNow{1'700'000'000s};

json::object parse(const std::string& text) {
  return api::parse_yaml(text).value().value.get_object();
}

api::ObjectPtr deployment(int replicas, const std::string& surge, const std::string& unavailable,
                          const std::string& image = "a") {
  return api::Object::make(parse(fmt::format(
      R"({{apiVersion: apps/v1, kind: Deployment,
          metadata: {{name: web, namespace: default, uid: d, generation: 2,
                     annotations: {{deployment.kubernetes.io/revision: "1"}}}},
          spec: {{replicas: {}, revisionHistoryLimit: 2, progressDeadlineSeconds: 600,
                 selector: {{matchLabels: {{app: web}}}},
                 strategy: {{type: RollingUpdate,
                            rollingUpdate: {{maxSurge: {}, maxUnavailable: {}}}}},
                 template: {{metadata: {{labels: {{app: web}}}},
                            spec: {{containers: [{{name: c, image: {}}}]}}}}}}}})",
      replicas, surge, unavailable, image)));
}

struct SetFacts {
  std::string image;
  int replicas = 0;
  int available = 0;
  int most = 0;
  int revision = 1;
};

api::ObjectPtr replica_set(int number, const SetFacts& facts, int desired) {
  return api::Object::make(parse(fmt::format(
      R"({{apiVersion: apps/v1, kind: ReplicaSet,
          metadata: {{name: web-{0}, namespace: default, uid: r{0}, generation: 1,
                     creationTimestamp: "2023-01-0{0}T00:00:00Z",
                     annotations: {{deployment.kubernetes.io/revision: "{5}",
                                   deployment.kubernetes.io/desired-replicas: "{6}",
                                   deployment.kubernetes.io/max-replicas: "{4}"}}}},
          spec: {{replicas: {2}, template: {{metadata: {{labels: {{app: web, pod-template-hash: x}}}},
                            spec: {{containers: [{{name: c, image: {1}}}]}}}}}},
          status: {{observedGeneration: 1, replicas: {2}, readyReplicas: {3},
                   availableReplicas: {3}}}}})",
      number, facts.image, facts.replicas, facts.available, facts.most, facts.revision, desired)));
}

// The sizes that the sets have in the end: "web-1=5 web-2=6", a new one by "+=".
std::string sizes(const DeploymentPlan& plan) {
  std::string text;
  for (const auto& change : plan.replica_sets) {
    if (!text.empty()) text += ' ';
    text += change.object ? std::string(change.object->name()) : "+";
    text += fmt::format("={}", api::integer_at(change.next, {"spec", "replicas"}).value_or(-1));
  }
  return text;
}

DeploymentPlan plan(const api::ObjectPtr& object, std::vector<api::ObjectPtr> sets) {
  return plan_deployment({.deployment = object,
                          .replica_sets = std::move(sets),
                          .has_running_pods = [](const api::Object&) { return false; },
                          .now = kNow});
}

TEST(DeploymentPlan, BoundsOfARollingUpdate) {
  struct Case {
    int replicas;
    std::string surge, unavailable;
    RollingBounds bounds;
  };
  const Case cases[] = {
      {10, "25%", "25%", {3, 2}}, {4, "25%", "25%", {1, 1}},     {3, "25%", "25%", {1, 0}},
      {1, "25%", "25%", {1, 0}},  {10, "1", "1", {1, 1}},        {10, "0", "0", {0, 1}},
      {10, "0%", "5%", {0, 1}},   {10, "1%", "0", {1, 0}},       {10, "100%", "100%", {10, 10}},
      {2, "0", "5", {0, 2}},      {0, "25%", "25%", {0, 0}},     {7, "30%", "30%", {3, 2}},
      {10, "150%", "0", {15, 0}}, {100, "33%", "33%", {33, 33}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(rolling_bounds(deployment(each.replicas, each.surge, each.unavailable)->document()),
              each.bounds)
        << each.replicas << " " << each.surge << " " << each.unavailable;
  }
}

TEST(DeploymentPlan, NextStepOfARollout) {
  struct Case {
    std::string name;
    int replicas;
    std::string surge, unavailable;
    std::vector<SetFacts> sets;  // oldest first; "b" is the wanted image
    std::string sizes;
  };
  const Case cases[] = {
      {"first", 3, "25%", "25%", {}, "+=3"},
      {"begins with the surge", 10, "1", "1", {{"a", 10, 10, 11}}, "web-1=9 +=1"},
      {"begins without room", 10, "0", "1", {{"a", 10, 10, 10}}, "web-1=9 +=0"},
      {"begins with the surge alone", 10, "1", "0", {{"a", 10, 10, 11}}, "+=1"},
      {"makes room", 10, "0", "1", {{"a", 10, 10, 10}, {"b", 0, 0, 10, 2}}, "web-1=9"},
      {"one goes, as may be missing",
       10,
       "1",
       "1",
       {{"a", 10, 10, 11}, {"b", 1, 0, 11, 2}},
       "web-1=9"},
      {"waits for the new", 10, "1", "1", {{"a", 9, 9, 11}, {"b", 1, 0, 11, 2}}, "web-2=2"},
      {"waits at the bound", 10, "1", "1", {{"a", 9, 9, 11}, {"b", 2, 0, 11, 2}}, ""},
      {"goes on with each that is available",
       10,
       "1",
       "1",
       {{"a", 9, 9, 11}, {"b", 2, 1, 11, 2}},
       "web-1=8"},
      {"drops what is broken first",
       10,
       "25%",
       "25%",
       {{"a", 10, 8, 13}, {"c", 3, 0, 13, 2}, {"b", 0, 0, 13, 3}},
       "web-1=8 web-2=0"},
      {"ends", 10, "1", "1", {{"a", 1, 1, 11}, {"b", 10, 10, 11, 2}}, "web-1=0"},
      {"too many", 10, "1", "1", {{"b", 12, 12, 11, 2}}, "web-1=10"},
      {"is at rest", 10, "1", "1", {{"a", 0, 0, 11}, {"b", 10, 10, 11, 2}}, ""},
      {"several old ones, oldest first",
       10,
       "25%",
       "25%",
       {{"a", 5, 5, 13}, {"c", 5, 5, 13, 2}, {"b", 3, 0, 13, 3}},
       "web-1=3"},
  };
  for (const Case& each : cases) {
    std::vector<api::ObjectPtr> sets;
    for (std::size_t i = 0; i < each.sets.size(); ++i)
      sets.push_back(replica_set(static_cast<int>(i) + 1, each.sets[i], each.replicas));
    EXPECT_EQ(sizes(plan(deployment(each.replicas, each.surge, each.unavailable, "b"), sets)),
              each.sizes)
        << each.name;
  }
}

TEST(DeploymentPlan, ScalingDuringARolloutIsShared) {
  struct Case {
    int replicas, before;
    std::string surge;
    std::vector<SetFacts> sets;
    std::string sizes;
  };
  const Case cases[] = {
      // 10 to 15 with a surge of 3: 5 more, in proportion 8 to 5 (kubernetes.io's example).
      {15, 10, "3", {{"a", 8, 8, 13}, {"b", 5, 0, 13, 2}}, "web-1=11 web-2=7"},
      {5, 10, "3", {{"a", 8, 8, 13}, {"b", 5, 0, 13, 2}}, "web-1=5 web-2=3"},
      {0, 10, "3", {{"a", 8, 8, 13}, {"b", 5, 0, 13, 2}}, "web-1=0 web-2=0"},
      {20, 10, "0", {{"a", 5, 5, 10}, {"b", 5, 0, 10, 2}}, "web-1=10 web-2=10"},
      // One set follows alone.
      {12, 10, "1", {{"a", 0, 0, 11}, {"b", 10, 10, 11, 2}}, "web-2=12"},
  };
  for (const Case& each : cases) {
    std::vector<api::ObjectPtr> sets;
    for (std::size_t i = 0; i < each.sets.size(); ++i)
      sets.push_back(replica_set(static_cast<int>(i) + 1, each.sets[i], each.before));
    EXPECT_EQ(sizes(plan(deployment(each.replicas, each.surge, "2", "b"), sets)), each.sizes)
        << each.replicas;
  }
  EXPECT_EQ(proportional_share(8, 15, 3, 13, 5, 0), 3);
  EXPECT_EQ(proportional_share(5, 15, 3, 13, 5, 3), 2);
  EXPECT_EQ(proportional_share(5, 15, 3, 0, 5, 0), 0);
  EXPECT_EQ(proportional_share(0, 15, 3, 13, 5, 0), 0);
  EXPECT_EQ(proportional_share(8, 0, 0, 13, -13, 0), -8);
}

TEST(DeploymentPlan, ReturnsToARevisionThatAnOldClientAsksFor) {
  json::object document = deployment(2, "1", "0", "b")->document();
  api::set_at(document, {"metadata", "annotations", kRollbackTo}, "0");
  api::set_at(document, {"metadata", "annotations", "kubernetes.io/change-cause"}, "to b");
  json::object old = replica_set(1, {"a", 0, 0, 3, 1}, 2)->document();
  api::set_at(old, {"metadata", "annotations", "kubernetes.io/change-cause"}, "to a");
  const auto made = plan(api::Object::make(document),
                         {api::Object::make(old), replica_set(2, {"b", 2, 2, 3, 2}, 2)});
  ASSERT_TRUE(made.replacement);
  const json::object& next = *made.replacement;
  EXPECT_EQ(image_of(api::object_at(next, {"spec", "template"})), "a");
  EXPECT_EQ(api::value_at(next, {"spec", "template", "metadata", "labels", kTemplateHash}),
            nullptr);
  EXPECT_EQ(api::text_at(next, {"metadata", "annotations", "kubernetes.io/change-cause"}), "to a");
  EXPECT_EQ(api::value_at(next, {"metadata", "annotations", kRollbackTo}), nullptr);
  ASSERT_EQ(made.events.size(), 1U);
  EXPECT_EQ(made.events[0].message, R"(Rolled back deployment "web" to revision 1)");
}

TEST(DeploymentPlan, TheSameSituationHasTheSamePlan) {
  const auto object = deployment(2'147'483'647, "100%", "0", "b");
  const std::vector<api::ObjectPtr> sets = {
      replica_set(1, {"a", 2'000'000'000, 2'000'000'000, 13}, 2'147'483'647),
      replica_set(2, {"c", 2'000'000'000, 2'000'000'000, 13, 2}, 2'147'483'647)};
  const auto one = plan(object, sets);
  const auto two = plan(object, {sets[1], sets[0]});
  EXPECT_EQ(sizes(one), sizes(two));
  EXPECT_EQ(one.status, two.status);
  ASSERT_FALSE(one.replica_sets.empty());
  EXPECT_EQ(one.replica_sets.back().next, two.replica_sets.back().next);
  EXPECT_EQ(one.replica_sets.back().object, nullptr);
}

TEST(PodTemplates, AreTheSameByMeaning) {
  const json::object one = parse(
      "{metadata: {labels: {a: b, pod-template-hash: x}}, spec: {a: 1, b: [], v: {emptyDir: {}}}}");
  const json::object two = parse(
      "{spec: {v: {emptyDir: {}}, a: 1}, metadata: {labels: {a: b}, annotations: {}, "
      "creationTimestamp: null}}");
  const json::object three = parse("{spec: {v: {}, a: 1}, metadata: {labels: {a: b}}}");
  EXPECT_TRUE(is_same_template(one, two));
  EXPECT_FALSE(is_same_template(one, three));
  EXPECT_EQ(short_hash("a", std::nullopt), short_hash("a", 0));
  EXPECT_NE(short_hash("a", 1), short_hash("a", 0));
  // FNV-1a of "a" is 3826002220.
  EXPECT_EQ(short_hash("a", std::nullopt), "7d6b446664");
  EXPECT_EQ(hashed_name("abcdef", "xy", 6), "abc-xy");
}

TEST(ReplicaSetRanking, TheLeastUsefulPodGoesFirst) {
  const auto pod = [](const std::string& name, const std::string& node, const std::string& phase,
                      bool ready, const std::string& since, int restarts = 0, int cost = 0) {
    return api::Object::make(parse(fmt::format(
        R"({{apiVersion: v1, kind: Pod,
            metadata: {{name: {0}, uid: {0}, creationTimestamp: "2023-01-01T00:00:00Z",
                       annotations: {{controller.kubernetes.io/pod-deletion-cost: "{6}"}}}},
            spec: {{nodeName: "{1}"}},
            status: {{phase: {2}, containerStatuses: [{{restartCount: {5}}}],
                     conditions: [{{type: Ready, status: "{3}", lastTransitionTime: "{4}"}}]}}}})",
        name, node, phase, ready ? "True" : "False", since, restarts, cost)));
  };
  const std::string old = "2023-01-02T00:00:00Z";
  const std::vector<api::ObjectPtr> pods = {
      pod("best", "n2", "Running", true, old),
      pod("costly", "n1", "Running", true, old, 0, 5),
      pod("young", "n2", "Running", true, "2023-11-14T22:00:00Z"),
      pod("crowded", "n1", "Running", true, old),
      pod("cheap", "n2", "Running", true, old, 0, -1),
      pod("restarting", "n2", "Running", false, old, 7),
      pod("unready", "n2", "Running", false, old),
      pod("pending", "n2", "Pending", false, old),
      pod("homeless", "", "Pending", false, old),
  };
  auto related = pods;
  for (int i = 0; i < 9; ++i)
    related.push_back(pod(fmt::format("x{}", i), "n1", "Running", true, old));
  std::string order;
  for (const auto& each : choose_deletions(pods, related, pods.size() - 1, kNow))
    order += std::string(each->name()) + " ";
  EXPECT_EQ(order, "homeless pending restarting unready cheap crowded young best ");
}

}  // namespace
}  // namespace cove::controllers
