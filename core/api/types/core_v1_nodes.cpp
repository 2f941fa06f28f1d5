#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAttachedVolumeFields[] = {
    {"name", 1, "string", "required", "Name of the volume."},
    {"devicePath", 2, "string", "required", "Path of the device on the node."},
};

constexpr FieldFact kAvoidPodsFields[] = {
    {"preferAvoidPods", 1, "[]PreferAvoidPodsEntry", "omitempty list=atomic",
     "The kinds of pods to keep away."},
};

constexpr FieldFact kConfigMapNodeConfigSourceFields[] = {
    {"namespace", 1, "string", "required", "Namespace of the ConfigMap."},
    {"name", 2, "string", "required", "Name of the ConfigMap."},
    {"uid", 3, "string", "omitempty", "UID of the ConfigMap."},
    {"resourceVersion", 4, "string", "omitempty", "Version of the ConfigMap."},
    {"kubeletConfigKey", 5, "string", "required", "Key of the configuration in the ConfigMap."},
};

constexpr FieldFact kContainerImageFields[] = {
    {"names", 1, "[]string", "list=atomic", "All names the image is known by there."},
    {"sizeBytes", 2, "int64", "omitempty", "Size of the image in bytes."},
};

constexpr FieldFact kDaemonEndpointFields[] = {
    {"Port", 1, "int32", "required", "Number of the port."},
};

constexpr FieldFact kNodeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "NodeSpec", "omitempty", "What is wanted of the Node."},
    {"status", 3, "NodeStatus", "omitempty",
     "What the system last saw of the Node. Clients do not write it through the main resource."},
};

constexpr FieldFact kNodeAddressFields[] = {
    {"type", 1, "string", "required",
     "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS."},
    {"address", 2, "string", "required", "The address."},
};

constexpr FieldFact kNodeConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"lastHeartbeatTime", 3, "time", "omitempty", "When the condition was last confirmed."},
    {"lastTransitionTime", 4, "time", "omitempty", "When the status last changed."},
    {"reason", 5, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 6, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kNodeConfigSourceFields[] = {
    {"configMap", 2, "*ConfigMapNodeConfigSource", "omitempty",
     "The ConfigMap with the configuration."},
};

constexpr FieldFact kNodeConfigStatusFields[] = {
    {"assigned", 1, "*NodeConfigSource", "omitempty", "The configuration that the node is to use."},
    {"active", 2, "*NodeConfigSource", "omitempty", "The configuration that the node uses."},
    {"lastKnownGood", 3, "*NodeConfigSource", "omitempty",
     "The configuration that the node falls back to."},
    {"error", 4, "string", "omitempty", "What is wrong with the assigned configuration."},
};

constexpr FieldFact kNodeDaemonEndpointsFields[] = {
    {"kubeletEndpoint", 1, "DaemonEndpoint", "omitempty", "Where the node agent listens."},
};

constexpr FieldFact kNodeFeaturesFields[] = {
    {"supplementalGroupsPolicy", 1, "*bool", "omitempty",
     "Whether the runtime honours supplementalGroupsPolicy of pods."},
};

constexpr FieldFact kNodeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Node", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kNodeProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", "Rest of the URL, which is sent to the node."},
};

constexpr FieldFact kNodeRuntimeHandlerFields[] = {
    {"name", 1, "string", "", "Name of the handler; empty for the default one."},
    {"features", 2, "*NodeRuntimeHandlerFeatures", "omitempty", "What the handler can do."},
};

constexpr FieldFact kNodeRuntimeHandlerFeaturesFields[] = {
    {"recursiveReadOnlyMounts", 1, "*bool", "omitempty",
     "Whether mounts can be read-only all the way down."},
    {"userNamespaces", 2, "*bool", "omitempty",
     "Whether pods can have user namespaces, volumes included."},
};

constexpr FieldFact kNodeSpecFields[] = {
    {"podCIDR", 1, "string", "omitempty", "Range of addresses for the node's pods."},
    {"podCIDRs", 7, "[]string", "omitempty list=set patch=merge",
     "Ranges of addresses for the node's pods, at most one of each IP family; the first equals "
     "podCIDR."},
    {"providerID", 3, "string", "omitempty", "ID of the machine at its cloud, as provider://id."},
    {"unschedulable", 4, "bool", "omitempty",
     "When true, new pods are not placed here. Set by kubectl cordon."},
    {"taints", 5, "[]Taint", "omitempty list=atomic",
     "Marks that keep pods without a matching toleration away."},
    {"configSource", 6, "*NodeConfigSource", "omitempty", "No longer used."},
    {"externalID", 2, "string", "omitempty", "No longer used."},
};

constexpr FieldFact kNodeStatusFields[] = {
    {"capacity", 1, "{}quantity", "omitempty", "All the resources of the machine."},
    {"allocatable", 2, "{}quantity", "omitempty", "Resources that pods may use."},
    {"phase", 3, "string", "omitempty enum=Pending|Running|Terminated", "No longer used."},
    {"conditions", 4, "[]NodeCondition", "omitempty list=map key=type patch=merge patchKey=type",
     "Health of the node, one entry per type of condition."},
    {"addresses", 5, "[]NodeAddress", "omitempty list=map key=type patch=merge patchKey=type",
     "Addresses by which the node is reached."},
    {"daemonEndpoints", 6, "NodeDaemonEndpoints", "omitempty", "Ports of the node's daemons."},
    {"nodeInfo", 7, "NodeSystemInfo", "omitempty", "Versions and IDs of the machine."},
    {"images", 8, "[]ContainerImage", "omitempty list=atomic", "Images that are on the node."},
    {"volumesInUse", 9, "[]string", "omitempty list=atomic",
     "Attached volumes that the node uses and that must not be detached yet."},
    {"volumesAttached", 10, "[]AttachedVolume", "omitempty list=atomic",
     "Volumes that are attached to the node."},
    {"config", 11, "*NodeConfigStatus", "omitempty", "No longer used."},
    {"runtimeHandlers", 12, "[]NodeRuntimeHandler", "omitempty list=atomic",
     "Runtime handlers that RuntimeClasses may name."},
    {"features", 13, "*NodeFeatures", "omitempty", "What the node's container runtime can do."},
    {"declaredFeatures", 14, "[]string", "omitempty list=atomic",
     "Features of the node that the scheduler takes into account."},
};

constexpr FieldFact kNodeSwapStatusFields[] = {
    {"capacity", 1, "*int64", "omitempty", "Size of the swap space in bytes."},
};

constexpr FieldFact kNodeSystemInfoFields[] = {
    {"machineID", 1, "string", "required", "ID from /etc/machine-id."},
    {"systemUUID", 2, "string", "required", "UUID of the hardware or virtual machine."},
    {"bootID", 3, "string", "required", "ID that changes with every boot."},
    {"kernelVersion", 4, "string", "required", "Version of the kernel, as uname -r prints it."},
    {"osImage", 5, "string", "required", "Name of the operating system, from /etc/os-release."},
    {"containerRuntimeVersion", 6, "string", "required",
     "Name and version of the container runtime, as name://version."},
    {"kubeletVersion", 7, "string", "required", "Version of the node agent."},
    {"kubeProxyVersion", 8, "string", "required", "No longer used."},
    {"operatingSystem", 9, "string", "required", "Operating system, such as linux."},
    {"architecture", 10, "string", "required", "Processor, such as amd64 or arm64."},
    {"swap", 11, "*NodeSwapStatus", "omitempty", "Swap memory of the node."},
};

constexpr FieldFact kPodSignatureFields[] = {
    {"podController", 1, "*meta/v1.OwnerReference", "omitempty", "The controller of the pods."},
};

constexpr FieldFact kPreferAvoidPodsEntryFields[] = {
    {"podSignature", 1, "PodSignature", "required", "What the pods are recognised by."},
    {"evictionTime", 2, "time", "omitempty", "When a pod of this kind was last evicted."},
    {"reason", 3, "string", "omitempty", "Why, as one CamelCase word."},
    {"message", 4, "string", "omitempty", "Why, for people."},
};

constexpr FieldFact kTaintFields[] = {
    {"key", 1, "string", "required", "Name of the taint."},
    {"value", 2, "string", "omitempty", "Value of the taint."},
    {"effect", 3, "string", "required enum=NoSchedule|PreferNoSchedule|NoExecute",
     "NoSchedule, PreferNoSchedule, or NoExecute, which also evicts running pods."},
    {"timeAdded", 4, "*time", "omitempty", "When the taint was added."},
};

constexpr TypeFact kTypes[] = {
    {"AttachedVolume", "", "A volume that is attached to a node.", kAttachedVolumeFields},
    {"AvoidPods", "", "Pods that should rather not be placed on a node.", kAvoidPodsFields},
    {"ConfigMapNodeConfigSource", "", "Where a node once found its configuration. No longer used.",
     kConfigMapNodeConfigSourceFields},
    {"ContainerImage", "", "An image that is on a node.", kContainerImageFields},
    {"DaemonEndpoint", "", "A port where a daemon listens.", kDaemonEndpointFields},
    {"Node", "kind", "A machine that runs pods.", kNodeFields},
    {"NodeAddress", "", "An address of a node.", kNodeAddressFields},
    {"NodeCondition", "", "One aspect of a node's health, such as Ready or DiskPressure.",
     kNodeConditionFields},
    {"NodeConfigSource", "", "Where a node's configuration came from. No longer used.",
     kNodeConfigSourceFields},
    {"NodeConfigStatus", "", "State of a node's configuration. No longer used.",
     kNodeConfigStatusFields},
    {"NodeDaemonEndpoints", "", "Ports of the node's daemons.", kNodeDaemonEndpointsFields},
    {"NodeFeatures", "", "What a node's container runtime can do.", kNodeFeaturesFields},
    {"NodeList", "kind", "A list of Node objects.", kNodeListFields},
    {"NodeProxyOptions", "kind", "Query parameters of proxy requests to a node.",
     kNodeProxyOptionsFields},
    {"NodeRuntimeHandler", "", "A runtime handler of a node.", kNodeRuntimeHandlerFields},
    {"NodeRuntimeHandlerFeatures", "", "What a runtime handler can do.",
     kNodeRuntimeHandlerFeaturesFields},
    {"NodeSpec", "", "What is wanted of a node.", kNodeSpecFields},
    {"NodeStatus", "", "What is known about a node's health and size.", kNodeStatusFields},
    {"NodeSwapStatus", "", "Swap memory of a node.", kNodeSwapStatusFields},
    {"NodeSystemInfo", "", "Versions and IDs of a machine.", kNodeSystemInfoFields},
    {"PodSignature", "", "What a pod to be avoided is recognised by.", kPodSignatureFields},
    {"PreferAvoidPodsEntry", "", "A kind of pod that should rather not be placed on a node.",
     kPreferAvoidPodsEntryFields},
    {"Taint", "", "A mark on a node that keeps pods without a matching toleration away.",
     kTaintFields},
};

}  // namespace

std::span<const TypeFact> core_v1_nodes_types() {
  return kTypes;
}

}  // namespace cove::api
