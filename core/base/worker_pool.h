// WorkerPool: threads for requests that may block for as long as they like.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cove {

// Starts without threads; a task that finds no idle thread gets a new one, and a thread without a
// task for `idle` ends. Thread-safe. A task must not throw.
class WorkerPool {
 public:
  struct Limits {
    std::size_t threads = 256;
    std::chrono::milliseconds idle{5'000};
  };
  using Task = std::function<void()>;

  explicit WorkerPool(Limits limits) : limits_(limits) {}
  // stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when every thread is busy and there are as many as there may be, or after stop(); `task`
  // is dropped then.
  bool run(Task task);
  // Waits for the tasks under way. Not from a task.
  void stop();
  std::size_t threads() const;

 private:
  void work();
  static void join(std::vector<std::thread> threads);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<Task> tasks_;
  std::vector<std::thread> running_;
  std::vector<std::thread> finished_;  // ended or about to; joined by whoever comes next
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace cove
