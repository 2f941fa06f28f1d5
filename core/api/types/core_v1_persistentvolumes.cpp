#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAzureFilePersistentVolumeSourceFields[] = {
    {"secretName", 1, "string", "required", "Secret with the name and key of the storage account."},
    {"shareName", 2, "string", "required", "Name of the share."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"secretNamespace", 4, "*string", "", "Namespace of the secret; default is that of the pod."},
};

constexpr FieldFact kCSIPersistentVolumeSourceFields[] = {
    {"driver", 1, "string", "required", "Name of the driver."},
    {"volumeHandle", 2, "string", "required",
     "Id by which the driver knows the volume; cannot change."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"fsType", 4, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"volumeAttributes", 5, "{}string", "omitempty", "Settings handed to the driver."},
    {"controllerPublishSecretRef", 6, "*SecretReference", "omitempty",
     "Secret handed to the driver when the volume is attached and detached."},
    {"nodeStageSecretRef", 7, "*SecretReference", "omitempty",
     "Secret handed to the driver when the volume is staged on a node."},
    {"nodePublishSecretRef", 8, "*SecretReference", "omitempty",
     "Secret handed to the driver when the volume is mounted for a pod."},
    {"controllerExpandSecretRef", 9, "*SecretReference", "omitempty",
     "Secret handed to the driver when the volume is enlarged."},
    {"nodeExpandSecretRef", 10, "*SecretReference", "omitempty",
     "Secret handed to the driver when the volume is enlarged on a node."},
};

constexpr FieldFact kCephFSPersistentVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", "Addresses of the Ceph monitors."},
    {"path", 2, "string", "omitempty", "Directory to mount as root. Default /."},
    {"user", 3, "string", "omitempty", "Ceph user. Default admin."},
    {"secretFile", 4, "string", "omitempty",
     "File with the user's key. Default /etc/ceph/user.secret."},
    {"secretRef", 5, "*SecretReference", "omitempty",
     "Secret with the user's key, instead of secretFile."},
    {"readOnly", 6, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kCinderPersistentVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", "Id of the volume."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"secretRef", 4, "*SecretReference", "omitempty", "Secret with the credentials for OpenStack."},
};

constexpr FieldFact kFlexPersistentVolumeSourceFields[] = {
    {"driver", 1, "string", "required", "Name of the driver."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"secretRef", 3, "*SecretReference", "omitempty", "Secret handed to the driver's scripts."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
    {"options", 5, "{}string", "omitempty", "Further options for the driver."},
};

constexpr FieldFact kGlusterfsPersistentVolumeSourceFields[] = {
    {"endpoints", 1, "string", "required", "Name of the Endpoints with the servers."},
    {"path", 2, "string", "required", "The Gluster volume."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"endpointsNamespace", 4, "*string", "omitempty",
     "Namespace of the Endpoints; default is that of the claim."},
};

constexpr FieldFact kISCSIPersistentVolumeSourceFields[] = {
    {"targetPortal", 1, "string", "required",
     "Address of the target, with port unless it is 3260."},
    {"iqn", 2, "string", "required", "The target's qualified name."},
    {"lun", 3, "int32", "required", "Number of the unit at the target."},
    {"iscsiInterface", 4, "string", "omitempty default=\"default\"",
     "Transport to use. Default default (TCP)."},
    {"fsType", 5, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 6, "bool", "omitempty", "Mounted read-only. Default false."},
    {"portals", 7, "[]string", "omitempty list=atomic", "Further addresses of the target."},
    {"chapAuthDiscovery", 8, "bool", "omitempty", "Uses CHAP for discovery."},
    {"chapAuthSession", 11, "bool", "omitempty", "Uses CHAP for the session."},
    {"secretRef", 10, "*SecretReference", "omitempty", "Secret with the CHAP credentials."},
    {"initiatorName", 12, "*string", "omitempty", "Qualified name of the initiator."},
};

constexpr FieldFact kLocalVolumeSourceFields[] = {
    {"path", 1, "string", "required", "Path on the node."},
    {"fsType", 2, "*string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
};

constexpr FieldFact kModifyVolumeStatusFields[] = {
    {"targetVolumeAttributesClassName", 1, "string", "omitempty", "Class that is being applied."},
    {"status", 2, "string", "required enum=Pending|InProgress|Infeasible",
     "Pending, InProgress or Infeasible."},
};

constexpr FieldFact kPersistentVolumeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "PersistentVolumeSpec", "omitempty", "Where the storage is and what it can do."},
    {"status", 3, "PersistentVolumeStatus", "omitempty", "Whether it is bound."},
};

constexpr FieldFact kPersistentVolumeClaimFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "PersistentVolumeClaimSpec", "omitempty", "Which storage is wanted."},
    {"status", 3, "PersistentVolumeClaimStatus", "omitempty", "Which storage it got."},
};

constexpr FieldFact kPersistentVolumeClaimConditionFields[] = {
    {"type", 1, "string", "required", "The aspect, such as Resizing or FileSystemResizePending."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastProbeTime", 3, "time", "omitempty", "When it was last checked."},
    {"lastTransitionTime", 4, "time", "omitempty", "When the status last changed."},
    {"reason", 5, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 6, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kPersistentVolumeClaimListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]PersistentVolumeClaim", "required", "The claims."},
};

constexpr FieldFact kPersistentVolumeClaimSpecFields[] = {
    {"accessModes", 1, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod",
     "Ways it will be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod."},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the volumes that come into question."},
    {"resources", 2, "VolumeResourceRequirements", "omitempty",
     "How much is wanted, as requests.storage."},
    {"volumeName", 3, "string", "omitempty", "Volume the claim is bound to."},
    {"storageClassName", 5, "*string", "omitempty",
     "Storage class; absent takes the default class, empty none."},
    {"volumeMode", 6, "*string", "omitempty enum=Block|Filesystem default=\"Filesystem\"",
     "Filesystem (default) or Block."},
    {"dataSource", 7, "*TypedLocalObjectReference", "omitempty",
     "Snapshot or claim of the same namespace to start from."},
    {"dataSourceRef", 8, "*TypedObjectReference", "omitempty",
     "Object to start from, of any kind for which something fills volumes."},
    {"volumeAttributesClassName", 9, "*string", "omitempty",
     "Volume attributes class; unlike the storage class it may change."},
};

constexpr FieldFact kPersistentVolumeClaimStatusFields[] = {
    {"phase", 1, "string", "omitempty enum=Pending|Bound|Lost default=\"Pending\"",
     "Pending, Bound or Lost."},
    {"accessModes", 2, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod",
     "Ways the volume can be mounted."},
    {"capacity", 3, "{}quantity", "omitempty", "How much the volume has."},
    {"conditions", 4, "[]PersistentVolumeClaimCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
    {"allocatedResources", 5, "{}quantity", "omitempty",
     "What was asked for while it is being enlarged."},
    {"allocatedResourceStatuses", 7, "{}string",
     "omitempty "
     "enum=ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizePending|"
     "NodeResizeInProgress|NodeResizeInfeasible",
     "Progress of enlarging, by resource name."},
    {"currentVolumeAttributesClassName", 8, "*string", "omitempty",
     "Class in force; absent when none is."},
    {"modifyVolumeStatus", 9, "*ModifyVolumeStatus", "omitempty",
     "Progress of a change to another class."},
};

constexpr FieldFact kPersistentVolumeClaimTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Labels and annotations of the claim; nothing else is allowed."},
    {"spec", 2, "PersistentVolumeClaimSpec", "required", "What the claim asks for."},
};

constexpr FieldFact kPersistentVolumeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]PersistentVolume", "required", "The volumes."},
};

constexpr FieldFact kPersistentVolumeSourceFields[] = {
    {"gcePersistentDisk", 1, "*GCEPersistentDiskVolumeSource", "omitempty",
     "A Google Compute Engine disk."},
    {"awsElasticBlockStore", 2, "*AWSElasticBlockStoreVolumeSource", "omitempty",
     "An Amazon EBS volume."},
    {"hostPath", 3, "*HostPathVolumeSource", "omitempty",
     "A directory of the node, for tests on one node."},
    {"glusterfs", 4, "*GlusterfsPersistentVolumeSource", "omitempty", "A GlusterFS volume."},
    {"nfs", 5, "*NFSVolumeSource", "omitempty", "A directory of an NFS server."},
    {"rbd", 6, "*RBDPersistentVolumeSource", "omitempty", "A Ceph block device."},
    {"iscsi", 7, "*ISCSIPersistentVolumeSource", "omitempty", "An iSCSI disk."},
    {"cinder", 8, "*CinderPersistentVolumeSource", "omitempty", "An OpenStack volume."},
    {"cephfs", 9, "*CephFSPersistentVolumeSource", "omitempty", "A CephFS volume."},
    {"fc", 10, "*FCVolumeSource", "omitempty", "A Fibre Channel volume."},
    {"flocker", 11, "*FlockerVolumeSource", "omitempty", "A Flocker volume."},
    {"flexVolume", 12, "*FlexPersistentVolumeSource", "omitempty",
     "A volume of a FlexVolume driver."},
    {"azureFile", 13, "*AzureFilePersistentVolumeSource", "omitempty", "An Azure file share."},
    {"vsphereVolume", 14, "*VsphereVirtualDiskVolumeSource", "omitempty",
     "A vSphere virtual disk."},
    {"quobyte", 15, "*QuobyteVolumeSource", "omitempty", "A Quobyte volume."},
    {"azureDisk", 16, "*AzureDiskVolumeSource", "omitempty", "An Azure disk."},
    {"photonPersistentDisk", 17, "*PhotonPersistentDiskVolumeSource", "omitempty",
     "A Photon disk."},
    {"portworxVolume", 18, "*PortworxVolumeSource", "omitempty", "A Portworx volume."},
    {"scaleIO", 19, "*ScaleIOPersistentVolumeSource", "omitempty", "A ScaleIO volume."},
    {"local", 20, "*LocalVolumeSource", "omitempty", "A disk or directory of one node."},
    {"storageos", 21, "*StorageOSPersistentVolumeSource", "omitempty", "A StorageOS volume."},
    {"csi", 22, "*CSIPersistentVolumeSource", "omitempty", "A volume of a CSI driver."},
};

constexpr FieldFact kPersistentVolumeSpecFields[] = {
    {"capacity", 1, "{}quantity", "omitempty", "How much it holds, as storage."},
    {"", 2, "PersistentVolumeSource", "inline", "Where the storage is."},
    {"accessModes", 3, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod",
     "Ways it can be mounted."},
    {"claimRef", 4, "*ObjectReference", "omitempty", "Claim it is bound to, or reserved for."},
    {"persistentVolumeReclaimPolicy", 5, "string",
     "omitempty enum=Recycle|Delete|Retain default=\"Retain\"",
     "What happens when the claim goes: Retain, Delete or Recycle. Default Retain."},
    {"storageClassName", 6, "string", "omitempty", "Storage class it belongs to; empty is none."},
    {"mountOptions", 7, "[]string", "omitempty list=atomic",
     "Options of mounting it; not checked."},
    {"volumeMode", 8, "*string", "omitempty enum=Block|Filesystem default=\"Filesystem\"",
     "Filesystem (default) or Block."},
    {"nodeAffinity", 9, "*VolumeNodeAffinity", "omitempty", "Nodes from which it can be reached."},
    {"volumeAttributesClassName", 10, "*string", "omitempty",
     "Volume attributes class it belongs to."},
};

constexpr FieldFact kPersistentVolumeStatusFields[] = {
    {"phase", 1, "string",
     "omitempty enum=Pending|Available|Bound|Released|Failed default=\"Pending\"",
     "Pending, Available, Bound, Released or Failed."},
    {"message", 2, "string", "omitempty", "Text for people on why it is in this phase."},
    {"reason", 3, "string", "omitempty", "One word in CamelCase for a failure."},
    {"lastPhaseTransitionTime", 4, "*time", "omitempty", "When the phase last changed."},
};

constexpr FieldFact kRBDPersistentVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", "Addresses of the Ceph monitors."},
    {"image", 2, "string", "required", "Name of the image."},
    {"fsType", 3, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"pool", 4, "string", "omitempty default=\"rbd\"", "Pool the image is in. Default rbd."},
    {"user", 5, "string", "omitempty default=\"admin\"", "Ceph user. Default admin."},
    {"keyring", 6, "string", "omitempty default=\"/etc/ceph/keyring\"",
     "File with the user's key. Default /etc/ceph/keyring."},
    {"secretRef", 7, "*SecretReference", "omitempty",
     "Secret with the user's key, instead of keyring."},
    {"readOnly", 8, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kScaleIOPersistentVolumeSourceFields[] = {
    {"gateway", 1, "string", "required", "Address of the gateway."},
    {"system", 2, "string", "required", "Name of the storage system."},
    {"secretRef", 3, "*SecretReference", "required", "Secret with the credentials."},
    {"sslEnabled", 4, "bool", "omitempty", "Talks TLS to the gateway. Default false."},
    {"protectionDomain", 5, "string", "omitempty", "Protection domain of the storage."},
    {"storagePool", 6, "string", "omitempty", "Storage pool in the protection domain."},
    {"storageMode", 7, "string", "omitempty default=\"ThinProvisioned\"",
     "ThickProvisioned or ThinProvisioned (default)."},
    {"volumeName", 8, "string", "omitempty", "Name of the volume."},
    {"fsType", 9, "string", "omitempty default=\"xfs\"",
     "File system to mount it with. Default xfs."},
    {"readOnly", 10, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kSecretReferenceFields[] = {
    {"name", 1, "string", "omitempty", "Name of the Secret."},
    {"namespace", 2, "string", "omitempty", "Namespace of the Secret."},
};

constexpr FieldFact kStorageOSPersistentVolumeSourceFields[] = {
    {"volumeName", 1, "string", "omitempty", "Name of the volume."},
    {"volumeNamespace", 2, "string", "omitempty",
     "StorageOS namespace of the volume; default is that of the pod."},
    {"fsType", 3, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
    {"secretRef", 5, "*ObjectReference", "omitempty", "Secret with the credentials."},
};

constexpr FieldFact kTypedLocalObjectReferenceFields[] = {
    {"apiGroup", 1, "*string", "", "Group of the kind; absent is the core group."},
    {"kind", 2, "string", "required", "Kind of the object."},
    {"name", 3, "string", "required", "Name of the object."},
};

constexpr FieldFact kTypedObjectReferenceFields[] = {
    {"apiGroup", 1, "*string", "", "Group of the kind; absent is the core group."},
    {"kind", 2, "string", "required", "Kind of the object."},
    {"name", 3, "string", "required", "Name of the object."},
    {"namespace", 4, "*string", "omitempty",
     "Namespace of the object; another than one's own needs a grant there."},
};

constexpr FieldFact kVolumeNodeAffinityFields[] = {
    {"required", 1, "*NodeSelector", "omitempty", "Which nodes."},
};

constexpr FieldFact kVolumeResourceRequirementsFields[] = {
    {"limits", 1, "{}quantity", "omitempty", "Most that may be given, by resource name."},
    {"requests", 2, "{}quantity", "omitempty", "Least that must be given, by resource name."},
};

constexpr TypeFact kTypes[] = {
    {"AzureFilePersistentVolumeSource", "", "An Azure file share, served by its CSI driver.",
     kAzureFilePersistentVolumeSourceFields},
    {"CSIPersistentVolumeSource", "", "A volume that a CSI driver provides.",
     kCSIPersistentVolumeSourceFields},
    {"CephFSPersistentVolumeSource", "", "A CephFS volume; its in-tree driver is gone.",
     kCephFSPersistentVolumeSourceFields},
    {"CinderPersistentVolumeSource", "", "An OpenStack volume, served by its CSI driver.",
     kCinderPersistentVolumeSourceFields},
    {"FlexPersistentVolumeSource", "", "A volume of a FlexVolume driver, the predecessor of CSI.",
     kFlexPersistentVolumeSourceFields},
    {"GlusterfsPersistentVolumeSource", "", "A GlusterFS volume; its driver is gone.",
     kGlusterfsPersistentVolumeSourceFields},
    {"ISCSIPersistentVolumeSource", "", "An iSCSI disk.", kISCSIPersistentVolumeSourceFields},
    {"LocalVolumeSource", "", "A disk or directory of one node.", kLocalVolumeSourceFields},
    {"ModifyVolumeStatus", "", "Progress of a claim's change to another volume attributes class.",
     kModifyVolumeStatusFields},
    {"PersistentVolume", "kind", "A piece of storage in the cluster that claims can bind to.",
     kPersistentVolumeFields},
    {"PersistentVolumeClaim", "kind", "A wish for storage; pods mount it.",
     kPersistentVolumeClaimFields},
    {"PersistentVolumeClaimCondition", "", "One aspect of a claim's state.",
     kPersistentVolumeClaimConditionFields},
    {"PersistentVolumeClaimList", "kind", "Claims.", kPersistentVolumeClaimListFields},
    {"PersistentVolumeClaimSpec", "", "Which storage is wanted.", kPersistentVolumeClaimSpecFields},
    {"PersistentVolumeClaimStatus", "", "Which storage a claim got.",
     kPersistentVolumeClaimStatusFields},
    {"PersistentVolumeClaimTemplate", "", "A claim to make.", kPersistentVolumeClaimTemplateFields},
    {"PersistentVolumeList", "kind", "Volumes.", kPersistentVolumeListFields},
    {"PersistentVolumeSource", "", "Where a volume's storage is; exactly one is set.",
     kPersistentVolumeSourceFields},
    {"PersistentVolumeSpec", "", "Where a volume's storage is and what it can do.",
     kPersistentVolumeSpecFields},
    {"PersistentVolumeStatus", "", "Whether a volume is bound.", kPersistentVolumeStatusFields},
    {"RBDPersistentVolumeSource", "", "A Ceph block device; its in-tree driver is gone.",
     kRBDPersistentVolumeSourceFields},
    {"ScaleIOPersistentVolumeSource", "", "A ScaleIO volume; its driver is gone.",
     kScaleIOPersistentVolumeSourceFields},
    {"SecretReference", "atomic", "A Secret of any namespace.", kSecretReferenceFields},
    {"StorageOSPersistentVolumeSource", "", "A StorageOS volume; its driver is gone.",
     kStorageOSPersistentVolumeSourceFields},
    {"TypedLocalObjectReference", "atomic", "An object of any kind in the same namespace.",
     kTypedLocalObjectReferenceFields},
    {"TypedObjectReference", "", "An object of any kind.", kTypedObjectReferenceFields},
    {"VolumeNodeAffinity", "", "Nodes from which a volume can be reached.",
     kVolumeNodeAffinityFields},
    {"VolumeResourceRequirements", "", "How much storage is wanted.",
     kVolumeResourceRequirementsFields},
};

}  // namespace

std::span<const TypeFact> core_v1_persistentvolumes_types() {
  return kTypes;
}

}  // namespace cove::api
