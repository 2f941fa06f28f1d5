// Probes of containers (kubernetes.io "Liveness, Readiness, and Startup Probes") and their
// lifecycle hooks.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/base/worker_pool.h"
#include "core/runtime/runtime.h"

namespace cove::node {

enum class ProbeKind { kStartup, kLiveness, kReadiness };

struct ProbeTarget {
  std::string pod_uid = {}, pod_address = {};
  Path network_namespace = {};          // empty: the host's
  std::string container = {}, id = {};  // name in the pod, run in the runtime
  boost::json::object spec = {};        // of the container: probes, ports by name
  WallTime started_at{};
  std::int64_t grace_seconds = 30;  // of the pod
};

// One look. An error is what kept it from looking (no such port or command): it counts for nothing.
struct ProbeAttempt {
  enum class Outcome { kSuccess, kFailure, kError };
  Outcome outcome = Outcome::kSuccess;
  std::string message = {};
};
// `probe` is a probe's object: exec, httpGet, tcpSocket or grpc, and timeoutSeconds. Connections
// are made from this process' network. Blocks until there is a result or `stop`, which is the
// timeout's end.
ProbeAttempt probe_once(const boost::json::object& probe, const ProbeTarget& target,
                        runtime::Runtime& runtime, std::stop_token stop);

struct ProbeResult {
  std::string pod_uid, container, id;
  ProbeKind kind = ProbeKind::kReadiness;
  bool healthy = false;  // after failureThreshold / successThreshold
  std::string message;   // of a failure: "HTTP probe failed with statuscode: 500"
  // "Readiness probe errored and resulted in unknown state: …" rather than "… probe failed: …".
  bool errored = false;
  // Of the probe that failed, or else of the pod: how long the container has to end.
  std::int64_t grace_seconds = 30;
};

// On `executor`, which must be the node's own; probing itself on the pool, whose tasks may outlive
// this: stop the pool before what they use goes. A container that failed its startup or liveness
// probe is not probed any more.
class Probes {
 public:
  struct Parts {
    Executor& executor;
    WorkerPool& pool;
    const Clock& clock;
    std::function<double()> random;
    Logger& logger;
    // A container became healthy or not by one of its probes; and each failed attempt, for the
    // event "Unhealthy" ("Readiness probe failed: …").
    std::function<void(const ProbeResult&)> changed;
    std::function<void(const ProbeResult&)> failed_once;
    // probe_once(), with the runtime; on the pool.
    std::function<ProbeAttempt(const boost::json::object& probe, const ProbeTarget& target,
                               std::stop_token stop)>
        prober;
  };
  explicit Probes(Parts parts);
  ~Probes();

  // Watches a run of a container; again for the same run changes nothing.
  void watch(const ProbeTarget& target);
  void forget(const std::string& id);
  // Without a probe: started and ready are true, alive is true. Not ready before it has started.
  struct Health {
    bool started = true, ready = true, alive = true;
  };
  Health health(const std::string& id) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

// postStart and preStop: exec, httpGet, sleep; tcpSocket fails, as it does everywhere. Blocks until
// the handler has ended or `stop`. The error's cause is for a log: the events FailedPostStartHook
// and FailedPreStopHook say "PostStartHook failed" and "PreStopHook failed" alone.
Result<void> run_hook(const boost::json::object& handler, const ProbeTarget& target,
                      runtime::Runtime& runtime, std::stop_token stop);

}  // namespace cove::node
