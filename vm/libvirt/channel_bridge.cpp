#include "vm/libvirt/channel_bridge.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>

#include "vm/libvirt/errors.h"

namespace cove::vm::libvirt {
namespace {

constexpr std::size_t kBuffer = 64 << 10;

// Bytes on their way in one direction.
struct Buffer {
  std::array<char, kBuffer> bytes;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
  void clear() { begin = end = 0; }
};

}  // namespace

class ChannelBridge::Pump : public std::enable_shared_from_this<ChannelBridge::Pump> {
 public:
  Pump(Connect connection, Stream stream, Fd socket)
      : connection_(std::move(connection)),
        stream_(std::move(stream)),
        socket_(std::move(socket)) {}

  Result<void> start() {
    std::lock_guard lock(mutex_);
    // The loop holds this object for the socket's sake and lets go on its own thread between two
    // events, so the stream's callback needs no hold of its own (libvirt would never release it).
    auto* hold = new std::shared_ptr<Pump>(shared_from_this());
    watch_ =
        virEventAddHandle(socket_.get(), VIR_EVENT_HANDLE_READABLE, &on_socket, hold, &release);
    if (watch_ < 0) {
      release(hold);
      return last_error("open a channel", "");
    }
    if (virStreamEventAddCallback(stream_.get(), VIR_STREAM_EVENT_READABLE, &on_stream, this,
                                  nullptr) != 0) {
      Error error = last_error("open a channel", "");
      finish();
      return error;
    }
    stream_registered_ = true;
    return {};
  }

  void close() {
    std::lock_guard lock(mutex_);
    finish();
  }

  bool finished() {
    std::lock_guard lock(mutex_);
    return finished_;
  }

 private:
  static void release(void* opaque) { delete static_cast<std::shared_ptr<Pump>*>(opaque); }

  static void on_stream(virStreamPtr, int events, void* opaque) {
    auto* self = static_cast<Pump*>(opaque);
    std::lock_guard lock(self->mutex_);
    self->pump(events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP));
  }

  static void on_socket(int, int, int events, void* opaque) {
    const std::shared_ptr<Pump> self = *static_cast<std::shared_ptr<Pump>*>(opaque);
    std::lock_guard lock(self->mutex_);
    self->pump(events & VIR_EVENT_HANDLE_ERROR);
  }

  void pump(bool broken) {
    if (finished_) return;
    if (!to_socket() || !to_stream() || broken) {
      finish();
      return;
    }
    // Readable is asked for where there is room, writable where bytes wait.
    virStreamEventUpdateCallback(stream_.get(),
                                 (from_guest_.empty() ? VIR_STREAM_EVENT_READABLE : 0) |
                                     (from_host_.empty() ? 0 : VIR_STREAM_EVENT_WRITABLE));
    virEventUpdateHandle(watch_, (from_host_.empty() ? VIR_EVENT_HANDLE_READABLE : 0) |
                                     (from_guest_.empty() ? 0 : VIR_EVENT_HANDLE_WRITABLE));
  }

  // Guest to host until one of them has nothing more to give or take; false at the end of either.
  bool to_socket() {
    while (true) {
      if (from_guest_.empty()) {
        const int got = virStreamRecv(stream_.get(), from_guest_.bytes.data(), kBuffer);
        if (got == -2) return true;
        if (got <= 0) return false;
        from_guest_.begin = 0;
        from_guest_.end = static_cast<std::size_t>(got);
      }
      const ssize_t sent = ::send(socket_.get(), from_guest_.bytes.data() + from_guest_.begin,
                                  from_guest_.end - from_guest_.begin, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      from_guest_.begin += static_cast<std::size_t>(sent);
      if (from_guest_.empty()) from_guest_.clear();
    }
  }

  bool to_stream() {
    while (true) {
      if (from_host_.empty()) {
        const ssize_t got = ::recv(socket_.get(), from_host_.bytes.data(), kBuffer, MSG_DONTWAIT);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        if (got == 0) return false;
        from_host_.begin = 0;
        from_host_.end = static_cast<std::size_t>(got);
      }
      const int sent = virStreamSend(stream_.get(), from_host_.bytes.data() + from_host_.begin,
                                     from_host_.end - from_host_.begin);
      if (sent == -2) return true;
      if (sent < 0) return false;
      from_host_.begin += static_cast<std::size_t>(sent);
      if (from_host_.empty()) from_host_.clear();
    }
  }

  void finish() {
    if (std::exchange(finished_, true)) return;
    if (stream_registered_) virStreamEventRemoveCallback(stream_.get());
    if (watch_ >= 0) virEventRemoveHandle(watch_);
    virStreamAbort(stream_.get());
    ::shutdown(socket_.get(), SHUT_RDWR);
    // The descriptor itself stays open until libvirt has let go of this object: its loop may still
    // be polling it.
  }

  std::mutex mutex_;
  const Connect connection_;
  const Stream stream_;
  const Fd socket_;
  int watch_ = -1;
  bool stream_registered_ = false;
  bool finished_ = false;
  Buffer from_guest_;
  Buffer from_host_;
};

ChannelBridge::ChannelBridge(std::shared_ptr<Pump> pump) : pump_(std::move(pump)) {}

ChannelBridge::~ChannelBridge() {
  pump_->close();
}

void ChannelBridge::close() {
  pump_->close();
}

bool ChannelBridge::closed() const {
  return pump_->finished();
}

Result<ChannelBridge::Opened> ChannelBridge::open(Connect connection, Stream stream) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error(errno, "open a channel", "");
  }
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  auto pump = std::make_shared<Pump>(std::move(connection), std::move(stream), std::move(ours));
  std::shared_ptr<ChannelBridge> bridge(new ChannelBridge(pump));
  COVE_CHECK(pump->start());
  return Opened{std::move(theirs), std::move(bridge)};
}

}  // namespace cove::vm::libvirt
