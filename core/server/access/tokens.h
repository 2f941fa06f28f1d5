// TokenKeys: signs and checks JSON Web Tokens (RFC 7515, 7517, 7518, 7519) with one ECDSA P-256 key
// (ES256), as kubernetes.io "Managing Service Accounts" describes them. Thread-safe.
//
// Every token is hostile until its signature has been checked: it is bounded, its encoding must be
// canonical, and no other algorithm than ES256 is known.
#pragma once

#include <boost/json/object.hpp>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::server {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;

class TokenKeys {
 public:
  // The key in `directory`/sa.key (PEM, PKCS#8, 0600), made when there is none. kCorrupt when what
  // is there is no P-256 key; nothing is changed then.
  static Result<std::unique_ptr<TokenKeys>> open(const Path& directory);
  // The same, when the key is needed first: by ready() or by anything else, which then fails as
  // open() would.
  static std::unique_ptr<TokenKeys> later(Path directory);
  // A key of its own that is kept nowhere.
  static Result<std::unique_ptr<TokenKeys>> generate();
  ~TokenKeys();

  // The key is there, or why not.
  Result<void> ready() const;
  // The token of these claims.
  Result<Secret> sign(const boost::json::object& claims) const;
  // The claims of a token that this key signed. kInvalidArgument otherwise; the error says nothing
  // of the token's content. Times and audiences are the caller's to check.
  Result<boost::json::object> verify(std::string_view token) const;
  // A JSON Web Key Set with the public key; empty when there is none.
  boost::json::object key_set() const;
  // base64url of the SHA-256 of the public key (DER); empty when there is none.
  std::string id() const;

 private:
  struct Key;
  using KeyPtr = std::shared_ptr<const Key>;
  explicit TokenKeys(std::shared_future<Result<KeyPtr>> key);
  static Result<std::unique_ptr<TokenKeys>> made(std::unique_ptr<TokenKeys> keys);
  static Result<KeyPtr> read(const Path& directory);

  std::shared_future<Result<KeyPtr>> key_;
};

// RFC 7515's base64url, which has no padding. Fails on anything that encoding would not write.
Result<std::string> decode_base64url(std::string_view text);

// In a time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace cove::server
