#include "core/api/types/network_fields.h"
#include "core/api/types/workload_fields.h"

namespace cove::api {
namespace {

constexpr FieldFact kDaemonSetSpecFields[] = {
    {"selector", 1, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 2, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; their restart policy must be Always."},
    {"updateStrategy", 3, "DaemonSetUpdateStrategy", "omitempty",
     "How pods are replaced when the template changes."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"templateGeneration", 5, "int64", "omitempty",
     "Number of the template, growing with each change of it; set by the server."},
    {"revisionHistoryLimit", 6, "*int32", "omitempty default=10",
     "How many former templates are kept to return to. Default 10."},
};

constexpr FieldFact kDaemonSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty",
     "RollingUpdate (default), or OnDelete to replace only pods that somebody deletes."},
    {"rollingUpdate", 2, "*RollingUpdateDaemonSet", "omitempty", "Bounds of a rolling update."},
};

constexpr FieldFact kDeploymentSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; their restart policy must be Always."},
    {"strategy", 4, "DeploymentStrategy", "omitempty patch=retainKeys",
     "How pods are replaced when the template changes."},
    {"minReadySeconds", 5, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"revisionHistoryLimit", 6, "*int32", "omitempty default=2147483647",
     "How many former replica sets are kept to return to. Default 10."},
    {"paused", 7, "bool", "omitempty",
     "Changes of the template are not rolled out while this is set."},
    {"rollbackTo", 8, "*RollbackConfig", "omitempty",
     "Revision to return to; cleared once that has begun."},
    {"progressDeadlineSeconds", 9, "*int32", "omitempty default=2147483647",
     "Seconds without progress after which a rollout counts as failed. Default 600."},
};

constexpr FieldFact kDeploymentStrategyFields[] = {
    {"type", 1, "string", "omitempty",
     "RollingUpdate (default), or Recreate to end all old pods first."},
    {"rollingUpdate", 2, "*RollingUpdateDeployment", "omitempty", "Bounds of a rolling update."},
};

constexpr FieldFact kHTTPIngressPathFields[] = {
    {"path", 1, "string", "omitempty",
     "The path, starting with \"/\"; for type ImplementationSpecific it may be empty."},
    {"pathType", 3, "*string", "omitempty default=\"ImplementationSpecific\"",
     "Exact, Prefix or ImplementationSpecific. Default: ImplementationSpecific."},
    {"backend", 2, "IngressBackend", "required", "Where the requests go."},
};

constexpr FieldFact kIngressBackendFields[] = {
    {"serviceName", 1, "string", "omitempty", "Name of the service."},
    {"servicePort", 2, "intstr", "omitempty", "Port of the service, by number or name."},
    {"resource", 3, "*core/v1.TypedLocalObjectReference", "omitempty",
     "Another object of the same namespace."},
};

constexpr FieldFact kIngressSpecFields[] = {
    {"ingressClassName", 4, "*string", "omitempty",
     "Name of the IngressClass. Absent: the default one."},
    {"backend", 1, "*IngressBackend", "omitempty", "Where requests go that no rule matches."},
    {"tls", 2, "[]IngressTLS", "omitempty list=atomic", "Certificates by host."},
    {"rules", 3, "[]IngressRule", "omitempty list=atomic",
     "Rules by host. Without any, everything goes to the default backend."},
};

constexpr FieldFact kNetworkPolicySpecFields[] = {
    {"podSelector", 1, "meta/v1.LabelSelector", "required",
     "Labels of the pods that the policy is for; empty is all of the namespace."},
    {"ingress", 2, "[]NetworkPolicyIngressRule", "omitempty list=atomic",
     "Traffic that is accepted. Empty: none."},
    {"egress", 3, "[]NetworkPolicyEgressRule", "omitempty list=atomic",
     "Traffic that may be sent. Empty: none."},
    {"policyTypes", 4, "[]string", "omitempty list=atomic",
     "Ingress, Egress or both. Default: Ingress, and Egress when there are egress rules."},
};

constexpr FieldFact kReplicaSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "omitempty", "What new pods look like."},
};

constexpr FieldFact kScaleStatusFields[] = {
    {"replicas", 1, "int32", "required", "How many replicas there are."},
    {"selector", 2, "{}string", "omitempty atomic", "Labels of the pods that are counted."},
    {"targetSelector", 3, "string", "omitempty",
     "The selector as text, when it is more than equal labels."},
};

constexpr TypeFact kTypes[] = {
    {"DaemonSet", "kind", "Runs one pod on every node, or on every node of some kind.",
     kDaemonSetFields},
    {"DaemonSetCondition", "", "One aspect of a daemon set's state.", kDaemonSetConditionFields},
    {"DaemonSetList", "kind", "Daemon sets.", kDaemonSetListFields},
    {"DaemonSetSpec", "", "What a daemon set runs, and how it is updated.", kDaemonSetSpecFields},
    {"DaemonSetStatus", "", "How far a daemon set has come.", kDaemonSetStatusFields},
    {"DaemonSetUpdateStrategy", "", "How a daemon set's pods are replaced.",
     kDaemonSetUpdateStrategyFields},
    {"Deployment", "kind",
     "Keeps a number of equal pods running and replaces them step by step when their template "
     "changes.",
     kDeploymentFields},
    {"DeploymentCondition", "", "One aspect of a deployment's state.", kDeploymentConditionFields},
    {"DeploymentList", "kind", "Deployments.", kDeploymentListFields},
    {"DeploymentRollback", "kind", "Asks a deployment to return to a former revision.",
     kDeploymentRollbackFields},
    {"DeploymentSpec", "",
     "How many pods of which kind a deployment runs, and how they are replaced.",
     kDeploymentSpecFields},
    {"DeploymentStatus", "", "How far a deployment has come.", kDeploymentStatusFields},
    {"DeploymentStrategy", "", "How a deployment's pods are replaced.", kDeploymentStrategyFields},
    {"HTTPIngressPath", "", "A path and where its requests go.", kHTTPIngressPathFields},
    {"HTTPIngressRuleValue", "", "The paths of a host.", kHTTPIngressRuleValueFields},
    {"IPBlock", "", "A range of addresses, some perhaps left out.", kIPBlockFields},
    {"Ingress", "kind", "How HTTP requests from outside reach services, by host and path.",
     kIngressFields},
    {"IngressBackend", "", "Where requests go: a service's port, or another object.",
     kIngressBackendFields},
    {"IngressList", "kind", "A list of Ingress objects.", kIngressListFields},
    {"IngressLoadBalancerIngress", "", "One entry point.", kIngressLoadBalancerIngressFields},
    {"IngressLoadBalancerStatus", "", "Entry points of an Ingress.",
     kIngressLoadBalancerStatusFields},
    {"IngressPortStatus", "", "State of a port at an entry point.", kIngressPortStatusFields},
    {"IngressRule", "", "What happens to the requests for one host.", kIngressRuleFields},
    {"IngressRuleValue", "", "The paths of a host.", kIngressRuleValueFields},
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
    {"ReplicaSet", "kind",
     "Keeps a number of equal pods running; deployments make and manage them.", kReplicaSetFields},
    {"ReplicaSetCondition", "", "One aspect of a replica set's state.", kReplicaSetConditionFields},
    {"ReplicaSetList", "kind", "Replica sets.", kReplicaSetListFields},
    {"ReplicaSetSpec", "", "How many pods of which kind should run.", kReplicaSetSpecFields},
    {"ReplicaSetStatus", "", "How many pods a replica set has.", kReplicaSetStatusFields},
    {"RollbackConfig", "", "A revision to return to.", kRollbackConfigFields},
    {"RollingUpdateDaemonSet", "", "Bounds of a daemon set's rolling update; not both may be 0.",
     kRollingUpdateDaemonSetFields},
    {"RollingUpdateDeployment", "", "Bounds of a deployment's rolling update; not both may be 0.",
     kRollingUpdateDeploymentFields},
    {"Scale", "kind", "How many replicas there should be and are.", kScaleFields},
    {"ScaleSpec", "", "The wanted number of replicas.", kScaleSpecFields},
    {"ScaleStatus", "", "The present number of replicas.", kScaleStatusFields},
};

}  // namespace

std::span<const TypeFact> extensions_v1beta1_types() {
  return kTypes;
}

}  // namespace cove::api
