#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/runtime/spec.h"
#include "tests/support/temporary_folder.h"

namespace cove::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class UsersTest : public testing::Test {
 protected:
  UsersTest() { std::filesystem::create_directory(root_ / "etc"); }
  void passwd(const std::string& text) {
    ASSERT_TRUE(write_file_atomic(root_ / "etc/passwd", text, 0644));
  }
  void group(const std::string& text) {
    ASSERT_TRUE(write_file_atomic(root_ / "etc/group", text, 0644));
  }
  void usual() {
    passwd(
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n"
        "7:x:8:9::/seven:\nnohome:x:55:55:::\n");
    group("root:x:0:root\nstaff:x:50:app,other\napp:x:1001:\nwww:x:33:app\n");
  }
  test::TemporaryFolder root_;
};

TEST_F(UsersTest, NamesAndNumbers) {
  usual();
  struct Row {
    const char* user;
    std::uint32_t uid, gid;
    std::vector<std::uint32_t> groups;
    const char* home;
  };
  const std::vector<Row> rows = {
      {"", 0, 0, {0}, "/root"},
      {"root", 0, 0, {0}, "/root"},
      {"app", 1000, 1001, {1001, 50, 33}, "/home/app"},
      {"1000", 1000, 1001, {1001, 50, 33}, "/home/app"},
      {"app:www", 1000, 33, {33}, "/home/app"},
      {"app:77", 1000, 77, {77}, "/home/app"},
      {"4242", 4242, 0, {0}, "/"},
      {"4242:33", 4242, 33, {33}, "/"},
      {"7", 7, 0, {0}, "/"},  // a number, though there is a user of that name
      {"nohome", 55, 55, {55}, "/"},
  };
  for (const Row& row : rows) {
    const auto found = resolve_user(root_.path(), row.user);
    ASSERT_TRUE(found) << row.user;
    EXPECT_EQ(found->uid, row.uid) << row.user;
    EXPECT_EQ(found->gid, row.gid) << row.user;
    EXPECT_EQ(found->groups, row.groups) << row.user;
    EXPECT_EQ(found->home, row.home) << row.user;
  }
  EXPECT_THAT(resolve_user(root_.path(), "1000:1000", {"staff", "99", "99"})->groups,
              ElementsAre(1000, 50, 99));
}

TEST_F(UsersTest, UnknownNamesAreSaidInDockersWords) {
  usual();
  EXPECT_EQ(resolve_user(root_.path(), "nobody").error().cause,
            "unable to find user nobody: no matching entries in passwd file");
  EXPECT_EQ(resolve_user(root_.path(), "app:none").error().cause,
            "unable to find group none: no matching entries in group file");
  EXPECT_EQ(resolve_user(root_.path(), "app", {"none"}).error().cause,
            "unable to find group none: no matching entries in group file");
  EXPECT_THAT(resolve_user(root_.path(), "4294967296").error().cause, HasSubstr("range"));
  EXPECT_THAT(resolve_user(root_.path(), "2147483648").error().cause, HasSubstr("range"));
  EXPECT_FALSE(resolve_user(root_.path(), "-1"));
}

TEST_F(UsersTest, WithoutFilesNumbersStillWork) {
  EXPECT_EQ(resolve_user(root_.path(), "")->uid, 0U);
  EXPECT_EQ(resolve_user(root_.path(), "12:34")->gid, 34U);
  EXPECT_FALSE(resolve_user(root_.path(), "root"));
}

TEST_F(UsersTest, LinksDoNotLeadOut) {
  test::TemporaryFolder outside;
  ASSERT_TRUE(write_file_atomic(outside / "passwd", "evil:x:666:666::/evil:\n", 0644));
  std::filesystem::create_symlink(outside / "passwd", root_ / "etc/passwd");
  EXPECT_FALSE(resolve_user(root_.path(), "evil"));
  // An absolute link means the root's own file.
  ASSERT_TRUE(write_file_atomic(root_ / "users", "inside:x:5:5::/in:\n", 0644));
  std::filesystem::remove(root_ / "etc/passwd");
  std::filesystem::create_symlink("/users", root_ / "etc/passwd");
  EXPECT_EQ(resolve_user(root_.path(), "inside")->uid, 5U);
}

TEST_F(UsersTest, OnlyFilesAreReadAndOnlySoMuch) {
  ASSERT_EQ(::mkfifo((root_ / "etc/passwd").c_str(), 0644), 0);
  EXPECT_FALSE(resolve_user(root_.path(), "app"));
  std::filesystem::remove(root_ / "etc/passwd");
  passwd(std::string(5 << 20, 'x'));
  EXPECT_EQ(resolve_user(root_.path(), "app").error().code, ErrorCode::kResourceExhausted);
  passwd(
      ":::::::\napp:x:99999999999:0::/:\napp:x:-1:0::/:\napp:x:1:4294967295::/:\n\n::\n"
      "app:x:5:6::relative:/bin/sh");
  const auto found = resolve_user(root_.path(), "app");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->uid, 5U);
  EXPECT_EQ(found->home, "/");
}

}  // namespace
}  // namespace cove::runtime
