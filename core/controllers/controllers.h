// Controllers: all control loops of a cluster, as one thing to start and stop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/controllers/control_loop.h"

namespace cove::controllers {

// Every controller there is: the one list that a new one is added to (list.cpp).
const std::vector<MakeControlLoop>& all_control_loops();

class Controllers {
 public:
  explicit Controllers(const Environment& environment,
                       const std::vector<MakeControlLoop>& loops = all_control_loops());
  ~Controllers();
  Controllers(const Controllers&) = delete;

  // Starts the informers, and the loops once all of them have synced. On the executor.
  void start();
  // `stopped` once every loop has stopped. On the executor.
  void stop(std::function<void()> stopped);
  bool running() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::controllers
