#include <sys/stat.h>

#include <fstream>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DurabilityTest : public StoreTest {
 protected:
  void SetUp() override { open(); }
  mode_t mode(const Path& file) {
    struct stat info {};
    EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
    return info.st_mode & 07777;
  }
  // Runs small writes until the disk is compacted up to `revision`.
  void wait_compacted(Revision revision) {
    while (store->stats().compacted < revision) must(Write::put("nudge", bytes("v")));
  }
  Result<FileReport> backup(const Path& target) {
    std::optional<Result<FileReport>> done;
    store->backup(target, [&](Result<FileReport> result) { done = std::move(result); });
    loop.run_until([&] { return done.has_value(); });
    return *done;
  }
};

TEST_F(DurabilityTest, StateSurvivesARestart) {
  must(Write::create("/a", bytes("1")));
  must(Write::create("/b", bytes("2")));
  must(Write::put("/a", bytes("3")));
  must(Write::remove("/b"));
  reopen();
  EXPECT_EQ(store->revision(), 4);
  EXPECT_THAT(listed({}), ElementsAre("/a=3@3"));
  EXPECT_THAT(listed({.at = 2}), ElementsAre("/a=1@1", "/b=2@2"));
  EXPECT_EQ(must(Write::create("/b", bytes("5"))), 5);
}

TEST_F(DurabilityTest, RevisionsGoOnAfterEverythingIsDeletedAndCompacted) {
  for (int i = 0; i < 300; ++i) must(Write::create("k" + std::to_string(i), bytes("v")));
  for (int i = 0; i < 300; ++i) must(Write::remove("k" + std::to_string(i)));
  store->compact(600);
  wait_compacted(600);
  const Revision last = store->revision();
  store->compact(last);
  reopen();
  EXPECT_EQ(store->revision(), last);
  EXPECT_EQ(must(Write::put("k", bytes("v"))), last + 1);
}

TEST_F(DurabilityTest, CompactedHistoryStaysGoneAfterARestart) {
  limits.compaction_slice = 4;
  reopen();
  for (int i = 0; i < 50; ++i) must(Write::put("k", bytes(std::to_string(i))));
  store->compact(30);
  wait_compacted(30);
  reopen();
  EXPECT_GE(store->stats().oldest, 30);
  EXPECT_TRUE(is_compacted(store->list({.at = 29}).error()));
  EXPECT_THAT(listed({.prefix = "k", .at = 50}), ElementsAre("k=49@50"));
}

TEST_F(DurabilityTest, TheFileShrinks) {
  limits.history_revisions = 100;
  limits.compaction_slice = 64;
  limits.checkpoint_pages = 64;
  reopen();
  const std::string large(10'000, 'x');
  for (int i = 0; i < 1000; ++i) must(Write::create("k" + std::to_string(i), bytes(large)));
  reopen();
  const auto full = store->stats().file_bytes;
  EXPECT_GT(full, 10'000'000U);
  for (int i = 0; i < 1000; ++i) must(Write::remove("k" + std::to_string(i)));
  store->compact(2000);
  // Upkeep goes on between writes.
  for (int i = 0; i < 20'000 && store->stats().file_bytes > full / 4; ++i) {
    must(Write::put("nudge", bytes("v")));
  }
  EXPECT_LT(store->stats().file_bytes, full / 4);
  EXPECT_LT(store->stats().log_bytes, 40'000'000U);
}

TEST_F(DurabilityTest, FilesAreTheOwnersOnly) {
  must(Write::put("k", bytes("v")));
  EXPECT_EQ(mode(path()), 0600U);
  EXPECT_EQ(mode(path().string() + "-wal"), 0600U);
  EXPECT_EQ(mode(path().string() + ".lock"), 0600U);
  ASSERT_TRUE(backup(folder.path() / "copy"));
  EXPECT_EQ(mode(folder.path() / "copy"), 0600U);
}

TEST_F(DurabilityTest, OnlyOneHasItOpen) {
  auto second = Store::open(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), HasSubstr("has it open"));
  std::filesystem::create_symlink(path(), folder.path() / "link");
  Options by_link = options();
  by_link.path = folder.path() / "link";
  second = Store::open(std::move(by_link));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_F(DurabilityTest, NoFolderIsAnError) {
  Options elsewhere = options();
  elsewhere.path = folder.path() / "absent" / "store";
  const auto opened = Store::open(std::move(elsewhere));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
}

TEST_F(DurabilityTest, LeftoversOfAKilledCreationAreReplaced) {
  store.reset();
  std::filesystem::remove(path());
  std::ofstream(path().string() + ".new") << "half";
  open();
  EXPECT_EQ(store->revision(), 0);
  EXPECT_FALSE(std::filesystem::exists(path().string() + ".new"));
}

TEST_F(DurabilityTest, BackupIsConsistentWhileWritesGoOn) {
  for (int i = 0; i < 200; ++i) must(Write::put("k" + std::to_string(i), bytes("0")));
  std::optional<Result<FileReport>> done;
  const Revision before = store->revision();
  store->backup(folder.path() / "copy",
                [&](Result<FileReport> result) { done = std::move(result); });
  std::size_t written = 0;
  std::function<void(Result<Written>)> next = [&](Result<Written> result) {
    ASSERT_TRUE(result);
    ++written;
    if (!done) {
      ASSERT_TRUE(store->submit(Write::put("live", bytes(std::to_string(written))), next));
    }
  };
  ASSERT_TRUE(store->submit(Write::put("live", bytes("0")), next));
  loop.run_until([&] { return done.has_value(); });
  ASSERT_TRUE(*done) << done->error().message();
  const Revision at = (*done)->revision;
  EXPECT_GE(at, before);
  loop.run_until([&] { return store->stats().pending_writes == 0; });
  const auto expected = store->list({.at = at});
  ASSERT_TRUE(expected);
  EXPECT_EQ((*done)->objects, expected->items.size());

  Options copy = options();
  copy.path = folder.path() / "copy";
  const auto restored = Store::open(std::move(copy));
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ((*restored)->revision(), at);
  const auto listing = (*restored)->list({});
  ASSERT_EQ(listing->items.size(), expected->items.size());
  for (std::size_t i = 0; i < listing->items.size(); ++i) {
    EXPECT_EQ(*listing->items[i].key, *expected->items[i].key);
    EXPECT_EQ(*listing->items[i].value, *expected->items[i].value);
    EXPECT_EQ(listing->items[i].revision, expected->items[i].revision);
  }
}

TEST_F(DurabilityTest, BackupReplacesAndRefuses) {
  must(Write::put("k", bytes("v")));
  ASSERT_TRUE(backup(folder.path() / "copy"));
  must(Write::put("k", bytes("w")));
  const auto again = backup(folder.path() / "copy");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->revision, 2);
  EXPECT_EQ(backup(path()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(backup(folder.path() / "absent" / "copy").error().code, ErrorCode::kNotFound);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++files;
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
  }
  EXPECT_EQ(files, 5U) << "store, its log, index and lock, and the copy";
}

TEST_F(DurabilityTest, ClosingEndsABackup) {
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(store->submit(Write::put("k" + std::to_string(i), bytes(std::string(1000, 'v'))),
                              [](auto) {}));
  }
  loop.run_until([&] { return store->stats().pending_writes == 0; });
  store->backup(folder.path() / "copy", [](auto) { FAIL() << "called by a closed store"; });
  store.reset();
  open();
  EXPECT_EQ(store->revision(), 2000);
}

TEST_F(DurabilityTest, ChecksAFileThatIsNotOpen) {
  for (int i = 0; i < 10; ++i) must(Write::put("k" + std::to_string(i % 3), bytes("v")));
  must(Write::remove("k0"));
  const auto busy = Store::check(path());
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::kConflict);
  store.reset();
  const auto report = Store::check(path());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->revision, 11);
  EXPECT_EQ(report->objects, 2U);
  EXPECT_EQ(report->revisions, 11U);
  EXPECT_EQ(Store::check(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cove::store::test
