// A TLS server on loopback that answers every request with the same bytes, or not at all.
#pragma once

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/base/fd.h"
#include "core/pki/pki.h"
#include "tests/support/loopback.h"
#include "tests/support/tls_identity.h"

namespace cove::ui::test {

class TlsServer {
 public:
  // Empty `answer`: it takes connections and stays silent, even in the handshake.
  TlsServer(const pki::KeyPair& identity, std::string answer)
      : answer_(std::move(answer)), context_(SSL_CTX_new(TLS_server_method())) {
    cove::testing::use_identity(context_, identity.certificate_pem, identity.key_pem.reveal());
    std::tie(listener_, port_) = cove::testing::bound_to_loopback();
    ::listen(listener_.get(), 64);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~TlsServer() {
    ending_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& each : peers_) each.join();
    SSL_CTX_free(context_);
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept() {
    while (true) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++connections_;
      peers_.emplace_back([this, fd = std::move(fd)] { serve(fd.get()); });
    }
  }
  // Readable, or the end of the server.
  bool wait(int fd) const {
    while (!ending_) {
      pollfd readable{fd, POLLIN, 0};
      if (::poll(&readable, 1, 20) > 0) return true;
    }
    return false;
  }
  void serve(int fd) {
    if (answer_.empty()) {
      while (!ending_) {
        char byte = 0;
        if (wait(fd) && ::recv(fd, &byte, 1, 0) <= 0) return;
      }
      return;
    }
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      std::string text;
      char buffer[4096];
      while (SSL_pending(ssl) > 0 || wait(fd)) {
        const int n = SSL_read(ssl, buffer, sizeof buffer);
        if (n <= 0) break;
        text.append(buffer, static_cast<std::size_t>(n));
        if (text.find("\r\n\r\n") == std::string::npos) continue;
        text.clear();
        if (SSL_write(ssl, answer_.data(), static_cast<int>(answer_.size())) <= 0) break;
      }
    }
    SSL_free(ssl);
  }

  const std::string answer_;
  SSL_CTX* context_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  std::vector<std::thread> peers_;  // of the acceptor until it has ended
  std::thread acceptor_;
};

}  // namespace cove::ui::test
