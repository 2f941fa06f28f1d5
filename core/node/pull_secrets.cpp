// Credentials for registries out of Secrets (kubernetes.io "Pull an Image from a Private
// Registry").
#include <algorithm>

#include "core/base/base64.h"
#include "core/node/image_puller.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDocument = 1 << 20;

// "https://index.docker.io/v1/" → "docker.io", "localhost:5000/team" stays.
std::string normalized(std::string_view server) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (server.starts_with(scheme)) server.remove_prefix(scheme.size());
  }
  while (server.ends_with('/')) server.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (server.ends_with(version)) server.remove_suffix(version.size());
  }
  for (const std::string_view docker : {"index.docker.io", "registry-1.docker.io"}) {
    if (server.starts_with(docker)) return "docker.io" + std::string(server.substr(docker.size()));
  }
  return std::string(server);
}

// "*.example.com" stands for one label each.
bool host_fits(std::string_view pattern, std::string_view host) {
  while (true) {
    const auto end = pattern.find('.');
    const auto host_end = host.find('.');
    const std::string_view label = pattern.substr(0, end);
    if (label != "*" && label != host.substr(0, host_end)) return false;
    if ((end == std::string_view::npos) != (host_end == std::string_view::npos)) return false;
    if (end == std::string_view::npos) return true;
    pattern.remove_prefix(end + 1);
    host.remove_prefix(host_end + 1);
  }
}

bool fits(const std::string& server, const image::Reference& reference) {
  const auto slash = server.find('/');
  if (!host_fits(std::string_view(server).substr(0, slash), reference.domain)) return false;
  if (slash == std::string::npos) return true;
  const std::string path = server.substr(slash + 1);
  return reference.repository == path || reference.repository.starts_with(path + "/");
}

image::RegistryAuth to_auth(const json::object& entry) {
  image::RegistryAuth auth;
  auth.username = api::text_at(entry, {"username"});
  auth.password = Secret(std::string(api::text_at(entry, {"password"})));
  auth.identity_token = Secret(std::string(api::text_at(entry, {"identitytoken"})));
  if (!auth.username.empty()) return auth;
  const auto both = base64_decode_lenient(api::text_at(entry, {"auth"}));
  if (!both) return auth;
  const auto colon = both->find(':');
  if (colon == std::string::npos) return auth;
  auth.username = both->substr(0, colon);
  auth.password = Secret(both->substr(colon + 1));
  return auth;
}

}  // namespace

std::vector<image::RegistryAuth> credentials_for(const std::map<std::string, std::string>& secret,
                                                 const image::Reference& reference) {
  std::vector<std::pair<std::size_t, image::RegistryAuth>> found;
  const auto read = [&](const char* name, bool nested) {
    const auto text = secret.find(name);
    if (text == secret.end()) return;
    const auto parsed = api::parse_json(text->second, {.bytes = kMaxDocument, .depth = 16});
    if (!parsed || !parsed->value.is_object()) return;
    const json::object* const servers = nested
                                            ? api::object_at(parsed->value.get_object(), {"auths"})
                                            : &parsed->value.get_object();
    if (servers == nullptr) return;
    for (const auto& member : *servers) {
      const std::string server = normalized(member.key());
      if (member.value().is_object() && fits(server, reference))
        found.emplace_back(server.size(), to_auth(member.value().get_object()));
    }
  };
  read(".dockerconfigjson", true);
  read(".dockercfg", false);
  std::ranges::stable_sort(found, std::ranges::greater(),
                           [](const auto& each) { return each.first; });
  std::vector<image::RegistryAuth> out;
  for (auto& [length, auth] : found) out.push_back(std::move(auth));
  return out;
}

}  // namespace cove::node
