// status.containerStatuses and its siblings.
#pragma once

#include <boost/json/array.hpp>

#include "core/node/pod_model.h"

namespace cove::node {

// Of those with that role; init containers as the spec has them, others by name.
json::array container_statuses(const PodFacts& facts, bool init);
json::array ephemeral_statuses(const PodFacts& facts);

}  // namespace cove::node
