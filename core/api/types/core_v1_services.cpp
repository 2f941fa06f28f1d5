#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kClientIPConfigFields[] = {
    {"timeoutSeconds", 1, "*int32", "omitempty", ""},
};

constexpr FieldFact kEndpointAddressFields[] = {
    {"ip", 1, "string", "required", ""},
    {"hostname", 3, "string", "omitempty", ""},
    {"nodeName", 4, "*string", "omitempty", ""},
    {"targetRef", 2, "*ObjectReference", "omitempty", ""},
};

constexpr FieldFact kEndpointPortFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"port", 2, "int32", "required", ""},
    {"protocol", 3, "string", "omitempty enum=TCP|UDP|SCTP", ""},
    {"appProtocol", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kEndpointSubsetFields[] = {
    {"addresses", 1, "[]EndpointAddress", "omitempty list=atomic", ""},
    {"notReadyAddresses", 2, "[]EndpointAddress", "omitempty list=atomic", ""},
    {"ports", 3, "[]EndpointPort", "omitempty list=atomic", ""},
};

constexpr FieldFact kEndpointsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"subsets", 2, "[]EndpointSubset", "omitempty list=atomic", ""},
};

constexpr FieldFact kEndpointsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Endpoints", "required", ""},
};

constexpr FieldFact kLoadBalancerIngressFields[] = {
    {"ip", 1, "string", "omitempty", ""},
    {"hostname", 2, "string", "omitempty", ""},
    {"ipMode", 3, "*string", "omitempty", ""},
    {"ports", 4, "[]PortStatus", "omitempty list=atomic", ""},
};

constexpr FieldFact kLoadBalancerStatusFields[] = {
    {"ingress", 1, "[]LoadBalancerIngress", "omitempty list=atomic", ""},
};

constexpr FieldFact kPortStatusFields[] = {
    {"port", 1, "int32", "required", ""},
    {"protocol", 2, "string", "required enum=TCP|UDP|SCTP", ""},
    {"error", 3, "*string", "omitempty", ""},
};

constexpr FieldFact kServiceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ServiceSpec", "omitempty", ""},
    {"status", 3, "ServiceStatus", "omitempty", ""},
};

constexpr FieldFact kServiceAccountFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"secrets", 2, "[]ObjectReference", "omitempty list=map key=name patch=merge patchKey=name",
     ""},
    {"imagePullSecrets", 3, "[]LocalObjectReference", "omitempty list=atomic", ""},
    {"automountServiceAccountToken", 4, "*bool", "omitempty", ""},
};

constexpr FieldFact kServiceAccountListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ServiceAccount", "required", ""},
};

constexpr FieldFact kServiceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Service", "required", ""},
};

constexpr FieldFact kServicePortFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"protocol", 2, "string", "omitempty default=\"TCP\" enum=TCP|UDP|SCTP", ""},
    {"appProtocol", 6, "*string", "omitempty", ""},
    {"port", 3, "int32", "required", ""},
    {"targetPort", 4, "intstr", "omitempty", ""},
    {"nodePort", 5, "int32", "omitempty", ""},
};

constexpr FieldFact kServiceProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", ""},
};

constexpr FieldFact kServiceSpecFields[] = {
    {"ports", 1, "[]ServicePort", "omitempty list=map key=port,protocol patch=merge patchKey=port",
     ""},
    {"selector", 2, "{}string", "omitempty atomic", ""},
    {"clusterIP", 3, "string", "omitempty", ""},
    {"clusterIPs", 18, "[]string", "omitempty list=atomic", ""},
    {"type", 4, "string", "omitempty enum=ClusterIP|NodePort|LoadBalancer|ExternalName", ""},
    {"externalIPs", 5, "[]string", "omitempty list=atomic", ""},
    {"sessionAffinity", 7, "string", "omitempty enum=ClientIP|None", ""},
    {"loadBalancerIP", 8, "string", "omitempty", ""},
    {"loadBalancerSourceRanges", 9, "[]string", "omitempty list=atomic", ""},
    {"externalName", 10, "string", "omitempty", ""},
    {"externalTrafficPolicy", 11, "string", "omitempty enum=Cluster|Local", ""},
    {"healthCheckNodePort", 12, "int32", "omitempty", ""},
    {"publishNotReadyAddresses", 13, "bool", "omitempty", ""},
    {"sessionAffinityConfig", 14, "*SessionAffinityConfig", "omitempty", ""},
    {"ipFamilies", 19, "[]string", "omitempty list=atomic enum=IPv4|IPv6|", ""},
    {"ipFamilyPolicy", 17, "*string", "omitempty enum=SingleStack|PreferDualStack|RequireDualStack",
     ""},
    {"allocateLoadBalancerNodePorts", 20, "*bool", "omitempty", ""},
    {"loadBalancerClass", 21, "*string", "omitempty", ""},
    {"internalTrafficPolicy", 22, "*string", "omitempty enum=Cluster|Local", ""},
    {"trafficDistribution", 23, "*string", "omitempty", ""},
};

constexpr FieldFact kServiceStatusFields[] = {
    {"loadBalancer", 1, "LoadBalancerStatus", "omitempty", ""},
    {"conditions", 2, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kSessionAffinityConfigFields[] = {
    {"clientIP", 1, "*ClientIPConfig", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"ClientIPConfig", "", "", kClientIPConfigFields},
    {"EndpointAddress", "atomic", "", kEndpointAddressFields},
    {"EndpointPort", "atomic", "", kEndpointPortFields},
    {"EndpointSubset", "", "", kEndpointSubsetFields},
    {"Endpoints", "kind", "", kEndpointsFields},
    {"EndpointsList", "kind", "", kEndpointsListFields},
    {"LoadBalancerIngress", "", "", kLoadBalancerIngressFields},
    {"LoadBalancerStatus", "", "", kLoadBalancerStatusFields},
    {"PortStatus", "", "", kPortStatusFields},
    {"Service", "kind", "", kServiceFields},
    {"ServiceAccount", "kind", "", kServiceAccountFields},
    {"ServiceAccountList", "kind", "", kServiceAccountListFields},
    {"ServiceList", "kind", "", kServiceListFields},
    {"ServicePort", "", "", kServicePortFields},
    {"ServiceProxyOptions", "kind", "", kServiceProxyOptionsFields},
    {"ServiceSpec", "", "", kServiceSpecFields},
    {"ServiceStatus", "", "", kServiceStatusFields},
    {"SessionAffinityConfig", "", "", kSessionAffinityConfigFields},
};

}  // namespace

std::span<const TypeFact> core_v1_services_types() {
  return kTypes;
}

}  // namespace cove::api
