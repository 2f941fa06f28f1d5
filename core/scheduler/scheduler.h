// Scheduler: gives pods that have no node one (kubernetes.io "Kubernetes Scheduler"): filters and
// scores, one file each, then a Binding.
#pragma once

#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/client/backoff.h"
#include "core/client/informer.h"

namespace cove::scheduler {

// Everything outlives it and happens on `executor`, one pod after the other, in an order that the
// objects and the clock alone decide.
class Scheduler {
 public:
  struct Parts {
    client::Transport& transport;        // as system:kube-scheduler
    client::InformerFactory& informers;  // shared; may read everything
    Executor& executor;
    const Clock& clock;
    client::Random random;
    Logger& logger;
  };
  explicit Scheduler(const Parts& parts);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;

  // Starts informers that were not; pods are scheduled once all have synced.
  void start();
  void stop(std::function<void()> stopped);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::scheduler
