#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kPriorityClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"value", 2, "int32", "", ""},
    {"globalDefault", 3, "bool", "omitempty", ""},
    {"description", 4, "string", "omitempty", ""},
    {"preemptionPolicy", 5, "*string", "omitempty enum=PreemptLowerPriority|Never", ""},
};

constexpr FieldFact kPriorityClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PriorityClass", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"PriorityClass", "kind", "", kPriorityClassFields},
    {"PriorityClassList", "kind", "", kPriorityClassListFields},
};

}  // namespace

std::span<const TypeFact> scheduling_v1_types() {
  return kTypes;
}

}  // namespace cove::api
