// Releases as tasks: another image for a Deployment's container, built before or not, and the wait
// until its pods run it.
#pragma once

#include <memory>
#include <string>

#include "core/api/document.h"

#include "ui/bridge/api_gate.h"
#include "ui/bridge/engine_tasks.h"

namespace cove::ui {

struct Release {
  std::string namespace_name;
  std::string deployment;
  std::string container;
  std::string image;
  std::string cause;  // kubernetes.io/change-cause of the revision; empty: none is recorded
};

// Steps of tasks; never in the GUI thread.
Result<void> set_image(const ApiGate& api, const Release& release, const std::stop_token& stop);
// What becomes of the wait for a rollout that is paused.
enum class WhenPaused { kLeave, kWait };
// As `kubectl rollout status`.
Result<void> wait_rollout(const ApiGate& api, const Release& release,
                          const TaskSteps::Detail& detail, const std::stop_token& stop,
                          WhenPaused when_paused = WhenPaused::kLeave);

TaskPtr set_image_task(std::shared_ptr<ApiGate> api, const Release& release);
// Builds the folder under the release's image first.
TaskPtr build_and_roll_out_task(std::shared_ptr<ApiGate> api, std::shared_ptr<EngineLine> engine,
                                const Path& folder, const docker::BuildOptions& options,
                                const Release& release);

// Makes a Deployment by a JSON patch what it was at an earlier revision, which had that image, and
// waits for the rollout, also while it is paused. Where the patch's pod template stands already, as
// after a wait that failed, it only waits.
TaskPtr undo_task(std::shared_ptr<ApiGate> api, const Release& release, api::json::array patch);

// "demo:0.2" after "demo:0.1": the last number of the tag and one more; "demo:2" where there is no
// tag with a number.
std::string next_image(const std::string& image);

}  // namespace cove::ui
