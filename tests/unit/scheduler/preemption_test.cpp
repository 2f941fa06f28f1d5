#include "core/scheduler/preemption.h"

#include "tests/unit/scheduler/test_world.h"

namespace cove::scheduler {
namespace {

class Preempting : public testing::Test {
 protected:
  // Nodes have room for 4 processors.
  void victim(std::string_view node, std::string_view name, int priority, std::string_view cpu,
              std::string_view labels = "{}", std::string_view start = "2026-01-01T00:00:00Z") {
    world_.on(node, TestWorld::pod(name,
                                   "{priority: " + std::to_string(priority) +
                                       ", containers: [{name: c, resources: {requests: {cpu: '" +
                                       std::string(cpu) + "'}}}]}",
                                   labels, "status: {startTime: '" + std::string(start) + "'}"));
  }
  void budget(std::string_view app, int allowed) {
    budgets_.push_back(object(
        "metadata: {name: b, namespace: default}\nspec: {selector: "
        "{matchLabels: {app: " +
        std::string(app) + "}}}\nstatus: {disruptionsAllowed: " + std::to_string(allowed) + "}"));
  }
  // "node: victims", or why not.
  std::string run(std::string_view spec =
                      "{priority: 100, containers: [{name: c, resources: "
                      "{requests: {cpu: '3'}}}]}") {
    Evaluation evaluation(TestWorld::pod("p", spec), world_.world, world_.nominations);
    Chooser chooser([] { return 0.0; });
    NoFit why;
    EXPECT_EQ(chooser.choose(evaluation, world_.world, why), "");
    const Preemption found =
        find_preemption(evaluation, world_.world, why, budgets_, [] { return 0.0; });
    if (found.node.empty()) return found.message;
    std::string text = found.node + ":";
    for (const PodPtr& pod : found.victims) text += " " + pod->name;
    // What was tried has left no trace.
    Evaluation fresh(evaluation.pod(), world_.world, world_.nominations);
    for (const NodeInfo* const node : world_.cache.nodes())
      EXPECT_EQ(evaluation.check(*node).reasons, fresh.check(*node).reasons) << node->name();
    return text;
  }

  TestWorld world_;
  std::vector<api::ObjectPtr> budgets_;
};

TEST_F(Preempting, TakesAsFewAsItMust) {
  world_.node("n1");
  victim("n1", "small", 1, "500m");
  victim("n1", "large", 2, "2");
  victim("n1", "other", 3, "1");
  // Without the large one it fits; the others may stay.
  EXPECT_EQ(run("{priority: 100, containers: [{name: c, resources: {requests: {cpu: '2'}}}]}"),
            "n1: large");
  EXPECT_EQ(run(), "n1: large small");
  EXPECT_EQ(run("{priority: 2, containers: [{name: c, resources: {requests: {cpu: '3'}}}]}"),
            "0/1 nodes are available: 1 Insufficient cpu.");
  EXPECT_EQ(run("{priority: 1, containers: [{name: c, resources: {requests: {cpu: '3'}}}]}"),
            "0/1 nodes are available: 1 No preemption victims found for incoming pod.");
}

TEST_F(Preempting, ChoosesTheNodeWhereItHurtsLeast) {
  world_.node("n1");
  world_.node("n2");
  victim("n1", "guarded", 1, "4", "{app: db}");
  victim("n2", "free", 9, "4");
  budget("db", 0);
  EXPECT_EQ(run(), "n2: free");
  budgets_.clear();
  budget("db", 1);
  // No budget is broken: the lower priority.
  EXPECT_EQ(run(), "n1: guarded");
}

TEST_F(Preempting, PrefersLowerThenFewerThenYounger) {
  world_.node("n1");
  world_.node("n2");
  victim("n1", "a", 1, "2");
  victim("n1", "b", 1, "2");
  victim("n2", "c", 1, "4");
  EXPECT_EQ(run(), "n2: c");
  world_.cache.forget("a-uid");
  world_.cache.forget("b-uid");
  victim("n1", "young", 1, "4", "{}", "2026-01-01T00:05:00Z");
  EXPECT_EQ(run(), "n1: young");
  world_.cache.forget("young-uid");
  victim("n1", "high", 2, "4");
  EXPECT_EQ(run(), "n2: c");
}

TEST_F(Preempting, KeepsWhatABudgetGuardsWhenSomethingElseWillDo) {
  world_.node("n1");
  victim("n1", "guarded", 1, "2", "{app: db}");
  victim("n1", "free", 5, "2");
  budget("db", 0);
  EXPECT_EQ(run("{priority: 100, containers: [{name: c, resources: {requests: {cpu: '2'}}}]}"),
            "n1: free");
  // As far as that is possible.
  EXPECT_EQ(run(), "n1: free guarded");
}

TEST_F(Preempting, HelpsAgainstPodsThatKeepOthersAway) {
  world_.node("n1", "{zone: a}");
  world_.on("n1",
            TestWorld::pod("hermit",
                           "{affinity: {podAntiAffinity: "
                           "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, "
                           "labelSelector: {}}]}}}"));
  victim("n1", "other", 1, "1");
  EXPECT_EQ(run("{priority: 100}"), "n1: hermit");
}

}  // namespace
}  // namespace cove::scheduler
