// The real world behind the desktop: folders, clock, processes, libvirt.
#pragma once

#include <memory>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "ui/bridge/cluster_service.h"
#include "vm/provision/paths.h"

namespace cove::desktop {

// Owns what the service borrows, so it outlives the service. Making it touches nothing but memory.
class World {
 public:
  explicit World(provision::Paths paths);

  const Clock& clock() const { return clock_; }
  std::shared_ptr<ui::ClusterService> make_service();

 private:
  provision::Paths paths_;
  SystemClock clock_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<Spawner> spawner_;
};

}  // namespace cove::desktop
