#include "core/engine/networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/strings.h"
#include "core/engine/container_config.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFile = 16 << 20;
constexpr const char* kDefaultBridge = "bridge";

json::object to_record(const Network& network) {
  return {{"id", network.id()},
          {"name", network.name()},
          {"driver", network.driver},
          {"createdAt", std::chrono::duration_cast<std::chrono::nanoseconds>(
                            network.created_at.time_since_epoch())
                            .count()},
          {"attachable", network.attachable},
          {"labels", to_object(network.labels)},
          {"options", to_object(network.options)},
          {"ipamOptions", to_object(network.ipam_options)},
          {"predefined", network.predefined}};
}

Network from_record(const json::object& object) {
  Network network;
  network.config.id = text_of(object, "id");
  network.config.name = text_of(object, "name");
  network.driver = text_of(object, "driver");
  network.created_at = WallTime(std::chrono::nanoseconds(integer_of(object, "createdAt")));
  network.attachable = flag_of(object, "attachable");
  network.labels = text_map_of(object, "labels");
  network.options = text_map_of(object, "options");
  network.ipam_options = text_map_of(object, "ipamOptions");
  network.predefined = flag_of(object, "predefined");
  return network;
}

// The options of the driver "bridge" that have an effect here.
Outcome<> apply_options(const std::map<std::string, std::string>& options,
                        network::NetworkConfig& config) {
  const auto flag = [](const std::string& value) { return value == "true" || value == "1"; };
  for (const auto& [name, value] : options) {
    if (name == "com.docker.network.bridge.name") {
      if (value.empty() || value.size() > 15 || value.find('/') != std::string::npos) {
        return ApiError{400, "invalid bridge name: " + value};
      }
      config.bridge = value;
    } else if (name == "com.docker.network.bridge.enable_icc") {
      config.inter_container = flag(value);
    } else if (name == "com.docker.network.bridge.enable_ip_masquerade") {
      config.masquerade = flag(value);
    } else if (name == "com.docker.network.driver.mtu") {
      const auto mtu = parse_size(value, 1);
      if (!mtu || *mtu < 68 || *mtu > 65535) return ApiError{400, "invalid MTU: " + value};
      config.mtu = static_cast<unsigned>(*mtu);
    }
  }
  return {};
}

// The first IPv4 pool; others and IPv6 are refused.
Outcome<> apply_ipam(const json::object& ipam, network::NetworkConfig& config) {
  const std::string driver = text_of(ipam, "Driver");
  if (!driver.empty() && driver != "default") {
    return ApiError{404, fmt::format("could not find an IPAM driver named {}", json_quote(driver))};
  }
  bool taken = false;
  for (const auto& item : array_of(ipam, "Config")) {
    if (!item.is_object()) return ApiError{400, "invalid JSON: IPAM.Config must hold objects"};
    const json::object& object = item.get_object();
    const std::string subnet = text_of(object, "Subnet");
    if (subnet.find(':') != std::string::npos) {
      return ApiError{501, "IPv6 networks are not supported"};
    }
    if (taken) return ApiError{501, "a network has one subnet only"};
    taken = true;
    config.subnet = subnet;
    config.gateway = text_of(object, "Gateway");
    config.ip_range = text_of(object, "IPRange");
    if (subnet.empty() && (!config.gateway.empty() || !config.ip_range.empty())) {
      return ApiError{400, "invalid network config: a gateway or an IP range needs a subnet"};
    }
  }
  return {};
}

Event network_event(const std::string& action, const Network& network) {
  return {.type = "network",
          .action = action,
          .actor = network.id(),
          .attributes = {{"name", network.name()}, {"type", network.driver}}};
}

}  // namespace

Result<std::unique_ptr<Networks>> Networks::open(Parts parts) {
  std::unique_ptr<Networks> networks(new Networks(std::move(parts)));
  COVE_CHECK(networks->load());
  return networks;
}

Result<void> Networks::load() {
  std::lock_guard lock(mutex_);
  const auto text = read_file(parts_.file, kMaxFile);
  if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
  if (text) {
    boost::system::error_code failed;
    const json::value value = json::parse(*text, failed);
    if (failed || !value.is_object()) {
      return Error{ErrorCode::kCorrupt, "read", parts_.file.string(), "it is not a JSON document",
                   "Move it away; networks lose their labels then"};
    }
    for (const auto& item : array_of(value.get_object(), "networks")) {
      if (!item.is_object()) continue;
      Network network = from_record(item.get_object());
      if (!network.id().empty()) networks_[network.id()] = std::move(network);
    }
  }
  // The kernel's side is what there is: ours follows it.
  std::map<std::string, network::NetworkConfig> known;
  bool bridge = false;
  for (const auto& config : parts_.networks.list()) {
    known[config.id] = config;
    bridge = bridge || config.name == kDefaultBridge;
  }
  if (!bridge) {
    network::NetworkConfig config;
    config.id = random_hex(32);
    config.name = kDefaultBridge;
    config.names = false;
    COVE_TRY(config, parts_.networks.create(config));
    known[config.id] = config;
  }
  std::erase_if(networks_, [&](const auto& item) {
    return item.second.driver == "bridge" && !known.contains(item.first);
  });
  for (auto& [id, config] : known) {
    Network& network = networks_[id];
    if (network.created_at == WallTime{}) network.created_at = parts_.clock.wall();
    network.predefined = config.name == kDefaultBridge;
    if (network.predefined && network.options.empty()) {
      network.options = {{"com.docker.network.bridge.default_bridge", "true"},
                         {"com.docker.network.bridge.enable_icc", "true"},
                         {"com.docker.network.bridge.enable_ip_masquerade", "true"},
                         {"com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"},
                         {"com.docker.network.driver.mtu", std::to_string(config.mtu)}};
    }
    network.config = std::move(config);
  }
  for (const auto& [name, driver] : {std::pair("host", "host"), std::pair("none", "null")}) {
    const bool there = std::any_of(networks_.begin(), networks_.end(),
                                   [&](const auto& item) { return item.second.name() == name; });
    if (there) continue;
    Network network;
    network.config.id = random_hex(32);
    network.config.name = name;
    network.driver = driver;
    network.created_at = parts_.clock.wall();
    network.predefined = true;
    networks_[network.id()] = std::move(network);
  }
  return save();
}

Result<void> Networks::save() const {
  json::array array;
  for (const auto& [id, network] : networks_) array.push_back(to_record(network));
  return write_file_atomic(parts_.file,
                           json::serialize(json::object{{"networks", std::move(array)}}), 0600);
}

Outcome<Networks::Created> Networks::create(const json::object& body) {
  using T = FieldType;
  constexpr Field kFields[] = {
      {"Name", T::kText},       {"Driver", T::kText},     {"Internal", T::kFlag},
      {"Attachable", T::kFlag}, {"Ingress", T::kFlag},    {"EnableIPv6", T::kFlag},
      {"IPAM", T::kObject},     {"Options", T::kTextMap}, {"Labels", T::kTextMap},
      {"Scope", T::kText},      {"ConfigOnly", T::kFlag}, {"CheckDuplicate", T::kFlag},
  };
  COVE_TRY(const json::object fields, conform(body, kFields, ""));
  Network network;
  network.config.name = text_of(fields, "Name");
  if (text_of(fields, "Driver") == "overlay") {
    return ApiError{503,
                    "This node is not a swarm manager and cannot become one: overlay networks are "
                    "a swarm's. Use a bridge network."};
  }
  if (!valid_name(network.name())) {
    return ApiError{400, fmt::format("invalid network name {}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
                                     "allowed",
                                     json_quote(network.name()))};
  }
  const std::string driver = text_of(fields, "Driver");
  if (!driver.empty() && driver != "bridge" && driver != "default") {
    if (driver == "host" || driver == "null") {
      return ApiError{403, fmt::format("only one instance of \"{}\" network is allowed", driver)};
    }
    return ApiError{404, fmt::format("could not find plugin {} in v1 plugin registry: plugin "
                                     "\"{}\" not found",
                                     driver, driver)};
  }
  if (flag_of(fields, "EnableIPv6")) return ApiError{501, "IPv6 networks are not supported"};
  if (flag_of(fields, "Ingress") || text_of(fields, "Scope") == "swarm") {
    return ApiError{503, "This node is not a swarm manager; use Kubernetes to span nodes"};
  }
  network.config.internal = flag_of(fields, "Internal");
  network.attachable = flag_of(fields, "Attachable");
  network.labels = text_map_of(fields, "Labels");
  network.options = text_map_of(fields, "Options");
  network.ipam_options = text_map_of(object_of(fields, "IPAM"), "Options");
  COVE_CHECK(apply_options(network.options, network.config));
  COVE_CHECK(apply_ipam(object_of(fields, "IPAM"), network.config));
  network.created_at = parts_.clock.wall();
  network.config.id = random_hex(32);
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, other] : networks_) {
      if (other.name() == network.name()) {
        return ApiError{409, fmt::format("network with name {} already exists", network.name())};
      }
    }
    auto made = parts_.networks.create(network.config);
    if (!made) {
      const Error& error = made.error();
      if (error.code == ErrorCode::kInvalidArgument && error.cause.starts_with("Pool overlaps")) {
        return ApiError{403, error.cause};
      }
      return to_api_error(error);
    }
    network.config = std::move(*made);
    networks_[network.id()] = network;
    if (const auto saved = save(); !saved) {
      networks_.erase(network.id());
      [[maybe_unused]] const auto undone = parts_.networks.remove(network.id());
      return to_api_error(saved.error());
    }
  }
  parts_.events.publish(network_event("create", network));
  return Created{network.id(), ""};
}

Outcome<Network> Networks::find(const std::string& name_or_id) const {
  const std::string name = name_or_id == "default" ? kDefaultBridge : name_or_id;
  const ApiError missing{404, fmt::format("network {} not found", name_or_id)};
  std::lock_guard lock(mutex_);
  if (const auto found = networks_.find(name); found != networks_.end()) return found->second;
  for (const auto& [id, network] : networks_) {
    if (network.name() == name) return network;
  }
  if (name.empty()) return missing;
  const auto first = networks_.lower_bound(name);
  if (first == networks_.end() || !first->first.starts_with(name)) return missing;
  if (const auto next = std::next(first);
      next != networks_.end() && next->first.starts_with(name)) {
    return ApiError{400,
                    fmt::format("network {} is ambiguous (2 matches found on ID prefix)", name)};
  }
  return first->second;
}

std::vector<Network> Networks::list() const {
  std::lock_guard lock(mutex_);
  std::vector<Network> networks;
  for (const auto& [id, network] : networks_) networks.push_back(network);
  return networks;
}

Outcome<> Networks::remove(const Network& network) {
  if (network.predefined) {
    return ApiError{
        403, fmt::format("{} is a pre-defined network and cannot be removed", network.name())};
  }
  {
    std::lock_guard lock(mutex_);
    if (const auto removed = parts_.networks.remove(network.id()); !removed) {
      if (removed.error().code == ErrorCode::kConflict) {
        return ApiError{403, fmt::format("error while removing network: network {} id {} has "
                                         "active endpoints",
                                         network.name(), network.id())};
      }
      if (removed.error().code != ErrorCode::kNotFound) return to_api_error(removed.error());
    }
    networks_.erase(network.id());
    COVE_CHECK(outcome(save()));
  }
  parts_.events.publish(network_event("destroy", network));
  return {};
}

json::object Networks::to_json(const Network& network) const {
  json::array pools;
  if (!network.config.subnet.empty()) {
    json::object pool{{"Subnet", network.config.subnet}};
    if (!network.config.ip_range.empty()) pool["IPRange"] = network.config.ip_range;
    if (!network.config.gateway.empty()) pool["Gateway"] = network.config.gateway;
    pools.push_back(std::move(pool));
  }
  return {
      {"Name", network.name()},
      {"Id", network.id()},
      {"Created", rfc3339_nano(network.created_at)},
      {"Scope", "local"},
      {"Driver", network.driver},
      {"EnableIPv4", true},
      {"EnableIPv6", false},
      {"IPAM",
       {{"Driver", "default"},
        {"Options",
         network.ipam_options.empty() ? json::value(nullptr) : to_object(network.ipam_options)},
        {"Config", pools.empty() && network.driver != "bridge" ? json::value(nullptr)
                                                               : json::value(std::move(pools))}}},
      {"Internal", network.config.internal},
      {"Attachable", network.attachable},
      {"Ingress", false},
      {"ConfigFrom", {{"Network", ""}}},
      {"ConfigOnly", false},
      {"Containers", json::object()},
      {"Options", to_object(network.options)},
      {"Labels", to_object(network.labels)}};
}

}  // namespace cove::engine
