// ControlLoops: the controllers and the scheduler of a cluster, on its state thread.
#pragma once

#include <memory>

#include "app/node/control_plane.h"

namespace cove::node {

class ControlLoops {
 public:
  // They begin once they have seen the cluster. Everything outlives this.
  ControlLoops(ControlPlane& plane, const Clock& clock, Logger& logger);
  // Returns when nothing is under way any more. Not on the state thread; before the plane's stop().
  ~ControlLoops();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
