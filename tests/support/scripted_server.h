// A TCP server on loopback whose connections do exactly what a test scripted, without TLS.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/fd.h"

namespace cove::test {

// One accepted connection. Reading ends after 20 seconds, so that a test that waits in vain ends.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(Fd fd) : fd_(std::move(fd)) {
    const timeval bound{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  }

  // The header of the next request with its blank line; "" at the end.
  std::string read_header() {
    std::string text;
    while (!text.ends_with("\r\n\r\n")) {
      char byte = 0;
      if (::recv(fd_.get(), &byte, 1, 0) != 1) return {};
      text += byte;
    }
    return text;
  }
  std::string read_exactly(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t n = ::recv(fd_.get(), bytes.data() + have, size - have, 0);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    bytes.resize(have);
    return bytes;
  }
  std::string read_to_end() {
    std::string bytes;
    char space[4096];
    for (ssize_t n = 0; (n = ::recv(fd_.get(), space, sizeof space, 0)) > 0;)
      bytes.append(space, static_cast<std::size_t>(n));
    return bytes;
  }
  // False once the client is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Closes with a reset: what was sent and not yet received may be lost.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  // The n-th connection does the n-th script, later ones the last. Each has a thread.
  explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), name, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
        ::getsockname(listener_.get(), name, &size) != 0)
      throw std::runtime_error("cannot listen on loopback");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard lock(mutex_);
      for (const auto& peer : peers_) ::shutdown(peer->fd(), SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!stopping_) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      const auto number = static_cast<std::size_t>(connections_++);
      std::lock_guard lock(mutex_);
      peers_.push_back(std::make_shared<ScriptedPeer>(std::move(fd)));
      threads_.emplace_back([this, number, peer = peers_.back()] {
        scripts_[std::min(number, scripts_.size() - 1)](*peer);
        ::shutdown(peer->fd(), SHUT_RDWR);
      });
    }
  }

  std::vector<Script> scripts_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<ScriptedPeer>> peers_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace cove::test
