#include "core/server/identity.h"

#include <fmt/format.h>

namespace cove::server {
namespace {

constexpr std::string_view kExtraPrefix = "impersonate-extra-";
constexpr std::string_view kServiceAccountPrefix = "system:serviceaccount:";

// "system:serviceaccount:NS:NAME" to its two names.
std::optional<std::pair<std::string, std::string>> service_account(std::string_view user) {
  if (!user.starts_with(kServiceAccountPrefix)) return std::nullopt;
  user.remove_prefix(kServiceAccountPrefix.size());
  const std::size_t colon = user.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == user.size() ||
      user.find(':', colon + 1) != std::string_view::npos)
    return std::nullopt;
  return std::pair(std::string(user.substr(0, colon)), std::string(user.substr(colon + 1)));
}

RequestInfo need(std::string_view group, std::string_view resource, std::string name) {
  RequestInfo info;
  info.is_resource = true;
  info.verb = "impersonate";
  info.group = group;
  info.version = "v1";
  info.resource = resource;
  info.name = std::move(name);
  return info;
}

}  // namespace

Outcome<Identity> CertificateAuthenticator::authenticate(const Request& request) const {
  const http::PeerCertificate* const certificate = request.certificate.get();
  if (certificate == nullptr || certificate->common_name.empty()) return Identity();
  User user{.name = certificate->common_name,
            .groups = certificate->organizations,
            .authenticated = true};
  user.groups.emplace_back("system:authenticated");
  user.extra.emplace_back(
      "authentication.kubernetes.io/credential-id",
      std::vector<std::string>{"X509SHA256=" + certificate->sha256_fingerprint});
  return Identity(std::move(user));
}

Outcome<Identity> CertificateAuthenticator::authenticate_token(
    std::string_view, const std::vector<std::string>&) const {
  return Identity();
}

Outcome<std::optional<Impersonation>> read_impersonation(const Request& request) {
  Impersonation asked;
  bool any = false;
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with("impersonate-")) continue;
    any = true;
    if (name == "impersonate-user") {
      asked.user = value;
    } else if (name == "impersonate-group") {
      asked.groups.push_back(value);
    } else if (name == "impersonate-uid") {
      asked.uid = value;
    } else if (name.starts_with(kExtraPrefix)) {
      const std::string key = name.substr(kExtraPrefix.size());
      const auto found = std::ranges::find(asked.extra, key, [](const auto& e) { return e.first; });
      if (found != asked.extra.end()) {
        found->second.push_back(value);
      } else {
        asked.extra.emplace_back(key, std::vector<std::string>{value});
      }
    }
  }
  if (!any) return std::optional<Impersonation>();
  if (asked.user.empty()) {
    return Refusal{500, "InternalError",
                   "Internal error occurred: requested impersonation without impersonating a user"};
  }
  return std::optional(std::move(asked));
}

std::vector<RequestInfo> impersonation_needs(const Impersonation& asked) {
  std::vector<RequestInfo> needs;
  if (auto account = service_account(asked.user)) {
    RequestInfo info = need("", "serviceaccounts", account->second);
    info.namespace_name = account->first;
    needs.push_back(std::move(info));
  } else {
    needs.push_back(need("", "users", asked.user));
  }
  for (const std::string& group : asked.groups) needs.push_back(need("", "groups", group));
  if (!asked.uid.empty()) needs.push_back(need("authentication.k8s.io", "uids", asked.uid));
  for (const auto& [key, values] : asked.extra) {
    for (const std::string& value : values) {
      RequestInfo info = need("authentication.k8s.io", "userextras", value);
      info.subresource = key;
      needs.push_back(std::move(info));
    }
  }
  return needs;
}

User impersonated(const Impersonation& asked) {
  User user{.name = asked.user,
            .groups = asked.groups,
            .authenticated = true,
            .uid = asked.uid,
            .extra = asked.extra};
  if (auto account = service_account(asked.user); account && asked.groups.empty()) {
    user.groups = {"system:serviceaccounts", "system:serviceaccounts:" + account->first};
  }
  if (asked.user == "system:anonymous") {
    user.authenticated = false;
    if (!user.in_group("system:unauthenticated"))
      user.groups.emplace_back("system:unauthenticated");
    return user;
  }
  if (!user.in_group("system:authenticated") && !user.in_group("system:unauthenticated"))
    user.groups.emplace_back("system:authenticated");
  return user;
}

}  // namespace cove::server
