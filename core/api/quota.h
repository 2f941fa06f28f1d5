// What an object counts for in a ResourceQuota (kubernetes.io "Resource Quotas"). Pure functions of
// documents, for who refuses and for who counts anew.
#pragma once

#include <string>
#include <string_view>

#include "core/api/pod_resources.h"

namespace cove::api {

// A resource whose objects count.
struct QuotaSubject {
  std::string group = {};  // "" is the core group
  std::string plural = {};

  std::string group_resource() const { return group.empty() ? plural : plural + "." + group; }
  auto operator<=>(const QuotaSubject&) const = default;
};
// That of a name in spec.hard.
QuotaSubject quota_subject(std::string_view name);

// By the names that spec.hard uses: "pods", "requests.cpu", "count/deployments.apps".
Amounts quota_usage(const QuotaSubject& subject, const json::object& object);
// Whether the quota's scopes are about this object.
bool quota_covers(const json::object& quota, const QuotaSubject& subject,
                  const json::object& object);
// "limits.cpu for: a,b; requests.memory for: a" of a pod's containers that leave open what the
// quota counts; empty: nothing.
std::string unspecified_resources(const json::object& pod, const Amounts& hard);

}  // namespace cove::api
