#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEndpointFields[] = {
    {"addresses", 1, "[]string", "required list=set",
     "Addresses of the backend, 1 to 100 that stand for the same one; the first is used."},
    {"conditions", 2, "EndpointConditions", "omitempty", "Whether the backend takes traffic."},
    {"hostname", 3, "*string", "omitempty", "Host name of the backend in DNS, a DNS label."},
    {"targetRef", 4, "*core/v1.ObjectReference", "omitempty",
     "The object, mostly a pod, that the backend is."},
    {"deprecatedTopology", 5, "{}string", "omitempty",
     "Topology labels from older versions of the API. Read only."},
    {"nodeName", 6, "*string", "omitempty", "Node that the backend runs on."},
    {"zone", 7, "*string", "omitempty", "Zone that the backend is in."},
    {"hints", 8, "*EndpointHints", "omitempty", "For whom the backend is meant, by topology."},
};

constexpr FieldFact kEndpointConditionsFields[] = {
    {"ready", 1, "*bool", "omitempty",
     "Whether it takes new connections; never true while it terminates, unless the service "
     "publishes those too."},
    {"serving", 2, "*bool", "omitempty", "Whether its readiness probe passes, terminating or not."},
    {"terminating", 3, "*bool", "omitempty", "Whether it is shutting down."},
};

constexpr FieldFact kEndpointHintsFields[] = {
    {"forZones", 1, "[]ForZone", "omitempty list=atomic",
     "Zones whose clients should use it, at most 8."},
    {"forNodes", 2, "[]ForNode", "omitempty list=atomic",
     "Nodes whose clients should use it, at most 8."},
};

constexpr FieldFact kEndpointPortFields[] = {
    {"name", 1, "*string", "omitempty default=\"\"",
     "Name of the port, unique in the slice; empty or a DNS label."},
    {"protocol", 2, "*string", "omitempty enum=TCP|UDP|SCTP default=\"TCP\"",
     "TCP, UDP or SCTP. Default: TCP."},
    {"port", 3, "*int32", "omitempty", "Number of the port. Absent: all ports."},
    {"appProtocol", 4, "*string", "omitempty",
     "Protocol of the application on this port, such as kubernetes.io/h2c."},
};

constexpr FieldFact kEndpointSliceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"addressType", 4, "string", "required", "IPv4, IPv6 or FQDN. Cannot be changed."},
    {"endpoints", 2, "[]Endpoint", "list=atomic", "The backends, at most 1000."},
    {"ports", 3, "[]EndpointPort", "list=atomic", "Ports of every backend, at most 100."},
};

constexpr FieldFact kEndpointSliceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]EndpointSlice", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kForNodeFields[] = {
    {"name", 1, "string", "required", "Name of the node."},
};

constexpr FieldFact kForZoneFields[] = {
    {"name", 1, "string", "required", "Name of the zone."},
};

constexpr TypeFact kTypes[] = {
    {"Endpoint", "", "One backend of a service.", kEndpointFields},
    {"EndpointConditions", "", "Whether a backend takes traffic.", kEndpointConditionsFields},
    {"EndpointHints", "", "For whom a backend is meant.", kEndpointHintsFields},
    {"EndpointPort", "atomic", "A port of all backends in a slice.", kEndpointPortFields},
    {"EndpointSlice", "kind",
     "Some of the backends of a service; its label kubernetes.io/service-name says which service.",
     kEndpointSliceFields},
    {"EndpointSliceList", "kind", "A list of EndpointSlice objects.", kEndpointSliceListFields},
    {"ForNode", "", "A node that a backend is meant for.", kForNodeFields},
    {"ForZone", "", "A zone that a backend is meant for.", kForZoneFields},
};

}  // namespace

std::span<const TypeFact> discovery_v1_types() {
  return kTypes;
}

}  // namespace cove::api
