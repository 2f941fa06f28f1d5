// Starting, stopping and removing containers, and what follows when they end by themselves.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>

#include "core/base/strings.h"
#include "core/base/sync.h"
#include "core/engine/container_spec.h"
#include "core/engine/containers_impl.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

ApiError conflict(std::string message) {
  return {409, std::move(message)};
}

// Clients read their own exit code from these words: 127 for a program that is not there, 126 for
// one that cannot be run.
struct StartFailure {
  int exit_code = 128;
  ApiError error;
};
StartFailure start_failure(const Error& error) {
  StartFailure failure;
  const bool of_command = error.cause.starts_with("exec:");
  if (of_command) failure.exit_code = error.code == ErrorCode::kNotFound ? 127 : 126;
  failure.error.status = failure.exit_code == 128 ? 500 : 400;
  failure.error.message = fmt::format(
      "failed to create task for container: failed to create shim task: OCI runtime create failed: "
      "unable to start container process: {}: unknown",
      error.cause);
  return failure;
}

Outcome<Path> shared_namespace(Containers& containers, const std::string& mode, const char* kind) {
  if (!mode.starts_with("container:")) return Path();
  const std::string name = mode.substr(10);
  COVE_TRY(const ContainerPtr other, containers.find(name));
  if (!other->look([](const auto& record) { return record.state.running; })) {
    return conflict(
        fmt::format("cannot join {} namespace of a non running container: {}", kind, other->id));
  }
  COVE_TRY(const Path path, outcome(containers.parts().runtime.namespaces(other->id)));
  return path / kind;
}

}  // namespace

Outcome<> Containers::Implementation::start_process(const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  for (const MountPoint& mount : record.mounts) {
    struct stat found {};
    if (mount.kind != MountPoint::Kind::kBind || stat(mount.source.c_str(), &found) == 0) continue;
    if (!mount.make_source) {
      return ApiError{400, fmt::format("invalid mount config for type \"bind\": bind source path "
                                       "does not exist: {}",
                                       mount.source)};
    }
    COVE_CHECK(outcome(make_directories(mount.source, 0755)));
  }
  COVE_TRY(const Path network, network_path(record));
  // Beside each other, and while its root is mounted.
  auto beginning = std::async([&]() -> Result<std::unique_ptr<runtime::Runtime::Begun>> {
    COVE_TRY(const runtime::ContainerSpec known, parts.runtime.spec(record.id));
    return parts.runtime.begin(known);
  });
  auto plugging = std::async([&]() -> Outcome<> {
    COVE_CHECK(plug(container));
    return write_files(container->snapshot());
  });

  const json::object& config = record.config->config;
  const json::object& host = record.config->host;
  SpecInputs inputs{record, folder(record.id), {}};
  for (auto layer = record.layers.rbegin(); layer != record.layers.rend(); ++layer) {
    inputs.lower.push_back(parts.layers.path(*layer));
  }
  using From = runtime::Namespace::From;
  inputs.network =
      network.empty() ? runtime::Namespace{From::kHost} : runtime::Namespace{From::kPath, network};
  COVE_TRY(inputs.pid_namespace, shared_namespace(self, text_of(host, "PidMode"), "pid"));
  COVE_TRY(inputs.ipc_namespace, shared_namespace(self, text_of(host, "IpcMode"), "ipc"));
  // Held until the runtime has mounted it too: one mount instead of two.
  COVE_TRY(const auto root, outcome(parts.runtime.mount_root(record.id)));
  COVE_TRY(inputs.user, outcome(runtime::resolve_user(root->path(), text_of(config, "User"),
                                                      texts_of(host, "GroupAdd"))));
  const std::string directory = text_of(config, "WorkingDir");
  if (!directory.empty() && !flag_of(host, "ReadonlyRootfs")) {
    COVE_CHECK(
        outcome(make_folder_inside(root->path(), directory, inputs.user.uid, inputs.user.gid)));
  }
  COVE_TRY(const auto spec, make_spec(inputs));
  COVE_CHECK(outcome(parts.runtime.reconfigure(spec)));
  COVE_TRY(auto begun, outcome(beginning.get()));
  Outcome<> plugged;
  const auto plug_in = [&]() -> Result<void> {
    plugged = plugging.get();
    if (plugged) return {};
    return Error{ErrorCode::kInternal, "plug in", record.id, plugged.error().message, {}};
  };
  const auto started = parts.runtime.start(record.id, plug_in, std::move(begun));
  if (!plugged) return plugged.error();
  if (!started) {
    const StartFailure failure = start_failure(started.error());
    container->change([&](ContainerRecord& now) { now.state.exit_code = failure.exit_code; });
    return failure.error;
  }
  return {};
}

Outcome<> Containers::Implementation::start_locked(const ContainerPtr& container, StartedBy by) {
  container->change([&](ContainerRecord& record) {
    container->starting = true;
    record.state.error.clear();
    if (by == StartedBy::kPolicy) return;
    record.state.restarting = false;
    record.state.stopped_by_user = false;
    record.state.exit_code = 128;
  });
  const auto started = start_process(container);
  if (!started) {
    unplug(container);
    container->change([&](ContainerRecord& record) {
      container->starting = false;
      record.state.error = started.error().message;
      record.state.finished_at = parts.clock.wall();
    });
    save_told(container);
    const int code =
        container->look([](const ContainerRecord& record) { return record.state.exit_code; });
    self.publish(container, "die", {{"exitCode", std::to_string(code)}});
    if (container->look([](const auto& r) { return flag_of(r.config->host, "AutoRemove"); })) {
      [[maybe_unused]] const auto removed =
          remove_locked(container, {.force = true, .volumes = true, .auto_remove = true});
    }
    return started.error();
  }
  const auto status = parts.runtime.status(container->id);
  container->change([&](ContainerRecord& record) {
    record.state.running = true;
    record.state.restarting = false;
    record.state.paused = false;
    record.state.oom_killed = false;
    record.state.exit_code = 0;
    record.state.started_at = parts.clock.wall();
    record.state.finished_at = {};
    if (status) {
      record.state.pid = status->pid;
      if (status->started_at != WallTime{}) record.state.started_at = status->started_at;
    }
    ++container->starts;
  });
  health->begin(container);
  self.publish(container, "start");
  std::optional<runtime::ContainerStatus> ended;
  container->change([&](ContainerRecord&) {
    container->starting = false;
    std::lock_guard lock(mutex);
    if (const auto early = early_exits.find(container->id); early != early_exits.end()) {
      ended = early->second;
      early_exits.erase(early);
    }
  });
  const bool over = ended && !runs(container->id);
  if (over) finish_exit(container, *ended);
  // Of an end it is said there; that it was started decides all the same.
  if (!over || has_restart_policy(container)) save_told(container);
  return {};
}

// Ends are told late, and clocks are set: an end that was told of what runs is that of an earlier
// run.
bool Containers::Implementation::runs(const std::string& id) const {
  const auto status = parts.runtime.status(id);
  return status && (status->state == runtime::ContainerState::kRunning ||
                    status->state == runtime::ContainerState::kPaused);
}

void Containers::Implementation::exited(const runtime::ContainerStatus& status) {
  ContainerPtr container;
  {
    std::lock_guard lock(mutex);
    const auto found = by_id.find(status.id);
    if (found == by_id.end()) return;
    container = found->second;
  }
  const bool early = container->change([&](ContainerRecord&) {
    if (!container->starting) return false;
    std::lock_guard lock(mutex);
    early_exits[status.id] = status;
    return true;
  });
  if (!early && !runs(status.id)) finish_exit(container, status);
}

void Containers::Implementation::finish_exit(const ContainerPtr& container,
                                             const runtime::ContainerStatus& told) {
  // The same end may be told twice: by the runtime and by who looked for himself.
  const bool first = container->change([&](const ContainerRecord& record) {
    if (!record.state.running || container->ending) return false;
    if (told.finished_at != WallTime{} && told.finished_at < record.state.started_at) return false;
    return container->ending = true;
  });
  if (!first) return;
  health->end(container);
  unplug(container);
  const ContainerRecord record = container->snapshot();
  runtime::ContainerStatus status = told;
  if (status.finished_at == WallTime{}) status.finished_at = parts.clock.wall();
  const auto ran = status.finished_at - record.state.started_at;
  std::optional<std::chrono::nanoseconds> restart;
  const auto policy = parse_restart_policy(record.config->host);
  const bool decides = policy && policy->kind == RestartPolicy::Kind::kOnFailure;
  if (policy) {
    std::lock_guard lock(mutex);
    restart = backoffs[container->id].after(
        *policy, {.exit_code = status.exit_code,
                  .restart_count = record.state.restart_count,
                  .stopped_by_user = record.state.stopped_by_user,
                  .ran = std::chrono::duration_cast<std::chrono::nanoseconds>(ran)});
  }
  const std::uint64_t exits = record_exit(container, status, restart.has_value(), decides);
  if (status.oom_killed) self.publish(container, "oom");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ran).count();
  self.publish(container, "die",
               {{"exitCode", std::to_string(status.exit_code)},
                {"execDuration", std::to_string(std::max<std::int64_t>(seconds, 0))}});
  for (const auto& mount : record.mounts) {
    if (mount.kind != MountPoint::Kind::kVolume) continue;
    parts.events.publish({.type = "volume",
                          .action = "unmount",
                          .actor = mount.name,
                          .attributes = {{"container", record.id}, {"driver", "local"}}});
  }
  if (flag_of(record.config->host, "AutoRemove")) {
    later({}, [this, container, exits] {
      std::lock_guard operation(container->operation);
      {
        std::lock_guard lock(container->mutex);
        if (container->exits != exits || container->record().state.running) return;
      }
      const auto removed =
          remove_locked(container, {.force = false, .volumes = true, .auto_remove = true});
      if (!removed && removed.error().status != 404) {
        parts.logger.error(removed.error().message);
      }
    });
    return;
  }
  if (!decides) save_soon(container);
  if (restart) schedule_restart(container, *restart, exits);
}

std::uint64_t Containers::Implementation::record_exit(const ContainerPtr& container,
                                                      const runtime::ContainerStatus& status,
                                                      bool restarts, bool decides) {
  const auto end = [&](ContainerState& state) {
    state.running = false;
    state.paused = false;
    state.pid = 0;
    state.exit_code = status.exit_code;
    state.oom_killed = status.oom_killed;
    state.error = status.error;
    state.finished_at = status.finished_at;
    // Whoever ended it meanwhile has been heard.
    state.restarting = restarts && !state.stopped_by_user;
  };
  // Held until the record in memory says it too, or another save() might take the end back.
  std::unique_lock file(container->file, std::defer_lock);
  if (decides) {
    file.lock();
    ContainerRecord ended = container->snapshot();
    end(ended.state);
    auto saved = write(*container, ended);
    if (saved) saved = settle(*container);
    if (!note(*container, saved)) settle_later(container);
  }
  return container->change([&](ContainerRecord& now) {
    end(now.state);
    container->ending = false;
    return ++container->exits;
  });
}

void Containers::Implementation::schedule_restart(const ContainerPtr& container,
                                                  std::chrono::nanoseconds delay,
                                                  std::uint64_t exits) {
  later(delay, [this, container, exits] {
    std::lock_guard operation(container->operation);
    const bool wanted = container->change([&](ContainerRecord& record) {
      if (container->removed || container->exits != exits || !record.state.restarting) return false;
      // Who tells its end schedules the restart as well.
      if (container->ending || record.state.running) return false;
      ++record.state.restart_count;
      return true;
    });
    if (!wanted) return;
    const auto started = start_locked(container, StartedBy::kPolicy);
    if (started) return;
    parts.logger.warn("a container could not be started again",
                      {{"container", container->id}, {"cause", started.error().message}});
    after_failed_restart(container, exits);
  });
}

// Like one that ended with that code: the policy has the word.
void Containers::Implementation::after_failed_restart(const ContainerPtr& container,
                                                      std::uint64_t exits) {
  const ContainerRecord record = container->snapshot();
  const auto policy = parse_restart_policy(record.config->host);
  std::optional<std::chrono::nanoseconds> next;
  if (policy) {
    std::lock_guard lock(mutex);
    next =
        backoffs[container->id].after(*policy, {.exit_code = record.state.exit_code,
                                                .restart_count = record.state.restart_count,
                                                .stopped_by_user = record.state.stopped_by_user});
  }
  if (next) return schedule_restart(container, *next, exits);
  container->change([](ContainerRecord& now) { now.state.restarting = false; });
  save_told(container);
}

void Containers::Implementation::restore_one(const ContainerPtr& container) {
  std::lock_guard operation(container->operation);
  const ContainerRecord record = container->snapshot();
  auto status = parts.runtime.status(container->id);
  if (!status && status.error().code == ErrorCode::kNotFound) {
    SpecInputs inputs{record, folder(record.id), {}};
    for (auto layer = record.layers.rbegin(); layer != record.layers.rend(); ++layer) {
      inputs.lower.push_back(parts.layers.path(*layer));
    }
    const auto spec = make_spec(inputs);
    const auto made = spec ? parts.runtime.create(*spec) : Result<void>();
    if (!made) parts.logger.error(made.error().message());
    status = parts.runtime.status(container->id);
  }
  const bool runs = status && (status->state == runtime::ContainerState::kRunning ||
                               status->state == runtime::ContainerState::kPaused);
  if (runs) {
    container->change([&](ContainerRecord& now) {
      now.state.running = true;
      now.state.restarting = false;
      now.state.paused = status->state == runtime::ContainerState::kPaused;
      now.state.pid = status->pid;
      if (status->started_at != WallTime{}) now.state.started_at = status->started_at;
    });
    health->begin(container);
    return;
  }
  if (record.state.running) {
    runtime::ContainerStatus ended;
    ended.id = container->id;
    ended.exit_code = 255;  // when nobody knows
    if (status && status->finished_at != WallTime{}) ended = *status;
    finish_exit(container, ended);
  }
  const ContainerState now =
      container->look([](const ContainerRecord& current) { return current.state; });
  if (now.restarting && record.state.running) return;  // scheduled with its end
  if (flag_of(record.config->host, "AutoRemove")) {
    if (now.started_at != WallTime{} && !record.state.running) {
      [[maybe_unused]] const auto removed =
          remove_locked(container, {.force = true, .volumes = true, .auto_remove = true});
    }
    return;
  }
  const auto policy = parse_restart_policy(record.config->host);
  if (!policy || !starts_with_engine(*policy, now.started_at != WallTime{}, now.stopped_by_user,
                                     now.exit_code)) {
    container->change([](ContainerRecord& current) { current.state.restarting = false; });
    return;
  }
  container->change([](ContainerRecord& current) {
    current.state.restarting = true;
    current.state.stopped_by_user = false;
  });
  schedule_restart(container, std::chrono::nanoseconds(0),
                   container->look([&](const auto&) { return container->exits; }));
}

bool Containers::Implementation::wait_stopped(const ContainerPtr& container,
                                              std::optional<std::chrono::seconds> time) {
  std::unique_lock lock(container->mutex);
  const auto stopped = [&] { return !container->record().state.running; };
  const auto stop = stopping.get_token();
  if (!time) return container->changed.wait(lock, stop, stopped);
  return container->changed.wait_for(lock, stop, *time, stopped);
}

Outcome<bool> Containers::Implementation::stop_locked(const ContainerPtr& container,
                                                      std::optional<int> seconds,
                                                      const std::string& signal) {
  const json::object config =
      container->look([](const ContainerRecord& record) { return record.config->config; });
  int number = stop_signal(config);
  if (!signal.empty()) {
    const auto given = parse_signal(signal);
    if (!given) return ApiError{400, "invalid signal: " + signal};
    number = *given;
  }
  bool paused = false;
  const int before = container->change([&](ContainerRecord& record) {
    paused = record.state.paused;
    record.state.stopped_by_user = true;
    if (record.state.running) return 2;
    const bool waited = record.state.restarting;
    record.state.restarting = false;
    return waited ? 1 : 0;
  });
  if (before < 2) {
    [[maybe_unused]] const auto saved = save(container);
    return before == 1;
  }
  const auto send = [&](int which) {
    self.publish(container, "kill", {{"signal", std::to_string(which)}});
    return parts.runtime.signal(container->id, which);
  };
  const auto sent = send(number);
  if (sent && paused) {
    [[maybe_unused]] const auto resumed = parts.runtime.resume(container->id);
  }
  const int limit = seconds.value_or(stop_seconds(config));
  std::optional<std::chrono::seconds> time;
  if (limit >= 0) time = std::chrono::seconds(limit);
  if (!wait_stopped(container, time)) {
    [[maybe_unused]] const auto killed = send(SIGKILL);
    if (!wait_stopped(container, std::chrono::seconds(10))) {
      return ApiError{500, fmt::format("cannot stop container: {}: tried to kill container, but "
                                       "did not receive an exit event",
                                       container->id)};
    }
  }
  // Not to be started again by its policy, whatever happens now.
  [[maybe_unused]] const auto saved = save(container);
  self.publish(container, "stop");
  return true;
}

Outcome<> Containers::Implementation::remove_locked(const ContainerPtr& container,
                                                    const Removal& removal) {
  const ContainerRecord record = container->snapshot();
  {
    std::lock_guard lock(container->mutex);
    if (container->removed) return ApiError{404, "No such container: " + record.id};
  }
  container->change([](ContainerRecord& now) {
    now.state.removing = true;
    now.state.restarting = false;
  });
  health->end(container);
  unplug(container);
  const auto removed = parts.runtime.remove(record.id, removal.force);
  if (!removed && removed.error().code != ErrorCode::kNotFound) {
    container->change([&](ContainerRecord& now) {
      now.state.removing = false;
      now.state.dead = true;
      container->removal_error = removed.error().cause;
    });
    return ApiError{500, fmt::format("container {}: driver failed to remove root filesystem: {}",
                                     record.id, removed.error().cause)};
  }
  execs->forget(record.id);
  // From here on it is not listed any more, also by a coved that comes after this one.
  {
    std::lock_guard file(container->file);
    container->file_gone = true;
    for (const Path& path : {next_file(record.id), record_file(record.id)}) {
      if (const auto gone = remove_tree(path); !gone) parts.logger.warn(gone.error().message());
    }
    // One that goes with its end would go again.
    if (!removal.auto_remove) {
      if (const auto gone = sync_directory(record_file(record.id).parent_path()); !gone)
        parts.logger.warn(gone.error().message());
    }
  }
  if (const auto gone = remove_tree(folder(record.id)); !gone)
    parts.logger.warn(gone.error().message());
  {
    std::lock_guard lock(mutex);
    by_id.erase(record.id);
    backoffs.erase(record.id);
    early_exits.erase(record.id);
    if (const auto name = names.find(record.name);
        name != names.end() && name->second == record.id) {
      names.erase(name);
    }
  }
  let_layers_go(record.id);
  if (removal.volumes) {
    for (const auto& mount : record.mounts) {
      if (!mount.anonymous || mount.kind != MountPoint::Kind::kVolume) continue;
      // Another container may have it by --volumes-from.
      [[maybe_unused]] const auto gone = volumes->remove(mount.name, false);
    }
  }
  self.publish(container, "destroy");
  container->change([&](ContainerRecord& now) {
    now.state.removing = true;
    now.state.running = false;
    container->removed = true;
  });
  return {};
}

}  // namespace cove::engine
