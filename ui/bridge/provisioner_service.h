// The real ClusterService, over the same provisioner the command line uses.
#pragma once

#include <memory>

#include "ui/bridge/cluster_service.h"

namespace cove::ui {

std::shared_ptr<ClusterService> make_provisioner_service(provision::Dependencies dependencies);

}  // namespace cove::ui
