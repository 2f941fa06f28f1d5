#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCSIDriverFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "CSIDriverSpec", "required", "What is wanted of the CSIDriver."},
};

constexpr FieldFact kCSIDriverListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]CSIDriver", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kCSIDriverSpecFields[] = {
    {"attachRequired", 1, "*bool", "omitempty default=true",
     "Whether volumes are attached to nodes before they are mounted. Default: true. Cannot be "
     "changed."},
    {"podInfoOnMount", 2, "*bool", "omitempty default=false",
     "Whether the driver is told about the pod when it mounts. Default: false."},
    {"volumeLifecycleModes", 3, "[]string", "omitempty list=set default=[\"Persistent\"]",
     "Persistent, Ephemeral (inline volumes of pods) or both. Default: Persistent. Cannot be "
     "changed."},
    {"storageCapacity", 4, "*bool", "omitempty default=false",
     "Whether the scheduler heeds the driver's CSIStorageCapacity objects. Default: false."},
    {"fsGroupPolicy", 5, "*string", "omitempty default=\"ReadWriteOnceWithFSType\"",
     "When fsGroup changes owners of files: ReadWriteOnceWithFSType (default), File or None."},
    {"tokenRequests", 6, "[]TokenRequest", "omitempty list=atomic",
     "Service account tokens of the pod that the driver gets when it mounts."},
    {"requiresRepublish", 7, "*bool", "omitempty default=false",
     "Whether the driver is called now and then for mounted volumes. Default: false."},
    {"seLinuxMount", 8, "*bool", "omitempty default=false",
     "Whether volumes may be mounted with an SELinux context. Default: false."},
    {"nodeAllocatableUpdatePeriodSeconds", 9, "*int64", "omitempty",
     "How often the number of volumes per node is asked for, in seconds, at least 10."},
    {"serviceAccountTokenInSecrets", 10, "*bool", "omitempty",
     "Whether tokens go in the secrets of a request rather than in the volume's context."},
    {"preventPodSchedulingIfMissing", 11, "*bool", "omitempty",
     "Whether pods wait for a node that has the driver."},
};

constexpr FieldFact kCSINodeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "CSINodeSpec", "required", "What is wanted of the CSINode."},
};

constexpr FieldFact kCSINodeDriverFields[] = {
    {"name", 1, "string", "required", "Name of the driver."},
    {"nodeID", 2, "string", "required", "What the driver calls the node."},
    {"topologyKeys", 3, "[]string", "list=atomic",
     "Labels of the node that say where its volumes can be reached."},
    {"allocatable", 4, "*VolumeNodeResources", "omitempty", "How many volumes the node can take."},
};

constexpr FieldFact kCSINodeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]CSINode", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kCSINodeSpecFields[] = {
    {"drivers", 1, "[]CSINodeDriver", "required list=map key=name patch=merge patchKey=name",
     "The drivers."},
};

constexpr FieldFact kCSIStorageCapacityFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"nodeTopology", 2, "*meta/v1.LabelSelector", "omitempty",
     "Nodes that can reach the space. Absent: none. Cannot be changed."},
    {"storageClassName", 3, "string", "required", "The storage class. Cannot be changed."},
    {"capacity", 4, "*quantity", "omitempty", "Space that is free."},
    {"maximumVolumeSize", 5, "*quantity", "omitempty",
     "Size of the largest volume that can be made."},
};

constexpr FieldFact kCSIStorageCapacityListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]CSIStorageCapacity", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kStorageClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"provisioner", 2, "string", "required", "Who makes the volumes."},
    {"parameters", 3, "{}string", "omitempty", "Settings for the provisioner, at most 512."},
    {"reclaimPolicy", 4, "*string", "omitempty enum=Recycle|Delete|Retain default=\"Delete\"",
     "What happens to a volume whose claim is gone: Delete or Retain. Default: Delete."},
    {"mountOptions", 5, "[]string", "omitempty list=atomic",
     "Options for mounting, such as ro. They are not checked."},
    {"allowVolumeExpansion", 6, "*bool", "omitempty",
     "Whether claims may ask for more space later."},
    {"volumeBindingMode", 7, "*string",
     "omitempty enum=Immediate|WaitForFirstConsumer default=\"Immediate\"",
     "Immediate, or WaitForFirstConsumer: not before a pod uses the claim. Default: Immediate."},
    {"allowedTopologies", 8, "[]core/v1.TopologySelectorTerm", "omitempty list=atomic",
     "Places where volumes may be made. Empty: anywhere."},
};

constexpr FieldFact kStorageClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]StorageClass", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kTokenRequestFields[] = {
    {"audience", 1, "string", "required", "For whom the token is meant. Empty: the API server."},
    {"expirationSeconds", 2, "*int64", "omitempty", "How long the token lasts, in seconds."},
};

constexpr FieldFact kVolumeAttachmentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "VolumeAttachmentSpec", "required", "What is wanted of the VolumeAttachment."},
    {"status", 3, "VolumeAttachmentStatus", "omitempty",
     "What the system last saw of the VolumeAttachment. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kVolumeAttachmentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]VolumeAttachment", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kVolumeAttachmentSourceFields[] = {
    {"persistentVolumeName", 1, "*string", "omitempty", "Name of the PersistentVolume."},
    {"inlineVolumeSpec", 2, "*core/v1.PersistentVolumeSpec", "omitempty",
     "A volume described in place, for migrated inline volumes."},
};

constexpr FieldFact kVolumeAttachmentSpecFields[] = {
    {"attacher", 1, "string", "required", "The volume driver that attaches."},
    {"source", 2, "VolumeAttachmentSource", "required", "The volume."},
    {"nodeName", 3, "string", "required", "The node."},
};

constexpr FieldFact kVolumeAttachmentStatusFields[] = {
    {"attached", 1, "bool", "required", "Whether the volume is attached."},
    {"attachmentMetadata", 2, "{}string", "omitempty",
     "What the driver said about the attachment, needed for mounting."},
    {"attachError", 3, "*VolumeError", "omitempty", "The last failure to attach."},
    {"detachError", 4, "*VolumeError", "omitempty", "The last failure to detach."},
};

constexpr FieldFact kVolumeAttributesClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"driverName", 2, "string", "required", "The volume driver. Cannot be changed."},
    {"parameters", 3, "{}string", "omitempty",
     "Settings for the driver, at most 512. Cannot be changed."},
};

constexpr FieldFact kVolumeAttributesClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]VolumeAttributesClass", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kVolumeErrorFields[] = {
    {"time", 1, "time", "omitempty", "When it happened."},
    {"message", 2, "string", "omitempty", "What happened."},
    {"errorCode", 3, "*int32", "omitempty", "Number of the driver's gRPC error."},
};

constexpr FieldFact kVolumeNodeResourcesFields[] = {
    {"count", 1, "*int32", "omitempty", "Most volumes at the same time. Absent: no limit."},
};

constexpr TypeFact kTypes[] = {
    {"CSIDriver", "kind", "What the cluster should know about a volume driver.", kCSIDriverFields},
    {"CSIDriverList", "kind", "A list of CSIDriver objects.", kCSIDriverListFields},
    {"CSIDriverSpec", "", "How a volume driver wants to be treated.", kCSIDriverSpecFields},
    {"CSINode", "kind", "The volume drivers of a node. It has the node's name.", kCSINodeFields},
    {"CSINodeDriver", "", "A volume driver on a node.", kCSINodeDriverFields},
    {"CSINodeList", "kind", "A list of CSINode objects.", kCSINodeListFields},
    {"CSINodeSpec", "", "The volume drivers of a node.", kCSINodeSpecFields},
    {"CSIStorageCapacity", "kind", "How much space a storage class has in one place.",
     kCSIStorageCapacityFields},
    {"CSIStorageCapacityList", "kind", "A list of CSIStorageCapacity objects.",
     kCSIStorageCapacityListFields},
    {"StorageClass", "kind", "A kind of volume that can be made on demand.", kStorageClassFields},
    {"StorageClassList", "kind", "A list of StorageClass objects.", kStorageClassListFields},
    {"TokenRequest", "", "A service account token that a volume driver gets.", kTokenRequestFields},
    {"VolumeAttachment", "kind", "Asks for a volume to be attached to a node.",
     kVolumeAttachmentFields},
    {"VolumeAttachmentList", "kind", "A list of VolumeAttachment objects.",
     kVolumeAttachmentListFields},
    {"VolumeAttachmentSource", "", "The volume to attach; one member is set.",
     kVolumeAttachmentSourceFields},
    {"VolumeAttachmentSpec", "", "Which volume goes to which node. Cannot be changed.",
     kVolumeAttachmentSpecFields},
    {"VolumeAttachmentStatus", "", "How far attaching has come.", kVolumeAttachmentStatusFields},
    {"VolumeAttributesClass", "kind",
     "Settings of volumes that can be changed while they are in use.",
     kVolumeAttributesClassFields},
    {"VolumeAttributesClassList", "kind", "A list of VolumeAttributesClass objects.",
     kVolumeAttributesClassListFields},
    {"VolumeError", "", "A failure of a volume driver.", kVolumeErrorFields},
    {"VolumeNodeResources", "", "Limits of a node for a volume driver.",
     kVolumeNodeResourcesFields},
};

}  // namespace

std::span<const TypeFact> storage_v1_types() {
  return kTypes;
}

}  // namespace cove::api
