#include "core/api/time.h"
#include "core/controllers/node_lifecycle_health.h"
#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

using std::chrono::seconds;

class Nodes : public Upkeep {
 public:
  void create_node(const std::string& name) {
    const std::string now = rfc3339(cluster.clock.wall());
    cluster.create("{apiVersion: v1, kind: Node, metadata: {name: " + name +
                   ", labels: {kubernetes.io/os: linux, kubernetes.io/hostname: " + name +
                   "}}, status: {conditions: [{type: Ready, status: 'True', reason: KubeletReady, "
                   "lastHeartbeatTime: '" +
                   now + "', lastTransitionTime: '" + now + "'}]}}");
    cluster.create(
        "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {namespace: kube-node-lease, "
        "name: " +
        name + "}, spec: {holderIdentity: " + name + ", renewTime: '" +
        api::format_micro_time(cluster.clock.wall()) + "'}}");
  }
  void beat(const std::string& name) {
    cluster.patch("leases.coordination.k8s.io", name,
                  "{spec: {renewTime: '" + api::format_micro_time(cluster.clock.wall()) + "'}}",
                  "kube-node-lease");
  }
  // Time goes by while these nodes renew their leases.
  bool live(const std::vector<std::string>& alive, seconds time,
            const std::function<bool()>& done = {}) {
    for (seconds passed{0}; passed < time; passed += seconds(5)) {
      for (const std::string& name : alive) beat(name);
      quiet();
      cluster.executor.advance(seconds(5));
      quiet();
      if (done && done()) return true;
    }
    return false;
  }
  void create_pod(const std::string& name, const std::string& node, const std::string& spec = "") {
    cluster.create("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {nodeName: " +
                   node + ", containers: [{name: c, image: i}]" + spec + "}}");
    cluster.run_pod(name);
  }
  // "key:effect key:effect", sorted.
  std::string taints(const std::string& node) {
    const auto object = cluster.get("nodes", node);
    std::vector<std::string> all;
    if (const auto* found =
            object ? api::array_at(object->document(), {"spec", "taints"}) : nullptr) {
      for (const auto& each : *found) {
        all.push_back(std::string(api::text_at(each.get_object(), {"key"})) + ":" +
                      std::string(api::text_at(each.get_object(), {"effect"})));
      }
    }
    std::ranges::sort(all);
    std::string joined;
    for (const auto& each : all) joined += (joined.empty() ? "" : " ") + each;
    return joined;
  }
};

TEST_F(Nodes, ThatFallSilentLoseTheirPods) {
  create_node("far");
  create_pod("default", "far");
  create_pod("hasty", "far",
             ", tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: "
             "NoExecute, tolerationSeconds: 20}]");
  create_pod("faithful", "far", ", tolerations: [{operator: Exists}]");
  run({make_node_lifecycle_controller, make_taint_eviction_controller});
  EXPECT_TRUE(
      has_event("far", "RegisteredNode: Node far event: Registered Node far in Controller"));
  live({"node", "far"}, seconds(70));
  EXPECT_EQ(taints("far"), "");
  EXPECT_EQ(text(cluster.get("nodes", "far"), {"metadata", "labels", "beta.kubernetes.io/os"}),
            "linux");

  live({"node"}, seconds(45));
  EXPECT_EQ(condition_text(cluster.get("nodes", "far"), "Ready", "status"), "True");
  ASSERT_TRUE(live({"node"}, seconds(20), [&] {
    return taints("far") ==
           "node.kubernetes.io/unreachable:NoExecute node.kubernetes.io/unreachable:NoSchedule";
  }));
  const auto node = cluster.get("nodes", "far");
  EXPECT_EQ(condition_text(node, "Ready", "status"), "Unknown");
  EXPECT_EQ(condition_text(node, "Ready", "reason"), "NodeStatusUnknown");
  EXPECT_EQ(condition_text(node, "Ready", "message"), "Kubelet stopped posting node status.");
  EXPECT_EQ(condition_text(node, "DiskPressure", "reason"), "NodeStatusNeverUpdated");
  EXPECT_EQ(condition_text(cluster.get("pods", "faithful"), "Ready", "status"), "False");
  EXPECT_TRUE(has_event("far", "NodeNotReady: Node far status is now: NodeNotReady"));
  EXPECT_TRUE(has_event("faithful", "NodeNotReady: Node is not ready"));

  EXPECT_FALSE(cluster.get("pods", "hasty")->deleting());
  EXPECT_TRUE(
      live({"node"}, seconds(30), [&] { return cluster.get("pods", "hasty")->deleting(); }));
  const auto pod = cluster.get("pods", "hasty");
  EXPECT_EQ(condition_text(pod, "DisruptionTarget", "reason"), "DeletionByTaintManager");
  EXPECT_EQ(condition_text(pod, "DisruptionTarget", "message"),
            "Taint manager: deleting due to NoExecute taint");
  EXPECT_TRUE(has_event("hasty", "TaintManagerEviction: Marking for deletion Pod default/hasty"));

  // It comes back before the default tolerance of five minutes has ended.
  const std::string now = rfc3339(cluster.clock.wall());
  cluster.patch("nodes", "far",
                "{status: {conditions: [{type: Ready, status: 'True', reason: KubeletReady, "
                "lastHeartbeatTime: '" +
                    now + "', lastTransitionTime: '" + now + "'}]}}",
                "", "status");
  EXPECT_TRUE(live({"node", "far"}, seconds(20), [&] { return taints("far").empty(); }));
  EXPECT_TRUE(
      has_event("default", "TaintManagerEviction: Cancelling deletion of Pod default/default"));
  live({"node", "far"}, seconds(30));
  EXPECT_FALSE(cluster.get("pods", "default")->deleting());
  EXPECT_FALSE(cluster.get("pods", "faithful")->deleting());
}

TEST_F(Nodes, AreNotEmptiedWhenNoneIsReady) {
  create_pod("p", "node",
             ", tolerations: [{operator: Exists, effect: NoExecute, tolerationSeconds: 1}]");
  run({make_node_lifecycle_controller, make_taint_eviction_controller});
  live({}, seconds(120));
  EXPECT_EQ(condition_text(cluster.get("nodes", "node"), "Ready", "status"), "Unknown");
  EXPECT_EQ(taints("node"), "node.kubernetes.io/unreachable:NoSchedule");
  EXPECT_FALSE(cluster.get("pods", "p")->deleting());
}

TEST(NodeTaints, FollowConditions) {
  const struct {
    const char* conditions;
    const char* before;
    const char* after;  // empty: unchanged
  } cases[] = {
      {"[{type: Ready, status: 'True'}]", "[]", ""},
      {"[{type: Ready, status: 'False'}]", "[]", "node.kubernetes.io/not-ready"},
      {"[{type: Ready, status: 'Unknown'}]",
       "[{key: node.kubernetes.io/not-ready, effect: NoSchedule}]",
       "node.kubernetes.io/unreachable"},
      {"[{type: Ready, status: 'True'}, {type: DiskPressure, status: 'True'}]",
       "[{key: mine, effect: NoSchedule}, {key: node.kubernetes.io/pid-pressure, effect: "
       "NoSchedule}]",
       "mine node.kubernetes.io/disk-pressure"},
      {"[{type: MemoryPressure, status: 'True'}]",
       "[{key: node.kubernetes.io/memory-pressure, effect: NoExecute}]",
       "node.kubernetes.io/memory-pressure node.kubernetes.io/memory-pressure"},
  };
  for (const auto& each : cases) {
    json::object node = api::parse_yaml(std::string("{spec: {taints: ") + each.before +
                                        "}, status: {conditions: " + each.conditions + "}}")
                            .value()
                            .value.get_object();
    EXPECT_EQ(set_condition_taints(node, WallTime{}), *each.after != '\0') << each.conditions;
    if (*each.after == '\0') continue;
    std::string keys;
    for (const auto& taint : *api::array_at(node, {"spec", "taints"})) {
      keys += (keys.empty() ? "" : " ") + std::string(api::text_at(taint.get_object(), {"key"}));
    }
    EXPECT_EQ(keys, each.after) << each.conditions;
    EXPECT_FALSE(set_condition_taints(node, WallTime{}));
  }
}

class PodGarbage : public Nodes {};

TEST_F(PodGarbage, TakesPodsOfNodesThatAreGone) {
  create_node("far");
  create_pod("orphan", "far");
  create_pod("here", "node");
  cluster.create(R"({apiVersion: v1, kind: Pod, metadata: {name: unscheduled, finalizers: [a.b/c]},
                     spec: {containers: [{name: c, image: i}]}})");
  run({make_pod_garbage_collector});
  cluster.remove("nodes", "far");
  quiet();
  cluster.executor.advance(seconds(25));
  quiet();
  EXPECT_EQ(text(cluster.get("pods", "orphan"), {"status", "phase"}), "Running");
  EXPECT_TRUE(until([&] { return !cluster.get("pods", "orphan"); }, seconds(5)));
  EXPECT_TRUE(cluster.get("pods", "here"));
  cluster.remove("pods", "unscheduled");
  EXPECT_TRUE(until(
      [&] {
        return text(cluster.get("pods", "unscheduled"), {"status", "phase"}) == "Failed";
      },
      seconds(5)));
}

}  // namespace
}  // namespace cove::controllers
