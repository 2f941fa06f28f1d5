// Volumes that are folders of this machine: hostPath, and PersistentVolumes of this node.
#pragma once

#include <boost/json/object.hpp>

#include "core/node/api_reader.h"
#include "core/node/volumes.h"

namespace cove::node {

// Checks that there is what `source.type` says, or makes it. A folder that is made gets `mode`.
Result<MountedVolume> open_host_path(const boost::json::object& source, mode_t mode = 0755);

struct ClaimedVolume {
  MountedVolume volume;
  bool gets_group = false;  // fsGroup counts
};
// The volume that a claim of the pod's namespace is bound to. kUnavailable while it is not bound.
// `owned`: the claim must be the pod's own, as of ephemeral volumes.
Result<ClaimedVolume> open_claim(const ApiReader& reader, const api::Object& pod,
                                 const std::string& claim, bool owned);

}  // namespace cove::node
