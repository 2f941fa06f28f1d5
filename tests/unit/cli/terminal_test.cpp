// Raw mode and signals, in child processes with a pseudo-terminal each.
#include "app/cli/terminal.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli/signals.h"
#include "core/base/launch.h"
#include "tests/support/temporary_folder.h"

namespace cove::cli {
namespace {

class PseudoTerminal : public ::testing::Test {
 protected:
  PseudoTerminal() {
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0)
      throw std::runtime_error("openpty");
    master_ = Fd(master);
    slave_ = Fd(slave);
    ::tcgetattr(slave, &before_);
    auto pipe = make_pipe();
    if (!pipe) throw std::runtime_error("pipe");
    ready_ = std::move(*pipe);
  }

  // Runs `body` in a child process; it must write a byte to ready() when it may be signalled.
  pid_t child(const std::function<int()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(body());
    ready_.write.reset();
    return pid;
  }
  void say_ready() const { [[maybe_unused]] const ssize_t n = ::write(ready_.write.get(), "r", 1); }
  bool wait_ready() const {
    char byte = 0;
    return ::read(ready_.read.get(), &byte, 1) == 1;
  }
  static int end_of(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  tcflag_t local_modes() const {
    termios now{};
    ::tcgetattr(slave_.get(), &now);
    return now.c_lflag;
  }

  // A program with a raw terminal that waits for the request to stop, and then ends or hangs.
  int raw_program(bool hang) {
    Interruption interruption;
    auto watcher = SignalWatcher::create(interruption);
    auto raw = RawTerminal::enter(slave_.get());
    if (!watcher || !raw) return 99;
    say_ready();
    Pipe never = *make_pipe();
    std::stop_callback wake(interruption.token(), [&] {
      if (hang)
        say_ready();
      else
        never.write.reset();
    });
    char byte = 0;
    [[maybe_unused]] const ssize_t n = ::read(never.read.get(), &byte, 1);
    return 7;
  }

  Fd master_;
  Fd slave_;
  Pipe ready_;
  termios before_{};
};

TEST_F(PseudoTerminal, FirstSignalAsksToStopAndTheTerminalIsRestored) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    auto pipe = make_pipe();
    ready_ = std::move(*pipe);
    const pid_t pid = child([&] { return raw_program(false); });
    ASSERT_TRUE(wait_ready());
    EXPECT_NE(local_modes(), before_.c_lflag);
    ::kill(pid, number);
    EXPECT_EQ(end_of(pid), 7);
    EXPECT_EQ(local_modes(), before_.c_lflag) << number;
  }
}

TEST_F(PseudoTerminal, SecondSignalEndsAtOnceAndRestores) {
  const pid_t pid = child([&] { return raw_program(true); });
  ASSERT_TRUE(wait_ready());
  ::kill(pid, SIGTERM);
  ASSERT_TRUE(wait_ready()) << "the first only asks";
  EXPECT_NE(local_modes(), before_.c_lflag);
  ::kill(pid, SIGINT);
  EXPECT_EQ(end_of(pid), 128 + SIGINT);
  EXPECT_EQ(local_modes(), before_.c_lflag);
}

TEST_F(PseudoTerminal, QuitEndsAtOnceAndRestores) {
  const pid_t pid = child([&] { return raw_program(true); });
  ASSERT_TRUE(wait_ready());
  ::kill(pid, SIGQUIT);
  EXPECT_EQ(end_of(pid), 128 + SIGQUIT);
  EXPECT_EQ(local_modes(), before_.c_lflag);
}

TEST_F(PseudoTerminal, CrashRestores) {
  const pid_t pid = child([&] {
    auto raw = RawTerminal::enter(slave_.get());
    if (!raw) return 99;
    ::raise(SIGSEGV);
    return 98;
  });
  EXPECT_EQ(end_of(pid), 128 + SIGSEGV);
  EXPECT_EQ(local_modes(), before_.c_lflag);
}

TEST_F(PseudoTerminal, WindowChangesAreAnnounced) {
  const pid_t pid = child([&] {
    Interruption interruption;
    auto watcher = SignalWatcher::create(interruption);
    if (!watcher) return 99;
    say_ready();
    pollfd fd{(*watcher)->resized(), POLLIN, 0};
    return ::poll(&fd, 1, 30'000) == 1 && !interruption.token().stop_requested() ? 0 : 98;
  });
  ASSERT_TRUE(wait_ready());
  ::kill(pid, SIGWINCH);
  EXPECT_EQ(end_of(pid), 0);
}

TEST_F(PseudoTerminal, OnlyTerminalsBecomeRaw) {
  auto raw = RawTerminal::enter(ready_.read.get());
  ASSERT_FALSE(raw);
  EXPECT_EQ(raw.error().code, ErrorCode::kUnsupported);
  auto first = RawTerminal::enter(slave_.get());
  ASSERT_TRUE(first);
  EXPECT_FALSE(RawTerminal::enter(slave_.get())) << "one at a time";
  first->reset();
  EXPECT_TRUE(RawTerminal::enter(slave_.get()));
}

TEST_F(PseudoTerminal, StyleFollowsTerminalAndEnvironment) {
  std::map<std::string, std::string> variables{{"TERM", "xterm"}, {"LANG", "C.UTF-8"}};
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  OutputStyle style = output_style(slave_.get(), environment);
  EXPECT_TRUE(style.in_place && style.colour && style.unicode);
  EXPECT_FALSE(output_style(ready_.write.get(), environment).in_place);
  variables["NO_COLOR"] = "1";
  style = output_style(slave_.get(), environment);
  EXPECT_TRUE(style.in_place && !style.colour);
  variables["TERM"] = "dumb";
  variables["LC_ALL"] = "C";
  style = output_style(slave_.get(), environment);
  EXPECT_FALSE(style.in_place || style.colour || style.unicode);
}

TEST(Launch, ProgramOutlivesItsStarter) {
  test::TemporaryFolder folder;
  const Path fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t starter = ::fork();
  if (starter == 0) {
    ::_exit(launch_detached(
                {"/bin/sh", "-c", "ps -o sid= -p $$ > \"$0\"; echo $PPID >> \"$0\"", fifo.string()})
                ? 0
                : 1);
  }
  int status = 0;
  ::waitpid(starter, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto text = read_file(fifo, 100);  // waits until the program writes
  ASSERT_TRUE(text);
  EXPECT_FALSE(text->empty());
  EXPECT_EQ(text->find(std::to_string(starter)), std::string::npos);
}

TEST(Launch, MissingProgramIsAnError) {
  const auto launched = launch_detached({"/nonexistent/program"});
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cove::cli
