// Which pods of a ReplicaSet go first when there are too many (kubernetes.io "ReplicaSet", scaling
// down). Private to this folder.
#pragma once

#include <vector>

#include "core/controllers/pod_control.h"

namespace cove::controllers {

// The `count` of `pods` to delete. `related` are the active pods of all ReplicaSets of the same
// owner, `pods` among them: those that share their node with many of them go before others.
std::vector<api::ObjectPtr> choose_deletions(const std::vector<api::ObjectPtr>& pods,
                                             const std::vector<api::ObjectPtr>& related,
                                             std::size_t count, WallTime now);

}  // namespace cove::controllers
