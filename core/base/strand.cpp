#include "core/base/strand.h"

namespace cove {

// Held while a task runs.
class Strand::Turn {
 public:
  Turn(Strand& strand, std::unique_lock<std::mutex> lock)
      : strand_(strand), lock_(std::move(lock)) {
    strand_.at_turn_ = std::this_thread::get_id();
  }
  explicit Turn(Strand& strand) : Turn(strand, std::unique_lock(strand.turn_)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { strand_.at_turn_ = std::thread::id(); }

 private:
  Strand& strand_;
  std::unique_lock<std::mutex> lock_;
};

Strand::~Strand() {
  stop();
}

void Strand::start() {
  loop_.start();
}

void Strand::stop() {
  loop_.stop();
  // Destroyed when the turn is over: what they hold may cancel its own timers.
  std::map<TimerId, Timer> timers;
  const std::lock_guard turn(turn_);
  ended_ = true;
  const std::lock_guard lock(timers_mutex_);
  timers.swap(timers_);
}

void Strand::post(Task task) {
  ++waiting_;
  loop_.post([this, task = std::move(task)]() mutable {
    const Turn turn(*this);
    --waiting_;
    task();
    task = nullptr;  // what it holds goes before the next one runs
  });
}

void Strand::dispatch(Task task) {
  if (waiting_ == 0 && at_turn_.load() != std::this_thread::get_id()) {
    if (std::unique_lock lock(turn_, std::try_to_lock); lock) {
      if (ended_) return;
      const Turn turn(*this, std::move(lock));
      task();
      task = nullptr;
      return;
    }
  }
  post(std::move(task));
}

Executor::TimerId Strand::after(std::chrono::nanoseconds delay, Task task) {
  const std::lock_guard lock(timers_mutex_);
  const TimerId id = next_timer_++;
  timers_[id] = {loop_.after(delay, [this, id] { fire(id); }), std::move(task)};
  return id;
}

// A timer that is due may wait for its turn, and be cancelled meanwhile.
void Strand::fire(TimerId timer) {
  const Turn turn(*this);
  Task task;
  {
    const std::lock_guard lock(timers_mutex_);
    const auto found = timers_.find(timer);
    if (found == timers_.end()) return;
    task = std::move(found->second.task);
    timers_.erase(found);
  }
  task();
}

void Strand::cancel(TimerId timer) {
  Task task;  // destroyed after the lock is released
  const std::lock_guard lock(timers_mutex_);
  const auto found = timers_.find(timer);
  if (found == timers_.end()) return;
  loop_.cancel(found->second.inner);
  task = std::move(found->second.task);
  timers_.erase(found);
}

}  // namespace cove
