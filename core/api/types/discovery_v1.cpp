#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEndpointFields[] = {
    {"addresses", 1, "[]string", "required list=set", ""},
    {"conditions", 2, "EndpointConditions", "omitempty", ""},
    {"hostname", 3, "*string", "omitempty", ""},
    {"targetRef", 4, "*core/v1.ObjectReference", "omitempty", ""},
    {"deprecatedTopology", 5, "{}string", "omitempty", ""},
    {"nodeName", 6, "*string", "omitempty", ""},
    {"zone", 7, "*string", "omitempty", ""},
    {"hints", 8, "*EndpointHints", "omitempty", ""},
};

constexpr FieldFact kEndpointConditionsFields[] = {
    {"ready", 1, "*bool", "omitempty", ""},
    {"serving", 2, "*bool", "omitempty", ""},
    {"terminating", 3, "*bool", "omitempty", ""},
};

constexpr FieldFact kEndpointHintsFields[] = {
    {"forZones", 1, "[]ForZone", "omitempty list=atomic", ""},
    {"forNodes", 2, "[]ForNode", "omitempty list=atomic", ""},
};

constexpr FieldFact kEndpointPortFields[] = {
    {"name", 1, "*string", "omitempty", ""},
    {"protocol", 2, "*string", "omitempty enum=TCP|UDP|SCTP", ""},
    {"port", 3, "*int32", "omitempty", ""},
    {"appProtocol", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kEndpointSliceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"addressType", 4, "string", "required", ""},
    {"endpoints", 2, "[]Endpoint", "list=atomic", ""},
    {"ports", 3, "[]EndpointPort", "list=atomic", ""},
};

constexpr FieldFact kEndpointSliceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]EndpointSlice", "required", ""},
};

constexpr FieldFact kForNodeFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr FieldFact kForZoneFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"Endpoint", "", "", kEndpointFields},
    {"EndpointConditions", "", "", kEndpointConditionsFields},
    {"EndpointHints", "", "", kEndpointHintsFields},
    {"EndpointPort", "atomic", "", kEndpointPortFields},
    {"EndpointSlice", "kind", "", kEndpointSliceFields},
    {"EndpointSliceList", "kind", "", kEndpointSliceListFields},
    {"ForNode", "", "", kForNodeFields},
    {"ForZone", "", "", kForZoneFields},
};

}  // namespace

std::span<const TypeFact> discovery_v1_types() {
  return kTypes;
}

}  // namespace cove::api
