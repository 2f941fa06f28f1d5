#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kLeaseFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "LeaseSpec", "omitempty", ""},
};

constexpr FieldFact kLeaseListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Lease", "required", ""},
};

constexpr FieldFact kLeaseSpecFields[] = {
    {"holderIdentity", 1, "*string", "omitempty", ""},
    {"leaseDurationSeconds", 2, "*int32", "omitempty", ""},
    {"acquireTime", 3, "*microtime", "omitempty", ""},
    {"renewTime", 4, "*microtime", "omitempty", ""},
    {"leaseTransitions", 5, "*int32", "omitempty", ""},
    {"strategy", 6, "*string", "omitempty", ""},
    {"preferredHolder", 7, "*string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"Lease", "kind", "", kLeaseFields},
    {"LeaseList", "kind", "", kLeaseListFields},
    {"LeaseSpec", "", "", kLeaseSpecFields},
};

}  // namespace

std::span<const TypeFact> coordination_v1_types() {
  return kTypes;
}

}  // namespace cove::api
