#include "tests/bench/api/crowd.h"

#include <sys/epoll.h>

#include <array>
#include <stdexcept>

namespace cove::bench {

Crowd::Crowd(std::size_t size, std::uint16_t port, const client::TlsIdentity& identity)
    : members_(size), ready_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < size; ++i) {
    auto& connection = members_[i].connection;
    connection = std::make_unique<testing::TlsClient>(port, &identity);
    if (!connection->handshake()) throw std::runtime_error("a watcher cannot connect");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, connection->fd(), &event);
  }
}

void Crowd::send(const std::string& request) {
  for (Member& member : members_) {
    if (!member.connection->send(request)) throw std::runtime_error("a connection was cut");
  }
}

void Crowd::receive(const std::string& text) {
  for (Member& member : members_) {
    member.received.clear();
    member.done = false;
  }
  std::size_t missing = members_.size();
  std::array<epoll_event, 64> events;
  while (missing > 0) {
    const int count = ::epoll_wait(ready_.get(), events.data(), events.size(), 30'000);
    if (count <= 0) throw std::runtime_error("somebody was not told");
    for (int i = 0; i < count; ++i) {
      Member& member = members_[events[static_cast<std::size_t>(i)].data.u64];
      do {
        const std::string some = member.connection->receive_some();
        if (some.empty()) throw std::runtime_error("a connection was cut");
        member.received += some;
      } while (member.connection->holds_input());
      if (!member.done && member.received.find(text) != std::string::npos) {
        member.done = true;
        --missing;
      }
    }
  }
}

}  // namespace cove::bench
