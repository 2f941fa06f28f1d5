#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kOverheadFields[] = {
    {"podFixed", 1, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kRuntimeClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"handler", 2, "string", "required", ""},
    {"overhead", 3, "*Overhead", "omitempty", ""},
    {"scheduling", 4, "*Scheduling", "omitempty", ""},
};

constexpr FieldFact kRuntimeClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]RuntimeClass", "required", ""},
};

constexpr FieldFact kSchedulingFields[] = {
    {"nodeSelector", 1, "{}string", "omitempty atomic", ""},
    {"tolerations", 2, "[]core/v1.Toleration", "omitempty list=atomic", ""},
};

constexpr TypeFact kTypes[] = {
    {"Overhead", "", "", kOverheadFields},
    {"RuntimeClass", "kind", "", kRuntimeClassFields},
    {"RuntimeClassList", "kind", "", kRuntimeClassListFields},
    {"Scheduling", "", "", kSchedulingFields},
};

}  // namespace

std::span<const TypeFact> node_v1_types() {
  return kTypes;
}

}  // namespace cove::api
