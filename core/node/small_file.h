// Files that are made anew after a loss of power: written without waiting for the disk.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "core/base/fs.h"

namespace cove::node {

// Replaces the contents in place, so that who has the file mounted sees them; `mode` is exact.
Result<void> write_small_file(const Path& path, std::string_view bytes, mode_t mode);

}  // namespace cove::node
