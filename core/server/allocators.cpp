#include "core/server/allocators.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <map>

namespace cove::server {
namespace {

constexpr std::string_view kPrefix = "core/services/";
constexpr std::size_t kBatch = 512;
constexpr int kTries = 64;  // at random before the search goes one by one

// What one Service holds. A port may be held for TCP and UDP at once by one Service alone.
struct Holding {
  std::vector<std::uint32_t> addresses;
  std::vector<int> ports;
};

bool has_cluster_address(const json::object& service) {
  const std::string_view type = api::text_at(service, {"spec", "type"});
  return type != "ExternalName";
}

bool has_node_ports(const json::object& service) {
  const std::string_view type = api::text_at(service, {"spec", "type"});
  if (type == "NodePort") return true;
  if (type != "LoadBalancer") return false;
  const json::value* const wanted =
      api::value_at(service, {"spec", "allocateLoadBalancerNodePorts"});
  return wanted == nullptr || !wanted->is_bool() || wanted->get_bool();
}

bool needs_health_port(const json::object& service) {
  return api::text_at(service, {"spec", "type"}) == "LoadBalancer" &&
         api::text_at(service, {"spec", "externalTrafficPolicy"}) == "Local";
}

Holding holding_of(const json::object& service) {
  Holding held;
  if (const auto address = parse_ipv4(api::text_at(service, {"spec", "clusterIP"})))
    held.addresses.push_back(*address);
  if (const json::array* const ports = api::array_at(service, {"spec", "ports"})) {
    for (const json::value& port : *ports) {
      if (!port.is_object()) continue;
      const auto number = api::integer_at(port.get_object(), {"nodePort"}).value_or(0);
      if (number > 0) held.ports.push_back(static_cast<int>(number));
    }
  }
  const auto health = api::integer_at(service, {"spec", "healthCheckNodePort"}).value_or(0);
  if (health > 0) held.ports.push_back(static_cast<int>(health));
  return held;
}

class ServiceAllocator final : public AdmissionPlugin {
 public:
  ServiceAllocator(Storage& storage, ServiceNetwork network, api::Random random)
      : storage_(storage), network_(network), random_(std::move(random)) {}

  std::string_view name() const override { return "ServiceAllocator"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState&) override {
    if (request.kind.plural != "services" || !request.kind.gvk.group.empty() ||
        !request.subresource.empty() || request.object == nullptr)
      return {};
    refresh();
    const std::string key = fmt::format("{}{}/{}", kPrefix, request.namespace_name, request.name);
    api::ErrorList errors;
    if (request.old != nullptr) take_back(*request.object, *request.old);
    settle_address(*request.object, key, errors);
    settle_ports(*request.object, key, errors);
    if (!errors.empty()) return refuse::invalid(request.kind, request.name, errors);
    if (!request.dry_run) recent_.insert(key);
    return {};
  }

 private:
  // --- What is in use ---

  void set(const std::string& key, const json::object* service) {
    if (const auto found = held_.find(key); found != held_.end()) {
      for (const std::uint32_t address : found->second.addresses) release(addresses_, address, key);
      for (const int port : found->second.ports) release(ports_, port, key);
      held_.erase(found);
    }
    if (service == nullptr) return;
    Holding held = holding_of(*service);
    for (const std::uint32_t address : held.addresses) addresses_.emplace(address, key);
    for (const int port : held.ports) ports_.emplace(port, key);
    held_.emplace(key, std::move(held));
  }

  template <class Map, class Value>
  static void release(Map& map, Value value, const std::string& key) {
    const auto found = map.find(value);
    if (found != map.end() && found->second == key) map.erase(found);
  }

  void read_all() {
    held_.clear();
    addresses_.clear();
    ports_.clear();
    auto listing = storage_.store().list({.prefix = std::string(kPrefix)});
    if (!listing) return;
    for (const store::Item& item : listing->items) {
      if (const auto object = storage_.parse(item.value)) set(*item.key, &object->document());
    }
    auto watch =
        storage_.store().watch({.prefix = std::string(kPrefix), .after = listing->revision}, [] {});
    watch_ = watch ? std::move(*watch) : nullptr;
  }

  // Committed changes by the watch; those in flight by looking at what was written lately.
  void refresh() {
    if (!watch_) read_all();
    while (watch_) {
      auto events = watch_->take(kBatch);
      if (!events) {
        read_all();
        break;
      }
      if (events->empty()) break;
      for (const auto& event : *events) {
        const auto object = event->value ? storage_.parse(event->value) : nullptr;
        set(*event->key, object ? &object->document() : nullptr);
      }
    }
    for (auto each = recent_.begin(); each != recent_.end();) {
      const auto newest = storage_.store().newest(*each);
      const auto committed = storage_.store().get(*each);
      const auto object = newest ? storage_.parse(newest->value) : nullptr;
      set(*each, object ? &object->document() : nullptr);
      const bool settled = newest.has_value() == committed.has_value() &&
                           (!newest || newest->revision == committed->revision);
      each = settled ? recent_.erase(each) : std::next(each);
    }
  }

  template <class Map, class Value>
  static bool is_free(const Map& map, Value value, const std::string& key) {
    const auto found = map.find(value);
    return found == map.end() || found->second == key;
  }

  // --- What a Service gets ---

  // A change of type gives back what the new type does not have, unless the client says otherwise;
  // what it leaves out stays as it was.
  void take_back(json::object& next, const json::object& old) {
    const std::string_view before = api::text_at(old, {"spec", "clusterIP"});
    if (!has_cluster_address(next)) {
      if (has_cluster_address(old) && api::text_at(next, {"spec", "clusterIP"}) == before) {
        for (const std::string_view field :
             {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"})
          api::erase_at(next, {"spec", field});
      }
    } else if (has_cluster_address(old) && api::text_at(next, {"spec", "clusterIP"}).empty()) {
      for (const std::string_view field : {"clusterIP", "clusterIPs"}) {
        if (const json::value* const value = api::value_at(old, {"spec", field}))
          api::set_at(next, {"spec", field}, *value);
      }
    }
    if (!has_node_ports(next) && has_node_ports(old)) {
      keep_ports(next, old, false);
    } else if (has_node_ports(next) && has_node_ports(old)) {
      keep_ports(next, old, true);
    }
    const auto health = api::integer_at(old, {"spec", "healthCheckNodePort"}).value_or(0);
    const auto wanted = api::integer_at(next, {"spec", "healthCheckNodePort"}).value_or(0);
    if (!needs_health_port(next) && wanted == health) {
      api::erase_at(next, {"spec", "healthCheckNodePort"});
    } else if (needs_health_port(next) && wanted == 0 && health > 0) {
      api::set_at(next, {"spec", "healthCheckNodePort"}, health);
    }
  }

  static void keep_ports(json::object& next, const json::object& old, bool keep) {
    const json::array* const before = api::array_at(old, {"spec", "ports"});
    if (before == nullptr || api::array_at(next, {"spec", "ports"}) == nullptr) return;
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> by_port;
    for (const json::value& port : *before) {
      if (!port.is_object()) continue;
      by_port[{api::integer_at(port.get_object(), {"port"}).value_or(0),
               std::string(api::text_at(port.get_object(), {"protocol"}))}] =
          api::integer_at(port.get_object(), {"nodePort"}).value_or(0);
    }
    std::set<std::int64_t> given;
    json::array& ports = api::make_array_at(next, {"spec", "ports"});
    for (const json::value& port : ports) {
      if (port.is_object())
        given.insert(api::integer_at(port.get_object(), {"nodePort"}).value_or(0));
    }
    for (json::value& port : ports) {
      if (!port.is_object()) continue;
      json::object& fields = port.get_object();
      const auto found = by_port.find({api::integer_at(fields, {"port"}).value_or(0),
                                       std::string(api::text_at(fields, {"protocol"}))});
      if (found == by_port.end() || found->second == 0) continue;
      const auto own = api::integer_at(fields, {"nodePort"}).value_or(0);
      if (!keep && own == found->second) fields.erase("nodePort");
      if (keep && own == 0 && !given.contains(found->second)) fields["nodePort"] = found->second;
    }
  }

  void settle_address(json::object& service, const std::string& key, api::ErrorList& errors) {
    if (!has_cluster_address(service)) return;
    std::string address(api::text_at(service, {"spec", "clusterIP"}));
    const json::array* const given = api::array_at(service, {"spec", "clusterIPs"});
    const bool listed = given != nullptr && !given->empty();
    if (address.empty() && listed && given->front().is_string())
      address = api::view(given->front().get_string());
    if (!settle_family(service, address, errors)) return;
    if (address.empty()) {
      const auto found = free_address(key);
      if (!found)
        return errors.internal("spec.clusterIP", "failed to allocate a serviceIP: range is full");
      address = format_ipv4(*found);
    } else if (address != "None") {
      check_address(address, key, errors);
    }
    api::set_at(service, {"spec", "clusterIP"}, api::key(address));
    if (!listed) api::set_at(service, {"spec", "clusterIPs"}, json::array{api::key(address)});
  }

  // One IPv4 family. False when something else is asked for.
  static bool settle_family(json::object& service, std::string_view address,
                            api::ErrorList& errors) {
    const std::size_t before = errors.size();
    if (const json::array* const families = api::array_at(service, {"spec", "ipFamilies"})) {
      for (std::size_t i = 0; i < families->size(); ++i) {
        if ((*families)[i] == "IPv6") {
          errors.invalid(api::FieldPath("spec.ipFamilies").index(i), (*families)[i],
                         "not configured on this cluster");
        }
      }
    }
    if (api::text_at(service, {"spec", "ipFamilyPolicy"}) == "RequireDualStack") {
      errors.invalid("spec.ipFamilyPolicy", "RequireDualStack",
                     "this cluster is not configured for dual-stack services");
    }
    if (address.find(':') != address.npos) {
      errors.invalid(api::FieldPath("spec.clusterIPs").index(0), api::key(address),
                     "IPv6 is not configured on this cluster");
    }
    if (errors.size() > before) return false;
    if (const json::array* const families = api::array_at(service, {"spec", "ipFamilies"});
        families == nullptr || families->empty())
      api::set_at(service, {"spec", "ipFamilies"}, json::array{"IPv4"});
    if (api::text_at(service, {"spec", "ipFamilyPolicy"}).empty())
      api::set_at(service, {"spec", "ipFamilyPolicy"}, "SingleStack");
    return true;
  }

  void check_address(const std::string& text, const std::string& key,
                     api::ErrorList& errors) const {
    const auto address = parse_ipv4(text);
    if (!address) return;  // validation says so
    const json::array shown{api::key(text)};
    if (!network_.addresses.contains(*address)) {
      errors.invalid("spec.clusterIPs", shown,
                     fmt::format("failed to allocate IP {}: the provided IP ({}) is not in the "
                                 "valid range. The range of valid IPs is {}",
                                 text, text, network_.addresses.text()));
    } else if (!is_free(addresses_, *address, key)) {
      errors.invalid(
          "spec.clusterIPs", shown,
          fmt::format("failed to allocate IP {}: provided IP is already allocated", text));
    }
  }

  // From the upper part of the range, which static addresses leave alone, before the lower one.
  std::optional<std::uint32_t> free_address(const std::string& key) const {
    const Ipv4Range& range = network_.addresses;
    const std::uint32_t count = range.last() - range.first() + 1;
    const std::uint32_t lower = std::min(std::clamp(count / 16, 16U, 256U), count - 1);
    const auto is_good = [&](std::uint32_t offset) {
      return is_free(addresses_, range.first() + offset, key) && offset != 0;
    };
    for (int i = 0; i < kTries; ++i) {
      const std::uint32_t offset = lower + random_(count - lower);
      if (is_good(offset)) return range.first() + offset;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t offset = (lower + i) % count;
      if (is_good(offset)) return range.first() + offset;
    }
    return std::nullopt;
  }

  bool port_in_range(std::int64_t port) const {
    return port >= network_.first_port && port <= network_.last_port;
  }

  // Checks a port that was asked for; true when it may be had.
  bool check_port(std::int64_t port, const std::string& key, const api::FieldPath& path,
                  api::ErrorList& errors) const {
    if (!port_in_range(port)) {
      errors.invalid(path, port,
                     fmt::format("provided port is not in the valid range. The range of valid "
                                 "ports is {}-{}",
                                 network_.first_port, network_.last_port));
      return false;
    }
    if (!is_free(ports_, static_cast<int>(port), key)) {
      errors.invalid(path, port, "provided port is already allocated");
      return false;
    }
    return true;
  }

  std::optional<int> free_port(const std::string& key, const std::set<int>& taken) const {
    const int count = network_.last_port - network_.first_port + 1;
    const auto is_good = [&](int port) {
      return !taken.contains(port) && is_free(ports_, port, key);
    };
    for (int i = 0; i < kTries; ++i) {
      const int port =
          network_.first_port + static_cast<int>(random_(static_cast<std::uint32_t>(count)));
      if (is_good(port)) return port;
    }
    for (int port = network_.first_port; port <= network_.last_port; ++port) {
      if (is_good(port)) return port;
    }
    return std::nullopt;
  }

  void settle_ports(json::object& service, const std::string& key, api::ErrorList& errors) {
    const bool wanted = has_node_ports(service);
    const bool allowed = wanted || api::text_at(service, {"spec", "type"}) == "LoadBalancer";
    std::set<int> taken;
    const bool any = api::array_at(service, {"spec", "ports"}) != nullptr;
    if (allowed && any) {
      json::array& ports = api::make_array_at(service, {"spec", "ports"});
      for (std::size_t i = 0; i < ports.size(); ++i) {
        if (!ports[i].is_object()) continue;
        const auto port = api::integer_at(ports[i].get_object(), {"nodePort"}).value_or(0);
        if (port == 0) continue;
        const auto path = api::FieldPath("spec.ports").index(i) / "nodePort";
        if (check_port(port, key, path, errors)) taken.insert(static_cast<int>(port));
      }
      if (wanted) fill_ports(ports, key, taken, errors);
    }
    if (!needs_health_port(service)) return;
    const auto given = api::integer_at(service, {"spec", "healthCheckNodePort"}).value_or(0);
    if (given != 0) {
      check_port(given, key, "spec.healthCheckNodePort", errors);
    } else if (const auto port = free_port(key, taken)) {
      api::set_at(service, {"spec", "healthCheckNodePort"}, *port);
    } else {
      errors.internal("spec.healthCheckNodePort",
                      "failed to allocate a HealthCheck NodePort: range is full");
    }
  }

  void fill_ports(json::array& ports, const std::string& key, std::set<int>& taken,
                  api::ErrorList& errors) const {
    // The same port for TCP and UDP gets the same node port.
    std::map<std::int64_t, std::map<std::string, std::int64_t>> by_number;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (!ports[i].is_object()) continue;
      json::object& fields = ports[i].get_object();
      const auto number = api::integer_at(fields, {"port"}).value_or(0);
      const std::string protocol(api::text_at(fields, {"protocol"}));
      auto& shared = by_number[number];
      auto own = api::integer_at(fields, {"nodePort"}).value_or(0);
      if (own == 0 && !shared.empty() && !shared.contains(protocol)) own = shared.begin()->second;
      if (own == 0) {
        const auto port = free_port(key, taken);
        if (!port) {
          errors.internal(api::FieldPath("spec.ports").index(i) / "nodePort",
                          "failed to allocate a nodePort: range is full");
          return;
        }
        own = *port;
      }
      taken.insert(static_cast<int>(own));
      shared[protocol] = own;
      fields["nodePort"] = own;
    }
  }

  Storage& storage_;
  ServiceNetwork network_;
  api::Random random_;
  std::unique_ptr<store::Watch> watch_;
  std::unordered_map<std::string, Holding> held_;
  std::unordered_map<std::uint32_t, std::string> addresses_;  // whose they are
  std::unordered_map<int, std::string> ports_;
  std::set<std::string> recent_;  // written, perhaps not committed yet
};

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (text.size() > 15 || ::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1)
    return std::nullopt;
  return ntohl(address.s_addr);
}

std::string format_ipv4(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255,
                     address & 255);
}

Result<Ipv4Range> Ipv4Range::parse(std::string_view text) {
  const Error bad{ErrorCode::kInvalidArgument, "read", std::string(text),
                  "it is no IPv4 network like 10.96.0.0/12 with a prefix from 12 to 30", ""};
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return bad;
  const auto address = parse_ipv4(text.substr(0, slash));
  const std::string_view length = text.substr(slash + 1);
  Ipv4Range range;
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), range.prefix);
  if (!address || error != std::errc() || end != length.data() + length.size() ||
      range.prefix < 12 || range.prefix > 30)
    return bad;
  range.network = *address;
  if ((range.network & (range.size() - 1)) != 0) return bad;
  return range;
}

std::string Ipv4Range::text() const {
  return fmt::format("{}/{}", format_ipv4(network), prefix);
}

std::unique_ptr<AdmissionPlugin> service_allocator(Storage& storage, ServiceNetwork network,
                                                   api::Random random) {
  return std::make_unique<ServiceAllocator>(storage, network, std::move(random));
}

}  // namespace cove::server
