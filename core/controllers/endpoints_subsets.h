// The addresses behind a service as Endpoints lists them. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <vector>

#include "core/api/object.h"

namespace cove::controllers {

// Addresses with the same ports in one subset, in a stable order.
boost::json::array make_subsets(const api::Object& service,
                                const std::vector<api::ObjectPtr>& pods);

inline constexpr std::size_t kMaxEndpointsAddresses = 1000;
// Cuts `subsets` to that many addresses, ready ones first, each subset by its share. Whether
// anything was cut.
bool truncate_subsets(boost::json::array& subsets);

}  // namespace cove::controllers
