// A container's networks, and the three files in /etc that speak of them.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/engine/containers_impl.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxHostFile = 1 << 20;

std::string text_or(const Path& path, std::string_view otherwise) {
  auto text = read_file(path, kMaxHostFile);
  return text ? std::move(*text) : std::string(otherwise);
}

// Into the same file: a running container has it mounted.
Result<void> rewrite(const Path& path, std::string_view text) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return errno_error(errno, "write", path.string());
  COVE_CHECK(write_all(file.get(), text, path));
  if (fchmod(file.get(), 0644) != 0) return errno_error(errno, "write", path.string());
  return {};
}

NetworkMode mode_of(const ContainerRecord& record) {
  return parse_network_mode(text_of(record.config->host, "NetworkMode"));
}

std::vector<std::string> names_of(const ContainerRecord& record, const Attachment& attachment) {
  std::vector<std::string> names = {record.name, record.short_id()};
  for (const auto& alias : attachment.aliases) {
    if (std::find(names.begin(), names.end(), alias) == names.end()) names.push_back(alias);
  }
  return names;
}

std::map<std::string, std::string> network_attributes(const Attachment& attachment,
                                                      const std::string& container) {
  return {{"container", container}, {"name", attachment.network_name}, {"type", "bridge"}};
}

}  // namespace

ContainerPtr Containers::Implementation::network_owner(const ContainerRecord& record) const {
  const NetworkMode mode = mode_of(record);
  if (mode.kind != NetworkMode::Kind::kContainer) return nullptr;
  auto owner = self.find(mode.name);
  return owner ? *owner : nullptr;
}

Outcome<> Containers::Implementation::plug_one(ContainerRecord& record, Attachment& attachment,
                                               const Path& namespace_path, bool first) {
  const auto network = networks->find(attachment.network_id);
  if (!network) {
    // Made anew under the same name meanwhile.
    COVE_TRY(const Network other, networks->find(attachment.network_name));
    attachment.network_id = other.id();
  }
  network::EndpointConfig config;
  config.network = attachment.network_id;
  config.container = record.id;
  config.namespace_path = namespace_path;
  const auto plugged = std::count_if(record.networks.begin(), record.networks.end(),
                                     [](const Attachment& a) { return a.endpoint.has_value(); });
  std::set<std::string> interfaces;
  for (const auto& other : record.networks) {
    if (other.endpoint) interfaces.insert(other.endpoint->interface);
  }
  for (auto number = plugged;; ++number) {
    config.interface = fmt::format("eth{}", number);
    if (!interfaces.contains(config.interface)) break;
  }
  config.address = attachment.wanted_address;
  config.mac = attachment.wanted_mac;
  config.names = names_of(record, attachment);
  config.default_route = first;
  if (first) {
    COVE_TRY(config.ports, published_ports(*record.config));
  }
  auto endpoint = parts.networks.connect(config);
  if (!endpoint) {
    const Error& error = endpoint.error();
    if (error.cause.find("Bind for") != std::string::npos) {
      return ApiError{
          500, fmt::format("failed to set up container networking: driver failed programming "
                           "external connectivity on endpoint {} ({}): {}",
                           record.name, record.id, error.cause)};
    }
    ApiError answer = to_api_error(error);
    if (answer.status >= 500) {
      answer.message = "failed to set up container networking: " + answer.message;
    }
    return answer;
  }
  attachment.endpoint = std::move(*endpoint);
  parts.events.publish({.type = "network",
                        .action = "connect",
                        .actor = attachment.network_id,
                        .attributes = network_attributes(attachment, record.id)});
  return {};
}

Outcome<Path> Containers::Implementation::network_path(const ContainerRecord& record) const {
  const NetworkMode mode = mode_of(record);
  using Kind = NetworkMode::Kind;
  if (mode.kind == Kind::kHost) return Path();
  if (mode.kind != Kind::kContainer) return parts.networks.namespace_path(record.id);
  COVE_TRY(const ContainerPtr owner, self.find(mode.name));
  if (owner->id == record.id) return ApiError{409, "cannot join own network"};
  return self.network_namespace(owner->id);
}

Outcome<> Containers::Implementation::plug(const ContainerPtr& container) {
  ContainerRecord record = container->snapshot();
  const NetworkMode mode = mode_of(record);
  using Kind = NetworkMode::Kind;
  if (mode.kind == Kind::kHost || mode.kind == Kind::kContainer) return {};
  // What a crash may have left.
  [[maybe_unused]] const auto left = parts.networks.disconnect_all(record.id);
  [[maybe_unused]] const auto unpinned = parts.networks.remove_namespace(record.id);
  COVE_TRY(const Path namespace_path, outcome(parts.networks.make_namespace(record.id)));
  if (mode.kind == Kind::kNone) return {};
  for (auto& attachment : record.networks) attachment.endpoint.reset();
  const auto main = std::max_element(record.networks.begin(), record.networks.end(),
                                     [](const Attachment& a, const Attachment& b) {
                                       return a.gateway_priority < b.gateway_priority;
                                     });
  for (auto& attachment : record.networks) {
    COVE_CHECK(plug_one(record, attachment, namespace_path, &attachment == &*main));
  }
  container->change([&](ContainerRecord& now) { now.networks = record.networks; });
  return {};
}

void Containers::Implementation::unplug(const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  const NetworkMode mode = mode_of(record);
  using Kind = NetworkMode::Kind;
  if (mode.kind == Kind::kHost || mode.kind == Kind::kContainer) return;
  for (const auto& result :
       {parts.networks.disconnect_all(record.id), parts.networks.remove_namespace(record.id)}) {
    if (!result && result.error().code != ErrorCode::kNotFound) {
      parts.logger.warn(result.error().message());
    }
  }
  container->change([](ContainerRecord& now) {
    for (auto& attachment : now.networks) attachment.endpoint.reset();
  });
  for (const auto& attachment : record.networks) {
    if (!attachment.endpoint) continue;
    parts.events.publish({.type = "network",
                          .action = "disconnect",
                          .actor = attachment.network_id,
                          .attributes = network_attributes(attachment, record.id)});
  }
}

void Containers::Implementation::write_hosts(const ContainerRecord& record) {
  const NetworkMode mode = mode_of(record);
  std::string text;
  if (mode.kind == NetworkMode::Kind::kHost) {
    text = text_or("/etc/hosts", "127.0.0.1\tlocalhost\n");
    if (!text.ends_with('\n')) text += '\n';
  } else {
    text =
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\n"
        "ff02::2\tip6-allrouters\n";
  }
  std::string gateway;
  for (const auto& attachment : record.networks) {
    if (attachment.endpoint && gateway.empty()) gateway = attachment.endpoint->gateway;
  }
  if (gateway.empty()) {
    const auto bridge = networks->find("bridge");
    gateway = bridge && !bridge->config.gateway.empty() ? bridge->config.gateway : "127.0.0.1";
  }
  for (const auto& entry : texts_of(record.config->host, "ExtraHosts")) {
    const auto separator = entry.find_first_of(":=");
    if (separator == std::string::npos) continue;
    std::string address = entry.substr(separator + 1);
    if (address == "host-gateway") address = gateway;
    if (address.starts_with('[') && address.ends_with(']')) {
      address = address.substr(1, address.size() - 2);
    }
    text += address + "\t" + entry.substr(0, separator) + "\n";
  }
  for (const auto& attachment : record.networks) {
    for (const auto& each : attachment.links) {
      const auto colon = each.find(':');
      const std::string name = each.substr(0, colon);
      const std::string alias = colon == std::string::npos ? name : each.substr(colon + 1);
      const auto other = self.find(name);
      if (!other) continue;
      const ContainerRecord linked = (*other)->snapshot();
      for (const auto& theirs : linked.networks) {
        if (theirs.network_id != attachment.network_id || !theirs.endpoint) continue;
        text += fmt::format("{}\t{} {} {}\n", theirs.endpoint->address, alias, linked.short_id(),
                            linked.name);
      }
    }
  }
  const std::string hostname = text_of(record.config->config, "Hostname");
  const std::string domain = text_of(record.config->config, "Domainname");
  const std::string full = domain.empty() ? hostname : hostname + "." + domain + " " + hostname;
  for (const auto& attachment : record.networks) {
    if (attachment.endpoint) text += attachment.endpoint->address + "\t" + full + "\n";
  }
  if (const auto written = rewrite(folder(record.id) / "hosts", text); !written) {
    parts.logger.warn(written.error().message());
  }
}

Outcome<> Containers::Implementation::write_files(const ContainerRecord& record) {
  const Path directory = folder(record.id);
  if (const ContainerPtr owner = network_owner(record)) {
    for (const char* name : {"hosts", "hostname", "resolv.conf"}) {
      COVE_CHECK(outcome(rewrite(directory / name, text_or(folder(owner->id) / name, ""))));
    }
    return {};
  }
  write_hosts(record);
  COVE_CHECK(
      outcome(rewrite(directory / "hostname", text_of(record.config->config, "Hostname") + "\n")));
  const json::object& host = record.config->host;
  const auto servers = texts_of(host, "Dns");
  const auto search = texts_of(host, "DnsSearch");
  const auto options = texts_of(host, "DnsOptions");
  const NetworkMode mode = mode_of(record);
  const bool plugged =
      mode.kind == NetworkMode::Kind::kBridge || mode.kind == NetworkMode::Kind::kUser;
  std::string resolver;
  if (plugged) {
    resolver = parts.networks.resolver_configuration(record.id, servers, search, options);
  } else if (servers.empty() && search.empty() && options.empty()) {
    resolver = text_or("/etc/resolv.conf", "");
  } else {
    for (const auto& server : servers) resolver += "nameserver " + server + "\n";
    if (!search.empty()) resolver += fmt::format("search {}\n", fmt::join(search, " "));
    if (!options.empty()) resolver += fmt::format("options {}\n", fmt::join(options, " "));
  }
  return outcome(rewrite(directory / "resolv.conf", resolver));
}

Outcome<> Containers::connect(const Network& network, const ContainerPtr& container,
                              const json::object& endpoint) {
  std::lock_guard operation(container->operation);
  Implementation& inside = *implementation_;
  ContainerRecord record = container->snapshot();
  const NetworkMode mode = mode_of(record);
  using Kind = NetworkMode::Kind;
  if (record.state.removing || record.state.dead) {
    return ApiError{
        409, fmt::format("container {} is marked for removal and cannot be connected", record.id)};
  }
  if (mode.kind == Kind::kContainer) {
    return ApiError{409,
                    "container sharing network namespace with another container or host cannot be "
                    "connected to any other network"};
  }
  if (mode.kind == Kind::kHost || network.driver == "host") {
    return ApiError{409, "container cannot be connected to host network or disconnected from it"};
  }
  if (network.driver == "null" || mode.kind == Kind::kNone) {
    if (network.driver == "null") {
      return ApiError{403,
                      "container cannot be connected to multiple networks with one of the "
                      "networks in private (none) mode"};
    }
    // Out of "none" into a real network: what it was in counts no more.
    std::erase_if(record.networks, [](const Attachment& a) { return a.network_name == "none"; });
    auto config = std::make_shared<ContainerConfig>(*record.config);
    config->host["NetworkMode"] = network.name();
    record.config = config;
  }
  for (const auto& attachment : record.networks) {
    if (attachment.network_id != network.id()) continue;
    return ApiError{403, fmt::format("endpoint with name {} already exists in network {}",
                                     record.name, network.name())};
  }
  Attachment attachment;
  attachment.network_id = network.id();
  attachment.network_name = network.name();
  attachment.wanted_address = text_of(object_of(endpoint, "IPAMConfig"), "IPv4Address");
  attachment.wanted_mac = text_of(endpoint, "MacAddress");
  attachment.aliases = texts_of(endpoint, "Aliases");
  attachment.links = texts_of(endpoint, "Links");
  attachment.driver_options = text_map_of(endpoint, "DriverOpts");
  attachment.gateway_priority = integer_of(endpoint, "GwPriority");
  if (network.predefined && !attachment.wanted_address.empty()) {
    return ApiError{400, "user specified IP address is supported on user defined networks only"};
  }
  record.networks.push_back(std::move(attachment));
  if (record.state.running) {
    COVE_TRY(const Path namespaces, outcome(inside.parts.runtime.namespaces(record.id)));
    COVE_CHECK(inside.plug_one(record, record.networks.back(), namespaces / "net",
                               record.networks.size() == 1));
  }
  container->change([&](ContainerRecord& now) {
    now.networks = record.networks;
    now.config = record.config;
  });
  if (record.state.running) inside.write_hosts(record);
  return outcome(inside.save(container));
}

Outcome<> Containers::disconnect(const Network& network, const std::string& name, bool force) {
  Implementation& inside = *implementation_;
  const auto found = find(name);
  if (!found) {
    if (!force) return found.error();
    return outcome(inside.parts.networks.disconnect(network.id(), name));
  }
  const ContainerPtr& container = *found;
  std::lock_guard operation(container->operation);
  ContainerRecord record = container->snapshot();
  if (network.driver == "host") {
    return ApiError{409, "container cannot be connected to host network or disconnected from it"};
  }
  const auto attachment =
      std::find_if(record.networks.begin(), record.networks.end(),
                   [&](const Attachment& a) { return a.network_id == network.id(); });
  if (attachment == record.networks.end()) {
    return ApiError{
        403, fmt::format("container {} is not connected to network {}", record.id, network.name())};
  }
  const Attachment gone = *attachment;
  if (gone.endpoint) {
    const auto unplugged = inside.parts.networks.disconnect(network.id(), record.id);
    if (!unplugged && unplugged.error().code != ErrorCode::kNotFound && !force) {
      return to_api_error(unplugged.error());
    }
  }
  record.networks.erase(attachment);
  container->change([&](ContainerRecord& now) { now.networks = record.networks; });
  if (record.state.running) inside.write_hosts(record);
  COVE_CHECK(outcome(inside.save(container)));
  if (gone.endpoint) {
    inside.parts.events.publish({.type = "network",
                                 .action = "disconnect",
                                 .actor = network.id(),
                                 .attributes = network_attributes(gone, record.id)});
  }
  return {};
}

}  // namespace cove::engine
