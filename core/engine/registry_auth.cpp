#include "core/engine/registry_auth.h"

#include <optional>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/engine/exchange.h"

namespace cove::engine {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;

std::string text(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

boost::json::object decode(std::string_view header) {
  header = trim(header);
  if (header.size() > kMaxHeaderBytes) return {};
  std::optional<std::string> json = base64url_decode(header);
  if (!json) json = base64_decode_lenient(header);
  if (!json) return {};
  auto object = parse_object(*json);
  return object ? std::move(*object) : boost::json::object();
}

}  // namespace

image::RegistryAuth to_registry_auth(const boost::json::object& object) {
  image::RegistryAuth auth;
  auth.username = text(object, "username");
  auth.password = Secret(text(object, "password"));
  auth.identity_token = Secret(text(object, "identitytoken"));
  auth.registry_token = Secret(text(object, "registrytoken"));
  if (auth.username.empty() && auth.password.empty()) {
    const std::string both = base64_decode_lenient(text(object, "auth")).value_or("");
    const std::size_t colon = both.find(':');
    if (colon != std::string::npos) {
      auth.username = both.substr(0, colon);
      auth.password = Secret(both.substr(colon + 1));
    }
  }
  return auth;
}

image::RegistryAuth parse_registry_auth(std::string_view header) {
  return to_registry_auth(decode(header));
}

std::map<std::string, image::RegistryAuth> parse_registry_config(std::string_view header) {
  std::map<std::string, image::RegistryAuth> by_domain;
  for (const auto& [address, credentials] : decode(header)) {
    if (!credentials.is_object()) continue;
    by_domain[registry_domain(address)] = to_registry_auth(credentials.get_object());
  }
  return by_domain;
}

std::string registry_domain(std::string_view server_address) {
  server_address = trim(server_address);
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (server_address.starts_with(scheme)) server_address.remove_prefix(scheme.size());
  }
  const std::string_view domain = server_address.substr(0, server_address.find('/'));
  if (domain.empty() || domain == "index.docker.io" || domain == "registry-1.docker.io")
    return "docker.io";
  return std::string(domain);
}

}  // namespace cove::engine
