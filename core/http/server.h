// The server of HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) over TLS 1.2 or later with client
// certificates (RFC 8446), or over a unix socket, bounded in every direction.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/http/handler.h"

struct ssl_ctx_st;

namespace cove::http {

struct TlsMaterial {
  std::string ca_certificate_pem;  // who may vouch for clients
  std::string certificate_pem;
  Secret key_pem;
  bool certificate_required = false;  // a client without one is refused in the handshake
};

// The same, read: which takes longer than much of a program's start, so that servers share it.
// Sessions of one server are never continued at one that has other rules about certificates.
struct Tls {
  std::shared_ptr<ssl_ctx_st> context;
  bool certificate_required = false;
};
// kCorrupt, naming which of them is damaged.
Result<Tls> read_tls(const TlsMaterial& material);

// What a client may take. Over a limit the answer is 431 or 413, or the connection is closed.
struct Limits {
  std::uint32_t header_bytes = 64 * 1024;
  std::size_t header_fields = 200;
  std::uint64_t body_bytes = 3 * 1024 * 1024;
  std::size_t connections = 512;
  std::uint32_t streams = 250;  // requests at a time on one HTTP/2 connection
  std::size_t resets = 500;     // requests given up by the client, per minute and connection
  std::size_t buffered_bytes = 16 << 20;  // bodies being received on one HTTP/2 connection
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body{60'000};
  std::chrono::milliseconds write{30'000};  // without any progress
  std::chrono::milliseconds idle{90'000};   // between requests
};

// Thread-safe. A client certificate is asked for, and required only where the material says so; one
// that the authority did not issue ends the handshake.
class Server {
 public:
  // Binds and listens at once; nothing is served before start(). Port 0 takes a free one. `handler`
  // and `logger` must outlive the server. With `absent_too` the address may be one that this
  // machine gets later.
  static Result<std::unique_ptr<Server>> listen_tls(const std::string& address, std::uint16_t port,
                                                    Tls tls, Handler& handler, Logger& logger,
                                                    const Limits& limits = {},
                                                    bool absent_too = false);
  static Result<std::unique_ptr<Server>> listen_tls(const std::string& address, std::uint16_t port,
                                                    const TlsMaterial& material, Handler& handler,
                                                    Logger& logger, const Limits& limits = {},
                                                    bool absent_too = false);
  // Without TLS, for whoever may open the socket: its file is made anew with mode 0600 and is
  // removed when the server stops. kConflict while another program serves on it.
  static Result<std::unique_ptr<Server>> listen_unix(const Path& path, Handler& handler,
                                                     Logger& logger, const Limits& limits = {});
  // Stops without grace.
  ~Server();

  // 0 for a unix socket.
  std::uint16_t port() const;
  // New connections are served with the new certificates; on an error the old ones stay.
  void reload(Tls tls);
  Result<void> reload(const TlsMaterial& material);
  void start(unsigned threads);
  // Stops accepting, closes idle connections, lets requests finish, ends streams as if they were
  // whole, and tunnels; after `grace` whatever is left is cut. Returns when nothing runs any more.
  // Not to be called from a handler.
  void stop(std::chrono::milliseconds grace);

 private:
  class Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::http
