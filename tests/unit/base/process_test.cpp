#include "core/base/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/strings.h"
#include "tests/support/temporary_folder.h"

namespace cove {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;
using ::testing::HasSubstr;

Command shell(std::string script) {
  return {{"sh", "-c", std::move(script)}, {}, {}, {}};
}

Completed run(const Command& command) {
  auto done = make_spawner()->run(command, 30s);
  EXPECT_TRUE(done) << (done ? "" : done.error().message());
  return done ? *done : Completed{-1, {}, {}};
}

TEST(Spawner, CollectsBothStreamsAndTheExitCode) {
  const Completed done = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(done.exit_code, 7);
  EXPECT_EQ(done.standard_output, "out\n");
  EXPECT_EQ(done.standard_error, "err\n");
}

TEST(Spawner, ASignalIs128AndItsNumber) {
  EXPECT_EQ(run(shell("kill -TERM $$")).exit_code, 128 + SIGTERM);
}

TEST(Spawner, GivesArgumentsUnchanged) {
  EXPECT_EQ(run({{"printf", "%s|", "a b", "", "$HOME", "*", "'"}, {}, {}, {}}).standard_output,
            "a b||$HOME|*|'|");
}

TEST(Spawner, GivesEnvironmentAndFolder) {
  TemporaryFolder folder;
  Command command = shell("echo $GREETING $HOME; pwd -P");
  command.environment = {"GREETING=hello"};
  command.working_directory = folder.path();
  EXPECT_EQ(run(command).standard_output,
            "hello\n" + std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(Spawner, GivesStandardInput) {
  Command command{{"cat"}, {}, {}, std::string(300'000, 'i')};
  EXPECT_EQ(run(command).standard_output, command.standard_input);
  EXPECT_EQ(run({{"cat"}, {}, {}, {}}).standard_output, "");
}

TEST(Spawner, AProgramThatDoesNotReadItsInputDisturbsNobody) {
  EXPECT_EQ(run({{"true"}, {}, {}, std::string(5'000'000, 'i')}).exit_code, 0);
}

TEST(Spawner, BoundsOutputAndLetsTheProgramFinish) {
  const auto done = make_spawner(1000)->run(
      shell("head -c 3000000 /dev/zero; head -c 999 /dev/zero >&2; exit 3"), 30s);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->standard_output.size(), 1000U);
  EXPECT_EQ(done->standard_error.size(), 999U);
  EXPECT_EQ(done->exit_code, 3);
}

TEST(Spawner, ATimeoutIsAnErrorAndKills) {
  TemporaryFolder folder;
  const auto done = make_spawner()->run(
      shell("echo $$ > " + (folder / "pid").string() + "; exec sleep 1000"), 300ms);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(done.error().message(), HasSubstr("cannot run sh: it did not finish within 300 ms"));
  if (auto pid = read_file(folder / "pid", 100)) {
    EXPECT_NE(::kill(std::stoi(*pid), 0), 0) << "it still runs";
  }
}

TEST(Spawner, ATimeoutTakesTheChildrenOfTheProgramAlong) {
  TemporaryFolder folder;
  const Path fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  // The grandchild holds the write end; the end of file is its death.
  const Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const auto done = make_spawner()->run(shell("sleep 1000 > " + fifo.string() + " & wait"), 500ms);
  ASSERT_FALSE(done);
  ::fcntl(reader.get(), F_SETFL, 0);
  char byte;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
}

TEST(Spawner, ReturnsWhenTheProgramEndsWhateverItLeftBehind) {
  const Completed done = run(shell("sleep 1000 & echo $!"));
  EXPECT_EQ(done.exit_code, 0);
  const pid_t left = std::stoi(done.standard_output);
  EXPECT_EQ(::kill(left, SIGKILL), 0);
}

TEST(Spawner, AnEndlessBackgroundWriterDoesNotHoldUsUp) {
  const Completed done = run(shell("yes & echo $! >&2"));
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(::kill(std::stoi(done.standard_error), SIGKILL), 0);
}

TEST(Spawner, AStopRequestCutsItOff) {
  std::stop_source stop;
  Result<Completed> done = Completed{};
  std::jthread runner(
      [&] { done = make_spawner()->run(shell("sleep 1000"), 1000s, stop.get_token()); });
  stop.request_stop();
  runner.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCancelled);
}

TEST(Spawner, TakesATimeoutOfForEver) {
  const auto done = make_spawner()->run(shell("exit 4"), std::chrono::milliseconds::max());
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit_code, 4);
}

TEST(Spawner, NamesAMissingProgram) {
  for (const char* program : {"cove-no-such-program", "/no/such/program"}) {
    const auto done = make_spawner()->run({{program}, {}, {}, {}}, 30s);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(done.error().message(),
                HasSubstr(std::string("Install the package that has '") + program + "'."));
  }
}

TEST(Spawner, TellsAMissingFolderFromAMissingProgram) {
  Command command = shell("true");
  command.working_directory = "/no/such/folder";
  const auto done = make_spawner()->run(command, 30s);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().subject, "/no/such/folder");
}

TEST(Spawner, SaysWhyAFileCannotBeRun) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "plain", "x", 0600));
  ASSERT_TRUE(write_file_atomic(folder / "garbage", "\x01\x02", 0700));
  EXPECT_EQ(make_spawner()->run({{(folder / "plain").string()}, {}, {}, {}}, 30s).error().code,
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(make_spawner()->run({{(folder / "garbage").string()}, {}, {}, {}}, 30s).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_spawner()->run({}, 30s).error().code, ErrorCode::kInvalidArgument);
}

TEST(Spawner, ClosesEverythingElse) {
  // Opened as a careless library does it: without close-on-exec.
  const Fd careless(::open("/dev/null", O_RDONLY));
  ASSERT_TRUE(careless);
  const Completed done = run({{"ls", "/proc/self/fd"}, {}, {}, {}});
  EXPECT_EQ(done.standard_output, "0\n1\n2\n3\n");  // 3 is ls' own
}

TEST(Spawner, StartsWithDefaultSignals) {
  struct sigaction ignore {
  }, old{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &old), 0);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const Completed done = run({{"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}, {}, {}, {}});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::sigaction(SIGPIPE, &old, nullptr);
  EXPECT_EQ(done.standard_output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Spawner, WorksWithTheStandardDescriptorsClosed) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (const int fd : {0, 1, 2}) ::close(fd);
    const auto done = make_spawner()->run(shell("cat; echo err >&2; exit 5"), 30s);
    const auto missing = make_spawner()->run({{"/no/such/program"}, {}, {}, {}}, 30s);
    const bool good = done && done->exit_code == 5 && done->standard_error == "err\n" &&
                      done->standard_output.empty() && !missing &&
                      missing.error().code == ErrorCode::kNotFound;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(ChildProcess, IsWaitedForAndRemembersItsEnd) {
  auto child = ChildProcess::spawn(shell("exit 9"), {});
  ASSERT_TRUE(child) << child.error().message();
  EXPECT_EQ(child->wait(30s), 9);
  EXPECT_EQ(child->wait(0s), 9);
  child->signal(SIGKILL);  // a reaped id is nobody's: nothing is sent
}

TEST(ChildProcess, StillRunsUntilSignalled) {
  auto child = ChildProcess::spawn({{"sleep", "1000"}, {}, {}, {}}, {});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(0ms), std::nullopt);
  EXPECT_EQ(child->wait(-1ms), std::nullopt) << "a negative wait is no wait";
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait(30s), 128 + SIGTERM);
}

TEST(ChildProcess, DestructionKillsAndReaps) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::spawn({{"sleep", "1000"}, {}, {}, {}}, {});
    ASSERT_TRUE(child);
    pid = child->pid();
    const ChildProcess moved = std::move(*child);
    EXPECT_EQ(::kill(pid, 0), 0) << "a moved-from owner must not kill";
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcess, AssignmentEndsTheOldOne) {
  auto first = ChildProcess::spawn({{"sleep", "1000"}, {}, {}, {}}, {});
  auto second = ChildProcess::spawn({{"sleep", "1000"}, {}, {}, {}}, {});
  ASSERT_TRUE(first && second);
  const pid_t old = first->pid();
  const pid_t kept = second->pid();
  *first = std::move(*second);
  EXPECT_EQ(::kill(old, 0), -1);
  EXPECT_EQ(first->pid(), kept);
  EXPECT_EQ(::kill(kept, 0), 0);
}

TEST(FindProgram, LooksInPathAndTheSystemFolders) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "cove-tool", "#!/bin/sh\n", 0700));
  ASSERT_TRUE(write_file_atomic(folder / "cove-text", "", 0600));
  std::filesystem::create_directory(folder / "cove-folder");
  const char* path = std::getenv("PATH");
  ASSERT_NE(path, nullptr);
  const std::string old = path;
  ::setenv("PATH", folder.path().c_str(), 1);
  EXPECT_EQ(find_program("cove-tool"), folder / "cove-tool");
  EXPECT_EQ(find_program("cove-text"), std::nullopt);
  EXPECT_EQ(find_program("cove-folder"), std::nullopt);
  EXPECT_TRUE(find_program("ldconfig")) << "it is in /sbin, which a user's PATH lacks";
  ::setenv("PATH", old.c_str(), 1);
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_EQ(find_program("/bin"), std::nullopt);
  EXPECT_EQ(find_program(""), std::nullopt);
}

TEST(Fd, OwnsOneDescriptor) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const int number = pipe->read.get();
  Fd moved = std::move(pipe->read);
  EXPECT_FALSE(pipe->read);
  EXPECT_EQ(moved.get(), number);
  EXPECT_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
  moved.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  const int released = pipe->write.release();
  EXPECT_FALSE(pipe->write);
  EXPECT_EQ(::close(released), 0);
}

}  // namespace
}  // namespace cove
