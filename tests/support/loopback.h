// Sockets of tests, on loopback alone.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <utility>

#include "core/base/fd.h"

namespace cove::testing {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A bound TCP socket that does not listen yet, and its port, which the system has chosen; port 0
// when there is none.
inline std::pair<Fd, std::uint16_t> bound_to_loopback() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {Fd(), 0};
  return {std::move(socket), ntohs(address.sin_port)};
}

// Nobody's at this moment.
inline std::uint16_t free_port() {
  return bound_to_loopback().second;
}

}  // namespace cove::testing
