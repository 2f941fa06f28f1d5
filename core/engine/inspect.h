// A container as `docker inspect` shows it.
#pragma once

#include <boost/json/object.hpp>

#include "core/engine/container.h"
#include "core/engine/containers.h"

namespace cove::engine {

boost::json::object inspect(Containers& containers, const ContainerRecord& record, bool size,
                            unsigned api);
// By network name: what NetworkSettings.Networks has.
boost::json::object networks_json(const ContainerRecord& record);

}  // namespace cove::engine
