// What the API serves as metrics.k8s.io, from this node's statistics.
#pragma once

#include <memory>
#include <string>

#include "core/node/stats.h"
#include "core/server/metrics.h"

namespace cove::node {

// `statistics` outlives it. The disk is the one that `data_dir` lives on; `configuration` is the
// agent's (UsageSource::configuration()).
std::shared_ptr<const server::UsageSource> make_usage_source(const Statistics& statistics,
                                                             std::string node_name, Path data_dir,
                                                             boost::json::object configuration);

}  // namespace cove::node
