// What NetworkPolicies mean for packets (kubernetes.io "Network Policies"; networking.k8s.io/v1).
// Pure.
#pragma once

#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/network/policy_table.h"

namespace cove::proxy {

// For the pods of this node. Pods in the host's network, and those that have ended or have no
// address yet, neither are chosen nor are peers. A policy that cannot be understood permits less,
// never more.
network::PolicyRules plan_policies(const std::vector<api::ObjectPtr>& policies,
                                   const std::vector<api::ObjectPtr>& pods,
                                   const std::vector<api::ObjectPtr>& namespaces,
                                   const std::string& node);

// Whether a pod's change may change what policies mean.
bool matters_to_policies(const api::Object& before, const api::Object& now);

}  // namespace cove::proxy
