#include <fmt/format.h>
#include <unistd.h>

#include "core/client/kubeconfig.h"
#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

constexpr auto kApiTimeout = 3s;
// After a start that did not wait, the API gets this long before its silence is called a fault.
constexpr auto kSettle = 60s;

Phase phase_of_action(const std::string& action, bool created) {
  if (action == "start") return created ? Phase::kStarting : Phase::kCreating;
  if (action == "stop") return Phase::kStopping;
  if (action == "pause") return Phase::kPausing;
  return Phase::kDeleting;
}

void broken(ClusterStatus& status, std::string reason, std::string remedy) {
  status.phase = Phase::kBroken;
  status.reason = std::move(reason);
  status.remedy = std::move(remedy);
}

std::string command(const char* verb, const std::string& profile) {
  return profile == kDefaultProfile ? fmt::format("cove {}", verb)
                                    : fmt::format("cove {} -p {}", verb, profile);
}

}  // namespace

Result<ClusterStatus> Provisioner::Impl::status(const std::string& profile) {
  COVE_CHECK(check_profile_name(profile));
  return observe(profile);
}

Result<std::vector<ClusterStatus>> Provisioner::Impl::list() {
  std::vector<ClusterStatus> statuses;
  for (const std::string& profile : profiles()) {
    ClusterStatus status = observe(profile);
    if (status.phase != Phase::kNotCreated) statuses.push_back(std::move(status));
  }
  return statuses;
}

ClusterStatus Provisioner::Impl::observe(const std::string& profile, const ApiState* known) {
  ClusterStatus status;
  status.profile = profile;
  status.context = profile;
  status.node_name = profile;
  status.kubeconfig = deps_.paths.kubeconfig;
  status.directory = deps_.paths.cluster(profile);
  status.console_log = console_log(profile);
  const auto holder = FileLock::holder(deps_.paths.lock(profile));
  auto found = read_state(state_file(profile));
  if (!found) {
    Error plain = found.error();
    const std::string remedy = std::exchange(plain.remedy, {});
    broken(status, plain.message(), remedy);
    return status;
  }
  // A shell or a reader may hold nothing here: only the provisioner's operations take this lock.
  if (holder && holder->pid != 0) {
    status.busy =
        fmt::format("{} (process {}) is at '{}'", holder->program, holder->pid, holder->action);
  }
  if (!*found) {
    if (!status.busy.empty()) status.phase = phase_of_action(holder->action, false);
    return status;
  }
  const State& state = **found;
  describe_state(state, status);
  const bool ours = holder && holder->pid == ::getpid() && state.operation.outcome != "running";
  const bool changing = holder && holder->action == kConfigureAction;
  if (!status.busy.empty() && !ours && !changing) {
    status.phase = phase_of_action(holder->action, state.created);
    return status;
  }
  if (!changing || ours) status.busy.clear();
  auto machines = backend(state.wish.network);
  auto seen =
      machines ? (*machines)->observe(state.machine) : Result<vm::Observation>(machines.error());
  if (!seen) {
    Error plain = seen.error();
    const std::string remedy = std::exchange(plain.remedy, {});
    broken(status, plain.message(), remedy);
    return status;
  }
  judge(state, *seen, status);
  if (seen->power == vm::Power::kRunning && state.wish.target == Target::kRunning &&
      status.phase == Phase::kRunning) {
    look_at_api(state, known, status);
  }
  return status;
}

void Provisioner::Impl::describe_state(const State& state, ClusterStatus& status) const {
  status.wish = state.wish;
  status.booted = state.booted;
  status.image_version = state.image_version;
  status.image_digest = state.image_digest;
  status.acceleration = state.acceleration;
  status.acceleration_note = state.acceleration_note;
  status.host = state.host;
  status.server = state.server;
  if (state.api_port != 0) status.ports.push_back({kApiForward, state.api_port, kApiPort});
  if (state.engine_port != 0)
    status.ports.push_back({kEngineForward, state.engine_port, kEnginePort});
  if (!state.host.empty()) {
    status.engine = fmt::format("tcp://{}:{}", state.host,
                                state.engine_port != 0 ? state.engine_port : kEnginePort);
    status.engine_client = engine_client(state.profile);
  }
  if (state.started_unix_seconds != 0)
    status.started_at = WallTime(std::chrono::seconds(state.started_unix_seconds));
  if (!state.operation.step_id.empty()) {
    Step step;
    step.id = state.operation.step_id;
    step.title = state.operation.step_title;
    step.state = state.operation.outcome == "failed"      ? StepState::kFailed
                 : state.operation.outcome == "cancelled" ? StepState::kCancelled
                                                          : StepState::kRunning;
    status.current_step = step;
  }
  if (auto entry = kubeconfig_entry(state)) {
    auto matches = client::kubeconfig_matches(deps_.paths.kubeconfig, *entry);
    status.kubeconfig_ok = matches && *matches;
  }
}

void Provisioner::Impl::judge(const State& state, const vm::Observation& seen,
                              ClusterStatus& status) const {
  const std::string& profile = state.profile;
  const bool off = seen.power == vm::Power::kOff || seen.power == vm::Power::kAbsent;
  const OperationRecord& last = state.operation;
  if (last.outcome == "failed") {
    broken(status, last.cause,
           last.remedy.empty() ? fmt::format("Run '{}' again.", command(last.name.c_str(), profile))
                               : last.remedy);
    return;
  }
  if (last.outcome == "cancelled" && off && last.name == "start") {
    status.phase = Phase::kStopped;
    status.reason = fmt::format("the start was cancelled at '{}'", last.step_title);
    status.remedy = fmt::format("'{}' continues it.", command("start", profile));
    return;
  }
  if (last.outcome == "cancelled" || last.outcome == "running") {
    broken(status,
           fmt::format("'{}' was {} at '{}'", last.name,
                       last.outcome == "running" ? "interrupted" : "cancelled", last.step_title),
           fmt::format("Run '{}' again: it continues where it was.",
                       command(last.name.c_str(), profile)));
    return;
  }
  switch (state.wish.target) {
    case Target::kRunning: judge_running(state, seen, status); return;
    case Target::kStopped:
      if (off) {
        status.phase = Phase::kStopped;
      } else {
        broken(status, "its virtual machine runs although it was stopped",
               fmt::format("Another program started it. Run '{}' or '{}'.",
                           command("start", profile), command("stop", profile)));
      }
      return;
    case Target::kPaused:
      if (seen.power == vm::Power::kSaved) {
        status.phase = Phase::kPaused;
      } else if (off) {
        status.phase = Phase::kStopped;
        status.reason = "its saved memory is gone";
      } else {
        broken(
            status, "its virtual machine runs although it was paused",
            fmt::format("Run '{}' or '{}'.", command("start", profile), command("pause", profile)));
      }
      return;
    case Target::kDeleted:
      broken(status, "its deletion did not come to its end",
             fmt::format("Run '{}' again.", command("delete", profile)));
      return;
  }
}

void Provisioner::Impl::judge_running(const State& state, const vm::Observation& seen,
                                      ClusterStatus& status) const {
  const std::string start_again =
      fmt::format("Run '{}'; the cluster's data is kept.", command("start", state.profile));
  switch (seen.power) {
    case vm::Power::kRunning: status.phase = Phase::kRunning; return;
    case vm::Power::kSaved:
      status.phase = Phase::kPaused;
      status.reason = "another program saved its memory";
      return;
    case vm::Power::kFrozen:
      broken(status,
             seen.trouble.empty() ? "another program froze its virtual machine"
                                  : "its virtual machine stands still: " + seen.trouble,
             start_again);
      return;
    case vm::Power::kAbsent:
      broken(status, "its virtual machine is not known to libvirt any more", start_again);
      return;
    case vm::Power::kOff: {
      auto host = read_host(deps_.paths.data);
      if (host && !state.host_boot_id.empty() && host->boot_id != state.host_boot_id) {
        status.phase = Phase::kStopped;
        status.reason = "this computer was restarted";
        status.remedy = start_again;
        return;
      }
      broken(status,
             seen.trouble.empty() ? "its virtual machine turned itself off"
                                  : "its virtual machine ended: " + seen.trouble,
             start_again);
      return;
    }
  }
}

void Provisioner::Impl::look_at_api(const State& state, const ApiState* known,
                                    ClusterStatus& status) {
  auto identity = admin_identity(state.profile);
  if (!identity) {
    broken(status, identity.error().message(),
           fmt::format("Run '{}'.", command("start", state.profile)));
    return;
  }
  const client::Endpoint endpoint{state.host, state.api_port != 0 ? state.api_port : kApiPort};
  const ApiState api = known != nullptr ? *known
                                        : deps_.guest->api_state(endpoint, *identity, state.profile,
                                                                 kApiTimeout, {});
  status.api_ready = api.ready;
  status.node_ready = api.node_ready;
  status.kubernetes_version = api.version;
  if (api.ready && api.node_ready) return;
  status.unanswered = true;
  if (status.started_at && deps_.clock.wall() - *status.started_at < kSettle) {
    status.phase = Phase::kStarting;
    status.reason = api.problem;
    return;
  }
  broken(
      status,
      api.ready ? api.problem : fmt::format("the Kubernetes API does not answer: {}", api.problem),
      fmt::format("See 'cove logs'; run '{}' and '{}' to restart the node.",
                  command("stop", state.profile), command("start", state.profile)));
}

}  // namespace cove::provision
