#include "core/store/committer.h"

#include <fmt/format.h>

namespace cove::store {
namespace {

// The committing thread copies at most this many pages itself, to let the log start anew.
constexpr int kTailPages = 256;
// Times Limits::checkpoint_pages: a log this long is copied by the committing thread alone.
constexpr int kLongLog = 4;

}  // namespace

Committer::Committer(LogFile file, LogFile checkpointer, const Limits& limits, Logger& log,
                     std::function<void()> deliver)
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

bool Committer::upkeep_due() const {
  if (upkeep_blocked_) return false;
  const Revision left = compact_target_ - counters_.compacted;
  return left >= limits_.compaction_slice || (compact_soon_ && left > 0) || shrink_ ||
         copied_pages_.has_value();
}

void Committer::run_commits() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stop_ || !queue_.empty() || upkeep_due(); });
    if (stop_ && queue_.empty()) return;
    std::uint64_t epoch = 0;
    const std::vector<Row> group = take_group(epoch);
    const bool due = upkeep_due();
    lock.unlock();
    last_group_ = static_cast<int>(group.size());
    if (!group.empty()) commit(group, epoch);
    if (due) upkeep();
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

void Committer::commit(const std::vector<Row>& group, std::uint64_t epoch) {
  const auto result = file_.append(group);
  bool deliver = false;
  {
    std::lock_guard lock(mutex_);
    if (result) {
      ++counters_.commits;
      outcome_.committed = group.back().revision;
      upkeep_blocked_ = false;
    } else {
      ++counters_.failed_commits;
      failed_epoch_ = outcome_.failed_epoch = epoch;
      outcome_.failure = result.error();
    }
    deliver = !std::exchange(delivered_, true);
  }
  if (deliver) deliver_();
  if (result) {
    if (std::exchange(failing_, false)) log_.info("the store can write again");
    ask_for_checkpoint(file_.log_pages());
  } else {
    note_failure(result.error());
  }
}

void Committer::note_failure(const Error& error) {
  if (!std::exchange(failing_, true)) log_.error(error.message());
  // What the log holds may fit into the file; then the log starts anew and needs no new space. It
  // also takes the frames of the failed write out of the reach of a recovery.
  (void)file_.checkpoint();
}

void Committer::upkeep() {
  Revision target = 0;
  bool shrink = false;
  bool finish = false;
  {
    std::lock_guard lock(mutex_);
    const Revision left = compact_target_ - counters_.compacted;
    if (left >= limits_.compaction_slice || (compact_soon_ && left > 0)) target = compact_target_;
    shrink = shrink_;
    finish = copied_pages_.has_value();
  }
  if (finish) {
    finish_checkpoint();
  } else if (target > 0) {
    compact_slice(target);
  } else if (shrink) {
    vacuum_slice();
  }
}

void Committer::compact_slice(Revision target) {
  // Twice what was just written: compaction must be the faster of the two.
  const auto compacted =
      file_.compact_slice(target, std::max(limits_.compaction_slice, 2 * last_group_));
  if (!compacted) return upkeep_failed(compacted.error());
  ask_for_checkpoint(file_.log_pages());
  std::lock_guard lock(mutex_);
  counters_.compacted = *compacted;
  if (*compacted >= compact_target_) compact_soon_ = false;
  shrink_ = true;
}

void Committer::vacuum_slice() {
  const int before = file_.log_pages();
  const auto more = file_.vacuum_slice(limits_.vacuum_slice);
  if (!more) return upkeep_failed(more.error());
  shrunk_ = shrunk_ || file_.log_pages() != before;
  std::lock_guard lock(mutex_);
  shrink_ = *more;
  // The file becomes shorter when the log is copied into it.
  if (!*more && std::exchange(shrunk_, false)) {
    checkpoint_wanted_ = true;
    checkpoint_.notify_one();
  }
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
