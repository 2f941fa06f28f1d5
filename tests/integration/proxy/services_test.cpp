// Packets between network namespaces by way of the service table.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <set>

#include "core/network/service_table.h"
#include "core/os/namespaces.h"
#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

constexpr std::uint8_t kTcp = IPPROTO_TCP, kUdp = IPPROTO_UDP;
constexpr const char* kServiceAddress = "10.96.0.80";

Address address(const std::string& text) {
  return *Address::parse(text);
}
ServiceFrontend front(const std::string& text, std::uint16_t port, std::uint8_t protocol = kTcp) {
  return {protocol, address(text), port};
}
ServiceFrontend node_port(std::uint16_t port, std::uint8_t protocol = kTcp) {
  return {protocol, std::nullopt, port};
}
ServicePort service(std::vector<ServiceFrontend> frontends,
                    std::vector<ServiceEndpoint> endpoints) {
  return {std::move(frontends), std::move(endpoints), {}, false};
}
ServiceEndpoint at(const Endpoint& pod, std::uint16_t port = 80) {
  return {address(pod.address), port};
}

// errno of an attempt to connect.
int refusal(const Path& where, const std::string& to, std::uint16_t port) {
  int error = 0;
  const auto attempt = [&]() -> Result<void> {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval time{.tv_sec = 0, .tv_usec = 500'000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    ::inet_pton(AF_INET, to.c_str(), &in.sin_addr);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) error = errno;
    return {};
  };
  if (where.empty()) {
    static_cast<void>(attempt());
  } else {
    EXPECT_TRUE(os::in_network_namespace(where, attempt));
  }
  return error;
}

class Services : public Computer {
 protected:
  void SetUp() override { prepare(false); }
  void prepare(bool rules_in_bridges) {
    Computer::SetUp();
    std::ofstream("/proc/sys/net/bridge/bridge-nf-call-iptables") << (rules_in_bridges ? "1" : "0");
    make_outside();
    open();
    make_network("pods", [](NetworkConfig& config) {
      config.subnet = "10.244.0.0/24";
      config.names = false;
      config.routed = true;
    });
    open_table();
    ASSERT_TRUE(table_->replace({}));
  }
  void open_table() {
    auto opened = ServiceTable::open({.directory = folder_ / "proxy",
                                      .service_subnet = *Subnet::parse("10.96.0.0/12"),
                                      .pod_subnet = *Subnet::parse("10.244.0.0/24")});
    ASSERT_TRUE(opened) << opened.error().message();
    table_.emplace(std::move(*opened));
  }
  Endpoint pod(const std::string& name) { return plug("pods", name); }
  void apply(const std::map<std::string, std::optional<ServicePort>>& changes) {
    const unsigned before = table_->times_made();
    const auto done = table_->change(changes);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(table_->times_made() == before, !flushed_) << "a change is a change";
    flushed_ = false;
  }
  // People look at rules with the nft program, and others on this machine do.
  static void expect_to_be_listed() {
    EXPECT_EQ(std::system("nft list ruleset > /dev/null && nft -j list ruleset > /dev/null"), 0);
  }
  std::set<std::string> answers(const Path& where, const std::string& to, std::uint16_t port,
                                int times = 24) {
    std::set<std::string> all;
    for (int i = 0; i < times; ++i) all.insert(ask_tcp(where, to, port));
    return all;
  }

  std::optional<ServiceTable> table_;
  bool flushed_ = false;  // by somebody else
};

class InBothKindsOfBridges : public Services, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override { prepare(GetParam()); }
};

TEST_P(InBothKindsOfBridges, EveryWayToAServiceKeepsTheAskersAddress) {
  const Endpoint a = pod("a"), b = pod("b"), c = pod("c");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b "), in_c(ns("c"), "0.0.0.0", 80, "c ");
  apply({{"web", service({front(kServiceAddress, 8080), front("203.0.113.1", 81), node_port(30080)},
                         {at(b), at(c)})}});
  const auto both = [](const std::string& asker) {
    return UnorderedElementsAre("b " + asker, "c " + asker);
  };
  EXPECT_THAT(answers(ns("a"), kServiceAddress, 8080), both(a.address));
  EXPECT_THAT(answers(ns("a"), "203.0.113.1", 30080), both(a.address));
  EXPECT_THAT(answers(ns("a"), "10.244.0.1", 30080), both(a.address));
  EXPECT_THAT(answers(ns("a"), "203.0.113.1", 81), both(a.address));
  EXPECT_THAT(answers(outside_, "203.0.113.1", 30080), both("203.0.113.2"));
  EXPECT_THAT(answers(outside_, "203.0.113.1", 81), both("203.0.113.2"));
  EXPECT_THAT(answers({}, kServiceAddress, 8080), both("203.0.113.1"));
  EXPECT_THAT(answers({}, "127.0.0.1", 30080), both("10.244.0.1"));
  // An endpoint that reaches itself hears the gateway, the other one itself.
  EXPECT_THAT(answers(ns("b"), kServiceAddress, 8080),
              UnorderedElementsAre("b 10.244.0.1", "c " + b.address));
}

INSTANTIATE_TEST_SUITE_P(Services, InBothKindsOfBridges, ::testing::Bool());

TEST_F(Services, UdpFollowsItsEndpoints) {
  const Endpoint a = pod("a"), b = pod("b"), c = pod("c");
  const Listener in_b(ns("b"), "0.0.0.0", 53, "b "), in_c(ns("c"), "0.0.0.0", 53, "c ");
  const auto dns = [&](const Endpoint& endpoint) {
    return service({front(kServiceAddress, 53, kUdp), node_port(30053, kUdp)}, {at(endpoint, 53)});
  };
  apply({{"dns", dns(b)}});
  EXPECT_EQ(ask_udp(ns("a"), kServiceAddress, 53), "b " + a.address);
  EXPECT_EQ(ask_udp(outside_, "203.0.113.1", 30053), "b 203.0.113.2");
  // One socket that goes on asking: its flow is known to the kernel.
  Fd fd;
  ASSERT_TRUE(os::in_network_namespace(ns("a"), [&]() -> Result<void> {
    fd = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return {};
  }));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(53);
  ::inet_pton(AF_INET, kServiceAddress, &in.sin_addr);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
  const auto ask = [&] {
    std::array<char, 64> buffer{};
    ::send(fd.get(), "?", 1, 0);
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
  };
  EXPECT_EQ(ask(), "b " + a.address);
  apply({{"dns", dns(c)}});
  EXPECT_EQ(ask(), "c " + a.address) << "the removed endpoint's flows are forgotten";
}

TEST_F(Services, AffinityHoldsAsLongAsTheEndpoint) {
  const Endpoint a = pod("a"), b = pod("b"), c = pod("c"), d = pod("d");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b "), in_c(ns("c"), "0.0.0.0", 80, "c "),
      in_d(ns("d"), "0.0.0.0", 80, "d ");
  ServicePort web = service({front(kServiceAddress, 80), node_port(30080)}, {at(b), at(c), at(d)});
  web.affinity = std::chrono::seconds(600);
  apply({{"web", web}});
  expect_to_be_listed();
  const std::string first = ask_tcp(ns("a"), kServiceAddress, 80);
  ASSERT_NE(first, "");
  EXPECT_THAT(answers(ns("a"), kServiceAddress, 80), UnorderedElementsAre(first));
  EXPECT_THAT(answers(ns("a"), "203.0.113.1", 30080), UnorderedElementsAre(first))
      << "by another frontend as well";
  // It goes; another one is stuck to.
  std::erase_if(web.endpoints, [&](const ServiceEndpoint& endpoint) {
    return first.front() == (endpoint == at(b) ? 'b' : endpoint == at(c) ? 'c' : 'd');
  });
  ASSERT_EQ(web.endpoints.size(), 2U);
  apply({{"web", web}});
  const std::string second = ask_tcp(ns("a"), kServiceAddress, 80);
  EXPECT_NE(second, first);
  EXPECT_NE(second, "");
  EXPECT_THAT(answers(ns("a"), kServiceAddress, 80), UnorderedElementsAre(second));
  web.affinity = std::chrono::seconds(30);
  apply({{"web", web}});
  EXPECT_EQ(answers(ns("a"), kServiceAddress, 80).size(), 1U);
  web.endpoints = {at(b), at(c), at(d)};
  apply({{"web", web}});
  EXPECT_EQ(*table_->heal(), false) << "all rules are where they should be";
  web.affinity = std::chrono::seconds(0);
  apply({{"web", web}});
  EXPECT_EQ(*table_->heal(), false);
  expect_to_be_listed();
  EXPECT_EQ(answers(ns("a"), kServiceAddress, 80).size(), 3U);
}

TEST_F(Services, WhatHasNoEndpointIsRejectedAtOnce) {
  pod("a");
  apply({{"none",
          service({front(kServiceAddress, 80), front("203.0.113.1", 81), node_port(30080)}, {})}});
  EXPECT_EQ(refusal(ns("a"), kServiceAddress, 80), ECONNREFUSED);
  EXPECT_EQ(refusal({}, kServiceAddress, 80), ECONNREFUSED);
  EXPECT_EQ(refusal(ns("a"), kServiceAddress, 81), ECONNREFUSED) << "no such port";
  EXPECT_EQ(refusal(ns("a"), "10.101.2.3", 80), ECONNREFUSED) << "no such service";
  EXPECT_EQ(refusal({}, "10.101.2.3", 80), ECONNREFUSED);
  EXPECT_EQ(refusal(outside_, "203.0.113.1", 30080), ECONNREFUSED);
  EXPECT_EQ(refusal(outside_, "203.0.113.1", 81), ECONNREFUSED);
  EXPECT_EQ(refusal({}, "127.0.0.1", 30080), ECONNREFUSED);
  EXPECT_EQ(ask_udp(ns("a"), "10.101.2.3", 53, kShort), "");

  // Silence where other nodes have endpoints.
  ServicePort local = service({node_port(30080), front("203.0.113.1", 81)}, {});
  local.drop = true;
  apply({{"none", local}});
  EXPECT_EQ(refusal(outside_, "203.0.113.1", 30080), EINPROGRESS);
  EXPECT_EQ(refusal(outside_, "203.0.113.1", 81), EINPROGRESS);
}

TEST_F(Services, GuardedFrontendsAreForTheirSourcesAlone) {
  const Endpoint a = pod("a"), b = pod("b");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b ");
  const auto web = [&](const std::vector<Subnet>& sources, std::chrono::seconds affinity = {}) {
    ServicePort port = service({front(kServiceAddress, 80), front("203.0.113.1", 81)}, {at(b)});
    port.affinity = affinity;
    if (!sources.empty()) port.guarded = {front("203.0.113.1", 81)};
    for (const Subnet& each : sources) port.sources.push_back({each.base, each.last()});
    port.sources = merged(std::move(port.sources));
    return port;
  };
  const Subnet outside = *Subnet::parse("203.0.113.2/31"), pods = *Subnet::parse("10.244.0.0/24");
  apply({{"web", web({outside})}});
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 81), "b 203.0.113.2");
  EXPECT_EQ(refusal(ns("a"), "203.0.113.1", 81), EINPROGRESS) << "dropped";
  EXPECT_EQ(refusal({}, "203.0.113.1", 81), EINPROGRESS);
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "b " + a.address) << "no guard there";
  expect_to_be_listed();
  // Others, with the same chain and with another one.
  for (const std::chrono::seconds affinity : {0s, 60s}) {
    apply({{"web", web({*Subnet::parse("192.0.2.0/24"), pods}, affinity)}});
    EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 81), "b " + a.address);
    EXPECT_EQ(refusal(outside_, "203.0.113.1", 81), EINPROGRESS);
    apply({{"web", web({outside}, affinity)}});
    EXPECT_EQ(refusal(ns("a"), "203.0.113.1", 81), EINPROGRESS);
  }
  open_table();
  ASSERT_TRUE(table_->replace({{"web", web({outside})}}));
  EXPECT_EQ(refusal(ns("a"), "203.0.113.1", 81), EINPROGRESS);
  EXPECT_FALSE(*table_->heal()) << "every rule is counted";
  apply({{"web", web({})}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 81), "b " + a.address);
  ServicePort nobody = web({outside});
  nobody.sources.clear();
  apply({{"web", nobody}});
  EXPECT_EQ(refusal(outside_, "203.0.113.1", 81), EINPROGRESS);
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "b " + a.address);
  apply({{"web", std::nullopt}});
  EXPECT_FALSE(*table_->heal()) << "every rule is counted";
}

// As many as one Service may have, for each of several ports.
TEST_F(Services, ManySourcesAreASmallTransaction) {
  constexpr std::uint16_t kPorts = 8;
  const Endpoint a = pod("a"), b = pod("b");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b ");
  std::vector<AddressRange> sources{{address("203.0.113.2"), address("203.0.113.2")}};
  for (std::uint32_t i = 0; i < 2047; ++i) {
    const Address each = Address::from_ipv4(0x0b000000 + 2 * i);
    sources.push_back({each, each});
  }
  std::map<std::string, std::optional<ServicePort>> many;
  for (std::uint16_t i = 0; i < kPorts; ++i) {
    const auto frontend = front("203.0.113.1", static_cast<std::uint16_t>(81 + i));
    ServicePort port = service({frontend}, {at(b)});
    port.guarded = {frontend};
    port.sources = merged(sources);
    many["many" + std::to_string(i)] = port;
  }
  many["other"] = service({front(kServiceAddress, 80)}, {at(b)});
  apply(many);
  EXPECT_LT(table_->last_transaction_bytes(), 4U << 20);
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 81), "b 203.0.113.2");
  EXPECT_EQ(refusal(ns("a"), "203.0.113.1", 81), EINPROGRESS);
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "b " + a.address);
  EXPECT_FALSE(*table_->heal()) << "every rule is counted";
  expect_to_be_listed();
}

TEST_F(Services, EndpointsThatAreNoPodsAnswerByWayOfThisMachine) {
  const Endpoint a = pod("a");
  // Somebody else outside, who knows the way to 203.0.113.2 himself.
  const Listener far(outside_, "0.0.0.0", 80, "far "), here({}, "0.0.0.0", 82, "here ");
  apply({{"far",
          service({front(kServiceAddress, 80), node_port(30080)}, {{address("203.0.113.2"), 80}})},
         {"here", service({front(kServiceAddress, 82), node_port(30082)},
                          {{address("203.0.113.1"), 82}})}});
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "far 203.0.113.1");
  EXPECT_EQ(ask_tcp({}, kServiceAddress, 80), "far 203.0.113.1");
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 30080), "far 203.0.113.1");
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 82), "here " + a.address);
  EXPECT_EQ(ask_tcp({}, kServiceAddress, 82), "here 203.0.113.1");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 30082), "here 127.0.0.1");
}

TEST_F(Services, AFrontendHasOneOwner) {
  const Endpoint a = pod("a"), b = pod("b"), c = pod("c");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b "), in_c(ns("c"), "0.0.0.0", 80, "c ");
  const auto of = [&](const Endpoint& endpoint) {
    return service({front("203.0.113.1", 80)}, {at(endpoint)});
  };
  apply({{"second", of(c)}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 80), "c " + a.address);
  apply({{"first", of(b)}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 80), "b " + a.address);
  apply({{"first", std::nullopt}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 80), "c " + a.address);
  apply({{"first", of(b)}, {"second", std::nullopt}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 80), "b " + a.address);
  apply({{"first", std::nullopt}, {"third", of(c)}});
  EXPECT_EQ(ask_tcp(ns("a"), "203.0.113.1", 80), "c " + a.address);
}

TEST_F(Services, NoRequestFailsWhileEndpointsRoll) {
  const Endpoint a = pod("a");
  std::vector<Endpoint> pods;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < 6; ++i) {
    const std::string name = fmt::format("p{}", i);
    pods.push_back(pod(name));
    listeners.push_back(std::make_unique<Listener>(ns(name), "0.0.0.0", 80, name + " "));
  }
  std::mt19937 random(7);
  const auto some = [&] {
    std::vector<ServiceEndpoint> chosen;
    while (chosen.empty())
      for (const auto& each : pods)
        if (random() % 2 == 0) chosen.push_back(at(each));
    return service({front(kServiceAddress, 80), node_port(30080)}, chosen);
  };
  apply({{"web", some()}});
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0}, asked{0};
  std::vector<std::thread> askers;
  for (const auto& [where, to, port] :
       {std::tuple(ns("a"), std::string(kServiceAddress), std::uint16_t{80}),
        std::tuple(outside_, std::string("203.0.113.1"), std::uint16_t{30080})}) {
    askers.emplace_back([&, where = where, to = to, port = port] {
      while (!stop) {
        if (ask_tcp(where, to, port).empty()) ++failed;
        ++asked;
      }
    });
  }
  int changes = 0;
  while (asked < 400) {
    apply({{"web", some()}});
    ++changes;
  }
  stop = true;
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(failed, 0) << "of " << asked << " during " << changes << " changes";
}

TEST_F(Services, AChangeAmongAThousandIsOneSmallTransaction) {
  const Endpoint a = pod("a"), b = pod("b");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b ");
  ServicePorts all;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    std::vector<ServiceEndpoint> endpoints;
    for (std::uint32_t k = 0; k < 10; ++k)
      endpoints.push_back({Address::from_ipv4(0x0af40000U + 10 + (i + k) % 200), 80});
    all.emplace(fmt::format("s{}", i),
                service({{kTcp, Address::from_ipv4(0x0a600100U + i), 80}}, endpoints));
  }
  ASSERT_TRUE(table_->replace(all));
  const std::size_t whole = table_->last_transaction_bytes();
  apply({{"new", service({front(kServiceAddress, 80), node_port(30080)}, {at(b)})}});
  EXPECT_LT(table_->last_transaction_bytes(), 2500U) << "with the chain for one endpoint";
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "b " + a.address);
  apply({{"newer", service({front("10.96.0.81", 80), node_port(30081)}, {at(b)})}});
  const std::size_t added = table_->last_transaction_bytes();
  EXPECT_LT(added, 600U);
  EXPECT_LT(added * 100, whole);
  ServicePort changed = all.at("s500");
  changed.endpoints.erase(changed.endpoints.begin() + 4);
  changed.endpoints.push_back(at(b));
  apply({{"s500", changed}});
  EXPECT_LT(table_->last_transaction_bytes(), 400U) << "one endpoint for another";
  EXPECT_GT(table_->last_transaction_bytes(), 0U);
  apply({{"s500", changed}});
  EXPECT_EQ(table_->last_transaction_bytes(), 0U) << "nothing has changed";
}

TEST_F(Services, RulesAreTakenOverAndHealed) {
  const Endpoint a = pod("a"), b = pod("b"), c = pod("c");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b "), in_c(ns("c"), "0.0.0.0", 80, "c ");
  apply({{"web", service({front(kServiceAddress, 80)}, {at(b)})}});
  table_.reset();
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "b " + a.address) << "without anybody";
  open_table();
  ASSERT_TRUE(table_->replace({{"web", service({front(kServiceAddress, 80)}, {at(c)})}}));
  EXPECT_EQ(tables().size(), 2U);
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "c " + a.address);
  EXPECT_EQ(*table_->heal(), false);

  const auto flush = [&] {
    nft::Transaction transaction(nft::TableFamily::kIpv4, table_->name());
    ASSERT_TRUE(nft::Nftables::open()->commit(transaction.delete_table()));
  };
  flush();
  EXPECT_EQ(*table_->heal(), true);
  EXPECT_EQ(*table_->heal(), false);
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "c " + a.address);
  flush();
  flushed_ = true;
  apply({{"more", service({front("10.96.0.81", 80)}, {at(b)})}});
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "c " + a.address);
  EXPECT_EQ(ask_tcp(ns("a"), "10.96.0.81", 80), "b " + a.address);
  nft::Transaction transaction(nft::TableFamily::kIpv4, table_->name());
  ASSERT_TRUE(nft::Nftables::open()->commit(transaction.flush_chain("prerouting")));
  EXPECT_EQ(*table_->heal(), true) << "only emptied";
  EXPECT_EQ(ask_tcp(ns("a"), kServiceAddress, 80), "c " + a.address);
}

}  // namespace
}  // namespace cove::network::test
