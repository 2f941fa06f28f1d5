#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kDaemonSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "DaemonSetSpec", "omitempty", ""},
    {"status", 3, "DaemonSetStatus", "omitempty", ""},
};

constexpr FieldFact kDaemonSetConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kDaemonSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]DaemonSet", "required", ""},
};

constexpr FieldFact kDaemonSetSpecFields[] = {
    {"selector", 1, "*meta/v1.LabelSelector", "omitempty", ""},
    {"template", 2, "core/v1.PodTemplateSpec", "required", ""},
    {"updateStrategy", 3, "DaemonSetUpdateStrategy", "omitempty", ""},
    {"minReadySeconds", 4, "int32", "omitempty", ""},
    {"templateGeneration", 5, "int64", "omitempty", ""},
    {"revisionHistoryLimit", 6, "*int32", "omitempty", ""},
};

constexpr FieldFact kDaemonSetStatusFields[] = {
    {"currentNumberScheduled", 1, "int32", "required", ""},
    {"numberMisscheduled", 2, "int32", "required", ""},
    {"desiredNumberScheduled", 3, "int32", "required", ""},
    {"numberReady", 4, "int32", "required", ""},
    {"observedGeneration", 5, "int64", "omitempty", ""},
    {"updatedNumberScheduled", 6, "int32", "omitempty", ""},
    {"numberAvailable", 7, "int32", "omitempty", ""},
    {"numberUnavailable", 8, "int32", "omitempty", ""},
    {"collisionCount", 9, "*int32", "omitempty", ""},
    {"conditions", 10, "[]DaemonSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kDaemonSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"rollingUpdate", 2, "*RollingUpdateDaemonSet", "omitempty", ""},
};

constexpr FieldFact kDeploymentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "DeploymentSpec", "omitempty", ""},
    {"status", 3, "DeploymentStatus", "omitempty", ""},
};

constexpr FieldFact kDeploymentConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastUpdateTime", 6, "time", "omitempty", ""},
    {"lastTransitionTime", 7, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kDeploymentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Deployment", "required", ""},
};

constexpr FieldFact kDeploymentRollbackFields[] = {
    {"name", 1, "string", "required", ""},
    {"updatedAnnotations", 2, "{}string", "omitempty", ""},
    {"rollbackTo", 3, "RollbackConfig", "required", ""},
};

constexpr FieldFact kDeploymentSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"template", 3, "core/v1.PodTemplateSpec", "required", ""},
    {"strategy", 4, "DeploymentStrategy", "omitempty patch=retainKeys", ""},
    {"minReadySeconds", 5, "int32", "omitempty", ""},
    {"revisionHistoryLimit", 6, "*int32", "omitempty", ""},
    {"paused", 7, "bool", "omitempty", ""},
    {"rollbackTo", 8, "*RollbackConfig", "omitempty", ""},
    {"progressDeadlineSeconds", 9, "*int32", "omitempty", ""},
};

constexpr FieldFact kDeploymentStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty", ""},
    {"replicas", 2, "int32", "omitempty", ""},
    {"updatedReplicas", 3, "int32", "omitempty", ""},
    {"readyReplicas", 7, "int32", "omitempty", ""},
    {"availableReplicas", 4, "int32", "omitempty", ""},
    {"unavailableReplicas", 5, "int32", "omitempty", ""},
    {"terminatingReplicas", 9, "*int32", "omitempty", ""},
    {"conditions", 6, "[]DeploymentCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
    {"collisionCount", 8, "*int32", "omitempty", ""},
};

constexpr FieldFact kDeploymentStrategyFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"rollingUpdate", 2, "*RollingUpdateDeployment", "omitempty", ""},
};

constexpr FieldFact kHTTPIngressPathFields[] = {
    {"path", 1, "string", "omitempty", ""},
    {"pathType", 3, "*string", "omitempty", ""},
    {"backend", 2, "IngressBackend", "required", ""},
};

constexpr FieldFact kHTTPIngressRuleValueFields[] = {
    {"paths", 1, "[]HTTPIngressPath", "required list=atomic", ""},
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
    {"serviceName", 1, "string", "omitempty", ""},
    {"servicePort", 2, "intstr", "omitempty", ""},
    {"resource", 3, "*core/v1.TypedLocalObjectReference", "omitempty", ""},
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

constexpr FieldFact kIngressSpecFields[] = {
    {"ingressClassName", 4, "*string", "omitempty", ""},
    {"backend", 1, "*IngressBackend", "omitempty", ""},
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
    {"podSelector", 1, "meta/v1.LabelSelector", "required", ""},
    {"ingress", 2, "[]NetworkPolicyIngressRule", "omitempty list=atomic", ""},
    {"egress", 3, "[]NetworkPolicyEgressRule", "omitempty list=atomic", ""},
    {"policyTypes", 4, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kReplicaSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ReplicaSetSpec", "omitempty", ""},
    {"status", 3, "ReplicaSetStatus", "omitempty", ""},
};

constexpr FieldFact kReplicaSetConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kReplicaSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ReplicaSet", "required", ""},
};

constexpr FieldFact kReplicaSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty", ""},
    {"minReadySeconds", 4, "int32", "omitempty", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"template", 3, "core/v1.PodTemplateSpec", "omitempty", ""},
};

constexpr FieldFact kReplicaSetStatusFields[] = {
    {"replicas", 1, "int32", "required", ""},
    {"fullyLabeledReplicas", 2, "int32", "omitempty", ""},
    {"readyReplicas", 4, "int32", "omitempty", ""},
    {"availableReplicas", 5, "int32", "omitempty", ""},
    {"terminatingReplicas", 7, "*int32", "omitempty", ""},
    {"observedGeneration", 3, "int64", "omitempty", ""},
    {"conditions", 6, "[]ReplicaSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kRollbackConfigFields[] = {
    {"revision", 1, "int64", "omitempty", ""},
};

constexpr FieldFact kRollingUpdateDaemonSetFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty", ""},
    {"maxSurge", 2, "*intstr", "omitempty", ""},
};

constexpr FieldFact kRollingUpdateDeploymentFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty", ""},
    {"maxSurge", 2, "*intstr", "omitempty", ""},
};

constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ScaleSpec", "omitempty", ""},
    {"status", 3, "ScaleStatus", "omitempty", ""},
};

constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", ""},
};

constexpr FieldFact kScaleStatusFields[] = {
    {"replicas", 1, "int32", "required", ""},
    {"selector", 2, "{}string", "omitempty atomic", ""},
    {"targetSelector", 3, "string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"DaemonSet", "kind", "", kDaemonSetFields},
    {"DaemonSetCondition", "", "", kDaemonSetConditionFields},
    {"DaemonSetList", "kind", "", kDaemonSetListFields},
    {"DaemonSetSpec", "", "", kDaemonSetSpecFields},
    {"DaemonSetStatus", "", "", kDaemonSetStatusFields},
    {"DaemonSetUpdateStrategy", "", "", kDaemonSetUpdateStrategyFields},
    {"Deployment", "kind", "", kDeploymentFields},
    {"DeploymentCondition", "", "", kDeploymentConditionFields},
    {"DeploymentList", "kind", "", kDeploymentListFields},
    {"DeploymentRollback", "kind", "", kDeploymentRollbackFields},
    {"DeploymentSpec", "", "", kDeploymentSpecFields},
    {"DeploymentStatus", "", "", kDeploymentStatusFields},
    {"DeploymentStrategy", "", "", kDeploymentStrategyFields},
    {"HTTPIngressPath", "", "", kHTTPIngressPathFields},
    {"HTTPIngressRuleValue", "", "", kHTTPIngressRuleValueFields},
    {"IPBlock", "", "", kIPBlockFields},
    {"Ingress", "kind", "", kIngressFields},
    {"IngressBackend", "", "", kIngressBackendFields},
    {"IngressList", "kind", "", kIngressListFields},
    {"IngressLoadBalancerIngress", "", "", kIngressLoadBalancerIngressFields},
    {"IngressLoadBalancerStatus", "", "", kIngressLoadBalancerStatusFields},
    {"IngressPortStatus", "", "", kIngressPortStatusFields},
    {"IngressRule", "", "", kIngressRuleFields},
    {"IngressRuleValue", "", "", kIngressRuleValueFields},
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
    {"ReplicaSet", "kind", "", kReplicaSetFields},
    {"ReplicaSetCondition", "", "", kReplicaSetConditionFields},
    {"ReplicaSetList", "kind", "", kReplicaSetListFields},
    {"ReplicaSetSpec", "", "", kReplicaSetSpecFields},
    {"ReplicaSetStatus", "", "", kReplicaSetStatusFields},
    {"RollbackConfig", "", "", kRollbackConfigFields},
    {"RollingUpdateDaemonSet", "", "", kRollingUpdateDaemonSetFields},
    {"RollingUpdateDeployment", "", "", kRollingUpdateDeploymentFields},
    {"Scale", "kind", "", kScaleFields},
    {"ScaleSpec", "", "", kScaleSpecFields},
    {"ScaleStatus", "", "", kScaleStatusFields},
};

}  // namespace

std::span<const TypeFact> extensions_v1beta1_types() {
  return kTypes;
}

}  // namespace cove::api
