#include "core/network/records.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>

namespace cove::network {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

json::array texts(const std::vector<std::string>& values) {
  return json::array(values.begin(), values.end());
}

json::object write(const NetworkConfig& network) {
  return {{"id", network.id},
          {"name", network.name},
          {"subnet", network.subnet},
          {"gateway", network.gateway},
          {"ip_range", network.ip_range},
          {"bridge", network.bridge},
          {"internal", network.internal},
          {"names", network.names},
          {"inter_container", network.inter_container},
          {"masquerade", network.masquerade},
          {"routed", network.routed},
          {"mtu", network.mtu}};
}

json::object write(const PortMapping& port) {
  return {{"protocol", port.protocol == Protocol::kTcp ? "tcp" : "udp"},
          {"host_ip", port.host_ip},
          {"host_port", port.host_port},
          {"container_port", port.container_port}};
}

json::object write(const EndpointRecord& record) {
  const Endpoint& endpoint = record.endpoint;
  json::array ports;
  for (const auto& port : endpoint.ports) ports.push_back(write(port));
  return {{"id", endpoint.id},
          {"network", endpoint.network},
          {"container", endpoint.container},
          {"interface", endpoint.interface},
          {"address", endpoint.address},
          {"prefix_length", endpoint.prefix_length},
          {"gateway", endpoint.gateway},
          {"mac", endpoint.mac},
          {"names", texts(endpoint.names)},
          {"ports", std::move(ports)},
          {"namespace", record.namespace_path.string()},
          {"default_route", record.default_route},
          {"name_servers", texts(record.name_servers)}};
}

// Reading: boost::json's at() and as_…() throw for what is not there; read_all()
// catches.
std::string text(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}
bool flag(const json::object& object, const char* name) {
  return object.at(name).as_bool();
}
template <class Number>
Number number(const json::object& object, const char* name) {
  return object.at(name).to_number<Number>();
}
std::vector<std::string> text_list(const json::object& object, const char* name) {
  std::vector<std::string> values;
  for (const auto& value : object.at(name).as_array()) values.emplace_back(value.as_string());
  return values;
}

NetworkConfig read_network(const json::object& object) {
  NetworkConfig network;
  network.id = text(object, "id");
  network.name = text(object, "name");
  network.subnet = text(object, "subnet");
  network.gateway = text(object, "gateway");
  network.ip_range = text(object, "ip_range");
  network.bridge = text(object, "bridge");
  network.internal = flag(object, "internal");
  network.names = flag(object, "names");
  network.inter_container = flag(object, "inter_container");
  network.masquerade = flag(object, "masquerade");
  network.routed = object.contains("routed") && flag(object, "routed");
  network.mtu = number<unsigned>(object, "mtu");
  return network;
}

EndpointRecord read_endpoint(const json::object& object) {
  EndpointRecord record;
  Endpoint& endpoint = record.endpoint;
  endpoint.id = text(object, "id");
  endpoint.network = text(object, "network");
  endpoint.container = text(object, "container");
  endpoint.interface = text(object, "interface");
  endpoint.address = text(object, "address");
  endpoint.prefix_length = number<unsigned>(object, "prefix_length");
  endpoint.gateway = text(object, "gateway");
  endpoint.mac = text(object, "mac");
  endpoint.names = text_list(object, "names");
  for (const auto& value : object.at("ports").as_array()) {
    const auto& port = value.as_object();
    endpoint.ports.push_back({text(port, "protocol") == "udp" ? Protocol::kUdp : Protocol::kTcp,
                              text(port, "host_ip"), number<std::uint16_t>(port, "host_port"),
                              number<std::uint16_t>(port, "container_port")});
  }
  record.namespace_path = text(object, "namespace");
  record.default_route = flag(object, "default_route");
  record.name_servers = text_list(object, "name_servers");
  return record;
}

template <class Item>
std::string write_all(const char* name, const std::vector<Item>& items) {
  json::array array;
  for (const auto& item : items) array.push_back(write(item));
  return json::serialize(json::object{{"version", kVersion}, {name, std::move(array)}});
}

template <class Item>
Result<std::vector<Item>> read_all(const std::string& text, const char* name,
                                   Item (*read)(const json::object&)) {
  const auto corrupt = [&](std::string cause) {
    return Error{ErrorCode::kCorrupt, "read", std::string("the records of ") + name,
                 std::move(cause), ""};
  };
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return corrupt(error.message());
  try {
    const auto& object = value.as_object();
    if (number<int>(object, "version") != kVersion) return corrupt("they are of another version");
    std::vector<Item> items;
    for (const auto& item : object.at(name).as_array()) items.push_back(read(item.as_object()));
    return items;
  } catch (const std::exception& thrown) {
    return corrupt(thrown.what());
  }
}

}  // namespace

std::string to_json(const std::vector<NetworkConfig>& networks) {
  return write_all("networks", networks);
}
std::string to_json(const std::vector<EndpointRecord>& endpoints) {
  return write_all("endpoints", endpoints);
}
Result<std::vector<NetworkConfig>> parse_networks(const std::string& json) {
  return read_all<NetworkConfig>(json, "networks", read_network);
}
Result<std::vector<EndpointRecord>> parse_endpoints(const std::string& json) {
  return read_all<EndpointRecord>(json, "endpoints", read_endpoint);
}

}  // namespace cove::network
