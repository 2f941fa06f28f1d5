// What the agent of a node shows at nodes/<name>/proxy, as the kubelet does: healthz,
// stats/summary, configz, metrics, metrics/resource, metrics/cadvisor, pods, runningpods, logs and
// what is below it, containerLogs/NAMESPACE/POD/CONTAINER,
// exec|attach/NAMESPACE/POD[/UID]/CONTAINER and portForward/NAMESPACE/POD[/UID].
#pragma once

#include "core/server/admission.h"
#include "core/server/call.h"
#include "core/server/metrics.h"
#include "core/server/pod_stream_server.h"

namespace cove::server {

struct AgentPages {
  const ClusterState& state;
  const MetricsServer& metrics;
  PodStreamServer& streams;
};
// Answers a call of nodes/proxy, on the state thread. Streams need the rights that they need at the
// pod itself, too: to create pods/exec, pods/attach or pods/portforward.
void serve_agent_page(const CallPtr& call, const AgentPages& pages);

}  // namespace cove::server
