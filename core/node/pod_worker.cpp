#include "core/node/pod_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/pods.h"
#include "core/api/readers.h"
#include "core/api/time.h"
#include "core/node/small_file.h"

namespace cove::node {
namespace {

// Of a pod's metadata its volumes show labels and annotations; another generation is another spec.
bool volumes_may_differ(const api::Object& before, const api::Object& now) {
  const json::object& old_metadata = before.document().at("metadata").as_object();
  const json::object& metadata = now.document().at("metadata").as_object();
  return std::ranges::any_of(
      std::array{"labels", "annotations", "generation"}, [&](const char* field) {
        const json::value* const was = old_metadata.if_contains(field);
        const json::value* const is = metadata.if_contains(field);
        return was == nullptr || is == nullptr ? was != is : !api::same(*was, *is);
      });
}

constexpr std::int64_t kForcedGrace = 2;  // seconds, of a pod that the API has no more

}  // namespace

PodWorker::PodWorker(PodEnvironment& environment, api::ObjectPtr pod, std::vector<KnownRun> runs)
    : environment_(environment), uid_(pod->uid()) {
  facts_.pod = std::move(pod);
  facts_.containers = containers_of(*facts_.pod, {});
  facts_.host_address = environment_.node_address;
  facts_.accepted_at = environment_.clock.wall();
  take_runs(std::move(runs));
  // Until it is asked again: what was refused before is not set aside.
  if (auto refused = refused_resize(*facts_.pod)) {
    facts_.resize_pending = std::move(refused->reason);
    facts_.resize_pending_message = std::move(refused->message);
  }
}

PodWorker::~PodWorker() = default;

void PodWorker::take_runs(std::vector<KnownRun> runs) {
  std::ranges::sort(runs, {}, [](const KnownRun& each) { return each.run.restart; });
  for (KnownRun& each : runs) {
    leases_[each.run.id] = hold(environment_.images, each);
    ContainerFacts* const facts = container(each.container);
    facts_.sandbox_attempt = std::max(facts_.sandbox_attempt, each.run.sandbox);
    if (facts == nullptr) {
      old_runs_[each.container].push_back(each.run.id);
      continue;
    }
    if (facts->previous) old_runs_[each.container].push_back(facts->previous->id);
    facts->previous = std::exchange(facts->run, std::move(each.run));
  }
}

std::function<void()> PodWorker::guarded(std::function<void()> task) {
  return [weak = weak_from_this(), task = std::move(task)] {
    const auto self = weak.lock();
    if (self && !self->closed_) task();
  };
}

void PodWorker::start() {
  if (has_ended(*facts_.pod)) {
    final_written_ = true;
    return end();
  }
  const bool fresh = api::text_at(facts_.pod->document(), {"status", "startTime"}).empty() &&
                     old_runs_.empty() &&
                     std::ranges::none_of(facts_.containers,
                                          [](const auto& each) { return each.run.has_value(); });
  if (fresh) return ask_sync();
  // From before: what stands is taken over.
  const auto found = std::make_shared<std::optional<PodSandbox>>();
  making_sandbox_ = true;
  environment_.background.run([&environment = environment_, uid = uid_,
                               found] { *found = environment.sandboxes.find(uid); },
                              guarded([this, found] {
                                making_sandbox_ = false;
                                if (*found) {
                                  sandbox_ = **found;
                                  facts_.sandbox_ready = true;
                                  facts_.sandbox_attempt = sandbox_->attempt;
                                  facts_.address = sandbox_->places.address;
                                  mount_volumes();
                                  for (const ContainerFacts& each : facts_.containers) {
                                    if (each.running()) watch(each);
                                  }
                                }
                                for (const auto& [name, ids] : std::map(old_runs_))
                                  drop_old_runs(name);
                                ask_sync();
                              }));
}

void PodWorker::close() {
  closed_ = true;
  stop_.request_stop();
  for (auto& [id, killing] : kills_) {
    killing.hook.request_stop();
    environment_.executor.cancel(killing.timer);
  }
  environment_.executor.cancel(timer_);
  environment_.executor.cancel(refresh_timer_);
  environment_.references.forget(uid_);
  writing_.cancel();
  deleting_.cancel();
}

// The newest counts: an answer to a write may be ahead of the informer.
void PodWorker::take(const api::ObjectPtr& pod) {
  if (version_of(*pod) < version_of(*facts_.pod)) return;
  facts_.pod = pod;
  facts_.containers = containers_of(*pod, facts_.containers);
}

void PodWorker::update(const api::ObjectPtr& pod) {
  const api::ObjectPtr before = facts_.pod;
  take(pod);
  if (facts_.pod == before || removed_) return;
  if (mounted_ && volumes_may_differ(*before, *facts_.pod)) refresh_volumes();
  if (has_ended(*facts_.pod) && !facts_.terminating) end();
  if (facts_.terminating) hurry();
  ask_sync();
}

void PodWorker::gone() {
  if (removed_) return;
  removed_ = true;
  writing_.cancel();
  deleting_.cancel();
  // Nobody waits for it any more: it was deleted by force.
  grace_ = std::min(grace_.value_or(kForcedGrace), kForcedGrace);
  if (!facts_.terminating) end();
  hurry();
  ask_sync();
}

// A shorter grace than before ends containers sooner.
void PodWorker::hurry() {
  const auto until =
      ended_since_ + std::chrono::seconds(grace_.value_or(termination_grace(*facts_.pod)));
  for (auto& [id, killing] : kills_) {
    if (until >= killing.deadline) continue;
    killing.deadline = until;
    environment_.executor.cancel(killing.timer);
    killing.timer = environment_.executor.after(
        std::max(std::chrono::nanoseconds(0), until - environment_.clock.steady()),
        guarded([this, run = id] { kill_overdue(run); }));
  }
}

void PodWorker::refuse(std::string reason, std::string message) {
  tell("Warning", reason, message);
  refusal_ = {std::move(reason), std::move(message)};
  facts_.terminating = true;
  ask_sync();
}

void PodWorker::fail(std::string reason, std::string message, std::string disruption,
                     std::optional<std::int64_t> grace) {
  if (facts_.terminating) return;
  facts_.failed = true;
  facts_.reason = std::move(reason);
  facts_.message = std::move(message);
  facts_.disruption_reason = std::move(disruption);
  grace_ = grace;
  end();
  ask_sync();
}

void PodWorker::halt(std::int64_t grace) {
  halting_ = true;
  if (!facts_.terminating) {
    grace_ = std::min(grace, termination_grace(*facts_.pod));
    std::vector<Path> marks;
    for (const ContainerFacts& each : facts_.containers) {
      if (each.exists()) marks.push_back(halt_mark(message_file(each.name, each.run->restart)));
    }
    environment_.background.run(
        [marks] {
          for (const Path& mark : marks) static_cast<void>(write_small_file(mark, "", 0600));
        },
        {});
    end();
  }
  ask_sync();
}

ContainerFacts* PodWorker::container(std::string_view name) {
  const auto found = std::ranges::find(facts_.containers, name, &ContainerFacts::name);
  return found == facts_.containers.end() ? nullptr : &*found;
}

ContainerFacts* PodWorker::container_of_run(std::string_view id) {
  const auto found = std::ranges::find_if(
      facts_.containers, [&](const auto& each) { return each.run && each.run->id == id; });
  return found == facts_.containers.end() ? nullptr : &*found;
}

Path PodWorker::message_file(const std::string& name, unsigned restart) const {
  return environment_.folder(uid_) / "containers" / name / fmt::format("{}.message", restart);
}

bool PodWorker::anything_runs() const {
  return std::ranges::any_of(facts_.containers, [](const auto& each) { return each.exists(); });
}

void PodWorker::ask_sync() {
  if (sync_asked_ || closed_) return;
  sync_asked_ = true;
  environment_.executor.post(guarded([this] {
    sync_asked_ = false;
    sync();
  }));
}

void PodWorker::wake_at(WallTime time) {
  if (timer_at_ && *timer_at_ <= time && *timer_at_ > environment_.clock.wall()) return;
  environment_.executor.cancel(timer_);
  timer_at_ = time;
  const auto delay = std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(1),
                                                        time - environment_.clock.wall());
  timer_ = environment_.executor.after(delay, guarded([this] {
                                         timer_at_.reset();
                                         ask_sync();
                                       }));
}

void PodWorker::sync() {
  if (!facts_.terminating && facts_.pod->deleting()) end();
  if (!facts_.terminating) check_deadline();
  if (!facts_.terminating) run_plan();
  if (facts_.terminating) run_termination();
  publish();
  environment_.changed(uid_);
}

void PodWorker::check_deadline() {
  const auto seconds = api::integer_at(facts_.pod->document(), {"spec", "activeDeadlineSeconds"});
  if (!seconds) return;
  const auto started =
      api::parse_time(api::text_at(facts_.pod->document(), {"status", "startTime"}));
  const WallTime deadline =
      (started ? *started : facts_.accepted_at) + std::chrono::seconds(*seconds);
  if (environment_.clock.wall() < deadline) return wake_at(deadline);
  tell("Normal", "DeadlineExceeded",
       "Pod was active on the node longer than the specified deadline");
  fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline", {},
       std::nullopt);
}

void PodWorker::read_health() {
  for (ContainerFacts& each : facts_.containers) {
    if (!each.running()) continue;
    const Probes::Health health = environment_.probes.health(each.run->id);
    each.started = health.started;
    each.ready = health.ready;
  }
}

void PodWorker::run_plan() {
  if (sandbox_ && facts_.sandbox_ready && !Sandboxes::stands(*sandbox_)) {
    facts_.sandbox_ready = false;
    sandbox_.reset();
  }
  read_health();
  const PodPlan plan = plan_pod(facts_, backoff_, environment_.clock.wall());
  if (plan.over) return end();
  for (const PodPlan::Kill& each : plan.kill)
    kill(each.container, grace_of(facts_.containers[each.container]), each.message);
  crash_loops(plan);
  resize();
  if (plan.make_sandbox) {
    // Those of a sandbox that is lost are in nobody's network.
    bool strays = false;
    for (std::size_t i = 0; i < facts_.containers.size(); ++i) {
      if (!facts_.containers[i].exists()) continue;
      strays = true;
      if (!facts_.containers[i].run->killing && !making_sandbox_)
        kill(i, grace_of(facts_.containers[i]), "Stopping container " + facts_.containers[i].name);
    }
    if (strays || making_) return;
    make_sandbox();
  }
  if (!plan.start.empty() && !mounted_) mount_volumes();
  for (const std::size_t each : plan.start) begin(each);
  make_next();
}

void PodWorker::crash_loops(const PodPlan& plan) {
  for (const PodPlan::Wait& each : plan.wait) {
    ContainerFacts& facts = facts_.containers[each.container];
    if (starts_.contains(facts.name)) continue;
    const std::string title = pod_title(*facts_.pod);
    facts.waiting_reason = "CrashLoopBackOff";
    facts.waiting_message = fmt::format("back-off {} restarting failed container={} pod={}",
                                        api::format_duration(each.delay), facts.name, title);
    wake_at(each.until);
    if (told_crash_loops_.contains(facts.run->id)) continue;
    std::erase_if(told_crash_loops_,
                  [&](const std::string& id) { return container_of_run(id) == nullptr; });
    told_crash_loops_.insert(facts.run->id);
    tell_of(facts, "Warning", "BackOff",
            fmt::format("Back-off restarting failed container {} in pod {}", facts.name, title));
  }
}

void PodWorker::run_ended(const KnownRun& known) {
  ContainerFacts* const facts = container_of_run(known.run.id);
  if (facts == nullptr) {
    // Its start is under way still, or it is an old one.
    if (making_) early_ends_[known.run.id] = known;
    return;
  }
  if (facts->exited()) return;
  environment_.probes.forget(known.run.id);
  if (const auto killing = kills_.find(known.run.id); killing != kills_.end()) {
    killing->second.hook.request_stop();
    environment_.executor.cancel(killing->second.timer);
    kills_.erase(killing);
  }
  const bool hook_pending = facts->run->hook_pending;
  facts->run = known.run;
  facts->run->hook_pending = hook_pending;
  facts->failed_probe.clear();
  facts->started = facts->ready = true;
  if (facts->waiting_reason != "PostStartHookError") facts->waiting_reason.clear();
  ask_sync();
}

void PodWorker::probed(const ProbeResult& result) {
  ContainerFacts* const facts = container_of_run(result.id);
  if (facts == nullptr || !facts->running()) return;
  if (!result.healthy && result.kind != ProbeKind::kReadiness)
    facts->failed_probe = result.kind == ProbeKind::kLiveness ? "liveness" : "startup";
  read_health();
  ask_sync();
}

void PodWorker::probe_failed_once(const ProbeResult& result) {
  const ContainerFacts* const facts = container_of_run(result.id);
  if (facts == nullptr) return;
  const char* const kind = result.kind == ProbeKind::kLiveness  ? "Liveness"
                           : result.kind == ProbeKind::kStartup ? "Startup"
                                                                : "Readiness";
  tell_of(*facts, "Warning", "Unhealthy",
          result.errored ? fmt::format("{} probe errored and resulted in unknown state: {}", kind,
                                       result.message)
                         : fmt::format("{} probe failed: {}", kind, result.message));
}

RunningPod PodWorker::snapshot() const {
  RunningPod out;
  out.pod = facts_.pod;
  out.started_at = facts_.accepted_at;
  if (sandbox_) {
    out.network_namespace = sandbox_->places.network_namespace;
    out.address = sandbox_->places.network_namespace.empty() ? "" : sandbox_->places.address;
    out.cgroup = environment_.sandboxes.cgroup_path(sandbox_->places);
  }
  for (const ContainerFacts& each : facts_.containers) {
    PodContainer shown;
    shown.name = each.name;
    shown.role = each.role;
    if (each.run) {
      shown.id = each.run->id;
      shown.restarts = each.run->restart;
      shown.state = each.running()  ? runtime::ContainerState::kRunning
                    : each.exited() ? runtime::ContainerState::kStopped
                                    : runtime::ContainerState::kCreated;
    }
    if (each.previous) shown.previous = each.previous->id;
    shown.terminal = api::flag_at(*each.spec, {"tty"});
    shown.open_stdin = api::flag_at(*each.spec, {"stdin"});
    out.containers.push_back(std::move(shown));
  }
  return out;
}

}  // namespace cove::node
