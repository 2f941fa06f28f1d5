// Who asks, and whether they may: the interfaces between the request pipeline and the ways of
// authentication and authorization (kubernetes.io "Controlling Access to the Kubernetes API").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/server/refusal.h"
#include "core/server/request.h"

namespace cove::server {

// What is to be allowed or not.
struct Attributes {
  const User& user;
  const RequestInfo& request;  // for a resource
  std::string_view path;       // for anything else
};

struct Decision {
  enum class Kind { kAllow, kDeny, kNoOpinion };
  Kind kind = Kind::kNoOpinion;
  std::string reason = {};  // why, for the audit log and access reviews
};

// On the state thread.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Decision authorize(const Attributes& attributes) const = 0;
  // What a user may do in a namespace, for SelfSubjectRulesReview: lists of authorization/v1
  // ResourceRule and NonResourceRule.
  virtual void rules_of(const User& user, std::string_view namespace_name,
                        json::array& resource_rules, json::array& non_resource_rules,
                        bool& incomplete) const = 0;
};

// A user found, or nothing when the request carries no credentials of this way; a refusal (401)
// when it carries wrong ones.
using Identity = std::optional<User>;

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // On the state thread: what a token says may depend on objects (a deleted ServiceAccount's token
  // is void).
  virtual Outcome<Identity> authenticate(const Request& request) const = 0;
  // The same for the token of a TokenReview. `audiences` empty: the server's own.
  virtual Outcome<Identity> authenticate_token(std::string_view token,
                                               const std::vector<std::string>& audiences) const = 0;
};

}  // namespace cove::server
