#include <fmt/format.h>

#include "core/controllers/daemonset_nodes.h"
#include "tests/unit/controllers/workloads/workloads.h"

namespace cove::controllers {
namespace {

json::object parse(const std::string& text) {
  return api::parse_yaml(text).value().value.get_object();
}

TEST(DaemonSetNodes, WhereItsPodsBelong) {
  struct Case {
    std::string name, pod, labels, taints;
    Placement placement;
  };
  const Case cases[] = {
      {"anywhere", "{}", "{}", "[]", {true, true}},
      {"its node", "{nodeName: here}", "{}", "[]", {true, true}},
      {"another node", "{nodeName: there}", "{}", "[]", {false, false}},
      {"selector", "{nodeSelector: {disk: ssd}}", "{disk: ssd}", "[]", {true, true}},
      {"other label", "{nodeSelector: {disk: ssd}}", "{disk: hdd}", "[]", {false, false}},
      {"cordoned",
       "{}",
       "{}",
       "[{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]",
       {true, true}},
      {"not ready",
       "{}",
       "{}",
       "[{key: node.kubernetes.io/not-ready, effect: NoExecute}]",
       {true, true}},
      {"no network",
       "{}",
       "{}",
       "[{key: node.kubernetes.io/network-unavailable, effect: NoSchedule}]",
       {false, true}},
      {"host network",
       "{hostNetwork: true}",
       "{}",
       "[{key: node.kubernetes.io/network-unavailable, effect: NoSchedule}]",
       {true, true}},
      {"tainted", "{}", "{}", "[{key: a, value: b, effect: NoSchedule}]", {false, true}},
      {"driven away", "{}", "{}", "[{key: a, value: b, effect: NoExecute}]", {false, false}},
      {"preferred", "{}", "{}", "[{key: a, value: b, effect: PreferNoSchedule}]", {true, true}},
      {"tolerated",
       "{tolerations: [{key: a, value: b}]}",
       "{}",
       "[{key: a, value: b, effect: NoSchedule}]",
       {true, true}},
      {"other value",
       "{tolerations: [{key: a, value: c}]}",
       "{}",
       "[{key: a, value: b, effect: NoSchedule}]",
       {false, true}},
      {"all tolerated",
       "{tolerations: [{operator: Exists}]}",
       "{}",
       "[{key: a, value: b, effect: NoExecute}]",
       {true, true}},
  };
  for (const Case& each : cases) {
    const auto node = api::Object::make(parse(
        fmt::format("{{kind: Node, metadata: {{name: here, labels: {}}}, spec: {{taints: {}}}}}",
                    each.labels, each.taints)));
    const auto set = parse(fmt::format("{{spec: {{template: {{spec: {}}}}}}}", each.pod));
    EXPECT_EQ(placement_on(*node, set), each.placement) << each.name;
  }
  const auto affinity = [](const std::string& terms) {
    return parse(
        fmt::format("{{spec: {{template: {{spec: {{affinity: {{nodeAffinity: "
                    "{{requiredDuringSchedulingIgnoredDuringExecution: "
                    "{{nodeSelectorTerms: {}}}}}}}}}}}}}}}",
                    terms));
  };
  const auto node = api::Object::make(
      parse("{kind: Node, metadata: {name: here, labels: {zone: a, cores: \"8\"}}}"));
  const std::pair<std::string, bool> terms[] = {
      {"[{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}]", true},
      {"[{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}]", false},
      {"[{matchExpressions: [{key: rack, operator: DoesNotExist}]}]", true},
      {"[{matchExpressions: [{key: cores, operator: Gt, values: [\"4\"]}]}]", true},
      {"[{matchExpressions: [{key: cores, operator: Lt, values: [\"4\"]}]}]", false},
      {"[{matchExpressions: [{key: rack, operator: Exists}]}, {matchFields: [{key: metadata.name, "
       "operator: In, values: [here]}]}]",
       true},
      {"[{matchFields: [{key: metadata.name, operator: In, values: [there]}]}]", false},
      {"[{}]", false},
  };
  for (const auto& [text, runs] : terms)
    EXPECT_EQ(placement_on(*node, affinity(text)).run, runs) << text;
}

class DaemonSets : public Workloads {
 protected:
  void SetUp() override {
    for (const char* const name : {"a", "b", "c"}) add_node(name);
    run({make_daemonset_controller});
  }
  void add_node(const std::string& name) {
    cluster_.create(fmt::format(
        "{{apiVersion: v1, kind: Node, metadata: {{name: {0}, labels: {{pool: test}}}}}}", name));
    // It is ready.
    cluster_.patch("nodes", name, R"({"spec":{"taints":null}})");
  }
  std::string manifest(const std::string& more = {}) {
    return fmt::format(
        R"({{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: agent}},
            spec: {{selector: {{matchLabels: {{app: agent}}}}, {}
                   template: {{metadata: {{labels: {{app: agent}}}},
                              spec: {{nodeSelector: {{pool: test}},
                                     containers: [{{name: c, image: "agent:1"}}]}}}}}}}})",
        more);
  }
  api::ObjectPtr agent() { return cluster_.get("daemonsets.apps", "agent"); }
  void set_image(const std::string& image) {
    cluster_.patch("daemonsets.apps", "agent",
                   fmt::format(R"({{"spec":{{"template":{{"spec":{{"containers":
                                  [{{"name":"c","image":"{}"}}]}}}}}}}})",
                               image));
    cluster_.settle();
  }
  // "a=agent:1 b=agent:2", living ones.
  std::string placed() {
    std::set<std::string> all;
    for (const auto& pod : pods()) {
      if (!pod->deleting()) all.insert(target_node(*pod) + "=" + image_of(&pod->document()));
    }
    std::string text;
    for (const std::string& each : all) text += each + " ";
    return text;
  }
  // Puts pods where they are meant to be, as the scheduler would.
  void bind() {
    for (const auto& pod : pods()) {
      if (!text(pod, {"spec", "nodeName"}).empty()) continue;
      const json::object binding{{"apiVersion", "v1"},
                                 {"kind", "Binding"},
                                 {"metadata", {{"name", pod->name().data()}}},
                                 {"target", {{"kind", "Node"}, {"name", target_node(*pod)}}}};
      bool bound = false;
      const client::ResourceClient client(cluster_.as(), {"", "v1", "pods"}, "default");
      auto operation = client.create(
          binding, {.subresource = "binding"},
          [&](const auto& result) {
            EXPECT_TRUE(result) << result.error().message;
            bound = true;
          },
          pod->name());
      ASSERT_TRUE(cluster_.until([&] { return bound; }));
    }
  }
  bool step(bool ready = true) {
    cluster_.settle();
    bind();
    return play_node(ready);
  }
  void play_all() {
    while (step()) {
    }
  }
};

TEST_F(DaemonSets, OnePodANodeAndOneNodeAfterTheOther) {
  cluster_.create(manifest());
  play_all();
  ASSERT_EQ(placed(), "a=agent:1 b=agent:1 c=agent:1 ");
  auto set = agent();
  for (const char* const field : {"desiredNumberScheduled", "currentNumberScheduled", "numberReady",
                                  "updatedNumberScheduled", "numberAvailable"})
    EXPECT_EQ(number(set, {"status", field}), 3) << field;
  const auto one = pods()[0];
  EXPECT_EQ(text(one, {"metadata", "labels", "pod-template-generation"}), "1");
  const std::string hash = text(one, {"metadata", "labels", "controller-revision-hash"});
  EXPECT_TRUE(cluster_.get("controllerrevisions.apps", "agent-" + hash));
  EXPECT_EQ(api::array_at(one->document(), {"spec", "tolerations"})->size(), 6U);

  add_node("d");
  play_all();
  EXPECT_EQ(placed(), "a=agent:1 b=agent:1 c=agent:1 d=agent:1 ");
  cluster_.patch("nodes", "d", R"({"metadata":{"labels":{"pool":"other"}}})");
  play_all();
  EXPECT_EQ(placed(), "a=agent:1 b=agent:1 c=agent:1 ");

  set_image("agent:2");
  EXPECT_EQ(pod_names().size(), 2U);
  step();
  EXPECT_EQ(pod_names().size(), 3U);
  // Not ready yet: the others wait.
  step(false);
  EXPECT_EQ(pod_names().size(), 3U);
  EXPECT_EQ(number(agent(), {"status", "updatedNumberScheduled"}), 1);
  for (const auto& pod : pods()) cluster_.run_pod(pod->name());
  play_all();
  EXPECT_EQ(placed(), "a=agent:2 b=agent:2 c=agent:2 ");
  EXPECT_EQ(number(agent(), {"status", "updatedNumberScheduled"}), 3);

  // A failed pod is replaced, and the next one on that node after a while.
  for (int round = 0; round < 2; ++round) {
    std::string failed;
    for (const auto& pod : pods()) {
      if (target_node(*pod) == "a") failed = pod->name();
    }
    cluster_.end_pod(failed, 1);
    if (round == 1) {
      cluster_.settle();
      EXPECT_TRUE(cluster_.get("pods", failed));
    }
    ASSERT_TRUE(cluster_.until([&] { return cluster_.get("pods", failed) == nullptr; }, 100ms));
    play_all();
    EXPECT_EQ(placed(), "a=agent:2 b=agent:2 c=agent:2 ");
  }
  const std::string version(agent()->resource_version());
  cluster_.executor.advance(1min);
  cluster_.settle();
  EXPECT_EQ(agent()->resource_version(), version);
}

TEST_F(DaemonSets, SurgeAndOnDelete) {
  cluster_.create(manifest("updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}},"));
  play_all();
  set_image("agent:2");
  EXPECT_EQ(placed(), "a=agent:1 a=agent:2 b=agent:1 c=agent:1 ");
  // One node after the other has two pods, none has no pod that is ready.
  while (step()) {
    std::set<std::string> ready;
    std::size_t living = 0;
    for (const auto& pod : pods()) {
      if (pod->deleting()) continue;
      ++living;
      if (is_pod_ready(*pod)) ready.insert(target_node(*pod));
    }
    EXPECT_LE(living, 4U);
    EXPECT_EQ(ready.size(), 3U);
  }
  EXPECT_EQ(placed(), "a=agent:2 b=agent:2 c=agent:2 ");
  cluster_.patch("daemonsets.apps", "agent",
                 R"({"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}})");
  set_image("agent:3");
  play_all();
  EXPECT_EQ(placed(), "a=agent:2 b=agent:2 c=agent:2 ");
  for (const auto& pod : pods()) {
    if (target_node(*pod) == "b") cluster_.remove("pods", pod->name());
  }
  play_all();
  EXPECT_EQ(placed(), "a=agent:2 b=agent:3 c=agent:2 ");
}

}  // namespace
}  // namespace cove::controllers
