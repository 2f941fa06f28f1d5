// Proving who we are to a registry: basic authentication and tokens (Docker Registry v2
// authentication: token and OAuth 2).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/image/registry.h"
#include "core/image/registry_headers.h"

namespace cove::image {

// "repository:library/nginx:pull"; several by spaces, sorted.
using Scope = std::string;

// What is known of servers and tokens, for all operations. Thread-safe; at most 256 of each, the
// ones that expire first go first.
class TokenCache {
 public:
  struct Token {
    Secret value;
    WallTime expires{};
  };
  std::optional<Secret> find(const std::string& key, WallTime now);
  void keep(const std::string& key, Token token);
  void forget(const std::string& key);

  // The challenge that a server last answered with.
  std::optional<Challenge> challenge(const std::string& origin);
  void keep_challenge(const std::string& origin, Challenge challenge);

 private:
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;
  std::map<std::string, Challenge> challenges_;
};

// Makes the Authorization header for one server and one user. Thread-safe.
class Authorizer {
 public:
  // Sends a request for a token and returns the answer with its body's text.
  struct Answer {
    int status = 0;
    std::string body;
  };
  using Fetch = std::function<Result<Answer>(http::ClientRequest request)>;
  struct Parts {
    std::string origin;    // of the registry
    bool verified = true;  // whether the registry's TLS is
    std::string name;      // for errors
    const RegistryAuth& auth;
    TokenCache& tokens;
    const Clock& clock;
    Fetch fetch;
  };
  explicit Authorizer(Parts parts);

  // What to send without having been asked, from what is known; "" for nothing.
  Secret known(const Scope& scope);
  // After an answer 401 to a request that had `sent` (perhaps ""): what to send now.
  // kPermissionDenied when nothing better is known, with the registry's words; kUnavailable when
  // the token server does not answer.
  Result<Secret> answer(const std::vector<Challenge>& challenges, const Scope& scope,
                        const Secret& sent);
  // A token that stands for the user, if the token server gave one at its last answer.
  Secret identity_token();
  // Asks for a token that can be renewed.
  void want_identity_token() { offline_ = true; }

 private:
  std::string token_key(const Challenge& challenge, const Scope& scope) const;
  Result<Secret> fetch_token(const Challenge& challenge, const Scope& scope);
  Result<http::ClientRequest> token_request(const Challenge& challenge, const Scope& scope) const;
  Result<Secret> read_token(const std::string& body, const std::string& key);
  Secret basic() const;
  Error denied(std::string cause) const;

  Parts parts_;
  std::string user_key_;  // tells users apart without holding their secrets
  bool offline_ = false;
  std::mutex mutex_;  // one fetch at a time: the others use what it brought
  Secret identity_token_;
};

}  // namespace cove::image
