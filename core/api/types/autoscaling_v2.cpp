#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", ""},
    {"target", 2, "MetricTarget", "required", ""},
    {"container", 3, "string", "required", ""},
};

constexpr FieldFact kContainerResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"current", 2, "MetricValueStatus", "required", ""},
    {"container", 3, "string", "required", ""},
};

constexpr FieldFact kCrossVersionObjectReferenceFields[] = {
    {"kind", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
    {"apiVersion", 3, "string", "omitempty", ""},
};

constexpr FieldFact kExternalMetricSourceFields[] = {
    {"metric", 1, "MetricIdentifier", "required", ""},
    {"target", 2, "MetricTarget", "required", ""},
};

constexpr FieldFact kExternalMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", ""},
    {"current", 2, "MetricValueStatus", "required", ""},
};

constexpr FieldFact kHPAScalingPolicyFields[] = {
    {"type", 1, "string", "required", ""},
    {"value", 2, "int32", "required", ""},
    {"periodSeconds", 3, "int32", "required", ""},
};

constexpr FieldFact kHPAScalingRulesFields[] = {
    {"stabilizationWindowSeconds", 3, "*int32", "omitempty", ""},
    {"selectPolicy", 1, "*string", "omitempty", ""},
    {"policies", 2, "[]HPAScalingPolicy", "omitempty list=atomic", ""},
    {"tolerance", 4, "*quantity", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "HorizontalPodAutoscalerSpec", "omitempty required", ""},
    {"status", 3, "HorizontalPodAutoscalerStatus", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerBehaviorFields[] = {
    {"scaleUp", 1, "*HPAScalingRules", "omitempty", ""},
    {"scaleDown", 2, "*HPAScalingRules", "omitempty", ""},
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
    {"metrics", 4, "[]MetricSpec", "omitempty list=atomic", ""},
    {"behavior", 5, "*HorizontalPodAutoscalerBehavior", "omitempty", ""},
};

constexpr FieldFact kHorizontalPodAutoscalerStatusFields[] = {
    {"observedGeneration", 1, "*int64", "omitempty", ""},
    {"lastScaleTime", 2, "*time", "omitempty", ""},
    {"currentReplicas", 3, "int32", "omitempty", ""},
    {"desiredReplicas", 4, "int32", "required", ""},
    {"currentMetrics", 5, "[]MetricStatus", "list=atomic", ""},
    {"conditions", 6, "[]HorizontalPodAutoscalerCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kMetricIdentifierFields[] = {
    {"name", 1, "string", "required", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
};

constexpr FieldFact kMetricSpecFields[] = {
    {"type", 1, "string", "required", ""},
    {"object", 2, "*ObjectMetricSource", "omitempty", ""},
    {"pods", 3, "*PodsMetricSource", "omitempty", ""},
    {"resource", 4, "*ResourceMetricSource", "omitempty", ""},
    {"containerResource", 7, "*ContainerResourceMetricSource", "omitempty", ""},
    {"external", 5, "*ExternalMetricSource", "omitempty", ""},
};

constexpr FieldFact kMetricStatusFields[] = {
    {"type", 1, "string", "required", ""},
    {"object", 2, "*ObjectMetricStatus", "omitempty", ""},
    {"pods", 3, "*PodsMetricStatus", "omitempty", ""},
    {"resource", 4, "*ResourceMetricStatus", "omitempty", ""},
    {"containerResource", 7, "*ContainerResourceMetricStatus", "omitempty", ""},
    {"external", 5, "*ExternalMetricStatus", "omitempty", ""},
};

constexpr FieldFact kMetricTargetFields[] = {
    {"type", 1, "string", "required", ""},
    {"value", 2, "*quantity", "omitempty", ""},
    {"averageValue", 3, "*quantity", "omitempty", ""},
    {"averageUtilization", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kMetricValueStatusFields[] = {
    {"value", 1, "*quantity", "omitempty", ""},
    {"averageValue", 2, "*quantity", "omitempty", ""},
    {"averageUtilization", 3, "*int32", "omitempty", ""},
};

constexpr FieldFact kObjectMetricSourceFields[] = {
    {"describedObject", 1, "CrossVersionObjectReference", "required", ""},
    {"target", 2, "MetricTarget", "required", ""},
    {"metric", 3, "MetricIdentifier", "required", ""},
};

constexpr FieldFact kObjectMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", ""},
    {"current", 2, "MetricValueStatus", "required", ""},
    {"describedObject", 3, "CrossVersionObjectReference", "required", ""},
};

constexpr FieldFact kPodsMetricSourceFields[] = {
    {"metric", 1, "MetricIdentifier", "required", ""},
    {"target", 2, "MetricTarget", "required", ""},
};

constexpr FieldFact kPodsMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", ""},
    {"current", 2, "MetricValueStatus", "required", ""},
};

constexpr FieldFact kResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", ""},
    {"target", 2, "MetricTarget", "required", ""},
};

constexpr FieldFact kResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"current", 2, "MetricValueStatus", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"ContainerResourceMetricSource", "", "", kContainerResourceMetricSourceFields},
    {"ContainerResourceMetricStatus", "", "", kContainerResourceMetricStatusFields},
    {"CrossVersionObjectReference", "", "", kCrossVersionObjectReferenceFields},
    {"ExternalMetricSource", "", "", kExternalMetricSourceFields},
    {"ExternalMetricStatus", "", "", kExternalMetricStatusFields},
    {"HPAScalingPolicy", "", "", kHPAScalingPolicyFields},
    {"HPAScalingRules", "", "", kHPAScalingRulesFields},
    {"HorizontalPodAutoscaler", "kind", "", kHorizontalPodAutoscalerFields},
    {"HorizontalPodAutoscalerBehavior", "", "", kHorizontalPodAutoscalerBehaviorFields},
    {"HorizontalPodAutoscalerCondition", "", "", kHorizontalPodAutoscalerConditionFields},
    {"HorizontalPodAutoscalerList", "kind", "", kHorizontalPodAutoscalerListFields},
    {"HorizontalPodAutoscalerSpec", "", "", kHorizontalPodAutoscalerSpecFields},
    {"HorizontalPodAutoscalerStatus", "", "", kHorizontalPodAutoscalerStatusFields},
    {"MetricIdentifier", "", "", kMetricIdentifierFields},
    {"MetricSpec", "", "", kMetricSpecFields},
    {"MetricStatus", "", "", kMetricStatusFields},
    {"MetricTarget", "", "", kMetricTargetFields},
    {"MetricValueStatus", "", "", kMetricValueStatusFields},
    {"ObjectMetricSource", "", "", kObjectMetricSourceFields},
    {"ObjectMetricStatus", "", "", kObjectMetricStatusFields},
    {"PodsMetricSource", "", "", kPodsMetricSourceFields},
    {"PodsMetricStatus", "", "", kPodsMetricStatusFields},
    {"ResourceMetricSource", "", "", kResourceMetricSourceFields},
    {"ResourceMetricStatus", "", "", kResourceMetricStatusFields},
};

}  // namespace

std::span<const TypeFact> autoscaling_v2_types() {
  return kTypes;
}

}  // namespace cove::api
