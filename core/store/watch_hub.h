// WatchHub: who watches what, and the queues in between. The cost of an event grows with the
// watches that match it and the logarithm of the number of watched prefixes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/store/history.h"

namespace cove::store {

// Not thread-safe. Watches may outlive it.
class WatchHub {
 public:
  explicit WatchHub(const Limits& limits);
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;
  ~WatchHub();

  // Replays (request.after, revision] from `history`; the replay does not count against the
  // queue's bound.
  Result<std::unique_ptr<Watch>> add(const WatchRequest& request, std::function<void()> ready,
                                     const History& history, Revision revision);
  void publish(const std::shared_ptr<const Event>& event);
  // Calls `ready` of watches whose queues were empty before the events published since. Callbacks
  // may do anything, also end watches.
  void notify();

  std::size_t size() const;
  std::size_t cut_off() const;

  struct Queue;
  struct Registry;

 private:
  std::shared_ptr<Registry> registry_;
};

}  // namespace cove::store
