#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <mutex>

#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

class Ports : public Computer {
 protected:
  void SetUp() override {
    Computer::SetUp();
    make_outside();
  }
  Error refused(const std::string& container, std::vector<PortMapping> ports) {
    if (!std::filesystem::exists(ns(container))) {
      EXPECT_TRUE(networks_->make_namespace(container));
    }
    EndpointConfig config;
    config.network = id_of("web");
    config.container = container;
    config.namespace_path = ns(container);
    config.ports = std::move(ports);
    const auto endpoint = networks_->connect(config);
    EXPECT_FALSE(endpoint);
    return endpoint ? Error() : endpoint.error();
  }
  // With br_netfilter the kernel leads packets inside a bridge through the rules as well.
  bool set_bridge_filter(bool on) {
    std::ofstream file("/proc/sys/net/bridge/bridge-nf-call-iptables");
    file << (on ? "1" : "0");
    file.close();
    return !file.fail();
  }
};

constexpr PortMapping kWeb{.host_port = 8080, .container_port = 80};

class EveryWay : public Ports, public ::testing::WithParamInterface<bool> {};

TEST_P(EveryWay, LeadsToThePublishedPort) {
  if (!set_bridge_filter(GetParam())) GTEST_SKIP() << "this kernel has no br_netfilter";
  open();
  make_network("web");
  make_network("other");
  PortMapping udp = kWeb;
  udp.protocol = Protocol::kUdp;
  const Endpoint a = plug("web", "a", {kWeb, udp});
  EXPECT_EQ(a.ports, (std::vector<PortMapping>{kWeb, udp}));
  plug("web", "b");
  plug("other", "c");
  const Listener inside(ns("a"), "0.0.0.0", 80);
  for (const auto ask : {ask_tcp, ask_udp}) {
    EXPECT_EQ(ask({}, "127.0.0.1", 8080, 3000), "172.17.0.1");
    EXPECT_EQ(ask({}, "203.0.113.1", 8080, 3000), "203.0.113.1");
    EXPECT_EQ(ask(outside_, "203.0.113.1", 8080, 3000), "203.0.113.2") << "with its own address";
    EXPECT_EQ(ask(ns("b"), "203.0.113.1", 8080, 3000), "172.17.0.1");
    EXPECT_EQ(ask(ns("b"), "172.17.0.1", 8080, 3000), "172.17.0.1");
    EXPECT_EQ(ask(ns("a"), "203.0.113.1", 8080, 3000), "172.17.0.1") << "its own port";
    EXPECT_EQ(ask(ns("c"), "203.0.113.1", 8080, 3000), "172.17.0.1") << "from another network";
    EXPECT_EQ(ask(ns("b"), a.address, 80, 3000), "172.17.0.3") << "no detour without need";
  }
  ASSERT_TRUE(networks_->disconnect(id_of("web"), "a"));
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080, kShort), "");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080, kShort), "");
}
INSTANTIATE_TEST_SUITE_P(BridgeFilter, EveryWay, ::testing::Bool(),
                         [](const auto& given) { return std::string(given.param ? "on" : "off"); });

TEST_F(Ports, AnAddressOfThisMachineLimitsThem) {
  open();
  make_network("web");
  plug("web", "a",
       {{.host_ip = "127.0.0.1", .host_port = 8080, .container_port = 80},
        {.host_ip = "203.0.113.1", .host_port = 8081, .container_port = 80}});
  const Listener inside(ns("a"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080), "172.17.0.1");
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080, kShort), "");
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8081), "203.0.113.2");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8081, kShort), "");
  // A neighbour who sends to 127.0.0.1 over the wire is not led in.
  auto far = Links::open_in(outside_);
  const auto eth0 = far->find("eth0");
  ASSERT_TRUE(far->set_default_route((*eth0)->index, "eth0", *Address::parse("203.0.113.1")));
  EXPECT_EQ(ask_tcp(outside_, "172.17.0.2", 80, kShort), "");
  EXPECT_EQ(refused("b", {{.host_ip = "192.0.2.1", .host_port = 1, .container_port = 1}}).cause,
            "listen tcp4 192.0.2.1:1: bind: cannot assign requested address");
}

TEST_F(Ports, ThatAreTakenAreRefused) {
  open();
  make_network("web");
  plug("web", "a", {kWeb});
  const auto before = links();
  const Error own = refused("b", {{.host_port = 9000, .container_port = 1}, kWeb});
  EXPECT_EQ(own.code, ErrorCode::kConflict);
  EXPECT_EQ(own.cause, "Bind for 0.0.0.0:8080 failed: port is already allocated");
  PortMapping one = kWeb;
  one.host_ip = "127.0.0.1";
  EXPECT_EQ(refused("b", {one}).cause, "Bind for 127.0.0.1:8080 failed: port is already allocated");

  const Listener foreign({}, "127.0.0.1", 8090);
  for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
    const Error error =
        refused("b", {{.protocol = protocol, .host_port = 8090, .container_port = 1}});
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_EQ(error.cause, protocol == Protocol::kTcp
                               ? "listen tcp4 0.0.0.0:8090: bind: address already in use"
                               : "listen udp4 0.0.0.0:8090: bind: address already in use");
  }
  EXPECT_EQ(links(), before);
  // What was reserved before the refusal is free again; the other protocol was never taken.
  PortMapping udp = kWeb;
  udp.protocol = Protocol::kUdp;
  plug("web", "b", {{.host_port = 9000, .container_port = 1}, udp});
  ASSERT_TRUE(networks_->disconnect_all("a"));
  plug("web", "c", {kWeb});
}

TEST_F(Ports, OthersCannotTakeThem) {
  open();
  make_network("web");
  plug("web", "a", {kWeb});
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(8080);
  const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) == 0;
  EXPECT_FALSE(bound && ::listen(fd.get(), 1) == 0);
}

TEST_F(Ports, FreeOnesAreChosenUpwards) {
  open();
  make_network("web");
  const Listener foreign({}, "0.0.0.0", 32769);
  const Endpoint a = plug("web", "a", {{.container_port = 80}, {.container_port = 81}});
  EXPECT_EQ(a.ports[0].host_port, 32768);
  EXPECT_EQ(a.ports[1].host_port, 32770);
}

TEST_F(Ports, AUdpFlowFollowsThePortToItsNewContainer) {
  open();
  make_network("web");
  PortMapping udp = kWeb;
  udp.protocol = Protocol::kUdp;
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(8080);
  in.sin_addr.s_addr = htonl(0xcb007101);  // 203.0.113.1
  const timeval patience{.tv_sec = 3, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
  // Nobody is there yet; the kernel remembers the flow.
  ::send(fd.get(), "?", 1, 0);
  char byte = 0;
  EXPECT_LT(::recv(fd.get(), &byte, 1, 0), 0);
  for (const char* container : {"a", "b"}) {
    plug("web", container, {udp}, [&](EndpointConfig& config) {
      config.address = container == std::string("a") ? "172.17.0.10" : "172.17.0.11";
    });
    const Listener inside(ns(container), "0.0.0.0", 80);
    ASSERT_EQ(::send(fd.get(), "?", 1, 0), 1) << container;
    EXPECT_GT(::recv(fd.get(), &byte, 1, 0), 0) << container;
    ASSERT_TRUE(networks_->disconnect_all(container));
  }
}

TEST_F(Ports, SurviveAFlushOfAllRules) {
  open();
  make_network("web");
  plug("web", "a", {kWeb});
  const Listener inside(ns("a"), "0.0.0.0", 80);
  const auto flush = [&] {
    nft::Transaction transaction(nft::TableFamily::kIpv4, tables().front());
    ASSERT_TRUE(nft::Nftables::open()->commit(transaction.delete_table()));
  };
  flush();
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080, kShort), "");
  plug("web", "b", {{.host_port = 8081, .container_port = 80}});
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080), "203.0.113.2");
  flush();
  ASSERT_TRUE(networks_->disconnect_all("b"));
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080), "203.0.113.2");
  ASSERT_TRUE(networks_->disconnect_all("a"));
  flush();
  EXPECT_TRUE(networks_->remove(id_of("web")));
}

class Gate final : public PortGate {
 public:
  Result<void> open(const PortMapping& mapping) override {
    const std::lock_guard lock(mutex_);
    if (mapping.host_port == refused)
      return Error{ErrorCode::kConflict, "open", "a port", "the computer has it", ""};
    open_.insert(mapping.host_port);
    return {};
  }
  void close(const PortMapping& mapping) override {
    const std::lock_guard lock(mutex_);
    open_.erase(mapping.host_port);
  }
  std::set<int> open_ports() {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  int refused = 0;

 private:
  std::mutex mutex_;
  std::set<int> open_;
};

TEST_F(Ports, TheGateIsAskedLastAndItsRefusalUndoesEverything) {
  Gate gate;
  open("one", &gate);
  make_network("web");
  plug("web", "a", {{.host_ip = "192.168.7.7", .host_port = 8080, .container_port = 80}});
  EXPECT_EQ(gate.open_ports(), std::set<int>{8080});
  const Listener inside(ns("a"), "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 8080), "203.0.113.2")
      << "the address is one of the user's computer";
  const auto before = links();
  gate.refused = 8082;
  EXPECT_EQ(refused("b", {{.host_port = 8081, .container_port = 80},
                          {.host_port = 8082, .container_port = 80}})
                .cause,
            "the computer has it");
  EXPECT_EQ(gate.open_ports(), std::set<int>{8080});
  EXPECT_EQ(links(), before);
  EXPECT_EQ(networks_->endpoints().size(), 1U);
  gate.refused = 0;
  plug("web", "b", {{.host_port = 8081, .container_port = 80}});
  ASSERT_TRUE(networks_->disconnect_all("b"));
  ASSERT_TRUE(networks_->disconnect_all("a"));
  EXPECT_TRUE(gate.open_ports().empty());
}

}  // namespace
}  // namespace cove::network::test
