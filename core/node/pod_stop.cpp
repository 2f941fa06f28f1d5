// PodWorker: how containers, and in the end the pod, are brought to their end (kubernetes.io
// "Termination of Pods").
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "core/node/pod_worker.h"
#include "core/runtime/log_reader.h"

namespace cove::node {
namespace {

// However long preStop takes, the process has this long after its signal.
constexpr std::chrono::seconds kLeastGrace{2};
constexpr std::chrono::seconds kAgain{10};
constexpr std::chrono::seconds kRetry{1};

}  // namespace

std::int64_t PodWorker::grace_of(const ContainerFacts& container) const {
  const char* const probe = container.failed_probe == "liveness"  ? "livenessProbe"
                            : container.failed_probe == "startup" ? "startupProbe"
                                                                  : nullptr;
  if (probe != nullptr) {
    if (const auto own = api::integer_at(*container.spec, {probe, "terminationGracePeriodSeconds"}))
      return std::max<std::int64_t>(1, *own);
  }
  return termination_grace(*facts_.pod);
}

// Nothing is begun from now on; what is under way is cut off where that can be.
void PodWorker::end() {
  facts_.terminating = true;
  ended_since_ = environment_.clock.steady();
  stop_.request_stop();
  std::erase_if(starts_, [](const auto& entry) { return entry.second.phase != Starting::kMaking; });
  environment_.puller.forget(uid_);
  environment_.executor.cancel(refresh_timer_);
  ask_sync();
}

void PodWorker::run_termination() {
  const std::int64_t grace = grace_.value_or(termination_grace(*facts_.pod));
  for (const std::size_t each : plan_termination(facts_)) {
    // Sidecars have what the others have left.
    const auto spent = std::chrono::duration_cast<std::chrono::seconds>(
        environment_.clock.steady() - ended_since_);
    kill(each, std::max<std::int64_t>(grace - spent.count(), 1),
         "Stopping container " + facts_.containers[each].name);
  }
  if (anything_runs() || busy() || cleaning_) return;
  if (halting_ && !facts_.pod->deleting() && !removed_) return;
  if (!facts_.ended) return clean_up();
  if (removed_) remove_rest();
}

void PodWorker::kill(std::size_t index, std::int64_t grace, const std::string& message) {
  ContainerFacts& facts = facts_.containers[index];
  const std::string id = facts.run->id;
  facts.run->killing = true;
  tell_of(facts, "Normal", "Killing", message);
  Killing& killing = kills_[id];
  killing.deadline = environment_.clock.steady() + std::chrono::seconds(grace);
  killing.timer = environment_.executor.after(std::chrono::seconds(grace),
                                              guarded([this, id] { kill_overdue(id); }));
  const json::object* const handler = api::object_at(*facts.spec, {"lifecycle", "preStop"});
  if (handler == nullptr) return stop_signal(id);
  const auto ran = std::make_shared<Result<void>>();
  environment_.background.run(
      [&environment = environment_, hook = *handler, target = target_of(facts),
       stop = killing.hook.get_token(),
       ran] { *ran = run_hook(hook, target, environment.runtime, stop); },
      guarded([this, id, ran] {
        const auto found = kills_.find(id);
        const ContainerFacts* const container = container_of_run(id);
        if (found == kills_.end() || container == nullptr) return;
        if (!*ran && !found->second.hook.stop_requested())
          tell_of(*container, "Warning", "FailedPreStopHook", "PreStopHook failed");
        const SteadyTime least = environment_.clock.steady() + kLeastGrace;
        if (found->second.deadline < least) {
          environment_.executor.cancel(found->second.timer);
          found->second.deadline = least;
          found->second.timer =
              environment_.executor.after(kLeastGrace, guarded([this, id] { kill_overdue(id); }));
        }
        stop_signal(id);
      }));
}

void PodWorker::stop_signal(const std::string& id) {
  kills_[id].signalled = true;
  const ContainerFacts* const facts = container_of_run(id);
  const std::string name = facts == nullptr ? std::string() : facts->run->stop_signal;
  signal_run(id, name.empty() ? SIGTERM : signal_number(name));
}

void PodWorker::kill_overdue(const std::string& id) {
  const auto found = kills_.find(id);
  if (found == kills_.end()) return;
  Killing& killing = found->second;
  if (!killing.signalled) {
    // preStop has used the time up; its end brings the signal.
    killing.hook.request_stop();
    return;
  }
  signal_run(id, SIGKILL);
  killing.timer = environment_.executor.after(kAgain, guarded([this, id] { kill_overdue(id); }));
}

// That it does not run any more is told by its end.
void PodWorker::signal_run(const std::string& id, int number) {
  environment_.background.run(
      [&environment = environment_, id, number] {
        const auto sent = environment.runtime.signal(id, number);
        if (!sent && sent.error().code != ErrorCode::kConflict &&
            sent.error().code != ErrorCode::kNotFound)
          environment.logger.warn(sent.error().message(), {{"container", id}});
      },
      {});
}

// Address, mounts and control group go at once, whether the pod stays to be looked at or not.
void PodWorker::clean_up() {
  cleaning_ = true;
  environment_.references.forget(uid_);
  const auto done = std::make_shared<Result<void>>();
  environment_.background.run(
      [&environment = environment_, uid = uid_, done] {
        *done = environment.volumes.unmount(uid);
        if (auto removed = environment.sandboxes.remove(uid); !removed) *done = removed;
      },
      guarded([this, done] {
        cleaning_ = false;
        if (!*done) {
          environment_.logger.warn(done->error().message(), {{"pod", uid_}});
          wake_at(environment_.clock.wall() + kRetry);
          return;
        }
        sandbox_.reset();
        facts_.sandbox_ready = false;
        facts_.ended = true;
        ask_sync();
      }));
}

void PodWorker::remove_from_api() {
  if (removing_ || removed_) return;
  removing_ = true;
  const client::ResourceClient pods(environment_.transport, {"", "v1", "pods"},
                                    std::string(facts_.pod->namespace_name()));
  deleting_ = pods.remove(facts_.pod->name(),
                          {.grace_seconds = 0, .uid = environment_.uid_in_api(*facts_.pod)},
                          [this, weak = weak_from_this()](client::ApiResult<void> result) {
                            const auto self = weak.lock();
                            if (!self || closed_ || result) return;
                            const client::ApiError& error = result.error();
                            // Another pod has its name, or it has gone: the informer says so.
                            if (error.is_not_found() || error.is_conflict()) return;
                            environment_.logger.warn(
                                error.to_error("delete the pod", pod_title(*facts_.pod)).message());
                            removing_ = false;
                            wake_at(environment_.clock.wall() + kRetry);
                          });
}

void PodWorker::remove_rest() {
  if (finishing_) return;
  finishing_ = true;
  std::vector<std::string> runs;
  for (const ContainerFacts& each : facts_.containers) {
    if (each.run) runs.push_back(each.run->id);
    if (each.previous) runs.push_back(each.previous->id);
  }
  for (const auto& [name, ids] : old_runs_) runs.insert(runs.end(), ids.begin(), ids.end());
  const Path logs = environment_.directory / "logs" /
                    fmt::format("{}_{}_{}", facts_.pod->namespace_name(), facts_.pod->name(), uid_);
  environment_.background.run(
      [&environment = environment_, uid = uid_, runs, logs] {
        const auto tell = [&](const Result<void>& result) {
          if (!result && result.error().code != ErrorCode::kNotFound)
            environment.logger.warn(result.error().message(), {{"pod", uid}});
        };
        for (const std::string& run : runs) tell(environment.runtime.remove(run, true));
        tell(remove_tree(logs));
        tell(remove_tree(environment.folder(uid)));
      },
      guarded([this] {
        leases_.clear();
        environment_.finished(uid_);
      }));
}

// The newest run and the one before it stay, for `kubectl logs --previous`.
void PodWorker::drop_old_runs(const std::string& name) {
  auto old = old_runs_.extract(name);
  if (old.empty() || old.mapped().empty()) return;
  environment_.background.run(
      [&environment = environment_, uid = uid_, runs = old.mapped()] {
        for (const std::string& run : runs) {
          const auto spec = environment.runtime.spec(run);
          auto removed = environment.runtime.remove(run, true);
          if (!removed && removed.error().code != ErrorCode::kNotFound)
            environment.logger.warn(removed.error().message(), {{"pod", uid}});
          if (!spec) continue;
          for (const Path& file : runtime::log_files(spec->log.file))
            static_cast<void>(remove_tree(file));
        }
      },
      {});
  for (const std::string& run : old.mapped()) leases_.erase(run);
}

}  // namespace cove::node
