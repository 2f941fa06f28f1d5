// autoscaling/v1 and v2 HorizontalPodAutoscaler: v1 has fields for CPU alone, all else stands in
// annotations, as clients of Kubernetes know them. Private to this folder.
#pragma once

#include "core/api/document.h"

namespace cove::api::autoscaling {

// What an autoscaler without metrics scales on: 80 % CPU.
json::array default_metrics();
// Both change everything but apiVersion and kind in place.
void to_v2(json::object& object);
void to_v1(json::object& object);

}  // namespace cove::api::autoscaling
