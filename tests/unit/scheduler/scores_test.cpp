#include "tests/unit/scheduler/test_world.h"

namespace cove::scheduler {
namespace {

using Scores = std::vector<std::int64_t>;

std::string asking(std::string_view requests) {
  return "{containers: [{name: a, image: web, resources: {requests: " + std::string(requests) +
         "}}]}";
}

TEST(Scores, PreferTheEmptierAndTheBalanced) {
  TestWorld world;
  world.node("n1", "{}", "{}", "{cpu: '4', memory: 4Gi, pods: '9'}");
  world.node("n2", "{}", "{}", "{cpu: '4', memory: 4Gi, pods: '9'}");
  world.on("n1", TestWorld::pod("a", asking("{cpu: 2, memory: 0}")));
  const PodPtr pod = TestWorld::pod("p", asking("{cpu: 1, memory: 1Gi}"));
  // (1 - 3/4 + 1 - 1/4) / 2 and (1 - 1/4 + 1 - 1/4) / 2
  EXPECT_EQ(world.scores(least_allocated(), pod), (Scores{50, 75}));
  EXPECT_EQ(world.scores(balanced_allocation(), pod), (Scores{75, 100}));
  EXPECT_EQ(world.choose(pod), "n2");
  // One that asks nothing is compared by a little, and cannot be out of balance.
  EXPECT_EQ(world.scores(balanced_allocation(), TestWorld::pod("p", "{}")), Scores{});
}

TEST(Scores, PreferWhatWasPreferred) {
  TestWorld world;
  world.node("n1", "{disk: ssd}", "{taints: [{key: k, effect: PreferNoSchedule}]}");
  world.node("n2", "{disk: ssd, fast: 'yes'}",
             "{taints: [{key: k, effect: PreferNoSchedule}, {key: l, effect: PreferNoSchedule}]}");
  world.node("n3");
  const PodPtr pod = TestWorld::pod(
      "p",
      "{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 20, "
      "preference: {matchExpressions: [{key: disk, operator: Exists}]}}, {weight: 60, preference: "
      "{matchExpressions: [{key: fast, operator: Exists}]}}, {weight: 9, preference: {}}]}}}");
  EXPECT_EQ(world.scores(node_affinity_score(), pod), (Scores{25, 100, 0}));
  EXPECT_EQ(world.scores(taint_toleration_score(), pod), (Scores{50, 0, 100}));
  EXPECT_EQ(world.scores(taint_toleration_score(),
                         TestWorld::pod("p", "{tolerations: [{key: k, operator: Exists}]}")),
            (Scores{100, 0, 100}));
}

TEST(Scores, PreferNodesThatHaveTheImage) {
  TestWorld world;
  world.cache.set_node(object(
      "metadata: {name: n1}\nstatus: {images: [{names: ['web:latest'], sizeBytes: 1048576000}]}"));
  world.node("n2");
  EXPECT_EQ(world.scores(image_locality(), TestWorld::pod("p", asking("{}"))), (Scores{48, 0}));
}

TEST(Scores, SpreadByConstraintAndByDefault) {
  TestWorld world;
  world.node("a1", "{zone: a, kubernetes.io/hostname: a1}");
  world.node("a2", "{zone: a, kubernetes.io/hostname: a2}");
  world.node("b1", "{zone: b, kubernetes.io/hostname: b1}");
  world.node("x1");
  world.on("a1", TestWorld::pod("w1", "{}", "{app: web}"));
  world.on("a1", TestWorld::pod("w2", "{}", "{app: web}"));
  const PodPtr pod = TestWorld::pod(
      "p",
      "{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
      "ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]}",
      "{app: web}");
  EXPECT_EQ(world.scores(pod_topology_spread_score(), pod), (Scores{0, 0, 100, 0}));
  // Pods of a service are kept apart a little, with or without zones.
  const PodPtr plain = TestWorld::pod("p", "{}", "{app: web}");
  EXPECT_EQ(world.scores(pod_topology_spread_score(), plain), Scores{});
  world.put(world.services,
            "metadata: {name: s, namespace: default}\nspec: {selector: {app: web}}");
  const Scores by_default = world.scores(pod_topology_spread_score(), plain);
  ASSERT_EQ(by_default.size(), 4U);
  EXPECT_LT(by_default[0], by_default[1]);
  EXPECT_EQ(by_default[1], by_default[2]);
}

TEST(Scores, WeighWhoIsThere) {
  TestWorld world;
  world.node("a1", "{zone: a}");
  world.node("b1", "{zone: b}");
  world.node("c1", "{zone: c}");
  const auto preferring = [](std::string_view kind) {
    return "{affinity: {" + std::string(kind) +
           ": {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 10, podAffinityTerm: "
           "{topologyKey: zone, labelSelector: {matchLabels: {app: db}}}}]}}}";
  };
  world.on("a1", TestWorld::pod("db", "{}", "{app: db}"));
  EXPECT_EQ(
      world.scores(inter_pod_affinity_score(), TestWorld::pod("p", preferring("podAffinity"))),
      (Scores{100, 0, 0}));
  EXPECT_EQ(
      world.scores(inter_pod_affinity_score(), TestWorld::pod("p", preferring("podAntiAffinity"))),
      (Scores{0, 100, 100}));
  EXPECT_EQ(world.scores(inter_pod_affinity_score(), TestWorld::pod("p", "{}")), Scores{});
  // Those that are there have wishes too.
  world.on("b1", TestWorld::pod("fan", preferring("podAffinity")));
  EXPECT_EQ(world.scores(inter_pod_affinity_score(), TestWorld::pod("p", "{}", "{app: db}")),
            (Scores{0, 100, 0}));
}

}  // namespace
}  // namespace cove::scheduler
