// How many pods a resource's use calls for (kubernetes.io "Horizontal Pod Autoscaling", algorithm
// details). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"

namespace cove::controllers {

struct PodUsage {
  std::int64_t milli = 0;
  WallTime measured{};  // the end of the time that was measured
  std::chrono::nanoseconds window{};
};
using PodUsages = std::map<std::string, PodUsage, std::less<>>;  // by the pod's name

// Of metrics.k8s.io PodMetrics; of one container, or all of them together when `container` is
// empty. Pods that lack it are left out.
PodUsages usages_of(const std::vector<api::ObjectPtr>& metrics, std::string_view resource,
                    std::string_view container);

// Deviations at which nothing is done.
struct Tolerances {
  double down = 0.1, up = 0.1;
};
Tolerances tolerances_of(const api::Object& autoscaler);

struct UsageQuestion {
  std::int64_t replicas = 0;  // there are now
  std::string resource;       // "cpu"
  std::string container = {};
  Tolerances tolerances = {};
  std::vector<api::ObjectPtr> pods = {};
  PodUsages usages = {};
  WallTime now{};
};
struct UsageAnswer {
  std::int64_t replicas = 0;
  std::int64_t utilization = 0;  // percent of the request; of by_utilization() alone
  std::int64_t milli = 0;        // of one pod
};
// Errors are sentences that clients know.
Result<UsageAnswer> by_utilization(UsageQuestion question, std::int64_t percent);
Result<UsageAnswer> by_average(UsageQuestion question, std::int64_t milli);

}  // namespace cove::controllers
