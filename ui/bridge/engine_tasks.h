// What takes the engine long, as tasks for the activity list.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/docker/engine_client.h"
#include "ui/bridge/engine_session.h"
#include "ui/bridge/task.h"

namespace cove::ui {

using TaskPtr = std::shared_ptr<const Task>;

// Follows what a build prints: how far it is, and what came from the cache. One thread.
class BuildText {
 public:
  BuildText(TaskProgress& progress, const TaskSteps::Detail& detail)
      : progress_(progress), detail_(detail) {}
  void take(std::string_view text);

 private:
  void line(std::string_view text);

  TaskProgress& progress_;
  const TaskSteps::Detail& detail_;
  std::string rest_;
  std::string step_;  // "3/7"
  int cached_ = 0;
};

// One build as a step of a task; an error that names a line of the Dockerfile shows that line in
// the log.
Result<void> build_step(const docker::EngineClient& engine, const Path& folder,
                        const docker::BuildOptions& options, TaskProgress& progress,
                        const TaskSteps::Detail& detail, std::stop_token stop);

TaskPtr build_task(std::shared_ptr<EngineLine> line, const Path& folder,
                   const docker::BuildOptions& options);
// With what `docker login` stored for the registry, if anything.
TaskPtr pull_task(std::shared_ptr<EngineLine> line, const std::string& image);
TaskPtr push_task(std::shared_ptr<EngineLine> line, const std::string& image);
TaskPtr load_task(std::shared_ptr<EngineLine> line, const Path& file);
TaskPtr save_task(std::shared_ptr<EngineLine> line, const std::vector<std::string>& images,
                  const Path& file);
// Removes these images.
TaskPtr remove_images_task(std::shared_ptr<EngineLine> line,
                           const std::vector<std::string>& images);

}  // namespace cove::ui
