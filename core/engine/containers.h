// Containers as the Docker API has them: records, lifecycle, restart policies, health.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/engine/events.h"
#include "core/engine/exchange.h"
#include "core/engine/networks.h"
#include "core/engine/volumes.h"
#include "core/image/image_store.h"
#include "core/network/container_networks.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

class Container;  // container.h
using ContainerPtr = std::shared_ptr<Container>;
class Execs;  // execs.h

// Thread-safe; calls block. One container's start, stop, removal and the like come one after the
// other; kill does not wait for them.
class Containers {
 public:
  struct Parts {
    Path directory;  // DIR/containers/<id>.json, DIR/volumes/…, DIR/networks.json
    Path worker;     // program of confined children
    image::ContentStore& content;
    image::LayerStore& layers;
    image::ImageStore& images;
    runtime::Runtime& runtime;
    network::ContainerNetworks& networks;
    Events& events;
    Clock& clock;
    Logger& logger;
  };
  // Reads the records and listens to the runtime; nothing is started yet.
  static Result<std::unique_ptr<Containers>> open(Parts parts);
  // stop(). Containers go on running.
  ~Containers();
  // Takes notice of what ended while nobody looked and starts what its restart policy wants to run.
  // Returns soon; the starting goes on in the background. Once.
  void restore();
  // Ends waits, attached streams and health checks. Containers go on running.
  void stop();

  // --- for the rest of the engine ---
  struct Counts {
    std::size_t running = 0, paused = 0, stopped = 0;
  };
  Counts counts() const;
  // As ImageStore::InUse has it: "container 4f5a… is using its referenced image 5f70…", or "" when
  // none holds the image.
  std::string image_user(const image::Digest& id, bool& running) const;
  // How many containers an image has; images without one are not among them.
  std::map<image::Digest, std::size_t> image_users() const;
  // Containers as their list shows them, with sizes: what df shows.
  boost::json::array disk_usage() const;
  // "container:<name>" of a build: the network namespace of a running container.
  Outcome<Path> network_namespace(const std::string& name_or_id) const;

  // --- operations ---
  struct Created {
    std::string id;
    std::vector<std::string> warnings;
  };
  Outcome<Created> create(const std::string& name, const boost::json::object& body, unsigned api);
  // By name, id or an unambiguous prefix of an id; 404 with "No such container: x".
  Outcome<ContainerPtr> find(const std::string& name_or_id) const;
  std::vector<ContainerPtr> all() const;  // newest first

  // False: there was nothing to do (304).
  Outcome<bool> start(const ContainerPtr& container);
  Outcome<bool> stop(const ContainerPtr& container, std::optional<int> seconds,
                     const std::string& signal);
  Outcome<> restart(const ContainerPtr& container, std::optional<int> seconds,
                    const std::string& signal);
  // `asked` is what the client called it: part of the refusal of one that does not run.
  Outcome<> kill(const ContainerPtr& container, const std::string& signal,
                 const std::string& asked);
  Outcome<> pause(const ContainerPtr& container);
  Outcome<> unpause(const ContainerPtr& container);
  Outcome<> rename(const ContainerPtr& container, const std::string& name);
  Outcome<std::vector<std::string>> update(const ContainerPtr& container,
                                           const boost::json::object& body);
  struct Removal {
    bool force = false;
    bool volumes = false;  // the anonymous ones
    bool auto_remove = false;
  };
  Outcome<> remove(const ContainerPtr& container, const Removal& removal);

  enum class WaitFor { kNotRunning, kNextExit, kRemoved };
  struct Waited {
    int exit_code = 0;
    std::string error;
  };
  // `armed` is called once the wait cannot miss anything any more. Nothing when `stop` came first.
  Outcome<std::optional<Waited>> wait(const ContainerPtr& container, WaitFor what,
                                      const std::function<void()>& armed, std::stop_token stop);
  struct Pruned {
    std::vector<std::string> ids;
    std::uint64_t bytes = 0;
  };
  Outcome<Pruned> prune(const Filters& filters);

  Outcome<> connect(const Network& network, const ContainerPtr& container,
                    const boost::json::object& endpoint);
  Outcome<> disconnect(const Network& network, const std::string& container, bool force);
  // Containers that are or would be in a network.
  std::vector<ContainerPtr> in_network(const std::string& network) const;

  Execs& execs();
  Networks& networks();
  Volumes& volumes();
  const Parts& parts() const;
  // Requested by stop().
  std::stop_token stopping() const;

  // An event of a container, with the attributes all of them have.
  void publish(const ContainerPtr& container, const std::string& action,
               std::map<std::string, std::string> attributes = {});

 private:
  class Implementation;
  explicit Containers(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// /containers/…, /commit
std::vector<Route> container_routes(Containers& containers);
// /containers/{id}/exec, /exec/{id}/…
std::vector<Route> exec_routes(Containers& containers);

}  // namespace cove::engine
