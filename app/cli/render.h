// Text for people: status, the table of profiles, durations.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "vm/provision/status.h"

namespace cove::cli {

// What minikube's words for the parts of a cluster are in a status: "Running", "Stopped",
// "Paused", "Configured", "Misconfigured", "Nonexistent", or Cove's phase for `host`.
struct Components {
  std::string host;
  std::string kubelet;
  std::string apiserver;
  std::string kubeconfig;
};
Components components_of(const provision::ClusterStatus& status);

// 0, or the sum of StatusBits.
int status_exit_code(const provision::ClusterStatus& status);

// minikube's lines (name, type, host, kubelet, apiserver, kubeconfig), then what Cove knows more:
// why, and what to do.
std::string status_text(const provision::ClusterStatus& status);

std::string profile_table(const std::vector<provision::ClusterStatus>& clusters);

// "0.3 s", "12.4 s", "1 m 05 s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace cove::cli
