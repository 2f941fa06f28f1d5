#include "core/runtime/attach_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace cove::runtime {
namespace {

// conmon reads a packet into a buffer and loses what does not fit.
constexpr std::size_t kPacket = 8192;
constexpr std::size_t kMostPacket = 64 * 1024;
constexpr char kOut = 2;
constexpr char kError = 3;

Error gone() {
  return Error{ErrorCode::kUnavailable, "write to", "the process", "it reads no more", {}};
}

Result<Fd> connect_to(const Path& bundle) {
  // By way of the descriptor, because a socket's path has at most 107 bytes.
  Fd folder(::open(bundle.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!folder || !fd) return errno_error(errno, "attach to", bundle.string());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/attach", folder.get());
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error(errno, "attach to", bundle.string());
  return fd;
}

}  // namespace

Wake::Wake() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Wake::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(event_.get(), &one, sizeof one);
}

Result<void> write_waiting(int fd, std::string_view input, const Wake& wake, std::size_t packet) {
  while (!input.empty()) {
    const ssize_t n = packet > 0 ? ::send(fd, input.data(), std::min(packet, input.size()),
                                          MSG_NOSIGNAL | MSG_DONTWAIT)
                                 : ::write(fd, input.data(), input.size());
    if (n > 0) {
      input.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return gone();
    std::array<pollfd, 2> fds{pollfd{fd, POLLOUT, 0}, pollfd{wake.descriptor(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return gone();
  }
  return {};
}

struct AttachStream::Shared {
  Handlers handlers;
  Wake wake;
  std::mutex mutex;
  std::condition_variable changed;
  Fd socket;
  bool connected = false, over = false, input_closed = false;
};

AttachStream::AttachStream(Handlers handlers, bool input)
    : shared_(std::make_shared<Shared>()), input_(input) {
  shared_->handlers = std::move(handlers);
  reader_ = std::thread([shared = shared_] { read(shared); });
}

AttachStream::~AttachStream() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->over = true;
  }
  shared_->changed.notify_all();
  shared_->wake.wake();
  if (reader_.get_id() == std::this_thread::get_id()) {
    reader_.detach();
  } else {
    reader_.join();
  }
}

Result<void> AttachStream::connect(const Path& bundle) {
  COVE_TRY(Fd socket, connect_to(bundle));
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->over || shared_->connected) return {};
    if (shared_->input_closed) ::shutdown(socket.get(), SHUT_WR);
    shared_->socket = std::move(socket);
    shared_->connected = true;
  }
  shared_->changed.notify_all();
  return {};
}

void AttachStream::give_up() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->connected) return;  // conmon's end says it
    shared_->over = true;
  }
  shared_->changed.notify_all();
}

Result<void> AttachStream::write(std::string_view input) {
  {
    std::unique_lock lock(shared_->mutex);
    if (!input_ || shared_->input_closed) return gone();
    shared_->changed.wait(lock, [&] { return shared_->connected || shared_->over; });
    if (shared_->over) return gone();
  }
  return write_waiting(shared_->socket.get(), input, shared_->wake, kPacket);
}

void AttachStream::close_input() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->input_closed) return;
  shared_->input_closed = true;
  if (shared_->connected) ::shutdown(shared_->socket.get(), SHUT_WR);
}

void AttachStream::read(const std::shared_ptr<Shared>& shared) {
  {
    std::unique_lock lock(shared->mutex);
    shared->changed.wait(lock, [&] { return shared->connected || shared->over; });
  }
  std::vector<char> buffer(shared->connected ? kMostPacket : 0);
  const auto over = [&] {
    const std::lock_guard lock(shared->mutex);
    return shared->over;
  };
  while (shared->connected) {
    std::array<pollfd, 2> fds{pollfd{shared->socket.get(), POLLIN, 0},
                              pollfd{shared->wake.descriptor(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    if (over()) return;  // let go by its owner, who wants no calls any more
    const ssize_t n = ::recv(shared->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) break;
    if (n > 1 && (buffer[0] == kOut || buffer[0] == kError) && shared->handlers.output) {
      shared->handlers.output(buffer[0] == kOut ? Channel::kOut : Channel::kError,
                              std::string_view(buffer.data() + 1, static_cast<std::size_t>(n - 1)));
    }
  }
  {
    const std::lock_guard lock(shared->mutex);
    shared->over = true;
  }
  shared->wake.wake();  // writers wait in vain
  if (shared->handlers.closed) shared->handlers.closed();
}

}  // namespace cove::runtime
