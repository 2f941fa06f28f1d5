#include "vm/provision/status.h"

namespace cove::provision {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::kNotCreated: return "NotCreated";
    case Phase::kCreating: return "Creating";
    case Phase::kStarting: return "Starting";
    case Phase::kRunning: return "Running";
    case Phase::kStopping: return "Stopping";
    case Phase::kStopped: return "Stopped";
    case Phase::kPausing: return "Pausing";
    case Phase::kPaused: return "Paused";
    case Phase::kDeleting: return "Deleting";
    case Phase::kBroken: return "Broken";
  }
  return "Broken";
}

std::string_view to_string(Target target) {
  switch (target) {
    case Target::kRunning: return "running";
    case Target::kStopped: return "stopped";
    case Target::kPaused: return "paused";
    case Target::kDeleted: return "deleted";
  }
  return "stopped";
}

std::string_view to_string(vm::NetworkMode mode) {
  return mode == vm::NetworkMode::kNat ? "nat" : "user";
}

std::string_view to_string(StepState state) {
  switch (state) {
    case StepState::kPending: return "pending";
    case StepState::kRunning: return "running";
    case StepState::kDone: return "done";
    case StepState::kFailed: return "failed";
    case StepState::kCancelled: return "cancelled";
  }
  return "pending";
}

}  // namespace cove::provision
