// A proxy of a test's own: passes what clients CONNECT to on to one port of loopback, whatever name
// they ask for, so that a local server can have any name.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/scripted_server.h"

namespace cove::test {

class ConnectProxy {
 public:
  explicit ConnectProxy(std::uint16_t target)
      : target_(target), server_({[this](ScriptedPeer& peer) { serve(peer); }}) {}

  std::uint16_t port() const { return server_.port(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  // The headers that it was asked with.
  std::vector<std::string> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  static void pass(int from, ScriptedPeer& to) {
    char space[16384];
    for (ssize_t n = 0; (n = ::recv(from, space, sizeof space, 0)) > 0;) {
      if (!to.send({space, static_cast<std::size_t>(n)})) break;
    }
    ::shutdown(to.fd(), SHUT_WR);
  }

  void serve(ScriptedPeer& peer) {
    const std::string header = peer.read_header();
    {
      std::lock_guard lock(mutex_);
      seen_.push_back(header);
    }
    if (!header.starts_with("CONNECT ")) {
      peer.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    Fd onward(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(target_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(onward.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    ScriptedPeer other(std::move(onward));
    if (!peer.send("HTTP/1.1 200 Connection established\r\n\r\n")) return;
    std::thread back([&] { pass(other.fd(), peer); });
    pass(peer.fd(), other);
    back.join();
  }

  std::uint16_t target_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  ScriptedServer server_;
};

}  // namespace cove::test
