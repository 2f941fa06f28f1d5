#include "core/base/worker_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace cove {

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::run(Task task) {
  std::vector<std::thread> finished;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (idle_ <= tasks_.size()) {
      if (running_.size() >= limits_.threads) return false;
      try {
        running_.emplace_back(&WorkerPool::work, this);
      } catch (const std::system_error&) {
        return false;  // the operating system gives no more
      }
    }
    tasks_.push_back(std::move(task));
    wake_.notify_one();
    finished.swap(finished_);
  }
  join(std::move(finished));
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    const bool woken =
        wake_.wait_for(lock, limits_.idle, [&] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (tasks_.empty() && (stopping_ || !woken)) break;
    {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    lock.lock();
  }
  const auto self = std::ranges::find(running_, std::this_thread::get_id(), &std::thread::get_id);
  std::vector<std::thread> earlier = std::exchange(finished_, {});
  finished_.push_back(std::move(*self));
  running_.erase(self);
  ended_.notify_all();
  lock.unlock();
  join(std::move(earlier));
}

void WorkerPool::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  ended_.wait(lock, [&] { return running_.empty(); });
  std::vector<std::thread> finished = std::exchange(finished_, {});
  lock.unlock();
  join(std::move(finished));
}

std::size_t WorkerPool::threads() const {
  std::lock_guard lock(mutex_);
  return running_.size();
}

void WorkerPool::join(std::vector<std::thread> threads) {
  for (std::thread& each : threads) each.join();
}

}  // namespace cove
