// Clusters by the real provisioner.
#pragma once

#include <memory>

#include "app/cli/clusters.h"

namespace cove::cli {

// A provisioner over libvirt in this account's folders, with everything it borrows.
std::shared_ptr<Clusters> open_clusters(const provision::Paths& paths, bool verbose);

}  // namespace cove::cli
