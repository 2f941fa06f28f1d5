#include <gtest/gtest.h>

#include "core/controllers/endpoints_pods.h"
#include "core/controllers/endpoints_subsets.h"
#include "core/controllers/endpointslice_plan.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;

json::object parse(std::string_view text) {
  return api::parse_yaml(text).value().value.get_object();
}

json::object endpoint(int number) {
  return {{"addresses", {"10.0.0." + std::to_string(number)}}, {"conditions", {{"ready", true}}}};
}

std::vector<json::object> endpoints(int first, int last) {
  std::vector<json::object> all;
  for (int i = first; i <= last; ++i) all.push_back(endpoint(i));
  return all;
}

SliceMetadata metadata() {
  return {.namespace_name = "default",
          .generate_name = "web-",
          .labels = {{"kubernetes.io/service-name", "web"}},
          .annotations = {},
          .owner = {{"kind", "Service"}}};
}

const json::array kPorts = {json::object{{"name", ""}, {"protocol", "TCP"}, {"port", 80}}};

api::ObjectPtr slice(std::string_view name, std::vector<json::object> all,
                     const json::array& ports = kPorts) {
  json::array list;
  for (json::object& each : all) list.push_back(std::move(each));
  return api::Object::make({{"metadata",
                             {{"name", api::key(name)},
                              {"namespace", "default"},
                              {"labels", {{"kubernetes.io/service-name", "web"}}}}},
                            {"addressType", "IPv4"},
                            {"endpoints", std::move(list)},
                            {"ports", ports}});
}

// "a=3 b=10": slices to be updated by how many endpoints they get; new ones are "+".
std::string summary(const SlicePlan& plan) {
  std::vector<std::string> parts;
  const auto size = [](const json::object& of) {
    return std::to_string(of.at("endpoints").get_array().size());
  };
  for (const json::object& each : plan.update)
    parts.push_back(std::string(text_at(each, {"metadata", "name"})) + "=" + size(each));
  for (const json::object& each : plan.create) parts.push_back("+" + size(each));
  for (const api::ObjectPtr& each : plan.remove) parts.push_back("-" + std::string(each->name()));
  std::ranges::sort(parts);
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

TEST(EndpointSlicePlan, WritesAsLittleAsPossible) {
  struct Case {
    std::vector<std::pair<int, int>> existing;  // slices a, b, c …
    int first, last;                            // wanted
    std::string plan;
  };
  const std::vector<Case> cases = {
      {{}, 1, 3, "+3"},
      {{}, 1, 0, "+0"},                          // one that is empty
      {{{1, 3}}, 1, 3, ""},                      // nothing changed
      {{{1, 3}}, 1, 4, "a=4"},                   // filled up
      {{{1, 3}}, 2, 3, "a=2"},                   // one went
      {{{1, 3}}, 4, 6, "a=3"},                   // a slice to make and one to remove are one
      {{{1, 10}}, 1, 11, "+1"},                  // full
      {{{1, 10}, {11, 13}}, 1, 14, "b=4"},       // the one with room
      {{{1, 6}, {7, 10}}, 1, 12, "a=8"},         // the fullest that takes them all
      {{{1, 10}, {11, 13}}, 2, 15, "a=10 b=4"},  // what is written anyway is filled first
      {{{1, 10}, {11, 13}}, 1, 10, "-b"},
      {{}, 1, 25, "+10 +10 +5"},
  };
  for (const Case& each : cases) {
    std::vector<api::ObjectPtr> existing;
    char name = 'a';
    for (const auto& [first, last] : each.existing)
      existing.push_back(slice(std::string(1, name++), endpoints(first, last)));
    const SlicePlan plan = plan_slices(
        metadata(), "IPv4", {{kPorts, endpoints(each.first, each.last)}}, existing, {.most = 10});
    EXPECT_EQ(summary(plan), each.plan) << each.first << "-" << each.last;
  }
}

TEST(EndpointSlicePlan, KeepsStateOfOneSliceAndFollowsPortsAndLabels) {
  auto changed = endpoints(1, 2);
  changed[1]["conditions"] = json::object{{"ready", false}};
  EXPECT_EQ(
      summary(plan_slices(metadata(), "IPv4", {{kPorts, changed}}, {slice("a", endpoints(1, 2))})),
      "a=2");
  const json::array other = {json::object{{"name", ""}, {"protocol", "TCP"}, {"port", 81}}};
  const auto moved =
      plan_slices(metadata(), "IPv4", {{other, endpoints(1, 2)}}, {slice("a", endpoints(1, 2))});
  EXPECT_EQ(summary(moved), "a=2");
  EXPECT_EQ(moved.update.at(0).at("ports"), json::value(other));
  SliceMetadata labelled = metadata();
  labelled.labels["tier"] = "front";
  EXPECT_EQ(summary(plan_slices(labelled, "IPv4", {{kPorts, endpoints(1, 2)}},
                                {slice("a", endpoints(1, 2))})),
            "a=2");
  // The empty one is not made anew.
  EXPECT_EQ(summary(plan_slices(metadata(), "IPv4", {}, {slice("a", {}, {})})), "");
  EXPECT_EQ(summary(plan_slices(metadata(), "IPv4", {}, {slice("a", endpoints(1, 2))},
                                {.keep_one_empty = false})),
            "-a");
}

TEST(EndpointsSubsets, TruncatesAtAThousandReadyOnesFirst) {
  json::array subsets;
  for (const int count : {900, 300}) {
    json::array ready, not_ready;
    for (int i = 0; i < count; ++i) ready.push_back(json::object{{"ip", std::to_string(i)}});
    not_ready.push_back(json::object{{"ip", "x"}});
    subsets.push_back(json::object{{"addresses", ready}, {"notReadyAddresses", not_ready}});
  }
  EXPECT_TRUE(truncate_subsets(subsets));
  EXPECT_EQ(subsets[0].at("addresses").get_array().size(), 750U);
  EXPECT_EQ(subsets[1].at("addresses").get_array().size(), 250U);
  EXPECT_FALSE(subsets[0].get_object().contains("notReadyAddresses"));
  EXPECT_FALSE(truncate_subsets(subsets));
}

constexpr std::string_view kService = R"(
apiVersion: v1
kind: Service
metadata: {name: web, labels: {team: a}}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: web}
)";

std::string pod(std::string_view name, int port, std::string_view more = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
         ", labels: {app: web}}\nspec:\n  " + std::string(more) +
         "\n  containers:\n  - {name: main, image: test, ports: [{name: web, containerPort: " +
         std::to_string(port) + "}]}\n";
}

std::vector<api::ObjectPtr> slices_of(test::Cluster& cluster, std::string_view service) {
  return cluster.list("endpointslices.discovery.k8s.io", "default",
                      "kubernetes.io/service-name=" + std::string(service));
}

void give_address(test::Cluster& cluster, std::string_view name, std::string_view ip) {
  cluster.patch(
      "pods", name,
      "{status: {podIP: " + std::string(ip) + ", podIPs: [{ip: " + std::string(ip) + "}]}}",
      "default", "status");
}

TEST(EndpointsControllers, FollowServicesAndPods) {
  Running running({make_endpoints_controller, make_endpointslice_controller});
  test::Cluster& cluster = running.cluster;
  cluster.create(kService);
  running.settle();
  auto slices = slices_of(cluster, "web");
  ASSERT_EQ(slices.size(), 1U);
  const json::object& empty = slices[0]->document();
  EXPECT_TRUE(slices[0]->name().starts_with("web-"));
  EXPECT_EQ(text_at(empty, {"metadata", "labels", "endpointslice.kubernetes.io/managed-by"}),
            "endpointslice-controller.k8s.io");
  EXPECT_EQ(text_at(empty, {"metadata", "labels", "team"}), "a");
  EXPECT_EQ(text_at(empty.at("metadata").at("ownerReferences").at(0).get_object(), {"kind"}),
            "Service");
  EXPECT_EQ(empty.at("endpoints"), json::value(json::array()));

  cluster.create(pod("a", 8080, "hostname: one\n  subdomain: web"));
  cluster.create(pod("b", 9090));
  cluster.run_pod("a");
  cluster.run_pod("b", false);
  give_address(cluster, "b", "10.244.0.3");
  running.settle();
  slices = slices_of(cluster, "web");
  ASSERT_EQ(slices.size(), 2U);  // the named port is another number at each
  for (const api::ObjectPtr& each : slices) {
    const json::object& document = each->document();
    ASSERT_EQ(document.at("endpoints").get_array().size(), 1U);
    const json::object& backend = document.at("endpoints").at(0).get_object();
    const bool first = text_at(backend, {"targetRef", "name"}) == "a";
    EXPECT_EQ(document.at("ports").at(0).at("port"), first ? 8080 : 9090);
    EXPECT_EQ(text_at(backend, {"hostname"}), first ? "one" : "");
    EXPECT_EQ(text_at(backend, {"nodeName"}), "node");
    EXPECT_EQ(backend.at("conditions"),
              json::value({{"ready", first}, {"serving", first}, {"terminating", false}}));
    // That of b was written again for its address, which is no change of its readiness.
    EXPECT_EQ(text_at(document, {"metadata", "annotations", kTriggerTimeAnnotation}).empty(),
              !first);
  }
  auto legacy = cluster.get("endpoints", "web");
  ASSERT_TRUE(legacy);
  ASSERT_EQ(legacy->document().at("subsets").get_array().size(), 2U);
  EXPECT_EQ(api::to_text(legacy->document().at("subsets").at(0).at("ports")),
            R"([{"name":"http","port":8080,"protocol":"TCP"}])");
  EXPECT_EQ(text_at(legacy->document(), {"metadata", "labels", "team"}), "a");

  // A pod that goes serves until it is gone, but takes no new connections.
  cluster.remove("pods", "a");
  running.settle();
  bool seen = false;
  for (const api::ObjectPtr& each : slices_of(cluster, "web")) {
    const json::object& backend = each->document().at("endpoints").at(0).get_object();
    if (text_at(backend, {"targetRef", "name"}) != "a") continue;
    seen = true;
    EXPECT_EQ(backend.at("conditions"),
              json::value({{"ready", false}, {"serving", true}, {"terminating", true}}));
  }
  EXPECT_TRUE(seen);
  cluster.finish_deletions();
  running.settle();
  EXPECT_EQ(slices_of(cluster, "web").size(), 1U);

  cluster.patch("services", "web", "{spec: {publishNotReadyAddresses: true}}");
  running.settle();
  const auto left = slices_of(cluster, "web");
  EXPECT_EQ(left[0]->document().at("endpoints").at(0).at("conditions").at("ready"), true);
  EXPECT_FALSE(cluster.get("endpoints", "web")
                   ->document()
                   .at("subsets")
                   .at(0)
                   .get_object()
                   .contains("notReadyAddresses"));

  const auto hints = [&] {
    const json::object backend =
        slices_of(cluster, "web")[0]->document().at("endpoints").at(0).get_object();
    return backend.contains("hints") ? api::to_text(backend.at("hints")) : std::string();
  };
  EXPECT_EQ(hints(), "");
  cluster.patch("services", "web", "{spec: {trafficDistribution: PreferSameNode}}");
  running.settle();
  EXPECT_EQ(hints(), R"({"forNodes":[{"name":"node"}]})");
  cluster.patch("nodes", "node", "{metadata: {labels: {topology.kubernetes.io/zone: z}}}", "");
  running.settle();
  EXPECT_EQ(hints(), R"({"forZones":[{"name":"z"}],"forNodes":[{"name":"node"}]})");
  for (const char* wish : {"PreferSameZone", "PreferClose"}) {
    cluster.patch("services", "web", std::string("{spec: {trafficDistribution: ") + wish + "}}");
    running.settle();
    EXPECT_EQ(hints(), R"({"forZones":[{"name":"z"}]})") << wish;
  }
  cluster.patch("services", "web", "{spec: {trafficDistribution: null}}");
  running.settle();
  EXPECT_EQ(hints(), "");

  // Nothing is written when what endpoints are made of stays.
  const std::string version(slices_of(cluster, "web")[0]->resource_version());
  cluster.patch("pods", "b", "{metadata: {annotations: {note: x}}}");
  running.settle();
  EXPECT_EQ(slices_of(cluster, "web")[0]->resource_version(), version);

  cluster.remove("services", "web");
  running.settle();
  EXPECT_FALSE(cluster.get("endpoints", "web"));
}

TEST(EndpointsControllers, SplitsAndHeadless) {
  Running running({make_endpointslice_controller});
  test::Cluster& cluster = running.cluster;
  for (int i = 0; i < 103; ++i) {
    const std::string name = "p" + std::to_string(i);
    json::object document = parse(pod(name, 80));
    cluster.create(document);
    give_address(cluster, name, "10.244.1." + std::to_string(i + 1));
  }
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: peers}\n"
      "spec: {clusterIP: None, selector: {app: web}}");
  running.settle();
  auto slices = slices_of(cluster, "peers");
  ASSERT_EQ(slices.size(), 2U);
  std::multiset<std::size_t> sizes;
  for (const api::ObjectPtr& each : slices) {
    sizes.insert(each->document().at("endpoints").get_array().size());
    EXPECT_TRUE(api::value_at(each->document(), {"metadata", "labels", kHeadlessLabel}));
  }
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{3, 100}));
  // One pod less is one write.
  cluster.remove("pods", "p0", "default", {.grace_seconds = 0});
  running.settle();
  int same = 0;
  for (const api::ObjectPtr& each : slices_of(cluster, "peers")) {
    for (const api::ObjectPtr& old : slices)
      same += each->resource_version() == old->resource_version() ? 1 : 0;
  }
  EXPECT_EQ(same, 1);
}

TEST(EndpointsControllers, MirrorsWhatSomebodyMade) {
  Running running({make_endpointslice_mirroring_controller});
  test::Cluster& cluster = running.cluster;
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: db}\n"
      "spec: {ports: [{port: 5432}]}");
  cluster.create(R"(
apiVersion: v1
kind: Endpoints
metadata: {name: db, labels: {a: b}, annotations: {note: x}}
subsets:
- addresses: [{ip: 192.0.2.1}, {ip: "2001:db8::1"}]
  notReadyAddresses: [{ip: 192.0.2.2}]
  ports: [{port: 5432}]
)");
  running.settle();
  auto slices = slices_of(cluster, "db");
  ASSERT_EQ(slices.size(), 2U);
  for (const api::ObjectPtr& each : slices) {
    const json::object& document = each->document();
    EXPECT_EQ(text_at(document, {"metadata", "labels", "endpointslice.kubernetes.io/managed-by"}),
              "endpointslicemirroring-controller.k8s.io");
    EXPECT_EQ(text_at(document, {"metadata", "annotations", "note"}), "x");
    EXPECT_EQ(text_at(document.at("metadata").at("ownerReferences").at(0).get_object(), {"kind"}),
              "Endpoints");
    EXPECT_EQ(document.at("endpoints").get_array().size(),
              text_at(document, {"addressType"}) == "IPv4" ? 2U : 1U);
  }
  cluster.patch("endpoints", "db",
                "{metadata: {labels: {endpointslice.kubernetes.io/skip-mirror: 'true'}}}");
  running.settle();
  EXPECT_TRUE(slices_of(cluster, "db").empty());
}

}  // namespace
}  // namespace cove::controllers
