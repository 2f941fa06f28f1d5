// Clusters by the real provisioner.
#pragma once

#include <memory>

#include "app/cli/clusters.h"
#include "core/base/log.h"

namespace cove::cli {

// A provisioner over libvirt in this account's folders, with everything it borrows.
Result<std::shared_ptr<Clusters>> open_clusters(const provision::Paths& paths, bool verbose);

}  // namespace cove::cli
