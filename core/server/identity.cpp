#include "core/server/identity.h"

#include "core/pki/pki.h"
#include "core/server/health.h"

namespace cove::server {

User user_of_certificate(const std::string& certificate_pem) {
  const User anonymous{"system:anonymous", {"system:unauthenticated"}, false};
  if (certificate_pem.empty()) return anonymous;
  auto info = pki::inspect(certificate_pem);
  if (!info || info->common_name.empty()) return anonymous;
  User user{std::move(info->common_name), std::move(info->organizations), true};
  user.groups.emplace_back("system:authenticated");
  return user;
}

Verdict authorize(const User& user, const Request& request) {
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (reading &&
      (is_health_path(request.path) || request.path == "/version" || request.path == "/version/")) {
    return Verdict::kAllow;
  }
  if (!user.authenticated) return Verdict::kUnauthenticated;
  return user.in_group("system:masters") ? Verdict::kAllow : Verdict::kForbid;
}

}  // namespace cove::server
