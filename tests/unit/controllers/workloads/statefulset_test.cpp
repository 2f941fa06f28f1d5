#include <fmt/format.h>

#include "core/controllers/statefulset_plan.h"
#include "tests/unit/controllers/workloads/workloads.h"

namespace cove::controllers {
namespace {

TEST(StatefulSetPlan, AnyNumberIsPlannedInBoundedSteps) {
  for (const std::string management : {"Parallel", "OrderedReady"}) {
    const auto set =
        api::Object::make(api::parse_yaml(fmt::format(R"({{apiVersion: apps/v1, kind: StatefulSet,
            metadata: {{name: web, namespace: default, uid: s}},
            spec: {{replicas: 2147483647, ordinals: {{start: 2147483647}},
                   podManagementPolicy: {},
                   updateStrategy: {{type: RollingUpdate, rollingUpdate: {{partition: 0}}}}}}}})",
                                                      management))
                              .value()
                              .value.get_object());
    const StatefulSetSituation situation{
        .set = set, .current_revision = "a", .update_revision = "a", .pods = {}, .now = {}};
    const auto plan = plan_stateful_set(situation);
    EXPECT_EQ(plan.creations.size(), management == "Parallel" ? 500U : 1U);
    EXPECT_EQ(plan.creations[0].ordinal, 2147483647);
    EXPECT_TRUE(plan.deletions.empty());
  }
  EXPECT_EQ(ordinal_of("web", "web-7"), 7);
  for (const std::string_view name : {"web", "web-", "web-a", "web-1a", "wen-1", "web-99999999999"})
    EXPECT_EQ(ordinal_of("web", name), -1) << name;
}

class StatefulSets : public Workloads {
 protected:
  void SetUp() override { run({make_statefulset_controller}); }

  std::string manifest(int replicas, const std::string& more = {}) {
    return fmt::format(
        R"({{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: web}},
            spec: {{replicas: {}, serviceName: nginx, selector: {{matchLabels: {{app: web}}}}, {}
                   template: {{metadata: {{labels: {{app: web}}}},
                              spec: {{containers: [{{name: c, image: "web:1"}}]}}}}}}}})",
        replicas, more);
  }
  void set_image(const std::string& image) {
    cluster_.patch("statefulsets.apps", "web",
                   fmt::format(R"({{"spec":{{"template":{{"spec":{{"containers":
                                  [{{"name":"c","image":"{}"}}]}}}}}}}})",
                               image));
    cluster_.settle();
  }
  void patch(const std::string& merge) {
    cluster_.patch("statefulsets.apps", "web", merge);
    cluster_.settle();
  }
  api::ObjectPtr web() { return cluster_.get("statefulsets.apps", "web"); }
  std::string names() {
    std::string text;
    for (const std::string& name : pod_names()) text += name + " ";
    return text;
  }
  // "web:1 web:2", by ordinal.
  std::string images() {
    std::string text;
    for (const auto& pod : pods()) text += image_of(&pod->document()) + " ";
    return text;
  }
};

TEST_F(StatefulSets, StartEndAndUpdateInOrder) {
  cluster_.create(manifest(3));
  cluster_.settle();
  EXPECT_EQ(names(), "web-0 ");
  const auto first = cluster_.get("pods", "web-0");
  EXPECT_EQ(text(first, {"spec", "hostname"}), "web-0");
  EXPECT_EQ(text(first, {"spec", "subdomain"}), "nginx");
  EXPECT_EQ(text(first, {"metadata", "labels", "statefulset.kubernetes.io/pod-name"}), "web-0");
  EXPECT_EQ(text(first, {"metadata", "labels", "apps.kubernetes.io/pod-index"}), "0");
  const std::string revision = text(first, {"metadata", "labels", "controller-revision-hash"});
  EXPECT_TRUE(cluster_.get("controllerrevisions.apps", revision)) << revision;
  cluster_.run_pod("web-0", false);
  cluster_.settle();
  EXPECT_EQ(names(), "web-0 ");
  cluster_.run_pod("web-0");
  cluster_.settle();
  EXPECT_EQ(names(), "web-0 web-1 ");
  play();
  EXPECT_EQ(names(), "web-0 web-1 web-2 ");
  EXPECT_TRUE(events("StatefulSet", "web")
                  .contains("SuccessfulCreate: create Pod web-0 in StatefulSet web successful"));
  auto set = web();
  EXPECT_EQ(number(set, {"status", "readyReplicas"}), 3);
  EXPECT_EQ(number(set, {"status", "availableReplicas"}), 3);
  EXPECT_EQ(number(set, {"status", "currentReplicas"}), 3);
  EXPECT_EQ(text(set, {"status", "currentRevision"}), revision);

  // An update goes from the last to the first, one at a time.
  set_image("web:2");
  EXPECT_EQ(names(), "web-0 web-1 ");
  set = web();
  EXPECT_EQ(text(set, {"status", "currentRevision"}), revision);
  EXPECT_NE(text(set, {"status", "updateRevision"}), revision);
  play_node();
  play_node();
  EXPECT_EQ(images(), "web:1 web:1 web:2 ");
  play();
  EXPECT_EQ(images(), "web:2 web:2 web:2 ");
  set = web();
  EXPECT_EQ(text(set, {"status", "currentRevision"}), text(set, {"status", "updateRevision"}));
  EXPECT_EQ(number(set, {"status", "updatedReplicas"}), 3);

  // Back to what was: the first revision becomes the newest.
  set_image("web:1");
  play();
  EXPECT_EQ(text(web(), {"status", "currentRevision"}), revision);
  EXPECT_EQ(number(cluster_.get("controllerrevisions.apps", revision), {"revision"}), 3);
  EXPECT_EQ(cluster_.list("controllerrevisions.apps").size(), 2U);

  // A failed pod is replaced under its name; a smaller number takes the last away first.
  cluster_.end_pod("web-1", 1);
  cluster_.settle();
  play();
  EXPECT_EQ(text(cluster_.get("pods", "web-1"), {"status", "phase"}), "Running");
  patch(R"({"spec":{"replicas":1}})");
  EXPECT_EQ(names(), "web-0 web-1 ");
  play();
  EXPECT_EQ(names(), "web-0 ");
  EXPECT_TRUE(events("StatefulSet", "web")
                  .contains("SuccessfulDelete: delete Pod web-2 in StatefulSet web successful"));
  const std::string version(web()->resource_version());
  cluster_.executor.advance(1min);
  cluster_.settle();
  EXPECT_EQ(web()->resource_version(), version);
}

TEST_F(StatefulSets, PartitionOnDeleteAndOrdinals) {
  cluster_.create(
      manifest(3, "ordinals: {start: 5}, updateStrategy: {rollingUpdate: {partition: 2}},"));
  play();
  EXPECT_EQ(names(), "web-5 web-6 web-7 ");
  set_image("web:2");
  play();
  EXPECT_EQ(images(), "web:1 web:1 web:2 ");
  EXPECT_NE(text(web(), {"status", "currentRevision"}), text(web(), {"status", "updateRevision"}));
  EXPECT_EQ(number(web(), {"status", "currentReplicas"}), 2);
  EXPECT_EQ(number(web(), {"status", "updatedReplicas"}), 1);
  // Below the partition even a new pod is of the old revision.
  cluster_.remove("pods", "web-5");
  play();
  EXPECT_EQ(images(), "web:1 web:1 web:2 ");
  patch(R"({"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}})");
  play();
  EXPECT_EQ(images(), "web:2 web:2 web:2 ");
  patch(R"({"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}})");
  set_image("web:3");
  play();
  EXPECT_EQ(images(), "web:2 web:2 web:2 ");
  cluster_.remove("pods", "web-6");
  play();
  EXPECT_EQ(images(), "web:2 web:3 web:2 ");
}

TEST_F(StatefulSets, ParallelWithinMaxUnavailable) {
  cluster_.create(manifest(4,
                           "podManagementPolicy: Parallel, revisionHistoryLimit: 0,"
                           "updateStrategy: {rollingUpdate: {maxUnavailable: 2}},"));
  cluster_.settle();
  EXPECT_EQ(names(), "web-0 web-1 web-2 web-3 ");
  play();
  set_image("web:2");
  EXPECT_EQ(names(), "web-0 web-1 ");
  play();
  EXPECT_EQ(images(), "web:2 web:2 web:2 web:2 ");
  EXPECT_EQ(cluster_.list("controllerrevisions.apps").size(), 1U);
  patch(R"({"spec":{"replicas":0}})");
  EXPECT_EQ(names(), "");
}

TEST_F(StatefulSets, ClaimsAreMadeKeptAndGivenAway) {
  const std::string claims = R"(volumeClaimTemplates: [{metadata: {name: data},
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}],)";
  cluster_.create(manifest(2, claims));
  play();
  const auto claim = cluster_.get("persistentvolumeclaims", "data-web-1");
  ASSERT_TRUE(claim);
  EXPECT_EQ(text(claim, {"metadata", "labels", "app"}), "web");
  EXPECT_EQ(api::array_at(claim->document(), {"metadata", "ownerReferences"}), nullptr);
  const auto pod = cluster_.get("pods", "web-1");
  const auto* const volumes = api::array_at(pod->document(), {"spec", "volumes"});
  ASSERT_NE(volumes, nullptr);
  EXPECT_EQ(api::text_at((*volumes)[0].get_object(), {"persistentVolumeClaim", "claimName"}),
            "data-web-1");
  EXPECT_TRUE(
      events("StatefulSet", "web")
          .contains(
              "SuccessfulCreate: create Claim data-web-1 Pod web-1 in StatefulSet web success"));
  patch(R"({"spec":{"replicas":1}})");
  play();
  EXPECT_EQ(api::array_at(cluster_.get("persistentvolumeclaims", "data-web-1")->document(),
                          {"metadata", "ownerReferences"}),
            nullptr);

  const auto owner = [&](const std::string& name) {
    const auto object = cluster_.get("persistentvolumeclaims", name);
    const auto* const owners = api::array_at(object->document(), {"metadata", "ownerReferences"});
    std::string found;
    if (owners == nullptr) return found;
    for (const auto& each : *owners)
      found += std::string(api::text_at(each.get_object(), {"kind"})) + "/" +
               std::string(api::text_at(each.get_object(), {"name"}));
    return found;
  };
  patch(R"({"spec":{"replicas":3,
            "persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete","whenScaled":"Delete"}}})");
  play();
  EXPECT_EQ(owner("data-web-0"), "StatefulSet/web");
  EXPECT_EQ(owner("data-web-2"), "StatefulSet/web");
  patch(R"({"spec":{"replicas":2}})");
  EXPECT_EQ(owner("data-web-2"), "Pod/web-2");
  EXPECT_EQ(owner("data-web-1"), "StatefulSet/web");
  play();
  // It goes with its pod; until then no pod of that name is made.
  patch(R"({"spec":{"replicas":3}})");
  EXPECT_EQ(names(), "web-0 web-1 ");
  cluster_.patch("persistentvolumeclaims", "data-web-2", R"({"metadata":{"finalizers":null}})");
  cluster_.remove("persistentvolumeclaims", "data-web-2");
  ASSERT_TRUE(cluster_.until([&] { return cluster_.get("pods", "web-2") != nullptr; }, 1s));
  play();
  patch(
      R"({"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}}})");
  EXPECT_EQ(owner("data-web-0"), "");
}

}  // namespace
}  // namespace cove::controllers
