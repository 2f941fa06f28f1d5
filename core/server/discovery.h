// API discovery, one document a level and aggregated (kubernetes.io "Kubernetes API", discovery
// API).
#pragma once

#include <boost/json/object.hpp>

#include "core/server/kinds.h"

namespace cove::server {

boost::json::object api_versions(const std::string& server_address);
boost::json::object api_group_list();
boost::json::object api_resource_list(const std::vector<Kind>& kinds);
// Of /api (the core group) or /apis (all others); `version` is "v2" or "v2beta1".
boost::json::object aggregated_discovery(const std::vector<Kind>& kinds, bool core_group,
                                         const std::string& version);

}  // namespace cove::server
