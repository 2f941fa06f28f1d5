// What ContainerNetworks is made of; for its own source files.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/network/address_pool.h"
#include "core/network/container_networks.h"
#include "core/network/host_ports.h"
#include "core/network/link_remover.h"
#include "core/network/name_server.h"
#include "core/network/nft.h"
#include "core/network/records.h"
#include "core/network/resolver_file.h"
#include "core/network/rules.h"

namespace cove::network {

// Locks, in the order they are taken: change_ for everything that changes the kernel or the
// records, then state_ for the records themselves, which the name server also takes.
class ContainerNetworks::Implementation final : public NameSource {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)), ports_(parts_.gate != nullptr) {}

  Result<void> open();
  Result<void> shut_down();
  Result<NetworkConfig> create(NetworkConfig config);
  Result<void> remove(const std::string& id);
  Result<Path> make_namespace(const std::string& name);
  Path namespace_path(const std::string& name) const { return parts_.run / name; }
  Result<void> remove_namespace(const std::string& name);
  std::vector<std::string> namespaces() const;
  Result<Endpoint> connect(const EndpointConfig& config);
  Result<void> disconnect(const std::string& network, const std::string& container);
  Result<void> disconnect_all(const std::string& container);
  Result<void> keep_only(const std::vector<std::string>& containers);
  Result<void> rename(const std::string& container, const std::vector<std::string>& names);
  std::string resolver_configuration(const std::string& container, ResolverSettings wanted) const;

  std::vector<NetworkConfig> networks() const {
    const std::lock_guard lock(state_);
    return all_networks_;
  }
  std::vector<Endpoint> endpoints() const {
    const std::lock_guard lock(state_);
    std::vector<Endpoint> all;
    for (const auto& record : all_endpoints_) all.push_back(record.endpoint);
    return all;
  }

  std::optional<NameSource::Answer> answer(const std::string& client,
                                           const dns::Question& question) override;
  std::vector<std::string> servers(const std::string& client) override;

 private:
  // What a network's record means.
  struct Network {
    NetworkConfig config;
    AddressSpace space;
  };
  using EndpointKey = std::pair<std::string, std::string>;  // network, container

  // state_ held:
  const NetworkConfig* find_network(const std::string& id) const;
  const EndpointRecord* find_endpoint(const std::string& network,
                                      const std::string& container) const;
  bool has_endpoints(const std::string& network) const;
  bool wants_names(const std::string& container) const;
  // The addresses that this name of another container has for `client`; none: nobody has it.
  std::vector<Address> addresses_of(const std::string& client, const std::string& name) const;
  std::optional<std::string> name_of(const std::string& client, const Address& address) const;

  // change_ held:
  Result<Network> network(const std::string& id) const;
  static NetworkRules rules_of(const Network& network);
  static std::vector<PortRule> rules_of(const Endpoint& endpoint, bool any_address);
  bool is_routed(const Endpoint& endpoint) const;
  Result<void> commit(const nft::Transaction& transaction);
  // For what adds: somebody may have flushed all rules of this machine.
  Result<void> commit_or_rebuild(const nft::Transaction& transaction);
  Result<void> rebuild_rules();
  Result<void> ensure_in_kernel(const Network& network);
  Result<void> take_from_kernel(const Network& network);
  Result<Endpoint> describe(const Network& network, const EndpointConfig& config) const;
  Result<Endpoint> connect_locked(const EndpointConfig& config);
  Result<void> unplug(const EndpointRecord& record);
  void restore_default_route(const std::string& container);
  Result<void> check_network(NetworkConfig& config) const;
  Result<Subnet> subnet_for(const NetworkConfig& config) const;

  // At start:
  Result<void> find_survivors();
  Result<void> remove_leftover_links();
  Result<void> restore_rules();
  Result<void> remove_dead_pins();
  Result<void> read_records();

  // No lock of the others held. Writes what is remembered now or later: one write serves all who
  // wait for it.
  struct Written {
    std::mutex writing;
    std::uint64_t version = 0;  // of the file; `writing`
    std::uint64_t wanted = 0;   // of the memory; state_
  };
  Result<void> persist_networks();
  Result<void> persist_endpoints();
  ResolverSettings host_resolver() const;

  static constexpr const char* kNetworksFile = "networks.json";
  static constexpr const char* kEndpointsFile = ".endpoints.json";

  const Parts parts_;
  std::uint32_t mark_ = 0;
  std::string table_;
  std::vector<SubnetPool> pools_;

  std::mutex change_;
  std::set<std::string> in_kernel_;  // networks with a bridge; change_
  // Open all the time: the kernel waits for what a transaction removed when its socket is closed.
  std::optional<nft::Nftables> nftables_;  // change_
  std::condition_variable opened_;
  std::set<EndpointKey> opening_;  // endpoints whose gate is being asked; change_
  HostPorts ports_;

  mutable std::mutex state_;
  std::vector<NetworkConfig> all_networks_;
  std::vector<EndpointRecord> all_endpoints_;
  Written networks_file_, endpoints_file_;
  std::size_t next_first_ = 0;  // of several addresses of a name; state_

  LinkRemover remover_;
  std::unique_ptr<NameServer> names_;
};

}  // namespace cove::network
