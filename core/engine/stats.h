// What `docker stats` computes with. Private to this room.
#pragma once

#include <boost/json/object.hpp>

#include "core/engine/container.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

// Shares of the processors come of the differences between two samples, `now` and `before`; either
// may be missing.
boost::json::object stats_json(const ContainerRecord& record, const runtime::Statistics* now,
                               const runtime::Statistics* before, boost::json::object links);

}  // namespace cove::engine
