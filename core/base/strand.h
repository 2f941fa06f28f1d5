// Strand: an event loop whose state other threads may borrow for a moment.
#pragma once

#include <atomic>

#include "core/base/event_loop.h"

namespace cove {

// Runs functions one after another, never two at a time: those that were posted on its own thread,
// those that were dispatched perhaps on that of their callers, since waking a thread costs more
// than most of them. Thread-safe.
class Strand final : public Executor {
 public:
  Strand() = default;
  // stop(), if that has not been called.
  ~Strand() override;
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  // As those of EventLoop.
  void start();
  void stop();

  void post(Task task) override;
  // Where nothing else runs or waits, runs the task inside, else as post(). For callers that hold
  // no lock that any task takes.
  void dispatch(Task task);
  TimerId after(std::chrono::nanoseconds delay, Task task) override;
  void cancel(TimerId timer) override;

 private:
  class Turn;
  struct Timer {
    TimerId inner = 0;
    Task task;
  };

  void fire(TimerId timer);

  std::mutex turn_;  // of whoever runs a task
  std::atomic<std::thread::id> at_turn_;
  std::atomic<std::size_t> waiting_ = 0;  // posted and not begun
  bool ended_ = false;                    // with turn_
  std::mutex timers_mutex_;
  std::map<TimerId, Timer> timers_;
  TimerId next_timer_ = 1;
  EventLoop loop_;
};

}  // namespace cove
