#include "app/cli/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "app/cli/terminal.h"

namespace cove::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&set, number);
  return set;
}

// Ends the process as the signal would have, the terminal restored.
[[noreturn]] void end_by(int number) {
  restore_terminal();
  ::signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(number);
  ::_exit(128 + number);
}

}  // namespace

Result<std::unique_ptr<SignalWatcher>> SignalWatcher::create(Interruption& interruption) {
  COVE_TRY(Pipe wake, make_pipe());
  COVE_TRY(Pipe resized, make_pipe());
  for (const int fd : {resized.read.get(), resized.write.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const sigset_t set = watched();
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  if (!signals) return errno_error(errno, "watch", "signals");
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return std::unique_ptr<SignalWatcher>(
      new SignalWatcher(interruption, std::move(signals), std::move(wake), std::move(resized)));
}

SignalWatcher::SignalWatcher(Interruption& interruption, Fd signals, Pipe wake, Pipe resized)
    : interruption_(interruption),
      signals_(std::move(signals)),
      wake_(std::move(wake)),
      resized_(std::move(resized)),
      thread_([this] { watch(); }) {}

SignalWatcher::~SignalWatcher() {
  wake_.write.reset();
  thread_.join();
}

void SignalWatcher::watch() {
  while (true) {
    std::array<pollfd, 2> fds{pollfd{signals_.get(), POLLIN, 0},
                              pollfd{wake_.read.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    signalfd_siginfo info{};
    if (fds[0].revents != 0 && ::read(signals_.get(), &info, sizeof info) == sizeof info) {
      answer(static_cast<int>(info.ssi_signo));
    }
  }
}

void SignalWatcher::answer(int number) {
  if (number == SIGWINCH) {
    [[maybe_unused]] const ssize_t n = ::write(resized_.write.get(), "w", 1);
    return;
  }
  if (number == SIGQUIT || interruption_.token().stop_requested()) end_by(number);
  if (const std::string sentence = interruption_.sentence(); !sentence.empty()) {
    const std::string line = "\n" + sentence + "\n";
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
  }
  interruption_.request();
}

}  // namespace cove::cli
