// WorkQueue: the keys of objects that want attention, each at most once, and never two workers on
// one key. Controller: workers over it.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/client/api_error.h"
#include "core/client/backoff.h"

namespace cove::client {

// `rate` a second on the long run, `burst` at once. Not thread-safe.
class TokenBucket {
 public:
  TokenBucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}
  // Takes a token if there is one.
  bool take(SteadyTime now);
  // Takes one, of the future if need be: how long to wait for it.
  std::chrono::nanoseconds reserve(SteadyTime now);

 private:
  void refill(SteadyTime now);

  double rate_;
  double burst_;
  double tokens_;
  std::optional<SteadyTime> filled_;
};

struct RetryLimits {
  std::chrono::milliseconds first{5};
  std::chrono::milliseconds longest{1'000'000};
  double jitter = 0.1;  // up to this share is added
  double rate = 10;     // of all keys together, a second
  double burst = 100;
};

// Thread-safe. Bounded by being a set: it holds a key once however often it is added, so never more
// than there are keys. A key that is added while it is worked on is queued again when its worker is
// done. Order is first come, first served.
class WorkQueue : public std::enable_shared_from_this<WorkQueue> {
 public:
  // `executor` and `clock` must outlive it.
  static std::shared_ptr<WorkQueue> create(Executor& executor, const Clock& clock, Random random,
                                           RetryLimits limits = {});

  void add(const std::string& key);
  // Once `delay` has passed; of several the earliest counts.
  void add_after(const std::string& key, std::chrono::nanoseconds delay);
  // After the key's own exponential backoff or the overall rate, whichever is longer.
  void add_rate_limited(const std::string& key);
  // The key did well: its backoff begins anew.
  void forget(const std::string& key);
  int failures(const std::string& key) const;

  // The next key, which is then being worked on until done().
  std::optional<std::string> take();
  void done(const std::string& key);
  std::size_t size() const;  // that wait, without delayed ones
  bool idle() const;         // nothing waits, is delayed or is being worked on

  // Called on the executor after keys came to wait. One listener; it may take any number.
  void on_ready(std::function<void()> ready);
  // Adds are dropped from now on, and delayed keys forgotten. What waits can be taken still.
  void shut_down();
  // Called on the executor once, when the queue is shut down and nothing waits or is worked on.
  void on_drained(std::function<void()> drained);

 private:
  WorkQueue(Executor& executor, const Clock& clock, Random random, RetryLimits limits)
      : executor_(executor),
        clock_(clock),
        random_(std::move(random)),
        limits_(limits),
        bucket_(limits.rate, limits.burst) {}
  void add_locked(const std::string& key);
  void delay_locked(const std::string& key, std::chrono::nanoseconds delay);
  void arm_locked();
  void on_timer();
  void announce_locked();
  void announce_drained_locked();

  Executor& executor_;
  const Clock& clock_;
  const Random random_;
  const RetryLimits limits_;

  mutable std::mutex mutex_;
  std::deque<std::string> order_;
  std::unordered_set<std::string> dirty_;       // to be worked on: those in order_, and those that
  std::unordered_set<std::string> processing_;  // are being worked on and were added meanwhile
  std::unordered_map<std::string, int> failures_;
  std::set<std::pair<SteadyTime, std::string>> delayed_;
  std::unordered_map<std::string, SteadyTime> due_;
  std::optional<SteadyTime> armed_;
  Executor::TimerId timer_ = 0;
  TokenBucket bucket_;
  bool announced_ = false;
  bool shut_down_ = false;
  std::function<void()> ready_;
  std::function<void()> drained_;
};

// What a reconcile wants after it went well.
struct Reconciled {
  std::optional<std::chrono::nanoseconds> again_after = std::nullopt;
};

// Runs `reconcile` for the queue's keys, at most `workers` at a time and never two for one key,
// on the executor. A key whose reconcile failed comes back after its backoff; a conflict (409) does
// so without a word in the log, since it only says that the copy was behind.
class Controller {
 public:
  using Done = std::function<void(ApiResult<Reconciled>)>;
  // Calls `done` once, then or later, from any thread. A `done` that is destroyed without a call
  // counts as a failure.
  using Reconcile = std::function<void(const std::string& key, Done done)>;
  struct Options {
    std::string name;
    int workers = 4;
    RetryLimits limits = {};
  };

  // Everything referred to must outlive it.
  Controller(Executor& executor, const Clock& clock, Random random, Logger& logger, Options options,
             Reconcile reconcile);
  // No reconcile begins any more; those under way go on without being waited for.
  ~Controller();
  Controller(const Controller&) = delete;

  // Keys are taken from now on. Thread-safe, as stop().
  void start();
  // No key is taken any more; `stopped` is called on the executor when the reconciles under way are
  // done.
  void stop(std::function<void()> stopped);
  WorkQueue& queue() { return *queue_; }

 private:
  class State;
  std::shared_ptr<WorkQueue> queue_;
  std::shared_ptr<State> state_;
};

}  // namespace cove::client
