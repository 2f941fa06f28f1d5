// What is mounted into a container beside its root: binds, volumes and tmpfs, in the two ways that
// clients say them (HostConfig.Binds and Tmpfs, HostConfig.Mounts).
#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/container_config.h"
#include "core/engine/exchange.h"
#include "core/runtime/spec.h"

namespace cove::engine {

struct MountPoint {
  enum class Kind { kBind, kVolume, kTmpfs };
  Kind kind = Kind::kBind;
  std::string name;         // of the volume; empty: one without a name is to be made
  std::string source;       // host path of a bind or of the volume's folder
  std::string destination;  // absolute, clean
  std::string mode;         // as it was said: "ro,z"
  bool read_write = true;
  std::string propagation;   // "rprivate" … of a bind
  bool no_copy = false;      // what the image has there does not go into a new volume
  bool make_source = false;  // a missing folder on the host is made, as -v does
  bool from_mounts = false;  // of HostConfig.Mounts
  bool anonymous = false;
  std::string driver;
  std::map<std::string, std::string> driver_options = {};
  std::map<std::string, std::string> labels = {};
  std::vector<std::string> options = {};  // of a tmpfs

  bool operator==(const MountPoint&) const = default;
};

// In the order they are to be mounted in: a parent folder before what lies in it.
Outcome<std::vector<MountPoint>> parse_mounts(const ContainerConfig& config);
// "src:dst:opt", "dst": one entry of Binds.
Outcome<MountPoint> parse_bind(const std::string& text);
void sort_mounts(std::vector<MountPoint>& mounts);

// "/a//b/../c" to "/a/c"; the text is absolute.
std::string clean_path(std::string_view path);
bool valid_volume_name(std::string_view name);

boost::json::array to_json(const std::vector<MountPoint>& mounts);
std::vector<MountPoint> mounts_from_json(const boost::json::array& array);
// "Mounts" of an inspected container.
boost::json::array to_docker_json(const std::vector<MountPoint>& mounts);

runtime::Bind to_bind(const MountPoint& mount);

}  // namespace cove::engine
