#include "core/engine/inspect.h"

#include <fmt/format.h>

#include "core/engine/container_filter.h"
#include "core/engine/container_spec.h"
#include "core/engine/execs.h"
#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

json::object state_json(const ContainerState& state) {
  json::object object{{"Status", std::string(state.status())},
                      {"Running", state.running || state.restarting},
                      {"Paused", state.paused},
                      {"Restarting", state.restarting},
                      {"OOMKilled", state.oom_killed},
                      {"Dead", state.dead},
                      {"Pid", state.pid},
                      {"ExitCode", state.exit_code},
                      {"Error", state.error},
                      {"StartedAt", rfc3339_nano(state.started_at)},
                      {"FinishedAt", rfc3339_nano(state.finished_at)}};
  if (!state.health.status.empty()) {
    json::array log;
    for (const auto& result : state.health.log) {
      log.push_back({{"Start", rfc3339_nano(result.start)},
                     {"End", rfc3339_nano(result.end)},
                     {"ExitCode", result.exit_code},
                     {"Output", result.output}});
    }
    object["Health"] = json::object{{"Status", state.health.status},
                                    {"FailingStreak", state.health.failing_streak},
                                    {"Log", std::move(log)}};
  }
  return object;
}

json::object endpoint_json(const Attachment& attachment, const ContainerRecord& record) {
  const network::Endpoint endpoint = attachment.endpoint.value_or(network::Endpoint{});
  const bool ours = attachment.network_name != "bridge" && attachment.network_name != "host" &&
                    attachment.network_name != "none";
  json::value ipam = nullptr;
  if (!attachment.wanted_address.empty()) {
    ipam = json::object{{"IPv4Address", attachment.wanted_address}};
  } else if (ours) {
    ipam = json::object();
  }
  std::vector<std::string> names;
  if (ours) {
    names = {record.name};
    names.insert(names.end(), attachment.aliases.begin(), attachment.aliases.end());
    names.push_back(record.short_id());
  }
  const auto or_null = [](const std::vector<std::string>& texts) {
    return texts.empty() ? json::value(nullptr) : json::value(to_array(texts));
  };
  return {{"IPAMConfig", std::move(ipam)},
          {"Links", or_null(attachment.links)},
          {"Aliases", or_null(attachment.aliases)},
          {"MacAddress", endpoint.mac},
          {"DriverOpts", attachment.driver_options.empty() ? json::value(nullptr)
                                                           : to_object(attachment.driver_options)},
          {"GwPriority", attachment.gateway_priority},
          {"NetworkID", attachment.network_id},
          {"EndpointID", endpoint.id},
          {"Gateway", endpoint.gateway},
          {"IPAddress", endpoint.address},
          {"IPPrefixLen", endpoint.prefix_length},
          {"IPv6Gateway", ""},
          {"GlobalIPv6Address", ""},
          {"GlobalIPv6PrefixLen", 0},
          {"DNSNames", or_null(names)}};
}

json::object ports_json(const ContainerRecord& record) {
  json::object ports;
  if (!record.state.running) return ports;
  for (const auto& item : object_of(record.config->config, "ExposedPorts")) {
    if (const auto parsed = parse_ports(std::string(item.key()))) {
      for (const auto& port : *parsed) ports[port.text()] = nullptr;
    }
  }
  for (const auto& attachment : record.networks) {
    if (!attachment.endpoint) continue;
    for (const auto& port : attachment.endpoint->ports) {
      json::value& bindings = ports[ContainerPort{port.container_port, port.protocol}.text()];
      if (!bindings.is_array()) bindings = json::array();
      bindings.get_array().push_back(
          {{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
    }
  }
  return ports;
}

json::object network_settings(const ContainerRecord& record) {
  network::Endpoint bridge;
  for (const auto& attachment : record.networks) {
    if (attachment.network_name == "bridge" && attachment.endpoint) bridge = *attachment.endpoint;
  }
  const bool own = record.state.running && !record.networks.empty();
  return {{"Bridge", ""},
          {"SandboxID", own ? record.id : std::string()},
          {"SandboxKey", own ? fmt::format("/proc/{}/ns/net", record.state.pid) : std::string()},
          {"Ports", ports_json(record)},
          {"HairpinMode", false},
          {"LinkLocalIPv6Address", ""},
          {"LinkLocalIPv6PrefixLen", 0},
          {"SecondaryIPAddresses", nullptr},
          {"SecondaryIPv6Addresses", nullptr},
          {"EndpointID", bridge.id},
          {"Gateway", bridge.gateway},
          {"GlobalIPv6Address", ""},
          {"GlobalIPv6PrefixLen", 0},
          {"IPAddress", bridge.address},
          {"IPPrefixLen", bridge.prefix_length},
          {"IPv6Gateway", ""},
          {"MacAddress", bridge.mac},
          {"Networks", networks_json(record)}};
}

json::object graph_driver(Containers& containers, const ContainerRecord& record) {
  json::object data{{"ID", record.id}};
  if (const auto root = containers.parts().runtime.root(record.id)) {
    std::string lower;
    for (const auto& path : root->lower) lower += (lower.empty() ? "" : ":") + path.string();
    data["LowerDir"] = lower;
    data["MergedDir"] = root->merged.string();
    data["UpperDir"] = root->upper.string();
    data["WorkDir"] = root->work.string();
  }
  return {{"Data", std::move(data)}, {"Name", "overlay2"}};
}

json::object host_config(const ContainerRecord& record) {
  json::object host = record.config->host;
  const bool privileged = flag_of(host, "Privileged");
  const auto fill = [&](const char* name, const std::vector<std::string>& otherwise) {
    if (!host[name].is_array()) {
      host[name] = privileged ? json::value(nullptr) : json::value(to_array(otherwise));
    }
  };
  fill("MaskedPaths", runtime::default_masked_paths());
  fill("ReadonlyPaths", runtime::default_read_only_paths());
  return host;
}

}  // namespace

json::object networks_json(const ContainerRecord& record) {
  json::object networks;
  for (const auto& attachment : record.networks) {
    networks[attachment.network_name] = endpoint_json(attachment, record);
  }
  return networks;
}

json::object inspect(Containers& containers, const ContainerRecord& record, bool size,
                     unsigned api) {
  const auto command = record.command();
  const Path folder = containers.parts().directory / "containers" / record.id;
  const auto execs = containers.execs().of(record.id);
  json::object config = record.config->config;
  if (api < 44) {
    for (const auto& attachment : record.networks) {
      if (attachment.endpoint && !config.contains("MacAddress")) {
        config["MacAddress"] = attachment.endpoint->mac;
      }
    }
  }
  json::object object{
      {"Id", record.id},
      {"Created", rfc3339_nano(record.created_at)},
      {"Path", command.empty() ? std::string() : command[0]},
      {"Args", command.empty() ? json::array() : to_array({command.begin() + 1, command.end()})},
      {"State", state_json(record.state)},
      {"Image", record.image.text()},
      {"ResolvConfPath", (folder / "resolv.conf").string()},
      {"HostnamePath", (folder / "hostname").string()},
      {"HostsPath", (folder / "hosts").string()},
      {"LogPath", log_file(record, folder).string()},
      {"Name", "/" + record.name},
      {"RestartCount", record.state.restart_count},
      {"Driver", "overlay2"},
      {"Platform", "linux"},
      {"MountLabel", ""},
      {"ProcessLabel", ""},
      {"AppArmorProfile", ""},
      {"ExecIDs", execs.empty() ? json::value(nullptr) : json::value(to_array(execs))},
      {"HostConfig", host_config(record)},
      {"GraphDriver", graph_driver(containers, record)}};
  if (size) {
    const std::uint64_t own = size_of_changes(containers, record.id);
    std::uint64_t total = own;
    for (const auto& layer : record.layers) total += containers.parts().layers.size(layer);
    object["SizeRw"] = own;
    object["SizeRootFs"] = total;
  }
  object["Mounts"] = to_docker_json(record.mounts);
  object["Config"] = std::move(config);
  object["NetworkSettings"] = network_settings(record);
  return object;
}

}  // namespace cove::engine
