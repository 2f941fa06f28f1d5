// Durability of what stands in a folder, for those who remove or rename in it (core/base/fs.h
// writes whole files).
#pragma once

#include "core/base/fs.h"

namespace cove {

// When it returns the disk knows which entries the folder has. Success on file systems that cannot.
Result<void> sync_directory(const Path& directory);

}  // namespace cove
