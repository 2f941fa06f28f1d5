// The endpoints of containers, by file. Private to this room.
#pragma once

#include <functional>
#include <vector>

#include "core/engine/containers.h"
#include "core/engine/exchange.h"
#include "core/engine/mounts.h"
#include "core/image/layer_store.h"

namespace cove::engine {

std::vector<Route> attach_routes(Containers& containers);
std::vector<Route> log_routes(Containers& containers);
std::vector<Route> stats_routes(Containers& containers);
std::vector<Route> archive_routes(Containers& containers);
std::vector<Route> commit_routes(Containers& containers);

// A handler that gets the container its path names.
using ContainerHandler = Outcome<> (*)(Containers&, Exchange&, const ContainerPtr&);
std::function<Outcome<>(Exchange&)> with_container(Containers& containers, ContainerHandler handle);

// Changes without the places that were made to mount something.
std::vector<image::Change> own_changes(std::vector<image::Change> changes,
                                       const std::vector<MountPoint>& mounts);

}  // namespace cove::engine
