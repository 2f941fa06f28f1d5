#include <fmt/format.h>

#include "core/client/kubeconfig.h"
#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 60s;        // for a clean power-off, then the power is cut
constexpr auto kHelloTimeout = 5s;  // a running node answers in milliseconds
constexpr auto kPoll = 50ms;

}  // namespace

// What the steps of a stop, pause or removal hand to each other.
struct Provisioner::Impl::End {
  State& state;
  Progress& progress;
  std::stop_token stop;
  std::shared_ptr<vm::Backend> machines;
};

// Asks for a clean power-off over the channel, or with the power button when init does not answer.
Result<void> Provisioner::Impl::shut_down(End& run, std::string& detail) {
  COVE_TRY(vm::Observation seen, run.machines->observe(run.state.machine));
  if (seen.power == vm::Power::kAbsent || seen.power == vm::Power::kOff) {
    detail = "it is off";
    return {};
  }
  // Saved memory may hold writes that are not on the disk yet: continue it, so that it ends
  // cleanly.
  if (seen.power != vm::Power::kRunning) COVE_CHECK(run.machines->start(run.state.machine));
  auto asked = [&]() -> Result<void> {
    COVE_TRY(auto line, connect_guest(run.state, *run.machines, kHelloTimeout, run.stop));
    return line->power_off(run.stop);
  }();
  if (asked) return {};
  if (run.stop.stop_requested()) return asked;
  detail = "init did not answer; the power button was pressed";
  return run.machines->stop(run.state.machine, vm::StopPolicy::kGraceful);
}

Result<void> Provisioner::Impl::wait_off(End& run, std::string& detail) {
  const SteadyTime deadline = deps_.clock.steady() + kGrace;
  while (true) {
    COVE_TRY(const vm::Observation seen, run.machines->observe(run.state.machine));
    if (seen.power == vm::Power::kOff || seen.power == vm::Power::kAbsent) return {};
    if (deps_.clock.steady() >= deadline) {
      detail = "it did not end within 60 s; the power was cut";
      run.progress.note(
          "the node did not shut down in time, so its power was cut; data already synced is safe");
      return run.machines->stop(run.state.machine, vm::StopPolicy::kForce);
    }
    if (!deps_.clock.sleep(kPoll, run.stop)) {
      return Error{ErrorCode::kCancelled, "wait for", "the virtual machine to end",
                   "it was cancelled", ""};
    }
  }
}

Result<ClusterStatus> Provisioner::Impl::stop(const std::string& profile, Progress& progress,
                                              std::stop_token stop) {
  COVE_CHECK(existing(profile));
  COVE_TRY(FileLock guard, lock(profile, "stop"));
  COVE_TRY(State state, existing(profile));
  state.wish.target = Target::kStopped;
  COVE_CHECK(write_state(state_file(profile), state));
  End run{state, progress, stop, nullptr};
  Operation operation("stop", "stop", state, state_file(profile), times_file(), deps_.clock,
                      progress, stop);
  operation.add("shutdown", "Shut the node down", [&](std::string& detail) -> Result<void> {
    if (!state.defined) return {};
    COVE_TRY(run.machines, backend(state.wish.network));
    return shut_down(run, detail);
  });
  operation.add("power-off", "Turn the virtual machine off",
                [&](std::string& detail) -> Result<void> {
                  if (!state.defined) return {};
                  return wait_off(run, detail);
                });
  COVE_CHECK(operation.run());
  return observe(profile);
}

Result<ClusterStatus> Provisioner::Impl::pause(const std::string& profile, Progress& progress,
                                               std::stop_token stop) {
  COVE_CHECK(existing(profile));
  COVE_TRY(FileLock guard, lock(profile, "pause"));
  COVE_TRY(State state, existing(profile));
  COVE_TRY(auto machines, backend(state.wish.network));
  COVE_TRY(const vm::Observation seen, machines->observe(state.machine));
  const std::string subject = fmt::format("cluster '{}'", profile);
  if (seen.power != vm::Power::kRunning && seen.power != vm::Power::kSaved) {
    return Error{ErrorCode::kUnavailable, "pause", subject, "it is not running",
                 "Run 'cove start' first."};
  }
  vm::Saving* saving = machines->saving();
  if (saving == nullptr) {
    return Error{ErrorCode::kUnsupported, "pause", subject,
                 "this way of running virtual machines cannot save memory",
                 "Run 'cove stop' instead."};
  }
  state.wish.target = Target::kPaused;
  COVE_CHECK(write_state(state_file(profile), state));
  Operation operation("pause", "pause", state, state_file(profile), times_file(), deps_.clock,
                      progress, stop);
  operation.add("save-memory", "Save the memory and end the virtual machine",
                [&](std::string&) -> Result<void> {
                  COVE_TRY(const vm::Observation now, machines->observe(state.machine));
                  if (now.power == vm::Power::kSaved) return {};
                  return saving->save(state.machine);
                });
  COVE_CHECK(operation.run());
  return observe(profile);
}

Result<void> Provisioner::Impl::remove_machine(End& run, std::string&) {
  if (!run.state.defined) return {};
  COVE_TRY(run.machines, backend(run.state.wish.network));
  COVE_TRY(const vm::Observation seen, run.machines->observe(run.state.machine));
  if (seen.power == vm::Power::kAbsent) return {};
  COVE_CHECK(run.machines->stop(run.state.machine, vm::StopPolicy::kForce));
  return run.machines->undefine(run.state.machine);
}

Result<void> Provisioner::Impl::remove(const std::string& profile, Progress& progress,
                                       std::stop_token stop) {
  COVE_CHECK(check_profile_name(profile));
  std::error_code error;
  const Path folder = deps_.paths.cluster(profile);
  const bool locked = FileLock::holder(deps_.paths.lock(profile)).has_value();
  if (!locked && !std::filesystem::exists(std::filesystem::symlink_status(folder, error)))
    return {};
  COVE_TRY(FileLock guard, lock(profile, "delete"));
  State state;
  auto found = read_state(state_file(profile));
  if (found && *found) {
    state = std::move(**found);
    state.wish.target = Target::kDeleted;
    COVE_CHECK(write_state(state_file(profile), state));
  } else {
    // Without a readable state there may still be a machine: its name follows from the profile's.
    state = wished_state(std::nullopt, profile, {});
    state.defined = !found;
  }
  // A state of ours that was unreadable stays as it is until its folder goes: nothing is recorded
  // into it.
  const Path record = found ? state_file(profile) : Path("/nonexistent/state.json");
  const Path sockets = state.sockets.empty() ? deps_.paths.runtime / profile : state.sockets;
  End run{state, progress, stop, nullptr};
  Operation operation("delete", "delete", state, record, times_file(), deps_.clock, progress, stop);
  operation.add("remove-machine", "Remove the virtual machine",
                [&](std::string& detail) { return remove_machine(run, detail); });
  operation.add("remove-kubeconfig", "Remove the kubeconfig entry", [&](std::string&) {
    return client::remove_from_kubeconfig(deps_.paths.kubeconfig, profile);
  });
  operation.add("remove-files", "Remove the disk and all files", [&](std::string&) -> Result<void> {
    COVE_CHECK(remove_tree(sockets));
    return remove_tree(folder);
  });
  COVE_CHECK(operation.run());
  guard.remove();
  // The last cluster takes the folders around it along; a folder that is not empty stays.
  for (const Path& empty : {deps_.paths.data / "locks", deps_.paths.data / "clusters",
                            deps_.paths.data, deps_.paths.runtime}) {
    std::filesystem::remove(empty, error);
  }
  return {};
}

}  // namespace cove::provision
