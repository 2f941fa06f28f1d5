// ContainerHost: what containers of both kinds, the engine's and pods', stand on: images, which
// they share, and for each a runtime and networks of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/base/result.h"
#include "core/http/url.h"
#include "core/image/content_store.h"
#include "core/image/image_store.h"
#include "core/image/layer_store.h"
#include "core/image/registry.h"
#include "core/network/container_networks.h"
#include "core/os/cgroup.h"
#include "core/runtime/runtime.h"

namespace cove::node {

// Program of confined children: this one.
inline constexpr const char* kWorker = "/proc/self/exe";

// DATA/engine/{blobs,layers,images,runtime,networks} and DATA/node/{runtime,networks} are what is
// kept, /run/cove/ID and the control groups cove-ID and cove-pods-ID what a reboot may take. ID is
// 12 digits of DATA's hash: daemons side by side share neither.
class ContainerHost {
 public:
  struct Parts {
    Path data_dir;
    std::vector<std::string> registry_mirrors;     // of docker.io
    std::vector<std::string> insecure_registries;  // domains or networks
    http::Proxies proxies;                         // of pulls and builds
    Clock& clock;
    Logger& logger;
  };
  // Blocks for as long as finding again what runs takes. Control groups of containers that are no
  // longer known, and processes in them, go. Needs root.
  static Result<std::unique_ptr<ContainerHost>> open(const Parts& parts);
  // Containers go on; networks and control groups that nothing needs are removed.
  ~ContainerHost();
  ContainerHost(const ContainerHost&) = delete;

  struct Containers {
    std::string cgroup_root;  // all their control groups are below it
    std::unique_ptr<network::ContainerNetworks> networks;
    std::unique_ptr<runtime::Runtime> runtime;
  };

  // In the order in which they need one another; none is null.
  std::unique_ptr<Spawner> spawner;
  std::unique_ptr<image::ContentStore> content;
  std::unique_ptr<image::LayerStore> layers;
  std::unique_ptr<image::ImageStore> images;
  image::RegistrySettings registry_settings;
  std::unique_ptr<image::Registries> registries;
  std::unique_ptr<network::PortGate> gate;  // null where ports are this machine's own
  Containers of_engine, of_pods;

 private:
  explicit ContainerHost(Logger& logger) : logger_(logger) {}
  Result<void> open_images(const Parts& parts);
  Result<void> open_containers(Containers& containers, const Path& directory, const Path& run,
                               Clock& clock);
  void remove_strays();
  Logger& logger_;
  std::unique_ptr<os::Cgroups> cgroups_;
};

}  // namespace cove::node
