#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAWSElasticBlockStoreVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", "Id of the volume."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"partition", 3, "int32", "omitempty", "Partition to mount; 0 or absent is the whole volume."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kAzureDiskVolumeSourceFields[] = {
    {"diskName", 1, "string", "required", "Name of the disk in the storage account."},
    {"diskURI", 2, "string", "required", "URI of the disk in the storage account."},
    {"cachingMode", 3, "*string", "omitempty enum=None|ReadOnly|ReadWrite default=\"ReadWrite\"",
     "None, ReadOnly or ReadWrite (default)."},
    {"fsType", 4, "*string", "omitempty default=\"ext4\"",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 5, "*bool", "omitempty default=false", "Mounted read-only. Default false."},
    {"kind", 6, "*string", "omitempty enum=Shared|Dedicated|Managed default=\"Shared\"",
     "Shared (default), Dedicated or Managed."},
};

constexpr FieldFact kAzureFileVolumeSourceFields[] = {
    {"secretName", 1, "string", "required", "Secret with the name and key of the storage account."},
    {"shareName", 2, "string", "required", "Name of the share."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kCSIVolumeSourceFields[] = {
    {"driver", 1, "string", "required", "Name of the driver."},
    {"readOnly", 2, "*bool", "omitempty", "Mounted read-only. Default false."},
    {"fsType", 3, "*string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"volumeAttributes", 4, "{}string", "omitempty", "Settings handed to the driver."},
    {"nodePublishSecretRef", 5, "*LocalObjectReference", "omitempty",
     "Secret handed to the driver when the volume is mounted; in the pod's namespace."},
};

constexpr FieldFact kCephFSVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", "Addresses of the Ceph monitors."},
    {"path", 2, "string", "omitempty", "Directory to mount as root. Default /."},
    {"user", 3, "string", "omitempty", "Ceph user. Default admin."},
    {"secretFile", 4, "string", "omitempty",
     "File with the user's key. Default /etc/ceph/user.secret."},
    {"secretRef", 5, "*LocalObjectReference", "omitempty",
     "Secret with the user's key, instead of secretFile."},
    {"readOnly", 6, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kCinderVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", "Id of the volume."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"secretRef", 4, "*LocalObjectReference", "omitempty",
     "Secret with the credentials for OpenStack."},
};

constexpr FieldFact kClusterTrustBundleProjectionFields[] = {
    {"name", 1, "*string", "omitempty",
     "One bundle by name; not together with signerName and labelSelector."},
    {"signerName", 2, "*string", "omitempty",
     "All bundles of this signer that the selector picks."},
    {"labelSelector", 3, "*meta/v1.LabelSelector", "omitempty",
     "Which of the signer's bundles; absent none, empty all."},
    {"optional", 5, "*bool", "omitempty", "The pod starts even when there is no such bundle."},
    {"path", 4, "string", "required", "File in the volume."},
};

constexpr FieldFact kConfigMapProjectionFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The ConfigMap's name."},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic",
     "Which entries become which files; default is each entry under its key."},
    {"optional", 4, "*bool", "omitempty",
     "The pod starts even when the ConfigMap or a key is missing."},
};

constexpr FieldFact kConfigMapVolumeSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The ConfigMap's name."},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic",
     "Which entries become which files; default is each entry under its key."},
    {"defaultMode", 3, "*int32", "omitempty default=420",
     "Permission bits of the files, 0 to 0777; in JSON a decimal number. Default 0644."},
    {"optional", 4, "*bool", "omitempty",
     "The pod starts even when the ConfigMap or a key is missing."},
};

constexpr FieldFact kDownwardAPIProjectionFields[] = {
    {"items", 1, "[]DownwardAPIVolumeFile", "omitempty list=atomic", "The files."},
};

constexpr FieldFact kDownwardAPIVolumeFileFields[] = {
    {"path", 1, "string", "required",
     "Path of the file in the volume; relative and without \"..\"."},
    {"fieldRef", 2, "*ObjectFieldSelector", "omitempty",
     "Field of the pod: metadata.name, namespace, uid, labels or annotations."},
    {"resourceFieldRef", 3, "*ResourceFieldSelector", "omitempty",
     "Limit or request of a container."},
    {"mode", 4, "*int32", "omitempty",
     "Permission bits, 0 to 0777; default is the volume's defaultMode."},
};

constexpr FieldFact kDownwardAPIVolumeSourceFields[] = {
    {"items", 1, "[]DownwardAPIVolumeFile", "omitempty list=atomic", "The files."},
    {"defaultMode", 2, "*int32", "omitempty default=420",
     "Permission bits of the files, 0 to 0777; in JSON a decimal number. Default 0644."},
};

constexpr FieldFact kEmptyDirVolumeSourceFields[] = {
    {"medium", 1, "string", "omitempty",
     "Where it lives: empty for the node's disk, Memory, HugePages or HugePages-<size>."},
    {"sizeLimit", 2, "*quantity", "omitempty", "Most it may hold; absent means no limit."},
};

constexpr FieldFact kEphemeralVolumeSourceFields[] = {
    {"volumeClaimTemplate", 1, "*PersistentVolumeClaimTemplate", "omitempty",
     "The claim to make, named <pod>-<volume>."},
};

constexpr FieldFact kFCVolumeSourceFields[] = {
    {"targetWWNs", 1, "[]string", "omitempty list=atomic", "World wide names of the targets."},
    {"lun", 2, "*int32", "omitempty", "Number of the unit at the target."},
    {"fsType", 3, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
    {"wwids", 5, "[]string", "omitempty list=atomic",
     "World wide identifiers of the volume, instead of targetWWNs and lun."},
};

constexpr FieldFact kFlexVolumeSourceFields[] = {
    {"driver", 1, "string", "required", "Name of the driver."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"secretRef", 3, "*LocalObjectReference", "omitempty",
     "Secret handed to the driver's scripts."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
    {"options", 5, "{}string", "omitempty", "Further options for the driver."},
};

constexpr FieldFact kFlockerVolumeSourceFields[] = {
    {"datasetName", 1, "string", "omitempty", "Name of the dataset."},
    {"datasetUUID", 2, "string", "omitempty", "Id of the dataset."},
};

constexpr FieldFact kGCEPersistentDiskVolumeSourceFields[] = {
    {"pdName", 1, "string", "required", "Name of the disk."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"partition", 3, "int32", "omitempty", "Partition to mount; 0 or absent is the whole disk."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kGitRepoVolumeSourceFields[] = {
    {"repository", 1, "string", "required", "URL of the repository."},
    {"revision", 2, "string", "omitempty", "Commit to check out."},
    {"directory", 3, "string", "omitempty", "Directory to clone into; \".\" is the volume itself."},
};

constexpr FieldFact kGlusterfsVolumeSourceFields[] = {
    {"endpoints", 1, "string", "required", "Name of the Endpoints with the servers."},
    {"path", 2, "string", "required", "The Gluster volume."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kHostPathVolumeSourceFields[] = {
    {"path", 1, "string", "required", "Path on the node; links are followed."},
    {"type", 2, "*string",
     "omitempty enum=|DirectoryOrCreate|Directory|FileOrCreate|File|Socket|CharDevice|BlockDevice "
     "default=\"\"",
     "What must be there: \"\" (no check), DirectoryOrCreate, Directory, FileOrCreate, File, "
     "Socket, CharDevice or BlockDevice."},
};

constexpr FieldFact kISCSIVolumeSourceFields[] = {
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
    {"secretRef", 10, "*LocalObjectReference", "omitempty", "Secret with the CHAP credentials."},
    {"initiatorName", 12, "*string", "omitempty", "Qualified name of the initiator."},
};

constexpr FieldFact kImageVolumeSourceFields[] = {
    {"reference", 1, "string", "omitempty", "Image to mount, named as container images are."},
    {"pullPolicy", 2, "string", "omitempty enum=Always|Never|IfNotPresent",
     "Always, IfNotPresent or Never; default Always for the tag latest or none, else "
     "IfNotPresent."},
};

constexpr FieldFact kKeyToPathFields[] = {
    {"key", 1, "string", "required", "Key of the entry."},
    {"path", 2, "string", "required",
     "Path of the file in the volume; relative and without \"..\"."},
    {"mode", 3, "*int32", "omitempty",
     "Permission bits, 0 to 0777; default is the volume's defaultMode."},
};

constexpr FieldFact kLocalObjectReferenceFields[] = {
    {"name", 1, "string", "omitempty", "Name of the object."},
};

constexpr FieldFact kNFSVolumeSourceFields[] = {
    {"server", 1, "string", "required", "Host name or address of the server."},
    {"path", 2, "string", "required", "Path that the server exports."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kObjectFieldSelectorFields[] = {
    {"apiVersion", 1, "string", "omitempty default=\"v1\"",
     "Version the path is written for. Default v1."},
    {"fieldPath", 2, "string", "required", "Path of the field, such as metadata.name."},
};

constexpr FieldFact kObjectReferenceFields[] = {
    {"kind", 1, "string", "omitempty", "Kind of the object."},
    {"namespace", 2, "string", "omitempty", "Namespace of the object."},
    {"name", 3, "string", "omitempty", "Name of the object."},
    {"uid", 4, "string", "omitempty", "UID of the object."},
    {"apiVersion", 5, "string", "omitempty", "Group and version of the kind."},
    {"resourceVersion", 6, "string", "omitempty", "Resource version that is meant, if one is."},
    {"fieldPath", 7, "string", "omitempty", "Part of the object, such as spec.containers{name}."},
};

constexpr FieldFact kPersistentVolumeClaimVolumeSourceFields[] = {
    {"claimName", 1, "string", "required", "Name of the claim."},
    {"readOnly", 2, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kPhotonPersistentDiskVolumeSourceFields[] = {
    {"pdID", 1, "string", "required", "Id of the disk."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
};

constexpr FieldFact kPodCertificateProjectionFields[] = {
    {"signerName", 1, "string", "omitempty required", "Signer that is asked for the certificate."},
    {"keyType", 2, "string", "omitempty required",
     "Kind of key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519."},
    {"maxExpirationSeconds", 3, "*int32", "omitempty default=86400",
     "Longest life of the certificate in seconds, at least 3600. Default 86400."},
    {"credentialBundlePath", 4, "string", "omitempty",
     "File for key and certificates together, as PEM blocks."},
    {"keyPath", 5, "string", "omitempty", "File for the key alone."},
    {"certificateChainPath", 6, "string", "omitempty", "File for the certificates alone."},
    {"userAnnotations", 7, "{}string", "omitempty",
     "Further information for the signer, handed on as it is."},
};

constexpr FieldFact kPortworxVolumeSourceFields[] = {
    {"volumeID", 1, "string", "required", "Id of the volume."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kProjectedVolumeSourceFields[] = {
    {"sources", 1, "[]VolumeProjection", "list=atomic",
     "The sources; their paths must not collide."},
    {"defaultMode", 2, "*int32", "omitempty default=420",
     "Permission bits of the files, 0 to 0777; in JSON a decimal number. Default 0644."},
};

constexpr FieldFact kQuobyteVolumeSourceFields[] = {
    {"registry", 1, "string", "required",
     "Addresses of the Quobyte registry, separated by commas."},
    {"volume", 2, "string", "required", "Name of the volume."},
    {"readOnly", 3, "bool", "omitempty", "Mounted read-only. Default false."},
    {"user", 4, "string", "omitempty",
     "User to map access to. Default is the account the service runs as."},
    {"group", 5, "string", "omitempty", "Group to map access to."},
    {"tenant", 6, "string", "omitempty", "Tenant that owns the volume."},
};

constexpr FieldFact kRBDVolumeSourceFields[] = {
    {"monitors", 1, "[]string", "required list=atomic", "Addresses of the Ceph monitors."},
    {"image", 2, "string", "required", "Name of the image."},
    {"fsType", 3, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"pool", 4, "string", "omitempty default=\"rbd\"", "Pool the image is in. Default rbd."},
    {"user", 5, "string", "omitempty default=\"admin\"", "Ceph user. Default admin."},
    {"keyring", 6, "string", "omitempty default=\"/etc/ceph/keyring\"",
     "File with the user's key. Default /etc/ceph/keyring."},
    {"secretRef", 7, "*LocalObjectReference", "omitempty",
     "Secret with the user's key, instead of keyring."},
    {"readOnly", 8, "bool", "omitempty", "Mounted read-only. Default false."},
};

constexpr FieldFact kResourceFieldSelectorFields[] = {
    {"containerName", 1, "string", "omitempty",
     "The container; needed in volumes, elsewhere default is the container itself."},
    {"resource", 2, "string", "required", "The amount: limits.cpu, requests.memory and the like."},
    {"divisor", 3, "quantity", "omitempty default=\"0\"", "Unit in which it is given. Default 1."},
};

constexpr FieldFact kScaleIOVolumeSourceFields[] = {
    {"gateway", 1, "string", "required", "Address of the gateway."},
    {"system", 2, "string", "required", "Name of the storage system."},
    {"secretRef", 3, "*LocalObjectReference", "required", "Secret with the credentials."},
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

constexpr FieldFact kSecretProjectionFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The Secret's name."},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic",
     "Which entries become which files; default is each entry under its key."},
    {"optional", 4, "*bool", "omitempty",
     "The pod starts even when the Secret or a key is missing."},
};

constexpr FieldFact kSecretVolumeSourceFields[] = {
    {"secretName", 1, "string", "omitempty", "Name of the Secret, in the pod's namespace."},
    {"items", 2, "[]KeyToPath", "omitempty list=atomic",
     "Which entries become which files; default is each entry under its key."},
    {"defaultMode", 3, "*int32", "omitempty default=420",
     "Permission bits of the files, 0 to 0777; in JSON a decimal number. Default 0644."},
    {"optional", 4, "*bool", "omitempty",
     "The pod starts even when the Secret or a key is missing."},
};

constexpr FieldFact kServiceAccountTokenProjectionFields[] = {
    {"audience", 1, "string", "omitempty", "Who the token is for; default is the API server."},
    {"expirationSeconds", 2, "*int64", "omitempty default=3600",
     "Seconds the token lives, at least 600. Default 3600."},
    {"path", 3, "string", "required", "File in the volume."},
};

constexpr FieldFact kStorageOSVolumeSourceFields[] = {
    {"volumeName", 1, "string", "omitempty", "Name of the volume."},
    {"volumeNamespace", 2, "string", "omitempty",
     "StorageOS namespace of the volume; default is that of the pod."},
    {"fsType", 3, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"readOnly", 4, "bool", "omitempty", "Mounted read-only. Default false."},
    {"secretRef", 5, "*LocalObjectReference", "omitempty", "Secret with the credentials."},
};

constexpr FieldFact kVolumeFields[] = {
    {"name", 1, "string", "required", "Name, a DNS label that no other volume of the pod has."},
    {"", 2, "VolumeSource", "inline", "Where the volume comes from."},
};

constexpr FieldFact kVolumeProjectionFields[] = {
    {"secret", 1, "*SecretProjection", "omitempty", "Entries of a Secret."},
    {"downwardAPI", 2, "*DownwardAPIProjection", "omitempty", "Fields of the pod."},
    {"configMap", 3, "*ConfigMapProjection", "omitempty", "Entries of a ConfigMap."},
    {"serviceAccountToken", 4, "*ServiceAccountTokenProjection", "omitempty",
     "A token of the pod's service account."},
    {"clusterTrustBundle", 5, "*ClusterTrustBundleProjection", "omitempty",
     "Certificates of trust bundles."},
    {"podCertificate", 6, "*PodCertificateProjection", "omitempty",
     "A key and certificate of the pod's own."},
};

constexpr FieldFact kVolumeSourceFields[] = {
    {"hostPath", 1, "*HostPathVolumeSource", "omitempty", "A file or directory of the node."},
    {"emptyDir", 2, "*EmptyDirVolumeSource", "omitempty",
     "A directory that starts empty and goes away with the pod."},
    {"gcePersistentDisk", 3, "*GCEPersistentDiskVolumeSource", "omitempty",
     "A Google Compute Engine disk."},
    {"awsElasticBlockStore", 4, "*AWSElasticBlockStoreVolumeSource", "omitempty",
     "An Amazon EBS volume."},
    {"gitRepo", 5, "*GitRepoVolumeSource", "omitempty",
     "A clone of a git repository; no longer supported by nodes."},
    {"secret", 6, "*SecretVolumeSource", "omitempty", "A Secret's entries as files."},
    {"nfs", 7, "*NFSVolumeSource", "omitempty", "A directory of an NFS server."},
    {"iscsi", 8, "*ISCSIVolumeSource", "omitempty", "An iSCSI disk."},
    {"glusterfs", 9, "*GlusterfsVolumeSource", "omitempty", "A GlusterFS volume."},
    {"persistentVolumeClaim", 10, "*PersistentVolumeClaimVolumeSource", "omitempty",
     "A claim of the pod's namespace."},
    {"rbd", 11, "*RBDVolumeSource", "omitempty", "A Ceph block device."},
    {"flexVolume", 12, "*FlexVolumeSource", "omitempty", "A volume of a FlexVolume driver."},
    {"cinder", 13, "*CinderVolumeSource", "omitempty", "An OpenStack volume."},
    {"cephfs", 14, "*CephFSVolumeSource", "omitempty", "A CephFS volume."},
    {"flocker", 15, "*FlockerVolumeSource", "omitempty", "A Flocker volume."},
    {"downwardAPI", 16, "*DownwardAPIVolumeSource", "omitempty", "Fields of the pod as files."},
    {"fc", 17, "*FCVolumeSource", "omitempty", "A Fibre Channel volume."},
    {"azureFile", 18, "*AzureFileVolumeSource", "omitempty", "An Azure file share."},
    {"configMap", 19, "*ConfigMapVolumeSource", "omitempty", "A ConfigMap's entries as files."},
    {"vsphereVolume", 20, "*VsphereVirtualDiskVolumeSource", "omitempty",
     "A vSphere virtual disk."},
    {"quobyte", 21, "*QuobyteVolumeSource", "omitempty", "A Quobyte volume."},
    {"azureDisk", 22, "*AzureDiskVolumeSource", "omitempty", "An Azure disk."},
    {"photonPersistentDisk", 23, "*PhotonPersistentDiskVolumeSource", "omitempty",
     "A Photon disk."},
    {"projected", 26, "*ProjectedVolumeSource", "omitempty", "Files from several sources."},
    {"portworxVolume", 24, "*PortworxVolumeSource", "omitempty", "A Portworx volume."},
    {"scaleIO", 25, "*ScaleIOVolumeSource", "omitempty", "A ScaleIO volume."},
    {"storageos", 27, "*StorageOSVolumeSource", "omitempty", "A StorageOS volume."},
    {"csi", 28, "*CSIVolumeSource", "omitempty", "A volume that a CSI driver makes for the pod."},
    {"ephemeral", 29, "*EphemeralVolumeSource", "omitempty",
     "A claim that is made for the pod and goes away with it."},
    {"image", 30, "*ImageVolumeSource", "omitempty", "The content of an image."},
};

constexpr FieldFact kVsphereVirtualDiskVolumeSourceFields[] = {
    {"volumePath", 1, "string", "required", "Path of the disk."},
    {"fsType", 2, "string", "omitempty",
     "File system to mount it with, such as ext4; default is the driver's."},
    {"storagePolicyName", 3, "string", "omitempty", "Name of the storage policy."},
    {"storagePolicyID", 4, "string", "omitempty", "Id of the storage policy."},
};

constexpr TypeFact kTypes[] = {
    {"AWSElasticBlockStoreVolumeSource", "", "An Amazon EBS volume, served by its CSI driver.",
     kAWSElasticBlockStoreVolumeSourceFields},
    {"AzureDiskVolumeSource", "", "An Azure disk, served by its CSI driver.",
     kAzureDiskVolumeSourceFields},
    {"AzureFileVolumeSource", "", "An Azure file share, served by its CSI driver.",
     kAzureFileVolumeSourceFields},
    {"CSIVolumeSource", "", "A volume that a CSI driver makes for one pod.",
     kCSIVolumeSourceFields},
    {"CephFSVolumeSource", "", "A CephFS volume; its in-tree driver is gone.",
     kCephFSVolumeSourceFields},
    {"CinderVolumeSource", "", "An OpenStack volume, served by its CSI driver.",
     kCinderVolumeSourceFields},
    {"ClusterTrustBundleProjection", "", "Certificates of trust bundles, written to one PEM file.",
     kClusterTrustBundleProjectionFields},
    {"ConfigMapProjection", "", "Entries of a ConfigMap as files.", kConfigMapProjectionFields},
    {"ConfigMapVolumeSource", "", "A ConfigMap whose entries are files.",
     kConfigMapVolumeSourceFields},
    {"DownwardAPIProjection", "", "Fields of the pod as files.", kDownwardAPIProjectionFields},
    {"DownwardAPIVolumeFile", "", "A file with one field of the pod.",
     kDownwardAPIVolumeFileFields},
    {"DownwardAPIVolumeSource", "", "A volume of files with fields of the pod.",
     kDownwardAPIVolumeSourceFields},
    {"EmptyDirVolumeSource", "", "A directory that starts empty and goes away with the pod.",
     kEmptyDirVolumeSourceFields},
    {"EphemeralVolumeSource", "", "A claim that is made for the pod and goes away with it.",
     kEphemeralVolumeSourceFields},
    {"FCVolumeSource", "", "A Fibre Channel volume.", kFCVolumeSourceFields},
    {"FlexVolumeSource", "", "A volume of a FlexVolume driver, the predecessor of CSI.",
     kFlexVolumeSourceFields},
    {"FlockerVolumeSource", "", "A Flocker volume; its driver is gone.",
     kFlockerVolumeSourceFields},
    {"GCEPersistentDiskVolumeSource", "", "A Google Compute Engine disk, served by its CSI driver.",
     kGCEPersistentDiskVolumeSourceFields},
    {"GitRepoVolumeSource", "",
     "A clone of a git repository; no longer supported by nodes, use an init container.",
     kGitRepoVolumeSourceFields},
    {"GlusterfsVolumeSource", "", "A GlusterFS volume; its driver is gone.",
     kGlusterfsVolumeSourceFields},
    {"HostPathVolumeSource", "", "A file or directory of the node.", kHostPathVolumeSourceFields},
    {"ISCSIVolumeSource", "", "An iSCSI disk.", kISCSIVolumeSourceFields},
    {"ImageVolumeSource", "", "The content of an OCI image or artifact, mounted read-only.",
     kImageVolumeSourceFields},
    {"KeyToPath", "", "An entry and the file it becomes.", kKeyToPathFields},
    {"LocalObjectReference", "atomic", "An object of the same namespace.",
     kLocalObjectReferenceFields},
    {"NFSVolumeSource", "", "A directory of an NFS server.", kNFSVolumeSourceFields},
    {"ObjectFieldSelector", "atomic", "A field of the pod.", kObjectFieldSelectorFields},
    {"ObjectReference", "atomic", "Which object is meant, and optionally which part of it.",
     kObjectReferenceFields},
    {"PersistentVolumeClaimVolumeSource", "", "A claim of the pod's namespace.",
     kPersistentVolumeClaimVolumeSourceFields},
    {"PhotonPersistentDiskVolumeSource", "", "A Photon disk; its driver is gone.",
     kPhotonPersistentDiskVolumeSourceFields},
    {"PodCertificateProjection", "", "A private key and a certificate for the pod as files.",
     kPodCertificateProjectionFields},
    {"PortworxVolumeSource", "", "A Portworx volume, served by its CSI driver.",
     kPortworxVolumeSourceFields},
    {"ProjectedVolumeSource", "", "A volume of files from several sources.",
     kProjectedVolumeSourceFields},
    {"QuobyteVolumeSource", "", "A Quobyte volume; its driver is gone.",
     kQuobyteVolumeSourceFields},
    {"RBDVolumeSource", "", "A Ceph block device; its in-tree driver is gone.",
     kRBDVolumeSourceFields},
    {"ResourceFieldSelector", "atomic", "A limit or request of a container.",
     kResourceFieldSelectorFields},
    {"ScaleIOVolumeSource", "", "A ScaleIO volume; its driver is gone.",
     kScaleIOVolumeSourceFields},
    {"SecretProjection", "", "Entries of a Secret as files.", kSecretProjectionFields},
    {"SecretVolumeSource", "", "A Secret whose entries are files.", kSecretVolumeSourceFields},
    {"ServiceAccountTokenProjection", "",
     "A token of the pod's service account as a file, renewed before it expires.",
     kServiceAccountTokenProjectionFields},
    {"StorageOSVolumeSource", "", "A StorageOS volume; its driver is gone.",
     kStorageOSVolumeSourceFields},
    {"Volume", "", "A volume of a pod, by a name of the pod's own.", kVolumeFields},
    {"VolumeProjection", "", "One source of a projected volume; exactly one is set.",
     kVolumeProjectionFields},
    {"VolumeSource", "", "Where a volume comes from; exactly one is set.", kVolumeSourceFields},
    {"VsphereVirtualDiskVolumeSource", "", "A vSphere virtual disk, served by its CSI driver.",
     kVsphereVirtualDiskVolumeSourceFields},
};

}  // namespace

std::span<const TypeFact> core_v1_volumes_types() {
  return kTypes;
}

}  // namespace cove::api
