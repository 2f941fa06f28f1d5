// The real world behind the desktop: folders, clock, processes, libvirt.
#pragma once

#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "ui/bridge/api_session.h"
#include "ui/bridge/autostart.h"
#include "ui/bridge/cluster_service.h"
#include "vm/provision/paths.h"

namespace cove::desktop {

// Call it first in main, before there is an application object or a thread. libvirt's event loop
// runs on GLib's default context in a thread of its own; Qt would run the same context in the GUI
// thread, where libvirt's calls do not belong and where its own thread would wait for it for ever.
void keep_event_loops_apart();

// Owns what the service borrows, so it outlives the service. Making it touches nothing but memory.
class World {
 public:
  // Contexts are those of paths.kubeconfig and of `kubeconfigs`; of one name the first counts.
  explicit World(provision::Paths paths, std::vector<Path> kubeconfigs = {});

  const Clock& clock() const { return clock_; }
  std::shared_ptr<ui::ClusterService> make_service();
  // Of this program, for this account's sessions.
  std::shared_ptr<const ui::Autostart> make_autostart() const;
  // By the contexts of the kubeconfig files, read anew every time.
  std::shared_ptr<ui::ApiSource> make_api_source();

 private:
  provision::Paths paths_;
  std::vector<Path> kubeconfigs_;
  SystemClock clock_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<Spawner> spawner_;
};

}  // namespace cove::desktop
