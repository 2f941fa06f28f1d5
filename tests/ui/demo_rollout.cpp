#include "tests/ui/demo_rollout.h"

#include <boost/json/serialize.hpp>

#include "ui/bridge/demo_tasks.h"

namespace cove::ui::test {
namespace {

namespace json = boost::json;

json::object owned_by(const api::Object& owner, const char* version, const char* kind) {
  return {{"apiVersion", version},
          {"kind", kind},
          {"name", std::string(owner.name())},
          {"uid", std::string(owner.uid())},
          {"controller", true}};
}

void annotate(cove::test::Cluster& cluster, const char* resource, const std::string& name,
              const json::object& annotations) {
  cluster.patch(resource, name,
                json::serialize(json::object{{"metadata", {{"annotations", annotations}}}}));
}

api::ObjectPtr replica_set(cove::test::Cluster& cluster, const api::Object& deployment,
                           const std::string& revision) {
  json::object annotations{{"deployment.kubernetes.io/revision", revision}};
  const auto cause = api::text_at(deployment.document(),
                                  {"metadata", "annotations", "kubernetes.io/change-cause"});
  if (!cause.empty()) annotations["kubernetes.io/change-cause"] = cause;
  const bool first = demo::image_of(deployment.document()) == demo::kFirst;
  const std::string name = first ? "k8s-demo-6d5f9c7b48" : "k8s-demo-7c84d9f6b5";
  if (cluster.get("replicasets.apps", name)) {
    annotate(cluster, "replicasets.apps", name, annotations);
  } else {
    const auto* spec = api::object_at(deployment.document(), {"spec"});
    cluster.create(json::object{
        {"apiVersion", "apps/v1"},
        {"kind", "ReplicaSet"},
        {"metadata",
         {{"name", name},
          {"namespace", demo::kNamespace},
          {"annotations", annotations},
          {"ownerReferences", json::array{owned_by(deployment, "apps/v1", "Deployment")}}}},
        {"spec",
         {{"replicas", 10},
          {"selector", spec->at("selector")},
          {"template", spec->at("template")}}}});
  }
  return cluster.get("replicasets.apps", name);
}

void make_pods(cove::test::Cluster& cluster, const api::Object& owner, int ready) {
  constexpr const char* kEnds[] = {"2kx8p", "4vnqd", "6tzlm", "8fjrw", "b9hcx",
                                   "gq7sk", "m5wtz", "p2nxc", "r8dvl", "x6kfb"};
  for (int i = 0; i < demo::kReplicas; ++i) {
    const std::string name = std::string(owner.name()) + "-" + kEnds[i];
    if (!cluster.get("pods", name)) {
      cluster.create(json::object{
          {"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", name},
            {"namespace", demo::kNamespace},
            {"labels", {{"app", demo::kName}}},
            {"ownerReferences", json::array{owned_by(owner, "apps/v1", "ReplicaSet")}}}},
          {"spec",
           {{"containers",
             {{{"name", demo::kName}, {"image", demo::image_of(owner.document())}}}}}}});
    }
    if (i < ready) cluster.run_pod(name);
  }
}

// Behind the demo's Service.
void set_endpoints(cove::test::Cluster& cluster, int ready) {
  json::array endpoints;
  for (int i = 0; i < demo::kReplicas; ++i) {
    endpoints.push_back({{"addresses", json::array{"10.244.0." + std::to_string(10 + i)}},
                         {"conditions", {{"ready", i < ready}}}});
  }
  const std::string name = std::string(demo::kName) + "-x";
  if (cluster.get("endpointslices.discovery.k8s.io", name)) {
    cluster.patch("endpointslices.discovery.k8s.io", name,
                  api::to_text(json::object{{"endpoints", endpoints}}));
    return;
  }
  cluster.create(json::object{{"apiVersion", "discovery.k8s.io/v1"},
                              {"kind", "EndpointSlice"},
                              {"addressType", "IPv4"},
                              {"metadata",
                               {{"name", name},
                                {"namespace", demo::kNamespace},
                                {"labels", {{"kubernetes.io/service-name", demo::kName}}}}},
                              {"endpoints", endpoints}});
}

void end_others(cove::test::Cluster& cluster, const api::Object& now) {
  for (const auto& set : cluster.list("replicasets.apps")) {
    if (set->name() == now.name()) continue;
    cluster.patch("replicasets.apps", set->name(), R"({"spec":{"replicas":0}})");
    for (const auto& pod : cluster.list("pods"))
      if (pod->name().starts_with(set->name()))
        cluster.remove("pods", pod->name(), demo::kNamespace, {.grace_seconds = 0});
  }
}

}  // namespace

void roll_out(cove::test::Cluster& cluster, int revision, int available, bool pods) {
  const std::string number = std::to_string(revision);
  annotate(cluster, "deployments.apps", demo::kName,
           {{"deployment.kubernetes.io/revision", number}});
  const auto deployment = cluster.get("deployments.apps", demo::kName);
  const auto set = replica_set(cluster, *deployment, number);
  if (pods) {
    end_others(cluster, *set);
    make_pods(cluster, *set, available);
    set_endpoints(cluster, available);
  }
  const auto generation =
      api::integer_at(deployment->document(), {"metadata", "generation"}).value_or(0);
  cluster.patch("deployments.apps", demo::kName,
                json::serialize(json::object{{"status",
                                              {{"observedGeneration", generation},
                                               {"replicas", 10},
                                               {"updatedReplicas", 10},
                                               {"readyReplicas", available},
                                               {"availableReplicas", available}}}}),
                demo::kNamespace, "status");
}

}  // namespace cove::ui::test
