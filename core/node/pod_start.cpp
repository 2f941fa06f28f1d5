// PodWorker: what brings containers to life.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/node/container_resources.h"
#include "core/node/pod_worker.h"
#include "core/node/runtime_support.h"
#include "core/node/small_file.h"

namespace cove::node {
namespace {

constexpr std::chrono::seconds kSandboxDelay{1}, kLongestSandboxDelay{10};
constexpr std::chrono::seconds kMountDelay{1}, kLongestMountDelay{120};
constexpr std::chrono::seconds kAfterConfigError{10};
// So often volumes are read again: tokens get old, and not every reference can be watched.
constexpr std::chrono::seconds kRefresh{45};

std::string image_name(const image::Image& image, const std::string& wanted) {
  if (const auto reference = image::parse_tagged(wanted)) return reference->canonical();
  return image.id.text();
}

std::string image_id(const image::Image& image) {
  return image.digests.empty() ? image.id.text() : image.digests.front().canonical();
}

}  // namespace

struct PodWorker::StartResultOf {
  KnownRun known;
  std::optional<StartFailure> failure;
  bool created = false, started = false;
};

void PodWorker::make_sandbox() {
  const WallTime now = environment_.clock.wall();
  if (making_sandbox_) return;
  if (now < sandbox_not_before_) return wake_at(sandbox_not_before_);
  making_sandbox_ = true;
  const unsigned attempt = facts_.sandbox_attempt + 1;
  if (attempt > 1) {
    tell("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
  }
  const auto made = std::make_shared<Result<PodSandbox>>(Error{});
  environment_.background.run(
      [&environment = environment_, pod = facts_.pod, attempt, made] {
        const auto fit = check_runtime(*pod, environment.transport);
        *made = fit ? environment.sandboxes.make(*pod, attempt) : Result<PodSandbox>(fit.error());
      },
      guarded([this, made] {
        making_sandbox_ = false;
        if (*made) {
          sandbox_ = **made;
          sandbox_delay_ = std::chrono::seconds(0);
          facts_.sandbox_ready = true;
          facts_.sandbox_attempt = sandbox_->attempt;
          facts_.address = sandbox_->places.address;
        } else {
          const Error& error = made->error();
          const bool whole = error.code == ErrorCode::kUnsupported;
          tell("Warning", "FailedCreatePodSandBox",
               "Failed to create pod sandbox: " + (whole ? error.cause : error.message()));
          sandbox_delay_ = std::clamp(sandbox_delay_ * 2, kSandboxDelay, kLongestSandboxDelay);
          sandbox_not_before_ = environment_.clock.wall() + sandbox_delay_;
        }
        make_next();
        ask_sync();
      }));
}

void PodWorker::mount_volumes() {
  const WallTime now = environment_.clock.wall();
  if (mounting_ || mounted_) return;
  if (now < mount_not_before_) return wake_at(mount_not_before_);
  mounting_ = true;
  environment_.references.follow(*facts_.pod);
  const auto mounted = std::make_shared<Result<MountedVolumes>>(Error{});
  environment_.background.run([&environment = environment_, pod = facts_.pod,
                               mounted] { *mounted = environment.volumes.mount(pod); },
                              guarded([this, mounted] {
                                mounting_ = false;
                                if (*mounted) {
                                  mounted_ = true;
                                  volumes_ = **mounted;
                                  refresh_later();
                                } else {
                                  tell("Warning", "FailedMount", mounted->error().cause);
                                  mount_delay_ =
                                      std::clamp(mount_delay_ * 2, kMountDelay, kLongestMountDelay);
                                  mount_not_before_ = environment_.clock.wall() + mount_delay_;
                                }
                                make_next();
                                ask_sync();
                              }));
}

void PodWorker::refresh_later() {
  const auto delay = std::exchange(refresh_asked_, false) ? std::chrono::seconds(0) : kRefresh;
  refresh_timer_ = environment_.executor.after(delay, guarded([this] {
                                                 refresh_timer_ = 0;
                                                 refresh_volumes();
                                               }));
}

void PodWorker::refresh_volumes() {
  refresh_asked_ = mounting_;
  if (facts_.terminating || mounting_ || !mounted_) return;
  environment_.executor.cancel(refresh_timer_);
  mounting_ = true;
  const auto mounted = std::make_shared<Result<MountedVolumes>>(Error{});
  environment_.background.run(
      [&environment = environment_, pod = facts_.pod, mounted] {
        *mounted = environment.volumes.mount(pod);
      },
      guarded([this, mounted] {
        mounting_ = false;
        if (*mounted) {
          volumes_ = **mounted;
        } else {
          environment_.logger.debug(mounted->error().message(), {{"pod", uid_}});
        }
        refresh_later();
        ask_sync();
      }));
}

void PodWorker::wait_with(ContainerFacts& container, std::string reason, std::string message,
                          std::optional<WallTime> again_at) {
  container.waiting_reason = std::move(reason);
  container.waiting_message = std::move(message);
  if (again_at) not_before_[container.name] = *again_at;
}

// The image comes first, beside everything else that is under way.
void PodWorker::begin(std::size_t index) {
  const ContainerFacts& facts = facts_.containers[index];
  if (starts_.contains(facts.name)) return;
  if (const auto at = not_before_.find(facts.name); at != not_before_.end()) {
    if (environment_.clock.wall() < at->second) return wake_at(at->second);
    not_before_.erase(at);
  }
  starts_[facts.name] = {};
  ImageRequest request;
  request.pod = facts_.pod;
  request.image = api::text_at(*facts.spec, {"image"});
  request.policy = api::text_at(*facts.spec, {"imagePullPolicy"});
  const auto weak = weak_from_this();
  request.tell = [weak, name = facts.name](std::string_view type, std::string_view reason,
                                           const std::string& message) {
    const auto self = weak.lock();
    const ContainerFacts* const told = self && !self->closed_ ? self->container(name) : nullptr;
    if (told != nullptr) self->tell_of(*told, type, reason, message);
  };
  environment_.puller.ensure(request, [weak, name = facts.name](ImageOutcome outcome) {
    const auto self = weak.lock();
    if (self && !self->closed_) self->image_ready(name, std::move(outcome));
  });
}

void PodWorker::image_ready(const std::string& name, ImageOutcome outcome) {
  const auto start = starts_.find(name);
  ContainerFacts* const facts = container(name);
  if (start == starts_.end()) return;
  if (facts == nullptr || facts_.terminating || !outcome.image) {
    starts_.erase(start);
    if (facts != nullptr && !outcome.image && !facts_.terminating)
      wait_with(*facts, outcome.reason, outcome.message, outcome.again_at);
  } else {
    start->second.phase = Starting::kReady;
    start->second.image = std::move(outcome);
    make_next();
  }
  ask_sync();
}

// One start at a time, in the spec's order of those whose image is here.
void PodWorker::make_next() {
  if (making_ || facts_.terminating || !facts_.sandbox_ready || !mounted_) return;
  ContainerFacts* chosen = nullptr;
  for (ContainerFacts& each : facts_.containers) {
    const auto start = starts_.find(each.name);
    if (start == starts_.end() || start->second.phase != Starting::kReady) continue;
    chosen = &each;
    break;
  }
  if (chosen == nullptr) return;
  making_ = true;
  Start& start = starts_[chosen->name];
  start.phase = Starting::kMaking;
  const WallTime now = environment_.clock.wall();
  if (chosen->exited()) backoff_.restarted(chosen->name, chosen->run->finished_at, now);

  const auto result = std::make_shared<StartResultOf>();
  KnownRun& known = result->known;
  const image::Image& image = *start.image.image;
  known.uid = uid_;
  known.container = chosen->name;
  known.role = chosen->role;
  known.grace_seconds = termination_grace(*facts_.pod);
  known.message_from_log =
      api::text_at(*chosen->spec, {"terminationMessagePolicy"}) == "FallbackToLogsOnError";
  known.run.id = random_hex(32);
  known.run.restart = chosen->run ? chosen->run->restart + 1 : 0;
  known.run.sandbox = facts_.sandbox_attempt;
  known.run.wanted_image = api::text_at(*chosen->spec, {"image"});
  known.run.image = image_name(image, known.run.wanted_image);
  known.run.image_id = image_id(image);
  known.run.resources = resources_of(*chosen);
  known.run.stop_signal = api::text_at(*chosen->spec, {"lifecycle", "stopSignal"});
  if (known.run.stop_signal.empty()) known.run.stop_signal = image.config.config.stop_signal;
  known.termination_log = message_file(chosen->name, known.run.restart);
  known.log = environment_.directory / "logs" /
              fmt::format("{}_{}_{}", facts_.pod->namespace_name(), facts_.pod->name(), uid_) /
              chosen->name / fmt::format("{}.log", known.run.restart);

  Sandbox places = sandbox_->places;
  const auto target = api::text_at(*chosen->spec, {"targetContainerName"});
  if (const ContainerFacts* const other = target.empty() ? nullptr : container(target);
      other != nullptr && other->running()) {
    if (const auto namespaces = environment_.runtime.namespaces(other->run->id))
      places.pid_namespace = *namespaces / "pid";
  }
  environment_.background.run(
      [&environment = environment_, pod = facts_.pod, spec = chosen->spec, places,
       volumes = volumes_, image = start.image.image, result] {
        KnownRun& run = result->known;
        const auto fail = [&](const char* reason, const Error& error) {
          result->failure = StartFailure{reason, error.cause};
        };
        for (const Path& folder : {run.termination_log.parent_path(), run.log.parent_path()}) {
          if (auto made = make_directories(folder, 0755); !made)
            return fail("CreateContainerError", made.error());
        }
        if (auto made = write_small_file(run.termination_log, "", 0666); !made)
          return fail("CreateContainerError", made.error());
        std::vector<Path> layers;
        for (const image::Digest& layer : image->config.diff_ids)
          layers.insert(layers.begin(), environment.layers.path(layer));
        const ContainerInputs inputs{
            .pod = pod,
            .container = *spec,
            .id = run.run.id,
            .restart = run.run.restart,
            .sandbox = places,
            .volumes = volumes,
            .image = *image,
            .layers = std::move(layers),
            .log_file = run.log,
            .termination_log = run.termination_log,
            .subpaths = environment.directory / "volumes" / run.uid / "volume-subpaths"};
        auto wanted = make_container(inputs, environment.source, environment.settings);
        if (!wanted) {
          result->failure = wanted.error();
          return;
        }
        annotate(*wanted, run);
        if (auto made = environment.runtime.create(*wanted); !made)
          return fail("CreateContainerError", made.error());
        result->created = true;
        const auto started = environment.runtime.start(run.run.id);
        const auto status = environment.runtime.status(run.run.id);
        if (auto known_now = status ? known_run(*wanted, *status) : std::nullopt)
          run.run = known_now->run;
        // What was left to say is read by who tells of the end first, which may be this.
        if (run.run.state == ContainerRun::State::kExited && run.run.message.empty())
          run.run.message = termination_message(run);
        if (!started) return fail("RunContainerError", started.error());
        result->started = true;
      },
      guarded([this, name = chosen->name, result] { made(name, result); }));
}

void PodWorker::made(const std::string& name, const std::shared_ptr<StartResultOf>& result) {
  making_ = false;
  auto start = starts_.extract(name);
  ContainerFacts* const facts = container(name);
  ContainerRun& run = result->known.run;
  if (result->created && !start.empty()) leases_[run.id] = start.mapped().image.lease;
  if (facts == nullptr) return ask_sync();
  if (result->created) {
    if (facts->previous) old_runs_[name].push_back(facts->previous->id);
    facts->previous = std::move(facts->run);
    facts->run = run;
    facts->failed_probe.clear();
    facts->started = facts->ready = true;
    drop_old_runs(name);
    tell_of(*facts, "Normal", "Created", "Container created");
  }
  if (result->failure) {
    const bool ran = result->created;
    wait_with(*facts, result->failure->reason, result->failure->message,
              ran ? std::nullopt : std::optional(environment_.clock.wall() + kAfterConfigError));
    tell_of(*facts, "Warning", "Failed", "Error: " + result->failure->message);
    if (ran) {
      facts->run->state = ContainerRun::State::kExited;
      facts->run->reason = "StartError";
      facts->run->exit_code = 128;
      facts->run->message = result->failure->message;
      facts->run->finished_at = environment_.clock.wall();
    }
  } else {
    facts->waiting_reason.clear();
    facts->waiting_message.clear();
    tell_of(*facts, "Normal", "Started", "Container started");
    if (const auto early = early_ends_.find(run.id); early != early_ends_.end()) {
      facts->run = early->second.run;
    } else if (facts->running()) {
      watch(*facts);
      run_post_start(*facts);
    }
  }
  if (!making_) early_ends_.clear();
  make_next();
  ask_sync();
}

ProbeTarget PodWorker::target_of(const ContainerFacts& container) const {
  ProbeTarget target;
  target.pod_uid = uid_;
  target.pod_address = facts_.address;
  if (sandbox_) target.network_namespace = sandbox_->places.network_namespace;
  target.container = container.name;
  target.id = container.run->id;
  target.spec = *container.spec;
  target.started_at = container.run->started_at;
  target.grace_seconds = termination_grace(*facts_.pod);
  return target;
}

void PodWorker::watch(const ContainerFacts& container) {
  if (container.role == ContainerRole::kRegular || container.role == ContainerRole::kSidecar) {
    environment_.probes.watch(target_of(container));
    read_health();
  }
}

void PodWorker::run_post_start(const ContainerFacts& container) {
  const json::object* const handler = api::object_at(*container.spec, {"lifecycle", "postStart"});
  if (handler == nullptr) return;
  making_ = true;
  container_of_run(container.run->id)->run->hook_pending = true;
  const auto ran = std::make_shared<Result<void>>();
  stop_ = std::stop_source();
  if (facts_.terminating) stop_.request_stop();
  environment_.background.run(
      [&environment = environment_, hook = *handler, target = target_of(container),
       stop = stop_.get_token(), ran] { *ran = run_hook(hook, target, environment.runtime, stop); },
      guarded([this, id = container.run->id, ran] {
        making_ = false;
        early_ends_.clear();
        ContainerFacts* const facts = container_of_run(id);
        if (facts != nullptr) facts->run->hook_pending = false;
        if (facts != nullptr && !*ran && !facts_.terminating) {
          tell_of(*facts, "Warning", "FailedPostStartHook", "PostStartHook failed");
          wait_with(*facts, "PostStartHookError", ran->error().message(), std::nullopt);
          if (facts->running())
            kill(static_cast<std::size_t>(facts - facts_.containers.data()), grace_of(*facts),
                 "FailedPostStartHook");
        }
        make_next();
        ask_sync();
      }));
}

}  // namespace cove::node
