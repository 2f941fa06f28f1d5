// FrameLine: frames over one non-blocking descriptor, either end.
//
// Works on a unix socket (the host's end, and tests) and on a virtio-serial port inside the guest,
// where a read of zero bytes means that nobody has the host side open now and somebody may later.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/channel/frame.h"

namespace cove::channel {

// Not thread-safe.
class FrameLine {
 public:
  // Takes the descriptor and makes it non-blocking.
  static Result<FrameLine> open(Fd fd);

  // Poll it for reading; then call pump(). Edge-triggered inside: it does not become ready again
  // for what pump() has seen, so a port whose host side is closed costs no time.
  int ready_fd() const { return events_.get(); }

  // Queues a frame; pump() or flush() writes it. The caller keeps pending() bounded by not
  // producing past its own limit.
  void send(FrameType type, std::uint64_t session, std::string_view payload);
  std::size_t pending() const { return out_.size() - written_; }

  // Reads what is there (at most about a megabyte, and then stays ready), hands whole frames on,
  // writes what it can. False when the other side is away: what was queued for it is dropped.
  bool pump(const std::function<void(Frame)>& receive);
  // Writes what it can. False when the other side is away.
  bool flush();

  std::size_t dropped_frames() const { return decoder_.dropped(); }

 private:
  FrameLine(Fd fd, Fd events, bool socket)
      : fd_(std::move(fd)), events_(std::move(events)), socket_(socket) {}
  void away();

  Fd fd_;
  Fd events_;
  bool socket_ = false;
  std::string out_;
  std::size_t written_ = 0;
  FrameDecoder decoder_;
};

// In a guest: the device of the virtio-serial port of that name (there is no udev to link it).
std::optional<Path> find_port(std::string_view name);

// Becomes readable when `stop` is requested.
class StopEvent {
 public:
  explicit StopEvent(std::stop_token stop);
  int fd() const { return event_.get(); }

 private:
  struct Signal {
    int fd;
    void operator()() const;
  };
  Fd event_;
  std::stop_callback<Signal> callback_;
};

}  // namespace cove::channel
