// Containers with a bound and a stated behaviour at it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace cove {

// Keeps the newest `capacity` items; adding one more drops the oldest. Not thread-safe.
template <class T>
class RingBuffer {
 public:
  explicit RingBuffer(std::size_t capacity) : capacity_(capacity) {}
  void push(T item) {
    if (capacity_ == 0) {
      ++dropped_;
      return;
    }
    if (items_.size() == capacity_) {
      items_.pop_front();
      ++dropped_;
    }
    items_.push_back(std::move(item));
  }
  const std::deque<T>& items() const { return items_; }
  std::size_t dropped() const { return dropped_; }
  void clear() { items_.clear(); }

 private:
  std::size_t capacity_;
  std::size_t dropped_ = 0;
  std::deque<T> items_;
};

// Hands items from threads to threads. push() refuses at the bound, so the producer decides what to
// drop.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False when full or closed; `item` is then dropped.
  bool push(T item) {
    std::lock_guard lock(mutex_);
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    ready_.notify_one();
    return true;
  }
  // Waits for an item; nothing once closed and drained, or when `stop` is requested.
  std::optional<T> pop(std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, stop, [&] { return !items_.empty() || closed_; });
    if (items_.empty() || stop.stop_requested()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }

 private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace cove
