// ControlLoop: one controller of the cluster. Level-triggered: it sees copies of the objects
// through informers, compares what is with what is wanted, and writes what is missing
// (kubernetes.io "Controllers").
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/client/backoff.h"
#include "core/client/client.h"
#include "core/client/event_recorder.h"
#include "core/client/informer.h"
#include "core/client/work_queue.h"

namespace cove::controllers {

// What every controller stands on; all of it outlives them. Everything happens on `executor`.
struct Environment {
  client::InformerFactory& informers;  // shared by all; its transport may read everything
  // The API as the service account kube-system/<account>, with that account's rights alone
  // ("deployment-controller", which has the ClusterRole system:controller:deployment-controller).
  std::function<client::Transport&(std::string_view account)> as;
  Executor& executor;
  const Clock& clock;
  client::Random random;
  Logger& logger;
};

// Made (handlers added to informers, nothing written), started once the informers have synced,
// stopped, destroyed; on the executor's thread but for making.
class ControlLoop {
 public:
  virtual ~ControlLoop() = default;
  // "deployment-controller"
  virtual std::string_view name() const = 0;
  virtual void start() = 0;
  // `stopped` is called once no reconcile is under way any more.
  virtual void stop(std::function<void()> stopped) = 0;
};

using MakeControlLoop = std::function<std::unique_ptr<ControlLoop>(const Environment& environment)>;

}  // namespace cove::controllers
