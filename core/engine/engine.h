// Engine: the Docker Engine API v1.24 … v1.48 over image and runtime.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/http/handler.h"
#include "core/http/url.h"
#include "core/image/build/build.h"
#include "core/image/image_store.h"
#include "core/image/registry.h"
#include "core/network/container_networks.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

// Everything outlives the engine. Thread-safe.
class Engine {
 public:
  struct Parts {
    Path directory;       // DIR/containers/<id>.json, DIR/volumes/<name>/_data, DIR/volumes.json,
                          // DIR/tmp; on the file system of layers and roots
    Path worker;          // program of confined children
    std::string name;     // of this node
    std::string version;  // of Cove
    image::ContentStore& content;
    image::LayerStore& layers;
    image::ImageStore& images;
    image::Registries& registries;
    runtime::Runtime& runtime;
    network::ContainerNetworks& networks;
    Clock& clock;
    Logger& logger;
    Spawner& spawner;
    std::vector<Path> preloaded = {};                // OCI layout folders, loaded once each
    image::RegistrySettings registry_settings = {};  // what info says of registries
    http::Proxies proxies = {};  // for URLs of imports and contexts, and commands of builds
  };
  // Restores containers and applies restart policies.
  static Result<std::unique_ptr<Engine>> start(Parts parts);
  // Containers go on running.
  ~Engine();

  http::Handler& handler();
  // Ends streams and hijacked connections, waits for requests under way, builds are cancelled.
  void stop();

 private:
  class Implementation;
  explicit Engine(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::engine
