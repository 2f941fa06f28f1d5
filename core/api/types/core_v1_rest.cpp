#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"target", 2, "ObjectReference", "required", ""},
};

constexpr FieldFact kComponentConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"message", 3, "string", "omitempty", ""},
    {"error", 4, "string", "omitempty", ""},
};

constexpr FieldFact kComponentStatusFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"conditions", 2, "[]ComponentCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kComponentStatusListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ComponentStatus", "required", ""},
};

constexpr FieldFact kConfigMapFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"immutable", 4, "*bool", "omitempty", ""},
    {"data", 2, "{}string", "omitempty", ""},
    {"binaryData", 3, "{}bytes", "omitempty", ""},
};

constexpr FieldFact kConfigMapListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ConfigMap", "required", ""},
};

constexpr FieldFact kEventFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "required", ""},
    {"involvedObject", 2, "ObjectReference", "required", ""},
    {"reason", 3, "string", "omitempty", ""},
    {"message", 4, "string", "omitempty", ""},
    {"source", 5, "EventSource", "omitempty", ""},
    {"firstTimestamp", 6, "time", "omitempty", ""},
    {"lastTimestamp", 7, "time", "omitempty", ""},
    {"count", 8, "int32", "omitempty", ""},
    {"type", 9, "string", "omitempty", ""},
    {"eventTime", 10, "microtime", "omitempty", ""},
    {"series", 11, "*EventSeries", "omitempty", ""},
    {"action", 12, "string", "omitempty", ""},
    {"related", 13, "*ObjectReference", "omitempty", ""},
    {"reportingComponent", 14, "string", "", ""},
    {"reportingInstance", 15, "string", "", ""},
};

constexpr FieldFact kEventListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Event", "required", ""},
};

constexpr FieldFact kEventSeriesFields[] = {
    {"count", 1, "int32", "omitempty", ""},
    {"lastObservedTime", 2, "microtime", "omitempty", ""},
};

constexpr FieldFact kEventSourceFields[] = {
    {"component", 1, "string", "omitempty", ""},
    {"host", 2, "string", "omitempty", ""},
};

constexpr FieldFact kLimitRangeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "LimitRangeSpec", "omitempty", ""},
};

constexpr FieldFact kLimitRangeItemFields[] = {
    {"type", 1, "string", "required", ""},
    {"max", 2, "{}quantity", "omitempty", ""},
    {"min", 3, "{}quantity", "omitempty", ""},
    {"default", 4, "{}quantity", "omitempty", ""},
    {"defaultRequest", 5, "{}quantity", "omitempty", ""},
    {"maxLimitRequestRatio", 6, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kLimitRangeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]LimitRange", "required", ""},
};

constexpr FieldFact kLimitRangeSpecFields[] = {
    {"limits", 1, "[]LimitRangeItem", "required list=atomic", ""},
};

constexpr FieldFact kNamespaceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "NamespaceSpec", "omitempty", ""},
    {"status", 3, "NamespaceStatus", "omitempty", ""},
};

constexpr FieldFact kNamespaceConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 4, "time", "omitempty", ""},
    {"reason", 5, "string", "omitempty", ""},
    {"message", 6, "string", "omitempty", ""},
};

constexpr FieldFact kNamespaceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Namespace", "required", ""},
};

constexpr FieldFact kNamespaceSpecFields[] = {
    {"finalizers", 1, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kNamespaceStatusFields[] = {
    {"phase", 1, "string", "omitempty enum=Active|Terminating", ""},
    {"conditions", 2, "[]NamespaceCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kPodAttachOptionsFields[] = {
    {"stdin", 1, "bool", "omitempty", ""},       {"stdout", 2, "bool", "omitempty", ""},
    {"stderr", 3, "bool", "omitempty", ""},      {"tty", 4, "bool", "omitempty", ""},
    {"container", 5, "string", "omitempty", ""},
};

constexpr FieldFact kPodExecOptionsFields[] = {
    {"stdin", 1, "bool", "omitempty", ""},
    {"stdout", 2, "bool", "omitempty", ""},
    {"stderr", 3, "bool", "omitempty", ""},
    {"tty", 4, "bool", "omitempty", ""},
    {"container", 5, "string", "omitempty", ""},
    {"command", 6, "[]string", "required list=atomic", ""},
};

constexpr FieldFact kPodLogOptionsFields[] = {
    {"container", 1, "string", "omitempty", ""},
    {"follow", 2, "bool", "omitempty", ""},
    {"previous", 3, "bool", "omitempty", ""},
    {"sinceSeconds", 4, "*int64", "omitempty", ""},
    {"sinceTime", 5, "*time", "omitempty", ""},
    {"timestamps", 6, "bool", "omitempty", ""},
    {"tailLines", 7, "*int64", "omitempty", ""},
    {"limitBytes", 8, "*int64", "omitempty", ""},
    {"insecureSkipTLSVerifyBackend", 9, "bool", "omitempty", ""},
    {"stream", 10, "*string", "omitempty", ""},
};

constexpr FieldFact kPodPortForwardOptionsFields[] = {
    {"ports", 1, "[]int32", "omitempty list=atomic", ""},
};

constexpr FieldFact kPodProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", ""},
};

constexpr FieldFact kPreconditionsFields[] = {
    {"uid", 1, "*string", "omitempty", ""},
};

constexpr FieldFact kRangeAllocationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"range", 2, "string", "required", ""},
    {"data", 3, "bytes", "required", ""},
};

constexpr FieldFact kResourceQuotaFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ResourceQuotaSpec", "omitempty", ""},
    {"status", 3, "ResourceQuotaStatus", "omitempty", ""},
};

constexpr FieldFact kResourceQuotaListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ResourceQuota", "required", ""},
};

constexpr FieldFact kResourceQuotaSpecFields[] = {
    {"hard", 1, "{}quantity", "omitempty", ""},
    {"scopes", 2, "[]string",
     "omitempty list=atomic "
     "enum=Terminating|NotTerminating|BestEffort|NotBestEffort|PriorityClass|"
     "CrossNamespacePodAffinity|VolumeAttributesClass",
     ""},
    {"scopeSelector", 3, "*ScopeSelector", "omitempty", ""},
};

constexpr FieldFact kResourceQuotaStatusFields[] = {
    {"hard", 1, "{}quantity", "omitempty", ""},
    {"used", 2, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kScopeSelectorFields[] = {
    {"matchExpressions", 1, "[]ScopedResourceSelectorRequirement", "omitempty list=atomic", ""},
};

constexpr FieldFact kScopedResourceSelectorRequirementFields[] = {
    {"scopeName", 1, "string",
     "required "
     "enum=Terminating|NotTerminating|BestEffort|NotBestEffort|PriorityClass|"
     "CrossNamespacePodAffinity|VolumeAttributesClass",
     ""},
    {"operator", 2, "string", "required enum=In|NotIn|Exists|DoesNotExist", ""},
    {"values", 3, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kSecretFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"immutable", 5, "*bool", "omitempty", ""},
    {"data", 2, "{}bytes", "omitempty", ""},
    {"stringData", 4, "{}string", "omitempty", ""},
    {"type", 3, "string", "omitempty", ""},
};

constexpr FieldFact kSecretListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Secret", "required", ""},
};

constexpr FieldFact kSerializedReferenceFields[] = {
    {"reference", 1, "ObjectReference", "omitempty", ""},
};

constexpr FieldFact kTopologySelectorLabelRequirementFields[] = {
    {"key", 1, "string", "required", ""},
    {"values", 2, "[]string", "required list=atomic", ""},
};

constexpr FieldFact kTopologySelectorTermFields[] = {
    {"matchLabelExpressions", 1, "[]TopologySelectorLabelRequirement", "omitempty list=atomic", ""},
};

constexpr TypeFact kTypes[] = {
    {"Binding", "kind", "", kBindingFields},
    {"ComponentCondition", "", "", kComponentConditionFields},
    {"ComponentStatus", "kind", "", kComponentStatusFields},
    {"ComponentStatusList", "kind", "", kComponentStatusListFields},
    {"ConfigMap", "kind", "", kConfigMapFields},
    {"ConfigMapList", "kind", "", kConfigMapListFields},
    {"Event", "kind", "", kEventFields},
    {"EventList", "kind", "", kEventListFields},
    {"EventSeries", "", "", kEventSeriesFields},
    {"EventSource", "", "", kEventSourceFields},
    {"LimitRange", "kind", "", kLimitRangeFields},
    {"LimitRangeItem", "", "", kLimitRangeItemFields},
    {"LimitRangeList", "kind", "", kLimitRangeListFields},
    {"LimitRangeSpec", "", "", kLimitRangeSpecFields},
    {"Namespace", "kind", "", kNamespaceFields},
    {"NamespaceCondition", "", "", kNamespaceConditionFields},
    {"NamespaceList", "kind", "", kNamespaceListFields},
    {"NamespaceSpec", "", "", kNamespaceSpecFields},
    {"NamespaceStatus", "", "", kNamespaceStatusFields},
    {"PodAttachOptions", "kind", "", kPodAttachOptionsFields},
    {"PodExecOptions", "kind", "", kPodExecOptionsFields},
    {"PodLogOptions", "kind", "", kPodLogOptionsFields},
    {"PodPortForwardOptions", "kind", "", kPodPortForwardOptionsFields},
    {"PodProxyOptions", "kind", "", kPodProxyOptionsFields},
    {"Preconditions", "", "", kPreconditionsFields},
    {"RangeAllocation", "kind", "", kRangeAllocationFields},
    {"ResourceQuota", "kind", "", kResourceQuotaFields},
    {"ResourceQuotaList", "kind", "", kResourceQuotaListFields},
    {"ResourceQuotaSpec", "", "", kResourceQuotaSpecFields},
    {"ResourceQuotaStatus", "", "", kResourceQuotaStatusFields},
    {"ScopeSelector", "atomic", "", kScopeSelectorFields},
    {"ScopedResourceSelectorRequirement", "", "", kScopedResourceSelectorRequirementFields},
    {"Secret", "kind", "", kSecretFields},
    {"SecretList", "kind", "", kSecretListFields},
    {"SerializedReference", "kind", "", kSerializedReferenceFields},
    {"TopologySelectorLabelRequirement", "", "", kTopologySelectorLabelRequirementFields},
    {"TopologySelectorTerm", "atomic", "", kTopologySelectorTermFields},
};

}  // namespace

std::span<const TypeFact> core_v1_rest_types() {
  return kTypes;
}

}  // namespace cove::api
