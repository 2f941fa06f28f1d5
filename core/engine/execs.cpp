#include "core/engine/execs.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/engine/container_spec.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {
constexpr std::size_t kMostOfContainer = 1024;
constexpr auto kKeep = std::chrono::minutes(5);
}  // namespace

Outcome<ExecConfig> read_exec_body(const json::object& body) {
  using T = FieldType;
  constexpr Field kExec[] = {
      {"Cmd", T::kCommand},      {"Env", T::kTexts},         {"User", T::kText},
      {"WorkingDir", T::kText},  {"DetachKeys", T::kText},   {"Tty", T::kFlag},
      {"AttachStdin", T::kFlag}, {"AttachStdout", T::kFlag}, {"AttachStderr", T::kFlag},
      {"Privileged", T::kFlag},  {"ConsoleSize", T::kArray},
  };
  COVE_TRY(const json::object fields, conform(body, kExec, ""));
  ExecConfig config;
  config.command = texts_of(fields, "Cmd");
  if (config.command.empty()) return ApiError{400, "No exec command specified"};
  config.env = texts_of(fields, "Env");
  config.user = text_of(fields, "User");
  config.working_dir = text_of(fields, "WorkingDir");
  config.detach_keys = text_of(fields, "DetachKeys");
  config.terminal = flag_of(fields, "Tty");
  config.input = flag_of(fields, "AttachStdin");
  config.output = flag_of(fields, "AttachStdout");
  config.error = flag_of(fields, "AttachStderr");
  config.privileged = flag_of(fields, "Privileged");
  const auto& size = array_of(fields, "ConsoleSize");
  if (size.size() == 2 && size[0].is_number() && size[1].is_number()) {
    boost::system::error_code ignored;
    config.rows = size[0].to_number<std::uint16_t>(ignored);
    config.columns = size[1].to_number<std::uint16_t>(ignored);
  }
  return config;
}

Outcome<runtime::ExecSpec> make_exec(Containers& containers, const ContainerPtr& container,
                                     const ExecConfig& config) {
  runtime::Runtime& runtime = containers.parts().runtime;
  COVE_TRY(const runtime::ContainerSpec spec, outcome(runtime.spec(container->id)));
  runtime::ExecSpec exec;
  exec.process = spec.process;
  exec.process.args = config.command;
  exec.process.terminal = config.terminal;
  exec.process.rows = config.rows;
  exec.process.columns = config.columns;
  exec.process.env = merge_environment(spec.process.env, config.env);
  if (config.terminal) {
    exec.process.env = merge_environment({"TERM=xterm"}, exec.process.env);
  }
  if (!config.working_dir.empty()) exec.process.working_dir = config.working_dir;
  if (!config.user.empty()) {
    COVE_TRY(const auto root, outcome(runtime.mount_root(container->id)));
    COVE_TRY(const auto user, outcome(runtime::resolve_user(
                                  root->path(), config.user,
                                  texts_of(container->snapshot().config->host, "GroupAdd"))));
    exec.process.uid = user.uid;
    exec.process.gid = user.gid;
    exec.process.groups = user.groups;
    exec.process.env = merge_environment(
        exec.process.env, {"HOME=" + (user.home.empty() ? std::string("/") : user.home)});
  }
  exec.privileged = config.privileged || spec.security.privileged;
  exec.open_stdin = config.input;
  exec.stdout_wanted = config.output;
  exec.stderr_wanted = config.error;
  return exec;
}

Execs::~Execs() {
  std::lock_guard lock(alive_->mutex);
  alive_->alive = false;
}

Outcome<ExecPtr> Execs::create(const ContainerPtr& container, ExecConfig config) {
  const ContainerState state = container->look([](const auto& record) { return record.state; });
  if (!state.running) {
    return ApiError{409, fmt::format("container {} is not running", container->id)};
  }
  if (state.paused) {
    return ApiError{409, fmt::format("Container {} is paused, unpause the container before exec",
                                     container->id)};
  }
  auto exec = std::make_shared<Exec>();
  exec->id = random_hex(32);
  exec->container = container->id;
  exec->config = std::move(config);
  {
    std::lock_guard lock(mutex_);
    drop_old();
    std::size_t count = 0;
    for (const auto& [id, other] : execs_) count += other->container == container->id;
    if (count >= kMostOfContainer) {
      return ApiError{409, fmt::format("container {} has {} execs already", container->id, count)};
    }
    execs_[exec->id] = exec;
  }
  std::string command;
  for (const auto& argument : exec->config.command) {
    command += (command.empty() ? "" : " ") + argument;
  }
  containers_.publish(container, "exec_create: " + command, {{"execID", exec->id}});
  return exec;
}

void Execs::drop_old() {
  const SteadyTime now = containers_.parts().clock.steady();
  std::erase_if(execs_, [&](const auto& item) {
    const Exec& exec = *item.second;
    std::lock_guard lock(exec.mutex);
    return exec.started && !exec.running && now - exec.ended_at > kKeep;
  });
}

Outcome<ExecPtr> Execs::find(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto found = execs_.find(id);
  if (found == execs_.end()) return ApiError{404, "No such exec instance: " + id};
  return found->second;
}

std::vector<std::string> Execs::of(const std::string& container) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, exec] : execs_) {
    if (exec->container != container) continue;
    std::lock_guard exec_lock(exec->mutex);
    if (exec->running || !exec->started) ids.push_back(id);
  }
  return ids;
}

void Execs::forget(const std::string& container) {
  std::lock_guard lock(mutex_);
  std::erase_if(execs_, [&](const auto& item) { return item.second->container == container; });
}

Outcome<> Execs::start(const ExecPtr& exec, runtime::Streams::Handlers handlers,
                       std::function<void(int)> ended) {
  COVE_TRY(const ContainerPtr container, containers_.find(exec->container));
  {
    std::lock_guard lock(exec->mutex);
    if (exec->running) {
      return ApiError{409, fmt::format("Error: Exec command {} is already running", exec->id)};
    }
    if (exec->started) {
      return ApiError{409, fmt::format("Error: Exec command {} has already run", exec->id)};
    }
    exec->started = exec->running = true;
  }
  const auto spec = make_exec(containers_, container, exec->config);
  if (!spec) {
    std::lock_guard lock(exec->mutex);
    exec->running = false;
    exec->exit_code = 126;
    return spec.error();
  }
  const auto on_end = [this, alive = alive_, exec, container, ended = std::move(ended)](int code) {
    {
      std::lock_guard alive_lock(alive->mutex);
      if (!alive->alive) return;
      {
        std::lock_guard lock(exec->mutex);
        exec->running = false;
        exec->exit_code = code;
        exec->ended_at = containers_.parts().clock.steady();
      }
      containers_.publish(container, "exec_die",
                          {{"execID", exec->id}, {"exitCode", std::to_string(code)}});
    }
    ended(code);
  };
  auto process =
      containers_.parts().runtime.exec(container->id, *spec, std::move(handlers), on_end);
  std::lock_guard lock(exec->mutex);
  if (!process) {
    exec->running = false;
    exec->exit_code = process.error().code == ErrorCode::kNotFound ? 127 : 126;
    exec->ended_at = containers_.parts().clock.steady();
    return ApiError{process.error().code == ErrorCode::kConflict ? 409 : 400,
                    fmt::format("OCI runtime exec failed: exec failed: unable to start container "
                                "process: {}: unknown",
                                process.error().cause)};
  }
  exec->process = std::move(*process);
  exec->pid = exec->process->pid();
  return {};
}

json::object Execs::inspect(const Exec& exec) const {
  std::lock_guard lock(exec.mutex);
  const auto& command = exec.config.command;
  json::object process{{"tty", exec.config.terminal},
                       {"entrypoint", command[0]},
                       {"arguments", to_array({command.begin() + 1, command.end()})},
                       {"privileged", exec.config.privileged}};
  if (!exec.config.user.empty()) process["user"] = exec.config.user;
  return {{"ID", exec.id},
          {"Running", exec.running},
          {"ExitCode", exec.exit_code ? json::value(*exec.exit_code) : json::value(nullptr)},
          {"ProcessConfig", std::move(process)},
          {"OpenStdin", exec.config.input},
          {"OpenStderr", exec.config.error},
          {"OpenStdout", exec.config.output},
          {"CanRemove", false},
          {"ContainerID", exec.container},
          {"DetachKeys", ""},
          {"Pid", exec.pid}};
}

}  // namespace cove::engine
