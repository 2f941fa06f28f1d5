// Volumes: folders that outlive containers, by name. Driver "local" only.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/engine/events.h"
#include "core/engine/exchange.h"

namespace cove::engine {

struct Volume {
  std::string name;
  WallTime created_at{};
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> options = {};
  bool anonymous = false;  // made for a container, without a name of anybody's
};

using Filters = std::map<std::string, std::vector<std::string>>;

// Thread-safe; calls block on the disk. DIR/<name>/_data, and DIR/../volumes.json for the rest.
class Volumes {
 public:
  struct Parts {
    Path directory;
    Events& events;
    const Clock& clock;
    // Ids of the containers that have a volume.
    std::function<std::vector<std::string>(const std::string& name)> users;
  };
  static Result<std::unique_ptr<Volumes>> open(Parts parts);

  // An existing one of that name is returned as it is. An empty name is drawn: 64 hexadecimal
  // digits.
  Outcome<Volume> create(const std::string& name, const std::string& driver,
                         const std::map<std::string, std::string>& options,
                         const std::map<std::string, std::string>& labels);
  Outcome<Volume> find(const std::string& name) const;
  std::vector<Volume> list() const;
  // 409 while a container has it.
  Outcome<> remove(const std::string& name, bool force);
  struct Pruned {
    std::vector<std::string> names;
    std::uint64_t bytes = 0;
  };
  // Those that no container has: the anonymous ones, with all=1 the named ones too.
  Outcome<Pruned> prune(const Filters& filters, bool all_by_default);
  Path data(const std::string& name) const;
  std::vector<std::string> users(const std::string& name) const { return parts_.users(name); }

  boost::json::object to_json(const Volume& volume) const;
  // With UsageData {Size, RefCount}: what df shows.
  boost::json::array disk_usage() const;

 private:
  explicit Volumes(Parts parts) : parts_(std::move(parts)) {}
  Result<void> save() const;

  Parts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, Volume> volumes_;
};

class Containers;
std::vector<Route> volume_routes(Containers& containers);

}  // namespace cove::engine
