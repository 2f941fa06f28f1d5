#include "tests/ui/sample_api.h"

namespace cove::ui::test {

Result<std::vector<ContextEntry>> SampleApi::contexts() {
  return std::vector<ContextEntry>{{.name = "staging",
                                    .cluster = "staging-eu",
                                    .user = "ann",
                                    .namespace_name = "shop",
                                    .server = "https://staging.example.com:6443",
                                    .file = "/home/ann/.kube/config",
                                    .identity = {}}};
}

void SampleApi::make_config() {
  cluster_.create(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
    "data":{"app.yaml":"greeting: Hello\nlanguage: en\nfeatures:\n  search: true\n  checkout: false\n",
            "color":"teal","log-level":"info"},"binaryData":{"logo.png":"iVBORw0KGgoAAAANSUhEUg=="}})");
  cluster_.create(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"nginx","namespace":"default"},
    "immutable":true,"data":{"nginx.conf":"worker_processes 1;\n"}})");
  cluster_.create(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"database-login","namespace":"default"},
    "stringData":{"password":"correct horse battery staple","user":"shop"}})");
  cluster_.create(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"registry","namespace":"default"},
    "type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{\"auths\":{}}"}})");
  cluster_.create(
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"shop-0","namespace":"default"},
    "spec":{"containers":[{"name":"app","image":"shop:2.1",
      "envFrom":[{"configMapRef":{"name":"settings"}}],
      "env":[{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"database-login","key":"password"}}}]}]}})");
  cluster_.run_pod("shop-0");
}

void SampleApi::make_storage() {
  cluster_.create(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass",
    "metadata":{"name":"standard","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},
    "provisioner":"cove.dev/directory","volumeBindingMode":"WaitForFirstConsumer"})");
  const auto claim = [&](const std::string& name, const std::string& storage_class,
                         const std::string& size) {
    cluster_.create(Json{{"apiVersion", "v1"},
                         {"kind", "PersistentVolumeClaim"},
                         {"metadata", {{"name", name}, {"namespace", "default"}}},
                         {"spec",
                          {{"accessModes", {"ReadWriteOnce"}},
                           {"storageClassName", storage_class},
                           {"resources", {{"requests", {{"storage", size}}}}}}}});
  };
  claim("data-database-0", "standard", "8Gi");
  claim("reports", "fast-ssd", "20Gi");
  claim("uploads", "standard", "2Gi");
  cluster_.patch("persistentvolumeclaims", "data-database-0",
                 R"({"spec":{"volumeName":"pvc-41a7c0de"}})");
  cluster_.patch("persistentvolumeclaims", "data-database-0",
                 R"({"status":{"phase":"Bound","accessModes":["ReadWriteOnce"],
                     "capacity":{"storage":"8Gi"}}})",
                 "default", "status");
}

void SampleApi::make_ingresses() {
  cluster_.create(R"({"apiVersion":"networking.k8s.io/v1","kind":"IngressClass",
    "metadata":{"name":"cove"},"spec":{"controller":"cove.dev/ingress"}})");
  cluster_.create(R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
    "metadata":{"name":"shop","namespace":"default"},"spec":{"ingressClassName":"cove","rules":[
    {"host":"shop.example.com","http":{"paths":[
      {"path":"/","pathType":"Prefix","backend":{"service":{"name":"demo","port":{"number":80}}}},
      {"path":"/static","pathType":"Prefix","backend":{"service":{"name":"demo","port":{"number":80}}}}]}}]}})");
  cluster_.create(R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
    "metadata":{"name":"wiki","namespace":"default"},"spec":{"ingressClassName":"nginx","rules":[
    {"host":"wiki.example.com","http":{"paths":[
      {"path":"/","pathType":"Prefix","backend":{"service":{"name":"wiki","port":{"number":80}}}}]}}]}})");
  cluster_.patch("ingresses.networking.k8s.io", "shop",
                 R"({"status":{"loadBalancer":{"ingress":[{"ip":"10.0.2.15"}]}}})", "default",
                 "status");
}

void SampleApi::make_jobs() {
  const auto job = [&](const std::string& name, int completions) {
    return cluster_.create(
        Json{{"apiVersion", "batch/v1"},
             {"kind", "Job"},
             {"metadata", {{"name", name}, {"namespace", "default"}}},
             {"spec",
              {{"completions", completions},
               {"template",
                {{"spec",
                  {{"restartPolicy", "Never"},
                   {"containers", {{{"name", "app"}, {"image", "demo:0.3"}}}}}}}}}}});
  };
  job("resize-pictures", 12);
  const auto failed = job("import-orders", 3);
  const std::string start = rfc3339(cluster_.clock.wall() - std::chrono::seconds(95));
  cluster_.patch("jobs.batch", "resize-pictures",
                 R"({"status":{"active":2,"succeeded":7,"startTime":")" + start + R"("}})",
                 "default", "status");
  cluster_.patch(
      "jobs.batch", "import-orders",
      R"({"status":{"failed":1,"succeeded":1,"startTime":")" + start +
          R"(","conditions":[{"type":"FailureTarget","status":"True","reason":"BackoffLimitExceeded",
      "message":"Job has reached the specified backoff limit"},
      {"type":"Failed","status":"True","reason":"BackoffLimitExceeded",
      "message":"Job has reached the specified backoff limit"}]}})",
      "default", "status");
  own_pod("import-orders-7xk2p", "demo:0.3", *failed, nullptr, nullptr);
  cluster_.run_pod("import-orders-7xk2p");
  cluster_.end_pod("import-orders-7xk2p", 3);
  cluster_.create(
      R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"nightly-backup","namespace":"default"},
    "spec":{"schedule":"30 3 * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",
    "containers":[{"name":"app","image":"backup:1.2"}]}}}}}})");
  cluster_.create(
      R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"weekly-report","namespace":"default"},
    "spec":{"schedule":"@weekly","suspend":true,"jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",
    "containers":[{"name":"app","image":"report:2.1"}]}}}}}})");
}

void SampleApi::make_workloads() {
  const std::string pod =
      R"("selector":{"matchLabels":{"app":"database"}},"template":{"metadata":{"labels":{"app":"database"}},
    "spec":{"containers":[{"name":"app","image":"postgres:16"}]}})";
  cluster_.create(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"database","namespace":"default"},
    "spec":{"serviceName":"database","replicas":3,)" +
      pod + "}}");
  cluster_.patch("statefulsets.apps", "database",
                 R"({"status":{"observedGeneration":1,"replicas":3,"readyReplicas":2,
                     "updatedReplicas":3}})",
                 "default", "status");
  cluster_.patch("nodes", "node",
                 R"({"status":{
    "capacity":{"cpu":"2","memory":"2031284Ki","ephemeral-storage":"20511312Ki","pods":"110"},
    "allocatable":{"cpu":"2","memory":"1928884Ki","ephemeral-storage":"18902825Ki","pods":"110"},
    "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"ready"}],
    "addresses":[{"type":"InternalIP","address":"10.0.2.15"}],
    "nodeInfo":{"architecture":"amd64","bootID":"b","machineID":"m","systemUUID":"s","operatingSystem":"linux",
      "kubeProxyVersion":"","kubeletVersion":"v1.36.0","kernelVersion":"6.1.0","osImage":"Cove",
      "containerRuntimeVersion":"cove://1.0"}}})",
                 "", "status");
}

void SampleApi::make_custom() {
  cluster_.create(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
    "metadata":{"name":"boats.sea.example.com"},"spec":{"group":"sea.example.com","scope":"Namespaced",
    "names":{"plural":"boats","singular":"boat","kind":"Boat"},"versions":[{"name":"v1","served":true,
    "storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
    "x-kubernetes-preserve-unknown-fields":true}}}},"additionalPrinterColumns":[
    {"name":"Sails","type":"integer","jsonPath":".spec.sails"},
    {"name":"Captain","type":"string","jsonPath":".spec.crew[?(@.rank=='captain')].name"},
    {"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}]}]}})");
  cluster_.settle();
  const auto boat = [&](const char* name, int sails, const char* captain) {
    cluster_.create(
        Json{{"apiVersion", "sea.example.com/v1"},
             {"kind", "Boat"},
             {"metadata", {{"name", name}, {"namespace", "default"}}},
             {"spec", {{"sails", sails}, {"crew", {{{"rank", "captain"}, {"name", captain}}}}}}});
  };
  boat("anna", 3, "Ada");
  boat("borealis", 12, "Grace");
}

void SampleApi::own_pod(const std::string& name, const std::string& image, const api::Object& set,
                        const char* reason, const char* message) {
  cluster_.create(Json{{"apiVersion", "v1"},
                       {"kind", "Pod"},
                       {"metadata",
                        {{"name", name},
                         {"namespace", "default"},
                         {"ownerReferences",
                          {{{"apiVersion", std::string(set.api_version())},
                            {"kind", std::string(set.kind())},
                            {"name", std::string(set.name())},
                            {"uid", std::string(set.uid())},
                            {"controller", true}}}}}},
                       {"spec",
                        {{"restartPolicy", set.kind() == "Job" ? "Never" : "Always"},
                         {"containers", {{{"name", "app"}, {"image", image}}}}}}});
  if (reason != nullptr) {
    cluster_.run_pod(name, false);
    wait(name, reason, message, 0);
  } else if (set.kind() != "Job") {
    cluster_.run_pod(name);
  }
}

// A rollout that does not go on.
void SampleApi::make_rollout() {
  const auto with = [](const char* image) {
    return Json{{"metadata", {{"labels", {{"app", "checkout"}}}}},
                {"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}};
  };
  const Json selector{{"matchLabels", {{"app", "checkout"}}}};
  const auto deployment = cluster_.create(Json{
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata",
       {{"name", "checkout"},
        {"namespace", "default"},
        {"annotations", {{"deployment.kubernetes.io/revision", "5"}}}}},
      {"spec", {{"replicas", 8}, {"selector", selector}, {"template", with("checkout:5.0")}}}});
  cluster_.patch("deployments.apps", "checkout",
                 R"({"status":{"replicas":10,"readyReplicas":6,"updatedReplicas":4,
                     "availableReplicas":6,"observedGeneration":1}})",
                 "default", "status");
  for (const int revision : {4, 5}) {
    const std::string number = std::to_string(revision);
    const std::string image = "checkout:" + number + ".0";
    const auto set = cluster_.create(
        Json{{"apiVersion", "apps/v1"},
             {"kind", "ReplicaSet"},
             {"metadata",
              {{"name", revision == 4 ? "checkout-66d9f7c5b" : "checkout-7b54dc98f"},
               {"namespace", "default"},
               {"annotations", {{"deployment.kubernetes.io/revision", number}}},
               {"ownerReferences",
                {{{"apiVersion", "apps/v1"},
                  {"kind", "Deployment"},
                  {"name", "checkout"},
                  {"uid", std::string(deployment->uid())},
                  {"controller", true}}}}}},
             {"spec",
              {{"replicas", revision == 4 ? 6 : 4},
               {"selector", selector},
               {"template", with(image.c_str())}}}});
    for (int i = 0; i < (revision == 4 ? 6 : 4); ++i) {
      const std::string name = std::string(set->name()) + "-" + std::string(1, char('a' + i));
      const bool stuck = revision == 5;
      own_pod(name, image, *set,
              !stuck   ? nullptr
              : i == 0 ? "ImagePullBackOff"
                       : "ContainerCreating",
              i == 0 ? "Back-off pulling image \"checkout:5.0\": not found" : "");
    }
  }
}

}  // namespace cove::ui::test
