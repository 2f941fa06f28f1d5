// Files and names of sandboxes, admission, credentials, signals.
#include <gmock/gmock.h>
#include <signal.h>

#include "core/node/image_puller.h"
#include "core/node/pod_admission.h"
#include "core/node/pod_runs.h"
#include "core/node/sandbox.h"
#include "tests/unit/agent/pod_facts.h"

namespace cove::node {
namespace {

using test::object;
using ::testing::HasSubstr;

api::ObjectPtr pod(std::string_view spec) {
  return object(
      fmt::format("{{metadata: {{name: web, namespace: team, uid: u1}}, spec: {{{}}}}}", spec));
}

TEST(PodSandboxFiles, ResolverByPolicy) {
  constexpr const char* kNode = "nameserver 9.9.9.9\nsearch example.org\noptions timeout:1\n";
  const auto resolver = [&](std::string_view spec) {
    return resolver_of(*pod(spec), "10.96.0.10", "cluster.local", kNode);
  };
  constexpr const char* kCluster =
      "search team.svc.cluster.local svc.cluster.local cluster.local example.org\n"
      "nameserver 10.96.0.10\noptions ndots:5\n";
  EXPECT_EQ(resolver(""), kCluster);
  EXPECT_EQ(resolver("hostNetwork: true"),
            "search example.org\nnameserver 9.9.9.9\noptions timeout:1\n");
  EXPECT_EQ(resolver("hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet"), kCluster);
  EXPECT_EQ(resolver("dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [a.b], "
                     "options: [{name: ndots, value: '2'}, {name: edns0}]}"),
            "search a.b\nnameserver 1.1.1.1\noptions ndots:2 edns0\n");
  EXPECT_EQ(
      resolver("dnsConfig: {nameservers: [1.1.1.1, 2.2.2.2, 3.3.3.3], options: [{name: ndots, "
               "value: '1'}]}"),
      "search team.svc.cluster.local svc.cluster.local cluster.local example.org\n"
      "nameserver 10.96.0.10\nnameserver 1.1.1.1\nnameserver 2.2.2.2\noptions ndots:1\n");
}

TEST(PodSandboxFiles, HostsAndNames) {
  const auto aliased =
      pod("hostname: front, subdomain: sub, hostAliases: [{ip: 1.2.3.4, hostnames: [a, b]}]");
  const auto name = host_name_of(*aliased, "cluster.local", "node");
  EXPECT_EQ(name.value(), "front");
  const std::string hosts = hosts_of(*aliased, "10.244.0.7", *name, "cluster.local", "");
  EXPECT_THAT(hosts, HasSubstr("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"));
  EXPECT_THAT(hosts, HasSubstr("10.244.0.7\tfront.sub.team.svc.cluster.local\tfront\n"));
  EXPECT_THAT(hosts, HasSubstr("\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"));
  EXPECT_EQ(hosts_of(*pod("hostNetwork: true"), "", "node", "cluster.local", "127.0.0.1 me\n"),
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n");
  EXPECT_EQ(
      host_name_of(*pod("subdomain: s, setHostnameAsFQDN: true"), "cluster.local", "n").value(),
      "web.s.team.svc.cluster.local");
  EXPECT_FALSE(host_name_of(
      *pod("hostname: " + std::string(63, 'x') + ", subdomain: s, setHostnameAsFQDN: true"),
      "cluster.local", "n"));
  EXPECT_EQ(host_name_of(*pod("hostNetwork: true"), "cluster.local", "node").value(), "node");
}

TEST(PodSandboxFiles, HostPorts) {
  const auto ports = host_ports_of(
      *pod("containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}, "
           "{containerPort: 53, protocol: UDP, hostPort: 53}, {containerPort: 1}]}]"));
  ASSERT_TRUE(ports);
  ASSERT_EQ(ports->size(), 2U);
  EXPECT_EQ((*ports)[0].host_ip, "127.0.0.1");
  EXPECT_EQ((*ports)[1].protocol, network::Protocol::kUdp);
  EXPECT_FALSE(host_ports_of(
      *pod("containers: [{name: a, ports: [{containerPort: 1, hostPort: 1, protocol: SCTP}]}]")));
}

constexpr std::string_view kNodeYaml = R"(
metadata: {name: node, labels: {disk: fast, size: "5"}}
spec: {taints: [{key: k, value: v, effect: NoExecute}]}
status: {allocatable: {cpu: "2", memory: 1Gi, pods: "2"}}
)";

std::string refusal(std::string_view spec, const std::vector<api::ObjectPtr>& others = {}) {
  const auto found = refuses(*pod(spec), *object(kNodeYaml), others);
  return found ? found->reason + ": " + found->message : "";
}

TEST(PodAdmission, ReasonsAreTheKubelets) {
  const std::string kTolerates = "tolerations: [{operator: Exists}], ";
  EXPECT_EQ(refusal(kTolerates + "containers: [{name: a, resources: {requests: {cpu: 1500m}}}]"),
            "");
  const auto other =
      pod("containers: [{name: a, resources: {requests: {cpu: 600m}}, ports: [{hostPort: 80}]}]");
  EXPECT_EQ(
      refusal(kTolerates + "containers: [{name: a, resources: {requests: {cpu: 1500m}}}]", {other}),
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 600, capacity: "
      "2000");
  EXPECT_EQ(
      refusal(kTolerates + "containers: [{name: a, resources: {requests: {memory: 2Gi}}}]"),
      "OutOfmemory: Node didn't have enough resource: memory, requested: 2147483648, used: 0, "
      "capacity: 1073741824");
  EXPECT_EQ(
      refusal(kTolerates + "containers: [{name: a}]", {other, other}),
      "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2");
  // The largest moment of initialization counts, and sidecars stay.
  EXPECT_EQ(
      refusal(kTolerates +
              "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: "
              "500m}}}, {name: i, resources: {requests: {cpu: 1600m}}}], containers: [{name: a, "
              "resources: {requests: {cpu: 100m}}}]"),
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 2100, used: 0, capacity: "
      "2000");
  EXPECT_THAT(refusal(kTolerates + "nodeSelector: {disk: slow}, containers: []"),
              HasSubstr("NodeAffinity: Predicate NodeAffinity failed"));
  const auto affinity = [&](std::string_view expression) {
    return refusal(kTolerates +
                   fmt::format("affinity: {{nodeAffinity: "
                               "{{requiredDuringSchedulingIgnoredDuringExecution: "
                               "{{nodeSelectorTerms: [{{matchExpressions: [{}]}}]}}}}}}, "
                               "containers: []",
                               expression))
        .empty();
  };
  EXPECT_TRUE(affinity("{key: disk, operator: In, values: [slow, fast]}"));
  EXPECT_FALSE(affinity("{key: disk, operator: NotIn, values: [fast]}"));
  EXPECT_TRUE(affinity("{key: disk, operator: Exists}, {key: none, operator: DoesNotExist}"));
  EXPECT_TRUE(affinity("{key: size, operator: Gt, values: ['4']}"));
  EXPECT_FALSE(affinity("{key: size, operator: Lt, values: ['4']}"));
  EXPECT_THAT(refusal(kTolerates + "containers: [{name: a, ports: [{hostPort: 80}]}]", {other}),
              HasSubstr("NodePorts: "));
  EXPECT_THAT(refusal("containers: []"), HasSubstr("TaintToleration: "));
  EXPECT_EQ(refusal("tolerations: [{key: k, value: v, effect: NoExecute}], containers: []"), "");
}

TEST(PodAdmission, ResizesWaitOrCannotBe) {
  const auto asks = [](std::string_view cpu) {
    return fmt::format("containers: [{{name: a, resources: {{requests: {{cpu: {}}}}}}}]", cpu);
  };
  const auto other = object("metadata: {name: other, uid: other}\nspec: {" + asks("1500m") + "}");
  const auto resized = [&](std::string_view cpu, const std::string& annotations = {}) {
    const auto own = object("metadata: {name: own, uid: own, annotations: {" + annotations +
                            "}}\nspec: {" + asks(cpu) + "}");
    const auto found = refuses_resize(*own, *object(kNodeYaml), {own, other});
    return found ? found->reason + ": " + found->message : "";
  };
  EXPECT_EQ(resized("500m"), "");
  EXPECT_EQ(resized("600m"),
            "Deferred: Node didn't have enough resource: cpu, requested: 600, used: 1500, "
            "capacity: 2000");
  EXPECT_EQ(resized("2500m"),
            "Infeasible: Node didn't have enough capacity: cpu, requested: 2500, capacity: 2000");
  EXPECT_EQ(resized("100m", "kubernetes.io/config.mirror: \"" + std::string(32, 'a') + "\""),
            "Infeasible: In-place resize of static-pods is not supported");
}

// Whoever is refused what he asks for has what he had, also once he starts anew, and others what is
// left beside that.
TEST(PodAdmission, ARefusedResizeTakesNothing) {
  test::Pod own(
      "metadata: {name: own, uid: own}\nspec:\n  initContainers:\n"
      "  - {name: once, resources: {requests: {cpu: 7m}}}\n"
      "  - {name: side, restartPolicy: Always, resources: {requests: {cpu: 900}}}\n"
      "  containers:\n  - {name: main, resources: {requests: {cpu: 900}, limits: {cpu: 900}}}\n"
      "  - {name: other, resources: {requests: {cpu: 1m}}}\n");
  own.runs("once").runs("side").ended("main", 1);
  own.at("main").run->resources = {{"requests", {{"cpu", "500m"}}}};
  EXPECT_EQ(allocated_pod(own.facts), own.facts.pod);
  own.facts.resize_pending = "Infeasible";
  const api::ObjectPtr allocated = allocated_pod(own.facts);
  const auto asked = [&](const char* list, std::size_t i) {
    return resources_of(
        ContainerFacts{.spec = &allocated->document().at("spec").at(list).at(i).as_object()});
  };
  EXPECT_EQ(asked("initContainers", 0), (json::object{{"requests", {{"cpu", "7m"}}}}));
  EXPECT_EQ(asked("initContainers", 1), json::object());
  EXPECT_EQ(asked("containers", 0), (json::object{{"requests", {{"cpu", "500m"}}}}));
  EXPECT_EQ(asked("containers", 1), (json::object{{"requests", {{"cpu", "1m"}}}}));

  const std::string spec =
      "tolerations: [{operator: Exists}], containers: [{name: a, resources: {requests: {cpu: "
      "1400m}}}]";
  EXPECT_EQ(refusal(spec, {allocated}), "");
  EXPECT_THAT(refusal(spec, {own.facts.pod}), HasSubstr("OutOfcpu"));
}

TEST(PodAdmission, WhatWasRefusedIsKnownFromItsStatus) {
  const auto said = [](const std::string& status) {
    const auto found = refused_resize(
        *object("status: {conditions: [{type: PodResizePending, reason: Deferred, message: m, "
                "status: '" +
                status + "'}]}"));
    return found ? found->reason + found->message : "";
  };
  EXPECT_EQ(said("True"), "Deferredm");
  EXPECT_EQ(said("False"), "");
}

TEST(PodAdmission, ANodeUnderPressureTakesLittle) {
  const auto refusal_under = [](const std::string& types, const std::string& spec) {
    std::string node =
        "metadata: {name: node}\nstatus:\n  allocatable: {cpu: \"2\", pods: \"9\"}\n  "
        "conditions:\n";
    for (const char* type : {"MemoryPressure", "DiskPressure", "Ready"})
      node += fmt::format("  - {{type: {}, status: '{}'}}\n", type,
                          types.find(type) == std::string::npos ? "False" : "True");
    const auto found = refuses(*pod(spec), *object(node), {});
    return found ? found->reason + ": " + found->message : "";
  };
  const std::string greedy = "containers: [{name: a}]";
  const std::string modest = "containers: [{name: a, resources: {requests: {cpu: 100m}}}]";
  const std::string patient =
      "tolerations: [{key: node.kubernetes.io/memory-pressure, operator: Exists}], " + greedy;
  EXPECT_EQ(refusal_under("Ready", greedy), "");
  EXPECT_EQ(refusal_under("MemoryPressure", greedy),
            "Evicted: The node had condition: [MemoryPressure]. ");
  EXPECT_EQ(refusal_under("MemoryPressure", modest), "");
  EXPECT_EQ(refusal_under("MemoryPressure", patient), "");
  EXPECT_EQ(refusal_under("MemoryPressure DiskPressure", patient),
            "Evicted: The node had condition: [MemoryPressure DiskPressure]. ");
  EXPECT_EQ(refusal_under("DiskPressure", modest),
            "Evicted: The node had condition: [DiskPressure]. ");
  EXPECT_EQ(refusal_under("DiskPressure", "priority: 2000001000, " + greedy), "");
}

TEST(PullSecrets, CredentialsFitTheirRegistry) {
  const auto user = [](std::string_view document, std::string_view image) {
    const auto found = credentials_for({{".dockerconfigjson", std::string(document)}},
                                       image::parse_tagged(image).value());
    return found.empty() ? std::string("none") : found.front().username;
  };
  constexpr std::string_view kConfig = R"({"auths": {
    "https://index.docker.io/v1/": {"username": "hub", "password": "x"},
    "localhost:5000": {"auth": "bWU6c2VjcmV0"},
    "*.example.com": {"username": "wild", "password": "x"},
    "r.io/team": {"username": "team", "password": "x"},
    "r.io": {"username": "all", "password": "x"}}})";
  EXPECT_EQ(user(kConfig, "nginx"), "hub");
  EXPECT_EQ(user(kConfig, "localhost:5000/app"), "me");
  EXPECT_EQ(user(kConfig, "a.example.com/app"), "wild");
  EXPECT_EQ(user(kConfig, "a.b.example.com/app"), "none");
  EXPECT_EQ(user(kConfig, "r.io/team/app"), "team");
  EXPECT_EQ(user(kConfig, "r.io/teams/app"), "all");
  EXPECT_EQ(user("{", "nginx"), "none");
  EXPECT_EQ(user(R"({"auths": [1]})", "nginx"), "none");
}

TEST(StopSignals, AreNamedOrNumbered) {
  EXPECT_EQ(signal_number("SIGQUIT"), SIGQUIT);
  EXPECT_EQ(signal_number("QUIT"), SIGQUIT);
  EXPECT_EQ(signal_number("3"), 3);
  EXPECT_EQ(signal_number("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(signal_number("SIGRTMAX-1"), SIGRTMAX - 1);
  EXPECT_EQ(signal_number("nonsense"), SIGTERM);
  EXPECT_EQ(signal_number("1000"), SIGTERM);
}

}  // namespace
}  // namespace cove::node
