#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SshTest : public ::testing::Test {
 protected:
  SshTest() {
    auto pipe = make_pipe();
    if (!pipe) throw std::runtime_error("pipe");
    no_terminal_ = std::move(*pipe);
    test_.world.input = no_terminal_.read.get();
    test_.world.output = no_terminal_.write.get();
  }
  int run(const std::vector<std::string>& arguments) { return test_.run(arguments); }
  TestWorld test_;
  Pipe no_terminal_;
};

TEST_F(SshTest, CommandBehindDashesKeepsItsOptions) {
  test_.shell_result = 42;
  EXPECT_EQ(run({"ssh", "-p", "dev", "--", "ls", "-l", "--", "-p"}), 42);
  EXPECT_THAT(test_.shell->argv, ElementsAre("ls", "-l", "--", "-p"));
  EXPECT_FALSE(test_.shell->tty);
  EXPECT_THAT(test_.clusters->calls, ElementsAre("shell dev"));
}

TEST_F(SshTest, OneLineIsForAShell) {
  EXPECT_EQ(run({"ssh", "dmesg | tail"}), 0);
  EXPECT_THAT(test_.shell->argv, ElementsAre("/bin/sh", "-c", "dmesg | tail"));
  EXPECT_EQ(run({"ssh", "ls"}), 0);
  EXPECT_THAT(test_.shell->argv, ElementsAre("ls"));
}

TEST_F(SshTest, WithoutATerminalAPlainShell) {
  EXPECT_EQ(run({"ssh"}), 0);
  EXPECT_THAT(test_.shell->argv, IsEmpty());
  EXPECT_FALSE(test_.shell->tty);
}

TEST_F(SshTest, FailuresAre255WithASentence) {
  test_.clusters->shell_error = Error{ErrorCode::kUnavailable, "open a shell in", "cluster 'cove'",
                                      "its virtual machine is not running", "Run 'cove start'."};
  EXPECT_EQ(run({"ssh", "--", "true"}), kShellFailed);
  EXPECT_THAT(test_.err.str(), HasSubstr("its virtual machine is not running. Run 'cove start'."));
  test_.clusters->shell_error->code = ErrorCode::kCancelled;
  EXPECT_EQ(run({"ssh"}), kCancelled);
}

// With a pseudo-terminal as the user's.
class SshTerminalTest : public SshTest {
 protected:
  SshTerminalTest() {
    int master = -1;
    int slave = -1;
    winsize size{50, 132, 0, 0};
    if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0)
      throw std::runtime_error("openpty");
    master_ = Fd(master);
    slave_ = Fd(slave);
    ::tcgetattr(slave, &before_);
    test_.world.input = test_.world.output = slave;
    test_.environment["TERM"] = "xterm-256color";
  }
  bool restored() const {
    termios now{};
    ::tcgetattr(slave_.get(), &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
           now.c_oflag == before_.c_oflag;
  }
  Fd master_;
  Fd slave_;
  termios before_{};
};

TEST_F(SshTerminalTest, IsRawWhileTheShellRunsAndRestoredAfterwards) {
  bool raw = false;
  test_.world.run_shell = [&](Fd, const channel::ShellRequest& request,
                              const channel::ShellStreams& streams,
                              std::stop_token) -> Result<int> {
    termios now{};
    ::tcgetattr(slave_.get(), &now);
    raw = (now.c_lflag & (ICANON | ECHO | ISIG)) == 0;
    EXPECT_TRUE(request.tty);
    EXPECT_THAT(request.argv, IsEmpty());
    EXPECT_EQ(request.terminal, "xterm-256color");
    EXPECT_EQ(request.rows, 50);
    EXPECT_EQ(request.columns, 132);
    winsize larger{60, 200, 0, 0};
    ::ioctl(slave_.get(), TIOCSWINSZ, &larger);
    EXPECT_EQ(streams.window_size(),
              std::make_pair(static_cast<unsigned short>(60), static_cast<unsigned short>(200)));
    return 3;
  };
  EXPECT_EQ(run({"ssh"}), 3);
  EXPECT_TRUE(raw);
  EXPECT_TRUE(restored());
}

TEST_F(SshTerminalTest, RestoredAfterAFailureAndAnException) {
  test_.shell_result =
      Error{ErrorCode::kUnavailable, "talk to", "the shell", "the line was cut", ""};
  EXPECT_EQ(run({"ssh"}), kShellFailed);
  EXPECT_TRUE(restored());
  test_.world.run_shell = [](Fd, const auto&, const auto&, std::stop_token) -> Result<int> {
    throw std::logic_error("a bug");
  };
  EXPECT_THROW(run({"ssh"}), std::logic_error);
  EXPECT_TRUE(restored());
}

TEST_F(SshTerminalTest, CommandsGetATerminalOnlyWhenAsked) {
  EXPECT_EQ(run({"ssh", "--", "ls"}), 0);
  EXPECT_FALSE(test_.shell->tty);
  EXPECT_EQ(run({"ssh", "-t", "--", "top"}), 0);
  EXPECT_TRUE(test_.shell->tty);
  EXPECT_TRUE(restored());
}

}  // namespace
}  // namespace cove::cli
