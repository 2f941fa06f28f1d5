// Networks whose containers reach everything, each other too, by way of this machine.
#include <fstream>
#include <string>

#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

// With and without packet rules inside bridges (br_netfilter), where this machine has them.
class Routed : public Computer, public ::testing::WithParamInterface<bool> {
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
  }
};

TEST_P(Routed, EveryPacketBetweenContainersMeetsTheRules) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b");
  EXPECT_EQ(b.prefix_length, 32U);
  const Listener inside(ns("b"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80), a.address) << "with its own address";
  EXPECT_EQ(ask_udp(ns("a"), b.address, 80), a.address);

  nft::Transaction barrier(nft::TableFamily::kIpv4, "barrier");
  barrier.add_table()
      .add_chain({"forward", "filter", nft::Hook::kForward, nft::kFilter})
      .add_rule("forward", nft::Rule()
                               .source_ipv4(0)
                               .equals(0, Address::parse(a.address)->bytes())
                               .verdict(nft::Verdict::kDrop));
  ASSERT_TRUE(nft::Nftables::open()->commit(barrier));
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80, kShort), "");
}

TEST_P(Routed, AContainerIsNotToldToGoPastThisMachine) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b");
  const Listener inside(ns("b"), "0.0.0.0", 80);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask_udp(ns("a"), b.address, 80), a.address);
  std::ifstream settings("/proc/sys/net/ipv4/conf/" + networks_->list().at(0).bridge +
                         "/send_redirects");
  std::string value;
  settings >> value;
  EXPECT_EQ(value, "0");
}

TEST_P(Routed, OutsideAndThisMachineAreReached) {
  const Endpoint a = plug("pods", "a");
  const Listener far(outside_, "0.0.0.0", 80), gateway({}, "0.0.0.0", 81),
      inside(ns("a"), "0.0.0.0", 82);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80), "203.0.113.1") << "masqueraded";
  EXPECT_EQ(ask_tcp(ns("a"), "10.244.0.1", 81), a.address);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 81), a.address) << "this machine by any address";
  EXPECT_EQ(ask_tcp({}, a.address, 82), "10.244.0.1");
}

TEST_P(Routed, PublishedPortsKeepTheAskersAddress) {
  const Endpoint a = plug("pods", "a"),
                 b = plug("pods", "b", {{.host_port = 8080, .container_port = 80}});
  const Listener inside(ns("b"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080), "203.0.113.2");
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 8080), a.address);
  EXPECT_EQ(ask_tcp(ns("b"), "203.0.113.1", 8080), "10.244.0.1") << "its own port, turned around";
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080), "10.244.0.1");
  open();
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 8080), a.address) << "after a restart";
  EXPECT_EQ(ask_tcp(ns("b"), "203.0.113.1", 8080), "10.244.0.1");
  ASSERT_TRUE(networks_->disconnect_all("b"));
  ASSERT_TRUE(networks_->disconnect_all("a"));
  ASSERT_TRUE(networks_->shut_down());
  EXPECT_TRUE(tables().empty());
}

TEST_P(Routed, NotForInternalNetworks) {
  NetworkConfig config;
  config.id = id_of("inner");
  config.name = "inner";
  config.internal = true;
  config.routed = true;
  EXPECT_EQ(networks_->create(config).error().code, ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(RulesInBridges, Routed, ::testing::Bool());

}  // namespace
}  // namespace cove::network::test
