// HttpsTransport: the Kubernetes API over HTTP/1.1 and TLS 1.2 or later (RFC 9112, RFC 8446).
#pragma once

#include <chrono>
#include <memory>

#include "core/client/config.h"
#include "core/client/credentials.h"
#include "core/client/transport.h"

namespace cove::client {

struct HttpsLimits {
  std::size_t connections = 16;  // for requests; each watch and stream has one of its own
  std::size_t waiting = 10'000;  // requests that wait for one; more end with kResourceExhausted
  std::size_t watches = 1000;    // and streams; more end with kResourceExhausted
  std::size_t answer_bytes = 64 << 20;
  std::size_t event_bytes = 8 << 20;
  std::chrono::milliseconds connect{10'000};  // from the name's look-up to the end of the handshake
  std::chrono::seconds idle{60};              // a connection is kept for another request
};

// Has a thread of its own for the network and one that finds out credentials. Requests go over kept
// connections; one that a kept connection loses before any answer is sent again on a new one if it
// is a GET. An answer 429 or 5xx that says Retry-After is followed, ten times at most and within
// the request's timeout (of watch() and stream() it is the caller's affair). An answer 401 makes credentials be
// found out anew, once.
//
// Errors of code 0: kUnavailable nobody there, or the connection broke; kTimeout; kPermissionDenied
// TLS verification failed or the peer refused our certificate; kResourceExhausted an answer or an
// event longer than its bound, or too many requests at once; kCancelled the transport went.
class HttpsTransport final : public Transport {
 public:
  // kInvalidArgument when certificates or keys cannot be read. `executor` must outlive it and its
  // operations.
  static Result<std::unique_ptr<HttpsTransport>> create(
      Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials,
      const HttpsLimits& limits = {});
  // Ends everything that is open. Not from the network thread, on which no callback ever runs.
  ~HttpsTransport() override;

  [[nodiscard]] Operation send(ApiRequest request, Callback done) override;
  [[nodiscard]] Operation watch(ApiRequest request, WatchCallbacks callbacks) override;
  [[nodiscard]] Operation stream(ApiRequest request, StreamCallbacks callbacks) override;
  Executor& executor() override;

 private:
  class Core;
  class Call;
  explicit HttpsTransport(std::shared_ptr<Core> core);
  Operation begin(const std::shared_ptr<Call>& call);

  std::shared_ptr<Core> core_;
};

}  // namespace cove::client
