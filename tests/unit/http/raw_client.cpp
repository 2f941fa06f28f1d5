#include "tests/unit/http/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <csignal>

namespace cove::http::test {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

Bio memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::unique_ptr<X509, X509Deleter> certificate(const std::string& pem) {
  return std::unique_ptr<X509, X509Deleter>(
      PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
}

void bound_reading(const Fd& fd) {
  const timeval bound{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
}

}  // namespace

Fd RawClient::connect_tcp(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bound_reading(fd);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

RawClient RawClient::plain(Fd fd) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  RawClient client;
  client.fd_ = std::move(fd);
  return client;
}

RawClient RawClient::unix_socket(const Path& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  bound_reading(fd);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return plain(std::move(fd));
}

RawClient RawClient::tls(std::uint16_t port, const std::string& ca_pem, const pki::KeyPair& me,
                         const std::string& protocol) {
  RawClient client = plain(connect_tcp(port));
  client.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = client.context_.get();
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate(ca_pem).get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!me.certificate_pem.empty()) {
    SSL_CTX_use_certificate(context, certificate(me.certificate_pem).get());
    const std::unique_ptr<EVP_PKEY, KeyDeleter> key(
        PEM_read_bio_PrivateKey(memory(me.key_pem.reveal()).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_PrivateKey(context, key.get());
  }
  if (!protocol.empty()) {
    const std::string list = static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  }
  client.ssl_.reset(SSL_new(context));
  SSL_set_fd(client.ssl_.get(), client.fd_.get());
  EXPECT_EQ(SSL_connect(client.ssl_.get()), 1);
  return client;
}

void RawClient::send(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!ssl_) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return;
  }
  ERR_clear_error();
  std::size_t written = 0;
  SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
}

std::string RawClient::read_some() {
  if (!kept_.empty()) return std::exchange(kept_, {});
  std::string buffer(64 * 1024, '\0');
  std::size_t size = 0;
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
    if (result != 1) {
      size = 0;
      goodbye_ = SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN;
    }
  } else {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    size = n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  buffer.resize(size);
  return buffer;
}

std::string RawClient::read_to(std::string_view mark) {
  std::string all;
  while (all.find(mark) == std::string::npos) {
    const std::string some = read_some();
    if (some.empty()) return all;
    all += some;
  }
  const std::size_t end = all.find(mark) + mark.size();
  kept_ = all.substr(end) + kept_;
  all.resize(end);
  return all;
}

std::string RawClient::read_exactly(std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string some = read_some();
    if (some.empty()) return all;
    all += some;
  }
  kept_ = all.substr(size);
  all.resize(size);
  return all;
}

std::string RawClient::read_to_end() {
  std::string all;
  for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
  return all;
}

std::string RawClient::read_answer() {
  const std::string header = read_to("\r\n\r\n");
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = header.find(kLength);
  if (at == std::string::npos) return header;
  return header + read_exactly(std::strtoul(header.c_str() + at + kLength.size(), nullptr, 10));
}

void RawClient::finish() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
  } else {
    ::shutdown(fd_.get(), SHUT_WR);
  }
}

}  // namespace cove::http::test
