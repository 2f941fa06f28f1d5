#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerMetricsFields[] = {
    {"name", 1, "string", "required", ""},
    {"usage", 2, "{}quantity", "required", ""},
};

constexpr FieldFact kNodeMetricsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"timestamp", 2, "time", "required", ""},
    {"window", 3, "duration", "required", ""},
    {"usage", 4, "{}quantity", "required", ""},
};

constexpr FieldFact kNodeMetricsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]NodeMetrics", "required", ""},
};

constexpr FieldFact kPodMetricsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"timestamp", 2, "time", "required", ""},
    {"window", 3, "duration", "required", ""},
    {"containers", 4, "[]ContainerMetrics", "required list=atomic", ""},
};

constexpr FieldFact kPodMetricsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PodMetrics", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"ContainerMetrics", "", "", kContainerMetricsFields},
    {"NodeMetrics", "kind", "", kNodeMetricsFields},
    {"NodeMetricsList", "kind", "", kNodeMetricsListFields},
    {"PodMetrics", "kind", "", kPodMetricsFields},
    {"PodMetricsList", "kind", "", kPodMetricsListFields},
};

}  // namespace

std::span<const TypeFact> metrics_v1beta1_types() {
  return kTypes;
}

}  // namespace cove::api
