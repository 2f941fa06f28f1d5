// What is said of the engine as a whole: ping, version, info, events, disk usage, login; and the
// endpoints of swarm mode, which there is not.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/engine/events.h"
#include "core/engine/exchange.h"
#include "core/engine/images.h"

namespace cove::engine {

// Everything outlives the endpoints; the functions are thread-safe.
struct SystemParts {
  std::string name;     // of this node
  std::string id;       // of this engine
  std::string version;  // of Cove
  Path directory;       // what info calls the root directory
  image::RegistrySettings registries;
  Events& events;
  ImagePartsPtr images;
  const Clock& clock;
  struct Counts {
    std::size_t running = 0, paused = 0, stopped = 0;
  };
  std::function<Counts()> counts;
  std::function<boost::json::array()> containers;  // with sizes, as df shows them
  std::function<boost::json::array()> volumes;     // with UsageData
};

// "/" of the host but in tests: where the kernel's and the distribution's files are read.
boost::json::object version_json(const SystemParts& parts);
boost::json::object info_json(const SystemParts& parts, const Path& host = "/");
// Whether an event passes the filters of /events.
bool passes(const Event& event, const std::map<std::string, std::vector<std::string>>& filters);

// /_ping, /version, /info, /events, /system/df, /auth
std::vector<Route> system_routes(const std::shared_ptr<const SystemParts>& parts);
// /swarm, /nodes, /services, /tasks, /secrets, /configs, /plugins
std::vector<Route> swarm_routes();

}  // namespace cove::engine
