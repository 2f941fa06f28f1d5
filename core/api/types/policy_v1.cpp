#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEvictionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"deleteOptions", 2, "*meta/v1.DeleteOptions", "omitempty", ""},
};

constexpr FieldFact kPodDisruptionBudgetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PodDisruptionBudgetSpec", "omitempty", ""},
    {"status", 3, "PodDisruptionBudgetStatus", "omitempty", ""},
};

constexpr FieldFact kPodDisruptionBudgetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PodDisruptionBudget", "required", ""},
};

constexpr FieldFact kPodDisruptionBudgetSpecFields[] = {
    {"minAvailable", 1, "*intstr", "omitempty", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty patch=replace", ""},
    {"maxUnavailable", 3, "*intstr", "omitempty", ""},
    {"unhealthyPodEvictionPolicy", 4, "*string", "omitempty enum=IfHealthyBudget|AlwaysAllow", ""},
};

constexpr FieldFact kPodDisruptionBudgetStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty", ""},
    {"disruptedPods", 2, "{}time", "omitempty", ""},
    {"disruptionsAllowed", 3, "int32", "", ""},
    {"currentHealthy", 4, "int32", "", ""},
    {"desiredHealthy", 5, "int32", "", ""},
    {"expectedPods", 6, "int32", "", ""},
    {"conditions", 7, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr TypeFact kTypes[] = {
    {"Eviction", "kind", "", kEvictionFields},
    {"PodDisruptionBudget", "kind", "", kPodDisruptionBudgetFields},
    {"PodDisruptionBudgetList", "kind", "", kPodDisruptionBudgetListFields},
    {"PodDisruptionBudgetSpec", "", "", kPodDisruptionBudgetSpecFields},
    {"PodDisruptionBudgetStatus", "", "", kPodDisruptionBudgetStatusFields},
};

}  // namespace

std::span<const TypeFact> policy_v1_types() {
  return kTypes;
}

}  // namespace cove::api
