// Files of configMap, secret, downwardAPI and projected volumes on the disk.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/fs.h"

namespace cove::node {

struct VolumeFile {
  std::string data;
  mode_t mode = 0644;
  std::optional<uid_t> owner = std::nullopt;
};
using VolumeFiles = std::map<std::string, VolumeFile>;  // by relative path, "a/b"

// Makes `folder`, which exists, show exactly `files`, all of them at once: they stand in a folder
// named after the time, "..data" is a link to it, and each top entry a link through that. With
// `group` all of it is that group's, which may read it. Nothing is touched when it shows them
// already. kInvalidArgument for a path that leads out or begins with "..".
Result<void> show_files(const Path& folder, const VolumeFiles& files, std::optional<gid_t> group,
                        WallTime now);

}  // namespace cove::node
