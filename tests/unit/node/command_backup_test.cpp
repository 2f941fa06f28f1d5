#include "app/node/command_backup.h"

#include <fstream>

#include "app/node/options.h"
#include "tests/unit/store/fixture.h"

namespace cove::node {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CommandBackupTest : public store::test::StoreTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(data());
    open_store();
    must(store::Write::put("a", store::test::bytes("1")));
  }
  void open_store() {
    auto options = this->options();
    options.path = data() / store::kFileName;
    store = *store::Store::open(std::move(options));
  }
  Path data() const { return folder.path() / "data"; }
  std::string backup() const { return (folder.path() / "backup").string(); }

  std::optional<int> run(std::vector<std::string> arguments) {
    std::vector<const char*> argv{"coved"};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const auto code = run_command(static_cast<int>(argv.size()), argv.data());
    output_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return code;
  }
  std::optional<int> back_up() {
    return run({"backup", "--data-dir", data().string(), "--out", backup()});
  }
  std::optional<int> restore() { return run({"restore", backup(), "--data-dir", data().string()}); }

  std::string output_;
  std::string errors_;
};

TEST_F(CommandBackupTest, IsNotWhatServes) {
  EXPECT_FALSE(run({}));
  EXPECT_FALSE(run({"--data-dir", "x"}));
}

TEST_F(CommandBackupTest, BacksUpWhileTheStoreIsInUseAndRestoresLater) {
  EXPECT_EQ(back_up(), kExitOk) << errors_;
  EXPECT_THAT(output_, HasSubstr("1 objects at revision 1"));
  must(store::Write::put("a", store::test::bytes("2")));
  EXPECT_EQ(restore(), kExitInUse);
  EXPECT_THAT(errors_, HasSubstr("has it open"));
  store.reset();
  EXPECT_EQ(restore(), kExitOk) << errors_;
  EXPECT_THAT(output_, HasSubstr("What it replaces is kept as"));
  open_store();
  EXPECT_EQ(value("a"), "1");
}

TEST_F(CommandBackupTest, BacksUpWhatIsNotInUse) {
  store.reset();
  EXPECT_EQ(back_up(), kExitOk) << errors_;
  EXPECT_TRUE(store::Store::check(backup()));
}

TEST_F(CommandBackupTest, RefusesWhileCovedHasTheDataDirectory) {
  store.reset();
  ASSERT_EQ(back_up(), kExitOk);
  const auto lock = FileLock::try_acquire(data() / "coved.lock", "serving");
  EXPECT_EQ(restore(), kExitInUse);
}

TEST_F(CommandBackupTest, SaysInOneSentenceWhatIsWrongWithABackup) {
  store.reset();
  ASSERT_EQ(back_up(), kExitOk);
  std::fstream(backup(), std::ios::in | std::ios::out | std::ios::binary).seekp(63).put(9);
  EXPECT_EQ(restore(), kExitNewer);
  EXPECT_THAT(errors_, MatchesRegex("coved: cannot restore .*: it has format 9[^\n]*\n"));
  std::filesystem::resize_file(backup(), 5000);
  std::fstream(backup(), std::ios::in | std::ios::out | std::ios::binary).seekp(63).put(1);
  EXPECT_EQ(restore(), kExitCorrupt);
  EXPECT_THAT(errors_, HasSubstr("Use another backup."));
}

TEST_F(CommandBackupTest, ExplainsItself) {
  EXPECT_EQ(run({"backup", "--help"}), kExitOk);
  EXPECT_THAT(output_, HasSubstr("--out FILE"));
  EXPECT_EQ(run({"backup"}), kExitUsage);
  EXPECT_EQ(run({"restore", "--data-dir", "x"}), kExitUsage);
  EXPECT_THAT(errors_, HasSubstr("See coved restore --help."));
}

}  // namespace
}  // namespace cove::node
