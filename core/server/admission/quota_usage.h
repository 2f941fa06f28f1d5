// What an object counts for in a ResourceQuota (kubernetes.io "Resource Quotas"). Pure functions of
// documents and of what is committed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/api/quantity.h"
#include "core/server/admission.h"

namespace cove::server {

// By the names that spec.hard uses: "pods", "requests.cpu", "count/deployments.apps".
using Amounts = std::map<std::string, api::Quantity, std::less<>>;

// A map of quantities in a document; what is none is left out.
Amounts amounts_at(const json::object& object, api::Steps path);

Amounts quota_usage(const api::Kind& kind, const json::object& object);
// Whether the quota's scopes are about this object.
bool quota_covers(const json::object& quota, const api::Kind& kind, const json::object& object);
// "limits.cpu for: a,b; requests.memory for: a" of a pod's containers that leave open what the
// quota counts; empty: nothing.
std::string unspecified_resources(const json::object& pod, const Amounts& hard);
// What all objects of the namespace together count for, by looking at each.
api::Quantity counted_usage(const json::object& quota, std::string_view name,
                            std::string_view namespace_name, const ClusterState& state);

}  // namespace cove::server
