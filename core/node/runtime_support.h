// What pods ask of a container runtime, and this one's answer (kubernetes.io "Runtime Class", "User
// Namespaces").
#pragma once

#include "core/api/object.h"
#include "core/base/result.h"
#include "core/client/client.h"

namespace cove::node {

// The Node's status.runtimeHandlers. All are crun; "runc" takes the same bundles.
boost::json::array runtime_handlers();

// Reads the pod's RuntimeClass; blocks. kUnsupported's cause is a whole sentence for events.
Result<void> check_runtime(const api::Object& pod, client::Transport& transport);

}  // namespace cove::node
