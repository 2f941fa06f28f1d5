#include "ui/bridge/engine_tasks.h"

#include <fmt/format.h>

#include <QCoreApplication>
#include <QLocale>
#include <charconv>
#include <map>

#include "core/base/strings.h"
#include "core/docker/local_files.h"

namespace cove::ui {
namespace {

struct EngineTasks {
  Q_DECLARE_TR_FUNCTIONS(EngineTasks)
};

constexpr std::size_t kMaxDockerfile = 1 << 20;

std::string size_text(std::uint64_t bytes) {
  return QLocale().formattedDataSize(static_cast<qint64>(bytes)).toStdString();
}

// The line that "Dockerfile:7: …" names; 0 when the error names none.
std::size_t line_in(const Error& error, const std::string& dockerfile) {
  const std::string begin = dockerfile + ":";
  const std::size_t at = error.cause.find(begin);
  if (at == std::string::npos) return 0;
  std::size_t number = 0;
  const char* first = error.cause.data() + at + begin.size();
  std::from_chars(first, error.cause.data() + error.cause.size(), number);
  return number;
}

void show_line(const Error& error, const Path& folder, const std::string& dockerfile,
               TaskProgress& progress) {
  const std::size_t number = line_in(error, dockerfile);
  if (number == 0) return;
  const auto text = read_file(folder / dockerfile, kMaxDockerfile);
  if (!text) return;
  const std::vector<std::string> lines = split(*text, '\n');
  if (number > lines.size()) return;
  progress.log(fmt::format("\n{}:{}\n", (folder / dockerfile).string(), number));
  for (std::size_t i = number > 2 ? number - 2 : 1; i <= std::min(number + 1, lines.size()); ++i)
    progress.log(fmt::format("{} {:>4} | {}\n", i == number ? ">" : " ", i, lines[i - 1]));
}

Path docker_configuration() {
  const QString folder = qEnvironmentVariable("DOCKER_CONFIG");
  if (!folder.isEmpty()) return folder.toStdString();
  return Path(qEnvironmentVariable("HOME", QStringLiteral("/")).toStdString()) / ".docker";
}

// Layers by what they are at, as one text, and a log line for each new status.
class TransferText {
 public:
  TransferText(TaskProgress& progress, const TaskSteps::Detail& detail)
      : progress_(progress), detail_(detail) {}

  void take(const docker::Progress& now) {
    if (now.id.empty()) return progress_.log(now.status + "\n");
    Layer& layer = layers_[now.id];
    if (layer.status != now.status) {
      progress_.log(fmt::format("{}: {}\n", now.id, now.status));
      layer.status = now.status;
    }
    if (now.total > 0) layer = {now.status, now.current, now.total};
    std::uint64_t current = 0;
    std::uint64_t total = 0;
    for (const auto& [id, each] : layers_) {
      current += each.current;
      total += each.total;
    }
    if (total > 0) detail_(fmt::format("{} / {}", size_text(current), size_text(total)));
  }

 private:
  struct Layer {
    std::string status;
    std::uint64_t current = 0;
    std::uint64_t total = 0;
  };
  TaskProgress& progress_;
  const TaskSteps::Detail& detail_;
  std::map<std::string, Layer> layers_;  // as many as the engine names
};

// A task of one step that needs the engine.
TaskPtr one_step(std::shared_ptr<EngineLine> line, Task words, const char* id, const char* title,
                 std::function<Result<void>(const docker::EngineClient&, TaskProgress&,
                                            const TaskSteps::Detail&, std::stop_token)>
                     act) {
  words.run = [line = std::move(line), id, title, act = std::move(act)](
                  TaskProgress& progress, std::stop_token stop) -> Result<void> {
    TaskSteps steps(progress, {{id, title}});
    return steps.run([&](const TaskSteps::Detail& detail) -> Result<void> {
      COVE_TRY(const auto engine, line->client());
      return act(*engine, progress, detail, stop);
    });
  };
  return std::make_shared<const Task>(std::move(words));
}

QString joined(const std::vector<std::string>& names) {
  QStringList list;
  for (const std::string& name : names) list.append(QString::fromStdString(name));
  return list.join(QStringLiteral(", "));
}

}  // namespace

void BuildText::take(std::string_view text) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    line(rest_ + std::string(text.substr(0, end)));
    rest_.clear();
    text.remove_prefix(end + 1);
  }
  rest_ += text;
}

void BuildText::line(std::string_view text) {
  constexpr std::string_view kStep = "Step ";
  if (text.starts_with(kStep)) {
    step_ = text.substr(kStep.size(), text.find(' ', kStep.size()) - kStep.size());
  } else if (trim(text) == "---> Using cache") {
    ++cached_;
    progress_.log(" ✓ " + EngineTasks::tr("from the cache").toStdString() + "\n");
    text = {};
  }
  if (!text.empty()) progress_.log(std::string(text) + "\n");
  if (!step_.empty()) {
    detail_((cached_ > 0 ? EngineTasks::tr("step %1, %2 from the cache")
                               .arg(QString::fromStdString(step_))
                               .arg(cached_)
                         : EngineTasks::tr("step %1").arg(QString::fromStdString(step_)))
                .toStdString());
  }
}

Result<void> build_step(const docker::EngineClient& engine, const Path& folder,
                        const docker::BuildOptions& options, TaskProgress& progress,
                        const TaskSteps::Detail& detail, std::stop_token stop) {
  BuildText text(progress, detail);
  const auto built = docker::build_folder(
      engine, folder, options, [&](std::string_view bytes) { text.take(bytes); }, std::move(stop));
  if (built) return {};
  show_line(built.error(), folder, options.dockerfile, progress);
  return built.error();
}

TaskPtr build_task(std::shared_ptr<EngineLine> line, const Path& folder,
                   const docker::BuildOptions& options) {
  const QString name = options.tags.empty() ? QString::fromStdString(folder.filename().string())
                                            : QString::fromStdString(options.tags.front());
  Task task;
  task.title = [name] { return EngineTasks::tr("Build %1").arg(name); };
  task.doing = [name] { return EngineTasks::tr("Building %1…").arg(name); };
  task.done = [name] { return EngineTasks::tr("%1 is built").arg(name); };
  task.failed = [name] { return EngineTasks::tr("%1 could not be built").arg(name); };
  return one_step(std::move(line), std::move(task), "build-image", "Build the image",
                  [folder, options](const docker::EngineClient& engine, TaskProgress& progress,
                                    const TaskSteps::Detail& detail, std::stop_token stop) {
                    return build_step(engine, folder, options, progress, detail, std::move(stop));
                  });
}

TaskPtr pull_task(std::shared_ptr<EngineLine> line, const std::string& image) {
  const QString name = QString::fromStdString(image);
  Task task;
  task.title = [name] { return EngineTasks::tr("Pull %1").arg(name); };
  task.doing = [name] { return EngineTasks::tr("Pulling %1…").arg(name); };
  task.done = [name] { return EngineTasks::tr("%1 is here").arg(name); };
  task.failed = [name] { return EngineTasks::tr("%1 could not be pulled").arg(name); };
  return one_step(std::move(line), std::move(task), "pull-image", "Pull the image",
                  [image](const docker::EngineClient& engine, TaskProgress& progress,
                          const TaskSteps::Detail& detail, std::stop_token stop) -> Result<void> {
                    COVE_TRY(const auto credentials,
                             docker::stored_credentials(docker_configuration(), image));
                    TransferText text(progress, detail);
                    return engine.pull(
                        image, credentials, [&](const docker::Progress& now) { text.take(now); },
                        std::move(stop));
                  });
}

TaskPtr push_task(std::shared_ptr<EngineLine> line, const std::string& image) {
  const QString name = QString::fromStdString(image);
  Task task;
  task.title = [name] { return EngineTasks::tr("Push %1").arg(name); };
  task.doing = [name] { return EngineTasks::tr("Pushing %1…").arg(name); };
  task.done = [name] { return EngineTasks::tr("%1 is pushed").arg(name); };
  task.failed = [name] { return EngineTasks::tr("%1 could not be pushed").arg(name); };
  return one_step(std::move(line), std::move(task), "push-image", "Push the image",
                  [image](const docker::EngineClient& engine, TaskProgress& progress,
                          const TaskSteps::Detail& detail, std::stop_token stop) -> Result<void> {
                    COVE_TRY(const auto credentials,
                             docker::stored_credentials(docker_configuration(), image));
                    TransferText text(progress, detail);
                    return engine.push(
                        image, credentials, [&](const docker::Progress& now) { text.take(now); },
                        std::move(stop));
                  });
}

TaskPtr load_task(std::shared_ptr<EngineLine> line, const Path& file) {
  const QString name = QString::fromStdString(file.filename().string());
  Task task;
  task.title = [name] { return EngineTasks::tr("Load %1").arg(name); };
  task.doing = [name] { return EngineTasks::tr("Loading %1…").arg(name); };
  task.done = [name] { return EngineTasks::tr("%1 is loaded").arg(name); };
  task.failed = [name] { return EngineTasks::tr("%1 could not be loaded").arg(name); };
  return one_step(std::move(line), std::move(task), "load-images", "Load the archive",
                  [file](const docker::EngineClient& engine, TaskProgress& progress,
                         const TaskSteps::Detail&, std::stop_token stop) {
                    return docker::load_file(
                        engine, file, [&](std::string_view text) { progress.log(text); },
                        std::move(stop));
                  });
}

TaskPtr save_task(std::shared_ptr<EngineLine> line, const std::vector<std::string>& images,
                  const Path& file) {
  const QString name = joined(images);
  Task task;
  task.title = [name] { return EngineTasks::tr("Save %1").arg(name); };
  task.doing = [name] { return EngineTasks::tr("Saving %1…").arg(name); };
  task.done = [name] { return EngineTasks::tr("%1 is saved").arg(name); };
  task.failed = [name] { return EngineTasks::tr("%1 could not be saved").arg(name); };
  return one_step(std::move(line), std::move(task), "save-images", "Save the images",
                  [images, file](const docker::EngineClient& engine, TaskProgress&,
                                 const TaskSteps::Detail& detail, std::stop_token stop) {
                    return docker::save_file(
                        engine, images, file,
                        [&](std::uint64_t bytes) { detail(size_text(bytes)); }, std::move(stop));
                  });
}

TaskPtr remove_images_task(std::shared_ptr<EngineLine> line,
                           const std::vector<std::string>& images) {
  Task task;
  task.title = [] { return EngineTasks::tr("Remove unused images"); };
  task.doing = [] { return EngineTasks::tr("Removing unused images…"); };
  task.done = [] { return EngineTasks::tr("Unused images are removed"); };
  task.failed = [] { return EngineTasks::tr("Unused images could not be removed"); };
  return one_step(std::move(line), std::move(task), "prune-images", "Remove unused images",
                  [images](const docker::EngineClient& engine, TaskProgress& progress,
                           const TaskSteps::Detail&, std::stop_token stop) -> Result<void> {
                    std::optional<Error> refused;
                    for (const std::string& image : images) {
                      const auto removed = engine.remove(image, true, stop);
                      if (stop.stop_requested() && !removed) return removed.error();
                      // It went with another one, or somebody began to use it meanwhile: the
                      // others still go.
                      if (!removed && removed.error().code != ErrorCode::kNotFound)
                        refused = removed.error();
                      if (!removed) continue;
                      for (const std::string& each : *removed) progress.log(each + "\n");
                    }
                    if (refused) return *refused;
                    return {};
                  });
}

}  // namespace cove::ui
