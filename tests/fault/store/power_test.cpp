// Power cuts: everything that reached the disk layer is recorded, and the files are rebuilt as they
// may be after a cut at any moment: what was synced is there, of the rest any part, torn anywhere.
#include <atomic>
#include <fstream>
#include <random>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

class RecordingDisk final : public IoHooks {
 public:
  struct Step {
    IoFile file;
    IoOperation operation;
    std::int64_t offset;
    std::string bytes;
    Revision answered;  // when it happened
  };

  IoVerdict before(const IoCall& call) override {
    if (call.file == IoFile::kOther ||
        (call.operation != IoOperation::kWrite && call.operation != IoOperation::kSync &&
         call.operation != IoOperation::kTruncate)) {
      return {};
    }
    std::lock_guard lock(mutex_);
    steps_.push_back({call.file, call.operation, call.offset, std::string(call.bytes), answered_});
    return {};
  }
  void answered(Revision revision) {
    std::lock_guard lock(mutex_);
    answered_ = revision;
  }
  std::vector<Step> take() {
    std::lock_guard lock(mutex_);
    return std::move(steps_);
  }

 private:
  std::mutex mutex_;
  Revision answered_ = 0;
  std::vector<Step> steps_;
};

void write_at(std::string& file, std::int64_t offset, std::string_view bytes) {
  const auto begin = static_cast<std::size_t>(offset);
  if (file.size() < begin + bytes.size()) file.resize(begin + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + offset);
}

// One file as the disk has it, and what waits for a sync.
struct DiskFile {
  std::string synced;
  std::vector<const RecordingDisk::Step*> waiting;

  void apply(const RecordingDisk::Step& step) {
    if (step.operation != IoOperation::kSync) return waiting.push_back(&step);
    for (const auto* one : waiting) commit(synced, *one);
    waiting.clear();
  }
  static void commit(std::string& file, const RecordingDisk::Step& step) {
    if (step.operation == IoOperation::kTruncate) {
      file.resize(static_cast<std::size_t>(step.offset));
    } else {
      write_at(file, step.offset, step.bytes);
    }
  }
  // Each waiting write got there whole, in part (whole sectors) or not at all.
  std::string after_cut(std::mt19937& random) const {
    std::string file = synced;
    for (const auto* step : waiting) {
      const auto luck = random() % 3;
      if (luck == 0) continue;
      RecordingDisk::Step some = *step;
      if (luck == 1 && some.operation == IoOperation::kWrite && some.bytes.size() > 512) {
        some.bytes.resize(random() % (some.bytes.size() / 512) * 512);
      }
      commit(file, some);
    }
    return file;
  }
};

class PowerTest : public StoreTest {};

TEST_F(PowerTest, NothingAnsweredIsLost) {
  limits.history_revisions = 30;
  limits.compaction_slice = 8;
  limits.vacuum_slice = 2;
  limits.checkpoint_pages = 24;
  open();
  store.reset();
  std::ifstream made(path(), std::ios::binary);
  const std::string empty{std::istreambuf_iterator<char>(made), {}};

  // The state of every revision, and the trace of how the disk came to it.
  using State = std::map<std::string, std::string>;
  std::map<Revision, State> states{{0, {}}};
  RecordingDisk disk;
  hooks = &disk;
  open();
  std::mt19937 random(17);
  for (int group = 0; group < 60; ++group) {
    int waiting = 3;
    for (int i = 0; i < 3; ++i) {
      const std::string key = "k" + std::to_string(random() % 10);
      const bool deletes = store->newest(key) && random() % 4 == 0;
      const std::string text = std::to_string(random()) + std::string(random() % 4000, 'x');
      ASSERT_TRUE(store->submit({key, deletes ? nullptr : bytes(text), std::nullopt},
                                [&, key, text, deletes](Result<Written> result) {
                                  ASSERT_TRUE(result);
                                  --waiting;
                                  State next = states.rbegin()->second;
                                  next.erase(key);
                                  if (!deletes) next[key] = text;
                                  states[result->revision] = std::move(next);
                                  disk.answered(result->revision);
                                }));
    }
    loop.run_until([&] { return waiting == 0; });
  }
  store.reset();
  const auto steps = disk.take();
  hooks = nullptr;
  ASSERT_GT(steps.size(), 200U);

  std::map<IoFile, DiskFile> files;
  files[IoFile::kDatabase].synced = empty;
  int cuts = 0;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    files[steps[n].file].apply(steps[n]);
    if (n % 3 != 0 && steps[n].operation != IoOperation::kSync) continue;
    ++cuts;
    SCOPED_TRACE("cut after step " + std::to_string(n));
    cove::test::TemporaryFolder other;
    const Path cut = other.path() / "store";
    std::ofstream(cut, std::ios::binary) << files[IoFile::kDatabase].after_cut(random);
    std::ofstream(cut.string() + "-wal", std::ios::binary) << files[IoFile::kLog].after_cut(random);
    Options after = options();
    after.path = cut;
    const auto opened = Store::open(std::move(after));
    ASSERT_TRUE(opened) << opened.error().message();
    const Revision revision = (*opened)->revision();
    ASSERT_GE(revision, steps[n].answered) << "an answered write is lost";
    ASSERT_TRUE(states.contains(revision));
    State found;
    const auto listing = (*opened)->list({});
    for (const Item& item : listing->items) found[*item.key] = *item.value;
    ASSERT_EQ(found, states[revision]);
  }
  EXPECT_GT(cuts, 100);
}

}  // namespace
}  // namespace cove::store::test
