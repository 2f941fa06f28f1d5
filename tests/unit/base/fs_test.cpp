#include "core/base/fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cove {
namespace {

using test::TemporaryFolder;
using ::testing::HasSubstr;

mode_t mode_of(const Path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

std::size_t entries(const Path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

// A umask for one scope, to see that modes are exact.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(old_); }

 private:
  mode_t old_;
};

// What `work` returns as an exit code when done in a process of its own.
template <class Work>
int in_a_child(Work work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(ReadFile, GivesTheBytes) {
  TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomic(folder / "f", bytes, 0600));
  EXPECT_EQ(read_file(folder / "f", 4).value(), bytes);
  EXPECT_EQ(read_file("/dev/null", 0).value(), "");
}

TEST(ReadFile, HasABound) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "12345", 0600));
  const auto longer = read_file(folder / "f", 4);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(read_file("/dev/zero", 1 << 20).error().code, ErrorCode::kResourceExhausted);
}

TEST(ReadFile, SaysWhatIsNotThere) {
  TemporaryFolder folder;
  EXPECT_EQ(read_file(folder / "none", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_file(folder.path(), 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(read_file(folder / "none", 1).error().message(),
              HasSubstr((folder / "none").string()));
}

TEST(WriteFileAtomic, ReplacesAndLeavesNothingElse) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "old and long", 0600));
  ASSERT_TRUE(write_file_atomic(folder / "f", "new", 0600));
  EXPECT_EQ(read_file(folder / "f", 100).value(), "new");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(WriteFileAtomic, ModeIsExact) {
  TemporaryFolder folder;
  const Umask mask(077);
  ASSERT_TRUE(write_file_atomic(folder / "f", "", 0644));
  EXPECT_EQ(mode_of(folder / "f"), 0644U);
  ASSERT_TRUE(write_file_atomic(folder / "f", "", 0600));
  EXPECT_EQ(mode_of(folder / "f"), 0600U);
}

TEST(WriteFileAtomic, FollowsALink) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "real");
  ASSERT_TRUE(write_file_atomic(folder / "real/f", "old", 0600));
  std::filesystem::create_symlink("real/f", folder / "one");
  std::filesystem::create_symlink(folder / "one", folder / "two");
  ASSERT_TRUE(write_file_atomic(folder / "two", "new", 0600));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "two"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "one"));
  EXPECT_EQ(read_file(folder / "real/f", 100).value(), "new");
}

TEST(WriteFileAtomic, FollowsALinkToWhatIsNotThereYet) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("later", folder / "link");
  ASSERT_TRUE(write_file_atomic(folder / "link", "new", 0600));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "later", 100).value(), "new");
}

TEST(WriteFileAtomic, RefusesALoopOfLinks) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("b", folder / "a");
  std::filesystem::create_symlink("a", folder / "b");
  const auto result = write_file_atomic(folder / "a", "x", 0600);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST(WriteFileAtomic, TakesTheLongestName) {
  TemporaryFolder folder;
  const std::string name(255, 'n');
  ASSERT_TRUE(write_file_atomic(folder / name, "x", 0600));
  EXPECT_EQ(read_file(folder / name, 1).value(), "x");
}

TEST(WriteFileAtomic, FailsWithoutALossWhereTheFolderIsMissingOrAFile) {
  TemporaryFolder folder;
  EXPECT_EQ(write_file_atomic(folder / "none/f", "x", 0600).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(write_file_atomic(folder / "f", "kept", 0600));
  EXPECT_EQ(write_file_atomic(folder / "f/g", "x", 0600).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read_file(folder / "f", 100).value(), "kept");
  std::filesystem::create_directory(folder / "d");
  EXPECT_FALSE(write_file_atomic(folder / "d", "x", 0600));
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(WriteFileAtomic, ARefusingFolderKeepsTheOldFile) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "old", 0600));
  // Root may write everywhere: the attempt is made by nobody.
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int code = in_a_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 99;
    const auto result = write_file_atomic(folder / "f", "new", 0600);
    return result ? 98 : static_cast<int>(result.error().code);
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kPermissionDenied));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(read_file(folder / "f", 100).value(), "old");
}

TEST(WriteFileAtomic, AWriteThatFailsHalfWayKeepsTheOldFile) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "old", 0600));
  // The file size limit fails a write in its middle as a full disk does, without filling one.
  const int code = in_a_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 99;
    const auto result = write_file_atomic(folder / "f", std::string(100'000, 'n'), 0600);
    return result ? 98 : static_cast<int>(result.error().code);
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kResourceExhausted));
  EXPECT_EQ(read_file(folder / "f", 100).value(), "old");
  EXPECT_EQ(entries(folder.path()), 1U) << "a temporary file was left";
}

TEST(MakeDirectories, MakesAllWithExactlyTheMode) {
  TemporaryFolder folder;
  const Umask mask(077);
  ASSERT_TRUE(make_directories(folder / "a/b/c", 0755));
  for (const char* name : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder / name), 0755U) << name;
  ASSERT_TRUE(make_directories(folder / "x/y/", 0700));
  EXPECT_EQ(mode_of(folder / "x/y"), 0700U);
}

TEST(MakeDirectories, KeepsTheModeOfWhatExists) {
  TemporaryFolder folder;
  ASSERT_TRUE(make_directories(folder / "a", 0700));
  ASSERT_TRUE(make_directories(folder / "a", 0755));
  ASSERT_TRUE(make_directories(folder / "a/b", 0755));
  EXPECT_EQ(mode_of(folder / "a"), 0700U);
}

TEST(MakeDirectories, RefusesAFileInTheWay) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "", 0600));
  EXPECT_EQ(make_directories(folder / "f", 0700).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_directories(folder / "f/g", 0700).error().code, ErrorCode::kInvalidArgument);
}

TEST(RemoveTree, RemovesAllAndFollowsNoLink) {
  TemporaryFolder folder;
  ASSERT_TRUE(make_directories(folder / "tree/deep", 0700));
  ASSERT_TRUE(make_directories(folder / "kept", 0700));
  ASSERT_TRUE(write_file_atomic(folder / "kept/f", "x", 0600));
  std::filesystem::create_directory_symlink(folder / "kept", folder / "tree/link");
  ASSERT_TRUE(remove_tree(folder / "tree"));
  EXPECT_FALSE(std::filesystem::exists(folder / "tree"));
  EXPECT_TRUE(std::filesystem::exists(folder / "kept/f"));
  EXPECT_TRUE(remove_tree(folder / "tree")) << "absent is success";
}

TEST(Space, IsThatOfTheNearestParent) {
  TemporaryFolder folder;
  const auto info = cove::disk_space(folder / "not/there/yet");
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_GT(info->total_bytes, 0U);
  EXPECT_LE(info->available_bytes, info->total_bytes);
  EXPECT_EQ(cove::disk_space("/proc")->available_bytes, 0U);
}

}  // namespace
}  // namespace cove
