// Task: work of the window that is no step of a cluster's life: a build, a pull, a rollout.
#pragma once

#include <QString>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "vm/provision/status.h"

namespace cove::ui {

// Steps and sentences as of a cluster's operation, and the lines that a step's programs print.
class TaskProgress : public provision::Progress {
 public:
  // Any bytes; whole lines are shown as soon as they end.
  virtual void log(std::string_view text) = 0;
};

struct Task {
  // In the language of now: "Build demo:1", "Building demo:1…", "demo:1 is built", "demo:1 could
  // not be built".
  std::function<QString()> title;
  std::function<QString()> doing;
  std::function<QString()> done;
  std::function<QString()> failed;
  // On a worker thread, perhaps more than once ("Try again").
  std::function<Result<void>(TaskProgress& progress, std::stop_token stop)> run;
};

// Reports a task's steps while it runs them. One thread.
class TaskSteps {
 public:
  using Detail = std::function<void(const std::string&)>;
  using Act = std::function<Result<void>(const Detail& detail)>;

  // Steps by id and English title.
  TaskSteps(TaskProgress& progress, const std::vector<std::pair<std::string, std::string>>& steps);
  // The next step. When it fails or was cancelled, so says its row.
  Result<void> run(const Act& act);

 private:
  TaskProgress& progress_;
  std::vector<provision::Step> steps_;
  std::size_t next_ = 0;
};

// Waits that long, or until `stop` is asked for.
void pause(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace cove::ui
