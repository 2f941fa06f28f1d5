// An executor that runs on the test's own thread, and whose timers follow a fake clock.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/base/clock.h"
#include "core/base/event_loop.h"

namespace cove::test {

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(FakeClock& clock) : clock_(clock) {}
  // What was never run goes while the executor is whole: it may cancel its timers.
  ~ManualExecutor() override {
    const auto timers = std::exchange(timers_, {});
    while (!tasks_.empty()) {
      const auto tasks = std::exchange(tasks_, {});
    }
  }

  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  TimerId after(std::chrono::nanoseconds delay, Task task) override {
    const std::lock_guard lock(mutex_);
    timers_.emplace(std::pair(clock_.steady() + delay, ++last_), std::move(task));
    return last_;
  }
  void cancel(TimerId timer) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
  }

  // Everything that is posted, and what that posts; how many tasks that were.
  std::size_t run() {
    std::size_t count = 0;
    for (Task task = next(); task; task = next()) {
      task();
      ++count;
    }
    return count;
  }
  // As time goes by: every timer that comes due at its own time, and what it posts.
  void advance(std::chrono::nanoseconds time) {
    run();
    const SteadyTime end = clock_.steady() + time;
    while (true) {
      Task task;
      {
        const std::lock_guard lock(mutex_);
        if (timers_.empty() || timers_.begin()->first.first > end) break;
        const auto first = timers_.begin();
        if (first->first.first > clock_.steady())
          clock_.advance(first->first.first - clock_.steady());
        task = std::move(first->second);
        timers_.erase(first);
      }
      task();
      run();
    }
    clock_.advance(end - clock_.steady());
  }
  // When the next timer is due, from now.
  std::optional<std::chrono::nanoseconds> next_timer() const {
    const std::lock_guard lock(mutex_);
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first - clock_.steady();
  }

 private:
  Task next() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return nullptr;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::deque<Task> tasks_;
  std::map<std::pair<SteadyTime, TimerId>, Task> timers_;
  TimerId last_ = 0;
};

}  // namespace cove::test
