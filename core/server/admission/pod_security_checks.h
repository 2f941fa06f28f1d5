// The Pod Security Standards (kubernetes.io, of v1.36) as checks of a pod. Pure functions. Private
// to this room.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace cove::server {

enum class PodSecurityLevel { kPrivileged, kBaseline, kRestricted };

// What a pod (or a pod template) breaks, as clients know it: `privileged (container "c" must not
// set securityContext.privileged=true)`. In the order of the checks' names.
std::vector<std::string> pod_security_faults(const boost::json::object& pod,
                                             PodSecurityLevel level);

}  // namespace cove::server
