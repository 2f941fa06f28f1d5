#include "core/engine/container.h"

#include <boost/json/array.hpp>

#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

std::string_view ContainerState::status() const {
  if (running) return paused ? "paused" : restarting ? "restarting" : "running";
  if (restarting) return "restarting";
  if (removing) return "removing";
  if (dead) return "dead";
  return started_at == WallTime{} ? "created" : "exited";
}

std::vector<std::string> ContainerRecord::command() const {
  auto command = texts_of(config->config, "Entrypoint");
  for (auto& argument : texts_of(config->config, "Cmd")) command.push_back(std::move(argument));
  return command;
}

bool ContainerRecord::terminal() const {
  return flag_of(config->config, "Tty");
}

namespace {

std::int64_t to_number(WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
WallTime to_time(std::int64_t nanoseconds) {
  return WallTime(std::chrono::nanoseconds(nanoseconds));
}

json::object to_json(const ContainerState& state) {
  return {{"running", state.running},
          {"paused", state.paused},
          {"restarting", state.restarting},
          {"oomKilled", state.oom_killed},
          {"dead", state.dead},
          {"pid", state.pid},
          {"exitCode", state.exit_code},
          {"error", state.error},
          {"startedAt", to_number(state.started_at)},
          {"finishedAt", to_number(state.finished_at)},
          {"stoppedByUser", state.stopped_by_user},
          {"restartCount", state.restart_count}};
}

ContainerState state_from_json(const json::object& object) {
  ContainerState state;
  state.running = flag_of(object, "running");
  state.paused = flag_of(object, "paused");
  state.restarting = flag_of(object, "restarting");
  state.oom_killed = flag_of(object, "oomKilled");
  state.dead = flag_of(object, "dead");
  state.pid = static_cast<pid_t>(integer_of(object, "pid"));
  state.exit_code = static_cast<int>(integer_of(object, "exitCode"));
  state.error = text_of(object, "error");
  state.started_at = to_time(integer_of(object, "startedAt"));
  state.finished_at = to_time(integer_of(object, "finishedAt"));
  state.stopped_by_user = flag_of(object, "stoppedByUser");
  state.restart_count = static_cast<int>(integer_of(object, "restartCount"));
  return state;
}

json::object port_to_json(const network::PortMapping& port) {
  return {{"protocol", port.protocol == network::Protocol::kTcp ? "tcp" : "udp"},
          {"hostIp", port.host_ip},
          {"hostPort", port.host_port},
          {"containerPort", port.container_port}};
}

network::PortMapping port_from_json(const json::object& object) {
  network::PortMapping port;
  if (text_of(object, "protocol") == "udp") port.protocol = network::Protocol::kUdp;
  port.host_ip = text_of(object, "hostIp");
  port.host_port = static_cast<std::uint16_t>(integer_of(object, "hostPort"));
  port.container_port = static_cast<std::uint16_t>(integer_of(object, "containerPort"));
  return port;
}

json::object endpoint_to_json(const network::Endpoint& endpoint) {
  json::array ports;
  for (const auto& port : endpoint.ports) ports.push_back(port_to_json(port));
  return {{"id", endpoint.id},
          {"interface", endpoint.interface},
          {"address", endpoint.address},
          {"prefixLength", endpoint.prefix_length},
          {"gateway", endpoint.gateway},
          {"mac", endpoint.mac},
          {"names", to_array(endpoint.names)},
          {"ports", std::move(ports)}};
}

network::Endpoint endpoint_from_json(const json::object& object, const std::string& network,
                                     const std::string& container) {
  network::Endpoint endpoint;
  endpoint.id = text_of(object, "id");
  endpoint.network = network;
  endpoint.container = container;
  endpoint.interface = text_of(object, "interface");
  endpoint.address = text_of(object, "address");
  endpoint.prefix_length = static_cast<unsigned>(integer_of(object, "prefixLength"));
  endpoint.gateway = text_of(object, "gateway");
  endpoint.mac = text_of(object, "mac");
  endpoint.names = texts_of(object, "names");
  for (const auto& port : array_of(object, "ports")) {
    if (port.is_object()) endpoint.ports.push_back(port_from_json(port.get_object()));
  }
  return endpoint;
}

json::object attachment_to_json(const Attachment& attachment) {
  json::object object{{"network", attachment.network_id},
                      {"name", attachment.network_name},
                      {"address", attachment.wanted_address},
                      {"mac", attachment.wanted_mac},
                      {"aliases", to_array(attachment.aliases)},
                      {"links", to_array(attachment.links)},
                      {"driverOptions", to_object(attachment.driver_options)},
                      {"gatewayPriority", attachment.gateway_priority}};
  if (attachment.endpoint) object["endpoint"] = endpoint_to_json(*attachment.endpoint);
  return object;
}

Attachment attachment_from_json(const json::object& object, const std::string& container) {
  Attachment attachment;
  attachment.network_id = text_of(object, "network");
  attachment.network_name = text_of(object, "name");
  attachment.wanted_address = text_of(object, "address");
  attachment.wanted_mac = text_of(object, "mac");
  attachment.aliases = texts_of(object, "aliases");
  attachment.links = texts_of(object, "links");
  attachment.driver_options = text_map_of(object, "driverOptions");
  attachment.gateway_priority = integer_of(object, "gatewayPriority");
  if (object.contains("endpoint")) {
    attachment.endpoint =
        endpoint_from_json(object_of(object, "endpoint"), attachment.network_id, container);
  }
  return attachment;
}

Error corrupt(std::string cause) {
  return {ErrorCode::kCorrupt, "read the record of a container", {}, std::move(cause), {}};
}

}  // namespace

json::object to_json(const ContainerRecord& record) {
  json::array layers;
  for (const auto& layer : record.layers) layers.emplace_back(layer.text());
  json::array networks;
  for (const auto& network : record.networks) networks.push_back(attachment_to_json(network));
  return {{"version", 1},
          {"id", record.id},
          {"name", record.name},
          {"createdAt", to_number(record.created_at)},
          {"config", record.config->config},
          {"hostConfig", record.config->host},
          {"endpoints", record.config->endpoints},
          {"image", record.image.text()},
          {"imageName", record.image_name},
          {"layers", std::move(layers)},
          {"mounts", to_json(record.mounts)},
          {"networks", std::move(networks)},
          {"state", to_json(record.state)}};
}

Result<ContainerRecord> record_from_json(const json::object& object) {
  ContainerRecord record;
  record.id = text_of(object, "id");
  record.name = text_of(object, "name");
  if (integer_of(object, "version") != 1) return corrupt("its version is unknown");
  if (!valid_name(record.id) || !valid_name(record.name)) return corrupt("it has no name");
  json::object body = object_of(object, "config");
  body["HostConfig"] = object_of(object, "hostConfig");
  body["NetworkingConfig"] = json::object{{"EndpointsConfig", object_of(object, "endpoints")}};
  auto config = read_create_body(body, kNewestApi);
  if (!config) return corrupt(config.error().message);
  record.config = std::make_shared<const ContainerConfig>(std::move(*config));
  record.created_at = to_time(integer_of(object, "createdAt"));
  if (const std::string image = text_of(object, "image"); !image.empty()) {
    COVE_TRY(record.image, image::Digest::parse(image));
  }
  record.image_name = text_of(object, "imageName");
  for (const auto& layer : texts_of(object, "layers")) {
    COVE_TRY(image::Digest digest, image::Digest::parse(layer));
    record.layers.push_back(std::move(digest));
  }
  record.mounts = mounts_from_json(array_of(object, "mounts"));
  for (const auto& network : array_of(object, "networks")) {
    if (network.is_object()) {
      record.networks.push_back(attachment_from_json(network.get_object(), record.id));
    }
  }
  record.state = state_from_json(object_of(object, "state"));
  return record;
}

}  // namespace cove::engine
