#include "core/server/identity.h"

#include "core/server/health.h"

namespace cove::server {

User user_of_certificate(const http::PeerCertificate* certificate) {
  if (certificate == nullptr || certificate->common_name.empty())
    return {"system:anonymous", {"system:unauthenticated"}, false};
  User user{certificate->common_name, certificate->organizations, true};
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
