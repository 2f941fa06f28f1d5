#include "core/store/committer.h"

#include <fmt/format.h>

namespace cove::store {
namespace {

// The committing thread copies at most this many pages itself, to let the log start anew.
constexpr int kTailPages = 256;
// Times Limits::checkpoint_pages: a log this long is copied by the committing thread alone.
constexpr int kLongLog = 4;
// Nobody wrote for this long: upkeep may have an fsync of its own.
constexpr std::chrono::milliseconds kIdle{5};

}  // namespace

Committer::Committer(LogFile file, LogFile checkpointer, const Limits& limits, Logger& log,
                     std::function<void(bool idle)> deliver)
    : file_(std::move(file)),
      checkpointer_(std::move(checkpointer)),
      limits_(limits),
      log_(log),
      deliver_(std::move(deliver)) {
  counters_.compacted = file_.compacted();
  checkpoints_ = std::thread([this] { run_checkpoints(); });
  commits_ = std::thread([this] { run_commits(); });
}

Committer::~Committer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  commits_.join();
  checkpoint_.notify_all();
  checkpoints_.join();
}

void Committer::submit(std::uint64_t epoch, Row row) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    wake = queue_.empty();
    queue_.push_back({epoch, std::move(row)});
  }
  if (wake) work_.notify_one();
}

Committer::Outcome Committer::take_outcome() {
  std::lock_guard lock(mutex_);
  delivered_ = false;
  return {outcome_.committed, std::exchange(outcome_.failure, std::nullopt), outcome_.failed_epoch};
}

void Committer::compact(Revision target, bool soon) {
  bool due = false;
  {
    std::lock_guard lock(mutex_);
    compact_target_ = std::max(compact_target_, target);
    compact_soon_ = compact_soon_ || soon;
    due = upkeep_due();
  }
  if (due) work_.notify_one();
}

void Committer::retry_upkeep() {
  bool due = false;
  {
    std::lock_guard lock(mutex_);
    upkeep_blocked_ = false;
    due = upkeep_due();
  }
  if (due) work_.notify_one();
}

Committer::Counters Committer::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

bool Committer::compaction_due() const {
  const Revision left = compact_target_ - counters_.compacted;
  return left >= limits_.compaction_slice || (compact_soon_ && left > 0);
}

bool Committer::upkeep_due() const {
  return !upkeep_blocked_ && (compaction_due() || shrink_ || copied_pages_.has_value());
}

LogFile::Slice Committer::next_slice(std::size_t group) const {
  if (upkeep_blocked_) return {};
  if (!compaction_due()) return {0, shrink_ ? limits_.vacuum_slice : 0};
  // More than what is written: compaction must be the faster of the two.
  const auto revisions =
      std::max<Revision>(limits_.compaction_slice, 2 * static_cast<Revision>(group));
  return {std::min(compact_target_, counters_.compacted + revisions), 0};
}

void Committer::run_commits() {
  std::unique_lock lock(mutex_);
  const auto wanted = [&] { return stop_ || !queue_.empty(); };
  while (true) {
    work_.wait(lock, [&] { return wanted() || upkeep_due(); });
    if (!wanted() && !copied_pages_) work_.wait_for(lock, kIdle, wanted);
    if (stop_ && queue_.empty()) return;
    std::uint64_t epoch = 0;
    const std::vector<Row> group = take_group(epoch);
    const bool finish = copied_pages_.has_value();
    const LogFile::Slice slice =
        group.empty() && finish ? LogFile::Slice{} : next_slice(group.size());
    lock.unlock();
    if (!group.empty() || !slice.empty()) commit(group, epoch, slice);
    if (finish) finish_checkpoint();
    lock.lock();
  }
}

std::vector<Row> Committer::take_group(std::uint64_t& epoch) {
  std::vector<Row> group;
  std::size_t bytes = 0;
  while (!queue_.empty() && group.size() < limits_.group_writes) {
    Queued& next = queue_.front();
    if (next.epoch > failed_epoch_) {
      const std::size_t size = next.row.key->size() + (next.row.value ? next.row.value->size() : 0);
      if (!group.empty() && (bytes + size > limits_.group_bytes || next.epoch != epoch)) break;
      bytes += size;
      epoch = next.epoch;
      group.push_back(std::move(next.row));
    }
    queue_.pop_front();
  }
  return group;
}

// A slice that fails must not fail the group: it may need what the group does not, such as room on
// the disk or a page that the disk does not give.
Result<void> Committer::append(const std::vector<Row>& group, LogFile::Slice& slice) {
  auto result = file_.append(group, slice);
  if (result || slice.empty()) return result;
  upkeep_failed(result.error());
  slice = {};
  return group.empty() ? Result<void>() : file_.append(group, slice);
}

void Committer::commit(const std::vector<Row>& group, std::uint64_t epoch, LogFile::Slice slice) {
  const auto result = append(group, slice);
  bool deliver = false;
  bool idle = false;
  if (!group.empty()) {
    std::lock_guard lock(mutex_);
    if (result) {
      ++counters_.commits;
      outcome_.committed = group.back().revision;
    } else {
      ++counters_.failed_commits;
      failed_epoch_ = outcome_.failed_epoch = epoch;
      outcome_.failure = result.error();
    }
    deliver = !std::exchange(delivered_, true);
    idle = queue_.empty();
  }
  if (deliver) deliver_(idle);
  if (!result) return note_failure(result.error());
  if (!group.empty() && std::exchange(failing_, false)) log_.info("the store can write again");
  note_slice(slice);
  ask_for_checkpoint(file_.log_pages());
}

void Committer::note_slice(const LogFile::Slice& slice) {
  if (slice.empty()) return;
  shrunk_ = shrunk_ || slice.vacuum_pages > 0;
  const auto spare = file_.spare_pages();
  {
    std::lock_guard lock(mutex_);
    counters_.compacted = file_.compacted();
    if (counters_.compacted >= compact_target_) compact_soon_ = false;
    shrink_ = spare && *spare > 0;
  }
  if (!spare) return upkeep_failed(spare.error());
  if (*spare > 0 || !std::exchange(shrunk_, false)) return;
  // The file becomes shorter when the log is copied into it.
  std::lock_guard lock(mutex_);
  checkpoint_wanted_ = true;
  checkpoint_.notify_one();
}

void Committer::note_failure(const Error& error) {
  if (!std::exchange(failing_, true)) log_.error(error.message());
  // What the log holds may fit into the file; then the log starts anew and needs no new space. It
  // also takes the frames of the failed write out of the reach of a recovery.
  (void)file_.checkpoint();
}

void Committer::upkeep_failed(const Error& error) {
  log_.warn(error.message());
  (void)file_.checkpoint();
  std::lock_guard lock(mutex_);
  upkeep_blocked_ = true;
}

void Committer::ask_for_checkpoint(int pages) {
  if (pages < checkpoint_asked_at_) checkpoint_asked_at_ = 0;  // the log started anew
  if (pages < checkpoint_asked_at_ + limits_.checkpoint_pages) return;
  checkpoint_asked_at_ = pages;
  std::lock_guard lock(mutex_);
  checkpoint_wanted_ = true;
  checkpoint_.notify_one();
}

// The log can only start anew when all of it is copied and nobody writes: the checkpointer copies
// most of it beside the writes, and the rest is done here, between two groups.
void Committer::finish_checkpoint() {
  {
    std::lock_guard lock(mutex_);
    const int left = file_.log_pages() - *copied_pages_;
    copied_pages_.reset();
    // Writers that outrun the checkpointer wait for it once the log is long.
    if (left > kTailPages && file_.log_pages() < kLongLog * limits_.checkpoint_pages) {
      checkpoint_wanted_ = true;
      checkpoint_.notify_one();
      return;
    }
  }
  if (const auto done = file_.checkpoint(); !done) upkeep_failed(done.error());
}

void Committer::run_checkpoints() {
  std::unique_lock lock(mutex_);
  int copied_before = 0;
  while (true) {
    checkpoint_.wait(lock, [&] { return stop_ || checkpoint_wanted_; });
    if (stop_) return;
    checkpoint_wanted_ = false;
    lock.unlock();
    const auto done = checkpointer_.checkpoint();
    if (!done) log_.warn(done.error().message());
    lock.lock();
    if (!done) continue;
    // No progress: a reader, that is a backup, needs the rest. The next request tries again.
    const bool stuck = done->copied == copied_before && done->pages - done->copied > kTailPages;
    copied_before = done->copied;
    if (stuck) continue;
    copied_pages_ = done->copied;
    work_.notify_one();
  }
}

}  // namespace cove::store
