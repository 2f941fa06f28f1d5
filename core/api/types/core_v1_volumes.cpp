#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAWSElasticBlockStoreVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"partition", 3, "int32", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
};

constexpr FieldFact kAzureDiskVolumeSourceFields[] = {
    {"diskName", 1, "string", "required", ""},
    {"diskURI", 2, "string", "required", ""},
    {"cachingMode", 3, "*string", "omitempty enum=None|ReadOnly|ReadWrite", ""},
    {"fsType", 4, "*string", "omitempty default=\"ext4\"", ""},
    {"readOnly", 5, "*bool", "omitempty default=false", ""},
    {"kind", 6, "*string", "omitempty enum=Shared|Dedicated|Managed", ""},
};

constexpr FieldFact kAzureFilePersistentVolumeSourceFields[] = {
    {"secretName", 1, "string", "required", ""},
    {"shareName", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"secretNamespace", 4, "*string", "", ""},
};

constexpr FieldFact kAzureFileVolumeSourceFields[] = {
    {"secretName", 1, "string", "required", ""},
    {"shareName", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
};

constexpr FieldFact kCSIPersistentVolumeSourceFields[] = {
    {"driver", 1, "string", "required", ""},
    {"volumeHandle", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"fsType", 4, "string", "omitempty", ""},
    {"volumeAttributes", 5, "{}string", "omitempty", ""},
    {"controllerPublishSecretRef", 6, "*SecretReference", "omitempty", ""},
    {"nodeStageSecretRef", 7, "*SecretReference", "omitempty", ""},
    {"nodePublishSecretRef", 8, "*SecretReference", "omitempty", ""},
    {"controllerExpandSecretRef", 9, "*SecretReference", "omitempty", ""},
    {"nodeExpandSecretRef", 10, "*SecretReference", "omitempty", ""},
};

constexpr FieldFact kCSIVolumeSourceFields[] = {
    {"driver", 1, "string", "required", ""},
    {"readOnly", 2, "*bool", "omitempty", ""},
    {"fsType", 3, "*string", "omitempty", ""},
    {"volumeAttributes", 4, "{}string", "omitempty", ""},
    {"nodePublishSecretRef", 5, "*LocalObjectReference", "omitempty", ""},
};

constexpr FieldFact kCephFSPersistentVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", ""},
    {"path", 2, "string", "omitempty", ""},
    {"user", 3, "string", "omitempty", ""},
    {"secretFile", 4, "string", "omitempty", ""},
    {"secretRef", 5, "*SecretReference", "omitempty", ""},
    {"readOnly", 6, "bool", "omitempty", ""},
};

constexpr FieldFact kCephFSVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", ""},
    {"path", 2, "string", "omitempty", ""},
    {"user", 3, "string", "omitempty", ""},
    {"secretFile", 4, "string", "omitempty", ""},
    {"secretRef", 5, "*LocalObjectReference", "omitempty", ""},
    {"readOnly", 6, "bool", "omitempty", ""},
};

constexpr FieldFact kCinderPersistentVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"secretRef", 4, "*SecretReference", "omitempty", ""},
};

constexpr FieldFact kCinderVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"secretRef", 4, "*LocalObjectReference", "omitempty", ""},
};

constexpr FieldFact kClusterTrustBundleProjectionFields[] = {
    {"name", 1, "*string", "omitempty", ""},
    {"signerName", 2, "*string", "omitempty", ""},
    {"labelSelector", 3, "*meta/v1.LabelSelector", "omitempty", ""},
    {"optional", 5, "*bool", "omitempty", ""},
    {"path", 4, "string", "required", ""},
};

constexpr FieldFact kConfigMapProjectionFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic", ""},
    {"optional", 4, "*bool", "omitempty", ""},
};

constexpr FieldFact kConfigMapVolumeSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic", ""},
    {"defaultMode", 3, "*int32", "omitempty", ""},
    {"optional", 4, "*bool", "omitempty", ""},
};

constexpr FieldFact kDownwardAPIProjectionFields[] = {
    {"items", 1, "[]DownwardAPIVolumeFile", "omitempty list=atomic", ""},
};

constexpr FieldFact kDownwardAPIVolumeFileFields[] = {
    {"path", 1, "string", "required", ""},
    {"fieldRef", 2, "*ObjectFieldSelector", "omitempty", ""},
    {"resourceFieldRef", 3, "*ResourceFieldSelector", "omitempty", ""},
    {"mode", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kDownwardAPIVolumeSourceFields[] = {
    {"items", 1, "[]DownwardAPIVolumeFile", "omitempty list=atomic", ""},
    {"defaultMode", 2, "*int32", "omitempty", ""},
};

constexpr FieldFact kEmptyDirVolumeSourceFields[] = {
    {"medium", 1, "string", "omitempty", ""},
    {"sizeLimit", 2, "*quantity", "omitempty", ""},
};

constexpr FieldFact kEphemeralVolumeSourceFields[] = {
    {"volumeClaimTemplate", 1, "*PersistentVolumeClaimTemplate", "omitempty", ""},
};

constexpr FieldFact kFCVolumeSourceFields[] = {
    {"targetWWNs", 1, "[]string", "omitempty list=atomic", ""},
    {"lun", 2, "*int32", "omitempty", ""},
    {"fsType", 3, "string", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
    {"wwids", 5, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kFlexPersistentVolumeSourceFields[] = {
    {"driver", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"secretRef", 3, "*SecretReference", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
    {"options", 5, "{}string", "omitempty", ""},
};

constexpr FieldFact kFlexVolumeSourceFields[] = {
    {"driver", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"secretRef", 3, "*LocalObjectReference", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
    {"options", 5, "{}string", "omitempty", ""},
};

constexpr FieldFact kFlockerVolumeSourceFields[] = {
    {"datasetName", 1, "string", "omitempty", ""},
    {"datasetUUID", 2, "string", "omitempty", ""},
};

constexpr FieldFact kGCEPersistentDiskVolumeSourceFields[] = {
    {"pdName", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"partition", 3, "int32", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
};

constexpr FieldFact kGitRepoVolumeSourceFields[] = {
    {"repository", 1, "string", "required", ""},
    {"revision", 2, "string", "omitempty", ""},
    {"directory", 3, "string", "omitempty", ""},
};

constexpr FieldFact kGlusterfsPersistentVolumeSourceFields[] = {
    {"endpoints", 1, "string", "required", ""},
    {"path", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"endpointsNamespace", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kGlusterfsVolumeSourceFields[] = {
    {"endpoints", 1, "string", "required", ""},
    {"path", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
};

constexpr FieldFact kHostPathVolumeSourceFields[] = {
    {"path", 1, "string", "required", ""},
    {"type", 2, "*string",
     "omitempty enum=|DirectoryOrCreate|Directory|FileOrCreate|File|Socket|CharDevice|BlockDevice",
     ""},
};

constexpr FieldFact kISCSIPersistentVolumeSourceFields[] = {
    {"targetPortal", 1, "string", "required", ""},
    {"iqn", 2, "string", "required", ""},
    {"lun", 3, "int32", "required", ""},
    {"iscsiInterface", 4, "string", "omitempty default=\"default\"", ""},
    {"fsType", 5, "string", "omitempty", ""},
    {"readOnly", 6, "bool", "omitempty", ""},
    {"portals", 7, "[]string", "omitempty list=atomic", ""},
    {"chapAuthDiscovery", 8, "bool", "omitempty", ""},
    {"chapAuthSession", 11, "bool", "omitempty", ""},
    {"secretRef", 10, "*SecretReference", "omitempty", ""},
    {"initiatorName", 12, "*string", "omitempty", ""},
};

constexpr FieldFact kISCSIVolumeSourceFields[] = {
    {"targetPortal", 1, "string", "required", ""},
    {"iqn", 2, "string", "required", ""},
    {"lun", 3, "int32", "required", ""},
    {"iscsiInterface", 4, "string", "omitempty default=\"default\"", ""},
    {"fsType", 5, "string", "omitempty", ""},
    {"readOnly", 6, "bool", "omitempty", ""},
    {"portals", 7, "[]string", "omitempty list=atomic", ""},
    {"chapAuthDiscovery", 8, "bool", "omitempty", ""},
    {"chapAuthSession", 11, "bool", "omitempty", ""},
    {"secretRef", 10, "*LocalObjectReference", "omitempty", ""},
    {"initiatorName", 12, "*string", "omitempty", ""},
};

constexpr FieldFact kImageVolumeSourceFields[] = {
    {"reference", 1, "string", "omitempty", ""},
    {"pullPolicy", 2, "string", "omitempty enum=Always|Never|IfNotPresent", ""},
};

constexpr FieldFact kKeyToPathFields[] = {
    {"key", 1, "string", "required", ""},
    {"path", 2, "string", "required", ""},
    {"mode", 3, "*int32", "omitempty", ""},
};

constexpr FieldFact kLocalObjectReferenceFields[] = {
    {"name", 1, "string", "omitempty default=\"\"", ""},
};

constexpr FieldFact kLocalVolumeSourceFields[] = {
    {"path", 1, "string", "required", ""},
    {"fsType", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kModifyVolumeStatusFields[] = {
    {"targetVolumeAttributesClassName", 1, "string", "omitempty", ""},
    {"status", 2, "string", "required enum=Pending|InProgress|Infeasible", ""},
};

constexpr FieldFact kNFSVolumeSourceFields[] = {
    {"server", 1, "string", "required", ""},
    {"path", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
};

constexpr FieldFact kObjectFieldSelectorFields[] = {
    {"apiVersion", 1, "string", "omitempty", ""},
    {"fieldPath", 2, "string", "required", ""},
};

constexpr FieldFact kObjectReferenceFields[] = {
    {"kind", 1, "string", "omitempty", ""},       {"namespace", 2, "string", "omitempty", ""},
    {"name", 3, "string", "omitempty", ""},       {"uid", 4, "string", "omitempty", ""},
    {"apiVersion", 5, "string", "omitempty", ""}, {"resourceVersion", 6, "string", "omitempty", ""},
    {"fieldPath", 7, "string", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PersistentVolumeSpec", "omitempty", ""},
    {"status", 3, "PersistentVolumeStatus", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeClaimFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PersistentVolumeClaimSpec", "omitempty", ""},
    {"status", 3, "PersistentVolumeClaimStatus", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeClaimConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastProbeTime", 3, "time", "omitempty", ""},
    {"lastTransitionTime", 4, "time", "omitempty", ""},
    {"reason", 5, "string", "omitempty", ""},
    {"message", 6, "string", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeClaimListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PersistentVolumeClaim", "required", ""},
};

constexpr FieldFact kPersistentVolumeClaimSpecFields[] = {
    {"accessModes", 1, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod", ""},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"resources", 2, "VolumeResourceRequirements", "omitempty", ""},
    {"volumeName", 3, "string", "omitempty", ""},
    {"storageClassName", 5, "*string", "omitempty", ""},
    {"volumeMode", 6, "*string", "omitempty enum=Block|Filesystem", ""},
    {"dataSource", 7, "*TypedLocalObjectReference", "omitempty", ""},
    {"dataSourceRef", 8, "*TypedObjectReference", "omitempty", ""},
    {"volumeAttributesClassName", 9, "*string", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeClaimStatusFields[] = {
    {"phase", 1, "string", "omitempty enum=Pending|Bound|Lost", ""},
    {"accessModes", 2, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod", ""},
    {"capacity", 3, "{}quantity", "omitempty", ""},
    {"conditions", 4, "[]PersistentVolumeClaimCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
    {"allocatedResources", 5, "{}quantity", "omitempty", ""},
    {"allocatedResourceStatuses", 7, "{}string",
     "omitempty "
     "enum=ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizePending|"
     "NodeResizeInProgress|NodeResizeInfeasible",
     ""},
    {"currentVolumeAttributesClassName", 8, "*string", "omitempty", ""},
    {"modifyVolumeStatus", 9, "*ModifyVolumeStatus", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeClaimTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PersistentVolumeClaimSpec", "required", ""},
};

constexpr FieldFact kPersistentVolumeClaimVolumeSourceFields[] = {
    {"claimName", 1, "string", "required", ""},
    {"readOnly", 2, "bool", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PersistentVolume", "required", ""},
};

constexpr FieldFact kPersistentVolumeSourceFields[] = {
    {"gcePersistentDisk", 1, "*GCEPersistentDiskVolumeSource", "omitempty", ""},
    {"awsElasticBlockStore", 2, "*AWSElasticBlockStoreVolumeSource", "omitempty", ""},
    {"hostPath", 3, "*HostPathVolumeSource", "omitempty", ""},
    {"glusterfs", 4, "*GlusterfsPersistentVolumeSource", "omitempty", ""},
    {"nfs", 5, "*NFSVolumeSource", "omitempty", ""},
    {"rbd", 6, "*RBDPersistentVolumeSource", "omitempty", ""},
    {"iscsi", 7, "*ISCSIPersistentVolumeSource", "omitempty", ""},
    {"cinder", 8, "*CinderPersistentVolumeSource", "omitempty", ""},
    {"cephfs", 9, "*CephFSPersistentVolumeSource", "omitempty", ""},
    {"fc", 10, "*FCVolumeSource", "omitempty", ""},
    {"flocker", 11, "*FlockerVolumeSource", "omitempty", ""},
    {"flexVolume", 12, "*FlexPersistentVolumeSource", "omitempty", ""},
    {"azureFile", 13, "*AzureFilePersistentVolumeSource", "omitempty", ""},
    {"vsphereVolume", 14, "*VsphereVirtualDiskVolumeSource", "omitempty", ""},
    {"quobyte", 15, "*QuobyteVolumeSource", "omitempty", ""},
    {"azureDisk", 16, "*AzureDiskVolumeSource", "omitempty", ""},
    {"photonPersistentDisk", 17, "*PhotonPersistentDiskVolumeSource", "omitempty", ""},
    {"portworxVolume", 18, "*PortworxVolumeSource", "omitempty", ""},
    {"scaleIO", 19, "*ScaleIOPersistentVolumeSource", "omitempty", ""},
    {"local", 20, "*LocalVolumeSource", "omitempty", ""},
    {"storageos", 21, "*StorageOSPersistentVolumeSource", "omitempty", ""},
    {"csi", 22, "*CSIPersistentVolumeSource", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeSpecFields[] = {
    {"capacity", 1, "{}quantity", "omitempty", ""},
    {"", 2, "PersistentVolumeSource", "inline", ""},
    {"accessModes", 3, "[]string",
     "omitempty list=atomic enum=ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod", ""},
    {"claimRef", 4, "*ObjectReference", "omitempty", ""},
    {"persistentVolumeReclaimPolicy", 5, "string", "omitempty enum=Recycle|Delete|Retain", ""},
    {"storageClassName", 6, "string", "omitempty", ""},
    {"mountOptions", 7, "[]string", "omitempty list=atomic", ""},
    {"volumeMode", 8, "*string", "omitempty enum=Block|Filesystem", ""},
    {"nodeAffinity", 9, "*VolumeNodeAffinity", "omitempty", ""},
    {"volumeAttributesClassName", 10, "*string", "omitempty", ""},
};

constexpr FieldFact kPersistentVolumeStatusFields[] = {
    {"phase", 1, "string", "omitempty enum=Pending|Available|Bound|Released|Failed", ""},
    {"message", 2, "string", "omitempty", ""},
    {"reason", 3, "string", "omitempty", ""},
    {"lastPhaseTransitionTime", 4, "*time", "omitempty", ""},
};

constexpr FieldFact kPhotonPersistentDiskVolumeSourceFields[] = {
    {"pdID", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
};

constexpr FieldFact kPodCertificateProjectionFields[] = {
    {"signerName", 1, "string", "omitempty required", ""},
    {"keyType", 2, "string", "omitempty required", ""},
    {"maxExpirationSeconds", 3, "*int32", "omitempty", ""},
    {"credentialBundlePath", 4, "string", "omitempty", ""},
    {"keyPath", 5, "string", "omitempty", ""},
    {"certificateChainPath", 6, "string", "omitempty", ""},
    {"userAnnotations", 7, "{}string", "omitempty", ""},
};

constexpr FieldFact kPortworxVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
};

constexpr FieldFact kProjectedVolumeSourceFields[] = {
    {"sources", 1, "[]VolumeProjection", "list=atomic", ""},
    {"defaultMode", 2, "*int32", "omitempty", ""},
};

constexpr FieldFact kQuobyteVolumeSourceFields[] = {
    {"registry", 1, "string", "required", ""}, {"volume", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},  {"user", 4, "string", "omitempty", ""},
    {"group", 5, "string", "omitempty", ""},   {"tenant", 6, "string", "omitempty", ""},
};

constexpr FieldFact kRBDPersistentVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", ""},
    {"image", 2, "string", "required", ""},
    {"fsType", 3, "string", "omitempty", ""},
    {"pool", 4, "string", "omitempty default=\"rbd\"", ""},
    {"user", 5, "string", "omitempty default=\"admin\"", ""},
    {"keyring", 6, "string", "omitempty default=\"/etc/ceph/keyring\"", ""},
    {"secretRef", 7, "*SecretReference", "omitempty", ""},
    {"readOnly", 8, "bool", "omitempty", ""},
};

constexpr FieldFact kRBDVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", ""},
    {"image", 2, "string", "required", ""},
    {"fsType", 3, "string", "omitempty", ""},
    {"pool", 4, "string", "omitempty default=\"rbd\"", ""},
    {"user", 5, "string", "omitempty default=\"admin\"", ""},
    {"keyring", 6, "string", "omitempty default=\"/etc/ceph/keyring\"", ""},
    {"secretRef", 7, "*LocalObjectReference", "omitempty", ""},
    {"readOnly", 8, "bool", "omitempty", ""},
};

constexpr FieldFact kResourceFieldSelectorFields[] = {
    {"containerName", 1, "string", "omitempty", ""},
    {"resource", 2, "string", "required", ""},
    {"divisor", 3, "quantity", "omitempty", ""},
};

constexpr FieldFact kScaleIOPersistentVolumeSourceFields[] = {
    {"gateway", 1, "string", "required", ""},
    {"system", 2, "string", "required", ""},
    {"secretRef", 3, "*SecretReference", "required", ""},
    {"sslEnabled", 4, "bool", "omitempty", ""},
    {"protectionDomain", 5, "string", "omitempty", ""},
    {"storagePool", 6, "string", "omitempty", ""},
    {"storageMode", 7, "string", "omitempty default=\"ThinProvisioned\"", ""},
    {"volumeName", 8, "string", "omitempty", ""},
    {"fsType", 9, "string", "omitempty default=\"xfs\"", ""},
    {"readOnly", 10, "bool", "omitempty", ""},
};

constexpr FieldFact kScaleIOVolumeSourceFields[] = {
    {"gateway", 1, "string", "required", ""},
    {"system", 2, "string", "required", ""},
    {"secretRef", 3, "*LocalObjectReference", "required", ""},
    {"sslEnabled", 4, "bool", "omitempty", ""},
    {"protectionDomain", 5, "string", "omitempty", ""},
    {"storagePool", 6, "string", "omitempty", ""},
    {"storageMode", 7, "string", "omitempty default=\"ThinProvisioned\"", ""},
    {"volumeName", 8, "string", "omitempty", ""},
    {"fsType", 9, "string", "omitempty default=\"xfs\"", ""},
    {"readOnly", 10, "bool", "omitempty", ""},
};

constexpr FieldFact kSecretProjectionFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic", ""},
    {"optional", 4, "*bool", "omitempty", ""},
};

constexpr FieldFact kSecretReferenceFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"namespace", 2, "string", "omitempty", ""},
};

constexpr FieldFact kSecretVolumeSourceFields[] = {
    {"secretName", 1, "string", "omitempty", ""},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic", ""},
    {"defaultMode", 3, "*int32", "omitempty", ""},
    {"optional", 4, "*bool", "omitempty", ""},
};

constexpr FieldFact kServiceAccountTokenProjectionFields[] = {
    {"audience", 1, "string", "omitempty", ""},
    {"expirationSeconds", 2, "*int64", "omitempty", ""},
    {"path", 3, "string", "required", ""},
};

constexpr FieldFact kStorageOSPersistentVolumeSourceFields[] = {
    {"volumeName", 1, "string", "omitempty", ""},
    {"volumeNamespace", 2, "string", "omitempty", ""},
    {"fsType", 3, "string", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
    {"secretRef", 5, "*ObjectReference", "omitempty", ""},
};

constexpr FieldFact kStorageOSVolumeSourceFields[] = {
    {"volumeName", 1, "string", "omitempty", ""},
    {"volumeNamespace", 2, "string", "omitempty", ""},
    {"fsType", 3, "string", "omitempty", ""},
    {"readOnly", 4, "bool", "omitempty", ""},
    {"secretRef", 5, "*LocalObjectReference", "omitempty", ""},
};

constexpr FieldFact kTypedLocalObjectReferenceFields[] = {
    {"apiGroup", 1, "*string", "", ""},
    {"kind", 2, "string", "required", ""},
    {"name", 3, "string", "required", ""},
};

constexpr FieldFact kTypedObjectReferenceFields[] = {
    {"apiGroup", 1, "*string", "", ""},
    {"kind", 2, "string", "required", ""},
    {"name", 3, "string", "required", ""},
    {"namespace", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kVolumeFields[] = {
    {"name", 1, "string", "required", ""},
    {"", 2, "VolumeSource", "inline", ""},
};

constexpr FieldFact kVolumeNodeAffinityFields[] = {
    {"required", 1, "*NodeSelector", "omitempty", ""},
};

constexpr FieldFact kVolumeProjectionFields[] = {
    {"secret", 1, "*SecretProjection", "omitempty", ""},
    {"downwardAPI", 2, "*DownwardAPIProjection", "omitempty", ""},
    {"configMap", 3, "*ConfigMapProjection", "omitempty", ""},
    {"serviceAccountToken", 4, "*ServiceAccountTokenProjection", "omitempty", ""},
    {"clusterTrustBundle", 5, "*ClusterTrustBundleProjection", "omitempty", ""},
    {"podCertificate", 6, "*PodCertificateProjection", "omitempty", ""},
};

constexpr FieldFact kVolumeResourceRequirementsFields[] = {
    {"limits", 1, "{}quantity", "omitempty", ""},
    {"requests", 2, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kVolumeSourceFields[] = {
    {"hostPath", 1, "*HostPathVolumeSource", "omitempty", ""},
    {"emptyDir", 2, "*EmptyDirVolumeSource", "omitempty", ""},
    {"gcePersistentDisk", 3, "*GCEPersistentDiskVolumeSource", "omitempty", ""},
    {"awsElasticBlockStore", 4, "*AWSElasticBlockStoreVolumeSource", "omitempty", ""},
    {"gitRepo", 5, "*GitRepoVolumeSource", "omitempty", ""},
    {"secret", 6, "*SecretVolumeSource", "omitempty", ""},
    {"nfs", 7, "*NFSVolumeSource", "omitempty", ""},
    {"iscsi", 8, "*ISCSIVolumeSource", "omitempty", ""},
    {"glusterfs", 9, "*GlusterfsVolumeSource", "omitempty", ""},
    {"persistentVolumeClaim", 10, "*PersistentVolumeClaimVolumeSource", "omitempty", ""},
    {"rbd", 11, "*RBDVolumeSource", "omitempty", ""},
    {"flexVolume", 12, "*FlexVolumeSource", "omitempty", ""},
    {"cinder", 13, "*CinderVolumeSource", "omitempty", ""},
    {"cephfs", 14, "*CephFSVolumeSource", "omitempty", ""},
    {"flocker", 15, "*FlockerVolumeSource", "omitempty", ""},
    {"downwardAPI", 16, "*DownwardAPIVolumeSource", "omitempty", ""},
    {"fc", 17, "*FCVolumeSource", "omitempty", ""},
    {"azureFile", 18, "*AzureFileVolumeSource", "omitempty", ""},
    {"configMap", 19, "*ConfigMapVolumeSource", "omitempty", ""},
    {"vsphereVolume", 20, "*VsphereVirtualDiskVolumeSource", "omitempty", ""},
    {"quobyte", 21, "*QuobyteVolumeSource", "omitempty", ""},
    {"azureDisk", 22, "*AzureDiskVolumeSource", "omitempty", ""},
    {"photonPersistentDisk", 23, "*PhotonPersistentDiskVolumeSource", "omitempty", ""},
    {"projected", 26, "*ProjectedVolumeSource", "omitempty", ""},
    {"portworxVolume", 24, "*PortworxVolumeSource", "omitempty", ""},
    {"scaleIO", 25, "*ScaleIOVolumeSource", "omitempty", ""},
    {"storageos", 27, "*StorageOSVolumeSource", "omitempty", ""},
    {"csi", 28, "*CSIVolumeSource", "omitempty", ""},
    {"ephemeral", 29, "*EphemeralVolumeSource", "omitempty", ""},
    {"image", 30, "*ImageVolumeSource", "omitempty", ""},
};

constexpr FieldFact kVsphereVirtualDiskVolumeSourceFields[] = {
    {"volumePath", 1, "string", "required", ""},
    {"fsType", 2, "string", "omitempty", ""},
    {"storagePolicyName", 3, "string", "omitempty", ""},
    {"storagePolicyID", 4, "string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"AWSElasticBlockStoreVolumeSource", "", "", kAWSElasticBlockStoreVolumeSourceFields},
    {"AzureDiskVolumeSource", "", "", kAzureDiskVolumeSourceFields},
    {"AzureFilePersistentVolumeSource", "", "", kAzureFilePersistentVolumeSourceFields},
    {"AzureFileVolumeSource", "", "", kAzureFileVolumeSourceFields},
    {"CSIPersistentVolumeSource", "", "", kCSIPersistentVolumeSourceFields},
    {"CSIVolumeSource", "", "", kCSIVolumeSourceFields},
    {"CephFSPersistentVolumeSource", "", "", kCephFSPersistentVolumeSourceFields},
    {"CephFSVolumeSource", "", "", kCephFSVolumeSourceFields},
    {"CinderPersistentVolumeSource", "", "", kCinderPersistentVolumeSourceFields},
    {"CinderVolumeSource", "", "", kCinderVolumeSourceFields},
    {"ClusterTrustBundleProjection", "", "", kClusterTrustBundleProjectionFields},
    {"ConfigMapProjection", "", "", kConfigMapProjectionFields},
    {"ConfigMapVolumeSource", "", "", kConfigMapVolumeSourceFields},
    {"DownwardAPIProjection", "", "", kDownwardAPIProjectionFields},
    {"DownwardAPIVolumeFile", "", "", kDownwardAPIVolumeFileFields},
    {"DownwardAPIVolumeSource", "", "", kDownwardAPIVolumeSourceFields},
    {"EmptyDirVolumeSource", "", "", kEmptyDirVolumeSourceFields},
    {"EphemeralVolumeSource", "", "", kEphemeralVolumeSourceFields},
    {"FCVolumeSource", "", "", kFCVolumeSourceFields},
    {"FlexPersistentVolumeSource", "", "", kFlexPersistentVolumeSourceFields},
    {"FlexVolumeSource", "", "", kFlexVolumeSourceFields},
    {"FlockerVolumeSource", "", "", kFlockerVolumeSourceFields},
    {"GCEPersistentDiskVolumeSource", "", "", kGCEPersistentDiskVolumeSourceFields},
    {"GitRepoVolumeSource", "", "", kGitRepoVolumeSourceFields},
    {"GlusterfsPersistentVolumeSource", "", "", kGlusterfsPersistentVolumeSourceFields},
    {"GlusterfsVolumeSource", "", "", kGlusterfsVolumeSourceFields},
    {"HostPathVolumeSource", "", "", kHostPathVolumeSourceFields},
    {"ISCSIPersistentVolumeSource", "", "", kISCSIPersistentVolumeSourceFields},
    {"ISCSIVolumeSource", "", "", kISCSIVolumeSourceFields},
    {"ImageVolumeSource", "", "", kImageVolumeSourceFields},
    {"KeyToPath", "", "", kKeyToPathFields},
    {"LocalObjectReference", "atomic", "", kLocalObjectReferenceFields},
    {"LocalVolumeSource", "", "", kLocalVolumeSourceFields},
    {"ModifyVolumeStatus", "", "", kModifyVolumeStatusFields},
    {"NFSVolumeSource", "", "", kNFSVolumeSourceFields},
    {"ObjectFieldSelector", "atomic", "", kObjectFieldSelectorFields},
    {"ObjectReference", "atomic", "", kObjectReferenceFields},
    {"PersistentVolume", "kind", "", kPersistentVolumeFields},
    {"PersistentVolumeClaim", "kind", "", kPersistentVolumeClaimFields},
    {"PersistentVolumeClaimCondition", "", "", kPersistentVolumeClaimConditionFields},
    {"PersistentVolumeClaimList", "kind", "", kPersistentVolumeClaimListFields},
    {"PersistentVolumeClaimSpec", "", "", kPersistentVolumeClaimSpecFields},
    {"PersistentVolumeClaimStatus", "", "", kPersistentVolumeClaimStatusFields},
    {"PersistentVolumeClaimTemplate", "", "", kPersistentVolumeClaimTemplateFields},
    {"PersistentVolumeClaimVolumeSource", "", "", kPersistentVolumeClaimVolumeSourceFields},
    {"PersistentVolumeList", "kind", "", kPersistentVolumeListFields},
    {"PersistentVolumeSource", "", "", kPersistentVolumeSourceFields},
    {"PersistentVolumeSpec", "", "", kPersistentVolumeSpecFields},
    {"PersistentVolumeStatus", "", "", kPersistentVolumeStatusFields},
    {"PhotonPersistentDiskVolumeSource", "", "", kPhotonPersistentDiskVolumeSourceFields},
    {"PodCertificateProjection", "", "", kPodCertificateProjectionFields},
    {"PortworxVolumeSource", "", "", kPortworxVolumeSourceFields},
    {"ProjectedVolumeSource", "", "", kProjectedVolumeSourceFields},
    {"QuobyteVolumeSource", "", "", kQuobyteVolumeSourceFields},
    {"RBDPersistentVolumeSource", "", "", kRBDPersistentVolumeSourceFields},
    {"RBDVolumeSource", "", "", kRBDVolumeSourceFields},
    {"ResourceFieldSelector", "atomic", "", kResourceFieldSelectorFields},
    {"ScaleIOPersistentVolumeSource", "", "", kScaleIOPersistentVolumeSourceFields},
    {"ScaleIOVolumeSource", "", "", kScaleIOVolumeSourceFields},
    {"SecretProjection", "", "", kSecretProjectionFields},
    {"SecretReference", "atomic", "", kSecretReferenceFields},
    {"SecretVolumeSource", "", "", kSecretVolumeSourceFields},
    {"ServiceAccountTokenProjection", "", "", kServiceAccountTokenProjectionFields},
    {"StorageOSPersistentVolumeSource", "", "", kStorageOSPersistentVolumeSourceFields},
    {"StorageOSVolumeSource", "", "", kStorageOSVolumeSourceFields},
    {"TypedLocalObjectReference", "atomic", "", kTypedLocalObjectReferenceFields},
    {"TypedObjectReference", "", "", kTypedObjectReferenceFields},
    {"Volume", "", "", kVolumeFields},
    {"VolumeNodeAffinity", "", "", kVolumeNodeAffinityFields},
    {"VolumeProjection", "", "", kVolumeProjectionFields},
    {"VolumeResourceRequirements", "", "", kVolumeResourceRequirementsFields},
    {"VolumeSource", "", "", kVolumeSourceFields},
    {"VsphereVirtualDiskVolumeSource", "", "", kVsphereVirtualDiskVolumeSourceFields},
};

}  // namespace

std::span<const TypeFact> core_v1_volumes_types() {
  return kTypes;
}

}  // namespace cove::api
