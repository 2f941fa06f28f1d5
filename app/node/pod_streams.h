// What the API server asks of this machine's pods, answered by the node's rooms.
#pragma once

#include <memory>

#include "core/node/access.h"
#include "core/node/node_logs.h"
#include "core/server/pod_streams.h"

namespace cove::node {

// `pods` and `runtime` outlive it and every stream that it gave. `logs` are those of that node.
std::shared_ptr<server::PodStreams> make_pod_streams(const PodsOfNode& pods,
                                                     runtime::Runtime& runtime,
                                                     std::string node_name, NodeLogs logs);

}  // namespace cove::node
