#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kOverheadFields[] = {
    {"podFixed", 1, "{}quantity", "omitempty", "Resources added to every pod's requests."},
};

constexpr FieldFact kRuntimeClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"handler", 2, "string", "required",
     "Name of the handler in the node's container runtime, a DNS label. Cannot be changed."},
    {"overhead", 3, "*Overhead", "omitempty", "What the runtime itself uses per pod."},
    {"scheduling", 4, "*Scheduling", "omitempty", "Nodes that have the handler. Absent: all."},
};

constexpr FieldFact kRuntimeClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]RuntimeClass", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kSchedulingFields[] = {
    {"nodeSelector", 1, "{}string", "omitempty atomic",
     "Labels that the nodes have; added to the pods' own selectors."},
    {"tolerations", 2, "[]core/v1.Toleration", "omitempty list=atomic",
     "Tolerations added to the pods' own."},
};

constexpr TypeFact kTypes[] = {
    {"Overhead", "", "What the runtime itself uses per pod.", kOverheadFields},
    {"RuntimeClass", "kind", "A way to run containers that pods can choose.", kRuntimeClassFields},
    {"RuntimeClassList", "kind", "A list of RuntimeClass objects.", kRuntimeClassListFields},
    {"Scheduling", "", "Nodes that a runtime class works on.", kSchedulingFields},
};

}  // namespace

std::span<const TypeFact> node_v1_types() {
  return kTypes;
}

}  // namespace cove::api
