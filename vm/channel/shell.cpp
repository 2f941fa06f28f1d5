#include "vm/channel/shell.h"

#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>

#include "vm/channel/line.h"
#include "vm/channel/message.h"
#include "vm/channel/shell_server.h"

namespace cove::channel {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kOpenTimeout{30};
// A poll for writing promises room for this much, so a blocking descriptor of the caller never
// blocks us.
constexpr std::size_t kWriteAtOnce = 4096;

Error failure(ErrorCode code, std::string cause, std::string remedy = {}) {
  return Error{code, "run", "the command in the virtual machine", std::move(cause),
               std::move(remedy)};
}

// Output that came and is not yet written: at most a window.
struct Sink {
  Stream stream;
  int fd;
  std::string queue;
  std::size_t written = 0;
  std::uint32_t unreported = 0;
  bool open = true;

  bool empty() const { return written == queue.size(); }
};

class HostSession {
 public:
  HostSession(FrameLine line, std::uint64_t id, const ShellStreams& streams)
      : line_(std::move(line)),
        id_(id),
        streams_(streams),
        sinks_{Sink{Stream::kOutput, streams.output, {}}, Sink{Stream::kError, streams.error, {}}} {
  }

  Result<int> run(const ShellRequest& request, const std::stop_token& stop) {
    const StopEvent stop_event(stop);
    line_.send(FrameType::kShellOpen, id_, to_json(request));
    line_.flush();
    const auto open_deadline = Clock::now() + kOpenTimeout;
    while (true) {
      std::array<pollfd, 6> fds{pollfd{line_.ready_fd(), POLLIN, 0},
                                pollfd{stop_event.fd(), POLLIN, 0},
                                pollfd{wants_input() ? streams_.input : -1, POLLIN, 0},
                                pollfd{sinks_[0].empty() ? -1 : sinks_[0].fd, POLLOUT, 0},
                                pollfd{sinks_[1].empty() ? -1 : sinks_[1].fd, POLLOUT, 0},
                                pollfd{resizable_ ? streams_.resized : -1, POLLIN, 0}};
      if (::poll(fds.data(), fds.size(), opened_ || cut_ ? -1 : 1000) < 0 && errno != EINTR) {
        return errno_error(errno, "run", "the command in the virtual machine");
      }
      if (stop.stop_requested()) return cancel();
      if (fds[2].revents != 0) read_input();
      for (std::size_t i = 0; i < 2; ++i) {
        if (fds[i + 3].revents != 0) write_output(sinks_[i]);
      }
      if (fds[5].revents != 0) resize();
      if (!cut_ && !line_.pump([this](const Frame& frame) { receive(frame); })) cut_ = true;
      if (refused_) return *refused_;
      if (exit_code_ && sinks_[0].empty() && sinks_[1].empty()) return *exit_code_;
      if (cut_ && !exit_code_) {
        return failure(ErrorCode::kUnavailable, "the line to it was cut",
                       "See the console log for why it ended.");
      }
      if (!opened_ && Clock::now() >= open_deadline) {
        return failure(ErrorCode::kTimeout, "the virtual machine did not answer within 30 s",
                       "See its console log.");
      }
    }
  }

 private:
  Error cancel() {
    line_.send(FrameType::kShellBye, id_, {});
    line_.flush();
    return failure(ErrorCode::kCancelled, "it was cancelled");
  }

  bool wants_input() const {
    return opened_ && !exit_code_ && !input_ended_ && credit_ > 0 && line_.pending() < kWindow;
  }

  void read_input() {
    std::array<char, kChunk> buffer;
    const ssize_t n =
        ::read(streams_.input, buffer.data(), std::min<std::size_t>(buffer.size(), credit_));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    std::string payload(1, static_cast<char>(Stream::kInput));
    if (n <= 0) {
      input_ended_ = true;
      line_.send(FrameType::kShellEnd, id_, payload);
      return;
    }
    credit_ -= static_cast<std::uint32_t>(n);
    payload.append(buffer.data(), static_cast<std::size_t>(n));
    line_.send(FrameType::kShellData, id_, payload);
  }

  void write_output(Sink& sink) {
    const std::size_t left = sink.queue.size() - sink.written;
    const ssize_t n =
        ::write(sink.fd, sink.queue.data() + sink.written, std::min(left, kWriteAtOnce));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    std::string payload(1, static_cast<char>(sink.stream));
    if (n <= 0) {
      // Nobody reads it here: the command gets what a closed pipe gives.
      sink.open = false;
      sink.queue.clear();
      sink.written = 0;
      line_.send(FrameType::kShellUnwanted, id_, payload);
      return;
    }
    sink.written += static_cast<std::size_t>(n);
    if (sink.empty() || sink.written >= kWindow / 4) {
      sink.queue.erase(0, sink.written);
      sink.written = 0;
    }
    consumed(sink, static_cast<std::size_t>(n));
  }

  void consumed(Sink& sink, std::size_t bytes) {
    sink.unreported += static_cast<std::uint32_t>(bytes);
    if (sink.unreported < kWindow / 4) return;
    std::string payload(1, static_cast<char>(sink.stream));
    put_u32(payload, std::exchange(sink.unreported, 0));
    line_.send(FrameType::kShellCredit, id_, payload);
  }

  void resize() {
    std::array<char, 64> drain;
    if (::read(streams_.resized, drain.data(), drain.size()) == 0) resizable_ = false;
    if (!streams_.window_size) return;
    const auto [rows, columns] = streams_.window_size();
    std::string payload;
    put_u16(payload, rows);
    put_u16(payload, columns);
    line_.send(FrameType::kShellResize, id_, payload);
  }

  void receive(const Frame& frame) {
    if (frame.session != id_ || exit_code_) return;
    const std::string& payload = frame.payload;
    switch (frame.type) {
      case FrameType::kShellOpened: opened_ = true; return;
      case FrameType::kShellRefused: refused_ = parse_error(payload); return;
      case FrameType::kShellExit:
        if (payload.size() == 4) exit_code_ = static_cast<int>(get_u32(payload, 0));
        return;
      case FrameType::kShellCredit:
        if (payload.size() == 5) credit_ = std::min(kWindow, credit_ + get_u32(payload, 1));
        return;
      case FrameType::kShellData: return receive_data(payload);
      default: return;
    }
  }

  void receive_data(const std::string& payload) {
    for (Sink& sink : sinks_) {
      if (payload.empty() || static_cast<Stream>(payload[0]) != sink.stream || !sink.open) continue;
      // A guest that sends beyond its credit is not ours; what does not fit is dropped.
      if (sink.queue.size() - sink.written + payload.size() > 2 * kWindow) return;
      if (sink.fd < 0) return consumed(sink, payload.size() - 1);
      sink.queue.append(payload, 1);
    }
  }

  FrameLine line_;
  std::uint64_t id_;
  const ShellStreams& streams_;
  std::array<Sink, 2> sinks_;
  std::uint32_t credit_ = kWindow;
  bool opened_ = false;
  bool input_ended_ = false;
  bool resizable_ = true;
  bool cut_ = false;
  std::optional<Error> refused_;
  std::optional<int> exit_code_;
};

}  // namespace

Result<int> run_shell(Fd channel, const ShellRequest& request, const ShellStreams& streams,
                      std::stop_token stop) {
  COVE_TRY(FrameLine line, FrameLine::open(std::move(channel)));
  std::uint64_t id = 0;
  if (::getrandom(&id, sizeof id, 0) != sizeof id) return errno_error(errno, "run", "the command");
  return HostSession(std::move(line), id, streams).run(request, stop);
}

}  // namespace cove::channel
