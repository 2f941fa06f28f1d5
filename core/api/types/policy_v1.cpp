#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEvictionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"deleteOptions", 2, "*meta/v1.DeleteOptions", "omitempty", "How to delete the pod."},
};

constexpr FieldFact kPodDisruptionBudgetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "PodDisruptionBudgetSpec", "omitempty",
     "What is wanted of the PodDisruptionBudget."},
    {"status", 3, "PodDisruptionBudgetStatus", "omitempty",
     "What the system last saw of the PodDisruptionBudget. Clients do not write it through the "
     "main resource."},
};

constexpr FieldFact kPodDisruptionBudgetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]PodDisruptionBudget", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kPodDisruptionBudgetSpecFields[] = {
    {"minAvailable", 1, "*intstr", "omitempty",
     "How many pods must stay up, as a number or percentage. Not together with maxUnavailable."},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty patch=replace",
     "Labels of the pods. An empty selector means all pods of the namespace, none at all no pods."},
    {"maxUnavailable", 3, "*intstr", "omitempty",
     "How many pods may be down, as a number or percentage. Not together with minAvailable."},
    {"unhealthyPodEvictionPolicy", 4, "*string", "omitempty enum=IfHealthyBudget|AlwaysAllow",
     "AlwaysAllow lets pods that are not ready be evicted regardless. Default: IfHealthyBudget."},
};

constexpr FieldFact kPodDisruptionBudgetStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty",
     "The metadata.generation that this status was made from."},
    {"disruptedPods", 2, "{}time", "omitempty",
     "Pods whose eviction was granted and is not seen yet, with the time of it."},
    {"disruptionsAllowed", 3, "int32", "", "How many more pods may be evicted now."},
    {"currentHealthy", 4, "int32", "", "How many pods are healthy."},
    {"desiredHealthy", 5, "int32", "", "How many pods must be healthy."},
    {"expectedPods", 6, "int32", "", "How many pods the budget counts."},
    {"conditions", 7, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr TypeFact kTypes[] = {
    {"Eviction", "kind",
     "Asks a pod to leave, unless a disruption budget is against it. Posted to the pod's eviction "
     "subresource.",
     kEvictionFields},
    {"PodDisruptionBudget", "kind",
     "How many pods of an application may be down at once by evictions.",
     kPodDisruptionBudgetFields},
    {"PodDisruptionBudgetList", "kind", "A list of PodDisruptionBudget objects.",
     kPodDisruptionBudgetListFields},
    {"PodDisruptionBudgetSpec", "", "What a PodDisruptionBudget demands.",
     kPodDisruptionBudgetSpecFields},
    {"PodDisruptionBudgetStatus", "", "State of a PodDisruptionBudget.",
     kPodDisruptionBudgetStatusFields},
};

}  // namespace

std::span<const TypeFact> policy_v1_types() {
  return kTypes;
}

}  // namespace cove::api
