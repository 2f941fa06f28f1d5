#include "vm/channel/line.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/strings.h"

namespace cove::channel {
namespace {

constexpr std::size_t kReadsPerPump = 32;
constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

}  // namespace

Result<FrameLine> FrameLine::open(Fd fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return errno_error(errno, "use", "the channel to the virtual machine");
  }
  Fd events(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = kEvents;
  if (!events || ::epoll_ctl(events.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
    return errno_error(errno, "watch", "the channel to the virtual machine");
  }
  struct stat info {};
  const bool socket = ::fstat(fd.get(), &info) == 0 && S_ISSOCK(info.st_mode);
  return FrameLine(std::move(fd), std::move(events), socket);
}

void FrameLine::send(FrameType type, std::uint64_t session, std::string_view payload) {
  if (written_ > 0 && written_ == out_.size()) {
    out_.clear();
    written_ = 0;
  }
  out_ += encode_frame(type, session, payload);
}

void FrameLine::away() {
  out_ = std::string();
  written_ = 0;
  decoder_.reset();
}

bool FrameLine::flush() {
  while (pending() > 0) {
    const char* data = out_.data() + written_;
    const ssize_t n = socket_ ? ::send(fd_.get(), data, pending(), MSG_NOSIGNAL)
                              : ::write(fd_.get(), data, pending());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {
      away();
      return false;
    }
    written_ += static_cast<std::size_t>(n);
  }
  if (written_ > (1U << 18)) {
    out_.erase(0, written_);
    written_ = 0;
  }
  return true;
}

bool FrameLine::pump(const std::function<void(Frame)>& receive) {
  epoll_event event{};
  ::epoll_wait(events_.get(), &event, 1, 0);
  std::array<char, 32768> buffer;
  std::size_t reads = 0;
  while (true) {
    if (reads++ == kReadsPerPump) {
      event.events = kEvents;
      ::epoll_ctl(events_.get(), EPOLL_CTL_MOD, fd_.get(),
                  &event);  // reports again what is still there
      break;
    }
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {
      away();
      return false;
    }
    decoder_.push(std::string_view(buffer.data(), static_cast<std::size_t>(n)), receive);
  }
  return flush();
}

std::optional<Path> find_port(std::string_view name) {
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/class/virtio-ports", ignored)) {
    const auto text = read_file(entry.path() / "name", 256);
    if (text.has_value() && trim(*text) == name) return Path("/dev") / entry.path().filename();
  }
  return std::nullopt;
}

StopEvent::StopEvent(std::stop_token stop)
    : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      callback_(std::move(stop), Signal{event_.get()}) {}

void StopEvent::Signal::operator()() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd, &one, sizeof one);
}

}  // namespace cove::channel
