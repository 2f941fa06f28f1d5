#include "core/runtime/exec_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cove::runtime {
namespace {

constexpr std::size_t kBuffer = 32 * 1024;
constexpr int kMostReads = 64;  // of what a pipe can hold when its process has ended

}  // namespace

ExecProcess::ExecProcess(Pieces pieces)
    : pieces_(std::move(pieces)),
      process_(open_pidfd(pieces_.pid)),
      input_(std::move(pieces_.input)) {}

void ExecProcess::run(const std::shared_ptr<ExecProcess>& process) {
  std::thread([process] { process->pump(); }).detach();
}

std::optional<int> ExecProcess::exit_code() const {
  const std::lock_guard lock(mutex_);
  return exit_code_;
}

Result<void> ExecProcess::write(std::string_view input) {
  Fd fd;
  {
    const std::lock_guard lock(mutex_);
    if (input_) fd = Fd(::dup(input_.get()));
  }
  if (!fd)
    return Error{ErrorCode::kUnavailable, "write to", "the process", "its input is closed", {}};
  return write_waiting(fd.get(), input, stop_, 0);
}

void ExecProcess::close_input() {
  const std::lock_guard lock(mutex_);
  if (!pieces_.terminal) input_.reset();
}

Result<void> ExecProcess::resize(unsigned rows, unsigned columns) {
  if (!pieces_.terminal) return {};
  struct winsize size {};
  size.ws_row = static_cast<unsigned short>(std::min(rows, 0xffffU));
  size.ws_col = static_cast<unsigned short>(std::min(columns, 0xffffU));
  if (::ioctl(pieces_.output.get(), TIOCSWINSZ, &size) != 0)
    return errno_error(errno, "resize the terminal of", fmt::format("process {}", pieces_.pid));
  return {};
}

void ExecProcess::signal(int number) {
  ::syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0);
}

void ExecProcess::let_go() {
  if (std::this_thread::get_id() == thread_) {
    pieces_.handlers = {};
    pieces_.ended = nullptr;
    return;
  }
  const std::lock_guard lock(calling_);
  pieces_.handlers = {};
  pieces_.ended = nullptr;
}

void ExecProcess::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  stop_.wake();
  let_go();
}

void ExecProcess::call_output(Streams::Channel channel, std::string_view text) {
  const std::lock_guard lock(calling_);
  const bool wanted =
      channel == Streams::Channel::kOut ? pieces_.output_wanted : pieces_.error_wanted;
  // A copy, because the handler may let go of the process and so of itself.
  const auto handler = pieces_.handlers.output;
  if (wanted && handler) handler(channel, text);
}

bool ExecProcess::read_once(const Fd& from, Streams::Channel channel) {
  std::array<char, kBuffer> buffer;
  const ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (n <= 0) return false;  // EIO: the terminal's last process has gone
  call_output(channel, std::string_view(buffer.data(), static_cast<std::size_t>(n)));
  return true;
}

void ExecProcess::pump() {
  {
    const std::lock_guard lock(calling_);
    thread_ = std::this_thread::get_id();
  }
  bool output = true;
  bool error = static_cast<bool>(pieces_.error);
  while (true) {
    std::array<pollfd, 4> fds{pollfd{pieces_.crun.pidfd(), POLLIN, 0},
                              pollfd{output ? pieces_.output.get() : -1, POLLIN, 0},
                              pollfd{error ? pieces_.error.get() : -1, POLLIN, 0},
                              pollfd{stop_.descriptor(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    if (fds[3].revents != 0) {
      const std::lock_guard lock(mutex_);
      if (abandoned_) return;
    }
    // What was written before the end is there when the end is seen; who still holds the other
    // side is not waited for.
    const bool ended = fds[0].revents != 0;
    for (int i = 0; i < (ended ? kMostReads : 1); ++i) {
      pollfd more{pieces_.output.get(), POLLIN, 0};
      if (!output || ::poll(&more, 1, 0) <= 0) break;
      output = read_once(pieces_.output, Streams::Channel::kOut);
    }
    for (int i = 0; i < (ended ? kMostReads : 1); ++i) {
      pollfd more{pieces_.error.get(), POLLIN, 0};
      if (!error || ::poll(&more, 1, 0) <= 0) break;
      error = read_once(pieces_.error, Streams::Channel::kError);
    }
    if (ended) break;
  }
  const int code = pieces_.crun.wait();
  {
    const std::lock_guard lock(mutex_);
    exit_code_ = code;
    input_.reset();
  }
  stop_.wake();  // writers wait in vain
  const std::lock_guard lock(calling_);
  const auto closed = pieces_.handlers.closed;
  if (closed) closed();
  const auto done = std::exchange(pieces_.ended, nullptr);
  if (done) done(code);
}

}  // namespace cove::runtime
