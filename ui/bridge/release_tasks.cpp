#include "ui/bridge/release_tasks.h"

#include <fmt/format.h>

#include <QCoreApplication>

#include "core/api/rollout.h"
#include "core/base/strings.h"

namespace cove::ui {
namespace {

namespace json = api::json;

struct ReleaseTasks {
  Q_DECLARE_TR_FUNCTIONS(ReleaseTasks)
};

constexpr std::chrono::milliseconds kLook{400};
const client::Resource kDeployments{"apps", "v1", "deployments"};

// Whether it is over; says how far it is.
Result<bool> rolled_out(const json::object& deployment, const TaskSteps::Detail& detail) {
  api::Rollout rollout = api::rollout_of(deployment);
  if (!rollout.observed) return false;
  detail(ReleaseTasks::tr("%1 of %2 updated, %3 available")
             .arg(rollout.updated)
             .arg(rollout.wanted)
             .arg(std::min(rollout.available, rollout.updated))
             .toStdString());
  if (!rollout.stuck.empty()) {
    return Error{
        ErrorCode::kTimeout, "roll out",
        std::string(api::text_at(deployment, {"metadata", "name"})), std::move(rollout.stuck),
        ReleaseTasks::tr("See its pods for the reason, or undo it in its history.").toStdString()};
  }
  return rollout.done();
}

Task words(const Release& release) {
  const QString name = QString::fromStdString(release.deployment);
  const QString image = QString::fromStdString(release.image);
  Task task;
  task.title = [=] { return ReleaseTasks::tr("Roll out %2 to %1").arg(name, image); };
  task.doing = [=] { return ReleaseTasks::tr("Rolling out %2 to %1…").arg(name, image); };
  task.done = [=] { return ReleaseTasks::tr("%1 runs %2").arg(name, image); };
  task.failed = [=] {
    return ReleaseTasks::tr("%2 could not be rolled out to %1").arg(name, image);
  };
  return task;
}

Result<void> release_steps(TaskSteps& steps, const ApiGate& api, const Release& release,
                           const std::stop_token& stop) {
  COVE_CHECK(steps.run([&](const auto&) { return set_image(api, release, stop); }));
  return steps.run([&](const auto& detail) { return wait_rollout(api, release, detail, stop); });
}

Result<api::ObjectPtr> look(const ApiGate& api, const Release& release,
                            const std::stop_token& stop) {
  return api.call(
      [release](client::Transport& transport, auto done) {
        return client::ResourceClient(transport, kDeployments, release.namespace_name)
            .get(release.deployment, std::move(done));
      },
      "look at", release.deployment, stop);
}

// Whether the Deployment has the pod template that the patch would give it.
bool has_template_of(const json::array& patch, const json::object& deployment) {
  const auto* now = api::object_at(deployment, {"spec", "template"});
  for (const json::value& each : patch) {
    const auto* step = each.if_object();
    if (step == nullptr || api::text_at(*step, {"path"}) != "/spec/template") continue;
    const auto* wanted = api::object_at(*step, {"value"});
    return now != nullptr && wanted != nullptr && api::same(*now, *wanted);
  }
  return false;
}

Result<void> undo(const ApiGate& api, const Release& release, const json::array& patch,
                  const std::stop_token& stop) {
  COVE_TRY(const auto now, look(api, release, stop));
  if (has_template_of(patch, now->document())) return {};
  COVE_CHECK(api.call(
      [release, patch](client::Transport& transport, auto done) {
        return client::ResourceClient(transport, kDeployments, release.namespace_name)
            .patch(release.deployment, client::PatchType::kJson, patch,
                   {.field_manager = "cove-desktop"}, std::move(done));
      },
      "undo the rollout of", release.deployment, stop));
  return {};
}

}  // namespace

Result<void> set_image(const ApiGate& api, const Release& release, const std::stop_token& stop) {
  json::object patch{
      {"spec",
       {{"template",
         {{"spec",
           {{"containers", {{{"name", release.container}, {"image", release.image}}}}}}}}}}};
  if (!release.cause.empty())
    patch["metadata"] = {{"annotations", {{"kubernetes.io/change-cause", release.cause}}}};
  COVE_CHECK(api.call(
      [release, patch](client::Transport& transport, auto done) {
        return client::ResourceClient(transport, kDeployments, release.namespace_name)
            .patch(release.deployment, client::PatchType::kStrategicMerge, patch,
                   {.field_manager = "cove-desktop"}, std::move(done));
      },
      "set the image of", release.deployment, stop));
  return {};
}

Result<void> wait_rollout(const ApiGate& api, const Release& release,
                          const TaskSteps::Detail& detail, const std::stop_token& stop,
                          WhenPaused when_paused) {
  while (true) {
    COVE_TRY(const auto deployment, look(api, release, stop));
    const bool paused = api::flag_at(deployment->document(), {"spec", "paused"});
    if (paused && when_paused == WhenPaused::kLeave) {
      detail(ReleaseTasks::tr("its rollout is paused").toStdString());
      return {};
    }
    if (paused) detail(ReleaseTasks::tr("its rollout is paused: resume it").toStdString());
    const TaskSteps::Detail silent = [](const std::string&) {};
    COVE_TRY(const bool done, rolled_out(deployment->document(), paused ? silent : detail));
    if (done) return {};
    pause(kLook, stop);
  }
}

TaskPtr set_image_task(std::shared_ptr<ApiGate> api, const Release& release) {
  Task task = words(release);
  task.run = [api = std::move(api), release](TaskProgress& progress, std::stop_token stop) {
    TaskSteps steps(progress,
                    {{"set-image", "Set the image"}, {"wait-rollout", "Wait for the rollout"}});
    return release_steps(steps, *api, release, stop);
  };
  return std::make_shared<const Task>(std::move(task));
}

TaskPtr build_and_roll_out_task(std::shared_ptr<ApiGate> api, std::shared_ptr<EngineLine> engine,
                                const Path& folder, const docker::BuildOptions& options,
                                const Release& release) {
  Task task = words(release);
  task.run = [api = std::move(api), engine = std::move(engine), folder, options, release](
                 TaskProgress& progress, std::stop_token stop) -> Result<void> {
    TaskSteps steps(progress, {{"build-image", "Build the image"},
                               {"set-image", "Set the image"},
                               {"wait-rollout", "Wait for the rollout"}});
    COVE_CHECK(steps.run([&](const auto& detail) -> Result<void> {
      COVE_TRY(const auto client, engine->client());
      return build_step(*client, folder, options, progress, detail, stop);
    }));
    return release_steps(steps, *api, release, stop);
  };
  return std::make_shared<const Task>(std::move(task));
}

TaskPtr undo_task(std::shared_ptr<ApiGate> api, const Release& release, json::array patch) {
  Task task = words(release);
  task.run = [api = std::move(api), release, patch = std::move(patch)](
                 TaskProgress& progress, std::stop_token stop) -> Result<void> {
    TaskSteps steps(
        progress, {{"undo-rollout", "Undo the rollout"}, {"wait-rollout", "Wait for the rollout"}});
    COVE_CHECK(steps.run([&](const auto&) { return undo(*api, release, patch, stop); }));
    return steps.run([&](const auto& detail) {
      return wait_rollout(*api, release, detail, stop, WhenPaused::kWait);
    });
  };
  return std::make_shared<const Task>(std::move(task));
}

std::string next_image(const std::string& image) {
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && image.find('/', colon) == std::string::npos &&
                      image.find('@') == std::string::npos;
  const std::string name = tagged ? image.substr(0, colon) : image.substr(0, image.find('@'));
  const std::string tag = tagged ? image.substr(colon + 1) : std::string();
  constexpr const char* kDigits = "0123456789";
  const std::size_t last = tag.find_last_of(kDigits);
  if (last == std::string::npos) return name + ":2";
  const std::size_t before = tag.find_last_not_of(kDigits, last);
  const std::size_t first = before == std::string::npos ? 0 : before + 1;
  if (last - first > 8) return name + ":2";
  const int number = std::stoi(tag.substr(first, last + 1 - first));
  return fmt::format("{}:{}{}{}", name, tag.substr(0, first), number + 1, tag.substr(last + 1));
}

}  // namespace cove::ui
