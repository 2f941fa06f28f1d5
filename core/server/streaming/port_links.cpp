#include "core/server/streaming/port_links.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace cove::server {
namespace {

constexpr std::size_t kMaxLinks = 256;
constexpr std::size_t kMaxWaiting = 1 << 20;
constexpr std::size_t kPiece = 32 * 1024;

}  // namespace

PortLinks::PortLinks(Connect connect)
    : connect_(std::move(connect)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void PortLinks::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(event_.get(), &one, sizeof one);
}

void PortLinks::open(Link link, std::uint16_t port) {
  {
    const std::lock_guard lock(mutex_);
    State& state = links_[link];
    state.port = port;
    state.refused = links_.size() > kMaxLinks;
  }
  wake();
}

bool PortLinks::to_pod(Link link, std::string_view bytes) {
  bool more = true;
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(link);
    if (found == links_.end() || found->second.out_ended || found->second.closed) return !full_;
    found->second.out += bytes;
    waiting_ += bytes.size();
    full_ = waiting_ >= kMaxWaiting;
    more = !full_;
  }
  wake();
  return more;
}

void PortLinks::end_to_pod(Link link) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = links_.find(link); found != links_.end()) found->second.out_ended = true;
  }
  wake();
}

void PortLinks::close(Link link) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = links_.find(link); found != links_.end()) found->second.closed = true;
  }
  wake();
}

void PortLinks::shut() {
  {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  wake();
}

void PortLinks::release(std::size_t bytes, Front& front) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ -= bytes;
    if (!full_ || waiting_ >= kMaxWaiting / 2) return;
    full_ = false;
  }
  front.resume();
}

void PortLinks::connect_new(Front& front) {
  std::vector<std::pair<Link, std::uint16_t>> fresh;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [link, state] : links_) {
      if (!state.socket && !state.closed) fresh.emplace_back(link, state.port);
    }
  }
  for (const auto& [link, port] : fresh) {
    bool refused = false;
    {
      const std::lock_guard lock(mutex_);
      refused = links_[link].refused;
    }
    Result<Fd> socket = refused ? Result<Fd>(Error{ErrorCode::kResourceExhausted, "", "",
                                                   "there are too many connections", ""})
                                : connect_(port);
    if (!socket) front.failed(link, port, socket.error().cause);
    const std::lock_guard lock(mutex_);
    State& state = links_[link];
    if (!socket) {
      state.closed = true;
    } else {
      ::fcntl(socket->get(), F_SETFL, ::fcntl(socket->get(), F_GETFL) | O_NONBLOCK);
      state.socket = std::move(*socket);
    }
  }
}

void PortLinks::drop_done() {
  std::erase_if(links_, [&](const auto& item) {
    const State& state = item.second;
    const bool done = state.closed || (state.in_ended && state.out_shut);
    if (done) waiting_ -= state.out.size();
    return done;
  });
}

bool PortLinks::read_once(Link link, int socket, Front& front) {
  std::array<char, kPiece> buffer;
  const ssize_t n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (n <= 0) return false;
  front.from_pod(link, {buffer.data(), static_cast<std::size_t>(n)});
  return true;
}

// With the lock held.
void PortLinks::write_once(State& state) {
  if (!state.out.empty()) {
    const ssize_t n =
        ::send(state.socket.get(), state.out.data(), state.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // One that reads no more gets nothing; what it sends still comes.
    const std::size_t gone = n < 0 ? state.out.size() : static_cast<std::size_t>(n);
    if (n < 0) state.out_ended = true;
    state.out.erase(0, gone);
    waiting_ -= gone;
  }
  if (state.out.empty() && state.out_ended && !std::exchange(state.out_shut, true))
    ::shutdown(state.socket.get(), SHUT_WR);
}

void PortLinks::run(Front& front, std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { shut(); });
  while (true) {
    connect_new(front);
    std::vector<pollfd> fds{{event_.get(), POLLIN, 0}};
    std::vector<Link> order;
    {
      const std::lock_guard lock(mutex_);
      drop_done();
      if (shut_) break;
      for (const auto& [link, state] : links_) {
        const bool writes = !state.out.empty() || (state.out_ended && !state.out_shut);
        if (!state.socket || (state.in_ended && !writes)) continue;
        fds.push_back({state.socket.get(),
                       static_cast<short>((state.in_ended ? 0 : POLLIN) | (writes ? POLLOUT : 0)),
                       0});
        order.push_back(link);
      }
    }
    release(0, front);
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    std::uint64_t count = 0;
    if (fds[0].revents != 0) [[maybe_unused]]
      const auto n = ::read(event_.get(), &count, sizeof count);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const pollfd& fd = fds[i + 1];
      if ((fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && (fd.events & POLLIN) != 0 &&
          !read_once(order[i], fd.fd, front)) {
        front.ended(order[i]);
        const std::lock_guard lock(mutex_);
        links_[order[i]].in_ended = true;
      }
      if ((fd.events & POLLOUT) != 0 && fd.revents != 0) {
        const std::lock_guard lock(mutex_);
        write_once(links_[order[i]]);
      }
    }
    release(0, front);
  }
  const std::lock_guard lock(mutex_);
  links_.clear();
}

}  // namespace cove::server
