#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "core/base/fs.h"
#include "tests/support/temporary_folder.h"

namespace cove {
namespace {

using test::TemporaryFolder;
using ::testing::HasSubstr;

TEST(FileLock, IsExclusiveUntilDestroyed) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  {
    auto first = FileLock::try_acquire(file, "start");
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(FileLock::try_acquire(file, "stop").error().code, ErrorCode::kConflict);
    const FileLock moved = std::move(*first);
    EXPECT_EQ(FileLock::try_acquire(file, "stop").error().code, ErrorCode::kConflict);
  }
  EXPECT_TRUE(FileLock::try_acquire(file, "stop"));
}

TEST(FileLock, NamesItsOwner) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  EXPECT_FALSE(FileLock::holder(file)) << "there is no file yet";
  {
    auto lock = FileLock::try_acquire(file, "start");
    ASSERT_TRUE(lock);
    const auto owner = FileLock::holder(file);
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->pid, ::getpid());
    EXPECT_EQ(owner->action, "start");
    EXPECT_FALSE(owner->program.empty());
    const Error refused = FileLock::try_acquire(file, "stop").error();
    EXPECT_THAT(refused.message(), HasSubstr(owner->program + " (process " +
                                             std::to_string(::getpid()) + ") is at 'start'"));
    EXPECT_FALSE(refused.remedy.empty());
  }
  EXPECT_FALSE(FileLock::holder(file)) << "the note of a past owner is not an owner";
}

TEST(FileLock, AnOwnersNameIsOneCleanLine) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  auto lock = FileLock::try_acquire(file, "start\n1\nevil\x1b[2J");
  ASSERT_TRUE(lock);
  EXPECT_EQ(FileLock::holder(file)->action, R"(start\n1\nevil\x1b[2J)");
}

TEST(FileLock, AForeignNoteDoesNotFoolAnybody) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  auto lock = FileLock::try_acquire(file, "start");
  ASSERT_TRUE(lock);
  std::filesystem::resize_file(file,
                               3);  // cut in the middle, as seen before the whole note is written
  EXPECT_THAT(FileLock::try_acquire(file, "stop").error().message(),
              HasSubstr("another program is at work on it"));
}

TEST(FileLock, IsFreedByTheDeathOfItsHolder) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "holder");
    auto lock = FileLock::try_acquire(file, "create");
    (void)!::write(pipe->write.get(), lock ? "y" : "n", 1);
    while (true) ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(pipe->read.get(), &ready, 1), 1);
  ASSERT_EQ(ready, 'y');
  const auto owner = FileLock::holder(file);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->pid, child);
  EXPECT_EQ(owner->program, "holder");
  EXPECT_EQ(FileLock::try_acquire(file, "start").error().code, ErrorCode::kConflict);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(FileLock::holder(file));
  EXPECT_TRUE(FileLock::try_acquire(file, "start"));
}

TEST(FileLock, AskingNeverDisturbsATaker) {
  TemporaryFolder folder;
  const Path file = folder / "lock";
  ASSERT_TRUE(FileLock::try_acquire(file, "first"));
  std::jthread asker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) (void)FileLock::holder(file);
  });
  for (int i = 0; i < 2000; ++i) {
    auto lock = FileLock::try_acquire(file, "start");
    ASSERT_TRUE(lock) << lock.error().message();
  }
}

TEST(FileLock, IsNotTakenThroughALink) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("victim", folder / "lock");
  EXPECT_FALSE(FileLock::try_acquire(folder / "lock", "start"));
  EXPECT_FALSE(std::filesystem::exists(folder / "victim"));
}

}  // namespace
}  // namespace cove
