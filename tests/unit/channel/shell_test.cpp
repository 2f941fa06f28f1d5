#include "vm/channel/shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "vm/channel/command.h"
#include "vm/channel/line.h"
#include "vm/channel/message.h"
#include "vm/channel/shell_server.h"

namespace cove::channel {
namespace {

using namespace std::chrono_literals;

CommandEnvironment environment() {
  return {{"/bin/sh"}, {"PATH=/usr/bin:/bin", "HOME=/"}, "/", -1};
}

class ShellTest : public testing::Test {
 protected:
  ShellTest() : host_commands_(make_local_command_host(environment())) {
    ::signal(SIGPIPE, SIG_IGN);
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    host_ = Fd(fds[0]);
    server_ = std::jthread([this, port = Fd(fds[1])](const std::stop_token& stop) mutable {
      EXPECT_TRUE(serve_shell(std::move(port), *host_commands_, stop).has_value());
    });
  }

  struct Ran {
    Result<int> code = 0;
    std::string output;
    std::string error;
  };

  static std::string drain(const Fd& fd) {
    std::string all;
    char buffer[65536];
    ssize_t n;
    while ((n = ::read(fd.get(), buffer, sizeof buffer)) > 0)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }

  Ran run(const ShellRequest& request, std::string input = {}) {
    Pipe in = *make_pipe();
    Pipe out = *make_pipe();
    Pipe err = *make_pipe();
    auto feeding = std::async(std::launch::async, [&, fd = std::move(in.write)]() mutable {
      std::string_view left = input;
      while (!left.empty()) {
        const ssize_t n = ::write(fd.get(), left.data(), left.size());
        if (n <= 0) break;
        left.remove_prefix(static_cast<std::size_t>(n));
      }
      fd.reset();
    });
    auto output = std::async(std::launch::async, [&] { return drain(out.read); });
    auto error = std::async(std::launch::async, [&] { return drain(err.read); });
    ShellStreams streams{in.read.get(), out.write.get(), err.write.get(), -1, {}};
    Ran ran;
    ran.code = run_shell(Fd(::dup(host_.get())), request, streams);
    in.read.reset();
    out.write.reset();
    err.write.reset();
    ran.output = output.get();
    ran.error = error.get();
    return ran;
  }

  static ShellRequest command(std::vector<std::string> argv) {
    ShellRequest request;
    request.argv = std::move(argv);
    return request;
  }
  static ShellRequest script(const std::string& text) { return command({"/bin/sh", "-c", text}); }

  Fd host_;
  std::unique_ptr<CommandHost> host_commands_;
  std::jthread server_;
};

TEST_F(ShellTest, ExitCodeAndBothOutputs) {
  const Ran ran = run(script("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(*ran.code, 7);
  EXPECT_EQ(ran.output, "out\n");
  EXPECT_EQ(ran.error, "err\n");
  EXPECT_EQ(*run(script("kill -TERM $$")).code, 128 + SIGTERM);
}

TEST_F(ShellTest, InputReachesTheCommandAndItsEndToo) {
  std::string input;
  for (std::uint32_t i = 0; i < 3'000'000; ++i) input += static_cast<char>((i * 7919U) >> 3);
  const Ran ran = run(command({"cat"}), input);
  EXPECT_EQ(*ran.code, 0);
  EXPECT_TRUE(ran.output == input);
}

TEST_F(ShellTest, CommandThatDoesNotReadItsInputEnds) {
  EXPECT_EQ(*run(command({"true"}), std::string(4 << 20, 'x')).code, 0);
}

TEST_F(ShellTest, UnknownProgramIsAnErrorThatNamesIt) {
  const Ran ran = run(command({"/no/such/program"}));
  ASSERT_TRUE(ran.code.has_error());
  EXPECT_EQ(ran.code.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ran.code.error().subject, "/no/such/program");
  EXPECT_EQ(*run(script("exit 3")).code, 3);
}

TEST_F(ShellTest, BackgroundChildHoldingTheOutputDoesNotHoldTheSession) {
  const Ran ran = run(script("sleep 1000 & echo $!"));
  EXPECT_EQ(*ran.code, 0);
  EXPECT_EQ(::kill(std::stoi(ran.output), SIGKILL), 0);
}

TEST_F(ShellTest, OutputNobodyReadsEndsTheCommandAsAPipeWould) {
  Pipe out = *make_pipe();
  out.read.reset();
  ShellStreams streams{-1, out.write.get(), -1, -1, {}};
  const auto code = run_shell(std::move(host_), command({"cat", "/dev/zero"}), streams);
  ASSERT_TRUE(code.has_value()) << code.error().message();
  EXPECT_EQ(*code, 128 + SIGPIPE);
}

TEST_F(ShellTest, StalledReaderHoldsTheCommandBackAndLosesNothing) {
  constexpr std::size_t kTotal = 32 << 20;
  Pipe out = *make_pipe();
  auto code = std::async(std::launch::async, [&, fd = std::move(host_)]() mutable {
    ShellStreams streams{-1, out.write.get(), -1, -1, {}};
    auto result = run_shell(std::move(fd),
                            command({"head", "-c", std::to_string(kTotal), "/dev/zero"}), streams);
    out.write.reset();
    return result;
  });
  // Nothing is read until the pipe is full and the window is used up: the command must not have
  // ended by then.
  pollfd ready{out.read.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 30'000), 1);
  EXPECT_EQ(code.wait_for(50ms), std::future_status::timeout);
  EXPECT_EQ(drain(out.read).size(), kTotal);
  EXPECT_EQ(*code.get(), 0);
}

TEST_F(ShellTest, TerminalHasItsSizeAndFollowsChanges) {
  ShellRequest request = script("stty size; read line; stty size; echo $TERM");
  request.tty = true;
  request.terminal = "vt220";
  request.rows = 43;
  request.columns = 101;
  Pipe in = *make_pipe();
  Pipe out = *make_pipe();
  Pipe resized = *make_pipe();
  ShellStreams streams{in.read.get(), out.write.get(), -1, resized.read.get(), [] {
                         return std::pair<unsigned short, unsigned short>{55, 77};
                       }};
  auto code = std::async(std::launch::async, [&, fd = std::move(host_)]() mutable {
    auto result = run_shell(std::move(fd), request, streams);
    out.write.reset();
    return result;
  });
  std::string seen;
  char c;
  while (seen.find('\n') == std::string::npos && ::read(out.read.get(), &c, 1) == 1) seen += c;
  EXPECT_EQ(seen, "43 101\r\n");
  ASSERT_EQ(::write(resized.write.get(), "x", 1), 1);
  // The resize frame is queued before input that comes after it is read: one poll round handles
  // both in that order.
  pollfd drained{resized.read.get(), POLLIN, 0};
  while (::poll(&drained, 1, 0) == 1) std::this_thread::yield();
  ASSERT_EQ(::write(in.write.get(), "go\n", 3), 3);
  seen = drain(out.read);
  EXPECT_NE(seen.find("55 77\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("vt220\r\n"), std::string::npos) << seen;
  EXPECT_EQ(*code.get(), 0);
}

TEST_F(ShellTest, TerminalDeliversItsLastBytes) {
  ShellRequest request = script("echo one; echo two");
  request.tty = true;
  const Ran ran = run(request);
  EXPECT_EQ(*ran.code, 0);
  EXPECT_EQ(ran.output, "one\r\ntwo\r\n");
}

// Starts a command that writes its process id and waits for ever; returns that id.
pid_t started(const Fd& out) {
  std::string text;
  char c;
  while (::read(out.get(), &c, 1) == 1 && c != '\n') text += c;
  return std::stoi(text);
}

void expect_killed(pid_t pid) {
  while (::kill(pid, 0) == 0) std::this_thread::yield();
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(ShellTest, CancelKillsTheCommand) {
  Pipe out = *make_pipe();
  std::stop_source stop;
  auto code = std::async(std::launch::async, [&, fd = std::move(host_)]() mutable {
    ShellStreams streams{-1, out.write.get(), -1, -1, {}};
    return run_shell(std::move(fd), script("echo $$; sleep 1000"), streams, stop.get_token());
  });
  const pid_t pid = started(out.read);
  stop.request_stop();
  EXPECT_EQ(code.get().error().code, ErrorCode::kCancelled);
  expect_killed(pid);
}

TEST_F(ShellTest, HostThatVanishesKillsTheCommandAndTheNextOneIsServed) {
  auto line = *FrameLine::open(Fd(::dup(host_.get())));
  Pipe out = *make_pipe();
  std::string data;
  line.send(FrameType::kShellOpen, 5, to_json(script("echo $$; sleep 1000")));
  line.flush();
  while (data.find('\n') == std::string::npos) {
    pollfd ready{line.ready_fd(), POLLIN, 0};
    ::poll(&ready, 1, 1000);
    line.pump([&](const Frame& frame) {
      if (frame.type == FrameType::kShellData) data += frame.payload.substr(1);
    });
  }
  const pid_t pid = std::stoi(data);
  // A new program on the same port, with half a frame of the old one before it.
  const std::string half = encode_frame(FrameType::kShellData, 5, "0half").substr(0, 9);
  ASSERT_EQ(::write(host_.get(), half.data(), half.size()), static_cast<ssize_t>(half.size()));
  EXPECT_EQ(run(script("echo fresh")).output, "fresh\n");
  expect_killed(pid);
}

TEST_F(ShellTest, ClosedLineKillsTheCommandAndIsUnavailableToTheHost) {
  Pipe out = *make_pipe();
  Fd other(::dup(host_.get()));
  auto code = std::async(std::launch::async, [&, fd = std::move(host_)]() mutable {
    ShellStreams streams{-1, out.write.get(), -1, -1, {}};
    return run_shell(std::move(fd), script("echo $$; sleep 1000"), streams);
  });
  const pid_t pid = started(out.read);
  ::shutdown(other.get(), SHUT_RDWR);
  EXPECT_EQ(code.get().error().code, ErrorCode::kUnavailable);
  expect_killed(pid);
}

TEST_F(ShellTest, GarbageFromTheHostIsIgnored) {
  const std::string garbage = std::string(100'000, '\xDB') +
                              encode_frame(FrameType::kShellCredit, 1, "xx") +
                              encode_frame(FrameType::kShellOpen, 9, "not json");
  ASSERT_EQ(::write(host_.get(), garbage.data(), garbage.size()),
            static_cast<ssize_t>(garbage.size()));
  EXPECT_EQ(run(script("echo fine")).output, "fine\n");
}

}  // namespace
}  // namespace cove::channel
