#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAPIServiceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "APIServiceSpec", "omitempty", "What is wanted of the APIService."},
    {"status", 3, "APIServiceStatus", "omitempty",
     "What the system last saw of the APIService. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kAPIServiceConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 5, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kAPIServiceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]APIService", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kAPIServiceSpecFields[] = {
    {"service", 1, "*ServiceReference", "omitempty",
     "Service that serves it. Absent: this server itself."},
    {"group", 2, "string", "omitempty", "The API group."},
    {"version", 3, "string", "omitempty", "The version."},
    {"insecureSkipTLSVerify", 4, "bool", "omitempty",
     "Whether the service's certificate is not checked. Not together with caBundle."},
    {"caBundle", 5, "bytes", "omitempty list=atomic",
     "Certificates in PEM, in base64, that the service's certificate must come from."},
    {"groupPriorityMinimum", 7, "int32", "required",
     "Order among the groups, 1 to 20000; larger comes first."},
    {"versionPriority", 8, "int32", "required",
     "Order among the group's versions, 1 to 1000; larger comes first."},
};

constexpr FieldFact kAPIServiceStatusFields[] = {
    {"conditions", 1, "[]APIServiceCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kServiceReferenceFields[] = {
    {"namespace", 1, "string", "omitempty", "Namespace of the service."},
    {"name", 2, "string", "omitempty", "Name of the service."},
    {"port", 3, "*int32", "omitempty default=443", "Port of the service. Default: 443."},
};

constexpr TypeFact kTypes[] = {
    {"APIService", "kind", "Says who serves one version of an API group.", kAPIServiceFields},
    {"APIServiceCondition", "", "One aspect of an APIService's state; Available is the only one.",
     kAPIServiceConditionFields},
    {"APIServiceList", "kind", "A list of APIService objects.", kAPIServiceListFields},
    {"APIServiceSpec", "", "Who serves the version.", kAPIServiceSpecFields},
    {"APIServiceStatus", "", "State of an APIService.", kAPIServiceStatusFields},
    {"ServiceReference", "", "Names a service.", kServiceReferenceFields},
};

}  // namespace

std::span<const TypeFact> apiregistration_v1_types() {
  return kTypes;
}

}  // namespace cove::api
