#include "core/network/container_networks.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/network/checks.h"
#include "core/network/implementation.h"
#include "core/network/links.h"
#include "core/network/plumbing.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

constexpr unsigned kSmallestMtu = 68, kLargestMtu = 65535, kUsualMtu = 1500;

}  // namespace

// -- Records --------------------------------------------------------------------------------------

Result<void> ContainerNetworks::Implementation::persist_networks() {
  std::unique_lock state(state_);
  const std::uint64_t wanted = networks_file_.wanted;
  state.unlock();
  const std::lock_guard writing(networks_file_.writing);
  if (networks_file_.version >= wanted) return {};
  state.lock();
  const std::uint64_t version = networks_file_.wanted;
  const std::string bytes = to_json(all_networks_);
  state.unlock();
  COVE_CHECK(write_file_atomic(parts_.directory / kNetworksFile, bytes, 0600));
  networks_file_.version = version;
  return {};
}

Result<void> ContainerNetworks::Implementation::persist_endpoints() {
  std::unique_lock state(state_);
  const std::uint64_t wanted = endpoints_file_.wanted;
  state.unlock();
  const std::lock_guard writing(endpoints_file_.writing);
  if (endpoints_file_.version >= wanted) return {};
  state.lock();
  const std::uint64_t version = endpoints_file_.wanted;
  const std::string bytes = to_json(all_endpoints_);
  state.unlock();
  COVE_CHECK(replace_file(parts_.run / kEndpointsFile, bytes));
  endpoints_file_.version = version;
  return {};
}

const NetworkConfig* ContainerNetworks::Implementation::find_network(const std::string& id) const {
  const auto found = std::find_if(all_networks_.begin(), all_networks_.end(),
                                  [&](const NetworkConfig& network) { return network.id == id; });
  return found == all_networks_.end() ? nullptr : &*found;
}

const EndpointRecord* ContainerNetworks::Implementation::find_endpoint(
    const std::string& network, const std::string& container) const {
  const auto found =
      std::find_if(all_endpoints_.begin(), all_endpoints_.end(), [&](const EndpointRecord& record) {
        return record.endpoint.network == network && record.endpoint.container == container;
      });
  return found == all_endpoints_.end() ? nullptr : &*found;
}

bool ContainerNetworks::Implementation::has_endpoints(const std::string& network) const {
  return std::any_of(
      all_endpoints_.begin(), all_endpoints_.end(),
      [&](const EndpointRecord& record) { return record.endpoint.network == network; });
}

bool ContainerNetworks::Implementation::wants_names(const std::string& container) const {
  return std::any_of(
      all_endpoints_.begin(), all_endpoints_.end(), [&](const EndpointRecord& record) {
        const NetworkConfig* config = find_network(record.endpoint.network);
        return record.endpoint.container == container && config != nullptr && config->names;
      });
}

Result<ContainerNetworks::Implementation::Network> ContainerNetworks::Implementation::network(
    const std::string& id) const {
  const std::lock_guard lock(state_);
  const NetworkConfig* config = find_network(id);
  if (config == nullptr)
    return Error{ErrorCode::kNotFound, "find", "the network", "network " + id + " not found", ""};
  COVE_TRY(const AddressSpace space,
           AddressSpace::parse(config->subnet, config->gateway, config->ip_range));
  return Network{*config, space};
}

// -- Networks -------------------------------------------------------------------------------------

Result<Subnet> ContainerNetworks::Implementation::subnet_for(const NetworkConfig& config) const {
  std::vector<Subnet> taken;
  {
    const std::lock_guard lock(state_);
    for (const auto& other : all_networks_) {
      COVE_TRY(const Subnet subnet, Subnet::parse(other.subnet));
      taken.push_back(subnet);
    }
  }
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto all, links.list());
  COVE_TRY(const auto routes, links.routes());
  for (const Route& route : routes) {
    const auto link = std::find_if(all.begin(), all.end(),
                                   [&](const Link& one) { return one.index == route.link; });
    if (link == all.end() || link->group != mark_) taken.push_back(route.destination);
  }
  if (config.subnet.empty()) return choose_subnet(pools_, taken);
  COVE_TRY(const Subnet wanted, Subnet::parse(config.subnet, true));
  for (const Subnet& other : taken) {
    if (other.overlaps(wanted))
      return invalid("create the network", config.name,
                     "Pool overlaps with other one on this address space");
  }
  return wanted;
}

Result<void> ContainerNetworks::Implementation::check_network(NetworkConfig& config) const {
  constexpr const char* kAction = "create the network";
  if (!is_network_id(config.id)) return invalid(kAction, config.name, "its id is no 64 digits");
  if (config.name.empty() || config.name.size() > 255)
    return invalid(kAction, config.name, "its name is empty or too long");
  if (config.bridge.empty()) config.bridge = "cv-" + config.id.substr(0, 12);
  if (!is_interface_name(config.bridge))
    return invalid(kAction, config.name, "'" + config.bridge + "' is no name of an interface");
  if (config.routed && config.internal)
    return invalid(kAction, config.name, "an internal network cannot be routed");
  if (config.mtu == 0) config.mtu = kUsualMtu;
  if (config.mtu < kSmallestMtu || config.mtu > kLargestMtu)
    return invalid(kAction, config.name, fmt::format("{} is no MTU", config.mtu));
  const std::lock_guard lock(state_);
  for (const auto& other : all_networks_) {
    if (other.name == config.name || other.id == config.id)
      return Error{ErrorCode::kAlreadyExists, kAction, config.name,
                   "network with name " + config.name + " already exists", ""};
    if (other.bridge == config.bridge)
      return Error{ErrorCode::kConflict, kAction, config.name,
                   "network " + other.name + " has the bridge " + config.bridge, ""};
  }
  return {};
}

Result<NetworkConfig> ContainerNetworks::Implementation::create(NetworkConfig config) {
  {
    const std::lock_guard change(change_);
    COVE_CHECK(check_network(config));
    COVE_TRY(const Subnet subnet, subnet_for(config));
    config.subnet = subnet.text();
    COVE_TRY(const AddressSpace space,
             AddressSpace::parse(config.subnet, config.gateway, config.ip_range));
    config.gateway = space.gateway.text();
    const std::lock_guard lock(state_);
    all_networks_.push_back(config);
    ++networks_file_.wanted;
  }
  if (auto persisted = persist_networks(); !persisted) {
    const std::lock_guard change(change_);
    const std::lock_guard lock(state_);
    std::erase_if(all_networks_,
                  [&](const NetworkConfig& network) { return network.id == config.id; });
    ++networks_file_.wanted;
    return persisted.error();
  }
  return config;
}

Result<void> ContainerNetworks::Implementation::remove(const std::string& id) {
  {
    const std::lock_guard change(change_);
    COVE_TRY(const Network gone, network(id));
    {
      const std::lock_guard lock(state_);
      if (has_endpoints(id))
        return Error{ErrorCode::kConflict, "remove the network", gone.config.name,
                     "network " + gone.config.name + " has active endpoints", ""};
    }
    COVE_CHECK(take_from_kernel(gone));
    const std::lock_guard lock(state_);
    std::erase_if(all_networks_, [&](const NetworkConfig& network) { return network.id == id; });
    ++networks_file_.wanted;
  }
  return persist_networks();
}

NetworkRules ContainerNetworks::Implementation::rules_of(const Network& network) {
  return {network.config.bridge, network.space.subnet, network.config.internal,
          network.config.masquerade, network.config.routed};
}

bool ContainerNetworks::Implementation::is_routed(const Endpoint& endpoint) const {
  const std::lock_guard lock(state_);
  const NetworkConfig* config = find_network(endpoint.network);
  return config != nullptr && config->routed;
}

std::vector<PortRule> ContainerNetworks::Implementation::rules_of(const Endpoint& endpoint,
                                                                  bool any_address) {
  std::vector<PortRule> rules;
  const auto container = Address::parse(endpoint.address);
  for (const auto& port : endpoint.ports) {
    const auto host = Address::parse(any_address ? "0.0.0.0" : port.host_ip);
    if (container && host)
      rules.push_back({port.protocol, *host, port.host_port, *container, port.container_port});
  }
  return rules;
}

Result<void> ContainerNetworks::Implementation::commit(const nft::Transaction& transaction) {
  if (transaction.empty()) return {};
  return nftables_->commit(transaction);
}

Result<void> ContainerNetworks::Implementation::commit_or_rebuild(
    const nft::Transaction& transaction) {
  auto done = commit(transaction);
  if (done || done.error().code != ErrorCode::kNotFound) return done;
  parts_.logger.warn("packet rules have vanished and are made again");
  COVE_CHECK(rebuild_rules());
  return commit(transaction);
}

Result<void> ContainerNetworks::Implementation::rebuild_rules() {
  if (in_kernel_.empty()) return {};
  std::vector<NetworkRules> networks;
  for (const auto& id : in_kernel_) {
    COVE_TRY(const Network present, network(id));
    networks.push_back(rules_of(present));
  }
  nft::Transaction transaction = make_table(table_, networks);
  const std::lock_guard lock(state_);
  for (const auto& record : all_endpoints_) {
    const NetworkConfig* config = find_network(record.endpoint.network);
    add_ports(transaction, rules_of(record.endpoint, parts_.gate != nullptr),
              config != nullptr && config->routed);
  }
  return commit(transaction);
}

Result<void> ContainerNetworks::Implementation::ensure_in_kernel(const Network& network) {
  if (in_kernel_.contains(network.config.id)) return {};
  // Rules come first: there is never a bridge without its guard.
  if (in_kernel_.empty()) {
    COVE_CHECK(commit(make_table(table_, {rules_of(network)})));
  } else {
    nft::Transaction transaction(nft::TableFamily::kIpv4, table_);
    add_network(transaction, rules_of(network));
    COVE_CHECK(commit_or_rebuild(transaction));
  }
  in_kernel_.insert(network.config.id);
  auto made =
      make_network_bridge(network.config, network.space.subnet, network.space.gateway, mark_);
  if (!made) static_cast<void>(take_from_kernel(network));
  return made;
}

Result<void> ContainerNetworks::Implementation::take_from_kernel(const Network& network) {
  if (!in_kernel_.contains(network.config.id)) return {};
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto bridge, links.find(network.config.bridge));
  if (bridge && bridge->group == mark_) COVE_CHECK(links.remove(network.config.bridge));
  nft::Transaction transaction(nft::TableFamily::kIpv4, table_);
  if (in_kernel_.size() == 1) {
    transaction.delete_table();
  } else {
    remove_network(transaction, rules_of(network));
  }
  const auto removed = commit(transaction);
  if (!removed && removed.error().code != ErrorCode::kNotFound) return removed;
  in_kernel_.erase(network.config.id);
  return removed ? removed : rebuild_rules();
}

Result<void> ContainerNetworks::Implementation::shut_down() {
  const std::lock_guard change(change_);
  const std::set<std::string> present = in_kernel_;
  for (const std::string& id : present) {
    {
      const std::lock_guard lock(state_);
      if (has_endpoints(id)) continue;
    }
    COVE_TRY(const Network idle, network(id));
    COVE_CHECK(take_from_kernel(idle));
  }
  return {};
}

// -- Namespaces -----------------------------------------------------------------------------------

Result<Path> ContainerNetworks::Implementation::make_namespace(const std::string& name) {
  if (!is_pin_name(name)) return invalid("make the namespace", name, "it is no name for a pin");
  const Path pin = namespace_path(name);
  COVE_CHECK(os::make_network_namespace(pin, []() -> Result<void> {
    COVE_TRY(auto links, Links::open());
    COVE_TRY(const auto loopback, links.find("lo"));
    if (!loopback) return {};
    return links.set_up(loopback->index, "lo");
  }));
  return pin;
}

Result<void> ContainerNetworks::Implementation::remove_namespace(const std::string& name) {
  if (!is_pin_name(name)) return invalid("remove the namespace", name, "it is no name for a pin");
  return os::remove_pin(namespace_path(name));
}

std::vector<std::string> ContainerNetworks::Implementation::namespaces() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.run, error)) {
    const std::string name = entry.path().filename();
    if (is_pin_name(name) && os::is_namespace(entry.path())) names.push_back(name);
  }
  return names;
}

// -- The public face ------------------------------------------------------------------------------

Result<std::unique_ptr<ContainerNetworks>> ContainerNetworks::open(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->open());
  return std::unique_ptr<ContainerNetworks>(new ContainerNetworks(std::move(implementation)));
}
ContainerNetworks::ContainerNetworks(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ContainerNetworks::~ContainerNetworks() = default;

Result<void> ContainerNetworks::shut_down() {
  return implementation_->shut_down();
}
Result<NetworkConfig> ContainerNetworks::create(NetworkConfig config) {
  return implementation_->create(std::move(config));
}
Result<void> ContainerNetworks::remove(const std::string& id) {
  return implementation_->remove(id);
}
std::vector<NetworkConfig> ContainerNetworks::list() const {
  return implementation_->networks();
}
Result<Path> ContainerNetworks::make_namespace(const std::string& name) {
  return implementation_->make_namespace(name);
}
Path ContainerNetworks::namespace_path(const std::string& name) const {
  return implementation_->namespace_path(name);
}
Result<void> ContainerNetworks::remove_namespace(const std::string& name) {
  return implementation_->remove_namespace(name);
}
std::vector<std::string> ContainerNetworks::namespaces() const {
  return implementation_->namespaces();
}
Result<Endpoint> ContainerNetworks::connect(const EndpointConfig& config) {
  return implementation_->connect(config);
}
Result<void> ContainerNetworks::disconnect(const std::string& network,
                                           const std::string& container) {
  return implementation_->disconnect(network, container);
}
Result<void> ContainerNetworks::disconnect_all(const std::string& container) {
  return implementation_->disconnect_all(container);
}
Result<void> ContainerNetworks::keep_only(const std::vector<std::string>& containers) {
  return implementation_->keep_only(containers);
}
std::vector<Endpoint> ContainerNetworks::endpoints() const {
  return implementation_->endpoints();
}
Result<void> ContainerNetworks::rename(const std::string& container,
                                       const std::vector<std::string>& names) {
  return implementation_->rename(container, names);
}

Result<LinkStatistics> ContainerNetworks::statistics(const Path& namespace_path,
                                                     const std::string& interface) const {
  COVE_TRY(auto links, Links::open_in(namespace_path));
  COVE_TRY(const auto counters, links.counters(interface));
  if (!counters)
    return Error{ErrorCode::kNotFound, "read the counters of", interface,
                 "there is no such interface", ""};
  return *counters;
}

std::string ContainerNetworks::resolver_configuration(
    const std::string& container, const std::vector<std::string>& servers,
    const std::vector<std::string>& search, const std::vector<std::string>& options) const {
  return implementation_->resolver_configuration(container, {servers, search, options});
}

}  // namespace cove::network
