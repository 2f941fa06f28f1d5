// A client that sends exactly the bytes it is told to, over TLS or a bare socket, and blocks.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/pki/pki.h"

namespace cove::http::test {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// Reading is bounded at 20 seconds, so that a test that waits in vain ends.
class RawClient {
 public:
  static Fd connect_tcp(std::uint16_t port);
  static RawClient plain(Fd fd);
  static RawClient unix_socket(const Path& path);
  // With ALPN `protocol` ("h2", "http/1.1" or "" for none).
  static RawClient tls(std::uint16_t port, const std::string& ca_pem, const pki::KeyPair& me,
                       const std::string& protocol = "http/1.1");

  void send(std::string_view bytes);
  // What is there, at least a byte; "" at the end, however it came.
  std::string read_some();
  // Everything up to and including `mark`, or to the end. What follows is kept for the next call.
  std::string read_to(std::string_view mark);
  std::string read_exactly(std::size_t size);
  std::string read_to_end();
  // One answer with Content-Length.
  std::string read_answer();
  // Says that no more is sent (TLS's close_notify, or half of the socket).
  void finish();
  // Whether the end came with TLS's goodbye.
  bool was_told_goodbye() const { return goodbye_; }
  const Fd& fd() const { return fd_; }
  SSL* ssl() { return ssl_.get(); }

 private:
  Fd fd_;
  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string kept_;
  bool goodbye_ = false;
};

}  // namespace cove::http::test
