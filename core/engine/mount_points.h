// Mount points that had to be made for a container, and are no change of its own. Private to this
// room.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"

namespace cove::engine {

// Removes from an overlay's upper folder the empty files and folders at `targets` (absolute paths
// inside) and the places of the default mounts, unless a lower folder has them too. Nothing outside
// `upper` is touched, whatever links it has.
void forget_mount_points(const Path& upper, const std::vector<Path>& lower,
                         std::vector<std::string> targets);

}  // namespace cove::engine
