// EventLoop: one thread that owns some state and runs everything that touches it, in order. What
// architecture.md calls the strand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.h"

namespace cove {

// Runs functions one after another on one thread. Thread-safe.
class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Executor() = default;
  // Later, in the order given; never from inside post().
  virtual void post(Task task) = 0;
  // Once, when `delay` has passed.
  virtual TimerId after(std::chrono::nanoseconds delay, Task task) = 0;
  // A timer that has not fired yet never will; called on the executor's thread that is certain,
  // from elsewhere its task may be running.
  virtual void cancel(TimerId timer) = 0;
};

// The real one. Timers follow the steady clock of the operating system.
class EventLoop final : public Executor {
 public:
  EventLoop() = default;
  // stop(), if that has not been called.
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Starts the thread; tasks posted before wait for it.
  void start();
  // Runs what has been posted, forgets timers, and joins the thread. Tasks posted later never run.
  // Not from the loop's own thread.
  void stop();
  bool on_loop_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

  void post(Task task) override;
  TimerId after(std::chrono::nanoseconds delay, Task task) override;
  void cancel(TimerId timer) override;

 private:
  using Due = std::pair<SteadyTime, TimerId>;

  void run();
  void take_due_timers(std::vector<Task>& tasks);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  std::map<Due, Task> timers_;
  std::map<TimerId, SteadyTime> due_;
  TimerId next_timer_ = 1;
  bool stopping_ = false;
  bool stopped_ = false;
  bool sleeping_ = false;
  std::thread thread_;
};

}  // namespace cove
