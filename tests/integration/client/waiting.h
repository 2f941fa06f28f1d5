// Waiting for what comes later, with a bound.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "core/client/client.h"
#include "core/client/informer.h"

namespace cove::testing {

// Starts an operation that ends with a result, and waits for it.
template <class T, class Start>
client::ApiResult<T> await(const Start& start) {
  const auto promise = std::make_shared<std::promise<client::ApiResult<T>>>();
  auto future = promise->get_future();
  client::Operation operation =
      start([promise](client::ApiResult<T> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    throw std::runtime_error("no answer came");
  return future.get();
}

// What a handler of an informer was told, as a state.
class Mirror {
 public:
  client::Handler handler() {
    client::Handler handler;
    handler.added = [this](const api::ObjectPtr& object, bool) { set(object); };
    handler.updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) { set(now); };
    handler.deleted = [this](const api::ObjectPtr& last, bool) {
      const std::lock_guard lock(mutex_);
      state_.erase(client::key_of(*last));
      changed_.notify_all();
    };
    return handler;
  }
  using State = std::map<std::string, std::string>;  // key to resourceVersion
  // False when it is not so within a minute.
  bool wait(const std::function<bool(const State&)>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return wanted(state_); });
  }
  State state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  void set(const api::ObjectPtr& object) {
    const std::lock_guard lock(mutex_);
    state_[client::key_of(*object)] = object->resource_version();
    changed_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
};

}  // namespace cove::testing
