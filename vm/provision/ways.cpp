#include "vm/provision/ways.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/api/document.h"

namespace cove::provision {
namespace {

namespace json = boost::json;

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
// Where the two answer on this computer, unless the cluster says otherwise.
constexpr std::uint16_t kForwardedHttp = 8080;
constexpr std::uint16_t kForwardedHttps = 8443;

std::uint16_t ingress_port(const ClusterStatus& status, bool https) {
  const std::uint16_t own = https ? kHttps : kHttp;
  const std::uint16_t port = host_port(status, own);
  if (port != own || status.wish.network != vm::NetworkMode::kUser) return port;
  return https ? kForwardedHttps : kForwardedHttp;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~/:@%+,=").find(c) != std::string_view::npos;
  });
}

// As one word of a shell.
std::string word(const std::string& text) {
  if (is_plain(text)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

bool has_tls(const json::object& ingress, std::string_view host) {
  const json::array* const all = api::array_at(ingress, {"spec", "tls"});
  if (all == nullptr) return false;
  return std::ranges::any_of(*all, [&](const json::value& tls) {
    const json::array* const hosts =
        tls.is_object() ? api::array_at(tls.get_object(), {"hosts"}) : nullptr;
    if (hosts == nullptr || hosts->empty()) return true;
    return std::ranges::any_of(*hosts, [&](const json::value& each) {
      if (!each.is_string()) return false;
      const std::string_view pattern = api::view(each.get_string());
      const std::size_t dot = host.find('.');
      return pattern == host || (pattern.starts_with("*.") && dot != host.npos &&
                                 host.substr(dot) == pattern.substr(1));
    });
  });
}

std::string service_of(const json::object* backend) {
  if (backend == nullptr) return {};
  const std::string_view name = api::text_at(*backend, {"service", "name"});
  if (name.empty()) return {};
  const auto number = api::integer_at(*backend, {"service", "port", "number"});
  return fmt::format("{}:{}", name,
                     number ? std::to_string(*number)
                            : std::string(api::text_at(*backend, {"service", "port", "name"})));
}

IngressWay way_to(const ClusterStatus& status, const json::object& ingress, const std::string& host,
                  const std::string& path, const json::object* backend) {
  IngressWay way{.host = host, .path = path, .service = service_of(backend), .url = {}, .curl = {}};
  const bool https = has_tls(ingress, host);
  const std::uint16_t port = ingress_port(status, https);
  const std::string scheme = https ? "https" : "http";
  // Any name below a wildcard will do.
  const std::string asked = host.empty()             ? status.host
                            : host.starts_with("*.") ? "any" + host.substr(1)
                                                     : host;
  way.url = port == (https ? kHttps : kHttp)
                ? fmt::format("{}://{}{}", scheme, asked, path)
                : fmt::format("{}://{}:{}{}", scheme, asked, port, path);
  way.curl = "curl ";
  if (!host.empty()) way.curl += fmt::format("--resolve {}:{}:{} ", word(asked), port, status.host);
  way.curl += word(way.url);
  return way;
}

}  // namespace

std::uint16_t host_port(const ClusterStatus& status, std::uint16_t node_port) {
  const auto found = std::ranges::find(status.ports, node_port, &PortStatus::guest_port);
  return found == status.ports.end() ? node_port : found->host_port;
}

std::vector<IngressWay> ingress_ways(const ClusterStatus& status, const json::object& ingress) {
  std::vector<IngressWay> ways;
  const json::object* const fallback = api::object_at(ingress, {"spec", "defaultBackend"});
  if (const json::array* const rules = api::array_at(ingress, {"spec", "rules"})) {
    for (const json::value& rule : *rules) {
      if (!rule.is_object()) continue;
      const std::string host(api::text_at(rule.get_object(), {"host"}));
      const json::array* const paths = api::array_at(rule.get_object(), {"http", "paths"});
      if (paths == nullptr) {
        ways.push_back(way_to(status, ingress, host, "/", fallback));
        continue;
      }
      for (const json::value& path : *paths) {
        if (!path.is_object()) continue;
        const std::string_view text = api::text_at(path.get_object(), {"path"});
        ways.push_back(way_to(status, ingress, host, text.empty() ? "/" : std::string(text),
                              api::object_at(path.get_object(), {"backend"})));
      }
    }
  }
  if (ways.empty() && fallback != nullptr)
    ways.push_back(way_to(status, ingress, "", "/", fallback));
  return ways;
}

}  // namespace cove::provision
