#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerMetricsFields[] = {
    {"name", 1, "string", "required", "Name of the container."},
    {"usage", 2, "{}quantity", "required", "CPU and memory in use."},
};

constexpr FieldFact kNodeMetricsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"timestamp", 2, "time", "required", "End of the time that was measured."},
    {"window", 3, "duration", "required", "Length of the time that was measured."},
    {"usage", 4, "{}quantity", "required", "CPU and memory in use."},
};

constexpr FieldFact kNodeMetricsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]NodeMetrics", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kPodMetricsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"timestamp", 2, "time", "required", "End of the time that was measured."},
    {"window", 3, "duration", "required", "Length of the time that was measured."},
    {"containers", 4, "[]ContainerMetrics", "required list=atomic", "What each container uses."},
};

constexpr FieldFact kPodMetricsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]PodMetrics", "required", "The objects, in the order of their names."},
};

constexpr TypeFact kTypes[] = {
    {"ContainerMetrics", "", "What a container uses.", kContainerMetricsFields},
    {"NodeMetrics", "kind", "What a node uses.", kNodeMetricsFields},
    {"NodeMetricsList", "kind", "A list of NodeMetrics objects.", kNodeMetricsListFields},
    {"PodMetrics", "kind", "What a pod uses.", kPodMetricsFields},
    {"PodMetricsList", "kind", "A list of PodMetrics objects.", kPodMetricsListFields},
};

}  // namespace

std::span<const TypeFact> metrics_v1beta1_types() {
  return kTypes;
}

}  // namespace cove::api
