// The mounted root of a container: an overlay of its layers and its own upper folder.
#pragma once

#include <set>

#include "core/base/fd.h"
#include "core/runtime/spec.h"

namespace cove::runtime {

// Mounts FOLDER/merged over `lower` (topmost first), FOLDER/upper and FOLDER/work, making what is
// missing of them. As many layers as the kernel takes (500), however long their paths are: a
// mount's options are one page, so they name short links where the paths do not fit. Mounted
// already is success.
Result<void> mount_overlay(const Path& folder, const std::vector<Path>& lower);

// Even when busy (then as soon as nobody uses it). Not mounted is success.
Result<void> unmount(const Path& path);

// Takes a mount away at once. Its end waits for the descriptor's: only then the kernel writes what
// is left of it to the disk, which takes as long as everybody's unwritten data does. No descriptor:
// nothing was mounted.
Result<Fd> detach(const Path& path);

// Mount points of this process below `folder`.
std::set<Path> mounts_below(const Path& folder);

}  // namespace cove::runtime
