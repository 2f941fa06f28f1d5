// Transport: the bytes of one connection, with or without TLS. Private to this room.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/http/tls.h"

namespace cove::http {

// Seconds until an idle peer is asked whether it lives, between questions, and how many go
// unanswered.
struct KeepAlive {
  int idle = 0, interval = 0, count = 0;
};
// Small writes go at once, and a peer that vanished is noticed.
void tune(int socket, const KeepAlive& keep_alive);

// Never blocks and owns no descriptor. Not thread-safe.
class Transport {
 public:
  enum class Status {
    kDone,       // `bytes` were moved
    kWantRead,   // again once the socket can be read
    kWantWrite,  // again once the socket can be written
    kEnd,        // the peer sends no more
    kFailed,
  };
  struct Outcome {
    Status status = Status::kFailed;
    std::size_t bytes = 0;
  };

  virtual ~Transport() = default;
  virtual Outcome handshake() = 0;
  virtual Outcome read(std::span<char> space) = 0;
  virtual Outcome write(std::string_view bytes) = 0;
  // Tells the peer that nothing follows; reading goes on. As far as the socket takes it.
  virtual void finish() = 0;
  // Whether a read may give something that the socket no longer has.
  virtual bool holds_input() const = 0;
  // Whether the client chose HTTP/2 in the handshake.
  virtual bool chose_http2() const = 0;
  virtual std::shared_ptr<const PeerCertificate> peer_certificate() const = 0;
  // After kFailed: why, for a person.
  struct Failure {
    bool untrusted = false;  // the peer's certificate did not pass
    bool refused = false;    // the peer ended TLS with an alert
    std::string cause;
  };
  virtual Failure failure() const = 0;
};

std::unique_ptr<Transport> make_tls_transport(int fd, const Tls& tls);
// The other end of it: names `server` to the peer and, where `tls` verifies, takes only a
// certificate for it (a host name or an address). Null when that is no name.
std::unique_ptr<Transport> make_tls_client_transport(int fd, SSL_CTX* tls,
                                                     const std::string& server);
std::unique_ptr<Transport> make_plain_transport(int fd);

}  // namespace cove::http
