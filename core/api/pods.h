// What updates of pods through their own subresources may change (kubernetes.io "Ephemeral
// Containers", "Resize CPU and Memory Resources assigned to Containers"). prepare_update and
// validate_update take the place of those of the pod; its validate applies as well.
#pragma once

#include "core/api/kind.h"

namespace cove::api {

Rules pod_ephemeral_containers_rules();
Rules pod_resize_rules();

}  // namespace cove::api
