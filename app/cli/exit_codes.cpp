#include "app/cli/exit_codes.h"

namespace cove::cli {

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return kUsage;
    case ErrorCode::kNotFound: return kNotFound;
    case ErrorCode::kAlreadyExists: return kAlreadyExists;
    case ErrorCode::kPermissionDenied: return kPermissionDenied;
    case ErrorCode::kConflict: return kConflict;
    case ErrorCode::kResourceExhausted: return kResourceExhausted;
    case ErrorCode::kUnavailable: return kUnavailable;
    case ErrorCode::kTimeout: return kTimeout;
    case ErrorCode::kCancelled: return kCancelled;
    case ErrorCode::kCorrupt: return kCorrupt;
    case ErrorCode::kUnsupported: return kUnsupported;
    case ErrorCode::kInternal: return kFailed;
  }
  return kFailed;
}

std::string describe_exit_codes() {
  return "Exit codes:\n"
         "  0 done                 1 failed                2 wrong usage or value\n"
         "  3 not found            4 exists already        5 not permitted (also: run as root)\n"
         "  6 another program is   7 no disk, memory or    8 not running or not reachable\n"
         "    at work on it          port is left          9 took too long\n"
         " 10 damaged files       11 not supported here  130 cancelled by Ctrl-C\n"
         "  'cove status' ends with 0 when all runs, else with the sum of 1 (virtual machine),\n"
         "  2 (API server or kubeconfig) and 4 (node), so 7 when it is stopped.\n"
         "  'cove ssh' ends with the command's own code, or 255 when it could not be run.\n";
}

}  // namespace cove::cli
