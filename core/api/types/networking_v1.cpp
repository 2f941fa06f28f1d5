#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kHTTPIngressPathFields[] = {
    {"path", 1, "string", "omitempty", ""},
    {"pathType", 3, "*string", "required", ""},
    {"backend", 2, "IngressBackend", "required", ""},
};

constexpr FieldFact kHTTPIngressRuleValueFields[] = {
    {"paths", 1, "[]HTTPIngressPath", "required list=atomic", ""},
};

constexpr FieldFact kIPAddressFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "IPAddressSpec", "omitempty required", ""},
};

constexpr FieldFact kIPAddressListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]IPAddress", "required", ""},
};

constexpr FieldFact kIPAddressSpecFields[] = {
    {"parentRef", 1, "*ParentReference", "omitempty required", ""},
};

constexpr FieldFact kIPBlockFields[] = {
    {"cidr", 1, "string", "required", ""},
    {"except", 2, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kIngressFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "IngressSpec", "omitempty", ""},
    {"status", 3, "IngressStatus", "omitempty", ""},
};

constexpr FieldFact kIngressBackendFields[] = {
    {"service", 4, "*IngressServiceBackend", "omitempty", ""},
    {"resource", 3, "*core/v1.TypedLocalObjectReference", "omitempty", ""},
};

constexpr FieldFact kIngressClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "IngressClassSpec", "omitempty", ""},
};

constexpr FieldFact kIngressClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]IngressClass", "required", ""},
};

constexpr FieldFact kIngressClassParametersReferenceFields[] = {
    {"apiGroup", 1, "*string", "omitempty", ""},  {"kind", 2, "string", "required", ""},
    {"name", 3, "string", "required", ""},        {"scope", 4, "*string", "", ""},
    {"namespace", 5, "*string", "omitempty", ""},
};

constexpr FieldFact kIngressClassSpecFields[] = {
    {"controller", 1, "string", "omitempty", ""},
    {"parameters", 2, "*IngressClassParametersReference", "omitempty", ""},
};

constexpr FieldFact kIngressListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Ingress", "required", ""},
};

constexpr FieldFact kIngressLoadBalancerIngressFields[] = {
    {"ip", 1, "string", "omitempty", ""},
    {"hostname", 2, "string", "omitempty", ""},
    {"ports", 4, "[]IngressPortStatus", "omitempty list=atomic", ""},
};

constexpr FieldFact kIngressLoadBalancerStatusFields[] = {
    {"ingress", 1, "[]IngressLoadBalancerIngress", "omitempty list=atomic", ""},
};

constexpr FieldFact kIngressPortStatusFields[] = {
    {"port", 1, "int32", "required", ""},
    {"protocol", 2, "string", "required enum=TCP|UDP|SCTP", ""},
    {"error", 3, "*string", "omitempty", ""},
};

constexpr FieldFact kIngressRuleFields[] = {
    {"host", 1, "string", "omitempty", ""},
    {"", 2, "IngressRuleValue", "inline", ""},
};

constexpr FieldFact kIngressRuleValueFields[] = {
    {"http", 1, "*HTTPIngressRuleValue", "omitempty", ""},
};

constexpr FieldFact kIngressServiceBackendFields[] = {
    {"name", 1, "string", "required", ""},
    {"port", 2, "ServiceBackendPort", "omitempty", ""},
};

constexpr FieldFact kIngressSpecFields[] = {
    {"ingressClassName", 4, "*string", "omitempty", ""},
    {"defaultBackend", 1, "*IngressBackend", "omitempty", ""},
    {"tls", 2, "[]IngressTLS", "omitempty list=atomic", ""},
    {"rules", 3, "[]IngressRule", "omitempty list=atomic", ""},
};

constexpr FieldFact kIngressStatusFields[] = {
    {"loadBalancer", 1, "IngressLoadBalancerStatus", "omitempty", ""},
};

constexpr FieldFact kIngressTLSFields[] = {
    {"hosts", 1, "[]string", "omitempty list=atomic", ""},
    {"secretName", 2, "string", "omitempty", ""},
};

constexpr FieldFact kNetworkPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "NetworkPolicySpec", "omitempty", ""},
};

constexpr FieldFact kNetworkPolicyEgressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", ""},
    {"to", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", ""},
};

constexpr FieldFact kNetworkPolicyIngressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", ""},
    {"from", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", ""},
};

constexpr FieldFact kNetworkPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]NetworkPolicy", "required", ""},
};

constexpr FieldFact kNetworkPolicyPeerFields[] = {
    {"podSelector", 1, "*meta/v1.LabelSelector", "omitempty", ""},
    {"namespaceSelector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"ipBlock", 3, "*IPBlock", "omitempty", ""},
};

constexpr FieldFact kNetworkPolicyPortFields[] = {
    {"protocol", 1, "*string", "omitempty enum=TCP|UDP|SCTP", ""},
    {"port", 2, "*intstr", "omitempty", ""},
    {"endPort", 3, "*int32", "omitempty", ""},
};

constexpr FieldFact kNetworkPolicySpecFields[] = {
    {"podSelector", 1, "meta/v1.LabelSelector", "", ""},
    {"ingress", 2, "[]NetworkPolicyIngressRule", "omitempty list=atomic", ""},
    {"egress", 3, "[]NetworkPolicyEgressRule", "omitempty list=atomic", ""},
    {"policyTypes", 4, "[]string", "omitempty list=atomic enum=Ingress|Egress", ""},
};

constexpr FieldFact kParentReferenceFields[] = {
    {"group", 1, "string", "omitempty", ""},
    {"resource", 2, "string", "omitempty required", ""},
    {"namespace", 3, "string", "omitempty", ""},
    {"name", 4, "string", "omitempty required", ""},
};

constexpr FieldFact kServiceBackendPortFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"number", 2, "int32", "omitempty", ""},
};

constexpr FieldFact kServiceCIDRFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ServiceCIDRSpec", "omitempty", ""},
    {"status", 3, "ServiceCIDRStatus", "omitempty", ""},
};

constexpr FieldFact kServiceCIDRListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ServiceCIDR", "required", ""},
};

constexpr FieldFact kServiceCIDRSpecFields[] = {
    {"cidrs", 1, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kServiceCIDRStatusFields[] = {
    {"conditions", 1, "[]meta/v1.Condition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr TypeFact kTypes[] = {
    {"HTTPIngressPath", "", "", kHTTPIngressPathFields},
    {"HTTPIngressRuleValue", "", "", kHTTPIngressRuleValueFields},
    {"IPAddress", "kind", "", kIPAddressFields},
    {"IPAddressList", "kind", "", kIPAddressListFields},
    {"IPAddressSpec", "", "", kIPAddressSpecFields},
    {"IPBlock", "", "", kIPBlockFields},
    {"Ingress", "kind", "", kIngressFields},
    {"IngressBackend", "", "", kIngressBackendFields},
    {"IngressClass", "kind", "", kIngressClassFields},
    {"IngressClassList", "kind", "", kIngressClassListFields},
    {"IngressClassParametersReference", "", "", kIngressClassParametersReferenceFields},
    {"IngressClassSpec", "", "", kIngressClassSpecFields},
    {"IngressList", "kind", "", kIngressListFields},
    {"IngressLoadBalancerIngress", "", "", kIngressLoadBalancerIngressFields},
    {"IngressLoadBalancerStatus", "", "", kIngressLoadBalancerStatusFields},
    {"IngressPortStatus", "", "", kIngressPortStatusFields},
    {"IngressRule", "", "", kIngressRuleFields},
    {"IngressRuleValue", "", "", kIngressRuleValueFields},
    {"IngressServiceBackend", "", "", kIngressServiceBackendFields},
    {"IngressSpec", "", "", kIngressSpecFields},
    {"IngressStatus", "", "", kIngressStatusFields},
    {"IngressTLS", "", "", kIngressTLSFields},
    {"NetworkPolicy", "kind", "", kNetworkPolicyFields},
    {"NetworkPolicyEgressRule", "", "", kNetworkPolicyEgressRuleFields},
    {"NetworkPolicyIngressRule", "", "", kNetworkPolicyIngressRuleFields},
    {"NetworkPolicyList", "kind", "", kNetworkPolicyListFields},
    {"NetworkPolicyPeer", "", "", kNetworkPolicyPeerFields},
    {"NetworkPolicyPort", "", "", kNetworkPolicyPortFields},
    {"NetworkPolicySpec", "", "", kNetworkPolicySpecFields},
    {"ParentReference", "", "", kParentReferenceFields},
    {"ServiceBackendPort", "atomic", "", kServiceBackendPortFields},
    {"ServiceCIDR", "kind", "", kServiceCIDRFields},
    {"ServiceCIDRList", "kind", "", kServiceCIDRListFields},
    {"ServiceCIDRSpec", "", "", kServiceCIDRSpecFields},
    {"ServiceCIDRStatus", "", "", kServiceCIDRStatusFields},
};

}  // namespace

std::span<const TypeFact> networking_v1_types() {
  return kTypes;
}

}  // namespace cove::api
