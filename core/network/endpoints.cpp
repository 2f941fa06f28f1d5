// ContainerNetworks: containers are plugged in and out.
#include <algorithm>

#include "core/base/strings.h"
#include "core/network/checks.h"
#include "core/network/connections.h"
#include "core/network/implementation.h"
#include "core/network/links.h"
#include "core/network/plumbing.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

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

Result<Endpoint> ContainerNetworks::Implementation::describe(const Network& network,
                                                             const EndpointConfig& config) const {
  Endpoint endpoint;
  endpoint.id = random_hex(32);
  endpoint.network = config.network;
  endpoint.container = config.container;
  endpoint.interface = config.interface;
  endpoint.names = clean_names(config.names);
  endpoint.gateway = network.space.gateway.text();
  endpoint.prefix_length = network.config.routed ? 32 : network.space.subnet.prefix_length;
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
    for (std::size_t i = 0; parts_.gate != nullptr && i < former->endpoint.ports.size(); ++i)
      parts_.gate->close(former->endpoint.ports[i]);
    COVE_CHECK(unplug(*former));
    // Its resolver is in the former namespace, even if records of other networks still want it.
    names_->remove_client(config.container);
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
  add_ports(transaction, rules, target.config.routed);
  COVE_CHECK(commit_or_rebuild(transaction));
  undo.add([&] {
    nft::Transaction back(nft::TableFamily::kIpv4, table_);
    remove_ports(back, rules, target.config.routed);
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
  {
    std::unique_lock state(state_);
    const NetworkConfig* found = find_network(config.network);
    const NetworkConfig network = found != nullptr ? *found : NetworkConfig();
    state.unlock();
    wait_until_open(network, endpoint);
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
  remove_ports(transaction, rules_of(endpoint, parts_.gate != nullptr), is_routed(endpoint));
  const auto removed = commit(transaction);
  const bool vanished = !removed && removed.error().code == ErrorCode::kNotFound;
  if (!vanished) note(removed);
  note(remover_.remove(host_interface(endpoint.id)));
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
  bool on_link = false;
  {
    const std::lock_guard lock(state_);
    for (auto& record : all_endpoints_) {
      const NetworkConfig* config = find_network(record.endpoint.network);
      if (record.endpoint.container != container || config == nullptr || config->internal) continue;
      if (record.default_route) return;
      if (!next) next = record;
    }
    if (!next) return;
    const NetworkConfig* config = find_network(next->endpoint.network);
    on_link = config != nullptr && config->routed;
    for (auto& record : all_endpoints_)
      if (record.endpoint.id == next->endpoint.id) record.default_route = true;
    ++endpoints_file_.wanted;
  }
  const auto routed = os::in_network_namespace(next->namespace_path, [&]() -> Result<void> {
    COVE_TRY(auto links, Links::open());
    COVE_TRY(const auto link, links.find(next->endpoint.interface));
    COVE_TRY(const Address gateway, Address::parse(next->endpoint.gateway));
    if (!link) return {};
    return links.set_default_route(link->index, link->name, gateway, on_link);
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
    if (record.default_route) restore_default_route(container);
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

}  // namespace cove::network
