#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAttachedVolumeFields[] = {
    {"name", 1, "string", "required", ""},
    {"devicePath", 2, "string", "required", ""},
};

constexpr FieldFact kAvoidPodsFields[] = {
    {"preferAvoidPods", 1, "[]PreferAvoidPodsEntry", "omitempty list=atomic", ""},
};

constexpr FieldFact kConfigMapNodeConfigSourceFields[] = {
    {"namespace", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
    {"uid", 3, "string", "omitempty", ""},
    {"resourceVersion", 4, "string", "omitempty", ""},
    {"kubeletConfigKey", 5, "string", "required", ""},
};

constexpr FieldFact kContainerImageFields[] = {
    {"names", 1, "[]string", "list=atomic", ""},
    {"sizeBytes", 2, "int64", "omitempty", ""},
};

constexpr FieldFact kDaemonEndpointFields[] = {
    {"Port", 1, "int32", "required", ""},
};

constexpr FieldFact kNodeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "NodeSpec", "omitempty", ""},
    {"status", 3, "NodeStatus", "omitempty", ""},
};

constexpr FieldFact kNodeAddressFields[] = {
    {"type", 1, "string", "required", ""},
    {"address", 2, "string", "required", ""},
};

constexpr FieldFact kNodeConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastHeartbeatTime", 3, "time", "omitempty", ""},
    {"lastTransitionTime", 4, "time", "omitempty", ""},
    {"reason", 5, "string", "omitempty", ""},
    {"message", 6, "string", "omitempty", ""},
};

constexpr FieldFact kNodeConfigSourceFields[] = {
    {"configMap", 2, "*ConfigMapNodeConfigSource", "omitempty", ""},
};

constexpr FieldFact kNodeConfigStatusFields[] = {
    {"assigned", 1, "*NodeConfigSource", "omitempty", ""},
    {"active", 2, "*NodeConfigSource", "omitempty", ""},
    {"lastKnownGood", 3, "*NodeConfigSource", "omitempty", ""},
    {"error", 4, "string", "omitempty", ""},
};

constexpr FieldFact kNodeDaemonEndpointsFields[] = {
    {"kubeletEndpoint", 1, "DaemonEndpoint", "omitempty", ""},
};

constexpr FieldFact kNodeFeaturesFields[] = {
    {"supplementalGroupsPolicy", 1, "*bool", "omitempty", ""},
};

constexpr FieldFact kNodeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Node", "required", ""},
};

constexpr FieldFact kNodeProxyOptionsFields[] = {
    {"path", 1, "string", "omitempty", ""},
};

constexpr FieldFact kNodeRuntimeHandlerFields[] = {
    {"name", 1, "string", "", ""},
    {"features", 2, "*NodeRuntimeHandlerFeatures", "omitempty", ""},
};

constexpr FieldFact kNodeRuntimeHandlerFeaturesFields[] = {
    {"recursiveReadOnlyMounts", 1, "*bool", "omitempty", ""},
    {"userNamespaces", 2, "*bool", "omitempty", ""},
};

constexpr FieldFact kNodeSpecFields[] = {
    {"podCIDR", 1, "string", "omitempty", ""},
    {"podCIDRs", 7, "[]string", "omitempty list=set patch=merge", ""},
    {"providerID", 3, "string", "omitempty", ""},
    {"unschedulable", 4, "bool", "omitempty", ""},
    {"taints", 5, "[]Taint", "omitempty list=atomic", ""},
    {"configSource", 6, "*NodeConfigSource", "omitempty", ""},
    {"externalID", 2, "string", "omitempty", ""},
};

constexpr FieldFact kNodeStatusFields[] = {
    {"capacity", 1, "{}quantity", "omitempty", ""},
    {"allocatable", 2, "{}quantity", "omitempty", ""},
    {"phase", 3, "string", "omitempty enum=Pending|Running|Terminated", ""},
    {"conditions", 4, "[]NodeCondition", "omitempty list=map key=type patch=merge patchKey=type",
     ""},
    {"addresses", 5, "[]NodeAddress", "omitempty list=map key=type patch=merge patchKey=type", ""},
    {"daemonEndpoints", 6, "NodeDaemonEndpoints", "omitempty", ""},
    {"nodeInfo", 7, "NodeSystemInfo", "omitempty", ""},
    {"images", 8, "[]ContainerImage", "omitempty list=atomic", ""},
    {"volumesInUse", 9, "[]string", "omitempty list=atomic", ""},
    {"volumesAttached", 10, "[]AttachedVolume", "omitempty list=atomic", ""},
    {"config", 11, "*NodeConfigStatus", "omitempty", ""},
    {"runtimeHandlers", 12, "[]NodeRuntimeHandler", "omitempty list=atomic", ""},
    {"features", 13, "*NodeFeatures", "omitempty", ""},
    {"declaredFeatures", 14, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kNodeSwapStatusFields[] = {
    {"capacity", 1, "*int64", "omitempty", ""},
};

constexpr FieldFact kNodeSystemInfoFields[] = {
    {"machineID", 1, "string", "required", ""},
    {"systemUUID", 2, "string", "required", ""},
    {"bootID", 3, "string", "required", ""},
    {"kernelVersion", 4, "string", "required", ""},
    {"osImage", 5, "string", "required", ""},
    {"containerRuntimeVersion", 6, "string", "required", ""},
    {"kubeletVersion", 7, "string", "required", ""},
    {"kubeProxyVersion", 8, "string", "required", ""},
    {"operatingSystem", 9, "string", "required", ""},
    {"architecture", 10, "string", "required", ""},
    {"swap", 11, "*NodeSwapStatus", "omitempty", ""},
};

constexpr FieldFact kPodSignatureFields[] = {
    {"podController", 1, "*meta/v1.OwnerReference", "omitempty", ""},
};

constexpr FieldFact kPreferAvoidPodsEntryFields[] = {
    {"podSignature", 1, "PodSignature", "required", ""},
    {"evictionTime", 2, "time", "omitempty", ""},
    {"reason", 3, "string", "omitempty", ""},
    {"message", 4, "string", "omitempty", ""},
};

constexpr FieldFact kTaintFields[] = {
    {"key", 1, "string", "required", ""},
    {"value", 2, "string", "omitempty", ""},
    {"effect", 3, "string", "required enum=NoSchedule|PreferNoSchedule|NoExecute", ""},
    {"timeAdded", 4, "*time", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"AttachedVolume", "", "", kAttachedVolumeFields},
    {"AvoidPods", "", "", kAvoidPodsFields},
    {"ConfigMapNodeConfigSource", "", "", kConfigMapNodeConfigSourceFields},
    {"ContainerImage", "", "", kContainerImageFields},
    {"DaemonEndpoint", "", "", kDaemonEndpointFields},
    {"Node", "kind", "", kNodeFields},
    {"NodeAddress", "", "", kNodeAddressFields},
    {"NodeCondition", "", "", kNodeConditionFields},
    {"NodeConfigSource", "", "", kNodeConfigSourceFields},
    {"NodeConfigStatus", "", "", kNodeConfigStatusFields},
    {"NodeDaemonEndpoints", "", "", kNodeDaemonEndpointsFields},
    {"NodeFeatures", "", "", kNodeFeaturesFields},
    {"NodeList", "kind", "", kNodeListFields},
    {"NodeProxyOptions", "kind", "", kNodeProxyOptionsFields},
    {"NodeRuntimeHandler", "", "", kNodeRuntimeHandlerFields},
    {"NodeRuntimeHandlerFeatures", "", "", kNodeRuntimeHandlerFeaturesFields},
    {"NodeSpec", "", "", kNodeSpecFields},
    {"NodeStatus", "", "", kNodeStatusFields},
    {"NodeSwapStatus", "", "", kNodeSwapStatusFields},
    {"NodeSystemInfo", "", "", kNodeSystemInfoFields},
    {"PodSignature", "", "", kPodSignatureFields},
    {"PreferAvoidPodsEntry", "", "", kPreferAvoidPodsEntryFields},
    {"Taint", "", "", kTaintFields},
};

}  // namespace

std::span<const TypeFact> core_v1_nodes_types() {
  return kTypes;
}

}  // namespace cove::api
