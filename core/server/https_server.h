// HTTPS with client certificates: HTTP/1.1 over TLS 1.2 or later (RFC 9112, RFC 8446), bounded in
// every direction.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/server/request.h"

namespace cove::server {

struct TlsMaterial {
  std::string ca_certificate_pem;  // who may vouch for clients
  std::string certificate_pem;
  Secret key_pem;
};

// What a client may take. Over a limit the answer is 431 or 413, or the connection is closed.
struct Limits {
  std::uint32_t header_bytes = 64 * 1024;
  std::uint64_t body_bytes = 3 * 1024 * 1024;
  std::size_t connections = 512;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body{60'000};
  std::chrono::milliseconds write{30'000};  // without any progress asked of one write
  std::chrono::milliseconds idle{90'000};   // between requests
};

// Thread-safe. A client certificate is asked for, not required; one that the authority did not
// issue ends the handshake. Requests reach the handler with the user its certificate stands for.
class HttpsServer {
 public:
  // Binds and listens at once; nothing is served before start(). Port 0 takes a free one. `handler`
  // and `logger` must outlive the server.
  static Result<std::unique_ptr<HttpsServer>> create(const std::string& address, std::uint16_t port,
                                                     const TlsMaterial& material, Handler& handler,
                                                     Logger& logger, const Limits& limits = {});
  // Stops without grace.
  ~HttpsServer();

  std::uint16_t port() const;
  // New connections are served with the new certificates; on an error the old ones stay.
  Result<void> reload(const TlsMaterial& material);
  void start(unsigned threads);
  // Stops accepting, closes idle connections, lets requests finish and ends streams; after `grace`
  // whatever is left is cut. Returns when nothing runs any more.
  void stop(std::chrono::milliseconds grace);

 private:
  class Implementation;
  explicit HttpsServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::server
