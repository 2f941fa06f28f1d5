#include "core/proxy/policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

#include "tests/unit/proxy/objects.h"

namespace cove::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Policies : public ::testing::Test {
 protected:
  void pod(const std::string& space, const std::string& name, const std::string& address,
           const std::string& label, const std::string& spec = "nodeName: here",
           const std::string& phase = "Running") {
    pods_.push_back(object(
        fmt::format("{{metadata: {{name: {}, namespace: {}, labels: {{app: {}}}}}, spec: {{{}}}, "
                    "status: {{podIP: {}, phase: {}}}}}",
                    name, space, label, spec, address, phase)));
  }
  void space(const std::string& name, const std::string& team) {
    namespaces_.push_back(
        object(fmt::format("{{metadata: {{name: {}, labels: {{team: {}}}}}}}", name, team)));
  }
  network::PolicyRules plan(const std::vector<std::string>& specs) {
    std::vector<api::ObjectPtr> policies;
    for (std::size_t i = 0; i < specs.size(); ++i)
      policies.push_back(object(
          fmt::format("{{metadata: {{name: p{}, namespace: shop}}, spec: {}}}", i, specs[i])));
    return plan_policies(policies, pods_, namespaces_, "here");
  }
  void SetUp() override {
    space("shop", "sales");
    space("other", "ops");
    pod("shop", "db", "10.244.0.2", "db",
        "nodeName: here, containers: [{ports: [{name: sql, containerPort: 5432}]}]");
    pod("shop", "web", "10.244.0.3", "web");
    pod("other", "probe", "10.244.0.4", "probe",
        "nodeName: there, containers: [{ports: [{name: sql, containerPort: 5433}]}]");
    pod("shop", "host", "192.0.2.1", "db", "nodeName: here, hostNetwork: true");
    pod("shop", "ended", "10.244.0.9", "db", "nodeName: here", "Succeeded");
  }
  static std::vector<std::string> addresses(const auto& all) {
    std::vector<std::string> texts;
    for (const auto& each : all) texts.push_back(each.text());
    return texts;
  }
  static std::vector<std::string> chosen(const network::PolicySide& side) {
    std::vector<std::string> texts;
    for (const auto& [address, policies] : side.chosen) texts.push_back(address.text());
    return texts;
  }
  static std::vector<std::string> blocks(const network::PolicyRule& rule) {
    std::vector<std::string> texts;
    for (const auto& block : rule.blocks)
      texts.push_back(block.first.text() + "-" + block.last.text());
    return texts;
  }
  static std::vector<std::string> ports(const network::PolicyRule& rule) {
    std::vector<std::string> texts;
    for (const auto& port : rule.ports)
      texts.push_back(fmt::format("{} {}-{}", port.protocol, port.first, port.last));
    for (const auto& port : rule.named_ports)
      texts.push_back(fmt::format("{} {}:{}", port.protocol, port.address->text(), port.port));
    return texts;
  }

  std::vector<api::ObjectPtr> pods_, namespaces_;
};

TEST_F(Policies, ChooseRunningPodsOfTheirNamespaceOnThisNode) {
  const auto rules = plan({"{podSelector: {}, policyTypes: [Ingress]}",
                           "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}"});
  EXPECT_THAT(chosen(rules.ingress), ElementsAre("10.244.0.2", "10.244.0.3"));
  EXPECT_TRUE(rules.ingress.policies.at("shop/p0").empty()) << "default deny";
  EXPECT_THAT(chosen(rules.egress), ElementsAre("10.244.0.2"));
  EXPECT_EQ(plan({}), network::PolicyRules());
  EXPECT_EQ(plan({"{podSelector: {matchLabels: {app: probe}}, policyTypes: [Ingress]}"}),
            network::PolicyRules())
      << "its pod is of another namespace";
  EXPECT_EQ(chosen(plan({"{podSelector: {}, egress: []}"}).egress).size(), 2U)
      << "the types follow from the rules when they are not said";
}

TEST_F(Policies, PeersByPodNamespaceAndBoth) {
  const auto peers = [&](const std::string& from) {
    const auto rules =
        plan({fmt::format("{{podSelector: {{}}, policyTypes: [Ingress], ingress: [{}]}}", from)});
    return rules.ingress.policies.at("shop/p0").at(0);
  };
  EXPECT_THAT(addresses(peers("{from: [{podSelector: {matchLabels: {app: web}}}]}").peers),
              ElementsAre("10.244.0.3"));
  EXPECT_THAT(addresses(peers("{from: [{podSelector: {}}]}").peers),
              ElementsAre("10.244.0.2", "10.244.0.3"));
  EXPECT_THAT(addresses(peers("{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}").peers),
              ElementsAre("10.244.0.4"));
  EXPECT_EQ(peers("{from: [{namespaceSelector: {}}]}").peers.size(), 3U);
  EXPECT_THAT(addresses(peers("{from: [{namespaceSelector: {}, "
                              "podSelector: {matchLabels: {app: probe}}}]}")
                            .peers),
              ElementsAre("10.244.0.4"));
  EXPECT_THAT(peers("{from: [{podSelector: {matchLabels: {app: none}}}]}").peers, IsEmpty());
  EXPECT_FALSE(peers("{from: [{podSelector: {matchLabels: {app: none}}}]}").any_peer);
  EXPECT_TRUE(peers("{from: []}").any_peer);
  EXPECT_TRUE(peers("{}").any_peer);
  EXPECT_TRUE(peers("{}").any_port);
}

TEST_F(Policies, BlocksWithoutTheirExceptions) {
  const auto of = [&](const std::string& peers) {
    return blocks(
        plan({fmt::format("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{}]}}]}}",
                          peers)})
            .egress.policies.at("shop/p0")
            .at(0));
  };
  EXPECT_THAT(of("{ipBlock: {cidr: 10.0.0.0/8}}"), ElementsAre("10.0.0.0-10.255.255.255"));
  EXPECT_THAT(of("{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.0.0.0/24]}}"),
              ElementsAre("10.0.1.0-10.0.255.255", "10.2.0.0-10.255.255.255"));
  EXPECT_THAT(of("{ipBlock: {cidr: 10.0.0.0/9}}, {ipBlock: {cidr: 10.128.0.0/9}}, "
                 "{ipBlock: {cidr: 192.0.2.7/32}}"),
              ElementsAre("10.0.0.0-10.255.255.255", "192.0.2.7-192.0.2.7"));
  EXPECT_THAT(of("{ipBlock: {cidr: 0.0.0.0/0, except: [0.0.0.0/1]}}"),
              ElementsAre("128.0.0.0-255.255.255.255"));
  EXPECT_THAT(of("{ipBlock: {cidr: 10.0.0.0/8, except: [nonsense]}}"), IsEmpty());
  EXPECT_THAT(of("{ipBlock: {cidr: \"fd00::/8\"}}"), IsEmpty());
}

TEST_F(Policies, PortsByNumberRangeAndName) {
  const auto in =
      plan({"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: ["
            "{port: 80}, {protocol: UDP, port: 53}, {port: 8000, endPort: 8080}, "
            "{protocol: SCTP}, {port: sql}, {port: nobody}, {protocol: X, port: 1}]}]}"})
          .ingress.policies.at("shop/p0")
          .at(0);
  EXPECT_FALSE(in.any_port);
  EXPECT_THAT(ports(in), UnorderedElementsAre("6 80-80", "17 53-53", "6 8000-8080", "132 0-65535",
                                              "6 10.244.0.2:5432"));
  const auto out = [&](const std::string& to) {
    return ports(plan({fmt::format("{{podSelector: {{}}, policyTypes: [Egress], egress: "
                                   "[{{{}ports: [{{port: sql}}]}}]}}",
                                   to)})
                     .egress.policies.at("shop/p0")
                     .at(0));
  };
  EXPECT_THAT(out("to: [{namespaceSelector: {matchLabels: {team: ops}}}], "),
              ElementsAre("6 10.244.0.4:5433"))
      << "the name is the peer's";
  EXPECT_THAT(out(""), UnorderedElementsAre("6 10.244.0.2:5432", "6 10.244.0.4:5433"));
  EXPECT_THAT(out("to: [{ipBlock: {cidr: 10.0.0.0/8}}], "), IsEmpty());
}

TEST_F(Policies, BrokenOnesPermitLess) {
  const auto rules =
      plan({"{podSelector: {}, policyTypes: [Ingress], ingress: ["
            "{from: [{podSelector: {matchExpressions: [{key: a, operator: Odd}]}}]},"
            "{from: [7, {}]}, {ports: [7, {port: -1}, {port: 1.5}]}, 7]}"});
  const auto& permissions = rules.ingress.policies.at("shop/p0");
  ASSERT_EQ(permissions.size(), 3U);
  EXPECT_FALSE(permissions[0].any_peer || permissions[1].any_peer || permissions[2].any_port);
  EXPECT_THAT(permissions[0].peers, IsEmpty());
  EXPECT_THAT(permissions[1].peers, IsEmpty());
  EXPECT_THAT(ports(permissions[2]), IsEmpty());
}

TEST_F(Policies, WhatMattersOfAPod) {
  const auto pod_of = [](const std::string& more) {
    return object(
        "{metadata: {name: a, labels: {x: y}}, spec: {nodeName: here}, "
        "status: {phase: Running, podIP: 10.244.0.2" +
        more + "}}");
  };
  EXPECT_FALSE(matters_to_policies(*pod_of(""), *pod_of(", message: changed")));
  EXPECT_TRUE(matters_to_policies(
      *pod_of(""), *object("{metadata: {name: a, labels: {x: z}}, spec: {nodeName: here}, "
                           "status: {phase: Running, podIP: 10.244.0.2}}")));
  EXPECT_TRUE(matters_to_policies(
      *pod_of(""), *object("{metadata: {name: a, labels: {x: y}}, spec: {nodeName: here}, "
                           "status: {phase: Failed, podIP: 10.244.0.2}}")));
}

}  // namespace
}  // namespace cove::proxy
