#include "core/proxy/services.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

#include "tests/unit/proxy/objects.h"

namespace cove::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const NodeFacts kNode{"here", *network::Address::parse("192.0.2.10")};

std::string text_of(const network::ServiceFrontend& frontend) {
  return fmt::format("{} {}:{}", frontend.protocol == IPPROTO_TCP ? "tcp" : "udp",
                     frontend.address ? frontend.address->text() : "*", frontend.port);
}

std::vector<std::string> frontends(const network::ServicePort& port) {
  std::vector<std::string> all;
  for (const auto& frontend : port.frontends) all.push_back(text_of(frontend));
  return all;
}

std::vector<std::string> endpoints(const network::ServicePort& port) {
  std::vector<std::string> all;
  for (const auto& each : port.endpoints)
    all.push_back(fmt::format("{}:{}", each.address.text(), each.port));
  return all;
}

constexpr const char* kService = R"(
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7]
  ports:
  - {name: http, port: 80, protocol: TCP, nodePort: 30080}
  - {name: dns, port: 53, protocol: UDP}
)";

// One endpoint of each kind, here and elsewhere.
constexpr const char* kSlice = R"(
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports:
- {name: http, port: 8080, protocol: TCP}
- {name: dns, port: 5353, protocol: UDP}
endpoints:
- {addresses: [10.244.0.2], nodeName: here, conditions: {ready: true}}
- {addresses: [10.244.0.3], nodeName: here, conditions: {ready: false, serving: true, terminating: true}}
- {addresses: [10.244.1.4], nodeName: there}
- {addresses: [10.244.1.5], nodeName: there, conditions: {ready: false, serving: false}}
)";

TEST(Services, PortsLeadToReadyEndpointsOfTheSameName) {
  const ServicePlan plan = plan_service(*object(kService), {object(kSlice)}, kNode);
  ASSERT_EQ(plan.ports.size(), 2U);
  const auto& http = plan.ports.at("shop/web:80/6");
  EXPECT_THAT(frontends(http), ElementsAre("tcp 10.96.0.7:80", "tcp *:30080"));
  EXPECT_THAT(endpoints(http), ElementsAre("10.244.0.2:8080", "10.244.1.4:8080"));
  EXPECT_FALSE(http.drop);
  EXPECT_EQ(http.affinity.count(), 0);
  const auto& dns = plan.ports.at("shop/web:53/17");
  EXPECT_THAT(frontends(dns), ElementsAre("udp 10.96.0.7:53"));
  EXPECT_THAT(endpoints(dns), ElementsAre("10.244.0.2:5353", "10.244.1.4:5353"));
  ASSERT_EQ(plan.published.size(), 1U);
  EXPECT_EQ(plan.published[0].host_port, 30080);
  EXPECT_FALSE(plan.health);
  EXPECT_EQ(service_of_slice(*object(kSlice)), "shop/web");
  EXPECT_THAT(endpoints(plan_service(*object(kService), {}, kNode).ports.at("shop/web:80/6")),
              IsEmpty());
}

TEST(Services, OthersOfTheSameNameDoNotCount) {
  for (const char* slice : {R"({addressType: IPv6, ports: [{name: http, port: 1}],
                               endpoints: [{addresses: ["fd00::1"]}]})",
                            R"({addressType: IPv4, ports: [{name: http, port: 1, protocol: UDP}],
                               endpoints: [{addresses: ["10.244.0.9"]}]})",
                            R"({addressType: IPv4, ports: [{name: other, port: 1}],
                               endpoints: [{addresses: ["10.244.0.9"]}]})",
                            R"({addressType: IPv4, ports: [{name: http}],
                               endpoints: [{addresses: ["10.244.0.9"]}]})",
                            R"({addressType: IPv4, ports: [{name: http, port: 1}],
                               endpoints: [{addresses: [7]}, {}, 3]})"}) {
    const auto plan = plan_service(*object(kService), {object(slice)}, kNode);
    EXPECT_THAT(endpoints(plan.ports.at("shop/web:80/6")), IsEmpty()) << slice;
  }
}

TEST(Services, TerminatingEndpointsServeWhenNoneIsReady) {
  const auto slice = object(R"(
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.244.0.3], nodeName: here, conditions: {ready: false, serving: true, terminating: true}}
- {addresses: [10.244.0.4], nodeName: here, conditions: {ready: false, serving: false, terminating: true}}
)");
  const auto plan = plan_service(*object(kService), {slice}, kNode);
  EXPECT_THAT(endpoints(plan.ports.at("shop/web:80/6")), ElementsAre("10.244.0.3:8080"));
}

TEST(Services, LocalPoliciesUseLocalEndpoints) {
  const std::string local = std::string(kService) + "  externalTrafficPolicy: Local\n";
  auto plan = plan_service(*object(local), {object(kSlice)}, kNode);
  EXPECT_EQ(endpoints(plan.ports.at("shop/web:80/6")).size(), 2U);
  EXPECT_THAT(frontends(plan.ports.at("shop/web:80/6/external")), ElementsAre("tcp *:30080"));
  EXPECT_THAT(endpoints(plan.ports.at("shop/web:80/6/external")), ElementsAre("10.244.0.2:8080"));

  const NodeFacts elsewhere{"nowhere", kNode.address};
  plan = plan_service(*object(local), {object(kSlice)}, elsewhere);
  EXPECT_THAT(endpoints(plan.ports.at("shop/web:80/6/external")), IsEmpty());
  EXPECT_TRUE(plan.ports.at("shop/web:80/6/external").drop);

  const std::string both = local + "  internalTrafficPolicy: Local\n";
  plan = plan_service(*object(both), {object(kSlice)}, elsewhere);
  ASSERT_EQ(plan.ports.size(), 2U);
  EXPECT_EQ(frontends(plan.ports.at("shop/web:80/6")).size(), 2U);
  EXPECT_TRUE(plan.ports.at("shop/web:80/6").drop);
  EXPECT_FALSE(plan_service(*object(both), {}, elsewhere).ports.at("shop/web:80/6").drop)
      << "rejected: there are none anywhere";
}

TEST(Services, BalancersExternalAddressesAndAffinity) {
  const auto service = object(R"(
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.7
  externalIPs: [198.51.100.1, "fd00::1", nonsense]
  externalTrafficPolicy: Local
  healthCheckNodePort: 32100
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
  ports: [{name: http, port: 80, nodePort: 30080}]
status:
  loadBalancer:
    ingress: [{ip: 192.0.2.9}, {ip: 127.0.0.1}, {ip: 192.0.2.99, ipMode: Proxy}, {hostname: a.example}]
)");
  const auto plan = plan_service(*service, {object(kSlice)}, kNode);
  const auto& outside = plan.ports.at("shop/web:80/6/external");
  EXPECT_THAT(frontends(outside), ElementsAre("tcp 192.0.2.9:80", "tcp 192.0.2.10:80",
                                              "tcp 198.51.100.1:80", "tcp *:30080"))
      << "the user's own address is this machine";
  EXPECT_EQ(outside.affinity.count(), 60);
  ASSERT_TRUE(plan.health);
  EXPECT_EQ(*plan.health, (HealthPort{32100, 1}));
  ASSERT_EQ(plan.published.size(), 2U);
  EXPECT_EQ(plan.published[0].host_port, 30080);
  EXPECT_EQ(plan.published[1].host_port, 80);
}

TEST(Services, SourceRangesGuardLoadBalancersAlone) {
  const std::string service = R"(
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.7
  externalIPs: [198.51.100.1]
  loadBalancerSourceRanges: [" 203.0.113.0/24", RANGE]
  ports: [{name: http, port: 80, nodePort: 30080}]
status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}
)";
  const auto with = [&](const char* range) {
    std::string text = service;
    text.replace(text.find("RANGE"), 5, range);
    return plan_service(*object(text), {object(kSlice)}, kNode).ports.at("shop/web:80/6");
  };
  const network::ServicePort port = with("10.1.2.3/32");
  ASSERT_EQ(port.guarded.size(), 1U);
  EXPECT_EQ(text_of(port.guarded[0]), "tcp 192.0.2.10:80");
  EXPECT_EQ(port.frontends.size(), 4U);
  ASSERT_EQ(port.sources.size(), 2U);
  EXPECT_EQ(port.sources[0].first.text(), "10.1.2.3");
  EXPECT_EQ(port.sources[0].last.text(), "10.1.2.3");
  EXPECT_EQ(port.sources[1].first.text(), "203.0.113.0");
  EXPECT_EQ(port.sources[1].last.text(), "203.0.113.255");
  EXPECT_EQ(with("203.0.114.0/24").sources.size(), 1U) << "they touch";
  EXPECT_EQ(with("\"fd00::/8\"").sources.size(), 1U) << "the other family's";
  std::string only = service;
  only.replace(only.find("\" 203.0.113.0/24\", RANGE"), 24, "\"fd00::/8\"");
  const auto closed =
      plan_service(*object(only), {object(kSlice)}, kNode).ports.at("shop/web:80/6");
  ASSERT_EQ(closed.guarded.size(), 1U);
  EXPECT_TRUE(closed.sources.empty()) << "nobody of this family";
}

TEST(Services, TooManySourceRangesLetNobodyIn) {
  const auto planned = [](unsigned count, bool balanced = true) {
    std::string ranges;
    for (unsigned i = 0; i < count; ++i)  // every other address, so that none touches another
      ranges += fmt::format("10.{}.{}.{}/32,", i >> 15 & 255, i >> 7 & 255, i << 1 & 255);
    return plan_service(
        *object(fmt::format(
            R"(
metadata: {{name: web, namespace: shop}}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.7
  loadBalancerSourceRanges: [{}]
  ports: [{{name: http, port: 80}}, {{name: dns, port: 53, protocol: UDP}}]
{})",
            ranges, balanced ? "status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}" : "")),
        {object(kSlice)}, kNode);
  };
  const ServicePlan most = planned(8192);
  EXPECT_EQ(most.problem, "");
  EXPECT_EQ(most.ports.at("shop/web:80/6").sources.size(), 8192U);
  const ServicePlan closed = planned(8193);
  for (const auto& [name, port] : closed.ports) {
    EXPECT_TRUE(port.sources.empty()) << name;
    EXPECT_EQ(port.guarded.size(), 1U) << name;
    EXPECT_EQ(port.frontends.size(), 2U) << "by the cluster's address it is reached: " << name;
  }
  EXPECT_EQ(closed.problem,
            "Nobody reaches the load balancer: spec.loadBalancerSourceRanges are 8193 ranges for 2 "
            "ports, and there is room for 16384 in all. Use fewer and larger ranges.");
  EXPECT_EQ(planned(8193, false).problem, "") << "nobody is kept from anything";
}

TEST(Services, EndpointsOfManyPortsAreTheFirstOnes) {
  std::string slice = "addressType: IPv4\nports: [{name: http, port: 80}]\nendpoints:\n";
  for (unsigned i = 1; i <= 1000; ++i)
    slice += fmt::format("- {{addresses: [10.244.{}.{}]}}\n", i >> 8, i & 255);
  const auto planned = [&](unsigned ports, const std::string& more = "") {
    std::string text = "metadata: {name: web, namespace: shop}\nspec:\n  clusterIP: 10.96.0.7\n" +
                       more + "  ports:\n";
    for (unsigned i = 0; i < ports; ++i)
      text += fmt::format("  - {{name: http, port: {}}}\n", 1000 + i);
    return plan_service(*object(text), {object(slice)}, kNode);
  };
  const ServicePlan all = planned(65);
  EXPECT_EQ(all.problem, "");
  EXPECT_EQ(endpoints(all.ports.at("shop/web:1000/6")).size(), 1000U);
  const ServicePlan some = planned(128);
  EXPECT_EQ(some.ports.size(), 128U);
  for (const auto& [name, port] : some.ports) EXPECT_EQ(port.endpoints.size(), 512U) << name;
  EXPECT_EQ(some.problem,
            "Not every endpoint is asked: a port has up to 1000, and with so many ports there is "
            "room for the first 512 of each. Use fewer ports, or several Services.");
  EXPECT_EQ(planned(2, "  sessionAffinity: ClientIP\n").problem, "");
  EXPECT_NE(planned(3, "  sessionAffinity: ClientIP\n").problem, "");
}

TEST(Services, HintsSayWhomToPrefer) {
  const auto ports = [](const std::string& list, const NodeFacts& node) {
    const auto slice =
        object("addressType: IPv4\nports: [{name: http, port: 80}]\nendpoints:\n" + list);
    return endpoints(plan_service(*object(kService), {slice}, node).ports.at("shop/web:80/6"));
  };
  const std::string here =
      "- {addresses: [10.244.0.2], hints: {forZones: [{name: a}], forNodes: [{name: here}]}}\n";
  const std::string near =
      "- {addresses: [10.244.0.3], hints: {forZones: [{name: a}], forNodes: [{name: near}]}}\n";
  const std::string far =
      "- {addresses: [10.244.0.4], hints: {forZones: [{name: b}], forNodes: [{name: far}]}}\n";
  const std::string unsaid = "- {addresses: [10.244.0.5]}\n";
  const std::string ending =
      "- {addresses: [10.244.0.6], conditions: {ready: false, serving: true, terminating: true}}\n";
  NodeFacts node = kNode;
  node.zone = "a";
  NodeFacts stranger{"nowhere", kNode.address};
  EXPECT_THAT(ports(here + near + far, node), ElementsAre("10.244.0.2:80"));
  EXPECT_THAT(ports(here + near + far + ending, node), ElementsAre("10.244.0.2:80"))
      << "what is not ready has no say";
  EXPECT_THAT(ports(near + far, node), ElementsAre("10.244.0.3:80")) << "its zone";
  EXPECT_EQ(ports(near + far, kNode).size(), 2U) << "a node of no zone";
  EXPECT_EQ(ports(far, node).size(), 1U) << "better somebody else's than none";
  EXPECT_EQ(ports(here + near + far + unsaid, node).size(), 4U) << "one without a hint";
  stranger.zone = "b";
  EXPECT_THAT(ports(here + near + far, stranger), ElementsAre("10.244.0.4:80"));
}

TEST(Services, PortsOfThisMachinesOwnServersAreNotTaken) {
  const auto service = object(R"(
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.7
  externalIPs: [192.0.2.10, 198.51.100.1]
  ports: [{name: http, port: 6443, nodePort: 30080}]
status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}
)");
  NodeFacts node = kNode;
  node.own_ports = {6443};
  const auto plan = plan_service(*service, {}, node);
  EXPECT_THAT(frontends(plan.ports.at("shop/web:6443/6")),
              ElementsAre("tcp 10.96.0.7:6443", "tcp 198.51.100.1:6443", "tcp *:30080"));
  ASSERT_EQ(plan.published.size(), 1U);
  EXPECT_EQ(plan.published[0].host_port, 30080);
}

TEST(Services, WithoutAnAddressThereIsNothingToDo) {
  for (const char* spec :
       {"{type: ClusterIP, clusterIP: None, clusterIPs: [None], ports: [{port: 80}]}",
        "{type: ExternalName, externalName: a.example, ports: [{port: 80}]}",
        "{type: ClusterIP, ports: [{port: 80}]}",
        "{type: ClusterIP, clusterIP: 10.96.0.7, ports: [{port: 0}, 7, {}]}"}) {
    const auto plan = plan_service(
        *object(fmt::format("{{metadata: {{name: a, namespace: b}}, spec: {}}}", spec)),
        {object(kSlice)}, kNode);
    EXPECT_TRUE(plan.ports.empty()) << spec;
    EXPECT_TRUE(plan.published.empty());
  }
}

}  // namespace
}  // namespace cove::proxy
