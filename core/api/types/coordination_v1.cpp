#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kLeaseFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "LeaseSpec", "omitempty", "What is wanted of the Lease."},
};

constexpr FieldFact kLeaseListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Lease", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kLeaseSpecFields[] = {
    {"holderIdentity", 1, "*string", "omitempty", "Who holds the lease."},
    {"leaseDurationSeconds", 2, "*int32", "omitempty",
     "How long the lease holds after renewTime, in seconds."},
    {"acquireTime", 3, "*microtime", "omitempty", "When the holder got the lease."},
    {"renewTime", 4, "*microtime", "omitempty", "When the holder last renewed it."},
    {"leaseTransitions", 5, "*int32", "omitempty", "How often the holder has changed."},
    {"strategy", 6, "*string", "omitempty", "How the leader is chosen in coordinated elections."},
    {"preferredHolder", 7, "*string", "omitempty",
     "Who should get the lease next, in coordinated elections."},
};

constexpr TypeFact kTypes[] = {
    {"Lease", "kind", "A claim that one holder renews, for leader election and heartbeats.",
     kLeaseFields},
    {"LeaseList", "kind", "A list of Lease objects.", kLeaseListFields},
    {"LeaseSpec", "", "Who holds a lease and for how long.", kLeaseSpecFields},
};

}  // namespace

std::span<const TypeFact> coordination_v1_types() {
  return kTypes;
}

}  // namespace cove::api
