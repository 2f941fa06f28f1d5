#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"target", 2, "MetricTarget", "required", "The wanted value."},
    {"container", 3, "string", "required", "Name of the container."},
};

constexpr FieldFact kContainerResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"current", 2, "MetricValueStatus", "required", "The value."},
    {"container", 3, "string", "required", "Name of the container."},
};

constexpr FieldFact kCrossVersionObjectReferenceFields[] = {
    {"kind", 1, "string", "required", "Kind of the object."},
    {"name", 2, "string", "required", "Name of the object."},
    {"apiVersion", 3, "string", "omitempty", "Group and version of the object."},
};

constexpr FieldFact kExternalMetricSourceFields[] = {
    {"metric", 1, "MetricIdentifier", "required", "The metric."},
    {"target", 2, "MetricTarget", "required", "The wanted value."},
};

constexpr FieldFact kExternalMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", "The metric."},
    {"current", 2, "MetricValueStatus", "required", "The value."},
};

constexpr FieldFact kHPAScalingPolicyFields[] = {
    {"type", 1, "string", "required", "Pods or Percent."},
    {"value", 2, "int32", "required",
     "Most pods, or percent of them, to add or remove; more than 0."},
    {"periodSeconds", 3, "int32", "required", "The time in seconds, 1 to 1800."},
};

constexpr FieldFact kHPAScalingRulesFields[] = {
    {"stabilizationWindowSeconds", 3, "*int32", "omitempty",
     "Past seconds whose recommendations count, 0 to 3600. Default: 0 up, 300 down."},
    {"selectPolicy", 1, "*string", "omitempty",
     "Which policy counts: Max, Min or Disabled. Default: Max."},
    {"policies", 2, "[]HPAScalingPolicy", "omitempty list=atomic",
     "How far the number may change; at least one."},
    {"tolerance", 4, "*quantity", "omitempty",
     "Deviation from the wanted value, as a fraction, at which nothing is done yet. Default: 0.1."},
};

constexpr FieldFact kHorizontalPodAutoscalerFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "HorizontalPodAutoscalerSpec", "omitempty required",
     "What is wanted of the HorizontalPodAutoscaler."},
    {"status", 3, "HorizontalPodAutoscalerStatus", "omitempty",
     "What the system last saw of the HorizontalPodAutoscaler. Clients do not write it through the "
     "main resource."},
};

constexpr FieldFact kHorizontalPodAutoscalerBehaviorFields[] = {
    {"scaleUp", 1, "*HPAScalingRules", "omitempty",
     "Rules for adding pods. Default: at most 4 pods or 100 % per 15 seconds, whichever is more."},
    {"scaleDown", 2, "*HPAScalingRules", "omitempty",
     "Rules for removing pods. Default: down to the minimum, by the last 300 seconds."},
};

constexpr FieldFact kHorizontalPodAutoscalerConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 5, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kHorizontalPodAutoscalerListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]HorizontalPodAutoscaler", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kHorizontalPodAutoscalerSpecFields[] = {
    {"scaleTargetRef", 1, "CrossVersionObjectReference", "required",
     "The object to scale, such as a Deployment."},
    {"minReplicas", 2, "*int32", "omitempty default=1", "Fewest pods. Default: 1."},
    {"maxReplicas", 3, "int32", "required", "Most pods; not less than minReplicas."},
    {"metrics", 4, "[]MetricSpec", "omitempty list=atomic",
     "What to scale on; the metric that wants most pods wins. Default: 80 % CPU."},
    {"behavior", 5, "*HorizontalPodAutoscalerBehavior", "omitempty",
     "How fast the number of pods changes."},
};

constexpr FieldFact kHorizontalPodAutoscalerStatusFields[] = {
    {"observedGeneration", 1, "*int64", "omitempty",
     "The metadata.generation that this status was made from."},
    {"lastScaleTime", 2, "*time", "omitempty", "When it last changed the number of pods."},
    {"currentReplicas", 3, "int32", "omitempty", "How many pods there are."},
    {"desiredReplicas", 4, "int32", "required", "How many pods it wants."},
    {"currentMetrics", 5, "[]MetricStatus", "list=atomic", "Last values of the metrics."},
    {"conditions", 6, "[]HorizontalPodAutoscalerCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kMetricIdentifierFields[] = {
    {"name", 1, "string", "required", "Name of the metric."},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", "Which series of the metric count."},
};

constexpr FieldFact kMetricSpecFields[] = {
    {"type", 1, "string", "required", "Object, Pods, Resource, ContainerResource or External."},
    {"object", 2, "*ObjectMetricSource", "omitempty", "A metric of one object."},
    {"pods", 3, "*PodsMetricSource", "omitempty", "A metric of each pod."},
    {"resource", 4, "*ResourceMetricSource", "omitempty", "A resource of the pods."},
    {"containerResource", 7, "*ContainerResourceMetricSource", "omitempty",
     "A resource of one container of the pods."},
    {"external", 5, "*ExternalMetricSource", "omitempty", "A metric from outside the cluster."},
};

constexpr FieldFact kMetricStatusFields[] = {
    {"type", 1, "string", "required", "Object, Pods, Resource, ContainerResource or External."},
    {"object", 2, "*ObjectMetricStatus", "omitempty", "A metric of one object."},
    {"pods", 3, "*PodsMetricStatus", "omitempty", "A metric of each pod."},
    {"resource", 4, "*ResourceMetricStatus", "omitempty", "A resource of the pods."},
    {"containerResource", 7, "*ContainerResourceMetricStatus", "omitempty",
     "A resource of one container of the pods."},
    {"external", 5, "*ExternalMetricStatus", "omitempty", "A metric from outside the cluster."},
};

constexpr FieldFact kMetricTargetFields[] = {
    {"type", 1, "string", "required", "Utilization, Value or AverageValue."},
    {"value", 2, "*quantity", "omitempty", "Wanted value."},
    {"averageValue", 3, "*quantity", "omitempty", "Wanted value per pod."},
    {"averageUtilization", 4, "*int32", "omitempty",
     "Wanted average use as a percentage of the request; for resources only."},
};

constexpr FieldFact kMetricValueStatusFields[] = {
    {"value", 1, "*quantity", "omitempty", "The value."},
    {"averageValue", 2, "*quantity", "omitempty", "The value per pod."},
    {"averageUtilization", 3, "*int32", "omitempty", "Average use as a percentage of the request."},
};

constexpr FieldFact kObjectMetricSourceFields[] = {
    {"describedObject", 1, "CrossVersionObjectReference", "required", "The object."},
    {"target", 2, "MetricTarget", "required", "The wanted value."},
    {"metric", 3, "MetricIdentifier", "required", "The metric."},
};

constexpr FieldFact kObjectMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", "The metric."},
    {"current", 2, "MetricValueStatus", "required", "The value."},
    {"describedObject", 3, "CrossVersionObjectReference", "required", "The object."},
};

constexpr FieldFact kPodsMetricSourceFields[] = {
    {"metric", 1, "MetricIdentifier", "required", "The metric."},
    {"target", 2, "MetricTarget", "required", "The wanted value."},
};

constexpr FieldFact kPodsMetricStatusFields[] = {
    {"metric", 1, "MetricIdentifier", "required", "The metric."},
    {"current", 2, "MetricValueStatus", "required", "The value."},
};

constexpr FieldFact kResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"target", 2, "MetricTarget", "required", "The wanted value."},
};

constexpr FieldFact kResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"current", 2, "MetricValueStatus", "required", "The value."},
};

constexpr TypeFact kTypes[] = {
    {"ContainerResourceMetricSource", "", "Scales on a resource of one container of the pods.",
     kContainerResourceMetricSourceFields},
    {"ContainerResourceMetricStatus", "", "Last value of a container's resource.",
     kContainerResourceMetricStatusFields},
    {"CrossVersionObjectReference", "", "Names an object in the same namespace.",
     kCrossVersionObjectReferenceFields},
    {"ExternalMetricSource", "", "Scales on a metric from outside the cluster.",
     kExternalMetricSourceFields},
    {"ExternalMetricStatus", "", "Last value of a metric from outside.",
     kExternalMetricStatusFields},
    {"HPAScalingPolicy", "", "How far the number of pods may change within a time.",
     kHPAScalingPolicyFields},
    {"HPAScalingRules", "", "How the number of pods changes in one direction.",
     kHPAScalingRulesFields},
    {"HorizontalPodAutoscaler", "kind", "Changes the number of pods with their load.",
     kHorizontalPodAutoscalerFields},
    {"HorizontalPodAutoscalerBehavior", "", "How fast the number of pods changes.",
     kHorizontalPodAutoscalerBehaviorFields},
    {"HorizontalPodAutoscalerCondition", "",
     "One aspect of an autoscaler's state, such as ScalingActive.",
     kHorizontalPodAutoscalerConditionFields},
    {"HorizontalPodAutoscalerList", "kind", "A list of HorizontalPodAutoscaler objects.",
     kHorizontalPodAutoscalerListFields},
    {"HorizontalPodAutoscalerSpec", "", "What is wanted of an autoscaler.",
     kHorizontalPodAutoscalerSpecFields},
    {"HorizontalPodAutoscalerStatus", "", "State of an autoscaler.",
     kHorizontalPodAutoscalerStatusFields},
    {"MetricIdentifier", "", "Names a metric.", kMetricIdentifierFields},
    {"MetricSpec", "", "A metric to scale on; the member that type names is set.",
     kMetricSpecFields},
    {"MetricStatus", "", "Last value of a metric; the member that type names is set.",
     kMetricStatusFields},
    {"MetricTarget", "", "The wanted value of a metric.", kMetricTargetFields},
    {"MetricValueStatus", "", "Last value of a metric.", kMetricValueStatusFields},
    {"ObjectMetricSource", "", "Scales on a metric of one object.", kObjectMetricSourceFields},
    {"ObjectMetricStatus", "", "Last value of an object's metric.", kObjectMetricStatusFields},
    {"PodsMetricSource", "", "Scales on a metric of each pod.", kPodsMetricSourceFields},
    {"PodsMetricStatus", "", "Last value of the pods' metric.", kPodsMetricStatusFields},
    {"ResourceMetricSource", "", "Scales on a resource of the pods.", kResourceMetricSourceFields},
    {"ResourceMetricStatus", "", "Last value of a resource.", kResourceMetricStatusFields},
};

}  // namespace

std::span<const TypeFact> autoscaling_v2_types() {
  return kTypes;
}

}  // namespace cove::api
