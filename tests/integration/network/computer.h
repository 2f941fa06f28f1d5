// A computer of the test's own: network and mount namespaces, an "outside" that is another one
// behind a link, programs that listen and ask inside any namespace.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fd.h"
#include "core/network/container_networks.h"
#include "core/network/links.h"
#include "core/network/nft.h"
#include "tests/support/temporary_folder.h"

namespace cove::network::test {

std::string id_of(const std::string& name);  // 64 digits

// Answers every TCP connection and every datagram with the address it came from.
class Listener {
 public:
  // In the namespace (empty: the computer's own). Answers begin with `sign`.
  Listener(const Path& where, const std::string& address, std::uint16_t port,
           std::string sign = {});
  ~Listener();

 private:
  Fd tcp_, udp_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// What came back; "" for nothing within 300 ms or a refusal.
std::string ask_tcp(const Path& where, const std::string& address, std::uint16_t port,
                    int patience_ms = 3000);
std::string ask_udp(const Path& where, const std::string& address, std::uint16_t port,
                    int patience_ms = 3000);
constexpr int kShort = 300;

class Computer : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A second network behind the interface "up0": this computer is 203.0.113.1, the other
  // 203.0.113.2, which knows no route to containers.
  void make_outside();
  void open(const std::string& instance = "one", PortGate* gate = nullptr);
  NetworkConfig make_network(const std::string& name,
                             const std::function<void(NetworkConfig&)>& change = {});
  // Plugs a container of this name into the network; its namespace is
  // networks.make_namespace(name).
  Endpoint plug(const std::string& network, const std::string& container,
                std::vector<PortMapping> ports = {},
                const std::function<void(EndpointConfig&)>& change = {});
  Path ns(const std::string& container) const { return folder_ / "run-one" / container; }

  std::vector<std::string> links();
  std::vector<std::string> tables();

  cove::test::TemporaryFolder folder_;
  Path outside_;
  std::vector<std::string> name_servers_;
  std::unique_ptr<ContainerNetworks> networks_;
};

}  // namespace cove::network::test
