#include <fmt/format.h>

#include "tests/unit/controllers/workloads/workloads.h"

namespace cove::controllers {
namespace {

class Deployments : public Workloads {
 protected:
  void SetUp() override { run({make_deployment_controller, make_replicaset_controller}); }

  std::string manifest(int replicas, const std::string& image, const std::string& more = {}) {
    return fmt::format(
        R"({{apiVersion: apps/v1, kind: Deployment,
            metadata: {{name: web, annotations: {{kubernetes.io/change-cause: "image {1}"}}}},
            spec: {{replicas: {0}, selector: {{matchLabels: {{app: web}}}}, {2}
                   template: {{metadata: {{labels: {{app: web}}}},
                              spec: {{containers: [{{name: c, image: "{1}"}}]}}}}}}}})",
        replicas, image, more);
  }
  void set_image(const std::string& image) {
    cluster_.patch(
        "deployments.apps", "web",
        fmt::format(
            R"({{"metadata":{{"annotations":{{"kubernetes.io/change-cause":"image {0}"}}}},
                 "spec":{{"template":{{"spec":{{"containers":[{{"name":"c","image":"{0}"}}]}}}}}}}})",
            image));
    cluster_.settle();
  }
  api::ObjectPtr web() { return cluster_.get("deployments.apps", "web"); }
  std::vector<api::ObjectPtr> sets() { return cluster_.list("replicasets.apps"); }
  api::ObjectPtr set_of(const std::string& image) {
    for (const auto& set : sets()) {
      if (image_of(api::object_at(set->document(), {"spec", "template"})) == image) return set;
    }
    return nullptr;
  }
  std::string size(const api::ObjectPtr& set) {
    return fmt::format("{}/{}", number(set, {"status", "replicas"}),
                       number(set, {"spec", "replicas"}));
  }
};

TEST_F(Deployments, RollOutWithinTheirBoundsAndReturn) {
  // What a watch of the pods sees, all of it.
  std::map<std::string, bool, std::less<>> ready;
  std::size_t fewest = 100;
  std::size_t most = 0;
  bool complete = false;
  const auto look = [&] {
    std::size_t count = 0;
    for (const auto& [name, is_ready] : ready) count += is_ready ? 1 : 0;
    if (complete) fewest = std::min(fewest, count);
    complete = complete || count == 10;
    most = std::max(most, ready.size());
  };
  const auto seen = [&](const api::ObjectPtr& pod) {
    if (pod->deleting()) {
      ready.erase(std::string(pod->name()));
    } else {
      ready[std::string(pod->name())] = is_pod_ready(*pod);
    }
    look();
  };
  const auto watch = pods_->add_handler(
      {.added = [&](const api::ObjectPtr& pod, bool) { seen(pod); },
       .updated = [&](const api::ObjectPtr&, const api::ObjectPtr& pod) { seen(pod); }});

  cluster_.create(
      manifest(10, "web:1", "strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}},"));
  ASSERT_TRUE(cluster_.until([&] { return pods_->objects().size() == 10; }));
  cluster_.settle();
  auto deployment = web();
  EXPECT_EQ(condition(deployment, "Available"), "False MinimumReplicasUnavailable");
  EXPECT_EQ(condition(deployment, "Progressing"), "True ReplicaSetUpdated");
  EXPECT_EQ(number(deployment, {"status", "unavailableReplicas"}), 10);
  ASSERT_EQ(sets().size(), 1U);
  const std::string first(sets()[0]->name());
  const std::string hash = text(sets()[0], {"metadata", "labels", "pod-template-hash"});
  EXPECT_EQ(first, "web-" + hash);
  EXPECT_EQ(hash.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos);
  EXPECT_EQ(text(sets()[0], {"spec", "selector", "matchLabels", "pod-template-hash"}), hash);
  EXPECT_TRUE(pods()[0]->name().starts_with(first + "-"));
  play();
  deployment = web();
  EXPECT_EQ(number(deployment, {"status", "availableReplicas"}), 10);
  EXPECT_EQ(number(deployment, {"status", "observedGeneration"}), 1);
  EXPECT_EQ(condition(deployment, "Available"), "True MinimumReplicasAvailable");
  EXPECT_EQ(condition(deployment, "Progressing"), "True NewReplicaSetAvailable");
  EXPECT_EQ(text(deployment, {"metadata", "annotations", "deployment.kubernetes.io/revision"}),
            "1");
  EXPECT_TRUE(events("Deployment", "web")
                  .contains("ScalingReplicaSet: Scaled up replica set " + first + " from 0 to 10"));

  set_image("web:2");
  play();
  deployment = web();
  EXPECT_EQ(number(deployment, {"status", "updatedReplicas"}), 10);
  EXPECT_EQ(number(deployment, {"status", "replicas"}), 10);
  EXPECT_EQ(fewest, 9U);
  EXPECT_EQ(most, 11U);
  EXPECT_EQ(text(deployment, {"metadata", "annotations", "deployment.kubernetes.io/revision"}),
            "2");
  EXPECT_EQ(text(set_of("web:1"), {"metadata", "annotations", "kubernetes.io/change-cause"}),
            "image web:1");
  EXPECT_EQ(size(set_of("web:1")), "0/0");
  EXPECT_TRUE(
      events("Deployment", "web")
          .contains("ScalingReplicaSet: Scaled down replica set " + first + " from 10 to 9"));

  // `kubectl rollout undo` copies the template back: the old set is used again, as revision 3.
  set_image("web:1");
  play();
  EXPECT_EQ(sets().size(), 2U);
  EXPECT_EQ(size(set_of("web:1")), "10/10");
  EXPECT_EQ(fewest, 9U);
  EXPECT_EQ(most, 11U);
  const auto back = set_of("web:1");
  EXPECT_EQ(text(back, {"metadata", "annotations", "deployment.kubernetes.io/revision"}), "3");
  EXPECT_EQ(text(back, {"metadata", "annotations", "deployment.kubernetes.io/revision-history"}),
            "1");
  EXPECT_EQ(text(web(), {"metadata", "annotations", "deployment.kubernetes.io/revision"}), "3");

  // At rest nothing is written any more.
  const std::string version(web()->resource_version());
  cluster_.executor.advance(20min);
  cluster_.settle();
  EXPECT_EQ(web()->resource_version(), version);
}

TEST_F(Deployments, PauseScaleAndResume) {
  cluster_.create(manifest(4, "web:1", "paused: true,"));
  cluster_.settle();
  EXPECT_TRUE(sets().empty());
  EXPECT_EQ(condition(web(), "Progressing"), "Unknown DeploymentPaused");
  cluster_.patch("deployments.apps", "web", R"({"spec":{"paused":false}})");
  play();
  EXPECT_EQ(number(web(), {"status", "availableReplicas"}), 4);

  cluster_.patch("deployments.apps", "web", R"({"spec":{"paused":true}})");
  set_image("web:2");
  EXPECT_EQ(sets().size(), 1U);
  EXPECT_EQ(condition(web(), "Progressing"), "Unknown DeploymentPaused");
  cluster_.patch("deployments.apps", "web", R"({"spec":{"replicas":6}})");
  play();
  EXPECT_EQ(size(set_of("web:1")), "6/6");
  cluster_.patch("deployments.apps", "web", R"({"spec":{"paused":false}})");
  play();
  EXPECT_EQ(size(set_of("web:2")), "6/6");
  EXPECT_EQ(size(set_of("web:1")), "0/0");
  EXPECT_EQ(condition(web(), "Progressing"), "True NewReplicaSetAvailable");
}

TEST_F(Deployments, AFailedRolloutIsToldAfterItsDeadlineAndCanBeScaled) {
  cluster_.create(manifest(10, "web:1",
                           "progressDeadlineSeconds: 60,"
                           "strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}},"));
  play();
  set_image("web:broken");
  while (play_node(false)) {
  }
  EXPECT_EQ(size(set_of("web:1")), "8/8");
  EXPECT_EQ(size(set_of("web:broken")), "5/5");
  EXPECT_EQ(condition(web(), "Progressing"), "True ReplicaSetUpdated");
  EXPECT_EQ(condition(web(), "Available"), "True MinimumReplicasAvailable");
  cluster_.executor.advance(59s);
  cluster_.settle();
  EXPECT_EQ(condition(web(), "Progressing"), "True ReplicaSetUpdated");
  ASSERT_TRUE(cluster_.until(
      [&] { return condition(web(), "Progressing") == "False ProgressDeadlineExceeded"; }, 1s));

  cluster_.patch("deployments.apps", "web", R"({"spec":{"replicas":15}})");
  cluster_.settle();
  EXPECT_EQ(number(set_of("web:1"), {"spec", "replicas"}), 11);
  EXPECT_EQ(number(set_of("web:broken"), {"spec", "replicas"}), 7);

  set_image("web:1");
  play();
  EXPECT_EQ(size(set_of("web:1")), "15/15");
  EXPECT_EQ(size(set_of("web:broken")), "0/0");
  EXPECT_EQ(condition(web(), "Progressing"), "True NewReplicaSetAvailable");
}

TEST_F(Deployments, RecreateWaitsForTheOldPodsAndHistoryIsBounded) {
  cluster_.create(manifest(2, "web:1", "strategy: {type: Recreate}, revisionHistoryLimit: 1,"));
  play();
  set_image("web:2");
  EXPECT_EQ(set_of("web:2"), nullptr);
  for (const auto& pod : pods()) EXPECT_TRUE(pod->deleting());
  EXPECT_EQ(number(set_of("web:1"), {"status", "terminatingReplicas"}), 2);
  EXPECT_EQ(number(web(), {"status", "terminatingReplicas"}), 2);
  play();
  EXPECT_EQ(size(set_of("web:2")), "2/2");
  EXPECT_EQ(number(web(), {"status", "terminatingReplicas"}), 0);
  set_image("web:3");
  play();
  EXPECT_EQ(size(set_of("web:3")), "2/2");
  EXPECT_EQ(set_of("web:1"), nullptr);
  EXPECT_NE(set_of("web:2"), nullptr);
}

TEST_F(Deployments, PodsCountOnceTheyHaveBeenReadyForLongEnough) {
  cluster_.create(manifest(2, "web:1", "minReadySeconds: 10,"));
  play();
  EXPECT_EQ(number(web(), {"status", "readyReplicas"}), 2);
  EXPECT_EQ(number(web(), {"status", "availableReplicas"}), 0);
  cluster_.executor.advance(9s);
  cluster_.settle();
  EXPECT_EQ(number(web(), {"status", "availableReplicas"}), 0);
  cluster_.executor.advance(2s);
  cluster_.settle();
  EXPECT_EQ(number(web(), {"status", "availableReplicas"}), 2);
  EXPECT_EQ(condition(web(), "Progressing"), "True NewReplicaSetAvailable");
}

TEST_F(Deployments, AQuotaIsNotRunAgainstForEveryPod) {
  cluster_.create(R"({apiVersion: v1, kind: ResourceQuota, metadata: {name: q},
                      spec: {hard: {pods: "3"}}})");
  cluster_.patch("resourcequotas", "q", R"({"status":{"hard":{"pods":"3"},"used":{"pods":"0"}}})",
                 "default", "status");
  cluster_.create(manifest(50, "web:1"));
  cluster_.settle();
  EXPECT_EQ(pods().size(), 3U);
  ASSERT_EQ(sets().size(), 1U);
  EXPECT_EQ(condition(sets()[0], "ReplicaFailure"), "True FailedCreate");
  EXPECT_EQ(condition(web(), "ReplicaFailure"), "True FailedCreate");
  // 1, 2, 4 pods are tried, and then 1 at a time for as long as none succeeds.
  std::int64_t refused = 0;
  for (const auto& event : cluster_.list("events")) {
    if (text(event, {"reason"}) == "FailedCreate") refused += number(event, {"count"});
  }
  EXPECT_GE(refused, 4);
  EXPECT_LE(refused, 12);
  cluster_.patch("resourcequotas", "q", R"({"spec":{"hard":{"pods":"60"}}})");
  cluster_.patch("resourcequotas", "q", R"({"status":{"hard":{"pods":"60"},"used":{"pods":"3"}}})",
                 "default", "status");
  ASSERT_TRUE(cluster_.until([&] { return pods_->objects().size() == 50; }, 1s));
  cluster_.settle();
  EXPECT_EQ(condition(sets()[0], "ReplicaFailure"), "");
  EXPECT_EQ(condition(web(), "ReplicaFailure"), "");
}

TEST_F(Deployments, ATakenNameIsGoneAroundAndAnOrphanedSetAdopted) {
  cluster_.create(manifest(1, "web:1"));
  play();
  const std::string name(sets()[0]->name());
  cluster_.patch("replicasets.apps", name, R"({"metadata":{"ownerReferences":null}})");
  cluster_.settle();
  EXPECT_TRUE(is_controlled_by(*sets()[0], *web()));
  EXPECT_EQ(sets().size(), 1U);

  // The set that revision 2 would get exists already, and is somebody else's.
  set_image("web:2");
  play();
  const std::string second(set_of("web:2")->name());
  set_image("web:1");
  play();
  cluster_.remove("replicasets.apps", second);
  cluster_.settle();
  cluster_.create(fmt::format(
      R"({{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: {}}},
          spec: {{replicas: 0, selector: {{matchLabels: {{app: other}}}},
                 template: {{metadata: {{labels: {{app: other}}}},
                            spec: {{containers: [{{name: c, image: other}}]}}}}}}}})",
      second));
  cluster_.settle();
  set_image("web:2");
  ASSERT_TRUE(cluster_.until([&] { return set_of("web:2") != nullptr; }, 10ms));
  play();
  EXPECT_EQ(number(web(), {"status", "collisionCount"}), 1);
  EXPECT_NE(set_of("web:2")->name(), second);
  EXPECT_EQ(size(set_of("web:2")), "1/1");
}

}  // namespace
}  // namespace cove::controllers
