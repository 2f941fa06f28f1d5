// Nothing is lost and nothing leaks: kill -9, restarts, two instances, many containers at once.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

#include "core/network/plumbing.h"
#include "core/os/namespaces.h"
#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Recovery : public Computer {
 protected:
  std::vector<std::string> pins() {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "run-one", error))
      if (const std::string name = entry.path().filename(); name.front() != '.')
        names.push_back(name);
    return names;
  }
  static int open_sockets() {
    int lines = 0;
    for (const char* table : {"/proc/thread-self/net/tcp", "/proc/thread-self/net/udp"}) {
      std::ifstream file(table);
      for (std::string line; std::getline(file, line);) ++lines;
    }
    return lines;
  }
  static int open_descriptors() {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      ++count;
    return count;
  }
  void expect_pristine() {
    EXPECT_THAT(links(), ElementsAre("lo"));
    EXPECT_THAT(tables(), IsEmpty());
    EXPECT_THAT(pins(), IsEmpty());
  }
  void remove_everything() {
    EXPECT_TRUE(networks_->keep_only({}));
    for (const auto& pin : pins()) EXPECT_TRUE(networks_->remove_namespace(pin));
    for (const auto& network : networks_->list()) EXPECT_TRUE(networks_->remove(network.id));
    EXPECT_TRUE(networks_->shut_down());
  }
};

constexpr PortMapping kWeb{.host_port = 8080, .container_port = 80};

TEST_F(Recovery, ARestartKeepsContainersConnected) {
  open();
  make_network("web");
  const Endpoint a = plug("web", "a", {kWeb});
  plug("web", "b");
  const Listener inside(ns("a"), "0.0.0.0", 80);
  const auto before = links();
  open();
  EXPECT_EQ(links(), before);
  ASSERT_EQ(networks_->endpoints().size(), 2U);
  EXPECT_EQ(networks_->endpoints()[0].ports, a.ports);
  EXPECT_EQ(ask_tcp(ns("b"), a.address, 80), "172.17.0.3");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080), "172.17.0.1");
  EndpointConfig config;
  config.network = id_of("web");
  config.container = "b2";
  config.namespace_path = ns("b");
  config.interface = "eth5";
  config.ports = {kWeb};
  EXPECT_EQ(networks_->connect(config).error().cause,
            "Bind for 0.0.0.0:8080 failed: port is already allocated");
  ASSERT_TRUE(networks_->keep_only({"b"}));
  EXPECT_EQ(networks_->endpoints().size(), 1U);
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080, kShort), "");
  EXPECT_THAT(networks_->namespaces(), ElementsAre("b"));
  remove_everything();
  expect_pristine();
}

TEST_F(Recovery, AfterARebootOnlyNetworksRemain) {
  open();
  make_network("web");
  plug("web", "a", {kWeb});
  networks_.reset();
  ASSERT_TRUE(os::remove_pin(ns("a")));
  {
    auto links = Links::open();
    const auto all = links->list();
    for (const auto& link : *all) {
      if (link.name != "lo") {
        ASSERT_TRUE(links->remove(link.name));
      }
    }
    nft::Transaction transaction(nft::TableFamily::kIpv4, tables().front());
    ASSERT_TRUE(nft::Nftables::open()->commit(transaction.delete_table()));
  }
  open();
  EXPECT_TRUE(networks_->endpoints().empty());
  EXPECT_EQ(networks_->list().size(), 1U);
  expect_pristine();
  const Endpoint a = plug("web", "a", {kWeb});
  EXPECT_EQ(a.address, "172.17.0.2");
}

TEST_F(Recovery, AContainerThatCameBackIsConnectedAnew) {
  open();
  make_network("web");
  plug("web", "a", {kWeb});
  ASSERT_TRUE(networks_->remove_namespace("a"));
  // The namespace goes with its last socket, the resolver's.
  const Endpoint again = plug("web", "a2");
  EXPECT_EQ(again.address, "172.17.0.3");
  ASSERT_TRUE(networks_->disconnect_all("a"));
  EXPECT_EQ(plug("web", "a", {kWeb}).address, "172.17.0.2");
}

TEST_F(Recovery, ShutDownLeavesWhatRunningContainersNeed) {
  open();
  make_network("web");
  make_network("idle");
  plug("web", "a");
  plug("idle", "b");
  ASSERT_TRUE(networks_->disconnect_all("b"));
  ASSERT_TRUE(networks_->shut_down());
  EXPECT_EQ(links().size(), 3U) << "lo, one bridge, one port";
  ASSERT_TRUE(networks_->disconnect_all("a"));
  ASSERT_TRUE(networks_->shut_down());
  EXPECT_THAT(links(), ElementsAre("lo"));
  EXPECT_THAT(tables(), IsEmpty());
  EXPECT_EQ(networks_->list().size(), 2U);
  plug("web", "a");
}

// What a process does that is killed somewhere in it.
[[noreturn]] void work_until_killed(const Path& folder, int ready) {
  auto networks = ContainerNetworks::open(
      {.directory = folder / "one", .run = folder / "run-one", .logger = null_logger()});
  if (!networks) ::_exit(3);
  [[maybe_unused]] const auto told = ::write(ready, "!", 1);
  for (int round = 0;; ++round) {
    const std::string name = "n" + std::to_string(round % 3);
    NetworkConfig network;
    network.id = id_of(name);
    network.name = name;
    static_cast<void>((*networks)->create(network));
    for (int i = 0; i < 3; ++i) {
      const std::string container = name + "c" + std::to_string(i);
      static_cast<void>((*networks)->make_namespace(container));
      EndpointConfig config;
      config.network = network.id;
      config.container = container;
      config.namespace_path = folder / "run-one" / container;
      config.names = {container};
      config.ports = {{.container_port = 80}};
      static_cast<void>((*networks)->connect(config));
      if (i == 1) {
        static_cast<void>((*networks)->disconnect_all(container));
        static_cast<void>((*networks)->remove_namespace(container));
      }
    }
    if (round % 4 == 3) {
      static_cast<void>((*networks)->keep_only({}));
      static_cast<void>((*networks)->remove(network.id));
    }
  }
}

TEST_F(Recovery, NothingLeaksFromAKilledProcess) {
  std::mt19937 random(20);
  const int sockets_before = open_sockets();
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    auto pipe = make_pipe();
    ASSERT_TRUE(pipe);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work_until_killed(folder_.path(), pipe->write.get());
    char byte = 0;
    ASSERT_EQ(::read(pipe->read.get(), &byte, 1), 1);
    ::usleep(std::uniform_int_distribution<unsigned>(0, 120'000)(random));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    open();
    std::set<std::string> expected{"lo"};
    for (const auto& endpoint : networks_->endpoints()) {
      EXPECT_TRUE(is_plugged_in(endpoint, ns(endpoint.container)));
      expected.insert(host_interface(endpoint.id));
    }
    for (const auto& network : networks_->list()) expected.insert(network.bridge);
    for (const auto& link : links()) EXPECT_TRUE(expected.contains(link)) << link;
    for (const auto& pin : pins()) EXPECT_TRUE(os::is_namespace(folder_ / "run-one" / pin)) << pin;
    if (round % 3 == 2) {
      remove_everything();
      expect_pristine();
      networks_.reset();
      EXPECT_EQ(open_sockets(), sockets_before);
    }
    networks_.reset();
  }
}

TEST_F(Recovery, TwoInstancesDoNotDisturbEachOther) {
  open();
  make_network("web");
  const Endpoint a = plug("web", "a", {kWeb});
  auto other = ContainerNetworks::open(
      {.directory = folder_ / "two", .run = folder_ / "run-two", .logger = null_logger()});
  ASSERT_TRUE(other);
  NetworkConfig config;
  config.id = id_of("web2");
  config.name = "web";
  const auto second = (*other)->create(config);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->subnet, "172.18.0.0/16") << "the first one's is in use";
  ASSERT_TRUE((*other)->make_namespace("b"));
  EndpointConfig endpoint;
  endpoint.network = config.id;
  endpoint.container = "b";
  endpoint.namespace_path = folder_ / "run-two" / "b";
  endpoint.ports = {kWeb};
  EXPECT_EQ((*other)->connect(endpoint).error().cause,
            "listen tcp4 0.0.0.0:8080: bind: address already in use");
  endpoint.ports = {{.host_port = 8081, .container_port = 80}};
  const auto b = (*other)->connect(endpoint);
  ASSERT_TRUE(b);
  EXPECT_EQ(tables().size(), 2U);
  const Listener in_a(ns("a"), "0.0.0.0", 80), in_b(endpoint.namespace_path, "0.0.0.0", 80);
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080), "172.17.0.1");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8081), "172.18.0.1");
  EXPECT_EQ(ask_tcp(ns("a"), b->address, 80, kShort), "");
  other->reset();
  open();  // restarts the first; what the second made is not its business
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8081), "172.18.0.1");
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8080), "172.17.0.1");
  remove_everything();
  EXPECT_EQ(tables().size(), 1U);
  EXPECT_EQ(ask_tcp({}, "127.0.0.1", 8081), "172.18.0.1");
}

TEST_F(Recovery, FiftyContainersComeAndGo) {
  open();
  make_network("web");
  plug("web", "first");
  const auto links_before = links();
  const int descriptors = open_descriptors(), sockets = open_sockets();
  for (int i = 0; i < 50; ++i) {
    const std::string name = "c" + std::to_string(i);
    plug("web", name, {{.container_port = 80}});
  }
  EXPECT_EQ(networks_->endpoints().size(), 51U);
  EXPECT_EQ(networks_->endpoints().back().address, "172.17.0.52");
  for (int i = 0; i < 50; ++i) {
    const std::string name = "c" + std::to_string(i);
    ASSERT_TRUE(networks_->disconnect(id_of("web"), name));
    ASSERT_TRUE(networks_->remove_namespace(name));
  }
  EXPECT_EQ(links(), links_before);
  // Who waits for the kernel to free a link has a socket until then.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (open_descriptors() != descriptors && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(open_sockets(), sockets);
  EXPECT_THAT(pins(), ElementsAre("first"));
  EXPECT_EQ(networks_->disconnect(id_of("web"), "c0").error().code, ErrorCode::kNotFound);
}

TEST_F(Recovery, EightThreadsAtOnce) {
  open();
  make_network("web");
  make_network("other");
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 6; ++i) {
        const std::string name = "t" + std::to_string(thread) + "-" + std::to_string(i);
        EndpointConfig config;
        config.network = id_of(i % 2 == 0 ? "web" : "other");
        config.container = name;
        config.namespace_path = ns(name);
        config.names = {name};
        config.ports = {{.container_port = 80}};
        if (!networks_->make_namespace(name) || !networks_->connect(config)) ++failures;
        if (i % 3 == 2 && !networks_->disconnect_all(name)) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  std::set<std::string> addresses;
  std::set<int> ports;
  for (const auto& endpoint : networks_->endpoints()) {
    addresses.insert(endpoint.address);
    ports.insert(endpoint.ports.at(0).host_port);
  }
  EXPECT_EQ(networks_->endpoints().size(), 32U);
  EXPECT_EQ(addresses.size(), 32U);
  EXPECT_EQ(ports.size(), 32U);
  remove_everything();
  expect_pristine();
}

TEST_F(Recovery, BrokenRecordsAreSaidPlainly) {
  open();
  networks_.reset();
  std::ofstream(folder_ / "one" / "networks.json") << "{\"version\":1,\"networks\":3}";
  const auto opened = ContainerNetworks::open(
      {.directory = folder_ / "one", .run = folder_ / "run-one", .logger = null_logger()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cove::network::test
