// Background: the agent's blocking work, done on a pool and answered on the agent's executor.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "core/base/event_loop.h"
#include "core/base/worker_pool.h"

namespace cove::node {

// Thread-safe. Both referred to outlive it.
class Background {
 public:
  Background(WorkerPool& pool, Executor& executor);
  // stop().
  ~Background();
  Background(const Background&) = delete;

  // `work` on the pool (later, while all of its threads are busy), then `then` on the executor.
  void run(std::function<void()> work, std::function<void()> then);
  // The work under way is waited for; of the rest nothing begins, and no `then` is called any more.
  // Not on the executor.
  void stop();

 private:
  struct State;
  static void begin(const std::shared_ptr<State>& state, std::function<void()> work,
                    std::function<void()> then);
  std::shared_ptr<State> state_;
};

}  // namespace cove::node
