// ClusterDns: the cluster's name server, and the Service that pods reach it by.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/client/client.h"
#include "core/network/name_server.h"
#include "core/proxy/dns_zone.h"

namespace cove::proxy {

// Answers at an address of this machine, port 53, UDP and TCP, on a thread of its own; what is not
// the cluster's goes to the servers of /etc/resolv.conf. Thread-safe. Bounds:
// network::NameServer's, with 2,048 questions on their way, 512 TCP connections and 4,096
// remembered answers.
class ClusterDns final : private network::NameSource {
 public:
  struct Parts {
    network::Address address;  // which this machine may come to have later
    std::string domain;
    network::Address server;  // the cluster's own address of it
    std::vector<network::Subnet> subnets;
  };
  static Result<std::unique_ptr<ClusterDns>> start(const Parts& parts);

  void set_service(const std::string& key, const api::ObjectPtr& service,
                   const std::vector<api::ObjectPtr>& slices);
  void set_namespace(const std::string& name, bool exists);
  // Everything has been told. Before, what is asked about the cluster fails for now.
  void open();

 private:
  explicit ClusterDns(const Parts& parts);
  std::optional<Answer> answer(const std::string& client,
                               const network::dns::Question& question) override;
  std::vector<std::string> servers(const std::string& client) override;

  const network::Address address_, server_;
  std::mutex mutex_;
  ClusterZone zone_;
  std::size_t turn_ = 0;
  bool open_ = false;
  // Of the server's thread: the file is read once a second at most.
  std::vector<std::string> servers_;
  std::chrono::steady_clock::time_point read_{};
  std::unique_ptr<network::NameServer> name_server_;
};

// Makes the Service kube-system/kube-dns with that address and an EndpointSlice to `endpoint`, and
// makes them again whatever happens to them. On the transport's executor.
class DnsService {
 public:
  struct Parts {
    client::Transport& transport;  // of somebody who may write both
    Logger& logger;
    std::string cluster_address;
    std::string endpoint;
  };
  explicit DnsService(Parts parts);
  ~DnsService();
  DnsService(const DnsService&) = delete;

  // Looks at both, now and again after failures. Call it when one of them has gone.
  void ensure();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::proxy
