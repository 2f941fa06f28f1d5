// What clients ask of a container.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/engine/container_filter.h"
#include "core/engine/containers_impl.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

ApiError conflict(std::string message) {
  return {409, std::move(message)};
}

ApiError not_running(const std::string& id) {
  return conflict(fmt::format("container {} is not running", id));
}

ContainerState state_of(const ContainerPtr& container) {
  return container->look([](const ContainerRecord& record) { return record.state; });
}

}  // namespace

Outcome<bool> Containers::start(const ContainerPtr& container) {
  std::lock_guard operation(container->operation);
  const ContainerState state = state_of(container);
  if (state.removing || state.dead) {
    return conflict("container is marked for removal and cannot be started");
  }
  if (state.paused) return conflict("cannot start a paused container, try unpause instead");
  if (state.running) return false;
  container->change([](ContainerRecord& record) { record.state.restart_count = 0; });
  {
    std::lock_guard lock(implementation_->mutex);
    implementation_->backoffs.erase(container->id);
  }
  COVE_CHECK(implementation_->start_locked(container));
  return true;
}

Outcome<bool> Containers::stop(const ContainerPtr& container, std::optional<int> seconds,
                               const std::string& signal) {
  std::lock_guard operation(container->operation);
  return implementation_->stop_locked(container, seconds, signal);
}

Outcome<> Containers::restart(const ContainerPtr& container, std::optional<int> seconds,
                              const std::string& signal) {
  std::lock_guard operation(container->operation);
  // One that goes away with its end is started again before anybody takes it away.
  COVE_CHECK(implementation_->stop_locked(container, seconds, signal));
  const ContainerState state = state_of(container);
  if (state.removing || state.dead) {
    return conflict("container is marked for removal and cannot be started");
  }
  COVE_CHECK(implementation_->start_locked(container));
  publish(container, "restart");
  return {};
}

Outcome<> Containers::kill(const ContainerPtr& container, const std::string& signal,
                           const std::string& asked) {
  const auto number = parse_signal(signal.empty() ? "KILL" : signal);
  if (!number) return ApiError{400, "invalid signal: " + signal};
  bool paused = false;
  bool ends = false;
  enum class Found { kRunning, kRestarting, kEnded };
  // `cancels` a restart that nobody is at work on.
  const auto look = [&](bool cancels) {
    return container->change([&](ContainerRecord& record) {
      ContainerState& state = record.state;
      paused = state.paused;
      ends = *number == SIGKILL || *number == SIGTERM || *number == SIGINT || *number == SIGQUIT ||
             *number == stop_signal(record.config->config);
      if (!state.running && !state.restarting) return Found::kEnded;
      const bool restarting = !state.running;
      if (restarting && !cancels) return Found::kRestarting;
      if (restarting || ends) state.stopped_by_user = true;
      if (restarting) state.restarting = false;
      return restarting ? Found::kRestarting : Found::kRunning;
    });
  };
  Found found = look(false);
  if (found == Found::kRestarting) {
    // Between two runs, or on its way into the next one: then that is what the signal is for.
    const std::lock_guard operation(container->operation);
    found = look(true);
    if (found == Found::kRestarting) {
      implementation_->save_told(container);
      return {};
    }
  }
  if (found == Found::kEnded) {
    return conflict(fmt::format("cannot kill container: {}: container {} is not running", asked,
                                container->id));
  }
  const auto sent = implementation_->parts.runtime.signal(container->id, *number);
  if (!sent) {
    // It ends by itself at this very moment, and stays ended as it was asked to.
    if (ends && sent.error().code == ErrorCode::kConflict &&
        implementation_->wait_stopped(container, std::chrono::seconds(10))) {
      implementation_->save_told(container);
      return {};
    }
    if (sent.error().code == ErrorCode::kConflict) {
      return conflict(fmt::format("cannot kill container: {}: container {} is not running", asked,
                                  container->id));
    }
    return to_api_error(sent.error());
  }
  publish(container, "kill", {{"signal", std::to_string(*number)}});
  if (paused && *number != SIGKILL) {
    COVE_CHECK(outcome(implementation_->parts.runtime.resume(container->id)));
    container->change([](ContainerRecord& record) { record.state.paused = false; });
  }
  if (*number == SIGKILL) implementation_->wait_stopped(container, std::chrono::seconds(10));
  // Not to be started again by its policy, whatever happens now.
  if (ends) implementation_->save_told(container);
  return {};
}

Outcome<> Containers::pause(const ContainerPtr& container) {
  std::lock_guard operation(container->operation);
  const ContainerState state = state_of(container);
  if (!state.running) return not_running(container->id);
  if (state.paused) return conflict(fmt::format("Container {} is already paused", container->id));
  COVE_CHECK(outcome(implementation_->parts.runtime.pause(container->id)));
  container->change([](ContainerRecord& record) { record.state.paused = true; });
  [[maybe_unused]] const auto saved = implementation_->save(container);
  publish(container, "pause");
  return {};
}

Outcome<> Containers::unpause(const ContainerPtr& container) {
  std::lock_guard operation(container->operation);
  if (!state_of(container).paused) {
    return conflict(fmt::format("Container {} is not paused", container->id));
  }
  COVE_CHECK(outcome(implementation_->parts.runtime.resume(container->id)));
  container->change([](ContainerRecord& record) { record.state.paused = false; });
  [[maybe_unused]] const auto saved = implementation_->save(container);
  publish(container, "unpause");
  return {};
}

Outcome<> Containers::rename(const ContainerPtr& container, const std::string& wanted) {
  std::lock_guard operation(container->operation);
  std::string name = wanted;
  if (name.empty() || name == "/") {
    return ApiError{400, "Neither old nor new names may be empty"};
  }
  const std::string old = container->look([](const auto& record) { return record.name; });
  if (name == old || name == "/" + old) {
    return ApiError{400, "Renaming a container with the same name as its current name"};
  }
  COVE_CHECK(implementation_->reserve_name(name, container->id));
  container->change([&](ContainerRecord& record) { record.name = name; });
  if (const auto saved = implementation_->save(container); !saved) {
    container->change([&](ContainerRecord& record) { record.name = old; });
    implementation_->release_name(name, container->id);
    return to_api_error(saved.error());
  }
  implementation_->release_name(old, container->id);
  std::vector<std::string> names = {name, container->id.substr(0, 12)};
  container->look([&](const ContainerRecord& record) {
    for (const auto& network : record.networks) {
      names.insert(names.end(), network.aliases.begin(), network.aliases.end());
    }
  });
  if (state_of(container).running) {
    [[maybe_unused]] const auto told = implementation_->parts.networks.rename(container->id, names);
  }
  publish(container, "rename", {{"oldName", "/" + old}});
  return {};
}

Outcome<std::vector<std::string>> Containers::update(const ContainerPtr& container,
                                                     const json::object& body) {
  std::lock_guard operation(container->operation);
  const ContainerRecord record = container->snapshot();
  if (record.state.removing || record.state.dead) {
    return conflict("container is marked for removal and cannot be updated");
  }
  static constexpr std::string_view kFields[] = {
      "BlkioWeight", "CpuShares",         "CpuPeriod",  "CpuQuota",  "CpusetCpus", "CpusetMems",
      "Memory",      "MemoryReservation", "MemorySwap", "PidsLimit", "NanoCpus",   "RestartPolicy"};
  auto config = std::make_shared<ContainerConfig>(*record.config);
  json::object host = config->host;
  for (const auto name : kFields) {
    const auto* value = body.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) continue;
    if (value->is_string() && value->get_string().empty()) continue;
    if (name != "PidsLimit" && value->is_number() && value->to_number<double>() == 0) continue;
    if (value->is_object() && text_of(value->get_object(), "Name").empty()) continue;
    host[json::string_view(name.data(), name.size())] = *value;
  }
  json::object document = config->config;
  document["HostConfig"] = host;
  COVE_TRY(ContainerConfig checked, read_create_body(document, kNewestApi));
  COVE_TRY(const RestartPolicy policy, parse_restart_policy(checked.host));
  if (flag_of(checked.host, "AutoRemove") && policy.kind != RestartPolicy::Kind::kNo) {
    return ApiError{400,
                    "Restart policy cannot be updated because AutoRemove is enabled for the "
                    "container"};
  }
  COVE_CHECK(validate_resources(checked.host, implementation_->cpus));
  config->host = std::move(checked.host);
  if (record.state.running) {
    if (const auto set =
            implementation_->parts.runtime.update(container->id, resources(config->host));
        !set) {
      return ApiError{
          500, fmt::format("Cannot update container {}: {}", container->id, set.error().cause)};
    }
  }
  container->change([&](ContainerRecord& now) { now.config = config; });
  COVE_CHECK(outcome(implementation_->save(container)));
  publish(container, "update");
  return std::vector<std::string>();
}

Outcome<> Containers::remove(const ContainerPtr& container, const Removal& removal) {
  const auto refuse = [&](const ContainerState& state, const std::string& name) -> Outcome<> {
    if (!state.running && !state.restarting) return {};
    std::string remedy = "stop the container before removing or force remove";
    if (state.paused) remedy = "unpause and then " + remedy;
    return conflict(fmt::format("cannot remove container \"/{}\": container is {}: {}", name,
                                state.status(), remedy));
  };
  if (removal.force && state_of(container).running) {
    container->change([](ContainerRecord& record) { record.state.stopped_by_user = true; });
    // Before the lock: a stop under way need not be waited for.
    [[maybe_unused]] const auto killed =
        implementation_->parts.runtime.signal(container->id, SIGKILL);
  }
  // Nor need whoever is refused wait for a start under way.
  if (!removal.force) {
    const ContainerRecord now = container->snapshot();
    COVE_CHECK(refuse(now.state, now.name));
  }
  std::unique_lock operation(container->operation, std::try_to_lock);
  if (!operation) {
    if (state_of(container).removing) {
      return conflict(fmt::format("removal of container {} is already in progress", container->id));
    }
    operation.lock();
  }
  const ContainerRecord record = container->snapshot();
  if (!removal.force) {
    COVE_CHECK(refuse(record.state, record.name));
  } else if (record.state.running) {
    // One that was being started when it was killed above.
    container->change([](ContainerRecord& now) { now.state.stopped_by_user = true; });
    if (const auto killed = implementation_->parts.runtime.signal(container->id, SIGKILL); killed) {
      publish(container, "kill", {{"signal", "9"}});
    }
    implementation_->wait_stopped(container, std::chrono::seconds(10));
  }
  return implementation_->remove_locked(container, removal);
}

Outcome<std::optional<Containers::Waited>> Containers::wait(const ContainerPtr& container,
                                                            WaitFor what,
                                                            const std::function<void()>& armed,
                                                            std::stop_token stop) {
  std::stop_source either;
  const std::stop_callback first(stop, [&] { either.request_stop(); });
  const std::stop_callback second(stopping(), [&] { either.request_stop(); });
  std::unique_lock lock(container->mutex);
  const std::uint64_t exits = container->exits;
  const auto done = [&] {
    const ContainerState& state = container->record().state;
    if (container->removed) return true;
    switch (what) {
      case WaitFor::kNotRunning: return !state.running && !state.restarting;
      case WaitFor::kNextExit: return container->exits != exits;
      case WaitFor::kRemoved: return !container->removal_error.empty();
    }
    return true;
  };
  lock.unlock();
  armed();
  lock.lock();
  if (!container->changed.wait(lock, either.get_token(), done)) {
    return std::optional<Waited>();
  }
  const ContainerState& state = container->record().state;
  Waited waited{state.exit_code, state.error};
  if (what == WaitFor::kRemoved) waited.error = container->removal_error;
  return std::optional(std::move(waited));
}

Outcome<Containers::Pruned> Containers::prune(const Filters& filters) {
  for (const auto& [name, values] : filters) {
    if (name != "until" && name != "label" && name != "label!") {
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
    }
  }
  std::optional<WallTime> until;
  if (const auto values = filters.find("until"); values != filters.end()) {
    if (values->second.size() != 1) return ApiError{400, "more than one until filter specified"};
    COVE_TRY(until, parse_until(values->second[0], implementation_->parts.clock.wall()));
  }
  Pruned pruned;
  for (const auto& container : all()) {
    const ContainerRecord record = container->snapshot();
    if (record.state.running || record.state.restarting || record.state.removing) continue;
    if (until && record.created_at > *until) continue;
    if (!labels_match(filters, text_map_of(record.config->config, "Labels"))) continue;
    const std::uint64_t bytes = size_of_changes(*this, container->id);
    if (!remove(container, {})) continue;
    pruned.ids.push_back(record.id);
    pruned.bytes += bytes;
  }
  implementation_->parts.events.publish(
      {.type = "container",
       .action = "prune",
       .actor = "",
       .attributes = {{"reclaimed", std::to_string(pruned.bytes)}}});
  return pruned;
}

}  // namespace cove::engine
