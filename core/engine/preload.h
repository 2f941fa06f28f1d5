// Preload: the images that Cove brings along. Private to this room.
#pragma once

#include <vector>

#include "core/base/log.h"
#include "core/image/archive.h"

namespace cove::engine {

// Loads the OCI layout folders that were not loaded before; `record` remembers which, by the digest
// of their index, so that an image that a user removed stays removed until another one is brought.
// A folder that cannot be loaded costs a line in the log.
void load_preloaded(const image::Archives& archives, const std::vector<Path>& folders,
                    const Path& record, Logger& logger);

}  // namespace cove::engine
