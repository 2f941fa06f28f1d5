#include "tests/ui/sample_api.h"

namespace cove::ui::test {

SampleApi::SampleApi() {
  for (const int revision : {1, 2, 3}) {
    if (revision == 1) make_deployment();
    make_replica_set(revision);
    cluster_.clock.advance(std::chrono::minutes(revision == 1 ? 170 : 42));
  }
  for (const char* suffix : {"2kx8p", "5mz4q", "8fw2n", "hj7dt", "q9s6v"})
    make_pod("demo-7c9d5b8f64-" + std::string(suffix), "demo:0.3", true);
  cluster_.clock.advance(std::chrono::minutes(3));
  make_pod("demo-7c9d5b8f64-xr3lb", "demo:0.3", false);
  make_pod("cache-0", "redis:7", true);
  make_pod("migrate-v8tz5", "demo:0.3", true);
  cluster_.end_pod("migrate-v8tz5", 0);
  make_pod("report-5d8c7f9b6-zk4wm", "registry.example.com/report:2.1", false);
  wait("report-5d8c7f9b6-zk4wm", "ImagePullBackOff",
       "Back-off pulling image \"registry.example.com/report:2.1\": not found", 0);
  make_pod("worker-6f7b9c5d8-p2nxc", "worker:1.4", false);
  wait("worker-6f7b9c5d8-p2nxc", "CrashLoopBackOff",
       "back-off 2m40s restarting failed container=app", 5);
  make_services();
  make_events();
  make_config();
  make_storage();
  make_ingresses();
  make_jobs();
  make_workloads();
  make_custom();
  make_rollout();
  cluster_.clock.advance(std::chrono::seconds(80));
}

Result<std::unique_ptr<client::Transport>> SampleApi::connect(const std::string&,
                                                              Executor& executor) {
  return with_sample_logs(
      std::make_unique<node::InProcessTransport>(cluster_.handler(), executor,
                                                 node::ClientUser{"admin", {"system:masters"}}),
      cluster_.clock);
}

Result<std::unique_ptr<client::ChannelTransport>> SampleApi::connect_channels(const std::string&,
                                                                              Executor& executor) {
  return shells_.connect(executor);
}

SampleApi::Json SampleApi::template_of(int revision) {
  const std::string image = "demo:0." + std::to_string(revision);
  Json container{{"name", "web"}, {"image", image}, {"ports", {{{"containerPort", 8080}}}}};
  if (revision == 3) {
    container["env"] = {{{"name", "GREETING"}, {"value", "Hello from 0.3"}}};
    container["readinessProbe"] = {{"httpGet", {{"path", "/ready"}, {"port", 8080}}}};
  }
  return {{"metadata", {{"labels", {{"app", "demo"}}}}},
          {"spec", {{"containers", boost::json::array{container}}}}};
}

void SampleApi::make_deployment() {
  uid_ = cluster_
             .create(Json{{"apiVersion", "apps/v1"},
                          {"kind", "Deployment"},
                          {"metadata",
                           {{"name", "demo"},
                            {"namespace", "default"},
                            {"annotations",
                             {{"deployment.kubernetes.io/revision", "3"},
                              {"kubernetes.io/change-cause", "greet by name"}}}}},
                          {"spec",
                           {{"replicas", 6},
                            {"selector", {{"matchLabels", {{"app", "demo"}}}}},
                            {"template", template_of(3)}}}})
             ->uid();
  cluster_.patch("deployments.apps", "demo",
                 R"({"status":{"replicas":6,"readyReplicas":5,"updatedReplicas":6,
                     "availableReplicas":5,"observedGeneration":1}})",
                 "default", "status");
  cluster_.create(Json{{"apiVersion", "apps/v1"},
                       {"kind", "Deployment"},
                       {"metadata", {{"name", "idle"}, {"namespace", "default"}}},
                       {"spec",
                        {{"replicas", 0},
                         {"selector", {{"matchLabels", {{"app", "demo"}}}}},
                         {"template", template_of(1)}}}});
  cluster_.create(Json{{"apiVersion", "apps/v1"},
                       {"kind", "Deployment"},
                       {"metadata", {{"name", "shop"}, {"namespace", "default"}}},
                       {"spec",
                        {{"replicas", 2},
                         {"selector", {{"matchLabels", {{"app", "demo"}}}}},
                         {"template", template_of(2)}}}});
  cluster_.patch("deployments.apps", "shop",
                 R"({"status":{"replicas":2,"readyReplicas":2,"updatedReplicas":2,
                     "availableReplicas":2,"observedGeneration":1}})",
                 "default", "status");
}

void SampleApi::make_replica_set(int revision) {
  const char* const causes[] = {"first release", "a new look", "greet by name"};
  const std::string number = std::to_string(revision);
  cluster_.create(Json{{"apiVersion", "apps/v1"},
                       {"kind", "ReplicaSet"},
                       {"metadata",
                        {{"name", "demo-" + number},
                         {"namespace", "default"},
                         {"annotations",
                          {{"deployment.kubernetes.io/revision", number},
                           {"kubernetes.io/change-cause", causes[revision - 1]}}},
                         {"ownerReferences",
                          {{{"apiVersion", "apps/v1"},
                            {"kind", "Deployment"},
                            {"name", "demo"},
                            {"uid", uid_},
                            {"controller", true}}}}}},
                       {"spec",
                        {{"replicas", 0},
                         {"selector", {{"matchLabels", {{"app", "demo"}}}}},
                         {"template", template_of(revision)}}}});
}

void SampleApi::make_pod(const std::string& name, const std::string& image, bool ready) {
  cluster_.create(Json{{"apiVersion", "v1"},
                       {"kind", "Pod"},
                       {"metadata",
                        {{"name", name},
                         {"namespace", "default"},
                         {"labels", {{"app", name.substr(0, name.find('-'))}}}}},
                       {"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}});
  cluster_.run_pod(name, ready);
}

void SampleApi::wait(const std::string& name, const std::string& reason, const std::string& message,
                     int restarts) {
  Json container{{"name", "app"},
                 {"image", "test"},
                 {"imageID", ""},
                 {"ready", false},
                 {"restartCount", restarts},
                 {"state", {{"waiting", {{"reason", reason}, {"message", message}}}}}};
  if (restarts > 0)
    container["lastState"] = {{"terminated", {{"exitCode", 1}, {"reason", "Error"}}}};
  const Json status{
      {"status",
       {{"phase", "Pending"}, {"containerStatuses", boost::json::array{std::move(container)}}}}};
  cluster_.patch("pods", name, api::to_text(status), "default", "status");
}

void SampleApi::make_services() {
  cluster_.create(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"demo","namespace":"default"},
    "spec":{"type":"NodePort","selector":{"app":"demo"},"ports":[{"port":80,"targetPort":8080,"nodePort":30080}]}})");
  cluster_.create(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"orphan","namespace":"default"},
    "spec":{"selector":{"app":"nobody"},"ports":[{"port":5432}]}})");
  cluster_.create(
      R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
    "metadata":{"name":"demo-x","namespace":"default","labels":{"kubernetes.io/service-name":"demo"}},
    "endpoints":[{"addresses":["10.244.0.4"],"conditions":{"ready":true}},
                 {"addresses":["10.244.0.5"],"conditions":{"ready":true}},
                 {"addresses":["10.244.0.6"],"conditions":{"ready":false}}]})");
}

void SampleApi::make_events() {
  const auto say = [&](int number, const char* type, const char* reason, const char* message,
                       const char* name, int seconds_ago) {
    const std::string at = rfc3339(cluster_.clock.wall() - std::chrono::seconds(seconds_ago));
    cluster_.create(
        Json{{"apiVersion", "v1"},
             {"kind", "Event"},
             {"metadata", {{"name", "event-" + std::to_string(number)}, {"namespace", "default"}}},
             {"involvedObject", {{"kind", "Pod"}, {"namespace", "default"}, {"name", name}}},
             {"type", type},
             {"reason", reason},
             {"message", message},
             {"count", 1},
             {"source", {{"component", "kubelet"}}},
             {"firstTimestamp", at},
             {"lastTimestamp", at}});
  };
  say(1, "Normal", "Scheduled", "Successfully assigned default/cache-0 to node", "cache-0", 170);
  say(2, "Normal", "Pulled", "Container image \"redis:7\" already present on machine", "cache-0",
      168);
  say(3, "Normal", "Started", "Container started", "cache-0", 166);
  say(4, "Warning", "Failed", "Error: ImagePullBackOff", "report-5d8c7f9b6-zk4wm", 40);
  say(5, "Warning", "BackOff", "Back-off restarting failed container app", "worker-6f7b9c5d8-p2nxc",
      12);
  say(6, "Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503",
      "demo-7c9d5b8f64-xr3lb", 4);
}

}  // namespace cove::ui::test
