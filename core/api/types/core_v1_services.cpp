#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kClientIPConfigFields[] = {
    {"timeoutSeconds", 1, "*int32", "omitempty default=10800",
     "How long a client stays with its pod, in seconds: 1 to 86400, by default 10800."},
};

constexpr FieldFact kEndpointAddressFields[] = {
    {"ip", 1, "string", "required",
     "IPv4 or IPv6 address. Loopback and link-local addresses are refused."},
    {"hostname", 3, "string", "omitempty", "Host name of the endpoint in DNS."},
    {"nodeName", 4, "*string", "omitempty", "Node that the endpoint runs on."},
    {"targetRef", 2, "*ObjectReference", "omitempty",
     "The object, mostly a pod, that the address belongs to."},
};

constexpr FieldFact kEndpointPortFields[] = {
    {"name", 1, "string", "omitempty",
     "Name of the port; the same as the service's. May be empty when there is one port only."},
    {"port", 2, "int32", "required", "Number of the port."},
    {"protocol", 3, "string", "omitempty enum=TCP|UDP|SCTP default=\"TCP\"",
     "TCP, UDP or SCTP. Default: TCP."},
    {"appProtocol", 4, "*string", "omitempty",
     "Protocol of the application on this port, such as kubernetes.io/h2c."},
};

constexpr FieldFact kEndpointSubsetFields[] = {
    {"addresses", 1, "[]EndpointAddress", "omitempty list=atomic", "Addresses that take traffic."},
    {"notReadyAddresses", 2, "[]EndpointAddress", "omitempty list=atomic",
     "Addresses of endpoints that are starting or fail their readiness probe."},
    {"ports", 3, "[]EndpointPort", "omitempty list=atomic",
     "Ports that every address of the subset has."},
};

constexpr FieldFact kEndpointsFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"subsets", 2, "[]EndpointSubset", "omitempty list=atomic", "Addresses, grouped by ports."},
};

constexpr FieldFact kEndpointsListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Endpoints", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kLoadBalancerIngressFields[] = {
    {"ip", 1, "string", "omitempty", "Address of the entry point."},
    {"hostname", 2, "string", "omitempty",
     "Host name of the entry point, for load balancers that go by DNS."},
    {"ipMode", 3, "*string", "omitempty",
     "VIP when traffic arrives with the load balancer's address as target, Proxy when with the "
     "node's or pod's."},
    {"ports", 4, "[]PortStatus", "omitempty list=atomic",
     "State of the service's ports at this entry point."},
};

constexpr FieldFact kLoadBalancerStatusFields[] = {
    {"ingress", 1, "[]LoadBalancerIngress", "omitempty list=atomic",
     "Where traffic for the service may be sent."},
};

constexpr FieldFact kPortStatusFields[] = {
    {"port", 1, "int32", "required", "Number of the service's port."},
    {"protocol", 2, "string", "required enum=TCP|UDP|SCTP", "TCP, UDP or SCTP."},
    {"error", 3, "*string", "omitempty",
     "Why the port does not work, as a CamelCase word; absent when it does."},
};

constexpr FieldFact kServiceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ServiceSpec", "omitempty", "What is wanted of the Service."},
    {"status", 3, "ServiceStatus", "omitempty",
     "What the system last saw of the Service. Clients do not write it through the main resource."},
};

constexpr FieldFact kServiceAccountFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"secrets", 2, "[]ObjectReference", "omitempty list=map key=name patch=merge patchKey=name",
     "Secrets that pods of this account may use, when the account enforces it by annotation."},
    {"imagePullSecrets", 3, "[]LocalObjectReference", "omitempty list=atomic",
     "Secrets of type kubernetes.io/dockerconfigjson used to pull the images of this account's "
     "pods."},
    {"automountServiceAccountToken", 4, "*bool", "omitempty",
     "Whether pods get a token of this account as a file. A pod may say otherwise."},
};

constexpr FieldFact kServiceAccountListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ServiceAccount", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kServiceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Service", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kServicePortFields[] = {
    {"name", 1, "string", "omitempty",
     "Name of the port, a DNS label. Needed when there are several."},
    {"protocol", 2, "string", "omitempty default=\"TCP\" enum=TCP|UDP|SCTP",
     "TCP, UDP or SCTP. Default: TCP."},
    {"appProtocol", 6, "*string", "omitempty",
     "Protocol of the application on this port, such as kubernetes.io/h2c."},
    {"port", 3, "int32", "required", "Port that clients use, 1 to 65535."},
    {"targetPort", 4, "intstr", "omitempty",
     "Port of the pods, by number or by a container port's name. Default: same as port."},
    {"nodePort", 5, "int32", "omitempty",
     "Port on every node for types NodePort and LoadBalancer. Chosen by the server when absent."},
};

constexpr FieldFact kServiceProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", "Rest of the URL, which is sent to the service."},
};

constexpr FieldFact kServiceSpecFields[] = {
    {"ports", 1, "[]ServicePort", "omitempty list=map key=port,protocol patch=merge patchKey=port",
     "Ports of the service."},
    {"selector", 2, "{}string", "omitempty atomic",
     "Labels of the pods that take the traffic. Without it, endpoints are written by hand."},
    {"clusterIP", 3, "string", "omitempty",
     "Virtual address of the service, chosen by the server when absent. \"None\" makes a headless "
     "service."},
    {"clusterIPs", 18, "[]string", "omitempty list=atomic",
     "Virtual addresses, at most one of each IP family; the first equals clusterIP."},
    {"type", 4, "string",
     "omitempty enum=ClusterIP|NodePort|LoadBalancer|ExternalName default=\"ClusterIP\"",
     "ClusterIP, NodePort, LoadBalancer or ExternalName. Default: ClusterIP."},
    {"externalIPs", 5, "[]string", "omitempty list=atomic",
     "Further addresses whose traffic the nodes accept for the service."},
    {"sessionAffinity", 7, "string", "omitempty enum=ClientIP|None default=\"None\"",
     "ClientIP keeps a client with its pod. Default: None."},
    {"loadBalancerIP", 8, "string", "omitempty",
     "Address that is wanted for the load balancer. Deprecated; not every load balancer heeds it."},
    {"loadBalancerSourceRanges", 9, "[]string", "omitempty list=atomic",
     "Client addresses, as CIDRs, that the load balancer lets in. Empty: all."},
    {"externalName", 10, "string", "omitempty",
     "DNS name that the service stands for when its type is ExternalName."},
    {"externalTrafficPolicy", 11, "string", "omitempty enum=Cluster|Local",
     "Cluster sends outside traffic to all pods; Local to those on the same node, keeping client "
     "addresses."},
    {"healthCheckNodePort", 12, "int32", "omitempty",
     "Port on the nodes where load balancers see whether there are local pods; for policy Local."},
    {"publishNotReadyAddresses", 13, "bool", "omitempty",
     "Whether pods count as ready in DNS and endpoints even before they are."},
    {"sessionAffinityConfig", 14, "*SessionAffinityConfig", "omitempty",
     "Settings of session affinity."},
    {"ipFamilies", 19, "[]string", "omitempty list=atomic enum=IPv4|IPv6|",
     "IPv4 and IPv6, in the order of clusterIPs. Chosen by the server when absent."},
    {"ipFamilyPolicy", 17, "*string", "omitempty enum=SingleStack|PreferDualStack|RequireDualStack",
     "SingleStack, PreferDualStack or RequireDualStack. Default: SingleStack."},
    {"allocateLoadBalancerNodePorts", 20, "*bool", "omitempty",
     "Whether a LoadBalancer service gets node ports. Default: true."},
    {"loadBalancerClass", 21, "*string", "omitempty",
     "Which implementation of load balancers is meant. Cannot be changed later."},
    {"internalTrafficPolicy", 22, "*string", "omitempty enum=Cluster|Local",
     "Local sends traffic from pods to pods on the same node only. Default: Cluster."},
    {"trafficDistribution", 23, "*string", "omitempty",
     "Preference among endpoints: PreferSameZone, PreferSameNode or PreferClose."},
};

constexpr FieldFact kServiceStatusFields[] = {
    {"loadBalancer", 1, "LoadBalancerStatus", "omitempty", "Entry points of its load balancer."},
    {"conditions", 2, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kSessionAffinityConfigFields[] = {
    {"clientIP", 1, "*ClientIPConfig", "omitempty", "Settings of affinity by client address."},
};

constexpr TypeFact kTypes[] = {
    {"ClientIPConfig", "", "How session affinity by client address works.", kClientIPConfigFields},
    {"EndpointAddress", "atomic", "The address of one pod or server behind a service.",
     kEndpointAddressFields},
    {"EndpointPort", "atomic", "A port of the endpoints in a subset.", kEndpointPortFields},
    {"EndpointSubset", "", "Addresses that share one set of ports.", kEndpointSubsetFields},
    {"Endpoints", "kind",
     "The addresses behind a service. Deprecated: EndpointSlice takes its place.",
     kEndpointsFields},
    {"EndpointsList", "kind", "A list of Endpoints objects.", kEndpointsListFields},
    {"LoadBalancerIngress", "", "One entry point of a load balancer.", kLoadBalancerIngressFields},
    {"LoadBalancerStatus", "", "Entry points of a load balancer.", kLoadBalancerStatusFields},
    {"PortStatus", "", "State of a service's port at a load balancer.", kPortStatusFields},
    {"Service", "kind", "One stable address and name for a group of pods.", kServiceFields},
    {"ServiceAccount", "kind", "An identity for the programs in pods.", kServiceAccountFields},
    {"ServiceAccountList", "kind", "A list of ServiceAccount objects.", kServiceAccountListFields},
    {"ServiceList", "kind", "A list of Service objects.", kServiceListFields},
    {"ServicePort", "", "A port of a service.", kServicePortFields},
    {"ServiceProxyOptions", "kind", "Query parameters of proxy requests to a service.",
     kServiceProxyOptionsFields},
    {"ServiceSpec", "", "What is wanted of a service.", kServiceSpecFields},
    {"ServiceStatus", "", "What is known about a service.", kServiceStatusFields},
    {"SessionAffinityConfig", "", "Settings of session affinity.", kSessionAffinityConfigFields},
};

}  // namespace

std::span<const TypeFact> core_v1_services_types() {
  return kTypes;
}

}  // namespace cove::api
