// Tokens of service accounts: what they say, who they stand for, and when they are void
// (kubernetes.io "Managing Service Accounts", "Configure Service Accounts for Pods"). On the state
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/server/access.h"
#include "core/server/access/tokens.h"
#include "core/server/admission.h"

namespace cove::server {

inline constexpr std::string_view kIssuer = "https://kubernetes.default.svc.cluster.local";
inline constexpr std::string_view kTokenSecretType = "kubernetes.io/service-account-token";

// "system:serviceaccount:NS:NAME".
std::string account_user(std::string_view namespace_name, std::string_view name);

// The object that a token lives and dies with; empty kind: none.
struct BoundObject {
  std::string kind = {};  // "Pod", "Secret" or "Node"
  std::string name = {};
  std::string uid = {};
  std::string node_name = {};  // of a pod, as far as known
  std::string node_uid = {};
};

struct TokenWish {
  const api::Object& account;
  std::vector<std::string> audiences;
  std::chrono::seconds lifetime{3600};
  BoundObject bound = {};
};

struct IssuedToken {
  Secret token;
  WallTime expires;
};
Result<IssuedToken> issue_token(const TokenKeys& keys, const TokenWish& wish, WallTime now);

// A token without an end that lives in a Secret of type kubernetes.io/service-account-token.
Result<Secret> issue_secret_token(const TokenKeys& keys, const api::Object& account,
                                  std::string_view secret_name);

// "Authorization: Bearer TOKEN".
class TokenAuthenticator final : public Authenticator {
 public:
  // All must outlive it.
  TokenAuthenticator(const TokenKeys& keys, const ClusterState& state, const Clock& clock);

  Outcome<Identity> authenticate(const Request& request) const override;
  Outcome<Identity> authenticate_token(std::string_view token,
                                       const std::vector<std::string>& audiences) const override;

 private:
  Outcome<User> bound_user(const json::object& claims,
                           const std::vector<std::string>& audiences) const;
  Outcome<User> secret_user(const json::object& claims, std::string_view token,
                            const std::vector<std::string>& audiences) const;
  Outcome<void> check_times(const json::object& claims) const;
  Outcome<void> check_bound(const json::object& about, std::string_view namespace_name,
                            User& user) const;
  Outcome<void> check_account(std::string_view namespace_name, std::string_view name,
                              std::string_view uid) const;

  const TokenKeys& keys_;
  const ClusterState& state_;
  const Clock& clock_;
};

}  // namespace cove::server
