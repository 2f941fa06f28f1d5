#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kPriorityClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"value", 2, "int32", "",
     "The priority; pods of higher ones go first. At most 1000000000 for users' classes. Cannot be "
     "changed."},
    {"globalDefault", 3, "bool", "omitempty",
     "Whether pods that name no class get this one. One class at most should say so."},
    {"description", 4, "string", "omitempty", "What the class is for."},
    {"preemptionPolicy", 5, "*string",
     "omitempty enum=PreemptLowerPriority|Never default=\"PreemptLowerPriority\"",
     "PreemptLowerPriority, or Never to wait for room. Default: PreemptLowerPriority. Cannot be "
     "changed."},
};

constexpr FieldFact kPriorityClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]PriorityClass", "required", "The objects, in the order of their names."},
};

constexpr TypeFact kTypes[] = {
    {"PriorityClass", "kind", "A name for a priority of pods.", kPriorityClassFields},
    {"PriorityClassList", "kind", "A list of PriorityClass objects.", kPriorityClassListFields},
};

}  // namespace

std::span<const TypeFact> scheduling_v1_types() {
  return kTypes;
}

}  // namespace cove::api
