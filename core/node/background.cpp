#include "core/node/background.h"

#include <chrono>

namespace cove::node {

constexpr std::chrono::milliseconds kWhileBusy{10};

struct Background::State {
  State(WorkerPool& pool_, Executor& executor_) : pool(pool_), executor(executor_) {}
  WorkerPool& pool;
  Executor& executor;
  std::mutex mutex;
  std::condition_variable idle;
  int running = 0;
  bool stopped = false;

  bool enter() {
    const std::lock_guard lock(mutex);
    if (stopped) return false;
    ++running;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex);
    if (--running == 0) idle.notify_all();
  }
  bool over() {
    const std::lock_guard lock(mutex);
    return stopped;
  }
};

Background::Background(WorkerPool& pool, Executor& executor)
    : state_(std::make_shared<State>(pool, executor)) {}

Background::~Background() {
  stop();
}

void Background::run(std::function<void()> work, std::function<void()> then) {
  begin(state_, std::move(work), std::move(then));
}

void Background::begin(const std::shared_ptr<State>& state, std::function<void()> work,
                       std::function<void()> then) {
  const auto task = [state, work, then] {
    if (!state->enter()) return;
    work();
    // Before leave(): once stop() has returned nothing is posted.
    if (then) {
      state->executor.post([state, then] {
        if (!state->over()) then();
      });
    }
    state->leave();
  };
  if (state->over() || state->pool.run(task)) return;
  state->executor.after(kWhileBusy, [state, work = std::move(work), then = std::move(then)] {
    if (!state->over()) begin(state, work, then);
  });
}

void Background::stop() {
  std::unique_lock lock(state_->mutex);
  state_->stopped = true;
  state_->idle.wait(lock, [&] { return state_->running == 0; });
}

}  // namespace cove::node
