#include "core/http/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace cove::http {
namespace {

using Status = Transport::Status;
using Outcome = Transport::Outcome;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// A record has at most this many bytes of what is written (RFC 8446 section 5.1).
constexpr std::size_t kRecordBytes = 16 * 1024;

// The socket below TLS.
struct Wire {
  int fd = -1;
  // More records follow at once: they may go through the network, and wake the reader, together.
  bool more = false;
};

const Wire& wire_of(BIO* bio) {
  return *static_cast<const Wire*>(BIO_get_data(bio));
}

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const Wire& wire = wire_of(bio);
  const ssize_t n = ::send(wire.fd, bytes, size, MSG_NOSIGNAL | (wire.more ? MSG_MORE : 0));
  if (n < 0) {
    if (would_block()) BIO_set_retry_write(bio);
    return 0;
  }
  *written = static_cast<std::size_t>(n);
  return 1;
}

int bio_read(BIO* bio, char* bytes, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(wire_of(bio).fd, bytes, size, 0);
  if (n <= 0) {
    if (n < 0 && would_block()) BIO_set_retry_read(bio);
    if (n == 0) {
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      errno = 0;
    }
    return 0;
  }
  *read = static_cast<std::size_t>(n);
  return 1;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

// OpenSSL's own socket BIO raises SIGPIPE.
const BIO_METHOD* quiet_socket() {
  static const std::unique_ptr<BIO_METHOD, MethodDeleter> method = [] {
    std::unique_ptr<BIO_METHOD, MethodDeleter> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket"));
    BIO_meth_set_write_ex(made.get(), bio_write);
    BIO_meth_set_read_ex(made.get(), bio_read);
    BIO_meth_set_ctrl(made.get(), bio_control);
    return made;
  }();
  return method.get();
}

std::string socket_failure(int error) {
  return error != 0 ? std::generic_category().message(error) : "the connection was cut";
}

struct SslDeleter {
  void operator()(SSL* session) const { SSL_free(session); }
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(int fd, SSL_CTX* tls) : wire_{fd}, session_(SSL_new(tls)) {
    BIO* const bio = BIO_new(quiet_socket());
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(session_.get(), bio, bio);
  }

  void become_server(bool certificate_required) {
    SSL* const session = session_.get();
    SSL_set_accept_state(session);
    SSL_set_verify(session,
                   SSL_VERIFY_PEER | (certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                   nullptr);
    // A session begun without a certificate is not continued where one is required.
    const std::string_view rules = certificate_required ? "coved, certified" : "coved";
    SSL_set_session_id_context(session, reinterpret_cast<const unsigned char*>(rules.data()),
                               static_cast<unsigned>(rules.size()));
  }

  bool become_client(const std::string& server) {
    SSL* const session = session_.get();
    SSL_set_connect_state(session);
    X509_VERIFY_PARAM* const checks = SSL_get0_param(session);
    if (X509_VERIFY_PARAM_set1_ip_asc(checks, server.c_str()) == 1) return true;
    ERR_clear_error();
    return SSL_set_tlsext_host_name(session, server.c_str()) == 1 &&
           SSL_set1_host(session, server.c_str()) == 1;
  }

  Outcome handshake() override {
    ERR_clear_error();
    return outcome(SSL_do_handshake(session_.get()), 0);
  }

  Outcome read(std::span<char> space) override {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_read_ex(session_.get(), space.data(), space.size(), &size);
    return outcome(result, size);
  }

  Outcome write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t size = 0;
    // One record goes at a time: the caller comes again with the rest.
    wire_.more = bytes.size() > kRecordBytes;
    const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &size);
    wire_.more = false;
    return outcome(result, size);
  }

  void finish() override {
    ERR_clear_error();
    if (SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
  }

  bool holds_input() const override { return SSL_has_pending(session_.get()) == 1; }

  bool chose_http2() const override {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return size == 2 && std::memcmp(name, "h2", 2) == 0;
  }

  std::shared_ptr<const PeerCertificate> peer_certificate() const override {
    return read_peer_certificate(session_.get());
  }

  Failure failure() const override {
    const long verdict = SSL_get_verify_result(session_.get());
    if (verdict != X509_V_OK && (SSL_get_verify_mode(session_.get()) & SSL_VERIFY_PEER) != 0)
      return {true, false, X509_verify_cert_error_string(verdict)};
    if (last_error_ == 0) return {false, false, socket_failure(last_errno_)};
    const char* const reason = ERR_reason_error_string(last_error_);
    // Alerts are numbered from SSL_AD_REASON_OFFSET.
    return {false, ERR_GET_REASON(last_error_) >= SSL_AD_REASON_OFFSET,
            reason != nullptr ? reason : "TLS failed"};
  }

 private:
  Outcome outcome(int result, std::size_t size) {
    const int at = errno;
    if (result > 0) return {Status::kDone, size};
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ: return {Status::kWantRead};
      case SSL_ERROR_WANT_WRITE: return {Status::kWantWrite};
      case SSL_ERROR_ZERO_RETURN: return {Status::kEnd};
      default: break;
    }
    last_error_ = ERR_peek_last_error();
    last_errno_ = at;
    return {Status::kFailed};
  }

  Wire wire_;
  std::unique_ptr<SSL, SslDeleter> session_;
  unsigned long last_error_ = 0;
  int last_errno_ = 0;
};

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int fd) : fd_(fd) {}

  Outcome handshake() override { return {Status::kDone}; }

  Outcome read(std::span<char> space) override {
    const ssize_t n = ::recv(fd_, space.data(), space.size(), 0);
    if (n == 0) return {Status::kEnd};
    if (n < 0) return unable(Status::kWantRead);
    return {Status::kDone, static_cast<std::size_t>(n)};
  }

  Outcome write(std::string_view bytes) override {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return unable(Status::kWantWrite);
    return {Status::kDone, static_cast<std::size_t>(n)};
  }

  void finish() override { ::shutdown(fd_, SHUT_WR); }
  bool holds_input() const override { return false; }
  bool chose_http2() const override { return false; }
  std::shared_ptr<const PeerCertificate> peer_certificate() const override { return nullptr; }
  Failure failure() const override { return {false, false, socket_failure(last_errno_)}; }

 private:
  Outcome unable(Status wish) {
    if (would_block()) return {wish};
    last_errno_ = errno;
    return {Status::kFailed};
  }

  int fd_;
  int last_errno_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(int fd, const Tls& tls) {
  auto made = std::make_unique<TlsTransport>(fd, tls.context.get());
  made->become_server(tls.certificate_required);
  return made;
}

std::unique_ptr<Transport> make_tls_client_transport(int fd, SSL_CTX* tls,
                                                     const std::string& server) {
  auto made = std::make_unique<TlsTransport>(fd, tls);
  if (!made->become_client(server)) return nullptr;
  return made;
}

std::unique_ptr<Transport> make_plain_transport(int fd) {
  return std::make_unique<PlainTransport>(fd);
}

void tune(int socket, const KeepAlive& keep_alive) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, keep_alive.idle);
  set(IPPROTO_TCP, TCP_KEEPINTVL, keep_alive.interval);
  set(IPPROTO_TCP, TCP_KEEPCNT, keep_alive.count);
}

}  // namespace cove::http
