#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kContainerResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"targetAverageUtilization", 2, "*int32", "omitempty",
     "Wanted average use as a percentage of the request."},
    {"targetAverageValue", 3, "*quantity", "omitempty", "Wanted average use as a quantity."},
    {"container", 5, "string", "required", "Name of the container."},
};

constexpr FieldFact kContainerResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"currentAverageUtilization", 2, "*int32", "omitempty",
     "Average use as a percentage of the request."},
    {"currentAverageValue", 3, "quantity", "required", "Average use as a quantity."},
    {"container", 4, "string", "required", "Name of the container."},
};

constexpr FieldFact kCrossVersionObjectReferenceFields[] = {
    {"kind", 1, "string", "required", "Kind of the object."},
    {"name", 2, "string", "required", "Name of the object."},
    {"apiVersion", 3, "string", "omitempty", "Group and version of the object."},
};

constexpr FieldFact kExternalMetricSourceFields[] = {
    {"metricName", 1, "string", "required", "Name of the metric."},
    {"metricSelector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Which series of the metric count."},
    {"targetValue", 3, "*quantity", "omitempty", "Wanted value."},
    {"targetAverageValue", 4, "*quantity", "omitempty", "Wanted value per pod."},
};

constexpr FieldFact kExternalMetricStatusFields[] = {
    {"metricName", 1, "string", "required", "Name of the metric."},
    {"metricSelector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Which series of the metric count."},
    {"currentValue", 3, "quantity", "required", "The value."},
    {"currentAverageValue", 4, "*quantity", "omitempty", "The value per pod."},
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
    {"targetCPUUtilizationPercentage", 4, "*int32", "omitempty",
     "Wanted average CPU use as a percentage of the request. Default: 80."},
};

constexpr FieldFact kHorizontalPodAutoscalerStatusFields[] = {
    {"observedGeneration", 1, "*int64", "omitempty",
     "The metadata.generation that this status was made from."},
    {"lastScaleTime", 2, "*time", "omitempty", "When it last changed the number of pods."},
    {"currentReplicas", 3, "int32", "required", "How many pods there are."},
    {"desiredReplicas", 4, "int32", "required", "How many pods it wants."},
    {"currentCPUUtilizationPercentage", 5, "*int32", "omitempty",
     "Average CPU use as a percentage of the request."},
};

constexpr FieldFact kMetricSpecFields[] = {
    {"type", 1, "string", "required enum=Object|Pods|Resource|ContainerResource|External",
     "Object, Pods, Resource, ContainerResource or External."},
    {"object", 2, "*ObjectMetricSource", "omitempty", "A metric of one object."},
    {"pods", 3, "*PodsMetricSource", "omitempty", "A metric of each pod."},
    {"resource", 4, "*ResourceMetricSource", "omitempty", "A resource of the pods."},
    {"containerResource", 7, "*ContainerResourceMetricSource", "omitempty",
     "A resource of one container of the pods."},
    {"external", 5, "*ExternalMetricSource", "omitempty", "A metric from outside the cluster."},
};

constexpr FieldFact kMetricStatusFields[] = {
    {"type", 1, "string", "required enum=Object|Pods|Resource|ContainerResource|External",
     "Object, Pods, Resource, ContainerResource or External."},
    {"object", 2, "*ObjectMetricStatus", "omitempty", "A metric of one object."},
    {"pods", 3, "*PodsMetricStatus", "omitempty", "A metric of each pod."},
    {"resource", 4, "*ResourceMetricStatus", "omitempty", "A resource of the pods."},
    {"containerResource", 7, "*ContainerResourceMetricStatus", "omitempty",
     "A resource of one container of the pods."},
    {"external", 5, "*ExternalMetricStatus", "omitempty", "A metric from outside the cluster."},
};

constexpr FieldFact kObjectMetricSourceFields[] = {
    {"target", 1, "CrossVersionObjectReference", "required", "The object."},
    {"metricName", 2, "string", "required", "Name of the metric."},
    {"targetValue", 3, "quantity", "required", "Wanted value."},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", "Which series of the metric count."},
    {"averageValue", 5, "*quantity", "omitempty", "Wanted value per pod."},
};

constexpr FieldFact kObjectMetricStatusFields[] = {
    {"target", 1, "CrossVersionObjectReference", "required", "The object."},
    {"metricName", 2, "string", "required", "Name of the metric."},
    {"currentValue", 3, "quantity", "required", "The value."},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", "Which series of the metric count."},
    {"averageValue", 5, "*quantity", "omitempty", "The value per pod."},
};

constexpr FieldFact kPodsMetricSourceFields[] = {
    {"metricName", 1, "string", "required", "Name of the metric."},
    {"targetAverageValue", 2, "quantity", "required", "Wanted average over the pods."},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty", "Which series of the metric count."},
};

constexpr FieldFact kPodsMetricStatusFields[] = {
    {"metricName", 1, "string", "required", "Name of the metric."},
    {"currentAverageValue", 2, "quantity", "required", "Average over the pods."},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty", "Which series of the metric count."},
};

constexpr FieldFact kResourceMetricSourceFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"targetAverageUtilization", 2, "*int32", "omitempty",
     "Wanted average use as a percentage of the request."},
    {"targetAverageValue", 3, "*quantity", "omitempty", "Wanted average use as a quantity."},
};

constexpr FieldFact kResourceMetricStatusFields[] = {
    {"name", 1, "string", "required", "Name of the resource, such as cpu."},
    {"currentAverageUtilization", 2, "*int32", "omitempty",
     "Average use as a percentage of the request."},
    {"currentAverageValue", 3, "quantity", "required", "Average use as a quantity."},
};

constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ScaleSpec", "omitempty", "What is wanted of the Scale."},
    {"status", 3, "ScaleStatus", "omitempty",
     "What the system last saw of the Scale. Clients do not write it through the main resource."},
};

constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", "Wanted number of pods."},
};

constexpr FieldFact kScaleStatusFields[] = {
    {"replicas", 1, "int32", "required", "Number of pods there are."},
    {"selector", 2, "string", "omitempty", "Label selector of the pods, as text."},
};

constexpr TypeFact kTypes[] = {
    {"ContainerResourceMetricSource", "", "Scales on a resource of one container of the pods.",
     kContainerResourceMetricSourceFields},
    {"ContainerResourceMetricStatus", "", "Last value of a container's resource.",
     kContainerResourceMetricStatusFields},
    {"CrossVersionObjectReference", "atomic", "Names an object in the same namespace.",
     kCrossVersionObjectReferenceFields},
    {"ExternalMetricSource", "", "Scales on a metric from outside the cluster.",
     kExternalMetricSourceFields},
    {"ExternalMetricStatus", "", "Last value of a metric from outside.",
     kExternalMetricStatusFields},
    {"HorizontalPodAutoscaler", "kind", "Changes the number of pods with their load.",
     kHorizontalPodAutoscalerFields},
    {"HorizontalPodAutoscalerCondition", "", "One aspect of an autoscaler's state.",
     kHorizontalPodAutoscalerConditionFields},
    {"HorizontalPodAutoscalerList", "kind", "A list of HorizontalPodAutoscaler objects.",
     kHorizontalPodAutoscalerListFields},
    {"HorizontalPodAutoscalerSpec", "", "What is wanted of an autoscaler.",
     kHorizontalPodAutoscalerSpecFields},
    {"HorizontalPodAutoscalerStatus", "", "State of an autoscaler.",
     kHorizontalPodAutoscalerStatusFields},
    {"MetricSpec", "", "A metric to scale on; the member that type names is set.",
     kMetricSpecFields},
    {"MetricStatus", "", "Last value of a metric; the member that type names is set.",
     kMetricStatusFields},
    {"ObjectMetricSource", "", "Scales on a metric of one object.", kObjectMetricSourceFields},
    {"ObjectMetricStatus", "", "Last value of an object's metric.", kObjectMetricStatusFields},
    {"PodsMetricSource", "", "Scales on a metric of each pod.", kPodsMetricSourceFields},
    {"PodsMetricStatus", "", "Last value of the pods' metric.", kPodsMetricStatusFields},
    {"ResourceMetricSource", "", "Scales on a resource of the pods.", kResourceMetricSourceFields},
    {"ResourceMetricStatus", "", "Last value of a resource.", kResourceMetricStatusFields},
    {"Scale", "kind", "The number of pods of an object, as its scale subresource.", kScaleFields},
    {"ScaleSpec", "", "How many pods are wanted.", kScaleSpecFields},
    {"ScaleStatus", "", "How many pods there are.", kScaleStatusFields},
};

}  // namespace

std::span<const TypeFact> autoscaling_v1_types() {
  return kTypes;
}

}  // namespace cove::api
