// Credentials: who we are now, from where the configuration says it comes from.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/base/result.h"
#include "core/client/config.h"
#include "core/client/transport.h"

namespace cove::client {

struct Credentials {
  std::string certificate_pem;
  Secret key_pem;
  Secret token;
};

// What says to the server who asks: Authorization, and as whom (Impersonate-…).
Pairs identity_headers(const ClientConfig& config, const Credentials& credentials);

// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // What is known and still good, without waiting.
  virtual std::optional<Credentials> ready() = 0;
  // Finds them out: reads files and runs programs, so it blocks.
  virtual Result<Credentials> get(std::stop_token stop) = 0;
  // The server did not accept what we showed (401): whatever is cached is not used again. False
  // when get() would say the same once more.
  virtual bool rejected() = 0;
};

// A plugin runs for at most a minute, its output is bounded by the spawner, and what it says is
// kept until it expires (or is rejected). `spawner` and `clock` must outlive the source.
std::shared_ptr<CredentialSource> make_credential_source(const ClientConfig& config,
                                                         Spawner& spawner, const Clock& clock);

}  // namespace cove::client
