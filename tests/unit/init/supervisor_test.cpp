#include "app/init/supervisor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cove::init {
namespace {

using namespace std::chrono_literals;

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cove-supervisor-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!supervisor_.stopped()) {
      supervisor_.stop();
      supervisor_.kill();
      turn_until([&] { return supervisor_.stopped(); });
    }
    (void)remove_tree(folder_);
  }

  Supervisor::Settings settings(std::vector<std::string> argv) const {
    Supervisor::Settings settings;
    settings.argv = std::move(argv);
    settings.notify_socket = folder_ / "notify";
    settings.log_file = folder_ / "log";
    settings.cgroup = []() -> Result<Fd> {
      return Error{ErrorCode::kNotFound, "make", "a cgroup", "no", ""};
    };
    return settings;
  }

  void run(const std::string& script) {
    ASSERT_TRUE(supervisor_.run(settings({"/bin/sh", "-c", script})).has_value());
  }

  // A program that says by which of its two ways it was started.
  std::string make_program() {
    const Path program = folder_ / "program";
    const std::string script =
        "#!/bin/sh\nif [ \"$1\" = --standby ]; then echo waiting; tr '\\0' ' ' | sed 's/^/stood "
        "by: /'\n"
        "else echo \"at once: $*\"; fi\n";
    EXPECT_TRUE(write_file_atomic(program, script, 0700).has_value());
    return program.string();
  }

  void turn_until(const std::function<bool()>& done) {
    while (!done()) {
      std::vector<pollfd> fds;
      for (const int fd : supervisor_.fds()) fds.push_back({fd, POLLIN, 0});
      ::poll(fds.data(), fds.size(), 5);
      reaper_.reap();
      supervisor_.act();
    }
  }

  std::string log() {
    const auto text = read_file(folder_ / "log", 1 << 20);
    return text.has_value() ? *text : "";
  }

  Path folder_;
  FakeClock clock_;
  Reaper reaper_;
  Console console_{Fd()};
  Supervisor supervisor_{reaper_, clock_, console_};
};

TEST_F(SupervisorTest, ProgramThatEndsStartsAgainAfterTheBackoff) {
  run("echo hello; exit 3");
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_EQ(supervisor_.restarts(), 1U);
  EXPECT_EQ(supervisor_.last_exit(), "exited with code 3");
  EXPECT_NE(log().find(" hello\n"), std::string::npos);
  clock_.advance(99ms);
  supervisor_.act();
  EXPECT_FALSE(supervisor_.running());
  clock_.advance(1ms);
  supervisor_.act();
  EXPECT_TRUE(supervisor_.running());
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_EQ(supervisor_.restarts(), 2U);
  EXPECT_EQ(*supervisor_.deadline() - clock_.steady(), 200ms);
}

TEST_F(SupervisorTest, TheFirstStartGoesToTheProgramThatStandsBy) {
  const std::string program = make_program();
  supervisor_.stand_by(settings({program, ""}));
  EXPECT_FALSE(supervisor_.running());
  ASSERT_TRUE(supervisor_.run(settings({program, "a", "b c"})).has_value());
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_NE(log().find(" stood by: " + program + " a b c"), std::string::npos) << log();
  clock_.advance(1s);
  supervisor_.act();
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_NE(log().find(" at once: a b c\n"), std::string::npos) << log();
}

TEST_F(SupervisorTest, AProgramThatStoodByInVainIsReplaced) {
  const std::string program = make_program();
  supervisor_.stand_by(settings({"/bin/false"}));
  while (reaper_.reap()) std::this_thread::yield();
  ASSERT_TRUE(supervisor_.run(settings({program, "a"})).has_value());
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_NE(log().find(" at once: a\n"), std::string::npos) << log();
}

TEST_F(SupervisorTest, SignalsAreNamedAndOutputIsDrainedFirst) {
  run("seq 1 20000; kill -SEGV $$");
  turn_until([&] { return !supervisor_.running(); });
  EXPECT_EQ(supervisor_.last_exit(), "killed by signal 11");
  EXPECT_NE(log().find(" 20000\n"), std::string::npos);
}

TEST_F(SupervisorTest, ReadinessComesOverTheSocket) {
  run("exec sleep 1000");
  EXPECT_FALSE(supervisor_.ready());
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_ / "notify").string();
  std::copy(path.begin(), path.end(), address.sun_path);
  const std::string words = "STATUS=on my way\nREADY=1\n";
  ASSERT_GT(::sendto(socket.get(), words.data(), words.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
  turn_until([&] { return supervisor_.ready(); });
  EXPECT_FALSE(supervisor_.settled());
  const std::string last = "X_SETTLED=1";
  ASSERT_GT(::sendto(socket.get(), last.data(), last.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
  turn_until([&] { return supervisor_.settled(); });
  supervisor_.restart({"/bin/sh", "-c", "echo anew; exec sleep 1000"});
  turn_until([&] { return !supervisor_.ready(); });
  EXPECT_EQ(supervisor_.restarts(), 0U);
  turn_until([&] { return log().find(" anew\n") != std::string::npos; });
}

TEST_F(SupervisorTest, StopEndsItForGood) {
  run("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done");
  turn_until([&] { return log().find(" up\n") != std::string::npos; });
  supervisor_.stop();
  turn_until([&] { return supervisor_.stopped(); });
  clock_.advance(1h);
  supervisor_.act();
  EXPECT_TRUE(supervisor_.stopped());
  EXPECT_EQ(supervisor_.restarts(), 0U);
  EXPECT_NE(log().find(" bye\n"), std::string::npos);
}

TEST_F(SupervisorTest, ProgramThatCannotStartIsTriedAgain) {
  supervisor_.stand_by(settings({"/no/such/coved"}));
  ASSERT_TRUE(supervisor_.run(settings({"/no/such/coved"})).has_value());
  EXPECT_FALSE(supervisor_.running());
  EXPECT_NE(supervisor_.last_exit().find("/no/such/coved"), std::string::npos);
  EXPECT_TRUE(supervisor_.deadline().has_value());
}

TEST(Reaper, RunsProgramsToTheirEnd) {
  Reaper reaper;
  std::jthread reaping([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      reaper.reap();
      std::this_thread::yield();
    }
  });
  const auto done = run_program(reaper, {"/bin/sh", "-c", "echo out; echo err >&2; exit 5"}, 30s);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->exit_code, 5);
  EXPECT_EQ(done->standard_output, "out\n");
  EXPECT_EQ(done->standard_error, "err\n");
  EXPECT_EQ(run_program(reaper, {"/bin/sleep", "1000"}, 20ms).error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace cove::init
