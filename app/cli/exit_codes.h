// Exit codes: what a script learns from how `cove` ended. Stable; shown by `cove --help`.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cove::cli {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,    // anything without a code of its own; a bug in Cove
  kUsage = 2,     // the command line or a value in it is wrong
  kNotFound = 3,  // what was named does not exist, or a program is not installed
  kAlreadyExists = 4,
  kPermissionDenied = 5,   // also: run as root
  kConflict = 6,           // another program is at work on it
  kResourceExhausted = 7,  // disk, memory, ports
  kUnavailable = 8,        // not running, not reachable
  kTimeout = 9,
  kCorrupt = 10,       // stored files are damaged
  kUnsupported = 11,   // not with this version or on this host
  kShellFailed = 255,  // `cove ssh` could not run the command; else the command's own code
  kCancelled = 130,    // Ctrl-C
};

// `cove status` ends with 0 when all is well, else with the sum of these, as minikube does.
enum StatusBit : int {
  kHostNotRunning = 1,
  kApiServerNotRunning = 2,  // or the kubeconfig entry is not right
  kKubeletNotRunning = 4,
};

int exit_code(ErrorCode code);

// The table for --help.
std::string describe_exit_codes();

}  // namespace cove::cli
