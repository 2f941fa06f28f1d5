// Fields that are the same in every version of the network kinds.
#pragma once

#include "core/api/types/tables.h"

namespace cove::api {

inline constexpr FieldFact kHTTPIngressRuleValueFields[] = {
    {"paths", 1, "[]HTTPIngressPath", "required list=atomic", "The paths; the longest match wins."},
};

inline constexpr FieldFact kIPBlockFields[] = {
    {"cidr", 1, "string", "required",
     "The range as CIDR, such as 192.168.1.0/24 or 2001:db8::/64."},
    {"except", 2, "[]string", "omitempty list=atomic", "Ranges inside cidr that are left out."},
};

inline constexpr FieldFact kIngressFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "IngressSpec", "omitempty", "What is wanted of the Ingress."},
    {"status", 3, "IngressStatus", "omitempty",
     "What the system last saw of the Ingress. Clients do not write it through the main resource."},
};

inline constexpr FieldFact kIngressListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Ingress", "required", "The objects, in the order of their names."},
};

inline constexpr FieldFact kIngressLoadBalancerIngressFields[] = {
    {"ip", 1, "string", "omitempty", "Address of the entry point."},
    {"hostname", 2, "string", "omitempty", "Host name of the entry point."},
    {"ports", 4, "[]IngressPortStatus", "omitempty list=atomic", "State of its ports."},
};

inline constexpr FieldFact kIngressLoadBalancerStatusFields[] = {
    {"ingress", 1, "[]IngressLoadBalancerIngress", "omitempty list=atomic",
     "Where clients connect to."},
};

inline constexpr FieldFact kIngressPortStatusFields[] = {
    {"port", 1, "int32", "required", "Number of the port."},
    {"protocol", 2, "string", "required enum=TCP|UDP|SCTP", "TCP, UDP or SCTP."},
    {"error", 3, "*string", "omitempty",
     "Why the port does not work, as a CamelCase word; absent when it does."},
};

inline constexpr FieldFact kIngressRuleFields[] = {
    {"host", 1, "string", "omitempty",
     "Host name, or *.NAME for one label more. Empty: every host."},
    {"", 2, "IngressRuleValue", "inline", "The paths of the host."},
};

inline constexpr FieldFact kIngressRuleValueFields[] = {
    {"http", 1, "*HTTPIngressRuleValue", "omitempty",
     "The paths. Absent: everything goes to the default backend."},
};

inline constexpr FieldFact kIngressStatusFields[] = {
    {"loadBalancer", 1, "IngressLoadBalancerStatus", "omitempty", "Its entry points."},
};

inline constexpr FieldFact kIngressTLSFields[] = {
    {"hosts", 1, "[]string", "omitempty list=atomic",
     "The hosts; they must be in the certificate."},
    {"secretName", 2, "string", "omitempty", "Name of a Secret of type kubernetes.io/tls."},
};

inline constexpr FieldFact kNetworkPolicyEgressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", "Ports of the peers. Empty: all."},
    {"to", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", "The peers. Empty: all."},
};

inline constexpr FieldFact kNetworkPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "NetworkPolicySpec", "omitempty", "What is wanted of the NetworkPolicy."},
};

inline constexpr FieldFact kNetworkPolicyIngressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", "Ports of the pods. Empty: all."},
    {"from", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", "The peers. Empty: all."},
};

inline constexpr FieldFact kNetworkPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]NetworkPolicy", "required", "The objects, in the order of their names."},
};

inline constexpr FieldFact kNetworkPolicyPeerFields[] = {
    {"podSelector", 1, "*meta/v1.LabelSelector", "omitempty",
     "Labels of pods, in the policy's namespace unless namespaceSelector is set."},
    {"namespaceSelector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Labels of namespaces; empty is all."},
    {"ipBlock", 3, "*IPBlock", "omitempty", "Addresses."},
};

inline constexpr FieldFact kNetworkPolicyPortFields[] = {
    {"protocol", 1, "*string", "omitempty enum=TCP|UDP|SCTP default=\"TCP\"",
     "TCP, UDP or SCTP. Default: TCP."},
    {"port", 2, "*intstr", "omitempty", "The port by number or name. Absent: all."},
    {"endPort", 3, "*int32", "omitempty",
     "Last port of a range that starts at port, which must be a number."},
};

}  // namespace cove::api
