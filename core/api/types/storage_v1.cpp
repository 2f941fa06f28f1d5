#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCSIDriverFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "CSIDriverSpec", "required", ""},
};

constexpr FieldFact kCSIDriverListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CSIDriver", "required", ""},
};

constexpr FieldFact kCSIDriverSpecFields[] = {
    {"attachRequired", 1, "*bool", "omitempty", ""},
    {"podInfoOnMount", 2, "*bool", "omitempty", ""},
    {"volumeLifecycleModes", 3, "[]string", "omitempty list=set", ""},
    {"storageCapacity", 4, "*bool", "omitempty", ""},
    {"fsGroupPolicy", 5, "*string", "omitempty", ""},
    {"tokenRequests", 6, "[]TokenRequest", "omitempty list=atomic", ""},
    {"requiresRepublish", 7, "*bool", "omitempty", ""},
    {"seLinuxMount", 8, "*bool", "omitempty", ""},
    {"nodeAllocatableUpdatePeriodSeconds", 9, "*int64", "omitempty", ""},
    {"serviceAccountTokenInSecrets", 10, "*bool", "omitempty", ""},
    {"preventPodSchedulingIfMissing", 11, "*bool", "omitempty", ""},
};

constexpr FieldFact kCSINodeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "CSINodeSpec", "required", ""},
};

constexpr FieldFact kCSINodeDriverFields[] = {
    {"name", 1, "string", "required", ""},
    {"nodeID", 2, "string", "required", ""},
    {"topologyKeys", 3, "[]string", "list=atomic", ""},
    {"allocatable", 4, "*VolumeNodeResources", "omitempty", ""},
};

constexpr FieldFact kCSINodeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CSINode", "required", ""},
};

constexpr FieldFact kCSINodeSpecFields[] = {
    {"drivers", 1, "[]CSINodeDriver", "required list=map key=name patch=merge patchKey=name", ""},
};

constexpr FieldFact kCSIStorageCapacityFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"nodeTopology", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"storageClassName", 3, "string", "required", ""},
    {"capacity", 4, "*quantity", "omitempty", ""},
    {"maximumVolumeSize", 5, "*quantity", "omitempty", ""},
};

constexpr FieldFact kCSIStorageCapacityListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CSIStorageCapacity", "required", ""},
};

constexpr FieldFact kStorageClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"provisioner", 2, "string", "required", ""},
    {"parameters", 3, "{}string", "omitempty", ""},
    {"reclaimPolicy", 4, "*string", "omitempty enum=Recycle|Delete|Retain", ""},
    {"mountOptions", 5, "[]string", "omitempty list=atomic", ""},
    {"allowVolumeExpansion", 6, "*bool", "omitempty", ""},
    {"volumeBindingMode", 7, "*string", "omitempty enum=Immediate|WaitForFirstConsumer", ""},
    {"allowedTopologies", 8, "[]core/v1.TopologySelectorTerm", "omitempty list=atomic", ""},
};

constexpr FieldFact kStorageClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]StorageClass", "required", ""},
};

constexpr FieldFact kTokenRequestFields[] = {
    {"audience", 1, "string", "required", ""},
    {"expirationSeconds", 2, "*int64", "omitempty", ""},
};

constexpr FieldFact kVolumeAttachmentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "VolumeAttachmentSpec", "required", ""},
    {"status", 3, "VolumeAttachmentStatus", "omitempty", ""},
};

constexpr FieldFact kVolumeAttachmentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]VolumeAttachment", "required", ""},
};

constexpr FieldFact kVolumeAttachmentSourceFields[] = {
    {"persistentVolumeName", 1, "*string", "omitempty", ""},
    {"inlineVolumeSpec", 2, "*core/v1.PersistentVolumeSpec", "omitempty", ""},
};

constexpr FieldFact kVolumeAttachmentSpecFields[] = {
    {"attacher", 1, "string", "required", ""},
    {"source", 2, "VolumeAttachmentSource", "required", ""},
    {"nodeName", 3, "string", "required", ""},
};

constexpr FieldFact kVolumeAttachmentStatusFields[] = {
    {"attached", 1, "bool", "required", ""},
    {"attachmentMetadata", 2, "{}string", "omitempty", ""},
    {"attachError", 3, "*VolumeError", "omitempty", ""},
    {"detachError", 4, "*VolumeError", "omitempty", ""},
};

constexpr FieldFact kVolumeAttributesClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"driverName", 2, "string", "required", ""},
    {"parameters", 3, "{}string", "omitempty", ""},
};

constexpr FieldFact kVolumeAttributesClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]VolumeAttributesClass", "required", ""},
};

constexpr FieldFact kVolumeErrorFields[] = {
    {"time", 1, "time", "omitempty", ""},
    {"message", 2, "string", "omitempty", ""},
    {"errorCode", 3, "*int32", "omitempty", ""},
};

constexpr FieldFact kVolumeNodeResourcesFields[] = {
    {"count", 1, "*int32", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"CSIDriver", "kind", "", kCSIDriverFields},
    {"CSIDriverList", "kind", "", kCSIDriverListFields},
    {"CSIDriverSpec", "", "", kCSIDriverSpecFields},
    {"CSINode", "kind", "", kCSINodeFields},
    {"CSINodeDriver", "", "", kCSINodeDriverFields},
    {"CSINodeList", "kind", "", kCSINodeListFields},
    {"CSINodeSpec", "", "", kCSINodeSpecFields},
    {"CSIStorageCapacity", "kind", "", kCSIStorageCapacityFields},
    {"CSIStorageCapacityList", "kind", "", kCSIStorageCapacityListFields},
    {"StorageClass", "kind", "", kStorageClassFields},
    {"StorageClassList", "kind", "", kStorageClassListFields},
    {"TokenRequest", "", "", kTokenRequestFields},
    {"VolumeAttachment", "kind", "", kVolumeAttachmentFields},
    {"VolumeAttachmentList", "kind", "", kVolumeAttachmentListFields},
    {"VolumeAttachmentSource", "", "", kVolumeAttachmentSourceFields},
    {"VolumeAttachmentSpec", "", "", kVolumeAttachmentSpecFields},
    {"VolumeAttachmentStatus", "", "", kVolumeAttachmentStatusFields},
    {"VolumeAttributesClass", "kind", "", kVolumeAttributesClassFields},
    {"VolumeAttributesClassList", "kind", "", kVolumeAttributesClassListFields},
    {"VolumeError", "", "", kVolumeErrorFields},
    {"VolumeNodeResources", "", "", kVolumeNodeResourcesFields},
};

}  // namespace

std::span<const TypeFact> storage_v1_types() {
  return kTypes;
}

}  // namespace cove::api
