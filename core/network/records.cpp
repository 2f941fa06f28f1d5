#include "core/network/records.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>

namespace cove::network {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

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

// Endpoints are written whenever one comes or goes, however many there are: straight as text.
class EndpointsText {
 public:
  EndpointsText() : text_(fmt::format(R"({{"version":{},"endpoints":[)", kVersion)) {}

  void add(const EndpointRecord& record) {
    const Endpoint& endpoint = record.endpoint;
    next();
    text_ += '{';
    add("id", endpoint.id);
    add("network", endpoint.network);
    add("container", endpoint.container);
    add("interface", endpoint.interface);
    add("address", endpoint.address);
    add_plain("prefix_length", std::to_string(endpoint.prefix_length));
    add("gateway", endpoint.gateway);
    add("mac", endpoint.mac);
    add("names", endpoint.names);
    begin("ports");
    text_ += '[';
    for (const PortMapping& port : endpoint.ports) {
      next();
      text_ += '{';
      add("protocol", port.protocol == Protocol::kTcp ? "tcp" : "udp");
      add("host_ip", port.host_ip);
      add_plain("host_port", std::to_string(port.host_port));
      add_plain("container_port", std::to_string(port.container_port));
      text_ += '}';
    }
    text_ += ']';
    add("namespace", record.namespace_path.native());
    add_plain("default_route", record.default_route ? "true" : "false");
    add("name_servers", record.name_servers);
    text_ += '}';
  }
  std::string take() { return std::move(text_) + "]}"; }

 private:
  void next() {
    if (text_.back() != '[' && text_.back() != '{') text_ += ',';
  }
  void begin(std::string_view name) {
    next();
    text_.append("\"").append(name).append("\":");
  }
  void quote(std::string_view value) {
    const bool plain = std::ranges::all_of(
        value, [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
    if (plain) {
      text_.append("\"").append(value).append("\"");
    } else {
      text_ += json::serialize(json::string(value));
    }
  }
  void add(std::string_view name, std::string_view value) {
    begin(name);
    quote(value);
  }
  void add(std::string_view name, const std::vector<std::string>& values) {
    begin(name);
    text_ += '[';
    for (const std::string& value : values) {
      next();
      quote(value);
    }
    text_ += ']';
  }
  void add_plain(std::string_view name, std::string_view value) {
    begin(name);
    text_ += value;
  }

  std::string text_;
};

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
  EndpointsText text;
  for (const EndpointRecord& each : endpoints) text.add(each);
  return text.take();
}
Result<std::vector<NetworkConfig>> parse_networks(const std::string& json) {
  return read_all<NetworkConfig>(json, "networks", read_network);
}
Result<std::vector<EndpointRecord>> parse_endpoints(const std::string& json) {
  return read_all<EndpointRecord>(json, "endpoints", read_endpoint);
}

}  // namespace cove::network
