#include "vm/channel/message.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace cove::channel {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPem = 64 * 1024;
constexpr std::size_t kMaxMirrors = 64;
constexpr std::size_t kMaxMirrorLength = 2048;
constexpr std::size_t kMaxProxyLength = 2048;
constexpr std::size_t kMaxExceptions = 16 * 1024;
constexpr std::size_t kMaxArguments = 4096;

Error malformed(std::string_view what) {
  return Error{ErrorCode::kCorrupt, "read", "a message on the channel", std::string(what), ""};
}

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return malformed("it is not JSON");
  if (!value.is_object()) return malformed("it is not a JSON object");
  return std::move(value.get_object());
}

// Typed members; absent is the default, another type is an error noted once.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  std::string text(json::string_view name, std::size_t max) {
    const json::value* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string() || value->get_string().size() > max ||
        value->get_string().find('\0') != json::string::npos) {
      return fail<std::string>(name);
    }
    return std::string(value->get_string());
  }

  template <class T>
  T number(json::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return {};
    boost::system::error_code error;
    const T out = value->to_number<T>(error);
    return error ? fail<T>(name) : out;
  }

  bool boolean(json::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return false;
    return value->is_bool() ? value->get_bool() : fail<bool>(name);
  }

  std::vector<std::string> texts(json::string_view name, std::size_t max_items, std::size_t max) {
    const json::value* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_array() || value->get_array().size() > max_items)
      return fail<std::vector<std::string>>(name);
    std::vector<std::string> out;
    for (const json::value& item : value->get_array()) {
      if (!item.is_string() || item.get_string().size() > max ||
          item.get_string().find('\0') != json::string::npos) {
        return fail<std::vector<std::string>>(name);
      }
      out.emplace_back(item.get_string());
    }
    return out;
  }

  const json::object* object(json::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return nullptr;
    return value->is_object() ? &value->get_object() : fail<const json::object*>(name);
  }

  Result<void> status() const {
    if (!wrong_.empty()) return malformed(fmt::format("its member '{}' is wrong", wrong_));
    return {};
  }

 private:
  const json::value* find(json::string_view name) const { return object_.if_contains(name); }
  template <class T>
  T fail(json::string_view name) {
    if (wrong_.empty()) wrong_ = std::string(name);
    return {};
  }

  const json::object& object_;
  std::string wrong_;
};

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::string_view name_of(ControlRequest::Method method) {
  switch (method) {
    case ControlRequest::Method::kConfigure: return "configure";
    case ControlRequest::Method::kState: return "state";
    case ControlRequest::Method::kWait: return "wait";
    case ControlRequest::Method::kSetTime: return "set-time";
    case ControlRequest::Method::kPowerOff: return "power-off";
  }
  return "state";
}

bool is_address(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// RFC 1123 subdomain, as a node's name must be.
bool is_node_name(std::string_view name) {
  if (name.empty() || name.size() > 63) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool inside = i > 0 && i + 1 < name.size() && (c == '-' || c == '.');
    if (!letter && !inside) return false;
  }
  return true;
}

json::object proxy_to_json(const NodeProxy& p) {
  return {{"http", p.http.reveal()}, {"https", p.https.reveal()}, {"noProxy", p.no_proxy}};
}

// They become lines of a file.
bool is_one_line(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<NodeProxy> proxy_from_json(const json::object& object) {
  Reader reader(object);
  NodeProxy p;
  p.http = Secret(reader.text("http", kMaxProxyLength));
  p.https = Secret(reader.text("https", kMaxProxyLength));
  p.no_proxy = reader.text("noProxy", kMaxExceptions);
  COVE_CHECK(reader.status());
  for (const std::string& text : {p.http.reveal(), p.https.reveal(), p.no_proxy}) {
    if (!is_one_line(text)) return malformed("a proxy has a special character in it");
  }
  return p;
}

json::object configuration_to_json(const NodeConfiguration& c) {
  return {{"nodeName", c.node_name},
          {"address", c.address},
          {"prefixLength", c.prefix_length},
          {"gateway", c.gateway},
          {"nameServer", c.name_server},
          {"unixNanoseconds", c.unix_nanoseconds},
          {"caCertificate", c.ca_certificate_pem},
          {"serverCertificate", c.server_certificate_pem},
          {"serverKey", c.server_key_pem.reveal()},
          {"registryMirrors", to_array(c.registry_mirrors)},
          {"proxy", proxy_to_json(c.proxy)}};
}

Result<NodeConfiguration> configuration_from_json(const json::object& object) {
  Reader reader(object);
  NodeConfiguration c;
  c.node_name = reader.text("nodeName", 63);
  c.address = reader.text("address", 64);
  c.prefix_length = reader.number<unsigned>("prefixLength");
  c.gateway = reader.text("gateway", 64);
  c.name_server = reader.text("nameServer", 64);
  c.unix_nanoseconds = reader.number<std::int64_t>("unixNanoseconds");
  c.ca_certificate_pem = reader.text("caCertificate", kMaxPem);
  c.server_certificate_pem = reader.text("serverCertificate", kMaxPem);
  c.server_key_pem = Secret(reader.text("serverKey", kMaxPem));
  c.registry_mirrors = reader.texts("registryMirrors", kMaxMirrors, kMaxMirrorLength);
  const json::object* proxy = reader.object("proxy");
  COVE_CHECK(reader.status());
  if (proxy != nullptr) {
    COVE_TRY(c.proxy, proxy_from_json(*proxy));
  }
  if (!is_node_name(c.node_name))
    return malformed(fmt::format("'{}' is no node name", c.node_name));
  if (!is_address(c.address)) return malformed(fmt::format("'{}' is no IPv4 address", c.address));
  if (c.prefix_length < 1 || c.prefix_length > 32)
    return malformed("the prefix length is not within 1 and 32");
  for (const std::string* address : {&c.gateway, &c.name_server}) {
    if (!address->empty() && !is_address(*address)) {
      return malformed(fmt::format("'{}' is no IPv4 address", *address));
    }
  }
  return c;
}

json::object state_to_json(const NodeState& s) {
  return {{"configured", s.configured},
          {"covedRunning", s.coved_running},
          {"covedReady", s.coved_ready},
          {"covedRestarts", s.coved_restarts},
          {"covedLastExit", s.coved_last_exit},
          {"trouble", s.trouble},
          {"bootId", s.boot_id},
          {"memoryTotalBytes", s.memory_total_bytes},
          {"memoryUsedBytes", s.memory_used_bytes}};
}

Result<NodeState> state_from_json(const json::object& object) {
  Reader reader(object);
  NodeState s;
  s.configured = reader.boolean("configured");
  s.coved_running = reader.boolean("covedRunning");
  s.coved_ready = reader.boolean("covedReady");
  s.coved_restarts = reader.number<unsigned>("covedRestarts");
  s.coved_last_exit = reader.text("covedLastExit", 4096);
  s.trouble = reader.text("trouble", 4096);
  s.boot_id = reader.text("bootId", 128);
  s.memory_total_bytes = reader.number<std::uint64_t>("memoryTotalBytes");
  s.memory_used_bytes = reader.number<std::uint64_t>("memoryUsedBytes");
  COVE_CHECK(reader.status());
  return s;
}

json::object error_to_json(const Error& error) {
  return {{"code", to_string(error.code)},
          {"action", error.action},
          {"subject", error.subject},
          {"cause", error.cause},
          {"remedy", error.remedy}};
}

ErrorCode code_from(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    if (to_string(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::kInternal;
}

Error error_from_json(const json::object& object) {
  Reader reader(object);
  Error error;
  error.code = code_from(reader.text("code", 64));
  error.action = reader.text("action", 4096);
  error.subject = reader.text("subject", 4096);
  error.cause = reader.text("cause", 4096);
  error.remedy = reader.text("remedy", 4096);
  return error;
}

json::object port_to_json(const PublishedPort& port) {
  return {{"udp", port.udp}, {"port", port.port}};
}

Result<PublishedPort> port_from_json(const json::object& object) {
  Reader reader(object);
  PublishedPort port;
  port.udp = reader.boolean("udp");
  port.port = reader.number<std::uint16_t>("port");
  COVE_CHECK(reader.status());
  if (port.port == 0) return malformed("a port's number is missing");
  return port;
}

}  // namespace

std::string to_json(const ControlRequest& request) {
  json::object out{{"id", request.id}, {"method", name_of(request.method)}};
  if (request.method == ControlRequest::Method::kConfigure) {
    out["configuration"] = configuration_to_json(request.configuration);
  }
  if (request.method == ControlRequest::Method::kSetTime)
    out["unixNanoseconds"] = request.unix_nanoseconds;
  return json::serialize(out);
}

std::uint64_t request_id(std::string_view text) {
  const auto object = parse_object(text);
  if (object.has_error()) return 0;
  return Reader(*object).number<std::uint64_t>("id");
}

Result<ControlRequest> parse_control_request(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  Reader reader(object);
  ControlRequest request;
  request.id = reader.number<std::uint64_t>("id");
  const std::string method = reader.text("method", 64);
  request.unix_nanoseconds = reader.number<std::int64_t>("unixNanoseconds");
  const json::object* configuration = reader.object("configuration");
  COVE_CHECK(reader.status());
  for (int i = 0; i <= static_cast<int>(ControlRequest::Method::kPowerOff); ++i) {
    const auto candidate = static_cast<ControlRequest::Method>(i);
    if (name_of(candidate) != method) continue;
    request.method = candidate;
    if (candidate == ControlRequest::Method::kConfigure) {
      if (configuration == nullptr) return malformed("it has no configuration");
      COVE_TRY(request.configuration, configuration_from_json(*configuration));
    }
    return request;
  }
  return Error{ErrorCode::kUnsupported, "do", method,
               "this system image does not know that request",
               "Start the cluster again with the installed version of Cove."};
}

std::string to_json(const ControlResponse& response) {
  json::object out{{"id", response.id}};
  if (response.result.has_error()) {
    out["error"] = error_to_json(response.result.error());
  } else {
    out["state"] = state_to_json(*response.result);
  }
  return json::serialize(out);
}

Result<ControlResponse> parse_control_response(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  Reader reader(object);
  ControlResponse response;
  response.id = reader.number<std::uint64_t>("id");
  const json::object* error = reader.object("error");
  const json::object* state = reader.object("state");
  COVE_CHECK(reader.status());
  if (error != nullptr) {
    response.result = error_from_json(*error);
    return response;
  }
  if (state == nullptr) return malformed("it has neither state nor error");
  COVE_TRY(NodeState parsed, state_from_json(*state));
  response.result = std::move(parsed);
  return response;
}

std::string to_json(const ShellRequest& request) {
  return json::serialize(json::object{{"argv", to_array(request.argv)},
                                      {"tty", request.tty},
                                      {"terminal", request.terminal},
                                      {"rows", request.rows},
                                      {"columns", request.columns}});
}

Result<ShellRequest> parse_shell_request(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  Reader reader(object);
  ShellRequest request;
  request.argv = reader.texts("argv", kMaxArguments, kMaxPayload);
  request.tty = reader.boolean("tty");
  request.terminal = reader.text("terminal", 128);
  request.rows = reader.number<unsigned short>("rows");
  request.columns = reader.number<unsigned short>("columns");
  COVE_CHECK(reader.status());
  return request;
}

std::string to_json(const PortRequest& request) {
  json::object out = port_to_json(request.port);
  out["id"] = request.id;
  out["open"] = request.open;
  return json::serialize(out);
}

Result<PortRequest> parse_port_request(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  Reader reader(object);
  PortRequest request;
  request.id = reader.number<std::uint64_t>("id");
  request.open = reader.boolean("open");
  COVE_CHECK(reader.status());
  COVE_TRY(request.port, port_from_json(object));
  return request;
}

std::string to_json(const PortAnswer& answer) {
  json::object out{{"id", answer.id}};
  if (answer.result.has_error()) out["error"] = error_to_json(answer.result.error());
  return json::serialize(out);
}

Result<PortAnswer> parse_port_answer(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  Reader reader(object);
  PortAnswer answer;
  answer.id = reader.number<std::uint64_t>("id");
  const json::object* error = reader.object("error");
  COVE_CHECK(reader.status());
  if (error != nullptr) answer.result = error_from_json(*error);
  return answer;
}

std::string ports_to_json(const std::vector<PublishedPort>& ports) {
  json::array list;
  for (const PublishedPort& port : ports) list.push_back(port_to_json(port));
  return json::serialize(json::object{{"ports", std::move(list)}});
}

Result<std::vector<PublishedPort>> parse_ports(std::string_view text) {
  COVE_TRY(const json::object object, parse_object(text));
  const json::value* list = object.if_contains("ports");
  if (list == nullptr || !list->is_array()) return malformed("it has no list of ports");
  if (list->get_array().size() > kMaxPublishedPorts) return malformed("it lists too many ports");
  std::vector<PublishedPort> ports;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) return malformed("a port of the list is no object");
    COVE_TRY(const PublishedPort port, port_from_json(item.get_object()));
    ports.push_back(port);
  }
  return ports;
}

std::string to_json(const Error& error) {
  return json::serialize(error_to_json(error));
}

Error parse_error(std::string_view text) {
  const auto object = parse_object(text);
  return object.has_error() ? object.error() : error_from_json(*object);
}

}  // namespace cove::channel
