// Committer: the threads that write. One commits groups of revisions; small slices of compaction
// and shrinking ride in the groups' transactions, so that no writer waits for an fsync of theirs,
// and go alone only when nobody wrote for a moment. One copies the write-ahead log into the file
// beside it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/store/log_file.h"

namespace cove::store {

// Thread-safe. Destruction commits what was submitted, then ends the threads.
class Committer {
 public:
  // `deliver` is called on the committer's thread when there is an outcome to take; not again
  // before it was taken. With `idle` nobody waits for that thread, which may do more than to tell.
  // `checkpointer` is a second connection to the same file.
  Committer(LogFile file, LogFile checkpointer, const Limits& limits, Logger& log,
            std::function<void(bool idle)> deliver);
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  ~Committer();

  // Rows come in order of revision. A failed commit fails its epoch: all rows of it that are not
  // committed yet are dropped, so that no row is written that was decided on one that failed.
  void submit(std::uint64_t epoch, Row row);

  struct Outcome {
    Revision committed = 0;  // everything up to here is durable
    std::optional<Error> failure;
    std::uint64_t failed_epoch = 0;
  };
  Outcome take_outcome();

  // History up to `target` may go from the disk: in slices when enough has gathered, or, with
  // `soon`, until all is gone.
  void compact(Revision target, bool soon);
  // Lets upkeep that failed try again.
  void retry_upkeep();

  struct Counters {
    std::uint64_t commits = 0;
    std::uint64_t failed_commits = 0;
    Revision compacted = 0;
  };
  Counters counters() const;

 private:
  struct Queued {
    std::uint64_t epoch;
    Row row;
  };
  // These three with the mutex.
  bool compaction_due() const;
  bool upkeep_due() const;
  LogFile::Slice next_slice(std::size_t group) const;
  std::vector<Row> take_group(std::uint64_t& epoch);
  void commit(const std::vector<Row>& group, std::uint64_t epoch, LogFile::Slice slice);
  Result<void> append(const std::vector<Row>& group, LogFile::Slice& slice);
  void note_failure(const Error& error);
  void note_slice(const LogFile::Slice& slice);
  void finish_checkpoint();
  void upkeep_failed(const Error& error);
  void ask_for_checkpoint(int pages);
  void run_commits();
  void run_checkpoints();

  LogFile file_;
  LogFile checkpointer_;
  const Limits limits_;
  Logger& log_;
  const std::function<void(bool idle)> deliver_;

  // The committing thread's own.
  bool failing_ = false;
  bool shrunk_ = false;
  int checkpoint_asked_at_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable checkpoint_;
  std::deque<Queued> queue_;
  std::uint64_t failed_epoch_ = 0;
  Outcome outcome_;
  bool delivered_ = false;
  Revision compact_target_ = 0;
  bool compact_soon_ = false;
  bool shrink_ = false;
  bool upkeep_blocked_ = false;
  bool checkpoint_wanted_ = false;
  std::optional<int> copied_pages_;  // by a checkpoint that the committing thread is to finish
  Counters counters_;
  bool stop_ = false;

  std::thread checkpoints_;
  std::thread commits_;
};

}  // namespace cove::store
