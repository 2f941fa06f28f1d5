#include "core/base/event_loop.h"

namespace cove {

EventLoop::~EventLoop() {
  stop();
}

void EventLoop::start() {
  thread_ = std::thread([this] { run(); });
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  // Destroyed after the lock is released: what they hold may cancel its own timers.
  std::vector<Task> tasks;
  std::map<Due, Task> timers;
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  tasks.swap(tasks_);
  timers.swap(timers_);
  due_.clear();
}

void EventLoop::post(Task task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    tasks_.push_back(std::move(task));
    wake = sleeping_;
  }
  if (wake) wake_.notify_one();
}

Executor::TimerId EventLoop::after(std::chrono::nanoseconds delay, Task task) {
  const SteadyTime due = std::chrono::steady_clock::now() + delay;
  TimerId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_timer_++;
    if (stopped_) return id;
    timers_.emplace(Due(due, id), std::move(task));
    due_.emplace(id, due);
  }
  wake_.notify_one();
  return id;
}

void EventLoop::cancel(TimerId timer) {
  Task task;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  const auto due = due_.find(timer);
  if (due == due_.end()) return;
  const auto found = timers_.find(Due(due->second, timer));
  task = std::move(found->second);
  timers_.erase(found);
  due_.erase(due);
}

void EventLoop::take_due_timers(std::vector<Task>& tasks) {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto first = timers_.begin();
    due_.erase(first->first.second);
    tasks.push_back(std::move(first->second));
    timers_.erase(first);
  }
}

void EventLoop::run() {
  std::vector<Task> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      while (tasks_.empty() && !stopping_) {
        take_due_timers(tasks_);
        if (!tasks_.empty()) break;
        sleeping_ = true;
        if (timers_.empty()) {
          wake_.wait(lock);
        } else {
          wake_.wait_until(lock, timers_.begin()->first.first);
        }
        sleeping_ = false;
      }
      if (tasks_.empty()) return;
      batch.swap(tasks_);
      take_due_timers(batch);
    }
    for (Task& task : batch) {
      task();
      task = nullptr;  // what it holds goes before the next one runs
    }
    batch.clear();
  }
}

}  // namespace cove
