#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAffinityFields[] = {
    {"nodeAffinity", 1, "*NodeAffinity", "omitempty", "Rules about the labels of the node."},
    {"podAffinity", 2, "*PodAffinity", "omitempty",
     "Rules that draw the pod to where certain other pods run."},
    {"podAntiAffinity", 3, "*PodAntiAffinity", "omitempty",
     "Rules that keep the pod away from where certain other pods run."},
};

constexpr FieldFact kContainerExtendedResourceRequestFields[] = {
    {"containerName", 1, "string", "required", "Container that asks for the resource."},
    {"resourceName", 2, "string", "required", "Extended resource that the container asks for."},
    {"requestName", 3, "string", "required", "Request in the generated claim that answers it."},
};

constexpr FieldFact kHostAliasFields[] = {
    {"ip", 1, "string", "required", "The address."},
    {"hostnames", 2, "[]string", "omitempty list=atomic", "Names that resolve to the address."},
};

constexpr FieldFact kHostIPFields[] = {
    {"ip", 1, "string", "required", "An IPv4 or IPv6 address of the node the pod runs on."},
};

constexpr FieldFact kNodeAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "*NodeSelector", "omitempty",
     "Rules a node must meet to get the pod; a running pod stays when they stop holding."},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]PreferredSchedulingTerm",
     "omitempty list=atomic",
     "Wishes with weights; among fitting nodes the one with the highest sum is taken."},
};

constexpr FieldFact kNodeAllocatableResourceClaimStatusFields[] = {
    {"resourceClaimName", 1, "string", "required", "Name of the claim, in the pod's namespace."},
    {"containers", 2, "[]string", "omitempty list=set",
     "Names of the containers that use the claim."},
    {"resources", 3, "{}quantity", "required", "Amounts taken, by resource name."},
};

constexpr FieldFact kNodeSelectorFields[] = {
    {"nodeSelectorTerms", 1, "[]NodeSelectorTerm", "required list=atomic",
     "Terms, of which one must hold."},
};

constexpr FieldFact kNodeSelectorRequirementFields[] = {
    {"key", 1, "string", "required", "Label key, or name of the field."},
    {"operator", 2, "string", "required enum=In|NotIn|Exists|DoesNotExist|Gt|Lt",
     "How they are compared: In, NotIn, Exists, DoesNotExist, Gt or Lt."},
    {"values", 3, "[]string", "omitempty list=atomic",
     "Values for In and NotIn; none for Exists and DoesNotExist; one integer for Gt and Lt."},
};

constexpr FieldFact kNodeSelectorTermFields[] = {
    {"matchExpressions", 1, "[]NodeSelectorRequirement", "omitempty list=atomic",
     "Requirements on the node's labels."},
    {"matchFields", 2, "[]NodeSelectorRequirement", "omitempty list=atomic",
     "Requirements on the node's fields; metadata.name is the one there is."},
};

constexpr FieldFact kPodFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "PodSpec", "omitempty", "What should run, and how."},
    {"status", 3, "PodStatus", "omitempty",
     "What is known of the running pod; written by the node's agent."},
};

constexpr FieldFact kPodAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "[]PodAffinityTerm",
     "omitempty list=atomic",
     "Terms that must all hold where the pod is placed; a running pod stays when they stop "
     "holding."},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]WeightedPodAffinityTerm",
     "omitempty list=atomic",
     "Wishes with weights; among fitting nodes the one with the highest sum is taken."},
};

constexpr FieldFact kPodAffinityTermFields[] = {
    {"labelSelector", 1, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that are meant; absent matches no pod."},
    {"namespaces", 2, "[]string", "omitempty list=atomic",
     "Namespaces to look in beside those of the selector; with neither, the pod's own."},
    {"topologyKey", 3, "string", "required",
     "Node label; nodes with the same value of it are one place. Must not be empty."},
    {"namespaceSelector", 4, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the namespaces to look in; an empty selector means all."},
    {"matchLabelKeys", 5, "[]string", "omitempty list=atomic",
     "Keys whose values in the pod's own labels are added to the selector as In."},
    {"mismatchLabelKeys", 6, "[]string", "omitempty list=atomic",
     "Keys whose values in the pod's own labels are added to the selector as NotIn."},
};

constexpr FieldFact kPodAntiAffinityFields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", 1, "[]PodAffinityTerm",
     "omitempty list=atomic",
     "Terms none of which may hold where the pod is placed; a running pod stays when that "
     "changes."},
    {"preferredDuringSchedulingIgnoredDuringExecution", 2, "[]WeightedPodAffinityTerm",
     "omitempty list=atomic",
     "Places to avoid, with weights; the node with the highest sum is the least wanted."},
};

constexpr FieldFact kPodConditionFields[] = {
    {"type", 1, "string", "required",
     "The aspect: PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget or a "
     "readiness gate's."},
    {"observedGeneration", 7, "int64", "omitempty",
     "Generation of the pod the condition was set for."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastProbeTime", 3, "time", "omitempty", "When it was last checked."},
    {"lastTransitionTime", 4, "time", "omitempty", "When the status last changed."},
    {"reason", 5, "string", "omitempty", "One word in CamelCase for why the status is what it is."},
    {"message", 6, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kPodDNSConfigFields[] = {
    {"nameservers", 1, "[]string", "omitempty list=atomic",
     "Addresses of DNS servers, put behind those of the policy; at most three in all."},
    {"searches", 2, "[]string", "omitempty list=atomic",
     "Search domains, put behind those of the policy; at most 32 in all."},
    {"options", 3, "[]PodDNSConfigOption", "omitempty list=atomic",
     "Resolver options; they replace the policy's options of the same name."},
};

constexpr FieldFact kPodDNSConfigOptionFields[] = {
    {"name", 1, "string", "omitempty", "The option's name, such as ndots."},
    {"value", 2, "*string", "omitempty", "The option's value; absent for options that have none."},
};

constexpr FieldFact kPodExtendedResourceClaimStatusFields[] = {
    {"requestMappings", 1, "[]ContainerExtendedResourceRequest", "required list=atomic",
     "Which request of the claim answers which container's resource."},
    {"resourceClaimName", 2, "string", "required",
     "Name of the generated claim, in the pod's namespace."},
};

constexpr FieldFact kPodIPFields[] = {
    {"ip", 1, "string", "required", "An IPv4 or IPv6 address of the pod."},
};

constexpr FieldFact kPodListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]Pod", "required", "The pods."},
};

constexpr FieldFact kPodOSFields[] = {
    {"name", 1, "string", "required", "linux or windows."},
};

constexpr FieldFact kPodReadinessGateFields[] = {
    {"conditionType", 1, "string", "required", "Type of the condition in the pod's status."},
};

constexpr FieldFact kPodResourceClaimFields[] = {
    {"name", 1, "string", "required", "Name within the pod, a DNS label; containers refer to it."},
    {"resourceClaimName", 3, "*string", "omitempty",
     "An existing claim in the pod's namespace; this or resourceClaimTemplateName is set."},
    {"resourceClaimTemplateName", 4, "*string", "omitempty",
     "Template from which a claim is made for this pod, and which goes away with the pod."},
};

constexpr FieldFact kPodResourceClaimStatusFields[] = {
    {"name", 1, "string", "required", "Name of the entry in spec.resourceClaims."},
    {"resourceClaimName", 2, "*string", "omitempty",
     "Name of the claim that was made; absent when none is needed."},
};

constexpr FieldFact kPodSchedulingGateFields[] = {
    {"name", 1, "string", "required",
     "Name of the gate, unique in the pod; whoever put it there removes it."},
};

constexpr FieldFact kPodSchedulingGroupFields[] = {
    {"podGroupName", 1, "*string", "omitempty", "Name of the PodGroup, in the pod's namespace."},
};

constexpr FieldFact kPodSecurityContextFields[] = {
    {"seLinuxOptions", 1, "*SELinuxOptions", "omitempty",
     "SELinux label of the containers; absent lets the runtime choose one."},
    {"windowsOptions", 8, "*WindowsSecurityContextOptions", "omitempty",
     "Settings for Windows containers."},
    {"runAsUser", 2, "*int64", "omitempty",
     "User id of the containers' processes; absent takes the image's."},
    {"runAsGroup", 6, "*int64", "omitempty",
     "Primary group id of the containers' processes; absent takes the runtime's default."},
    {"runAsNonRoot", 3, "*bool", "omitempty", "Refuses to start containers whose user is root."},
    {"supplementalGroups", 4, "[]int64", "omitempty list=atomic",
     "Further group ids of the first process of each container."},
    {"supplementalGroupsPolicy", 12, "*string", "omitempty enum=Merge|Strict",
     "Whether the image's groups are added (Merge, the default) or only those listed here count "
     "(Strict)."},
    {"fsGroup", 5, "*int64", "omitempty",
     "Group that owns the volumes which support ownership, and a group of every process."},
    {"sysctls", 7, "[]Sysctl", "omitempty list=atomic",
     "Kernel parameters to set in the pod's namespaces."},
    {"fsGroupChangePolicy", 9, "*string", "omitempty enum=OnRootMismatch|Always",
     "Whether volumes' ownership is changed Always or only OnRootMismatch; default Always."},
    {"seccompProfile", 10, "*SeccompProfile", "omitempty",
     "Filter of system calls for the containers."},
    {"appArmorProfile", 11, "*AppArmorProfile", "omitempty", "AppArmor profile of the containers."},
    {"seLinuxChangePolicy", 13, "*string", "omitempty",
     "How volumes get the SELinux label: MountOption or Recursive."},
};

constexpr FieldFact kPodSpecFields[] = {
    {"volumes", 1, "[]Volume", "omitempty list=map key=name patch=merge,retainKeys patchKey=name",
     "Volumes that containers of the pod can mount."},
    {"initContainers", 20, "[]Container", "omitempty list=map key=name patch=merge patchKey=name",
     "Containers that run one after another, each to its end, before the others start; with "
     "restartPolicy Always they keep running beside them."},
    {"containers", 2, "[]Container", "required list=map key=name patch=merge patchKey=name",
     "The pod's containers; at least one, and fixed once the pod is made."},
    {"ephemeralContainers", 34, "[]EphemeralContainer",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Containers added to a running pod for debugging; only through the ephemeralcontainers "
     "subresource."},
    {"restartPolicy", 3, "string", "omitempty enum=Always|OnFailure|Never default=\"Always\"",
     "When ended containers are started again: Always, OnFailure or Never."},
    {"terminationGracePeriodSeconds", 4, "*int64", "omitempty default=30",
     "Seconds that processes get between the request to end and being killed; 0 kills at once. "
     "Default 30."},
    {"activeDeadlineSeconds", 5, "*int64", "omitempty",
     "Seconds after its start after which the pod is ended and counts as failed."},
    {"dnsPolicy", 6, "string",
     "omitempty enum=ClusterFirstWithHostNet|ClusterFirst|Default|None default=\"ClusterFirst\"",
     "Where names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default (the node's) or "
     "None (dnsConfig alone)."},
    {"nodeSelector", 7, "{}string", "omitempty atomic", "Labels the node must have."},
    {"serviceAccountName", 8, "string", "omitempty",
     "Service account the pod acts as; default is the namespace's \"default\"."},
    {"serviceAccount", 9, "string", "omitempty",
     "Former name of serviceAccountName, kept equal to it."},
    {"automountServiceAccountToken", 21, "*bool", "omitempty",
     "Whether a token of the service account is mounted into the containers."},
    {"nodeName", 10, "string", "omitempty",
     "Node the pod is bound to; set by the scheduler, empty until then."},
    {"hostNetwork", 11, "bool", "omitempty", "Uses the node's network instead of one of its own."},
    {"hostPID", 12, "bool", "omitempty", "Uses the node's process ids."},
    {"hostIPC", 13, "bool", "omitempty", "Uses the node's interprocess communication."},
    {"shareProcessNamespace", 27, "*bool", "omitempty",
     "Containers of the pod see each other's processes; not together with hostPID."},
    {"securityContext", 14, "*PodSecurityContext", "omitempty default={}",
     "Privileges and ids for all containers of the pod."},
    {"imagePullSecrets", 15, "[]LocalObjectReference",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Secrets with which images are pulled, in the pod's namespace."},
    {"hostname", 16, "string", "omitempty", "The pod's host name; default is the pod's name."},
    {"subdomain", 17, "string", "omitempty",
     "Makes the full host name <hostname>.<subdomain>.<namespace>.svc.<cluster domain>."},
    {"affinity", 18, "*Affinity", "omitempty",
     "Rules about the nodes and neighbours the pod is scheduled with."},
    {"schedulerName", 19, "string", "omitempty default=\"default-scheduler\"",
     "Scheduler that places the pod."},
    {"tolerations", 22, "[]Toleration", "omitempty list=atomic",
     "Node taints that do not keep the pod away."},
    {"hostAliases", 23, "[]HostAlias", "omitempty list=map key=ip patch=merge patchKey=ip",
     "Extra lines of the pod's /etc/hosts."},
    {"priorityClassName", 24, "string", "omitempty",
     "Priority class of the pod; it gives the number in priority."},
    {"priority", 25, "*int32", "omitempty",
     "Importance: higher comes first in scheduling and may displace lower. Set from the priority "
     "class."},
    {"dnsConfig", 26, "*PodDNSConfig", "omitempty",
     "Name resolution settings beside those of dnsPolicy."},
    {"readinessGates", 28, "[]PodReadinessGate", "omitempty list=atomic",
     "Conditions that must be true, beside the containers being ready, for the pod to be ready."},
    {"runtimeClassName", 29, "*string", "omitempty",
     "RuntimeClass that says which container runtime runs the pod; default is the node's own."},
    {"enableServiceLinks", 30, "*bool", "omitempty",
     "Gives containers environment variables about the namespace's services. Default true."},
    {"preemptionPolicy", 31, "*string", "omitempty enum=PreemptLowerPriority|Never",
     "Whether the pod may displace pods of lower priority: PreemptLowerPriority (default) or "
     "Never."},
    {"overhead", 32, "{}quantity", "omitempty",
     "Resources the runtime itself needs for the pod; set from the RuntimeClass."},
    {"topologySpreadConstraints", 33, "[]TopologySpreadConstraint",
     "omitempty list=map key=topologyKey,whenUnsatisfiable patch=merge patchKey=topologyKey",
     "Rules for spreading pods evenly over zones, nodes or other places."},
    {"setHostnameAsFQDN", 35, "*bool", "omitempty",
     "The host name inside the pod is the full one. Default false."},
    {"os", 36, "*PodOS", "omitempty",
     "Operating system of the containers; fields of the other system must then be unset."},
    {"hostUsers", 37, "*bool", "omitempty",
     "Whether the node's user ids are used (default true) or a user namespace of the pod's own."},
    {"schedulingGates", 38, "[]PodSchedulingGate",
     "omitempty list=map key=name patch=merge patchKey=name",
     "While there is any, the pod is not scheduled; can be set at creation only and then removed."},
    {"resourceClaims", 39, "[]PodResourceClaim",
     "omitempty list=map key=name patch=merge,retainKeys patchKey=name",
     "Resource claims that must be allocated before the pod starts."},
    {"resources", 40, "*ResourceRequirements", "omitempty",
     "Requests and limits for the pod as a whole; cpu, memory and hugepages only."},
    {"hostnameOverride", 41, "*string", "omitempty",
     "Host name in the pod whatever hostname, subdomain and setHostnameAsFQDN say."},
    {"schedulingGroup", 43, "*PodSchedulingGroup", "omitempty",
     "Group of pods that this pod is scheduled with."},
};

constexpr FieldFact kPodStatusFields[] = {
    {"observedGeneration", 17, "int64", "omitempty",
     "Generation of the pod this status was made for."},
    {"phase", 1, "string", "omitempty enum=Pending|Running|Succeeded|Failed|Unknown",
     "Pending, Running, Succeeded, Failed or Unknown."},
    {"conditions", 2, "[]PodCondition", "omitempty list=map key=type patch=merge patchKey=type",
     "Aspects of the pod's state."},
    {"message", 3, "string", "omitempty", "Text for people on why the pod is in this state."},
    {"reason", 4, "string", "omitempty",
     "One word in CamelCase for why the pod is in this state, such as Evicted."},
    {"nominatedNodeName", 11, "string", "omitempty",
     "Node on which room is being made for the pod by displacing others."},
    {"hostIP", 5, "string", "omitempty", "Address of the pod's node; empty while it has none."},
    {"hostIPs", 16, "[]HostIP", "omitempty list=atomic patch=merge patchKey=ip",
     "Addresses of the pod's node, at most one of each family; the first is hostIP."},
    {"podIP", 6, "string", "omitempty", "The pod's address; empty while it has none."},
    {"podIPs", 12, "[]PodIP", "omitempty list=map key=ip patch=merge patchKey=ip",
     "The pod's addresses, at most one of each family; the first is podIP."},
    {"startTime", 7, "*time", "omitempty",
     "When the node's agent took the pod up, before pulling any image."},
    {"initContainerStatuses", 10, "[]ContainerStatus", "omitempty list=atomic",
     "State of each init container."},
    {"containerStatuses", 8, "[]ContainerStatus", "omitempty list=atomic",
     "State of each container."},
    {"qosClass", 9, "string", "omitempty enum=Guaranteed|Burstable|BestEffort",
     "Guaranteed, Burstable or BestEffort, from the containers' requests and limits."},
    {"ephemeralContainerStatuses", 13, "[]ContainerStatus", "omitempty list=atomic",
     "State of each ephemeral container."},
    {"resize", 14, "string", "omitempty",
     "Former place of a resize's progress; the conditions PodResizePending and PodResizeInProgress "
     "replace it."},
    {"resourceClaimStatuses", 15, "[]PodResourceClaimStatus",
     "omitempty list=map key=name patch=merge,retainKeys patchKey=name",
     "Claims that were made for the pod's claim templates."},
    {"extendedResourceClaimStatus", 18, "*PodExtendedResourceClaimStatus", "omitempty",
     "Claim that was made for the pod's extended resources."},
    {"allocatedResources", 19, "{}quantity", "omitempty",
     "Resources the node has set aside for the whole pod."},
    {"resources", 20, "*ResourceRequirements", "omitempty",
     "Requests and limits that are in force for the whole pod."},
    {"nodeAllocatableResourceClaimStatuses", 21, "[]NodeAllocatableResourceClaimStatus",
     "omitempty list=atomic", "What the pod's claims take from the node's allocatable resources."},
};

constexpr FieldFact kPodStatusResultFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"status", 2, "PodStatus", "omitempty", "The status."},
};

constexpr FieldFact kPodTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"template", 2, "PodTemplateSpec", "omitempty", "What pods made from it look like."},
};

constexpr FieldFact kPodTemplateListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]PodTemplate", "required", "The pod templates."},
};

constexpr FieldFact kPodTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", "Labels and annotations the pods get."},
    {"spec", 2, "PodSpec", "omitempty", "What runs in the pods."},
};

constexpr FieldFact kPreferredSchedulingTermFields[] = {
    {"weight", 1, "int32", "required", "From 1 to 100; added to the score of nodes that match."},
    {"preference", 2, "NodeSelectorTerm", "required", "Which nodes match."},
};

constexpr FieldFact kReplicationControllerFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "ReplicationControllerSpec", "omitempty",
     "How many pods of which kind should run."},
    {"status", 3, "ReplicationControllerStatus", "omitempty", "How many there are."},
};

constexpr FieldFact kReplicationControllerConditionFields[] = {
    {"type", 1, "string", "required", "The aspect, such as ReplicaFailure."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kReplicationControllerListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]ReplicationController", "required", "The replication controllers."},
};

constexpr FieldFact kReplicationControllerSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"selector", 2, "{}string", "omitempty atomic",
     "Labels of the pods that belong to it; default are those of the template."},
    {"template", 3, "*PodTemplateSpec", "omitempty",
     "What new pods look like; their restart policy must be Always."},
};

constexpr FieldFact kReplicationControllerStatusFields[] = {
    {"replicas", 1, "int32", "required", "Pods there are."},
    {"fullyLabeledReplicas", 2, "int32", "omitempty", "Pods that have all labels of the template."},
    {"readyReplicas", 4, "int32", "omitempty", "Pods that are ready."},
    {"availableReplicas", 5, "int32", "omitempty",
     "Pods that have been ready for minReadySeconds."},
    {"observedGeneration", 3, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"conditions", 6, "[]ReplicationControllerCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
};

constexpr FieldFact kSysctlFields[] = {
    {"name", 1, "string", "required", "The parameter's name, such as net.ipv4.tcp_syncookies."},
    {"value", 2, "string", "required", "The value as text."},
};

constexpr FieldFact kTolerationFields[] = {
    {"key", 1, "string", "omitempty",
     "Key of the taint; empty with operator Exists matches every key."},
    {"operator", 2, "string", "omitempty enum=Exists|Equal|Lt|Gt",
     "Equal (default), Exists, or Lt and Gt for numbers."},
    {"value", 3, "string", "omitempty", "Value of the taint; must be empty with Exists."},
    {"effect", 4, "string", "omitempty enum=NoSchedule|PreferNoSchedule|NoExecute",
     "NoSchedule, PreferNoSchedule or NoExecute; empty matches all three."},
    {"tolerationSeconds", 5, "*int64", "omitempty",
     "With NoExecute: seconds the pod may stay after the taint appears; absent means for ever."},
};

constexpr FieldFact kTopologySpreadConstraintFields[] = {
    {"maxSkew", 1, "int32", "required",
     "How far the number of pods may differ between places; more than 0."},
    {"topologyKey", 2, "string", "required",
     "Node label; nodes with the same value of it are one place."},
    {"whenUnsatisfiable", 3, "string", "required enum=DoNotSchedule|ScheduleAnyway",
     "DoNotSchedule, or ScheduleAnyway to only prefer what skews less."},
    {"labelSelector", 4, "*meta/v1.LabelSelector", "omitempty", "Which pods are counted."},
    {"minDomains", 5, "*int32", "omitempty",
     "Number of places to expect: while there are fewer, the smallest count is taken as 0. Only "
     "with DoNotSchedule."},
    {"nodeAffinityPolicy", 6, "*string", "omitempty enum=Ignore|Honor",
     "Whether nodes the pod cannot go to by affinity and selector count: Honor (default, they do "
     "not) or Ignore."},
    {"nodeTaintsPolicy", 7, "*string", "omitempty enum=Ignore|Honor",
     "Whether nodes with taints the pod does not tolerate are left out: Honor, or Ignore "
     "(default)."},
    {"matchLabelKeys", 8, "[]string", "omitempty list=atomic",
     "Keys whose values in the pod's own labels further narrow which pods are counted."},
};

constexpr FieldFact kWeightedPodAffinityTermFields[] = {
    {"weight", 1, "int32", "required",
     "From 1 to 100; added to the score of nodes where the term holds."},
    {"podAffinityTerm", 2, "PodAffinityTerm", "required", "The pods, and what counts as near."},
};

constexpr TypeFact kTypes[] = {
    {"Affinity", "", "Rules about the nodes and the neighbours a pod is scheduled with.",
     kAffinityFields},
    {"ContainerExtendedResourceRequest", "",
     "Which device request answers one container's extended resource.",
     kContainerExtendedResourceRequestFields},
    {"HostAlias", "", "Extra lines of the pod's /etc/hosts: one address and its names.",
     kHostAliasFields},
    {"HostIP", "", "One address of the node.", kHostIPFields},
    {"NodeAffinity", "", "Rules about the labels of the node, hard and soft.", kNodeAffinityFields},
    {"NodeAllocatableResourceClaimStatus", "",
     "What a resource claim takes from the node's allocatable resources.",
     kNodeAllocatableResourceClaimStatusFields},
    {"NodeSelector", "atomic", "Which nodes are meant: those that meet at least one of the terms.",
     kNodeSelectorFields},
    {"NodeSelectorRequirement", "", "One comparison of a node's label or field with values.",
     kNodeSelectorRequirementFields},
    {"NodeSelectorTerm", "atomic",
     "Requirements that must all hold; an empty term matches no node.", kNodeSelectorTermFields},
    {"Pod", "kind",
     "One or more containers that run together on one node and share network and volumes.",
     kPodFields},
    {"PodAffinity", "", "Rules that draw a pod to where certain other pods run.",
     kPodAffinityFields},
    {"PodAffinityTerm", "", "A set of pods, and the topology within which they count as near.",
     kPodAffinityTermFields},
    {"PodAntiAffinity", "", "Rules that keep a pod away from where certain other pods run.",
     kPodAntiAffinityFields},
    {"PodCondition", "", "One aspect of a pod's state, true, false or unknown.",
     kPodConditionFields},
    {"PodDNSConfig", "", "Name resolution settings that are added to those of dnsPolicy.",
     kPodDNSConfigFields},
    {"PodDNSConfigOption", "", "One resolver option, as in resolv.conf.",
     kPodDNSConfigOptionFields},
    {"PodExtendedResourceClaimStatus", "",
     "The claim that was generated to answer a pod's extended resources.",
     kPodExtendedResourceClaimStatusFields},
    {"PodIP", "", "One address of the pod.", kPodIPFields},
    {"PodList", "kind", "Pods.", kPodListFields},
    {"PodOS", "", "The operating system a pod's containers are built for.", kPodOSFields},
    {"PodReadinessGate", "", "A condition that must be true before the pod counts as ready.",
     kPodReadinessGateFields},
    {"PodResourceClaim", "",
     "A resource claim that the pod's containers may use, by a name of the pod's own.",
     kPodResourceClaimFields},
    {"PodResourceClaimStatus", "", "The claim that was made for one of the pod's claim templates.",
     kPodResourceClaimStatusFields},
    {"PodSchedulingGate", "", "A reason not to schedule the pod yet.", kPodSchedulingGateFields},
    {"PodSchedulingGroup", "", "The group of pods that is scheduled together with this one.",
     kPodSchedulingGroupFields},
    {"PodSecurityContext", "",
     "Privileges of all containers of a pod; a container's own settings win where both have one.",
     kPodSecurityContextFields},
    {"PodSpec", "", "What runs in a pod and under which conditions.", kPodSpecFields},
    {"PodStatus", "", "What is known about a pod; may lag behind what really runs.",
     kPodStatusFields},
    {"PodStatusResult", "kind", "A pod's status alone, as node agents once answered it.",
     kPodStatusResultFields},
    {"PodTemplate", "kind", "A pod's description that is stored by itself.", kPodTemplateFields},
    {"PodTemplateList", "kind", "Pod templates.", kPodTemplateListFields},
    {"PodTemplateSpec", "", "What pods look like that are made from a template.",
     kPodTemplateSpecFields},
    {"PreferredSchedulingTerm", "", "A wish about the node, with its weight.",
     kPreferredSchedulingTermFields},
    {"ReplicationController", "kind",
     "Keeps a number of equal pods running; ReplicaSets and Deployments are its successors.",
     kReplicationControllerFields},
    {"ReplicationControllerCondition", "", "One aspect of a replication controller's state.",
     kReplicationControllerConditionFields},
    {"ReplicationControllerList", "kind", "Replication controllers.",
     kReplicationControllerListFields},
    {"ReplicationControllerSpec", "", "How many pods of which kind should run.",
     kReplicationControllerSpecFields},
    {"ReplicationControllerStatus", "", "How many pods a replication controller has.",
     kReplicationControllerStatusFields},
    {"Sysctl", "", "A kernel parameter and its value.", kSysctlFields},
    {"Toleration", "", "Lets a pod run on nodes with matching taints.", kTolerationFields},
    {"TopologySpreadConstraint", "", "A rule for spreading matching pods evenly over places.",
     kTopologySpreadConstraintFields},
    {"WeightedPodAffinityTerm", "", "A wish about neighbouring pods, with its weight.",
     kWeightedPodAffinityTermFields},
};

}  // namespace

std::span<const TypeFact> core_v1_pods_types() {
  return kTypes;
}

}  // namespace cove::api
