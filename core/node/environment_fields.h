// The downward API (kubernetes.io "Downward API"): what of a pod its containers may learn, by
// variables and by files.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "core/api/object.h"
#include "core/base/result.h"
#include "core/node/container_config.h"

namespace cove::node {

// Those that the API may not have yet; an empty one is read from the status.
struct PodAddresses {
  std::string pod, host;
};

// A fieldRef: "metadata.labels['app']", "spec.nodeName", "status.podIP". kInvalidArgument with the
// cause that clients know. The labels and annotations as a whole are lines key="value".
Result<std::string> field_value(const api::Object& pod, std::string_view path,
                                const PodAddresses& addresses = {});

// A resourceFieldRef, of its containerName or else `container` (may be null). A limit that nobody
// has set is the pod's, else the node's `allocatable`.
Result<std::string> resource_value(const api::Object& pod, const boost::json::object* container,
                                   const boost::json::object& reference,
                                   const api::Amounts& allocatable);

// By name among containers, initContainers and ephemeralContainers; null.
const boost::json::object* find_container(const api::Object& pod, std::string_view name);

}  // namespace cove::node
