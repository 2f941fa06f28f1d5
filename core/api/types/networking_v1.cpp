#include "core/api/types/network_fields.h"

namespace cove::api {
namespace {

constexpr FieldFact kHTTPIngressPathFields[] = {
    {"path", 1, "string", "omitempty",
     "The path, starting with \"/\"; for type ImplementationSpecific it may be empty."},
    {"pathType", 3, "*string", "required",
     "Exact, Prefix (by whole path elements) or ImplementationSpecific."},
    {"backend", 2, "IngressBackend", "required", "Where the requests go."},
};

constexpr FieldFact kIPAddressFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "IPAddressSpec", "omitempty required", "What is wanted of the IPAddress."},
};

constexpr FieldFact kIPAddressListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]IPAddress", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kIPAddressSpecFields[] = {
    {"parentRef", 1, "*ParentReference", "omitempty required", "The object that has the address."},
};

constexpr FieldFact kIngressBackendFields[] = {
    {"service", 4, "*IngressServiceBackend", "omitempty", "A service of the same namespace."},
    {"resource", 3, "*core/v1.TypedLocalObjectReference", "omitempty",
     "Another object of the same namespace."},
};

constexpr FieldFact kIngressClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "IngressClassSpec", "omitempty", "What is wanted of the IngressClass."},
};

constexpr FieldFact kIngressClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]IngressClass", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kIngressClassParametersReferenceFields[] = {
    {"apiGroup", 1, "*string", "omitempty", "API group of the object; absent for core."},
    {"kind", 2, "string", "required", "Kind of the object."},
    {"name", 3, "string", "required", "Name of the object."},
    {"scope", 4, "*string", "default=\"Cluster\"", "Cluster or Namespace. Default: Cluster."},
    {"namespace", 5, "*string", "omitempty",
     "Namespace of the object; needed for scope Namespace only."},
};

constexpr FieldFact kIngressClassSpecFields[] = {
    {"controller", 1, "string", "omitempty",
     "The controller that serves it, such as example.com/ingress. Cannot be changed."},
    {"parameters", 2, "*IngressClassParametersReference", "omitempty",
     "An object with further settings."},
};

constexpr FieldFact kIngressServiceBackendFields[] = {
    {"name", 1, "string", "required", "Name of the service."},
    {"port", 2, "ServiceBackendPort", "omitempty", "Port of the service."},
};

constexpr FieldFact kIngressSpecFields[] = {
    {"ingressClassName", 4, "*string", "omitempty",
     "Name of the IngressClass. Absent: the default one."},
    {"defaultBackend", 1, "*IngressBackend", "omitempty",
     "Where requests go that no rule matches."},
    {"tls", 2, "[]IngressTLS", "omitempty list=atomic", "Certificates by host."},
    {"rules", 3, "[]IngressRule", "omitempty list=atomic",
     "Rules by host. Without any, everything goes to the default backend."},
};

constexpr FieldFact kNetworkPolicySpecFields[] = {
    {"podSelector", 1, "meta/v1.LabelSelector", "",
     "Labels of the pods that the policy is for; empty is all of the namespace."},
    {"ingress", 2, "[]NetworkPolicyIngressRule", "omitempty list=atomic",
     "Traffic that is accepted. Empty: none."},
    {"egress", 3, "[]NetworkPolicyEgressRule", "omitempty list=atomic",
     "Traffic that may be sent. Empty: none."},
    {"policyTypes", 4, "[]string", "omitempty list=atomic enum=Ingress|Egress",
     "Ingress, Egress or both. Default: Ingress, and Egress when there are egress rules."},
};

constexpr FieldFact kParentReferenceFields[] = {
    {"group", 1, "string", "omitempty", "API group of the object."},
    {"resource", 2, "string", "omitempty required", "Resource of the object."},
    {"namespace", 3, "string", "omitempty", "Namespace of the object."},
    {"name", 4, "string", "omitempty required", "Name of the object."},
};

constexpr FieldFact kServiceBackendPortFields[] = {
    {"name", 1, "string", "omitempty", "Name of the port."},
    {"number", 2, "int32", "omitempty", "Number of the port."},
};

constexpr FieldFact kServiceCIDRFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ServiceCIDRSpec", "omitempty", "What is wanted of the ServiceCIDR."},
    {"status", 3, "ServiceCIDRStatus", "omitempty",
     "What the system last saw of the ServiceCIDR. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kServiceCIDRListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ServiceCIDR", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kServiceCIDRSpecFields[] = {
    {"cidrs", 1, "[]string", "omitempty list=atomic",
     "One or two ranges, of different IP families. Cannot be changed, but for a second family "
     "added."},
};

constexpr FieldFact kServiceCIDRStatusFields[] = {
    {"conditions", 1, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr TypeFact kTypes[] = {
    {"HTTPIngressPath", "", "A path and where its requests go.", kHTTPIngressPathFields},
    {"HTTPIngressRuleValue", "", "The paths of a host.", kHTTPIngressRuleValueFields},
    {"IPAddress", "kind", "An address that a service has, named by the address itself.",
     kIPAddressFields},
    {"IPAddressList", "kind", "A list of IPAddress objects.", kIPAddressListFields},
    {"IPAddressSpec", "", "What an address is used for.", kIPAddressSpecFields},
    {"IPBlock", "", "A range of addresses, some perhaps left out.", kIPBlockFields},
    {"Ingress", "kind", "How HTTP requests from outside reach services, by host and path.",
     kIngressFields},
    {"IngressBackend", "", "Where requests go; one member is set.", kIngressBackendFields},
    {"IngressClass", "kind", "An implementation of Ingress.", kIngressClassFields},
    {"IngressClassList", "kind", "A list of IngressClass objects.", kIngressClassListFields},
    {"IngressClassParametersReference", "", "Settings of an IngressClass.",
     kIngressClassParametersReferenceFields},
    {"IngressClassSpec", "", "What is wanted of an IngressClass.", kIngressClassSpecFields},
    {"IngressList", "kind", "A list of Ingress objects.", kIngressListFields},
    {"IngressLoadBalancerIngress", "", "One entry point.", kIngressLoadBalancerIngressFields},
    {"IngressLoadBalancerStatus", "", "Entry points of an Ingress.",
     kIngressLoadBalancerStatusFields},
    {"IngressPortStatus", "", "State of a port at an entry point.", kIngressPortStatusFields},
    {"IngressRule", "", "What happens to the requests for one host.", kIngressRuleFields},
    {"IngressRuleValue", "", "The paths of a host.", kIngressRuleValueFields},
    {"IngressServiceBackend", "", "A service as backend.", kIngressServiceBackendFields},
    {"IngressSpec", "", "What is wanted of an Ingress.", kIngressSpecFields},
    {"IngressStatus", "", "State of an Ingress.", kIngressStatusFields},
    {"IngressTLS", "", "A certificate for some hosts.", kIngressTLSFields},
    {"NetworkPolicy", "kind", "Which traffic the pods of a namespace accept and send.",
     kNetworkPolicyFields},
    {"NetworkPolicyEgressRule", "",
     "Traffic that may be sent: any of the ports to any of the peers.",
     kNetworkPolicyEgressRuleFields},
    {"NetworkPolicyIngressRule", "",
     "Traffic that is accepted: on any of the ports from any of the peers.",
     kNetworkPolicyIngressRuleFields},
    {"NetworkPolicyList", "kind", "A list of NetworkPolicy objects.", kNetworkPolicyListFields},
    {"NetworkPolicyPeer", "", "Whom pods talk to: ipBlock alone, or selectors.",
     kNetworkPolicyPeerFields},
    {"NetworkPolicyPort", "", "Ports that pods talk on.", kNetworkPolicyPortFields},
    {"NetworkPolicySpec", "", "What a NetworkPolicy allows.", kNetworkPolicySpecFields},
    {"ParentReference", "", "Names an object.", kParentReferenceFields},
    {"ServiceBackendPort", "atomic", "A port of a service; one member is set.",
     kServiceBackendPortFields},
    {"ServiceCIDR", "kind", "Addresses that services get.", kServiceCIDRFields},
    {"ServiceCIDRList", "kind", "A list of ServiceCIDR objects.", kServiceCIDRListFields},
    {"ServiceCIDRSpec", "", "The ranges of addresses.", kServiceCIDRSpecFields},
    {"ServiceCIDRStatus", "", "State of a ServiceCIDR.", kServiceCIDRStatusFields},
};

}  // namespace

std::span<const TypeFact> networking_v1_types() {
  return kTypes;
}

}  // namespace cove::api
