// Queue: pods that want a node. Active ones by priority, then by how long they wait; those that
// were tried lately wait out their backoff; those that fit nowhere wait for something to happen;
// gated ones for their gates.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/scheduler/plugin.h"

namespace cove::scheduler {

struct QueuedPod {
  PodPtr pod;
  SteadyTime since = {};                        // when it came, or came back
  int tried = 0;                                // attempts in a row that found no node
  int failed = 0;                               // attempts in a row that broke
  std::set<std::string_view> rejected_by = {};  // names of filters
};

// On the scheduler's executor. Holds each pod once.
class Queue {
 public:
  static constexpr std::chrono::seconds kFirstBackoff{1};
  static constexpr std::chrono::seconds kLongestBackoff{10};
  // Then it is tried again though nothing seems to have happened.
  static constexpr std::chrono::minutes kLongestParked{5};

  explicit Queue(const Clock& clock) : clock_(clock) {}

  // A pod that is new, or a new state of one that waits; a change of what it asks or of its labels
  // is a reason to try again.
  void put(const PodPtr& pod);
  void remove(std::string_view uid);
  bool contains(std::string_view uid) const { return entries_.contains(std::string(uid)); }

  // The next one, which is not in the queue any more. While none is active, one that waits out its
  // backoff without having broken is taken early.
  std::optional<QueuedPod> pop();
  // It fits nowhere.
  void park(QueuedPod pod, std::set<std::string_view> rejected_by);
  // An attempt broke.
  void retry(QueuedPod pod);

  void on(const Event& event);
  // Tried again as soon as its backoff allows.
  void move(std::string_view uid);
  // What time alone brings.
  void tick();
  // When to tick next; nothing: not at all.
  std::optional<SteadyTime> due() const;

 private:
  enum class Where { kActive, kBackoff, kParked, kGated };
  using Active = std::tuple<std::int64_t, SteadyTime, std::uint64_t, std::string>;
  using Timed = std::tuple<SteadyTime, std::uint64_t, std::string>;
  struct Entry {
    QueuedPod queued;
    Where where = Where::kActive;
    std::uint64_t order = 0;
    SteadyTime until = {};  // the end of the backoff
  };

  SteadyTime backoff_end(const QueuedPod& queued) const;
  void insert(QueuedPod queued, Where where);
  void take_out(const std::string& uid, const Entry& entry);
  void activate(const std::string& uid);
  static Active active_key(const std::string& uid, const Entry& entry);

  const Clock& clock_;
  std::unordered_map<std::string, Entry> entries_;  // by uid
  std::set<Active> active_;
  std::set<Timed> backoff_;
  std::set<Timed> parked_;  // by when they were
  std::uint64_t next_order_ = 0;
};

}  // namespace cove::scheduler
