// The n-th call to the disk fails, for every n of a scripted workload.
#include <atomic>
#include <cerrno>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using Operations = std::set<IoOperation>;

// Fails calls number `from` to `until` among those of the given operations.
class FailingDisk final : public IoHooks {
 public:
  IoVerdict before(const IoCall& call) override {
    if (!armed_ || !operations.contains(call.operation)) return {};
    const int number = ++count_;
    if (number < from || number >= until) return {};
    ++failed_;
    // A disk writes whole sectors: less than that is not torn.
    return {error, call.bytes.size() >= 1024};
  }
  void arm(bool on) { armed_ = on; }
  int count() const { return count_; }
  int failed() const { return failed_; }

  // Set before arming.
  Operations operations;
  int error = EIO;
  int from = 1;
  int until = 1 << 30;

 private:
  std::atomic<bool> armed_ = false;
  std::atomic<int> count_ = 0;
  std::atomic<int> failed_ = 0;
};

struct Fault {
  const char* name;
  Operations operations;
  int error;
  int length;  // calls that fail in a row; 0: from then on
  ErrorCode answer;
};

class DiskTest : public StoreTest, public ::testing::WithParamInterface<Fault> {
 protected:
  DiskTest() : StoreTest(cove::test::memory_folder()) {}

  using State = std::map<std::string, std::pair<Revision, std::string>>;

  State state() {
    State all;
    const auto listing = store->list({});
    for (const Item& item : listing->items) {
      all[*item.key] = {item.revision, *item.value};
    }
    return all;
  }

  // The same writes every time, several in a group; returns how many failed. Checks after each
  // group that the memory is what was answered and that reads work.
  int run_workload() {
    int failures = 0;
    Revision last = store->revision();
    State model = state();
    for (int group = 0; group < 12; ++group) {
      std::size_t answers = 0;
      for (int i = 0; i < 5; ++i) {
        const std::string key = "k" + std::to_string((group * 3 + i) % 8);
        const std::string text = std::to_string(group) + std::string(1500, 'x');
        const bool deletes = i == 4 && store->newest(key);
        const auto answer = [&, key, text, deletes](Result<Written> result) {
          ++answers;
          if (!result) {
            ++failures;
            EXPECT_EQ(result.error().code, GetParam().answer) << result.error().message();
            return;
          }
          EXPECT_EQ(result->revision, ++last) << "revisions have no gaps";
          if (deletes) {
            model.erase(key);
          } else {
            model[key] = {result->revision, text};
          }
        };
        EXPECT_TRUE(store->submit({key, deletes ? nullptr : bytes(text), std::nullopt}, answer));
      }
      loop.run_until([&] { return answers == 5; });
      EXPECT_EQ(store->revision(), last);
      EXPECT_EQ(state(), model);
    }
    return failures;
  }
};

TEST_P(DiskTest, FailuresAreAnsweredAndPass) {
  limits.history_revisions = 10;
  limits.compaction_slice = 4;
  limits.vacuum_slice = 1;
  limits.checkpoint_pages = 16;
  FailingDisk quiet;
  quiet.operations = GetParam().operations;
  hooks = &quiet;
  open();
  quiet.arm(true);
  quiet.from = 1 << 30;
  ASSERT_EQ(run_workload(), 0);
  const int calls = quiet.count();
  ASSERT_GT(calls, 12);
  store.reset();

  int affected = 0;
  for (int n = 1; n <= calls; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " of " + std::to_string(calls));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      std::filesystem::remove(entry);
    }
    FailingDisk disk;
    disk.operations = GetParam().operations;
    disk.error = GetParam().error;
    disk.from = n;
    if (GetParam().length != 0) disk.until = n + GetParam().length;
    hooks = &disk;
    open();
    disk.arm(true);
    affected += run_workload() > 0 ? 1 : 0;
    disk.arm(false);

    // The disk is well again: writes work without a restart, and all is there after one.
    store->tick();
    const Revision last = store->revision();
    EXPECT_EQ(must(Write::put("after", bytes("v"))), last + 1);
    EXPECT_EQ(run_workload(), 0);
    const State before = state();
    const Revision revision = store->revision();
    reopen();
    ASSERT_TRUE(store);
    EXPECT_EQ(store->revision(), revision);
    EXPECT_EQ(state(), before);
    store.reset();
    ASSERT_FALSE(HasFailure());
  }
  // A group that had a slice of compaction with it was tried again alone.
  EXPECT_GT(affected, 2) << "hardly any failure reached a writer";
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DiskTest,
    ::testing::Values(
        Fault{"WriteFullForGood", {IoOperation::kWrite}, ENOSPC, 0, ErrorCode::kResourceExhausted},
        Fault{"WriteFullOnce", {IoOperation::kWrite}, ENOSPC, 1, ErrorCode::kResourceExhausted},
        Fault{"WriteEioForGood", {IoOperation::kWrite}, EIO, 0, ErrorCode::kInternal},
        Fault{"WriteEioFew", {IoOperation::kWrite}, EIO, 3, ErrorCode::kInternal},
        Fault{"SyncEioForGood", {IoOperation::kSync}, EIO, 0, ErrorCode::kInternal},
        Fault{"SyncEioOnce", {IoOperation::kSync}, EIO, 1, ErrorCode::kInternal},
        Fault{"SyncFullOnce", {IoOperation::kSync}, ENOSPC, 1, ErrorCode::kResourceExhausted},
        Fault{"AllEioForGood",
              {IoOperation::kWrite, IoOperation::kSync, IoOperation::kTruncate},
              EIO,
              0,
              ErrorCode::kInternal}),
    [](const auto& fault) { return fault.param.name; });

class OpeningDiskTest : public StoreTest {};

TEST_F(OpeningDiskTest, FailuresAtOpeningAreErrorsAndHarmless) {
  open();
  for (int i = 0; i < 50; ++i) must(Write::put("k" + std::to_string(i % 7), bytes("v")));
  store.reset();
  int refused = 0;
  for (int n = 1; n < 200; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    FailingDisk disk;
    disk.operations = {IoOperation::kOpen, IoOperation::kRead, IoOperation::kWrite,
                       IoOperation::kSync};
    disk.from = n;
    disk.until = n + 1;
    disk.arm(true);
    hooks = &disk;
    auto opened = Store::open(options());
    disk.arm(false);
    if (!opened) {
      ++refused;
      EXPECT_NE(opened.error().code, ErrorCode::kCorrupt) << opened.error().message();
    } else {
      EXPECT_EQ((*opened)->revision(), 50);
      store = std::move(*opened);
      EXPECT_EQ(store->stats().objects, 7U);
    }
    store.reset();
    hooks = nullptr;
    open();
    ASSERT_TRUE(store);
    EXPECT_EQ(store->revision(), 50);
    store.reset();
    if (disk.failed() == 0) break;
  }
  EXPECT_GT(refused, 5);
}

TEST_F(OpeningDiskTest, AFailedCreationLeavesNothing) {
  for (int n = 1; n < 200; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    FailingDisk disk;
    disk.operations = {IoOperation::kWrite, IoOperation::kSync};
    disk.error = ENOSPC;
    disk.from = n;
    disk.arm(true);
    hooks = &disk;
    auto opened = Store::open(options());
    if (opened) break;
    EXPECT_FALSE(std::filesystem::exists(path().string() + ".new"));
    hooks = nullptr;
    open();
    ASSERT_TRUE(store);
    EXPECT_EQ(store->revision(), 0);
    store.reset();
    std::filesystem::remove(path());
  }
}

TEST_F(OpeningDiskTest, AFailedBackupLeavesNothing) {
  FailingDisk disk;
  disk.operations = {IoOperation::kWrite};
  disk.error = ENOSPC;
  disk.from = 3;
  hooks = &disk;
  open();
  for (int i = 0; i < 50; ++i) must(Write::put("k" + std::to_string(i), bytes("v")));
  disk.arm(true);
  std::optional<Result<FileReport>> done;
  store->backup(folder.path() / "copy",
                [&](Result<FileReport> result) { done = std::move(result); });
  loop.run_until([&] { return done.has_value(); });
  disk.arm(false);
  ASSERT_FALSE(*done);
  EXPECT_EQ(done->error().code, ErrorCode::kResourceExhausted) << done->error().message();
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("store")) << entry.path();
  }
  must(Write::put("k", bytes("v")));
  store.reset();  // before the disk
}

}  // namespace
}  // namespace cove::store::test
