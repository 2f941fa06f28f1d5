// What it costs to plug a container into a network, beside the kernel's own bill for a namespace
// and a pair of interfaces: one table, or JSON with --json.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "core/network/container_networks.h"
#include "core/network/links.h"
#include "core/network/nft.h"
#include "core/network/service_table.h"
#include "core/os/namespaces.h"
#include "tests/support/temporary_folder.h"

namespace cove::bench {
namespace {

using network::ContainerNetworks;
using network::Links;

struct Line {
  std::string what;
  double p50 = 0, p99 = 0;  // milliseconds
  const char* target = "";  // of the first of them
};

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

template <class Value>
void need(const Result<Value>& result) {
  if (result) return;
  std::cerr << result.error().message() << "\n";
  std::exit(1);
}

class Bench {
 public:
  explicit Bench(int rounds) : rounds_(rounds) {
    auto links = Links::open();
    need(links);
    need(links->set_up(1, "lo"));
    auto opened = ContainerNetworks::open(
        {.directory = folder_ / "d", .run = folder_ / "r", .logger = null_logger()});
    need(opened);
    networks_ = std::move(*opened);
    for (const char* name : {"plain", "names"}) {
      network::NetworkConfig config;
      config.id = std::string(64, *name == 'p' ? 'a' : 'b');
      config.name = name;
      config.names = name == std::string("names");
      need(networks_->create(config));
    }
  }
  ~Bench() {
    static_cast<void>(networks_->keep_only({}));
    for (const auto& name : networks_->namespaces())
      static_cast<void>(networks_->remove_namespace(name));
    static_cast<void>(networks_->shut_down());
  }

  std::vector<Line> run() {
    raw();
    containers("plain", 'a', {});
    containers("with a port", 'a', {{.container_port = 80}});
    containers("with names and a port", 'b', {{.container_port = 80}});
    services(1000);
    services(10'000);
    return std::move(lines_);
  }

 private:
  void add(const std::string& what, std::vector<double> values, const char* target = "") {
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
      return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
    };
    lines_.push_back({what, at(0.5), at(0.99), target});
  }

  void raw() {
    std::vector<double> namespaces, pairs;
    auto links = Links::open();
    need(links);
    need(links->make_bridge("raw0", 0, 1500, "02:00:00:00:00:01"));
    const int bridge = (*links->find("raw0"))->index;
    for (int i = 0; i < rounds_; ++i) {
      const Path pin = folder_ / fmt::format("raw{}", i);
      namespaces.push_back(milliseconds([&] { need(os::make_network_namespace(pin, {})); }));
      const auto inside = os::open_namespace(pin);
      need(inside);
      Links::Veth veth;
      veth.name = fmt::format("rawveth{}", i);
      veth.master = bridge;
      veth.peer_name = "eth0";
      veth.peer_namespace = inside->get();
      veth.peer_mac = "02:00:00:00:00:02";
      pairs.push_back(milliseconds([&] { need(links->make_veth(veth)); }));
    }
    add("kernel: a namespace", std::move(namespaces));
    add("kernel: a pair of interfaces", std::move(pairs));
    std::vector<double> removed;
    for (int i = 0; i < rounds_; ++i) {
      removed.push_back(milliseconds([&] { need(links->remove(fmt::format("rawveth{}", i))); }));
      need(os::remove_pin(folder_ / fmt::format("raw{}", i)));
    }
    add("kernel: removal of the pair", std::move(removed));
    need(links->remove("raw0"));
    one_element();
  }

  // What no change of a Service can be quicker than.
  void one_element() {
    namespace nft = network::nft;
    auto rules = nft::Nftables::open();
    need(rules);
    const auto change = [] { return nft::Transaction(nft::TableFamily::kIpv4, "bench"); };
    need(rules->commit(
        change().add_table().add_set({.name = "set", .key = {nft::Type::kIpv4Address}})));
    std::vector<double> times;
    for (int i = 0; i < rounds_; ++i) {
      nft::Element element;
      element.key = nft::address_field(
          network::Address::from_ipv4(0x0a000001U + static_cast<std::uint32_t>(i)));
      times.push_back(
          milliseconds([&] { need(rules->commit(change().add_elements("set", {element}))); }));
    }
    need(rules->commit(change().delete_table()));
    add("kernel: a transaction of one element", std::move(times));
  }

  void containers(const std::string& what, char network, std::vector<network::PortMapping> ports) {
    std::vector<double> made, connected, disconnected, removed;
    for (int i = 0; i <= rounds_; ++i) {
      network::EndpointConfig config;
      config.network = std::string(64, network);
      config.container = fmt::format("c{}", i);
      config.namespace_path = folder_ / "r" / config.container;
      config.names = {config.container};
      config.ports = ports;
      const double make = milliseconds([&] { need(networks_->make_namespace(config.container)); });
      const double connect = milliseconds([&] { need(networks_->connect(config)); });
      if (i == 0) continue;  // made the bridge and the rules
      made.push_back(make);
      connected.push_back(connect);
    }
    for (int i = 0; i <= rounds_; ++i) {
      const std::string name = fmt::format("c{}", i);
      disconnected.push_back(milliseconds([&] { need(networks_->disconnect_all(name)); }));
      removed.push_back(milliseconds([&] { need(networks_->remove_namespace(name)); }));
    }
    add(what + ": make_namespace", std::move(made));
    add(what + ": connect", std::move(connected));
    add(what + ": disconnect", std::move(disconnected));
    add(what + ": remove_namespace", std::move(removed));
  }

  // One change among that many Services of ten endpoints each: the whole transaction.
  void services(int count) {
    using network::Address;
    auto table =
        network::ServiceTable::open({.directory = folder_ / "proxy",
                                     .service_subnet = *network::Subnet::parse("10.96.0.0/12"),
                                     .pod_subnet = *network::Subnet::parse("10.244.0.0/16")});
    need(table);
    const auto service = [](int number, int endpoints) {
      const auto i = static_cast<std::uint32_t>(number);
      network::ServicePort port;
      port.frontends = {{6, Address::from_ipv4(0x0a600000U + i), 80}};
      for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(endpoints); ++k)
        port.endpoints.push_back({Address::from_ipv4(0x0af40000U + (i + k) % 60'000), 80});
      return port;
    };
    network::ServicePorts all;
    for (int i = 1; i <= count; ++i) all.emplace(fmt::format("s{}", i), service(i, 10));
    const std::string among = fmt::format("among {} Services: ", count);
    add(among + "all at once", {milliseconds([&] { need(table->replace(all)); })});
    std::vector<double> added, changed, removed;
    for (int i = 0; i < rounds_; ++i) {
      const std::string name = fmt::format("new{}", i);
      added.push_back(milliseconds([&] {
        need(table->change({{name, service(50'000 + i, 10)}}));
      }));
      changed.push_back(milliseconds([&] {
        need(table->change({{name, service(50'000 + i, 11)}}));
      }));
      removed.push_back(milliseconds([&] { need(table->change({{name, std::nullopt}})); }));
    }
    add(among + "one more", std::move(added), "5");
    add(among + "one endpoint more", std::move(changed));
    add(among + "one less", std::move(removed));
  }

  const int rounds_;
  const test::TemporaryFolder folder_;
  std::unique_ptr<ContainerNetworks> networks_;
  std::vector<Line> lines_;
};

void print(const std::vector<Line>& lines, bool json) {
  if (json) {
    boost::json::array rows;
    for (const auto& line : lines)
      rows.push_back({{"what", line.what},
                      {"p50_ms", line.p50},
                      {"p99_ms", line.p99},
                      {"target_ms", line.target}});
    std::cout << boost::json::serialize(rows) << "\n";
    return;
  }
  fmt::print("{:<42} {:>9} {:>9} {:>9}\n", "milliseconds", "p50", "p99", "target");
  for (const auto& line : lines)
    fmt::print("{:<42} {:>9.2f} {:>9.2f} {:>9}\n", line.what, line.p50, line.p99, line.target);
}

}  // namespace
}  // namespace cove::bench

int main(int argc, char** argv) {
  CLI::App app("Networks of containers, measured");
  bool json = false, quick = false;
  app.add_flag("--json", json, "JSON instead of a table");
  app.add_flag("--quick", quick, "few rounds");
  CLI11_PARSE(app, argc, argv);
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    std::cerr << "this measurement needs root\n";
    return 0;
  }
  cove::bench::print(cove::bench::Bench(quick ? 3 : 100).run(), json);
  return 0;
}
