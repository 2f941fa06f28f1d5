// What a pod and its containers may use, as control groups say it (kubernetes.io "Resource
// Management for Pods and Containers", "Node-pressure Eviction" for oom_score_adj).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

#include "core/api/object.h"
#include "core/runtime/spec.h"

namespace cove::node {

runtime::ResourceLimits container_limits(const api::Object& pod,
                                         const boost::json::object& container);
// `memory_bytes` is the node's.
int oom_score_adj(const api::Object& pod, const boost::json::object& container,
                  std::uint64_t memory_bytes);

}  // namespace cove::node
