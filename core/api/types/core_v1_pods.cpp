#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAffinityFields[] = {
    {"nodeAffinity", 1, "*NodeAffinity", "omitempty", ""},
    {"podAffinity", 2, "*PodAffinity", "omitempty", ""},
    {"podAntiAffinity", 3, "*PodAntiAffinity", "omitempty", ""},
};

constexpr FieldFact kContainerExtendedResourceRequestFields[] = {
    {"containerName", 1, "string", "required", ""},
    {"resourceName", 2, "string", "required", ""},
    {"requestName", 3, "string", "required", ""},
};

constexpr FieldFact kHostAliasFields[] = {
    {"ip", 1, "string", "required", ""},
    {"hostnames", 2, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kHostIPFields[] = {
    {"ip", 1, "string", "required", ""},
};

constexpr FieldFact kNodeAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "*NodeSelector", "omitempty", ""},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]PreferredSchedulingTerm",
     "omitempty list=atomic", ""},
};

constexpr FieldFact kNodeAllocatableResourceClaimStatusFields[] = {
    {"resourceClaimName", 1, "string", "required", ""},
    {"containers", 2, "[]string", "omitempty list=set", ""},
    {"resources", 3, "{}quantity", "required", ""},
};

constexpr FieldFact kNodeSelectorFields[] = {
    {"nodeSelectorTerms", 1, "[]NodeSelectorTerm", "required list=atomic", ""},
};

constexpr FieldFact kNodeSelectorRequirementFields[] = {
    {"key", 1, "string", "required", ""},
    {"operator", 2, "string", "required enum=In|NotIn|Exists|DoesNotExist|Gt|Lt", ""},
    {"values", 3, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kNodeSelectorTermFields[] = {
    {"matchExpressions", 1, "[]NodeSelectorRequirement", "omitempty list=atomic", ""},
    {"matchFields", 2, "[]NodeSelectorRequirement", "omitempty list=atomic", ""},
};

constexpr FieldFact kPodFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PodSpec", "omitempty", ""},
    {"status", 3, "PodStatus", "omitempty", ""},
};

constexpr FieldFact kPodAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "[]PodAffinityTerm",
     "omitempty list=atomic", ""},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]WeightedPodAffinityTerm",
     "omitempty list=atomic", ""},
};

constexpr FieldFact kPodAffinityTermFields[] = {
    {"labelSelector", 1, "*meta/v1.LabelSelector", "omitempty", ""},
    {"namespaces", 2, "[]string", "omitempty list=atomic", ""},
    {"topologyKey", 3, "string", "required", ""},
    {"namespaceSelector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"matchLabelKeys", 5, "[]string", "omitempty list=atomic", ""},
    {"mismatchLabelKeys", 6, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kPodAntiAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "[]PodAffinityTerm",
     "omitempty list=atomic", ""},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]WeightedPodAffinityTerm",
     "omitempty list=atomic", ""},
};

constexpr FieldFact kPodConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"observedGeneration", 7, "int64", "omitempty", ""},
    {"status", 2, "string", "required", ""},
    {"lastProbeTime", 3, "time", "omitempty", ""},
    {"lastTransitionTime", 4, "time", "omitempty", ""},
    {"reason", 5, "string", "omitempty", ""},
    {"message", 6, "string", "omitempty", ""},
};

constexpr FieldFact kPodDNSConfigFields[] = {
    {"nameservers", 1, "[]string", "omitempty list=atomic", ""},
    {"searches", 2, "[]string", "omitempty list=atomic", ""},
    {"options", 3, "[]PodDNSConfigOption", "omitempty list=atomic", ""},
};

constexpr FieldFact kPodDNSConfigOptionFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"value", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kPodExtendedResourceClaimStatusFields[] = {
    {"requestMappings", 1, "[]ContainerExtendedResourceRequest", "required list=atomic", ""},
    {"resourceClaimName", 2, "string", "required", ""},
};

constexpr FieldFact kPodIPFields[] = {
    {"ip", 1, "string", "required", ""},
};

constexpr FieldFact kPodListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Pod", "required", ""},
};

constexpr FieldFact kPodOSFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr FieldFact kPodReadinessGateFields[] = {
    {"conditionType", 1, "string", "required", ""},
};

constexpr FieldFact kPodResourceClaimFields[] = {
    {"name", 1, "string", "required", ""},
    {"resourceClaimName", 3, "*string", "omitempty", ""},
    {"resourceClaimTemplateName", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kPodResourceClaimStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"resourceClaimName", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kPodSchedulingGateFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr FieldFact kPodSchedulingGroupFields[] = {
    {"podGroupName", 1, "*string", "omitempty", ""},
};

constexpr FieldFact kPodSecurityContextFields[] = {
    {"seLinuxOptions", 1, "*SELinuxOptions", "omitempty", ""},
    {"windowsOptions", 8, "*WindowsSecurityContextOptions", "omitempty", ""},
    {"runAsUser", 2, "*int64", "omitempty", ""},
    {"runAsGroup", 6, "*int64", "omitempty", ""},
    {"runAsNonRoot", 3, "*bool", "omitempty", ""},
    {"supplementalGroups", 4, "[]int64", "omitempty list=atomic", ""},
    {"supplementalGroupsPolicy", 12, "*string", "omitempty enum=Merge|Strict", ""},
    {"fsGroup", 5, "*int64", "omitempty", ""},
    {"sysctls", 7, "[]Sysctl", "omitempty list=atomic", ""},
    {"fsGroupChangePolicy", 9, "*string", "omitempty enum=OnRootMismatch|Always", ""},
    {"seccompProfile", 10, "*SeccompProfile", "omitempty", ""},
    {"appArmorProfile", 11, "*AppArmorProfile", "omitempty", ""},
    {"seLinuxChangePolicy", 13, "*string", "omitempty", ""},
};

constexpr FieldFact kPodSpecFields[] = {
    {"volumes", 1, "[]Volume", "omitempty list=map key=name patch=merge,retainKeys patchKey=name",
     ""},
    {"initContainers", 20, "[]Container", "omitempty list=map key=name patch=merge patchKey=name",
     ""},
    {"containers", 2, "[]Container", "required list=map key=name patch=merge patchKey=name", ""},
    {"ephemeralContainers", 34, "[]EphemeralContainer",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"restartPolicy", 3, "string", "omitempty enum=Always|OnFailure|Never", ""},
    {"terminationGracePeriodSeconds", 4, "*int64", "omitempty", ""},
    {"activeDeadlineSeconds", 5, "*int64", "omitempty", ""},
    {"dnsPolicy", 6, "string", "omitempty enum=ClusterFirstWithHostNet|ClusterFirst|Default|None",
     ""},
    {"nodeSelector", 7, "{}string", "omitempty atomic", ""},
    {"serviceAccountName", 8, "string", "omitempty", ""},
    {"serviceAccount", 9, "string", "omitempty", ""},
    {"automountServiceAccountToken", 21, "*bool", "omitempty", ""},
    {"nodeName", 10, "string", "omitempty", ""},
    {"hostNetwork", 11, "bool", "omitempty", ""},
    {"hostPID", 12, "bool", "omitempty", ""},
    {"hostIPC", 13, "bool", "omitempty", ""},
    {"shareProcessNamespace", 27, "*bool", "omitempty", ""},
    {"securityContext", 14, "*PodSecurityContext", "omitempty", ""},
    {"imagePullSecrets", 15, "[]LocalObjectReference",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"hostname", 16, "string", "omitempty", ""},
    {"subdomain", 17, "string", "omitempty", ""},
    {"affinity", 18, "*Affinity", "omitempty", ""},
    {"schedulerName", 19, "string", "omitempty", ""},
    {"tolerations", 22, "[]Toleration", "omitempty list=atomic", ""},
    {"hostAliases", 23, "[]HostAlias", "omitempty list=map key=ip patch=merge patchKey=ip", ""},
    {"priorityClassName", 24, "string", "omitempty", ""},
    {"priority", 25, "*int32", "omitempty", ""},
    {"dnsConfig", 26, "*PodDNSConfig", "omitempty", ""},
    {"readinessGates", 28, "[]PodReadinessGate", "omitempty list=atomic", ""},
    {"runtimeClassName", 29, "*string", "omitempty", ""},
    {"enableServiceLinks", 30, "*bool", "omitempty", ""},
    {"preemptionPolicy", 31, "*string", "omitempty enum=PreemptLowerPriority|Never", ""},
    {"overhead", 32, "{}quantity", "omitempty", ""},
    {"topologySpreadConstraints", 33, "[]TopologySpreadConstraint",
     "omitempty list=map key=topologyKey,whenUnsatisfiable patch=merge patchKey=topologyKey", ""},
    {"setHostnameAsFQDN", 35, "*bool", "omitempty", ""},
    {"os", 36, "*PodOS", "omitempty", ""},
    {"hostUsers", 37, "*bool", "omitempty", ""},
    {"schedulingGates", 38, "[]PodSchedulingGate",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"resourceClaims", 39, "[]PodResourceClaim",
     "omitempty list=map key=name patch=merge,retainKeys patchKey=name", ""},
    {"resources", 40, "*ResourceRequirements", "omitempty", ""},
    {"hostnameOverride", 41, "*string", "omitempty", ""},
    {"schedulingGroup", 43, "*PodSchedulingGroup", "omitempty", ""},
};

constexpr FieldFact kPodStatusFields[] = {
    {"observedGeneration", 17, "int64", "omitempty", ""},
    {"phase", 1, "string", "omitempty enum=Pending|Running|Succeeded|Failed|Unknown", ""},
    {"conditions", 2, "[]PodCondition", "omitempty list=map key=type patch=merge patchKey=type",
     ""},
    {"message", 3, "string", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"nominatedNodeName", 11, "string", "omitempty", ""},
    {"hostIP", 5, "string", "omitempty", ""},
    {"hostIPs", 16, "[]HostIP", "omitempty list=atomic patch=merge patchKey=ip", ""},
    {"podIP", 6, "string", "omitempty", ""},
    {"podIPs", 12, "[]PodIP", "omitempty list=map key=ip patch=merge patchKey=ip", ""},
    {"startTime", 7, "*time", "omitempty", ""},
    {"initContainerStatuses", 10, "[]ContainerStatus", "omitempty list=atomic", ""},
    {"containerStatuses", 8, "[]ContainerStatus", "omitempty list=atomic", ""},
    {"qosClass", 9, "string", "omitempty enum=Guaranteed|Burstable|BestEffort", ""},
    {"ephemeralContainerStatuses", 13, "[]ContainerStatus", "omitempty list=atomic", ""},
    {"resize", 14, "string", "omitempty", ""},
    {"resourceClaimStatuses", 15, "[]PodResourceClaimStatus",
     "omitempty list=map key=name patch=merge,retainKeys patchKey=name", ""},
    {"extendedResourceClaimStatus", 18, "*PodExtendedResourceClaimStatus", "omitempty", ""},
    {"allocatedResources", 19, "{}quantity", "omitempty", ""},
    {"resources", 20, "*ResourceRequirements", "omitempty", ""},
    {"nodeAllocatableResourceClaimStatuses", 21, "[]NodeAllocatableResourceClaimStatus",
     "omitempty list=atomic", ""},
};

constexpr FieldFact kPodStatusResultFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"status", 2, "PodStatus", "omitempty", ""},
};

constexpr FieldFact kPodTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"template", 2, "PodTemplateSpec", "omitempty", ""},
};

constexpr FieldFact kPodTemplateListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PodTemplate", "required", ""},
};

constexpr FieldFact kPodTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PodSpec", "omitempty", ""},
};

constexpr FieldFact kPreferredSchedulingTermFields[] = {
    {"weight", 1, "int32", "required", ""},
    {"preference", 2, "NodeSelectorTerm", "required", ""},
};

constexpr FieldFact kReplicationControllerFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ReplicationControllerSpec", "omitempty", ""},
    {"status", 3, "ReplicationControllerStatus", "omitempty", ""},
};

constexpr FieldFact kReplicationControllerConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kReplicationControllerListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ReplicationController", "required", ""},
};

constexpr FieldFact kReplicationControllerSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", ""},
    {"minReadySeconds", 4, "int32", "omitempty default=0", ""},
    {"selector", 2, "{}string", "omitempty atomic", ""},
    {"template", 3, "*PodTemplateSpec", "omitempty", ""},
};

constexpr FieldFact kReplicationControllerStatusFields[] = {
    {"replicas", 1, "int32", "required", ""},
    {"fullyLabeledReplicas", 2, "int32", "omitempty", ""},
    {"readyReplicas", 4, "int32", "omitempty", ""},
    {"availableReplicas", 5, "int32", "omitempty", ""},
    {"observedGeneration", 3, "int64", "omitempty", ""},
    {"conditions", 6, "[]ReplicationControllerCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kSysctlFields[] = {
    {"name", 1, "string", "required", ""},
    {"value", 2, "string", "required", ""},
};

constexpr FieldFact kTolerationFields[] = {
    {"key", 1, "string", "omitempty", ""},
    {"operator", 2, "string", "omitempty enum=Exists|Equal|Lt|Gt", ""},
    {"value", 3, "string", "omitempty", ""},
    {"effect", 4, "string", "omitempty enum=NoSchedule|PreferNoSchedule|NoExecute", ""},
    {"tolerationSeconds", 5, "*int64", "omitempty", ""},
};

constexpr FieldFact kTopologySpreadConstraintFields[] = {
    {"maxSkew", 1, "int32", "required", ""},
    {"topologyKey", 2, "string", "required", ""},
    {"whenUnsatisfiable", 3, "string", "required enum=DoNotSchedule|ScheduleAnyway", ""},
    {"labelSelector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"minDomains", 5, "*int32", "omitempty", ""},
    {"nodeAffinityPolicy", 6, "*string", "omitempty enum=Ignore|Honor", ""},
    {"nodeTaintsPolicy", 7, "*string", "omitempty enum=Ignore|Honor", ""},
    {"matchLabelKeys", 8, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kWeightedPodAffinityTermFields[] = {
    {"weight", 1, "int32", "required", ""},
    {"podAffinityTerm", 2, "PodAffinityTerm", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"Affinity", "", "", kAffinityFields},
    {"ContainerExtendedResourceRequest", "", "", kContainerExtendedResourceRequestFields},
    {"HostAlias", "", "", kHostAliasFields},
    {"HostIP", "", "", kHostIPFields},
    {"NodeAffinity", "", "", kNodeAffinityFields},
    {"NodeAllocatableResourceClaimStatus", "", "", kNodeAllocatableResourceClaimStatusFields},
    {"NodeSelector", "atomic", "", kNodeSelectorFields},
    {"NodeSelectorRequirement", "", "", kNodeSelectorRequirementFields},
    {"NodeSelectorTerm", "atomic", "", kNodeSelectorTermFields},
    {"Pod", "kind", "", kPodFields},
    {"PodAffinity", "", "", kPodAffinityFields},
    {"PodAffinityTerm", "", "", kPodAffinityTermFields},
    {"PodAntiAffinity", "", "", kPodAntiAffinityFields},
    {"PodCondition", "", "", kPodConditionFields},
    {"PodDNSConfig", "", "", kPodDNSConfigFields},
    {"PodDNSConfigOption", "", "", kPodDNSConfigOptionFields},
    {"PodExtendedResourceClaimStatus", "", "", kPodExtendedResourceClaimStatusFields},
    {"PodIP", "", "", kPodIPFields},
    {"PodList", "kind", "", kPodListFields},
    {"PodOS", "", "", kPodOSFields},
    {"PodReadinessGate", "", "", kPodReadinessGateFields},
    {"PodResourceClaim", "", "", kPodResourceClaimFields},
    {"PodResourceClaimStatus", "", "", kPodResourceClaimStatusFields},
    {"PodSchedulingGate", "", "", kPodSchedulingGateFields},
    {"PodSchedulingGroup", "", "", kPodSchedulingGroupFields},
    {"PodSecurityContext", "", "", kPodSecurityContextFields},
    {"PodSpec", "", "", kPodSpecFields},
    {"PodStatus", "", "", kPodStatusFields},
    {"PodStatusResult", "kind", "", kPodStatusResultFields},
    {"PodTemplate", "kind", "", kPodTemplateFields},
    {"PodTemplateList", "kind", "", kPodTemplateListFields},
    {"PodTemplateSpec", "", "", kPodTemplateSpecFields},
    {"PreferredSchedulingTerm", "", "", kPreferredSchedulingTermFields},
    {"ReplicationController", "kind", "", kReplicationControllerFields},
    {"ReplicationControllerCondition", "", "", kReplicationControllerConditionFields},
    {"ReplicationControllerList", "kind", "", kReplicationControllerListFields},
    {"ReplicationControllerSpec", "", "", kReplicationControllerSpecFields},
    {"ReplicationControllerStatus", "", "", kReplicationControllerStatusFields},
    {"Sysctl", "", "", kSysctlFields},
    {"Toleration", "", "", kTolerationFields},
    {"TopologySpreadConstraint", "", "", kTopologySpreadConstraintFields},
    {"WeightedPodAffinityTerm", "", "", kWeightedPodAffinityTermFields},
};

}  // namespace

std::span<const TypeFact> core_v1_pods_types() {
  return kTypes;
}

}  // namespace cove::api
