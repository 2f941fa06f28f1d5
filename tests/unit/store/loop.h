// The owner's thread of a store in tests: runs what was posted when the test says so.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>

#include "core/store/store.h"

namespace cove::store::test {

class Loop {
 public:
  std::function<void(std::function<void()>)> poster() {
    return [this](std::function<void()> function) {
      std::lock_guard lock(mutex_);
      functions_.push_back(std::move(function));
      ready_.notify_one();
    };
  }
  // Runs posted functions until `done` holds. Throws when nothing comes for a minute: a hung test
  // says so.
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!ready_.wait_for(lock, std::chrono::minutes(1), [&] { return !functions_.empty(); })) {
        throw std::runtime_error("the store does not answer");
      }
      auto function = std::move(functions_.front());
      functions_.pop_front();
      lock.unlock();
      function();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> functions_;
};

inline Bytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// Submits and waits for the answer; a refusal of submit() itself is the answer too.
inline Result<Written> write(Store& store, Loop& loop, Write write) {
  std::optional<Result<Written>> answer;
  const auto accepted =
      store.submit(std::move(write), [&](Result<Written> result) { answer = std::move(result); });
  if (!accepted) return accepted.error();
  loop.run_until([&] { return answer.has_value(); });
  return *answer;
}

}  // namespace cove::store::test
