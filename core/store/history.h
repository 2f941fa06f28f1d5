// History: the newest events, bounded in number, age and bytes.
#pragma once

#include <deque>
#include <memory>

#include "core/store/index.h"

namespace cove::store {

// Not thread-safe.
class History {
 public:
  History(Index& index, const Limits& limits, Revision oldest)
      : index_(index), limits_(limits), oldest_(oldest) {}

  // `event` follows the newest one; `version` is what it made in the index.
  void add(std::shared_ptr<const Event> event, Version& version, SteadyTime now);
  // Drops what is beyond the bounds.
  void expire(SteadyTime now);
  // Drops events up to and including `revision`.
  void drop_until(Revision revision);

  // States at this revision and later can be read, events after it replayed.
  Revision oldest() const { return oldest_; }
  std::size_t size() const { return records_.size(); }
  std::size_t bytes() const { return bytes_; }
  // The event of `revision`, which is greater than oldest() and not in the future.
  const std::shared_ptr<const Event>& at(Revision revision) const {
    return records_[static_cast<std::size_t>(revision - oldest_ - 1)].event;
  }

 private:
  struct Record {
    std::shared_ptr<const Event> event;
    Version* version;
    SteadyTime time;
  };
  void drop_oldest();

  Index& index_;
  const Limits& limits_;
  Revision oldest_;
  std::size_t bytes_ = 0;
  std::deque<Record> records_;
};

}  // namespace cove::store
