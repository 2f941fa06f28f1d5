#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

class Together : public Upkeep {};

TEST_F(Together, ANamespaceLivesAndEnds) {
  run(all_control_loops());
  cluster.create("{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
  cluster.create(R"({apiVersion: v1, kind: ResourceQuota, metadata: {namespace: team, name: q},
    spec: {hard: {pods: 5, persistentvolumeclaims: 3}}})");
  cluster.create(R"({apiVersion: v1, kind: Service, metadata: {namespace: team, name: web},
    spec: {selector: {app: web}, ports: [{port: 80}]}})");
  cluster.create(R"({apiVersion: apps/v1, kind: Deployment, metadata: {namespace: team, name: web},
    spec: {replicas: 2, selector: {matchLabels: {app: web}},
    template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}})");
  cluster.create(R"({apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: team, name: db},
    spec: {replicas: 1, serviceName: db, selector: {matchLabels: {app: db}},
    template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i}]}},
    volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce],
    resources: {requests: {storage: 1Gi}}}}]}})");
  ASSERT_TRUE(until([&] { return cluster.list("pods", "team").size() == 3; }));
  EXPECT_TRUE(until([&] {
    return text(cluster.get("persistentvolumeclaims", "data-db-0", "team"), {"status", "phase"}) ==
           "Bound";
  }));
  EXPECT_TRUE(until([&] {
    return text(cluster.get("resourcequotas", "q", "team"), {"status", "used", "pods"}) == "3";
  }));
  for (const auto& pod : cluster.list("pods", "team")) cluster.run_pod(pod->name(), true, "team");
  cluster.remove("namespaces", "team");
  EXPECT_TRUE(until([&] {
    cluster.finish_deletions("team");
    return !cluster.get("namespaces", "team");
  }));
  EXPECT_TRUE(cluster.list("pods", "team").empty());
  // What is left of the volume is its node's to do.
  const auto volumes = cluster.list("persistentvolumes", "");
  ASSERT_EQ(volumes.size(), 1U);
  EXPECT_TRUE(until([&] { return cluster.list("persistentvolumes", "").front()->deleting(); }));
}

}  // namespace
}  // namespace cove::controllers
