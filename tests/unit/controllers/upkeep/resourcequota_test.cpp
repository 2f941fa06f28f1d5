#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

class Quotas : public Upkeep {
 public:
  std::string used(std::string_view quota, std::string_view name) {
    const auto object = cluster.get("resourcequotas", quota);
    return object ? std::string(api::text_at(object->document(), {"status", "used", name})) : "";
  }
  bool comes_to(std::string_view quota, std::string_view name, const std::string& amount) {
    return until([&] { return used(quota, name) == amount; });
  }
  void create_pod(const std::string& name, const std::string& spec) {
    cluster.create("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {" + spec +
                   "}}");
  }
};

constexpr const char* kSized =
    "containers: [{name: c, image: i, resources: {requests: {cpu: 250m, memory: 64Mi}, limits: "
    "{cpu: 500m, memory: 64Mi}}}]";

TEST_F(Quotas, CountWhatIsThereAndGetBackWhatGoes) {
  create_pod("before", kSized);
  run({make_resourcequota_controller});
  cluster.create(R"({apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {
                     pods: 2, requests.cpu: 1, limits.memory: 1Gi, count/deployments.apps: 1,
                     configmaps: 3, services.nodeports: 1, requests.storage: 10Gi}}})");
  EXPECT_TRUE(comes_to("q", "pods", "1"));
  EXPECT_EQ(used("q", "requests.cpu"), "250m");
  EXPECT_EQ(used("q", "limits.memory"), "64Mi");
  EXPECT_EQ(used("q", "count/deployments.apps"), "0");
  EXPECT_EQ(text(cluster.get("resourcequotas", "q"), {"status", "hard", "pods"}), "2");
  const std::string maps = used("q", "configmaps");
  create_pod("second", kSized);
  EXPECT_EQ(used("q", "pods"), "2");
  const json::object third{{"apiVersion", "v1"},
                           {"kind", "Pod"},
                           {"metadata", {{"name", "third"}}},
                           {"spec", cluster.get("pods", "second")->document().at("spec")}};
  EXPECT_EQ(cluster.refusal(third).code, 403);
  // A pod that has ended uses nothing, and one that went neither.
  cluster.run_pod("second");
  cluster.end_pod("second", 0);
  EXPECT_TRUE(comes_to("q", "pods", "1"));
  client::DeleteOptions now;
  now.grace_seconds = 0;
  cluster.remove("pods", "before", "default", now);
  EXPECT_TRUE(comes_to("q", "pods", "0"));
  EXPECT_EQ(used("q", "requests.cpu"), "0");
  // Kinds that are counted by number, in any group.
  cluster.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}");
  EXPECT_NE(used("q", "configmaps"), maps);
  cluster.remove("configmaps", "m");
  EXPECT_TRUE(comes_to("q", "configmaps", maps));
  cluster.create(R"({apiVersion: apps/v1, kind: Deployment, metadata: {name: d},
    spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},
    spec: {containers: [{name: c, image: i}]}}}})");
  EXPECT_EQ(used("q", "count/deployments.apps"), "1");
  cluster.remove("deployments.apps", "d");
  EXPECT_TRUE(comes_to("q", "count/deployments.apps", "0"));
  // A bound that changes is counted at once.
  cluster.patch("resourcequotas", "q", "{spec: {hard: {secrets: 4, pods: null}}}");
  EXPECT_TRUE(comes_to("q", "secrets", "0"));
  EXPECT_EQ(used("q", "pods"), "");
}

TEST_F(Quotas, LookAtTheirScopesOnly) {
  create_pod("plain", "containers: [{name: c, image: i}]");
  create_pod("sized", kSized);
  create_pod("ends", std::string("activeDeadlineSeconds: 9, ") + kSized);
  for (const auto& [name, scopes] : std::vector<std::pair<std::string, std::string>>{
           {"best", "scopes: [BestEffort]"},
           {"not-best", "scopes: [NotBestEffort]"},
           {"ends", "scopes: [Terminating, NotBestEffort]"},
           {"class",
            "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, "
            "values: [high]}]}"}}) {
    cluster.create("{apiVersion: v1, kind: ResourceQuota, metadata: {name: " + name +
                   "}, spec: {hard: {pods: 9}, " + scopes + "}}");
  }
  run({make_resourcequota_controller});
  EXPECT_TRUE(comes_to("best", "pods", "1"));
  EXPECT_TRUE(comes_to("not-best", "pods", "2"));
  EXPECT_TRUE(comes_to("ends", "pods", "1"));
  EXPECT_TRUE(comes_to("class", "pods", "0"));
}

}  // namespace
}  // namespace cove::controllers
