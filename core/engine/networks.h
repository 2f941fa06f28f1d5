// Networks as the Docker API has them, over network::ContainerNetworks: "bridge", "host", "none"
// and those that users make.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/engine/events.h"
#include "core/engine/exchange.h"
#include "core/network/container_networks.h"

namespace cove::engine {

struct Network {
  network::NetworkConfig config;  // of host and none: id and name alone
  std::string driver = "bridge";  // "bridge", "host", "null"
  WallTime created_at{};
  bool attachable = false;
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> options = {};
  std::map<std::string, std::string> ipam_options = {};
  bool predefined = false;

  const std::string& id() const { return config.id; }
  const std::string& name() const { return config.name; }
};

// Thread-safe; calls block. DIR/networks.json has what network::ContainerNetworks does not keep.
class Networks {
 public:
  struct Parts {
    Path file;
    network::ContainerNetworks& networks;
    Events& events;
    const Clock& clock;
  };
  // Makes "bridge" when it is not there.
  static Result<std::unique_ptr<Networks>> open(Parts parts);

  struct Created {
    std::string id;
    std::string warning;
  };
  Outcome<Created> create(const boost::json::object& body);
  // By name, id, or an unambiguous prefix of an id. "default" is "bridge".
  Outcome<Network> find(const std::string& name_or_id) const;
  std::vector<Network> list() const;
  Outcome<> remove(const Network& network);

  boost::json::object to_json(const Network& network) const;

 private:
  explicit Networks(Parts parts) : parts_(std::move(parts)) {}
  Result<void> load();
  Result<void> save() const;

  Parts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, Network> networks_;  // by id
};

class Containers;
std::vector<Route> network_routes(Containers& containers);

}  // namespace cove::engine
