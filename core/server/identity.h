// Who a client certificate stands for, and acting as somebody else (kubernetes.io
// "Authenticating", X.509 client certificates and user impersonation).
#pragma once

#include "core/server/access.h"
#include "core/server/request.h"

namespace cove::server {

// The user a verified client certificate stands for: CN is the name, every O a group. Nothing
// without a certificate, or with one that has no CN.
class CertificateAuthenticator final : public Authenticator {
 public:
  Outcome<Identity> authenticate(const Request& request) const override;
  Outcome<Identity> authenticate_token(std::string_view token,
                                       const std::vector<std::string>& audiences) const override;
};

// Impersonate-User, -Group, -Uid and -Extra-… of a request.
struct Impersonation {
  std::string user;
  std::vector<std::string> groups;
  std::string uid;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};
// Nothing when none is asked for; refused when there are groups, a uid or extras but no user.
Outcome<std::optional<Impersonation>> read_impersonation(const Request& request);
// What one must be allowed to do for it: verb impersonate on users, groups, serviceaccounts, uids
// and userextras.
std::vector<RequestInfo> impersonation_needs(const Impersonation& impersonation);
User impersonated(const Impersonation& impersonation);

}  // namespace cove::server
