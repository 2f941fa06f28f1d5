#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"target", 2, "ObjectReference", "required", "The node that the pod goes to."},
};

constexpr FieldFact kComponentConditionFields[] = {
    {"type", 1, "string", "required", "The kind of condition; the only one is Healthy."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"message", 3, "string", "omitempty", "What the component said about its health."},
    {"error", 4, "string", "omitempty", "The error code when it does not work."},
};

constexpr FieldFact kComponentStatusFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"conditions", 2, "[]ComponentCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kComponentStatusListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ComponentStatus", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kConfigMapFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"immutable", 4, "*bool", "omitempty",
     "When true, data cannot be changed any more, only deleted with the object."},
    {"data", 2, "{}string", "omitempty",
     "Settings as text. Keys consist of letters, digits, '-', '_' and '.'."},
    {"binaryData", 3, "{}bytes", "omitempty",
     "Settings that are not UTF-8, in base64. No key may stand in data as well."},
};

constexpr FieldFact kConfigMapListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ConfigMap", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kEventFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "required",
     "Name, namespace, labels and all else that every object has."},
    {"involvedObject", 2, "ObjectReference", "required", "The object that the event is about."},
    {"reason", 3, "string", "omitempty", "Why it happened, as one CamelCase word."},
    {"message", 4, "string", "omitempty", "What happened, for people."},
    {"source", 5, "EventSource", "omitempty", "Component that reported the event."},
    {"firstTimestamp", 6, "time", "omitempty", "When it was first seen."},
    {"lastTimestamp", 7, "time", "omitempty", "When it was last seen."},
    {"count", 8, "int32", "omitempty", "How many times it was seen."},
    {"type", 9, "string", "omitempty", "Normal or Warning."},
    {"eventTime", 10, "microtime", "omitempty", "When it was first seen, to the microsecond."},
    {"series", 11, "*EventSeries", "omitempty",
     "Data of a repeated event; absent for a single one."},
    {"action", 12, "string", "omitempty", "What was done or failed about the object."},
    {"related", 13, "*ObjectReference", "omitempty",
     "A second object that has to do with the event."},
    {"reportingComponent", 14, "string", "",
     "Controller that reported the event, such as kubernetes.io/kubelet."},
    {"reportingInstance", 15, "string", "",
     "Instance of that controller, such as its pod's or node's name."},
};

constexpr FieldFact kEventListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Event", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kEventSeriesFields[] = {
    {"count", 1, "int32", "omitempty", "How many there have been in this run."},
    {"lastObservedTime", 2, "microtime", "omitempty", "When the last one was seen."},
};

constexpr FieldFact kEventSourceFields[] = {
    {"component", 1, "string", "omitempty", "Component that reported it."},
    {"host", 2, "string", "omitempty", "Node that the component runs on."},
};

constexpr FieldFact kLimitRangeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "LimitRangeSpec", "omitempty", "What is wanted of the LimitRange."},
};

constexpr FieldFact kLimitRangeItemFields[] = {
    {"type", 1, "string", "required", "What is limited: Pod, Container or PersistentVolumeClaim."},
    {"max", 2, "{}quantity", "omitempty", "Most of each resource that one object may use."},
    {"min", 3, "{}quantity", "omitempty", "Least of each resource that one object must ask for."},
    {"default", 4, "{}quantity", "omitempty", "Limit of a container that names none."},
    {"defaultRequest", 5, "{}quantity", "omitempty", "Request of a container that names none."},
    {"maxLimitRequestRatio", 6, "{}quantity", "omitempty",
     "How many times larger than the request a limit may be."},
};

constexpr FieldFact kLimitRangeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]LimitRange", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kLimitRangeSpecFields[] = {
    {"limits", 1, "[]LimitRangeItem", "required list=atomic",
     "The limits, one entry per type of object."},
};

constexpr FieldFact kNamespaceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "NamespaceSpec", "omitempty", "What is wanted of the Namespace."},
    {"status", 3, "NamespaceStatus", "omitempty",
     "What the system last saw of the Namespace. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kNamespaceConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 4, "time", "omitempty", "When the status last changed."},
    {"reason", 5, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 6, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kNamespaceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Namespace", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kNamespaceSpecFields[] = {
    {"finalizers", 1, "[]string", "omitempty list=atomic",
     "Who must finish before the namespace disappears; \"kubernetes\" stands for the removal of "
     "its objects."},
};

constexpr FieldFact kNamespaceStatusFields[] = {
    {"phase", 1, "string", "omitempty enum=Active|Terminating default=\"Active\"",
     "Active, or Terminating while its objects are being removed."},
    {"conditions", 2, "[]NamespaceCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kPodAttachOptionsFields[] = {
    {"stdin", 1, "bool", "omitempty", "Whether to send standard input to the container."},
    {"stdout", 2, "bool", "omitempty", "Whether to receive standard output. Default: true."},
    {"stderr", 3, "bool", "omitempty", "Whether to receive standard error. Default: true."},
    {"tty", 4, "bool", "omitempty", "Whether the container's terminal is used."},
    {"container", 5, "string", "omitempty",
     "Name of the container. May be left out when there is one only."},
};

constexpr FieldFact kPodExecOptionsFields[] = {
    {"stdin", 1, "bool", "omitempty", "Whether to send standard input to the command."},
    {"stdout", 2, "bool", "omitempty", "Whether to receive standard output."},
    {"stderr", 3, "bool", "omitempty", "Whether to receive standard error."},
    {"tty", 4, "bool", "omitempty", "Whether the command gets a terminal."},
    {"container", 5, "string", "omitempty",
     "Name of the container. May be left out when there is one only."},
    {"command", 6, "[]string", "required list=atomic",
     "The command and its arguments. No shell is involved."},
};

constexpr FieldFact kPodLogOptionsFields[] = {
    {"container", 1, "string", "omitempty",
     "Name of the container. May be left out when there is one only."},
    {"follow", 2, "bool", "omitempty", "Whether to go on with new lines as they come."},
    {"previous", 3, "bool", "omitempty",
     "Whether to read the log of the container that ran before the last restart."},
    {"sinceSeconds", 4, "*int64", "omitempty", "Only lines younger than this many seconds."},
    {"sinceTime", 5, "*time", "omitempty", "Only lines from this time on."},
    {"timestamps", 6, "bool", "omitempty", "Whether each line starts with its time."},
    {"tailLines", 7, "*int64", "omitempty",
     "How many lines from the end of the log. Default: all."},
    {"limitBytes", 8, "*int64", "omitempty", "Most bytes to send; the last line may be cut."},
    {"insecureSkipTLSVerifyBackend", 9, "bool", "omitempty",
     "Whether to trust the node without checking its certificate."},
    {"stream", 10, "*string", "omitempty", "All, Stdout or Stderr. Default: All."},
};

constexpr FieldFact kPodPortForwardOptionsFields[] = {
    {"ports", 1, "[]int32", "omitempty list=atomic",
     "Ports of the pod; needed for WebSocket connections."},
};

constexpr FieldFact kPodProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", "Rest of the URL, which is sent to the pod."},
};

constexpr FieldFact kPreconditionsFields[] = {
    {"uid", 1, "*string", "omitempty", "UID that the object must have."},
};

constexpr FieldFact kRangeAllocationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"range", 2, "string", "required", "The range, as CIDR or as first-last."},
    {"data", 3, "bytes", "required", "Bits for the numbers that are taken."},
};

constexpr FieldFact kResourceQuotaFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ResourceQuotaSpec", "omitempty", "What is wanted of the ResourceQuota."},
    {"status", 3, "ResourceQuotaStatus", "omitempty",
     "What the system last saw of the ResourceQuota. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kResourceQuotaListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ResourceQuota", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kResourceQuotaSpecFields[] = {
    {"hard", 1, "{}quantity", "omitempty",
     "Most of each resource that the namespace may use, such as requests.cpu or count/pods."},
    {"scopes", 2, "[]string",
     "omitempty list=atomic "
     "enum=Terminating|NotTerminating|BestEffort|NotBestEffort|PriorityClass|"
     "CrossNamespacePodAffinity|VolumeAttributesClass",
     "Which objects count, such as BestEffort; all of them must match. Empty: all objects."},
    {"scopeSelector", 3, "*ScopeSelector", "omitempty",
     "Which objects count, by scope and values, such as PriorityClass."},
};

constexpr FieldFact kResourceQuotaStatusFields[] = {
    {"hard", 1, "{}quantity", "omitempty", "The limits that are in force."},
    {"used", 2, "{}quantity", "omitempty", "What the namespace uses now."},
};

constexpr FieldFact kScopeSelectorFields[] = {
    {"matchExpressions", 1, "[]ScopedResourceSelectorRequirement", "omitempty list=atomic",
     "Conditions that all must match."},
};

constexpr FieldFact kScopedResourceSelectorRequirementFields[] = {
    {"scopeName", 1, "string",
     "required "
     "enum=Terminating|NotTerminating|BestEffort|NotBestEffort|PriorityClass|"
     "CrossNamespacePodAffinity|VolumeAttributesClass",
     "The scope, such as PriorityClass or Terminating."},
    {"operator", 2, "string", "required enum=In|NotIn|Exists|DoesNotExist",
     "In, NotIn, Exists or DoesNotExist."},
    {"values", 3, "[]string", "omitempty list=atomic", "Values for In and NotIn; otherwise empty."},
};

constexpr FieldFact kSecretFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"immutable", 5, "*bool", "omitempty",
     "When true, data cannot be changed any more, only deleted with the object."},
    {"data", 2, "{}bytes", "omitempty",
     "The secret values in base64. Keys consist of letters, digits, '-', '_' and '.'."},
    {"stringData", 4, "{}string", "omitempty",
     "Values as plain text, for writing only: they are added to data and never shown."},
    {"type", 3, "string", "omitempty default=\"Opaque\"",
     "What the data are for, such as kubernetes.io/tls. Default: Opaque. Cannot be changed."},
};

constexpr FieldFact kSecretListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Secret", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kSerializedReferenceFields[] = {
    {"reference", 1, "ObjectReference", "omitempty", "The object."},
};

constexpr FieldFact kTopologySelectorLabelRequirementFields[] = {
    {"key", 1, "string", "required", "Key of the label."},
    {"values", 2, "[]string", "required list=atomic", "Values; one must match."},
};

constexpr FieldFact kTopologySelectorTermFields[] = {
    {"matchLabelExpressions", 1, "[]TopologySelectorLabelRequirement", "omitempty list=atomic",
     "Conditions on labels; all must match."},
};

constexpr TypeFact kTypes[] = {
    {"Binding", "kind",
     "Puts a pod on a node. Posted to the pod's binding subresource by a scheduler.",
     kBindingFields},
    {"ComponentCondition", "", "How well one component works.", kComponentConditionFields},
    {"ComponentStatus", "kind",
     "The health of a control plane component. Deprecated; read the server's health endpoints "
     "instead.",
     kComponentStatusFields},
    {"ComponentStatusList", "kind", "A list of ComponentStatus objects.",
     kComponentStatusListFields},
    {"ConfigMap", "kind", "Settings that pods read as environment variables or files.",
     kConfigMapFields},
    {"ConfigMapList", "kind", "A list of ConfigMap objects.", kConfigMapListFields},
    {"Event", "kind", "Something that happened to an object. Kept for an hour.", kEventFields},
    {"EventList", "kind", "A list of Event objects.", kEventListFields},
    {"EventSeries", "", "A run of events that are alike.", kEventSeriesFields},
    {"EventSource", "", "Where an event comes from.", kEventSourceFields},
    {"LimitRange", "kind",
     "Limits and defaults for the resources of single objects in a namespace.", kLimitRangeFields},
    {"LimitRangeItem", "", "Limits for one type of object.", kLimitRangeItemFields},
    {"LimitRangeList", "kind", "A list of LimitRange objects.", kLimitRangeListFields},
    {"LimitRangeSpec", "", "What a LimitRange demands.", kLimitRangeSpecFields},
    {"Namespace", "kind", "A named room for objects. Names need to be unique within it only.",
     kNamespaceFields},
    {"NamespaceCondition", "", "One aspect of a namespace's state, mostly of its deletion.",
     kNamespaceConditionFields},
    {"NamespaceList", "kind", "A list of Namespace objects.", kNamespaceListFields},
    {"NamespaceSpec", "", "What is wanted of a namespace.", kNamespaceSpecFields},
    {"NamespaceStatus", "", "State of a namespace.", kNamespaceStatusFields},
    {"PodAttachOptions", "kind", "Query parameters of attach requests to a pod.",
     kPodAttachOptionsFields},
    {"PodExecOptions", "kind", "Query parameters of exec requests to a pod.",
     kPodExecOptionsFields},
    {"PodLogOptions", "kind", "Query parameters of log requests to a pod.", kPodLogOptionsFields},
    {"PodPortForwardOptions", "kind", "Query parameters of port-forward requests to a pod.",
     kPodPortForwardOptionsFields},
    {"PodProxyOptions", "kind", "Query parameters of proxy requests to a pod.",
     kPodProxyOptionsFields},
    {"Preconditions", "", "What must hold before an object is changed or deleted.",
     kPreconditionsFields},
    {"RangeAllocation", "kind", "Numbers that are taken out of a range. Not served.",
     kRangeAllocationFields},
    {"ResourceQuota", "kind", "Limits for all objects of a namespace together.",
     kResourceQuotaFields},
    {"ResourceQuotaList", "kind", "A list of ResourceQuota objects.", kResourceQuotaListFields},
    {"ResourceQuotaSpec", "", "What a ResourceQuota demands.", kResourceQuotaSpecFields},
    {"ResourceQuotaStatus", "", "Limits and what is used of them.", kResourceQuotaStatusFields},
    {"ScopeSelector", "atomic", "A choice of objects for a quota.", kScopeSelectorFields},
    {"ScopedResourceSelectorRequirement", "", "One condition on the objects that a quota counts.",
     kScopedResourceSelectorRequirementFields},
    {"Secret", "kind", "Passwords, keys and tokens for pods, at most 1 MiB in all.", kSecretFields},
    {"SecretList", "kind", "A list of Secret objects.", kSecretListFields},
    {"SerializedReference", "kind", "A reference to an object as a document of its own.",
     kSerializedReferenceFields},
    {"TopologySelectorLabelRequirement", "", "Values that a node's label may have.",
     kTopologySelectorLabelRequirementFields},
    {"TopologySelectorTerm", "atomic", "A choice of places by the labels of nodes.",
     kTopologySelectorTermFields},
};

}  // namespace

std::span<const TypeFact> core_v1_rest_types() {
  return kTypes;
}

}  // namespace cove::api
