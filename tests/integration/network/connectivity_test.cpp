#include <gmock/gmock.h>

#include "core/network/plumbing.h"
#include "core/os/namespaces.h"
#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

using ::testing::ElementsAre;

class Connectivity : public Computer {};

TEST_F(Connectivity, NothingIsMadeBeforeTheFirstEndpoint) {
  open();
  const NetworkConfig web = make_network("web");
  EXPECT_EQ(web.subnet, "172.17.0.0/16");
  EXPECT_EQ(web.gateway, "172.17.0.1");
  EXPECT_THAT(links(), ElementsAre("lo"));
  EXPECT_TRUE(tables().empty());
}

TEST_F(Connectivity, ContainersReachEachOtherAndTheGateway) {
  open();
  make_network("web");
  const Endpoint a = plug("web", "a"), b = plug("web", "b");
  EXPECT_EQ(a.address, "172.17.0.2");
  EXPECT_EQ(a.mac, "02:42:ac:11:00:02");
  EXPECT_EQ(b.address, "172.17.0.3");
  const Listener inside(ns("b"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80), a.address);
  EXPECT_EQ(ask_udp(ns("a"), b.address, 80), a.address);
  const Listener gateway({}, "0.0.0.0", 81);
  EXPECT_EQ(ask_tcp(ns("a"), "172.17.0.1", 81), a.address);
  EXPECT_EQ(ask_tcp({}, b.address, 80), "172.17.0.1") << "this machine reaches containers";
}

TEST_F(Connectivity, WhatLeavesIsMasqueradedWhereTheNetworkWantsIt) {
  make_outside();
  open();
  make_network("web");
  plug("web", "a");
  const Listener far(outside_, "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80), "203.0.113.1");
  EXPECT_EQ(ask_udp(ns("a"), "203.0.113.2", 80), "203.0.113.1");

  make_network("plain", [](NetworkConfig& config) { config.masquerade = false; });
  plug("plain", "p");
  EXPECT_EQ(ask_tcp(ns("p"), "203.0.113.2", 80, kShort), "")
      << "the other side has no way back to unmasqueraded addresses";
}

TEST_F(Connectivity, NetworksAreIsolatedFromEachOther) {
  open();
  make_network("one");
  make_network("two");
  plug("one", "a");
  const Endpoint b = plug("two", "b");
  const Listener inside(ns("b"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80, kShort), "");
  EXPECT_EQ(ask_udp(ns("a"), b.address, 80, kShort), "");
  // A container in both reaches both.
  plug("two", "a", {}, [](EndpointConfig& config) {
    config.interface = "eth1";
    config.default_route = false;
  });
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80), "172.18.0.3");
}

TEST_F(Connectivity, NobodyOutsideReachesUnpublishedPorts) {
  make_outside();
  open();
  make_network("web");
  const Endpoint a = plug("web", "a");
  const Listener inside(ns("a"), "0.0.0.0", 80);
  auto far = Links::open_in(outside_);
  const auto eth0 = far->find("eth0");
  ASSERT_TRUE(far->set_default_route((*eth0)->index, "eth0", *Address::parse("203.0.113.1")));
  EXPECT_EQ(ask_tcp(outside_, a.address, 80, kShort), "");
}

TEST_F(Connectivity, AnInternalNetworkHasNoWayOut) {
  make_outside();
  open();
  make_network("inner", [](NetworkConfig& config) { config.internal = true; });
  make_network("web");
  plug("inner", "a");
  const Endpoint b = plug("inner", "b", {{.host_port = 8080, .container_port = 80}});
  EXPECT_TRUE(b.ports.empty()) << "no way in either";
  plug("web", "c");
  const Listener far(outside_, "0.0.0.0", 80), inside(ns("b"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80), "172.17.0.2");
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80, kShort), "");
  EXPECT_EQ(ask_tcp(ns("c"), b.address, 80, kShort), "");
  // Not even with a route of the container's own making.
  auto own = Links::open_in(ns("a"));
  const auto eth0 = own->find("eth0");
  ASSERT_TRUE(own->set_default_route((*eth0)->index, "eth0", *Address::parse("172.17.0.1")));
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80, kShort), "");
}

TEST_F(Connectivity, WithoutInterContainerTrafficOnlyTheGatewayAnswers) {
  make_outside();
  open();
  make_network("alone", [](NetworkConfig& config) { config.inter_container = false; });
  plug("alone", "a");
  const Endpoint b = plug("alone", "b");
  const Listener inside(ns("b"), "0.0.0.0", 80), gateway({}, "0.0.0.0", 81),
      far(outside_, "0.0.0.0", 82);
  EXPECT_EQ(ask_tcp(ns("a"), b.address, 80, kShort), "");
  EXPECT_EQ(ask_tcp(ns("a"), "172.17.0.1", 81), "172.17.0.2");
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 82), "203.0.113.1");
}

TEST_F(Connectivity, AddressesAreChecked) {
  open();
  make_network("web");
  const Endpoint a = plug("web", "a", {}, [](EndpointConfig& config) {
    config.address = "172.17.3.4";
    config.mac = "02:00:00:00:00:AA";
  });
  EXPECT_EQ(a.address, "172.17.3.4");
  EXPECT_EQ(a.mac, "02:00:00:00:00:aa");
  ASSERT_TRUE(networks_->make_namespace("b"));
  const auto before = links();
  const auto connect = [&](const std::string& address, const std::string& mac) {
    EndpointConfig config;
    config.network = id_of("web");
    config.container = "b";
    config.namespace_path = ns("b");
    config.address = address;
    config.mac = mac;
    return networks_->connect(config).error();
  };
  EXPECT_EQ(connect("172.17.3.4", "").cause, "Address already in use");
  EXPECT_EQ(connect("172.17.0.1", "").code, ErrorCode::kConflict);
  EXPECT_EQ(connect("10.0.0.1", "").cause, "no configured subnet contains IP address 10.0.0.1");
  EXPECT_EQ(connect("172.17.0.0", "").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(connect("", "03:00:00:00:00:01").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(links(), before);
}

TEST_F(Connectivity, AFailureLeavesNothing) {
  open();
  make_network("web");
  plug("web", "a");
  const auto before = links();
  EndpointConfig config;
  config.network = id_of("web");
  config.container = "a2";
  config.namespace_path = ns("a");  // has an eth0
  EXPECT_EQ(networks_->connect(config).error().code, ErrorCode::kAlreadyExists);
  config.namespace_path = "/etc/passwd";
  EXPECT_EQ(networks_->connect(config).error().code, ErrorCode::kInvalidArgument);
  config.namespace_path = folder_ / "absent";
  EXPECT_EQ(networks_->connect(config).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(links(), before);
  EXPECT_EQ(networks_->endpoints().size(), 1U);
}

TEST_F(Connectivity, TheDefaultRouteMovesToAnotherNetwork) {
  make_outside();
  open();
  make_network("one");
  make_network("two");
  plug("one", "a");
  plug("two", "a", {}, [](EndpointConfig& config) {
    config.interface = "eth1";
    config.default_route = false;
  });
  const Listener far(outside_, "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80), "203.0.113.1");
  ASSERT_TRUE(networks_->disconnect(id_of("one"), "a"));
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.2", 80), "203.0.113.1");
}

TEST_F(Connectivity, CountersAreThoseOfTheContainersInterface) {
  open();
  make_network("web");
  plug("web", "a");
  const Listener gateway({}, "0.0.0.0", 81);
  ASSERT_EQ(ask_tcp(ns("a"), "172.17.0.1", 81), "172.17.0.2");
  const auto counters = networks_->statistics(ns("a"), "eth0");
  ASSERT_TRUE(counters);
  EXPECT_GE(counters->tx_packets, 3U);
  EXPECT_GE(counters->rx_bytes, 200U);
  EXPECT_EQ(networks_->statistics(ns("a"), "eth7").error().code, ErrorCode::kNotFound);
}

TEST_F(Connectivity, SubnetsAvoidTheRoutesOfThisMachine) {
  auto links = Links::open();
  ASSERT_TRUE(links->make_bridge("other0", 0, 1500, "02:00:00:00:00:01"));
  const auto other = links->find("other0");
  ASSERT_TRUE(links->add_address((*other)->index, "other0", *Address::parse("172.17.9.1"), 24));
  ASSERT_TRUE(links->set_up((*other)->index, "other0"));
  open();
  EXPECT_EQ(make_network("web").subnet, "172.18.0.0/16");
  NetworkConfig config;
  config.id = id_of("taken");
  config.name = "taken";
  config.subnet = "172.17.0.0/16";
  EXPECT_EQ(networks_->create(config).error().cause,
            "Pool overlaps with other one on this address space");
  config.subnet = "172.18.4.0/24";
  EXPECT_EQ(networks_->create(config).error().code, ErrorCode::kInvalidArgument);
  config.subnet = "10.3.0.0/24";
  config.bridge = "other0";
  ASSERT_TRUE(networks_->create(config));
  ASSERT_TRUE(networks_->make_namespace("a"));
  EndpointConfig endpoint;
  endpoint.network = config.id;
  endpoint.container = "a";
  endpoint.namespace_path = ns("a");
  EXPECT_EQ(networks_->connect(endpoint).error().code, ErrorCode::kAlreadyExists)
      << "a foreign interface is left alone";
  EXPECT_TRUE(tables().empty());
}

}  // namespace
}  // namespace cove::network::test
