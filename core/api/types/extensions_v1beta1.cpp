#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kDaemonSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "DaemonSetSpec", "omitempty", "What should run."},
    {"status", 3, "DaemonSetStatus", "omitempty", "How far it has come."},
};

constexpr FieldFact kDaemonSetConditionFields[] = {
    {"type", 1, "string", "required", "The aspect."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kDaemonSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]DaemonSet", "required", "The daemon sets."},
};

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

constexpr FieldFact kDaemonSetStatusFields[] = {
    {"currentNumberScheduled", 1, "int32", "required", "Nodes that run its pod and should."},
    {"numberMisscheduled", 2, "int32", "required", "Nodes that run its pod and should not."},
    {"desiredNumberScheduled", 3, "int32", "required", "Nodes that should run its pod."},
    {"numberReady", 4, "int32", "required",
     "Nodes that should run its pod and have one that is ready."},
    {"observedGeneration", 5, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"updatedNumberScheduled", 6, "int32", "omitempty",
     "Nodes that run the pod of the present template."},
    {"numberAvailable", 7, "int32", "omitempty",
     "Nodes that should run its pod and have one that has been ready for minReadySeconds."},
    {"numberUnavailable", 8, "int32", "omitempty",
     "Nodes that should run its pod and have none available."},
    {"collisionCount", 9, "*int32", "omitempty",
     "How often the name of a revision was taken already."},
    {"conditions", 10, "[]DaemonSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
};

constexpr FieldFact kDaemonSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty",
     "RollingUpdate (default), or OnDelete to replace only pods that somebody deletes."},
    {"rollingUpdate", 2, "*RollingUpdateDaemonSet", "omitempty", "Bounds of a rolling update."},
};

constexpr FieldFact kDeploymentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "DeploymentSpec", "omitempty", "How many pods of which kind should run."},
    {"status", 3, "DeploymentStatus", "omitempty", "How far it has come."},
};

constexpr FieldFact kDeploymentConditionFields[] = {
    {"type", 1, "string", "required", "The aspect: Available, Progressing or ReplicaFailure."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastUpdateTime", 6, "time", "omitempty", "When the condition was last written."},
    {"lastTransitionTime", 7, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kDeploymentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]Deployment", "required", "The deployments."},
};

constexpr FieldFact kDeploymentRollbackFields[] = {
    {"name", 1, "string", "required", "Name of the deployment."},
    {"updatedAnnotations", 2, "{}string", "omitempty", "Annotations to set on the deployment."},
    {"rollbackTo", 3, "RollbackConfig", "required", "The revision."},
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

constexpr FieldFact kDeploymentStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"replicas", 2, "int32", "omitempty", "Pods there are, of all templates."},
    {"updatedReplicas", 3, "int32", "omitempty", "Pods of the present template."},
    {"readyReplicas", 7, "int32", "omitempty", "Pods that are ready."},
    {"availableReplicas", 4, "int32", "omitempty",
     "Pods that have been ready for minReadySeconds."},
    {"unavailableReplicas", 5, "int32", "omitempty",
     "Pods that are missing for the wanted number to be available."},
    {"terminatingReplicas", 9, "*int32", "omitempty", "Pods that are being ended."},
    {"conditions", 6, "[]DeploymentCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
    {"collisionCount", 8, "*int32", "omitempty",
     "How often the name of a replica set was taken already."},
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

constexpr FieldFact kHTTPIngressRuleValueFields[] = {
    {"paths", 1, "[]HTTPIngressPath", "required list=atomic", "The paths; the longest match wins."},
};

constexpr FieldFact kIPBlockFields[] = {
    {"cidr", 1, "string", "required",
     "The range as CIDR, such as 192.168.1.0/24 or 2001:db8::/64."},
    {"except", 2, "[]string", "omitempty list=atomic", "Ranges inside cidr that are left out."},
};

constexpr FieldFact kIngressFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "IngressSpec", "omitempty", "What is wanted of the Ingress."},
    {"status", 3, "IngressStatus", "omitempty",
     "What the system last saw of the Ingress. Clients do not write it through the main resource."},
};

constexpr FieldFact kIngressBackendFields[] = {
    {"serviceName", 1, "string", "omitempty", "Name of the service."},
    {"servicePort", 2, "intstr", "omitempty", "Port of the service, by number or name."},
    {"resource", 3, "*core/v1.TypedLocalObjectReference", "omitempty",
     "Another object of the same namespace."},
};

constexpr FieldFact kIngressListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Ingress", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kIngressLoadBalancerIngressFields[] = {
    {"ip", 1, "string", "omitempty", "Address of the entry point."},
    {"hostname", 2, "string", "omitempty", "Host name of the entry point."},
    {"ports", 4, "[]IngressPortStatus", "omitempty list=atomic", "State of its ports."},
};

constexpr FieldFact kIngressLoadBalancerStatusFields[] = {
    {"ingress", 1, "[]IngressLoadBalancerIngress", "omitempty list=atomic",
     "Where clients connect to."},
};

constexpr FieldFact kIngressPortStatusFields[] = {
    {"port", 1, "int32", "required", "Number of the port."},
    {"protocol", 2, "string", "required enum=TCP|UDP|SCTP", "TCP, UDP or SCTP."},
    {"error", 3, "*string", "omitempty",
     "Why the port does not work, as a CamelCase word; absent when it does."},
};

constexpr FieldFact kIngressRuleFields[] = {
    {"host", 1, "string", "omitempty",
     "Host name, or *.NAME for one label more. Empty: every host."},
    {"", 2, "IngressRuleValue", "inline", "The paths of the host."},
};

constexpr FieldFact kIngressRuleValueFields[] = {
    {"http", 1, "*HTTPIngressRuleValue", "omitempty",
     "The paths. Absent: everything goes to the default backend."},
};

constexpr FieldFact kIngressSpecFields[] = {
    {"ingressClassName", 4, "*string", "omitempty",
     "Name of the IngressClass. Absent: the default one."},
    {"backend", 1, "*IngressBackend", "omitempty", "Where requests go that no rule matches."},
    {"tls", 2, "[]IngressTLS", "omitempty list=atomic", "Certificates by host."},
    {"rules", 3, "[]IngressRule", "omitempty list=atomic",
     "Rules by host. Without any, everything goes to the default backend."},
};

constexpr FieldFact kIngressStatusFields[] = {
    {"loadBalancer", 1, "IngressLoadBalancerStatus", "omitempty", "Its entry points."},
};

constexpr FieldFact kIngressTLSFields[] = {
    {"hosts", 1, "[]string", "omitempty list=atomic",
     "The hosts; they must be in the certificate."},
    {"secretName", 2, "string", "omitempty", "Name of a Secret of type kubernetes.io/tls."},
};

constexpr FieldFact kNetworkPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "NetworkPolicySpec", "omitempty", "What is wanted of the NetworkPolicy."},
};

constexpr FieldFact kNetworkPolicyEgressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", "Ports of the peers. Empty: all."},
    {"to", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", "The peers. Empty: all."},
};

constexpr FieldFact kNetworkPolicyIngressRuleFields[] = {
    {"ports", 1, "[]NetworkPolicyPort", "omitempty list=atomic", "Ports of the pods. Empty: all."},
    {"from", 2, "[]NetworkPolicyPeer", "omitempty list=atomic", "The peers. Empty: all."},
};

constexpr FieldFact kNetworkPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]NetworkPolicy", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kNetworkPolicyPeerFields[] = {
    {"podSelector", 1, "*meta/v1.LabelSelector", "omitempty",
     "Labels of pods, in the policy's namespace unless namespaceSelector is set."},
    {"namespaceSelector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Labels of namespaces; empty is all."},
    {"ipBlock", 3, "*IPBlock", "omitempty", "Addresses."},
};

constexpr FieldFact kNetworkPolicyPortFields[] = {
    {"protocol", 1, "*string", "omitempty enum=TCP|UDP|SCTP default=\"TCP\"",
     "TCP, UDP or SCTP. Default: TCP."},
    {"port", 2, "*intstr", "omitempty", "The port by number or name. Absent: all."},
    {"endPort", 3, "*int32", "omitempty",
     "Last port of a range that starts at port, which must be a number."},
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

constexpr FieldFact kReplicaSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "ReplicaSetSpec", "omitempty", "How many pods of which kind should run."},
    {"status", 3, "ReplicaSetStatus", "omitempty", "How many there are."},
};

constexpr FieldFact kReplicaSetConditionFields[] = {
    {"type", 1, "string", "required", "The aspect, such as ReplicaFailure."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kReplicaSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]ReplicaSet", "required", "The replica sets."},
};

constexpr FieldFact kReplicaSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "omitempty", "What new pods look like."},
};

constexpr FieldFact kReplicaSetStatusFields[] = {
    {"replicas", 1, "int32", "required", "Pods there are."},
    {"fullyLabeledReplicas", 2, "int32", "omitempty", "Pods that have all labels of the template."},
    {"readyReplicas", 4, "int32", "omitempty", "Pods that are ready."},
    {"availableReplicas", 5, "int32", "omitempty",
     "Pods that have been ready for minReadySeconds."},
    {"terminatingReplicas", 7, "*int32", "omitempty", "Pods that are being ended."},
    {"observedGeneration", 3, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"conditions", 6, "[]ReplicaSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
};

constexpr FieldFact kRollbackConfigFields[] = {
    {"revision", 1, "int64", "omitempty",
     "Number of the revision; 0 is the one before the present."},
};

constexpr FieldFact kRollingUpdateDaemonSetFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty",
     "Nodes that may be without an available pod, as number or percentage. Default 1."},
    {"maxSurge", 2, "*intstr", "omitempty",
     "Nodes that may run old and new pod at once, as number or percentage. Default 0."},
};

constexpr FieldFact kRollingUpdateDeploymentFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty",
     "Pods that may be missing, as number or percentage of replicas rounded down. Default 25%."},
    {"maxSurge", 2, "*intstr", "omitempty",
     "Pods there may be above replicas, as number or percentage rounded up. Default 25%."},
};

constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "ScaleSpec", "omitempty", "The wanted number."},
    {"status", 3, "ScaleStatus", "omitempty", "The present number."},
};

constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", "How many replicas there should be."},
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
