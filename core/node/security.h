// Security contexts of pods and containers (kubernetes.io "Configure a Security Context for a Pod
// or Container", "Restrict a Container's Syscalls with seccomp").
#pragma once

#include "core/node/container_config.h"

namespace cove::node {

// Users and groups into `process`, the rest into `security`. Reads the image's /etc/passwd and
// /etc/group out of its layers, and seccomp profiles of the node.
StartResult<void> set_security(const ContainerInputs& inputs, const NodeSettings& settings,
                               runtime::ContainerSpec& spec, std::string& home);

bool is_privileged(const boost::json::object& container);

// "web_default(8c2f…)", as messages name a pod.
std::string pod_text(const api::Object& pod);

}  // namespace cove::node
