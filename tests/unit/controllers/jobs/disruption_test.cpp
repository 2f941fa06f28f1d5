#include <gtest/gtest.h>

#include "core/controllers/disruption_status.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(DisruptionStatus, CountsByNumbersAndPercentages) {
  struct Case {
    std::string_view spec;
    std::int64_t pods, scale, expected, desired;
  };
  const std::vector<Case> cases = {
      {"{minAvailable: 2}", 3, 0, 3, 2},       {"{minAvailable: 50%}", 3, 5, 5, 3},  // rounded up
      {"{minAvailable: 100%}", 3, 3, 3, 3},    {"{maxUnavailable: 1}", 3, 4, 4, 3},
      {"{maxUnavailable: 30%}", 3, 10, 10, 7}, {"{maxUnavailable: 25%}", 3, 10, 10, 7},  // 2.5 is 3
      {"{maxUnavailable: 9}", 3, 4, 4, 0},     {"{}", 3, 0, 0, 0},
  };
  for (const Case& each : cases) {
    const auto budget = api::Object::make({{"spec", api::parse_yaml(each.spec).value().value}});
    const PodCounts counts = expected_pods(*budget, each.pods, each.scale);
    EXPECT_EQ(counts.expected, each.expected) << each.spec;
    EXPECT_EQ(counts.desired, each.desired) << each.spec;
    EXPECT_EQ(needs_scale(*budget), each.scale > 0) << each.spec;
  }
}

class Budgets : public Running {
 public:
  Budgets() : Running({make_disruption_controller, make_replicaset_controller}) {}
  api::ObjectPtr get(std::string_view name) {
    settle();
    return cluster.get("poddisruptionbudgets.policy", name);
  }
  // "allowed/healthy/desired/expected reason"
  std::string status(std::string_view name) {
    const auto budget = get(name);
    std::string text;
    for (const std::string_view field :
         {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"}) {
      if (!text.empty()) text += '/';
      text += std::to_string(api::integer_at(budget->document(), {"status", field}).value_or(-1));
    }
    const json::array* const all = api::array_at(budget->document(), {"status", "conditions"});
    for (const json::value& each : all == nullptr ? json::array() : *all) {
      text += ' ';
      text += text_at(each.get_object(), {"reason"});
    }
    return text;
  }
};

constexpr std::string_view kSet = R"(
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: test}]}
)";

std::string budget(std::string_view name, std::string_view limit) {
  return "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: " + std::string(name) +
         "}\nspec: {selector: {matchLabels: {app: web}}, " + std::string(limit) + "}";
}

TEST(DisruptionController, SaysWhatMayBeEvicted) {
  Budgets budgets;
  test::Cluster& cluster = budgets.cluster;
  cluster.create(budget("pdb", "maxUnavailable: 1"));
  EXPECT_EQ(budgets.status("pdb"), "0/0/0/0 InsufficientPods");
  cluster.create(kSet);
  EXPECT_EQ(budgets.status("pdb"), "0/0/2/3 InsufficientPods");
  for (const api::ObjectPtr& pod : budgets.pods("app=web")) cluster.run_pod(pod->name());
  EXPECT_EQ(budgets.status("pdb"), "1/3/2/3 SufficientPods");
  const auto now = budgets.get("pdb");
  EXPECT_EQ(api::integer_at(now->document(), {"status", "observedGeneration"}), now->generation());

  // An eviction that was granted counts until the pod is gone, or for two minutes.
  const std::string victim(budgets.pods("app=web")[0]->name());
  cluster.patch("poddisruptionbudgets.policy", "pdb",
                "{status: {disruptionsAllowed: 0, disruptedPods: {" + victim + ": '" +
                    rfc3339(cluster.clock.wall()) + "'}}}",
                "default", "status");
  EXPECT_EQ(budgets.status("pdb"), "0/2/2/3 InsufficientPods");
  EXPECT_TRUE(api::value_at(budgets.get("pdb")->document(), {"status", "disruptedPods", victim}));
  budgets.pass(minutes(2) + seconds(5));
  EXPECT_EQ(budgets.status("pdb"), "1/3/2/3 SufficientPods");
  EXPECT_FALSE(api::value_at(budgets.get("pdb")->document(), {"status", "disruptedPods"}));
  EXPECT_EQ(budgets.events_about(victim).size(), 1U);

  cluster.create(budget("number", "minAvailable: 3"));
  EXPECT_EQ(budgets.status("number"), "0/3/3/3 InsufficientPods");
  cluster.create(budget("share", "minAvailable: 34%"));
  EXPECT_EQ(budgets.status("share"), "1/3/2/3 SufficientPods");
}

TEST(DisruptionController, FailsSafe) {
  Budgets budgets;
  test::Cluster& cluster = budgets.cluster;
  cluster.create(R"(
apiVersion: v1
kind: Pod
metadata:
  name: odd
  labels: {app: web}
  ownerReferences: [{apiVersion: batch/v1, kind: Job, name: j, uid: u, controller: true}]
spec: {containers: [{name: main, image: test}]}
)");
  cluster.run_pod("odd");
  cluster.create(budget("pdb", "maxUnavailable: 1"));
  EXPECT_TRUE(cluster.until([&] { return budgets.status("pdb") == "0/0/0/0 SyncFailed"; }));
  const auto now = budgets.get("pdb");
  EXPECT_EQ(text_at(now->document().at("status").at("conditions").at(0).get_object(), {"message"}),
            "jobs.batch does not implement the scale subresource");
  // A disruption that did not come to pass is taken back.
  cluster.patch("pods", "odd",
                "{status: {conditions: [{type: DisruptionTarget, status: 'True', reason: X, "
                "lastTransitionTime: '" +
                    rfc3339(cluster.clock.wall()) + "'}]}}",
                "default", "status");
  budgets.pass(minutes(2) + seconds(5));
  EXPECT_TRUE(cluster.until([&] {
    const auto pod = cluster.get("pods", "odd");
    const json::array& all = pod->document().at("status").at("conditions").get_array();
    return std::ranges::any_of(all, [](const json::value& each) {
      return text_at(each.get_object(), {"type"}) == "DisruptionTarget" &&
             text_at(each.get_object(), {"status"}) == "False";
    });
  }));
}

TEST(LoadBalancer, GetsTheAddressThatWorksOnTheHost) {
  Running running({make_service_load_balancer_controller});
  test::Cluster& cluster = running.cluster;
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: lb}\n"
      "spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}");
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: other}\n"
      "spec: {type: LoadBalancer, loadBalancerClass: example.com/x, selector: {app: web},"
      " ports: [{port: 80}]}");
  const auto ingress = [&](std::string_view name) {
    running.settle();
    const auto service = cluster.get("services", name);
    const json::value* const found =
        api::value_at(service->document(), {"status", "loadBalancer", "ingress"});
    return found == nullptr ? "" : api::to_text(*found);
  };
  EXPECT_EQ(ingress("lb"), R"([{"ip":"192.0.2.10","ipMode":"VIP"}])");
  EXPECT_EQ(ingress("other"), "");
  cluster.patch("nodes", "node", "{metadata: {annotations: {cove.dev/host-address: 127.0.0.1}}}");
  EXPECT_EQ(ingress("lb"), R"([{"ip":"127.0.0.1","ipMode":"VIP"}])");
  cluster.patch("services", "lb", "{spec: {type: ClusterIP}}");
  EXPECT_EQ(ingress("lb"), "");
}

}  // namespace
}  // namespace cove::controllers
