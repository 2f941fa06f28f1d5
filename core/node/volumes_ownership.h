// fsGroup of volumes (kubernetes.io "Configure volume permission and ownership change policy").
#pragma once

#include <sys/types.h>

#include "core/base/fs.h"

namespace cove::node {

// Everything in `folder` becomes the group's, which may read and write it; folders pass it on. No
// link is followed. `only_on_mismatch`: not when the folder itself is so already.
Result<void> give_to_group(const Path& folder, gid_t group, bool only_on_mismatch);

}  // namespace cove::node
