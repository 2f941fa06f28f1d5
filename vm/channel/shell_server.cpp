#include "vm/channel/shell_server.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>

#include "vm/channel/line.h"
#include "vm/channel/message.h"

namespace cove::channel {
namespace {

using Clock = std::chrono::steady_clock;
// A terminal delivers its last bytes a little after the command has ended.
constexpr std::chrono::milliseconds kTerminalGrace{200};

// One of the command's outputs.
struct Source {
  Stream stream;
  std::uint32_t credit = kWindow;
  bool open = true;
  bool would_block = false;  // nothing to read at the last look
  bool hung_up = false;      // a terminal nobody has open now, though the command lives
};

class Session {
 public:
  Session(std::uint64_t id, std::unique_ptr<RunningCommand> command, bool tty, FrameLine& line)
      : id_(id), command_(std::move(command)), tty_(tty), line_(line) {
    sources_[1].open = !tty;
  }

  std::uint64_t id() const { return id_; }
  RunningCommand& command() { return *command_; }

  // What to poll: input, output, error, end; -1 for what has nothing to do now.
  std::array<pollfd, 4> polls() {
    const auto source = [&](const Source& s, Fd& fd) {
      return pollfd{s.open && s.credit > 0 && !s.hung_up ? fd.get() : -1, POLLIN, 0};
    };
    return {pollfd{input_.empty() ? -1 : input_fd().get(), POLLOUT, 0},
            source(sources_[0], command_->output()), source(sources_[1], command_->error()),
            pollfd{ended_ ? -1 : command_->ended_fd(), POLLIN, 0}};
  }

  void act(const std::array<pollfd, 4>& ready) {
    if (ready[0].revents != 0) write_input();
    for (std::size_t i = 0; i < 2; ++i) sources_[i].would_block = false;
    if (ready[3].revents != 0 && !ended_) {
      ended_ = true;
      deadline_ = Clock::now() + kTerminalGrace;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (ended_ || ready[i + 1].revents != 0) read_source(sources_[i]);
    }
  }

  // The exit code once the command has ended and everything it wrote before is sent.
  std::optional<int> finished() {
    if (!ended_) return std::nullopt;
    for (const Source& source : sources_) {
      if (!source.open) continue;
      if (!source.would_block) return std::nullopt;
      if (tty_ && Clock::now() < deadline_) return std::nullopt;
    }
    return command_->exit_code();
  }
  bool ended() const { return ended_; }

  void receive(const Frame& frame) {
    const std::string& payload = frame.payload;
    if (frame.type == FrameType::kShellResize && payload.size() == 4) {
      if (tty_) command_->resize(get_u16(payload, 0), get_u16(payload, 2));
      return;
    }
    if (payload.empty()) return;
    const auto stream = static_cast<Stream>(payload[0]);
    if (frame.type == FrameType::kShellData && stream == Stream::kInput) {
      // A host that sends beyond its credit is not ours; what does not fit is dropped.
      if (input_.size() + payload.size() - 1 <= 2 * kWindow) input_.append(payload, 1);
      write_input();
    } else if (frame.type == FrameType::kShellEnd && stream == Stream::kInput) {
      input_ended_ = true;
      if (tty_) input_ += '\x04';
      write_input();
    } else if (frame.type == FrameType::kShellCredit && payload.size() == 5) {
      if (Source* source = find(stream)) {
        source->credit = std::min<std::uint32_t>(kWindow, source->credit + get_u32(payload, 1));
      }
    } else if (frame.type == FrameType::kShellUnwanted) {
      if (tty_) return command_->kill();  // a terminal without a reader would block it for ever
      if (Source* source = find(stream)) close_source(*source);
    }
  }

 private:
  Fd& input_fd() { return tty_ ? command_->output() : command_->input(); }
  Source* find(Stream stream) {
    for (Source& source : sources_) {
      if (source.stream == stream && source.open) return &source;
    }
    return nullptr;
  }

  void write_input() {
    if (!input_fd()) {
      consumed(input_.size());
      input_.clear();
      return;
    }
    std::size_t done = 0;
    while (done < input_.size()) {
      const ssize_t n = ::write(input_fd().get(), input_.data() + done, input_.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) break;
      if (n <= 0) {
        // The command reads no more: swallow what comes, as a closed pipe would.
        if (!tty_) command_->input().reset();
        done = input_.size();
        break;
      }
      done += static_cast<std::size_t>(n);
    }
    input_.erase(0, done);
    consumed(done);
    if (input_.empty() && input_ended_ && !tty_) command_->input().reset();
  }

  void consumed(std::size_t bytes) {
    unreported_ += static_cast<std::uint32_t>(bytes);
    if (unreported_ < kWindow / 4) return;
    std::string payload(1, static_cast<char>(Stream::kInput));
    put_u32(payload, std::exchange(unreported_, 0));
    line_.send(FrameType::kShellCredit, id_, payload);
  }

  void read_source(Source& source) {
    Fd& fd = source.stream == Stream::kOutput ? command_->output() : command_->error();
    std::array<char, kChunk> buffer;
    // A few chunks at a time, so that a flood from the command does not keep the line from being
    // read.
    for (int turn = 0; source.open && source.credit > 0 && turn < 8; ++turn) {
      const ssize_t n =
          ::read(fd.get(), buffer.data(), std::min<std::size_t>(buffer.size(), source.credit));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        source.would_block = true;
        return;
      }
      if (n <= 0) {  // a terminal says EIO when its last user has gone
        if (tty_ && !ended_) {
          source.hung_up = true;
          return;
        }
        close_source(source);
        return;
      }
      source.credit -= static_cast<std::uint32_t>(n);
      std::string payload(1, static_cast<char>(source.stream));
      payload.append(buffer.data(), static_cast<std::size_t>(n));
      line_.send(FrameType::kShellData, id_, payload);
    }
  }

  void close_source(Source& source) {
    source.open = false;
    if (tty_) return;  // the terminal also takes the input
    (source.stream == Stream::kOutput ? command_->output() : command_->error()).reset();
  }

  std::uint64_t id_;
  std::unique_ptr<RunningCommand> command_;
  bool tty_;
  FrameLine& line_;
  std::array<Source, 2> sources_{Source{Stream::kOutput}, Source{Stream::kError}};
  std::string input_;  // received, not yet written: at most the window
  bool input_ended_ = false;
  std::uint32_t unreported_ = 0;
  bool ended_ = false;
  Clock::time_point deadline_{};
};

class ShellServer {
 public:
  ShellServer(FrameLine line, CommandHost& host) : line_(std::move(line)), host_(host) {}

  void run(const std::stop_token& stop) {
    const StopEvent stop_event(stop);
    while (!stop.stop_requested()) {
      std::array<pollfd, 6> fds{};
      fds[0] = {line_.ready_fd(), POLLIN, 0};
      fds[1] = {stop_event.fd(), POLLIN, 0};
      std::array<pollfd, 4> none{pollfd{-1, 0, 0}, pollfd{-1, 0, 0}, pollfd{-1, 0, 0},
                                 pollfd{-1, 0, 0}};
      const auto session_fds = session_ ? session_->polls() : none;
      std::copy(session_fds.begin(), session_fds.end(), fds.begin() + 2);
      ::poll(fds.data(), fds.size(), session_ && session_->ended() ? 20 : -1);
      if (session_) {
        std::array<pollfd, 4> ready{};
        std::copy(fds.begin() + 2, fds.end(), ready.begin());
        session_->act(ready);
      }
      if (!line_.pump([this](const Frame& frame) { receive(frame); })) end_session();
      finish_session();
      line_.flush();
    }
    end_session();
  }

 private:
  void finish_session() {
    if (!session_) return;
    const auto code = session_->finished();
    if (!code) return;
    std::string payload;
    put_u32(payload, static_cast<std::uint32_t>(*code));
    line_.send(FrameType::kShellExit, session_->id(), payload);
    session_.reset();
  }

  void end_session() {
    if (!session_) return;
    session_->command().kill();
    session_.reset();
  }

  void receive(const Frame& frame) {
    if (frame.type == FrameType::kShellOpen) return open(frame);
    if (!session_ || frame.session != session_->id()) return;
    if (frame.type == FrameType::kShellBye) return end_session();
    session_->receive(frame);
  }

  void open(const Frame& frame) {
    end_session();
    auto request = parse_shell_request(frame.payload);
    if (request.has_error()) {
      line_.send(FrameType::kShellRefused, frame.session, to_json(request.error()));
      return;
    }
    auto command = host_.start(*request);
    if (command.has_error()) {
      line_.send(FrameType::kShellRefused, frame.session, to_json(command.error()));
      return;
    }
    session_.emplace(frame.session, std::move(*command), request->tty, line_);
    line_.send(FrameType::kShellOpened, frame.session, {});
  }

  FrameLine line_;
  CommandHost& host_;
  std::optional<Session> session_;
};

}  // namespace

Result<void> serve_shell(Fd port, CommandHost& host, std::stop_token stop) {
  COVE_TRY(FrameLine line, FrameLine::open(std::move(port)));
  ShellServer(std::move(line), host).run(stop);
  return {};
}

}  // namespace cove::channel
