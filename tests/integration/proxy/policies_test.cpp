// Packets between network namespaces that policies let through, or not.
#include <gmock/gmock.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/network/policy_table.h"
#include "core/network/service_table.h"
#include "core/os/namespaces.h"
#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

constexpr std::uint8_t kTcp = IPPROTO_TCP, kUdp = IPPROTO_UDP;

class Policies : public Computer, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    Computer::SetUp();
    std::ofstream("/proc/sys/net/bridge/bridge-nf-call-iptables") << (GetParam() ? "1" : "0");
    make_outside();
    open();
    make_network("pods", [](NetworkConfig& config) {
      config.subnet = "10.244.0.0/24";
      config.names = false;
      config.routed = true;
    });
    open_tables();
    a_ = plug("pods", "a"), b_ = plug("pods", "b"), c_ = plug("pods", "c");
    for (const char* name : {"a", "b", "c"})
      for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}})
        listeners_.push_back(std::make_unique<Listener>(ns(name), "0.0.0.0", port));
  }
  void open_tables() {
    fresh_ = true;
    auto policies = PolicyTable::open(folder_ / "proxy");
    ASSERT_TRUE(policies);
    policies_.emplace(std::move(*policies));
  }
  void apply(const PolicyRules& rules) {
    const unsigned before = policies_->times_made();
    const bool fresh = fresh_ || is_absent();
    fresh_ = false;
    const auto done = policies_->apply(rules);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(std::system("nft list ruleset > /dev/null && nft -j list ruleset > /dev/null"), 0);
    if (!fresh && !is_absent()) {
      EXPECT_EQ(policies_->times_made(), before) << "a change is a change";
    }
  }
  bool is_absent() {
    const auto names = tables();
    return std::find(names.begin(), names.end(), policies_->name()) == names.end();
  }
  static Address at(const Endpoint& pod) { return *Address::parse(pod.address); }
  bool reaches(const Endpoint& from, const Endpoint& to, std::uint16_t port = 80) {
    return ask_tcp(ns(from.container), to.address, port, kShort) == from.address;
  }

  Endpoint a_, b_, c_;
  bool fresh_ = true;  // nothing applied yet
  std::optional<PolicyTable> policies_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

PolicyRule from(const std::set<Address>& peers) {
  PolicyRule rule;
  rule.peers = peers;
  rule.any_port = true;
  return rule;
}

TEST_P(Policies, WhatIsNotPermittedIsDropped) {
  EXPECT_TRUE(reaches(a_, b_));
  PolicyRules rules;
  rules.ingress.policies["deny"] = {};
  rules.ingress.chosen[at(b_)] = {"deny"};
  apply(rules);
  EXPECT_FALSE(reaches(a_, b_));
  EXPECT_TRUE(reaches(b_, a_)) << "answers to what it asks";
  EXPECT_TRUE(reaches(a_, c_)) << "not chosen";
  EXPECT_EQ(ask_tcp({}, b_.address, 80), "10.244.0.1") << "this machine's probes";
  EXPECT_TRUE(reaches(b_, b_)) << "itself";

  rules.ingress.policies["a"] = {from({at(a_)})};
  rules.ingress.chosen[at(b_)] = {"a", "deny"};
  apply(rules);
  EXPECT_TRUE(reaches(a_, b_));
  EXPECT_FALSE(reaches(c_, b_));
  // A peer that comes.
  rules.ingress.policies["a"] = {from({at(a_), at(c_)})};
  apply(rules);
  EXPECT_TRUE(reaches(c_, b_));
  rules.ingress.policies["a"][0].any_port = false;
  rules.ingress.policies["a"][0].ports = {{kTcp, 80, 80}};
  apply(rules);
  EXPECT_TRUE(reaches(a_, b_));
  EXPECT_FALSE(reaches(a_, b_, 81));
  EXPECT_EQ(ask_udp(ns("a"), b_.address, 80, kShort), "");
  rules.ingress.policies["a"][0].ports = {{kTcp, 81, 90}, {kUdp, 0, 65535}};
  apply(rules);
  EXPECT_FALSE(reaches(a_, b_));
  EXPECT_TRUE(reaches(a_, b_, 81));
  EXPECT_EQ(ask_udp(ns("a"), b_.address, 80), a_.address);
  rules.ingress.policies["a"][0].ports.clear();
  rules.ingress.policies["a"][0].named_ports = {{kTcp, at(b_), 80}};
  apply(rules);
  EXPECT_TRUE(reaches(a_, b_));
  EXPECT_FALSE(reaches(a_, b_, 81));
  apply({});
  EXPECT_TRUE(reaches(a_, b_, 81));
  for (const auto& name : tables()) EXPECT_NE(name, policies_->name());
}

TEST_P(Policies, BothEndsHaveToAgree) {
  PolicyRules rules;
  rules.egress.policies["out"] = {from({at(b_)})};
  rules.egress.chosen[at(a_)] = {"out"};
  apply(rules);
  const Listener far(outside_, "0.0.0.0", 80);
  EXPECT_TRUE(reaches(a_, b_));
  EXPECT_FALSE(reaches(a_, c_));
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80, kShort), "");
  EXPECT_EQ(ask_tcp(ns("b"), "203.0.113.2", 80), "203.0.113.1");
  rules.ingress.policies["in"] = {from({at(c_)})};
  rules.ingress.chosen[at(b_)] = {"in"};
  apply(rules);
  EXPECT_FALSE(reaches(a_, b_)) << "may send, may not be sent";
  EXPECT_TRUE(reaches(c_, b_));
  rules.ingress.policies["in"] = {from({at(a_)})};
  apply(rules);
  EXPECT_TRUE(reaches(a_, b_));
  PolicyRule block;
  block.blocks = {{*Address::parse("203.0.113.0"), *Address::parse("203.0.113.1")},
                  {*Address::parse("203.0.113.3"), *Address::parse("203.0.113.255")}};
  block.any_port = true;
  rules.egress.policies["out"].push_back(block);
  apply(rules);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80, kShort), "") << "the exception";
  rules.egress.policies["out"].back().blocks = {
      {*Address::parse("203.0.113.0"), *Address::parse("203.0.113.255")}};
  apply(rules);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80), "203.0.113.1");
}

TEST_P(Policies, ServicesAreSeenThrough) {
  auto services = ServiceTable::open({.directory = folder_ / "proxy",
                                      .service_subnet = *Subnet::parse("10.96.0.0/12"),
                                      .pod_subnet = *Subnet::parse("10.244.0.0/24")});
  ASSERT_TRUE(services);
  ServicePort port;
  port.frontends = {{kTcp, *Address::parse("10.96.0.80"), 8080}, {kTcp, std::nullopt, 30080}};
  port.endpoints = {{at(b_), 80}};
  ASSERT_TRUE(services->replace({{"web", port}}));
  PolicyRules rules;
  rules.ingress.policies["in"] = {from({at(a_)})};
  rules.ingress.policies["in"][0].blocks = {
      {*Address::parse("203.0.113.2"), *Address::parse("203.0.113.2")}};
  rules.ingress.chosen[at(b_)] = {"in"};
  apply(rules);
  EXPECT_EQ(ask_tcp(ns("a"), "10.96.0.80", 8080), a_.address);
  EXPECT_EQ(ask_tcp(ns("c"), "10.96.0.80", 8080, kShort), "");
  EXPECT_EQ(ask_tcp(ns("b"), "10.96.0.80", 8080), "10.244.0.1") << "itself";
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 30080), "203.0.113.2") << "by its own address";
  rules.ingress.policies["in"][0].blocks.clear();
  apply(rules);
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 30080, kShort), "");
}

TEST_P(Policies, RulesAreTakenOverAndHealed) {
  PolicyRules rules;
  rules.ingress.policies["deny"] = {};
  rules.ingress.chosen[at(b_)] = {"deny"};
  apply(rules);
  policies_.reset();
  EXPECT_FALSE(reaches(a_, b_));
  open_tables();
  rules.ingress.policies["deny"] = {from({at(a_)})};
  apply(rules);
  EXPECT_TRUE(reaches(a_, b_));
  EXPECT_FALSE(reaches(c_, b_));
  EXPECT_EQ(*policies_->heal(), false);
  nft::Transaction transaction(nft::TableFamily::kIpv4, policies_->name());
  ASSERT_TRUE(nft::Nftables::open()->commit(transaction.delete_table()));
  EXPECT_TRUE(reaches(c_, b_));
  EXPECT_EQ(*policies_->heal(), true);
  EXPECT_FALSE(reaches(c_, b_));
  open_tables();
  apply({});
  EXPECT_TRUE(reaches(c_, b_)) << "what a former instance has left is gone";
}

INSTANTIATE_TEST_SUITE_P(RulesInBridges, Policies, ::testing::Bool());

}  // namespace
}  // namespace cove::network::test
