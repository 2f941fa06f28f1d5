#include "core/network/container_networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "core/base/strings.h"
#include "core/network/address_pool.h"
#include "core/network/connections.h"
#include "core/network/dns_message.h"
#include "core/network/host_ports.h"
#include "core/network/links.h"
#include "core/network/name_server.h"
#include "core/network/nft.h"
#include "core/network/plumbing.h"
#include "core/network/records.h"
#include "core/network/resolver_file.h"
#include "core/network/rules.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

constexpr std::size_t kMaxRecordBytes = 64 << 20;
constexpr const char* kNetworksFile = "networks.json";
constexpr const char* kEndpointsFile = ".endpoints.json";
constexpr std::size_t kMaxResolverFile = 64 << 10;
constexpr std::size_t kMaxNames = 64;  // of one endpoint
constexpr unsigned kSmallestMtu = 68, kLargestMtu = 65535, kUsualMtu = 1500;

// FNV-1a; never 0, the group of links that nobody marked.
std::uint32_t mark_of(const Path& directory) {
  std::uint32_t hash = 2166136261U;
  for (const char c : directory.string()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  hash &= 0x7fffffffU;
  return hash == 0 ? 1 : hash;
}

Error invalid(const char* action, const std::string& subject, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, action, subject, std::move(cause), ""};
}

bool is_interface_name(const std::string& name) {
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c <= ' ' || c == '/' || c == ':' || static_cast<unsigned char>(c) >= 127;
         });
}

// Names that begin with a dot are for our own files.
bool is_pin_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

bool is_id(const std::string& id) {
  return id.size() == 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// In lower case, without doubles, bounded.
std::vector<std::string> clean_names(const std::vector<std::string>& names) {
  std::vector<std::string> clean;
  for (const auto& name : names) {
    const auto normal = dns::normalize_name(name);
    if (!normal || normal->empty() || clean.size() >= kMaxNames) continue;
    if (std::find(clean.begin(), clean.end(), *normal) == clean.end()) clean.push_back(*normal);
  }
  return clean;
}

// Undoes what has been done, latest first, unless all went well.
class Undo {
 public:
  ~Undo() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void forget() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};

}  // namespace

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

  Names find(const std::string& client, const std::string& name) override;
  std::optional<std::string> name_of(const std::string& client, const Address& address) override;
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

  // change_ held:
  Result<Network> network(const std::string& id) const;
  static NetworkRules rules_of(const Network& network);
  static std::vector<PortRule> rules_of(const Endpoint& endpoint, bool any_address);
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

  std::unique_ptr<NameServer> names_;
};

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
  if (!is_id(config.id)) return invalid(kAction, config.name, "its id is no 64 digits");
  if (config.name.empty() || config.name.size() > 255)
    return invalid(kAction, config.name, "its name is empty or too long");
  if (config.bridge.empty()) config.bridge = "cv-" + config.id.substr(0, 12);
  if (!is_interface_name(config.bridge))
    return invalid(kAction, config.name, "'" + config.bridge + "' is no name of an interface");
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
          network.config.masquerade};
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
  std::vector<PortRule> ports;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_)
      for (auto& rule : rules_of(record.endpoint, parts_.gate != nullptr)) ports.push_back(rule);
  }
  return commit(make_table(table_, networks, ports));
}

Result<void> ContainerNetworks::Implementation::ensure_in_kernel(const Network& network) {
  if (in_kernel_.contains(network.config.id)) return {};
  // Rules come first: there is never a bridge without its guard.
  if (in_kernel_.empty()) {
    COVE_CHECK(commit(make_table(table_, {rules_of(network)}, {})));
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
  const Path pin = parts_.run / name;
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
  return os::remove_pin(parts_.run / name);
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

// -- Endpoints ------------------------------------------------------------------------------------

Result<Endpoint> ContainerNetworks::Implementation::describe(const Network& network,
                                                             const EndpointConfig& config) const {
  Endpoint endpoint;
  endpoint.id = random_hex(32);
  endpoint.network = config.network;
  endpoint.container = config.container;
  endpoint.interface = config.interface;
  endpoint.names = clean_names(config.names);
  endpoint.gateway = network.space.gateway.text();
  endpoint.prefix_length = network.space.subnet.prefix_length;
  if (!is_interface_name(config.interface))
    return invalid("connect", config.container,
                   "'" + config.interface + "' is no name of an interface");
  if (config.container.empty()) return invalid("connect", "a container", "it has no id");
  std::set<std::string> given;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_)
      if (record.endpoint.network == config.network) given.insert(record.endpoint.address);
  }
  const auto taken = [&](const Address& address) { return given.contains(address.text()); };
  COVE_TRY(const Address address, config.address.empty()
                                      ? network.space.lowest_free(taken)
                                      : network.space.check(config.address, taken));
  endpoint.address = address.text();
  endpoint.mac = config.mac.empty() ? mac_of(address) : config.mac;
  COVE_TRY(const std::string bytes, parse_mac(endpoint.mac));
  std::transform(endpoint.mac.begin(), endpoint.mac.end(), endpoint.mac.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return endpoint;
}

Result<Endpoint> ContainerNetworks::Implementation::connect_locked(const EndpointConfig& config) {
  COVE_TRY(const Network target, network(config.network));
  std::optional<EndpointRecord> former;
  {
    const std::lock_guard lock(state_);
    if (const auto* record = find_endpoint(config.network, config.container)) former = *record;
  }
  if (former) {
    if (opening_.contains({config.network, config.container}) ||
        is_plugged_in(former->endpoint, former->namespace_path))
      return Error{ErrorCode::kAlreadyExists, "connect", config.container,
                   "endpoint already exists in network " + target.config.name, ""};
    // Of a process that is gone.
    COVE_CHECK(unplug(*former));
  }
  COVE_TRY(Endpoint endpoint, describe(target, config));

  Undo undo;
  if (!target.config.internal) {
    COVE_TRY(endpoint.ports, ports_.reserve(config.ports));
  }
  undo.add([&] { ports_.release(endpoint.ports); });
  COVE_CHECK(ensure_in_kernel(target));
  const bool default_route = config.default_route && !target.config.internal;
  COVE_CHECK(plug_in(target.config, endpoint, config.namespace_path, default_route, mark_));
  undo.add([&] {
    if (auto links = Links::open()) static_cast<void>(links->remove(host_interface(endpoint.id)));
  });
  nft::Transaction transaction(nft::TableFamily::kIpv4, table_);
  const auto rules = rules_of(endpoint, parts_.gate != nullptr);
  add_ports(transaction, rules);
  COVE_CHECK(commit_or_rebuild(transaction));
  undo.add([&] {
    nft::Transaction back(nft::TableFamily::kIpv4, table_);
    remove_ports(back, rules);
    static_cast<void>(commit(back));
  });
  std::vector<std::uint16_t> udp_ports;
  for (const auto& port : endpoint.ports)
    if (port.protocol == Protocol::kUdp) udp_ports.push_back(port.host_port);
  if (!udp_ports.empty()) {
    COVE_TRY(const Address address, Address::parse(endpoint.address));
    COVE_CHECK(forget_udp_flows(address, udp_ports));
  }
  if (target.config.names && !names_->has_client(config.container))
    COVE_CHECK(names_->add_client(config.container, config.namespace_path));
  undo.forget();
  const std::lock_guard lock(state_);
  all_endpoints_.push_back({endpoint, config.namespace_path, default_route, config.name_servers});
  ++endpoints_file_.wanted;
  return endpoint;
}

Result<Endpoint> ContainerNetworks::Implementation::connect(const EndpointConfig& config) {
  const EndpointKey key{config.network, config.container};
  Endpoint endpoint;
  {
    const std::lock_guard change(change_);
    COVE_TRY(endpoint, connect_locked(config));
    opening_.insert(key);
  }
  Result<void> outcome = persist_endpoints();
  std::size_t open = 0;
  if (parts_.gate != nullptr) {
    for (; outcome && open < endpoint.ports.size(); ++open)
      outcome = parts_.gate->open(endpoint.ports[open]);
    if (!outcome && open > 0) --open;  // the one that failed
  }
  if (!outcome) {
    for (std::size_t i = 0; parts_.gate != nullptr && i < open; ++i)
      parts_.gate->close(endpoint.ports[i]);
    {
      const std::lock_guard change(change_);
      opening_.erase(key);
      std::optional<EndpointRecord> record;
      {
        const std::lock_guard lock(state_);
        if (const auto* found = find_endpoint(key.first, key.second)) record = *found;
      }
      if (record) static_cast<void>(unplug(*record));
    }
    opened_.notify_all();
    static_cast<void>(persist_endpoints());
    return outcome.error();
  }
  {
    const std::lock_guard change(change_);
    opening_.erase(key);
  }
  opened_.notify_all();
  return endpoint;
}

// Takes everything of an endpoint away, as far as it is there; the first failure is told.
Result<void> ContainerNetworks::Implementation::unplug(const EndpointRecord& record) {
  const Endpoint& endpoint = record.endpoint;
  Result<void> outcome;
  const auto note = [&](Result<void> step) {
    if (!step && outcome) outcome = step.error();
  };
  nft::Transaction transaction(nft::TableFamily::kIpv4, table_);
  remove_ports(transaction, rules_of(endpoint, parts_.gate != nullptr));
  const auto removed = commit(transaction);
  const bool vanished = !removed && removed.error().code == ErrorCode::kNotFound;
  if (!vanished) note(removed);
  if (auto links = Links::open()) {
    note(links->remove(host_interface(endpoint.id)));
  } else {
    note(links.error());
  }
  ports_.release(endpoint.ports);
  const bool udp =
      std::any_of(endpoint.ports.begin(), endpoint.ports.end(),
                  [](const PortMapping& port) { return port.protocol == Protocol::kUdp; });
  if (const auto address = Address::parse(endpoint.address); udp && address)
    note(forget_udp_flows(*address, {}));
  bool names = false;
  {
    const std::lock_guard lock(state_);
    std::erase_if(all_endpoints_,
                  [&](const EndpointRecord& other) { return other.endpoint.id == endpoint.id; });
    ++endpoints_file_.wanted;
    names = wants_names(endpoint.container);
  }
  if (!names) names_->remove_client(endpoint.container);
  if (vanished) note(rebuild_rules());
  return outcome;
}

// After its network with the default route is gone, another one takes over.
void ContainerNetworks::Implementation::restore_default_route(const std::string& container) {
  std::optional<EndpointRecord> next;
  {
    const std::lock_guard lock(state_);
    for (auto& record : all_endpoints_) {
      const NetworkConfig* config = find_network(record.endpoint.network);
      if (record.endpoint.container != container || config == nullptr || config->internal) continue;
      if (record.default_route) return;
      if (!next) next = record;
    }
    if (!next) return;
    for (auto& record : all_endpoints_)
      if (record.endpoint.id == next->endpoint.id) record.default_route = true;
    ++endpoints_file_.wanted;
  }
  const auto routed = os::in_network_namespace(next->namespace_path, [&]() -> Result<void> {
    COVE_TRY(auto links, Links::open());
    COVE_TRY(const auto link, links.find(next->endpoint.interface));
    COVE_TRY(const Address gateway, Address::parse(next->endpoint.gateway));
    if (!link) return {};
    return links.set_default_route(link->index, link->name, gateway);
  });
  // A container that is ending has no namespace any more.
  if (!routed) parts_.logger.debug("no new default route", {{"cause", routed.error().message()}});
}

Result<void> ContainerNetworks::Implementation::disconnect(const std::string& network,
                                                           const std::string& container) {
  const EndpointKey key{network, container};
  EndpointRecord record;
  {
    std::unique_lock change(change_);
    opened_.wait(change, [&] { return !opening_.contains(key); });
    const std::lock_guard lock(state_);
    const auto* found = find_endpoint(network, container);
    if (found == nullptr)
      return Error{ErrorCode::kNotFound, "disconnect", container,
                   "container " + container + " is not connected to the network " + network, ""};
    record = *found;
    opening_.insert(key);
  }
  if (parts_.gate != nullptr)
    for (const auto& port : record.endpoint.ports) parts_.gate->close(port);
  Result<void> outcome;
  {
    const std::lock_guard change(change_);
    outcome = unplug(record);
    restore_default_route(container);
    opening_.erase(key);
  }
  opened_.notify_all();
  const auto persisted = persist_endpoints();
  return outcome ? persisted : outcome;
}

Result<void> ContainerNetworks::Implementation::disconnect_all(const std::string& container) {
  std::vector<std::string> networks;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_)
      if (record.endpoint.container == container) networks.push_back(record.endpoint.network);
  }
  Result<void> outcome;
  for (const auto& network : networks) {
    auto gone = disconnect(network, container);
    if (!gone && gone.error().code != ErrorCode::kNotFound && outcome) outcome = gone.error();
  }
  return outcome;
}

Result<void> ContainerNetworks::Implementation::keep_only(
    const std::vector<std::string>& containers) {
  const std::set<std::string> kept(containers.begin(), containers.end());
  std::set<std::string> gone;
  std::set<Path> pins;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_) {
      if (kept.contains(record.endpoint.container)) continue;
      gone.insert(record.endpoint.container);
      if (record.namespace_path.parent_path() == parts_.run) pins.insert(record.namespace_path);
    }
  }
  Result<void> outcome;
  const auto note = [&](Result<void> step) {
    if (!step && outcome) outcome = step.error();
  };
  for (const auto& container : gone) note(disconnect_all(container));
  for (const auto& pin : pins) note(os::remove_pin(pin));
  return outcome;
}

Result<void> ContainerNetworks::Implementation::rename(const std::string& container,
                                                       const std::vector<std::string>& names) {
  {
    const std::lock_guard lock(state_);
    const auto clean = clean_names(names);
    for (auto& record : all_endpoints_)
      if (record.endpoint.container == container) record.endpoint.names = clean;
    ++endpoints_file_.wanted;
  }
  return persist_endpoints();
}

// -- Names ----------------------------------------------------------------------------------------

ResolverSettings ContainerNetworks::Implementation::host_resolver() const {
  const auto text = read_file("/etc/resolv.conf", kMaxResolverFile);
  ResolverSettings settings = parse_resolver_file(text ? *text : "");
  if (!parts_.name_servers.empty()) settings.servers = parts_.name_servers;
  return settings;
}

NameSource::Names ContainerNetworks::Implementation::find(const std::string& client,
                                                          const std::string& name) {
  const std::lock_guard lock(state_);
  for (const auto& own : all_endpoints_) {
    if (own.endpoint.container != client) continue;
    const NetworkConfig* config = find_network(own.endpoint.network);
    if (config == nullptr || !config->names) continue;
    // "db" and "db.network".
    std::string_view wanted = name;
    const auto full = dns::normalize_name(config->name);
    const std::string suffix = "." + (full ? *full : "");
    Names names;
    for (const auto& other : all_endpoints_) {
      if (other.endpoint.network != config->id) continue;
      const bool matches = std::any_of(
          other.endpoint.names.begin(), other.endpoint.names.end(), [&](const std::string& one) {
            return one == wanted || (wanted.size() == one.size() + suffix.size() &&
                                     wanted.starts_with(one) && wanted.ends_with(suffix));
          });
      const auto address = Address::parse(other.endpoint.address);
      if (!matches || !address) continue;
      names.known = true;
      names.addresses.push_back(*address);
    }
    if (names.known) return names;
  }
  return {};
}

std::optional<std::string> ContainerNetworks::Implementation::name_of(const std::string& client,
                                                                      const Address& address) {
  const std::string text = address.text();
  const std::lock_guard lock(state_);
  for (const auto& own : all_endpoints_) {
    if (own.endpoint.container != client) continue;
    const NetworkConfig* config = find_network(own.endpoint.network);
    if (config == nullptr || !config->names) continue;
    for (const auto& other : all_endpoints_) {
      if (other.endpoint.network != config->id || other.endpoint.address != text ||
          other.endpoint.names.empty())
        continue;
      const auto full = dns::normalize_name(other.endpoint.names.front() + "." + config->name);
      return full ? *full : other.endpoint.names.front();
    }
  }
  return std::nullopt;
}

std::vector<std::string> ContainerNetworks::Implementation::servers(const std::string& client) {
  std::vector<std::string> own;
  bool way_out = false;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_) {
      const NetworkConfig* config = find_network(record.endpoint.network);
      if (record.endpoint.container != client || config == nullptr) continue;
      way_out = way_out || !config->internal;
      if (own.empty()) own = record.name_servers;
    }
  }
  if (!way_out) return {};
  return own.empty() ? host_resolver().servers : own;
}

std::string ContainerNetworks::Implementation::resolver_configuration(
    const std::string& container, ResolverSettings wanted) const {
  const ResolverSettings host = host_resolver();
  bool names = false;
  {
    const std::lock_guard lock(state_);
    names = wants_names(container);
  }
  if (wanted.search.empty()) wanted.search = host.search;
  std::erase(wanted.search, ".");
  if (wanted.options.empty()) wanted.options = host.options;
  if (names) {
    wanted.servers = {kResolverAddress};
    add_default_dots(wanted.options);
  } else if (wanted.servers.empty()) {
    wanted.servers = servers_for_container(host.servers);
  }
  return format_resolver_file(wanted);
}

// -- Start ----------------------------------------------------------------------------------------

// Endpoints whose container has gone meanwhile are forgotten; what they had in the kernel is a
// leftover then.
Result<void> ContainerNetworks::Implementation::find_survivors() {
  std::vector<EndpointRecord> alive;
  for (auto& record : all_endpoints_) {
    if (find_network(record.endpoint.network) != nullptr &&
        is_plugged_in(record.endpoint, record.namespace_path)) {
      alive.push_back(std::move(record));
    } else if (parts_.gate != nullptr) {
      for (const auto& port : record.endpoint.ports) parts_.gate->close(port);
    }
  }
  if (alive.size() != all_endpoints_.size()) ++endpoints_file_.wanted;
  all_endpoints_ = std::move(alive);
  return {};
}

Result<void> ContainerNetworks::Implementation::remove_leftover_links() {
  std::set<std::string> named;
  for (const auto& record : all_endpoints_) named.insert(host_interface(record.endpoint.id));
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto all, links.list());
  for (const Link& link : all) {
    if (link.group != mark_) continue;
    const auto network =
        std::find_if(all_networks_.begin(), all_networks_.end(),
                     [&](const NetworkConfig& config) { return config.bridge == link.name; });
    if (network != all_networks_.end()) {
      in_kernel_.insert(network->id);
    } else if (!named.contains(link.name)) {
      parts_.logger.info("removing a leftover interface", {{"name", link.name}});
      COVE_CHECK(links.remove(link.name));
    }
  }
  return {};
}

Result<void> ContainerNetworks::Implementation::restore_rules() {
  for (const auto& record : all_endpoints_) in_kernel_.insert(record.endpoint.network);
  if (in_kernel_.empty()) {
    COVE_TRY(const auto tables, nftables_->tables(nft::TableFamily::kIpv4));
    if (std::find(tables.begin(), tables.end(), table_) == tables.end()) return {};
    return commit(nft::Transaction(nft::TableFamily::kIpv4, table_).delete_table());
  }
  COVE_CHECK(rebuild_rules());
  for (const auto& id : in_kernel_) {
    COVE_TRY(const Network present, network(id));
    COVE_CHECK(
        make_network_bridge(present.config, present.space.subnet, present.space.gateway, mark_));
  }
  return {};
}

// A pin of before the machine's restart is an empty file.
Result<void> ContainerNetworks::Implementation::remove_dead_pins() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.run, error)) {
    if (is_pin_name(entry.path().filename()) && !os::is_namespace(entry.path()))
      COVE_CHECK(os::remove_pin(entry.path()));
  }
  if (error) return errno_error(error.value(), "read the folder", parts_.run.string());
  return {};
}

Result<void> ContainerNetworks::Implementation::read_records() {
  const auto networks = read_file(parts_.directory / kNetworksFile, kMaxRecordBytes);
  if (!networks && networks.error().code != ErrorCode::kNotFound) return networks.error();
  if (networks) {
    COVE_TRY(all_networks_, parse_networks(*networks));
  }
  const auto endpoints = read_file(parts_.run / kEndpointsFile, kMaxRecordBytes);
  if (!endpoints && endpoints.error().code != ErrorCode::kNotFound) return endpoints.error();
  if (!endpoints) return {};
  auto parsed = parse_endpoints(*endpoints);
  if (parsed) {
    all_endpoints_ = std::move(*parsed);
  } else {
    // It may be half a file after a power failure, and then nothing of it runs any more.
    parts_.logger.warn("no record of connected containers", {{"cause", parsed.error().message()}});
  }
  return {};
}

Result<void> ContainerNetworks::Implementation::open() {
  COVE_CHECK(make_directories(parts_.directory, 0700));
  COVE_CHECK(make_directories(parts_.run, 0700));
  std::error_code error;
  mark_ = mark_of(std::filesystem::weakly_canonical(parts_.directory, error));
  table_ = fmt::format("cove-{:08x}", mark_);
  for (const auto& pool : parts_.pools) {
    COVE_TRY(const SubnetPool parsed, SubnetPool::parse(pool));
    pools_.push_back(parsed);
  }
  COVE_TRY(auto nftables, nft::Nftables::open());
  nftables_.emplace(std::move(nftables));
  COVE_CHECK(read_records());
  COVE_TRY(names_, NameServer::start(*this, {}));
  COVE_CHECK(find_survivors());
  COVE_CHECK(remove_leftover_links());
  COVE_CHECK(restore_rules());
  COVE_CHECK(remove_dead_pins());
  for (const auto& record : all_endpoints_) {
    const Endpoint& endpoint = record.endpoint;
    for (const auto& port : endpoint.ports) {
      if (!ports_.restore(port))
        parts_.logger.warn("another program has the port of a container",
                           {{"port", std::to_string(port.host_port)}});
      const auto open = parts_.gate != nullptr ? parts_.gate->open(port) : Result<void>();
      if (!open)
        parts_.logger.warn("a published port is closed", {{"cause", open.error().message()}});
    }
    if (!wants_names(endpoint.container) || names_->has_client(endpoint.container)) continue;
    const auto added = names_->add_client(endpoint.container, record.namespace_path);
    if (!added)
      parts_.logger.warn("a container has no names", {{"cause", added.error().message()}});
  }
  return persist_endpoints();
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
