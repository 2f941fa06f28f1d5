// What a node agent shows of its use in the text form of Prometheus, as the kubelet does
// (kubernetes.io "Node metrics data", "Metrics For Kubernetes System Components").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/server/admission.h"
#include "core/server/metrics.h"

namespace cove::server {

struct NodeReports {
  std::string_view node_name;
  const ClusterState& state;
  std::vector<UsageReport> pods;  // of the node; what the API does not know is left out
  std::optional<UsageReport> node = std::nullopt;  // nothing: not measured yet
};

std::string resource_metrics(const NodeReports& reports);  // at /metrics/resource
std::string cadvisor_metrics(const NodeReports& reports);  // at /metrics/cadvisor
std::string agent_metrics(const NodeReports& reports);     // at /metrics

}  // namespace cove::server
