#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", ""},
    {"targetAverageUtilization", 2, "*int32", "omitempty", ""},
    {"targetAverageValue", 3, "*quantity", "omitempty", ""},
    {"container", 5, "string", "required", ""},
};

constexpr FieldFact kContainerResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"currentAverageUtilization", 2, "*int32", "omitempty", ""},
    {"currentAverageValue", 3, "quantity", "required", ""},
    {"container", 4, "string", "required", ""},
};

constexpr FieldFact kCrossVersionObjectReferenceFields[] = {
    {"kind", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
    {"apiVersion", 3, "string", "omitempty", ""},
};

constexpr FieldFact kExternalMetricSourceFields[] = {
    {"metricName", 1, "string", "required", ""},
    {"metricSelector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"targetValue", 3, "*quantity", "omitempty", ""},
    {"targetAverageValue", 4, "*quantity", "omitempty", ""},
};

constexpr FieldFact kExternalMetricStatusFields[] = {
    {"metricName", 1, "string", "required", ""},
    {"metricSelector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"currentValue", 3, "quantity", "required", ""},
    {"currentAverageValue", 4, "*quantity", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "HorizontalPodAutoscalerSpec", "omitempty required", ""},
    {"status", 3, "HorizontalPodAutoscalerStatus", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]HorizontalPodAutoscaler", "required", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerSpecFields[] = {
    {"scaleTargetRef", 1, "CrossVersionObjectReference", "required", ""},
    {"minReplicas", 2, "*int32", "omitempty", ""},
    {"maxReplicas", 3, "int32", "required", ""},
    {"targetCPUUtilizationPercentage", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerStatusFields[] = {
    {"observedGeneration", 1, "*int64", "omitempty", ""},
    {"lastScaleTime", 2, "*time", "omitempty", ""},
    {"currentReplicas", 3, "int32", "required", ""},
    {"desiredReplicas", 4, "int32", "required", ""},
    {"currentCPUUtilizationPercentage", 5, "*int32", "omitempty", ""},
};

constexpr FieldFact kMetricSpecFields[] = {
    {"type", 1, "string", "required enum=Object|Pods|Resource|ContainerResource|External", ""},
    {"object", 2, "*ObjectMetricSource", "omitempty", ""},
    {"pods", 3, "*PodsMetricSource", "omitempty", ""},
    {"resource", 4, "*ResourceMetricSource", "omitempty", ""},
    {"containerResource", 7, "*ContainerResourceMetricSource", "omitempty", ""},
    {"external", 5, "*ExternalMetricSource", "omitempty", ""},
};

constexpr FieldFact kMetricStatusFields[] = {
    {"type", 1, "string", "required enum=Object|Pods|Resource|ContainerResource|External", ""},
    {"object", 2, "*ObjectMetricStatus", "omitempty", ""},
    {"pods", 3, "*PodsMetricStatus", "omitempty", ""},
    {"resource", 4, "*ResourceMetricStatus", "omitempty", ""},
    {"containerResource", 7, "*ContainerResourceMetricStatus", "omitempty", ""},
    {"external", 5, "*ExternalMetricStatus", "omitempty", ""},
};

constexpr FieldFact kObjectMetricSourceFields[] = {
    {"target", 1, "CrossVersionObjectReference", "required", ""},
    {"metricName", 2, "string", "required", ""},
    {"targetValue", 3, "quantity", "required", ""},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"averageValue", 5, "*quantity", "omitempty", ""},
};

constexpr FieldFact kObjectMetricStatusFields[] = {
    {"target", 1, "CrossVersionObjectReference", "required", ""},
    {"metricName", 2, "string", "required", ""},
    {"currentValue", 3, "quantity", "required", ""},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"averageValue", 5, "*quantity", "omitempty", ""},
};

constexpr FieldFact kPodsMetricSourceFields[] = {
    {"metricName", 1, "string", "required", ""},
    {"targetAverageValue", 2, "quantity", "required", ""},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty", ""},
};

constexpr FieldFact kPodsMetricStatusFields[] = {
    {"metricName", 1, "string", "required", ""},
    {"currentAverageValue", 2, "quantity", "required", ""},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty", ""},
};

constexpr FieldFact kResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", ""},
    {"targetAverageUtilization", 2, "*int32", "omitempty", ""},
    {"targetAverageValue", 3, "*quantity", "omitempty", ""},
};

constexpr FieldFact kResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"currentAverageUtilization", 2, "*int32", "omitempty", ""},
    {"currentAverageValue", 3, "quantity", "required", ""},
};

constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ScaleSpec", "omitempty", ""},
    {"status", 3, "ScaleStatus", "omitempty", ""},
};

constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", ""},
};

constexpr FieldFact kScaleStatusFields[] = {
    {"replicas", 1, "int32", "required", ""},
    {"selector", 2, "string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"ContainerResourceMetricSource", "", "", kContainerResourceMetricSourceFields},
    {"ContainerResourceMetricStatus", "", "", kContainerResourceMetricStatusFields},
    {"CrossVersionObjectReference", "atomic", "", kCrossVersionObjectReferenceFields},
    {"ExternalMetricSource", "", "", kExternalMetricSourceFields},
    {"ExternalMetricStatus", "", "", kExternalMetricStatusFields},
    {"HorizontalPodAutoscaler", "kind", "", kHorizontalPodAutoscalerFields},
    {"HorizontalPodAutoscalerCondition", "", "", kHorizontalPodAutoscalerConditionFields},
    {"HorizontalPodAutoscalerList", "kind", "", kHorizontalPodAutoscalerListFields},
    {"HorizontalPodAutoscalerSpec", "", "", kHorizontalPodAutoscalerSpecFields},
    {"HorizontalPodAutoscalerStatus", "", "", kHorizontalPodAutoscalerStatusFields},
    {"MetricSpec", "", "", kMetricSpecFields},
    {"MetricStatus", "", "", kMetricStatusFields},
    {"ObjectMetricSource", "", "", kObjectMetricSourceFields},
    {"ObjectMetricStatus", "", "", kObjectMetricStatusFields},
    {"PodsMetricSource", "", "", kPodsMetricSourceFields},
    {"PodsMetricStatus", "", "", kPodsMetricStatusFields},
    {"ResourceMetricSource", "", "", kResourceMetricSourceFields},
    {"ResourceMetricStatus", "", "", kResourceMetricStatusFields},
    {"Scale", "kind", "", kScaleFields},
    {"ScaleSpec", "", "", kScaleSpecFields},
    {"ScaleStatus", "", "", kScaleStatusFields},
};

}  // namespace

std::span<const TypeFact> autoscaling_v1_types() {
  return kTypes;
}

}  // namespace cove::api
