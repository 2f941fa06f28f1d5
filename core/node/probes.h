// Probes of containers (kubernetes.io "Liveness, Readiness, and Startup Probes") and their
// lifecycle hooks.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/base/worker_pool.h"
#include "core/runtime/runtime.h"

namespace cove::node {

enum class ProbeKind { kStartup, kLiveness, kReadiness };

struct ProbeTarget {
  std::string pod_uid, pod_address;
  Path network_namespace;     // empty: the host's
  std::string container, id;  // name in the pod, run in the runtime
  boost::json::object spec;   // of the container: probes, ports by name
  WallTime started_at{};
  std::int64_t grace_seconds = 30;  // of the pod
};

struct ProbeResult {
  std::string pod_uid, container, id;
  ProbeKind kind = ProbeKind::kReadiness;
  bool healthy = false;  // after failureThreshold / successThreshold
  std::string message;   // of a failure: "HTTP probe failed with statuscode: 500"
};

// On `executor`, which must be the node's own; probing itself on the pool.
class Probes {
 public:
  struct Parts {
    runtime::Runtime& runtime;
    Executor& executor;
    WorkerPool& pool;
    const Clock& clock;
    std::function<double()> random;
    Logger& logger;
    // A container became healthy or not by one of its probes; and each failed attempt, for the
    // event "Unhealthy" ("Readiness probe failed: …").
    std::function<void(const ProbeResult&)> changed;
    std::function<void(const ProbeResult&)> failed_once;
  };
  explicit Probes(Parts parts);
  ~Probes();

  // Watches a run of a container; again for the same run changes nothing.
  void watch(const ProbeTarget& target);
  void forget(const std::string& id);
  // Without a probe: started and ready are true, alive is true.
  struct Health {
    bool started = true, ready = true, alive = true;
  };
  Health health(const std::string& id) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

// postStart and preStop: exec, httpGet, tcpSocket, sleep. Blocks until the handler has ended or
// `stop`. The error is what FailedPostStartHook and FailedPreStopHook say.
Result<void> run_hook(const boost::json::object& handler, const ProbeTarget& target,
                      runtime::Runtime& runtime, std::stop_token stop);

}  // namespace cove::node
