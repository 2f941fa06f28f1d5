#include <fmt/format.h>

#include "tests/unit/controllers/workloads/workloads.h"

namespace cove::controllers {
namespace {

class ReplicaSets : public Workloads {
 protected:
  std::string set(const std::string& name, int replicas) {
    return fmt::format(
        R"({{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: {0}}},
            spec: {{replicas: {1}, selector: {{matchLabels: {{app: {0}}}}},
                   template: {{metadata: {{labels: {{app: {0}, tier: x}}, annotations: {{a: b}}}},
                              spec: {{containers: [{{name: c, image: i}}]}}}}}}}})",
        name, replicas);
  }
  std::string loose_pod(const std::string& name, const std::string& app) {
    return fmt::format(R"({{apiVersion: v1, kind: Pod, metadata: {{name: {}, labels: {{app: {}}}}},
                           spec: {{containers: [{{name: c, image: i}}]}}}})",
                       name, app);
  }
};

TEST_F(ReplicaSets, KeepTheirNumberAdoptAndRelease) {
  run({make_replicaset_controller});
  cluster_.create(loose_pod("stray", "web"));
  const auto owner = cluster_.create(set("web", 3));
  cluster_.settle();
  EXPECT_EQ(pods().size(), 3U);
  const auto stray = cluster_.get("pods", "stray");
  const auto* const reference = controller_of(*stray);
  ASSERT_NE(reference, nullptr);
  EXPECT_EQ(*reference, controller_reference(*owner));
  auto now = cluster_.get("replicasets.apps", "web");
  EXPECT_EQ(number(now, {"status", "replicas"}), 3);
  EXPECT_EQ(number(now, {"status", "fullyLabeledReplicas"}), 2);
  EXPECT_EQ(number(now, {"status", "observedGeneration"}), 1);
  for (const auto& pod : pods("tier=x")) {
    EXPECT_EQ(text(pod, {"metadata", "annotations", "a"}), "b");
    EXPECT_EQ(text(pod, {"metadata", "generateName"}), "web-");
    EXPECT_TRUE(events("ReplicaSet", "web")
                    .contains(fmt::format("SuccessfulCreate: Created pod: {}", pod->name())));
  }

  // A pod whose labels do not match any more is let go, and replaced.
  const std::string chosen(pods("tier=x")[0]->name());
  cluster_.patch("pods", chosen, R"({"metadata":{"labels":{"app":"debug"}}})");
  cluster_.settle();
  EXPECT_EQ(controller_of(*cluster_.get("pods", chosen)), nullptr);
  EXPECT_EQ(pods("app=web").size(), 3U);

  // One that failed does not count, one that is deleted is replaced, and too many are removed:
  // those that do not run first.
  play();
  cluster_.end_pod("stray", 1);
  cluster_.settle();
  EXPECT_EQ(pods("app=web").size(), 4U);
  play();
  cluster_.patch("replicasets.apps", "web", R"({"spec":{"replicas":5}})");
  cluster_.settle();
  std::set<std::string> running;
  for (const auto& pod : pods("app=web")) {
    if (pod_phase(*pod) == "Running") running.emplace(pod->name());
  }
  EXPECT_EQ(running.size(), 3U);
  cluster_.patch("replicasets.apps", "web", R"({"spec":{"replicas":3}})");
  cluster_.settle();
  std::set<std::string> left;
  for (const auto& pod : pods("app=web")) {
    if (is_pod_active(*pod)) left.emplace(pod->name());
  }
  EXPECT_EQ(left, running);
  now = cluster_.get("replicasets.apps", "web");
  EXPECT_EQ(number(now, {"status", "availableReplicas"}), 3);
}

TEST_F(ReplicaSets, ReplicationControllersAreTheSame) {
  run({make_replication_controller});
  cluster_.create(R"({apiVersion: v1, kind: ReplicationController, metadata: {name: rc},
                      spec: {replicas: 2, selector: {app: rc},
                             template: {metadata: {labels: {app: rc}},
                                        spec: {containers: [{name: c, image: i}]}}}})");
  play();
  const auto now = cluster_.get("replicationcontrollers", "rc");
  EXPECT_EQ(number(now, {"status", "readyReplicas"}), 2);
  EXPECT_EQ(api::value_at(now->document(), {"status", "terminatingReplicas"}), nullptr);
  cluster_.patch("replicationcontrollers", "rc", R"({"spec":{"replicas":0}})");
  play();
  EXPECT_TRUE(pods().empty());
  EXPECT_EQ(number(cluster_.get("replicationcontrollers", "rc"), {"status", "replicas"}), 0);
}

TEST_F(ReplicaSets, WhatIsAskedForComesOnceHoweverLateTheCopyIs) {
  run({make_replicaset_controller});
  cluster_.create(set("web", 20));
  // Every change of a pod queues the set again while most of its pods are on their way.
  ASSERT_TRUE(cluster_.until([&] { return pods_->objects().size() >= 5; }));
  cluster_.patch("replicasets.apps", "web", R"({"metadata":{"labels":{"touched":"yes"}}})");
  cluster_.settle();
  EXPECT_EQ(pods().size(), 20U);
  for (const std::string& event : events("ReplicaSet", "web"))
    EXPECT_EQ(event.find("SuccessfulDelete"), std::string::npos) << event;
}

TEST(Expectations, AreMetByWhatIsSeenOrGivenUp) {
  FakeClock clock;
  Expectations expectations(clock);
  EXPECT_TRUE(expectations.satisfied("a"));
  expectations.expect_creations("a", 2);
  expectations.expect_deletions("a", {"u"});
  expectations.saw_creation("a");
  expectations.saw_creation("a");
  EXPECT_FALSE(expectations.satisfied("a"));
  expectations.saw_deletion("a", "other");
  EXPECT_FALSE(expectations.satisfied("a"));
  expectations.saw_deletion("a", "u");
  EXPECT_TRUE(expectations.satisfied("a"));
  expectations.expect_creations("a", 1);
  clock.advance(5min + 1s);
  EXPECT_TRUE(expectations.satisfied("a"));
  expectations.expect_creations("a", 1);
  expectations.saw_creation("a");
  EXPECT_TRUE(expectations.satisfied("a"));
}

TEST(SlowStart, StopsAfterABatchWithAFailure) {
  struct Case {
    int count, good;
    int tried, made;
  };
  for (const Case& each :
       {Case{50, 50, 50, 50}, Case{50, 0, 1, 0}, Case{50, 3, 7, 3}, Case{0, 9, 0, 0}}) {
    int tried = 0;
    int made = -1;
    bool failed = false;
    in_slow_start(
        each.count,
        [&](int, const std::function<void(client::ApiResult<void>)>& done) {
          ++tried;
          if (tried <= each.good) return done({});
          done(client::no_answer(ErrorCode::kUnavailable, "no"));
        },
        [&](int count, const std::optional<client::ApiError>& first) {
          made = count;
          failed = first.has_value();
        });
    EXPECT_EQ(tried, each.tried);
    EXPECT_EQ(made, each.made);
    EXPECT_EQ(failed, each.tried > each.made);
  }
}

}  // namespace
}  // namespace cove::controllers
