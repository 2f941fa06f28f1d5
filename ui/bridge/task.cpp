#include "ui/bridge/task.h"

#include <condition_variable>
#include <mutex>

namespace cove::ui {

using provision::Step;
using provision::StepState;

TaskSteps::TaskSteps(TaskProgress& progress,
                     const std::vector<std::pair<std::string, std::string>>& steps)
    : progress_(progress) {
  for (const auto& [id, title] : steps) {
    Step step;
    step.id = id;
    step.title = title;
    steps_.push_back(std::move(step));
  }
  progress_.plan({}, steps_);
}

Result<void> TaskSteps::run(const Act& act) {
  Step& step = steps_.at(next_++);
  const auto begun = std::chrono::steady_clock::now();
  const auto report = [&] {
    step.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    progress_.update(step);
  };
  step.state = StepState::kRunning;
  report();
  const Result<void> done = act([&](const std::string& detail) {
    if (detail == step.detail) return;
    step.detail = detail;
    report();
  });
  step.state = done                                         ? StepState::kDone
               : done.error().code == ErrorCode::kCancelled ? StepState::kCancelled
                                                            : StepState::kFailed;
  report();
  return done;
}

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace cove::ui
