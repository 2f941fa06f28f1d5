#include "core/engine/health.h"

#include <condition_variable>
#include <memory>

#include "core/engine/execs.h"
#include "core/engine/fields.h"

namespace cove::engine {

namespace {

constexpr std::size_t kMostOutput = 4096;
constexpr std::size_t kMostResults = 5;
constexpr std::chrono::nanoseconds kInterval = std::chrono::seconds(30);
constexpr std::chrono::nanoseconds kStartInterval = std::chrono::seconds(5);
constexpr int kRetries = 3;

std::chrono::nanoseconds or_else(std::chrono::nanoseconds time, std::chrono::nanoseconds other) {
  return time.count() > 0 ? time : other;
}

bool has_probe(const std::optional<image::HealthCheck>& check) {
  return check && !check->test.empty() && check->test[0] != "NONE" && check->test.size() > 1;
}

// What a probe prints, and its end. Shared with the process, which may outlive the probe.
struct Output {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::string text;
  std::optional<int> exit_code;
};

}  // namespace

bool take_result(HealthState& state, const HealthResult& result, const image::HealthCheck& check,
                 std::chrono::nanoseconds since_start) {
  const std::string before = state.status;
  if (result.exit_code == 0) {
    state.failing_streak = 0;
    state.status = "healthy";
  } else if (state.status != "starting" || since_start >= check.start_period) {
    const int retries = check.retries > 0 ? check.retries : kRetries;
    if (++state.failing_streak >= retries) state.status = "unhealthy";
  }
  state.log.push_back(result);
  if (state.log.size() > kMostResults) state.log.pop_front();
  return state.status != before;
}

std::chrono::nanoseconds probe_delay(const HealthState& state, const image::HealthCheck& check,
                                     std::chrono::nanoseconds since_start) {
  const auto interval = or_else(check.interval, kInterval);
  if (state.status == "starting" && since_start < check.start_period) {
    return std::min(interval, or_else(check.start_interval, kStartInterval));
  }
  return interval;
}

void Health::begin(const ContainerPtr& container) {
  const auto check = container->look(
      [](const ContainerRecord& record) { return health_check(record.config->config); });
  const bool wanted = has_probe(check);
  container->change([&](ContainerRecord& record) {
    record.state.health = {};
    if (wanted) record.state.health.status = "starting";
  });
  if (!wanted) return;
  std::uint64_t number = 0;
  {
    std::lock_guard lock(mutex_);
    Run& run = runs_[container->id];
    run.stop.request_stop();
    run = Run{next_run_++, {}};
    number = run.number;
  }
  HealthState fresh;
  fresh.status = "starting";
  schedule(container, number, probe_delay(fresh, *check, {}));
}

void Health::end(const ContainerPtr& container) {
  std::lock_guard lock(mutex_);
  const auto run = runs_.find(container->id);
  if (run == runs_.end()) return;
  run->second.stop.request_stop();
  runs_.erase(run);
}

void Health::stop() {
  std::lock_guard lock(mutex_);
  for (auto& [id, run] : runs_) run.stop.request_stop();
  runs_.clear();
}

void Health::schedule(const ContainerPtr& container, std::uint64_t run,
                      std::chrono::nanoseconds delay) {
  later_(delay, [this, container, run] { probe(container, run); });
}

void Health::probe(const ContainerPtr& container, std::uint64_t number) {
  std::stop_token stop;
  {
    std::lock_guard lock(mutex_);
    const auto run = runs_.find(container->id);
    if (run == runs_.end() || run->second.number != number) return;
    stop = run->second.stop.get_token();
  }
  const ContainerRecord record = container->snapshot();
  const auto check = health_check(record.config->config);
  if (!has_probe(check) || !record.state.running) return;
  const auto since_start = containers_.parts().clock.wall() - record.state.started_at;
  if (record.state.paused) {
    schedule(container, number, probe_delay(record.state.health, *check, since_start));
    return;
  }
  const HealthResult result = run_probe(container, *check, stop);
  if (stop.stop_requested()) return;
  HealthState after;
  const bool changed = container->change([&](ContainerRecord& now) {
    const bool different = take_result(now.state.health, result, *check, since_start);
    after = now.state.health;
    return different;
  });
  if (changed) containers_.publish(container, "health_status: " + after.status);
  schedule(container, number, probe_delay(after, *check, since_start));
}

HealthResult Health::run_probe(const ContainerPtr& container, const image::HealthCheck& check,
                               std::stop_token stop) {
  const Clock& clock = containers_.parts().clock;
  HealthResult result;
  result.start = clock.wall();
  const auto finish = [&](int code, std::string output) {
    result.end = clock.wall();
    result.exit_code = code;
    result.output = std::move(output);
    return result;
  };
  ExecConfig config;
  config.output = config.error = true;
  if (check.test[0] == "CMD-SHELL") {
    auto shell = texts_of(container->snapshot().config->config, "Shell");
    if (shell.empty()) shell = {"/bin/sh", "-c"};
    config.command = std::move(shell);
    config.command.push_back(check.test[1]);
  } else {
    config.command.assign(check.test.begin() + 1, check.test.end());
  }
  const auto spec = make_exec(containers_, container, config);
  if (!spec) return finish(-1, spec.error().message);
  auto output = std::make_shared<Output>();
  runtime::Streams::Handlers handlers;
  handlers.output = [output](runtime::Streams::Channel, std::string_view bytes) {
    std::lock_guard lock(output->mutex);
    output->text += bytes.substr(0, kMostOutput - std::min(output->text.size(), kMostOutput));
  };
  handlers.closed = [] {};
  auto process = containers_.parts().runtime.exec(container->id, *spec, std::move(handlers),
                                                  [output](int code) {
                                                    std::lock_guard lock(output->mutex);
                                                    output->exit_code = code;
                                                    output->changed.notify_all();
                                                  });
  if (!process) return finish(-1, process.error().cause);
  const auto timeout = or_else(check.timeout, kInterval);
  std::unique_lock lock(output->mutex);
  // The process follows the machine's time, not that of tests.
  output->changed.wait_for(lock, stop, timeout, [&] { return output->exit_code.has_value(); });
  if (output->exit_code) return finish(*output->exit_code, output->text);
  lock.unlock();
  (*process)->signal(9);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  std::string text = "Health check exceeded timeout (" +
                     (milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s"
                                               : std::to_string(milliseconds) + "ms") +
                     ")";
  return finish(-1, std::move(text));
}

}  // namespace cove::engine
