#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAPIGroupFields[] = {
    {"name", 1, "string", "required", ""},
    {"versions", 2, "[]GroupVersionForDiscovery", "required list=atomic", ""},
    {"preferredVersion", 3, "GroupVersionForDiscovery", "omitempty", ""},
    {"serverAddressByClientCIDRs", 4, "[]ServerAddressByClientCIDR", "omitempty list=atomic", ""},
};

constexpr FieldFact kAPIGroupListFields[] = {
    {"groups", 1, "[]APIGroup", "required list=atomic", ""},
};

constexpr FieldFact kAPIResourceFields[] = {
    {"name", 1, "string", "required", ""},
    {"singularName", 6, "string", "required", ""},
    {"namespaced", 2, "bool", "required", ""},
    {"group", 8, "string", "omitempty", ""},
    {"version", 9, "string", "omitempty", ""},
    {"kind", 3, "string", "required", ""},
    {"verbs", 4, "Verbs", "required", ""},
    {"shortNames", 5, "[]string", "omitempty list=atomic", ""},
    {"categories", 7, "[]string", "omitempty list=atomic", ""},
    {"storageVersionHash", 10, "string", "omitempty", ""},
};

constexpr FieldFact kAPIResourceListFields[] = {
    {"groupVersion", 1, "string", "required", ""},
    {"resources", 2, "[]APIResource", "required list=atomic", ""},
};

constexpr FieldFact kAPIVersionsFields[] = {
    {"versions", 1, "[]string", "required list=atomic", ""},
    {"serverAddressByClientCIDRs", 2, "[]ServerAddressByClientCIDR", "required list=atomic", ""},
};

constexpr FieldFact kApplyOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", ""},
    {"force", 2, "bool", "required", ""},
    {"fieldManager", 3, "string", "required", ""},
};

constexpr FieldFact kConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"observedGeneration", 3, "int64", "omitempty", ""},
    {"lastTransitionTime", 4, "time", "required", ""},
    {"reason", 5, "string", "required", ""},
    {"message", 6, "string", "required", ""},
};

constexpr FieldFact kCreateOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", ""},
    {"fieldManager", 3, "string", "omitempty", ""},
    {"fieldValidation", 4, "string", "omitempty", ""},
};

constexpr FieldFact kDeleteOptionsFields[] = {
    {"gracePeriodSeconds", 1, "*int64", "omitempty", ""},
    {"preconditions", 2, "*Preconditions", "omitempty", ""},
    {"orphanDependents", 3, "*bool", "omitempty", ""},
    {"propagationPolicy", 4, "*string", "omitempty", ""},
    {"dryRun", 5, "[]string", "omitempty list=atomic", ""},
    {"ignoreStoreReadErrorWithClusterBreakingPotential", 6, "*bool", "omitempty", ""},
};

constexpr FieldFact kFieldSelectorRequirementFields[] = {
    {"key", 1, "string", "required", ""},
    {"operator", 2, "string", "required", ""},
    {"values", 3, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kGetOptionsFields[] = {
    {"resourceVersion", 1, "string", "omitempty", ""},
};

constexpr FieldFact kGroupKindFields[] = {
    {"group", 1, "string", "required", ""},
    {"kind", 2, "string", "required", ""},
};

constexpr FieldFact kGroupResourceFields[] = {
    {"group", 1, "string", "required", ""},
    {"resource", 2, "string", "required", ""},
};

constexpr FieldFact kGroupVersionFields[] = {
    {"group", 1, "string", "required", ""},
    {"version", 2, "string", "required", ""},
};

constexpr FieldFact kGroupVersionForDiscoveryFields[] = {
    {"groupVersion", 1, "string", "required", ""},
    {"version", 2, "string", "required", ""},
};

constexpr FieldFact kGroupVersionKindFields[] = {
    {"group", 1, "string", "required", ""},
    {"version", 2, "string", "required", ""},
    {"kind", 3, "string", "required", ""},
};

constexpr FieldFact kGroupVersionResourceFields[] = {
    {"group", 1, "string", "required", ""},
    {"version", 2, "string", "required", ""},
    {"resource", 3, "string", "required", ""},
};

constexpr FieldFact kLabelSelectorFields[] = {
    {"matchLabels", 1, "{}string", "omitempty", ""},
    {"matchExpressions", 2, "[]LabelSelectorRequirement", "omitempty list=atomic", ""},
};

constexpr FieldFact kLabelSelectorRequirementFields[] = {
    {"key", 1, "string", "required", ""},
    {"operator", 2, "string", "required", ""},
    {"values", 3, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kListFields[] = {
    {"metadata", 1, "ListMeta", "omitempty", ""},
    {"items", 2, "[]raw", "required", ""},
};

constexpr FieldFact kListMetaFields[] = {
    {"selfLink", 1, "string", "omitempty", ""},
    {"resourceVersion", 2, "string", "omitempty", ""},
    {"continue", 3, "string", "omitempty", ""},
    {"remainingItemCount", 4, "*int64", "omitempty", ""},
    {"shardInfo", 5, "*ShardInfo", "omitempty", ""},
};

constexpr FieldFact kListOptionsFields[] = {
    {"labelSelector", 1, "string", "omitempty", ""},
    {"fieldSelector", 2, "string", "omitempty", ""},
    {"watch", 3, "bool", "omitempty", ""},
    {"allowWatchBookmarks", 9, "bool", "omitempty", ""},
    {"resourceVersion", 4, "string", "omitempty", ""},
    {"resourceVersionMatch", 10, "string", "omitempty", ""},
    {"timeoutSeconds", 5, "*int64", "omitempty", ""},
    {"limit", 7, "int64", "omitempty", ""},
    {"continue", 8, "string", "omitempty", ""},
    {"sendInitialEvents", 11, "*bool", "omitempty", ""},
    {"shardSelector", 15, "string", "omitempty", ""},
};

constexpr FieldFact kManagedFieldsEntryFields[] = {
    {"manager", 1, "string", "omitempty", ""},     {"operation", 2, "string", "omitempty", ""},
    {"apiVersion", 3, "string", "omitempty", ""},  {"time", 4, "*time", "omitempty", ""},
    {"fieldsType", 6, "string", "omitempty", ""},  {"fieldsV1", 7, "*fields", "omitempty", ""},
    {"subresource", 8, "string", "omitempty", ""},
};

constexpr FieldFact kObjectMetaFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"generateName", 2, "string", "omitempty", ""},
    {"namespace", 3, "string", "omitempty", ""},
    {"selfLink", 4, "string", "omitempty", ""},
    {"uid", 5, "string", "omitempty", ""},
    {"resourceVersion", 6, "string", "omitempty", ""},
    {"generation", 7, "int64", "omitempty", ""},
    {"creationTimestamp", 8, "time", "omitempty omitzero", ""},
    {"deletionTimestamp", 9, "*time", "omitempty", ""},
    {"deletionGracePeriodSeconds", 10, "*int64", "omitempty", ""},
    {"labels", 11, "{}string", "omitempty", ""},
    {"annotations", 12, "{}string", "omitempty", ""},
    {"ownerReferences", 13, "[]OwnerReference",
     "omitempty list=map key=uid patch=merge patchKey=uid", ""},
    {"finalizers", 14, "[]string", "omitempty list=set patch=merge", ""},
    {"managedFields", 17, "[]ManagedFieldsEntry", "omitempty list=atomic", ""},
};

constexpr FieldFact kOwnerReferenceFields[] = {
    {"apiVersion", 5, "string", "required", ""},
    {"kind", 1, "string", "required", ""},
    {"name", 3, "string", "required", ""},
    {"uid", 4, "string", "required", ""},
    {"controller", 6, "*bool", "omitempty", ""},
    {"blockOwnerDeletion", 7, "*bool", "omitempty", ""},
};

constexpr FieldFact kPartialObjectMetadataFields[] = {
    {"metadata", 1, "ObjectMeta", "omitempty", ""},
};

constexpr FieldFact kPartialObjectMetadataListFields[] = {
    {"metadata", 1, "ListMeta", "omitempty", ""},
    {"items", 2, "[]PartialObjectMetadata", "required", ""},
};

constexpr FieldFact kPatchOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", ""},
    {"force", 2, "*bool", "omitempty", ""},
    {"fieldManager", 3, "string", "omitempty", ""},
    {"fieldValidation", 4, "string", "omitempty", ""},
};

constexpr FieldFact kPreconditionsFields[] = {
    {"uid", 1, "*string", "omitempty", ""},
    {"resourceVersion", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kRootPathsFields[] = {
    {"paths", 1, "[]string", "required list=atomic", ""},
};

constexpr FieldFact kServerAddressByClientCIDRFields[] = {
    {"clientCIDR", 1, "string", "required", ""},
    {"serverAddress", 2, "string", "required", ""},
};

constexpr FieldFact kShardInfoFields[] = {
    {"selector", 1, "string", "required", ""},
};

constexpr FieldFact kStatusFields[] = {
    {"metadata", 1, "ListMeta", "omitempty", ""},      {"status", 2, "string", "omitempty", ""},
    {"message", 3, "string", "omitempty", ""},         {"reason", 4, "string", "omitempty", ""},
    {"details", 5, "*StatusDetails", "omitempty", ""}, {"code", 6, "int32", "omitempty", ""},
};

constexpr FieldFact kStatusCauseFields[] = {
    {"reason", 1, "string", "omitempty", ""},
    {"message", 2, "string", "omitempty", ""},
    {"field", 3, "string", "omitempty", ""},
};

constexpr FieldFact kStatusDetailsFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"group", 2, "string", "omitempty", ""},
    {"kind", 3, "string", "omitempty", ""},
    {"uid", 6, "string", "omitempty", ""},
    {"causes", 4, "[]StatusCause", "omitempty list=atomic", ""},
    {"retryAfterSeconds", 5, "int32", "omitempty", ""},
};

constexpr FieldFact kTableFields[] = {
    {"metadata", 0, "ListMeta", "omitempty", ""},
    {"columnDefinitions", 0, "[]TableColumnDefinition", "required list=atomic", ""},
    {"rows", 0, "[]TableRow", "required list=atomic", ""},
};

constexpr FieldFact kTableColumnDefinitionFields[] = {
    {"name", 0, "string", "required", ""},    {"type", 0, "string", "required", ""},
    {"format", 0, "string", "required", ""},  {"description", 0, "string", "required", ""},
    {"priority", 0, "int32", "required", ""},
};

constexpr FieldFact kTableOptionsFields[] = {
    {"includeObject", 1, "string", "omitempty", ""},
};

constexpr FieldFact kTableRowFields[] = {
    {"cells", 0, "[]raw", "required list=atomic", ""},
    {"conditions", 0, "[]TableRowCondition", "omitempty list=atomic", ""},
    {"object", 0, "raw", "omitempty", ""},
};

constexpr FieldFact kTableRowConditionFields[] = {
    {"type", 0, "string", "required", ""},
    {"status", 0, "string", "required", ""},
    {"reason", 0, "string", "omitempty", ""},
    {"message", 0, "string", "omitempty", ""},
};

constexpr FieldFact kTypeMetaFields[] = {
    {"kind", 1, "string", "omitempty", ""},
    {"apiVersion", 2, "string", "omitempty", ""},
};

constexpr FieldFact kUpdateOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", ""},
    {"fieldManager", 2, "string", "omitempty", ""},
    {"fieldValidation", 3, "string", "omitempty", ""},
};

constexpr FieldFact kWatchEventFields[] = {
    {"type", 1, "string", "required", ""},
    {"object", 2, "raw", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"APIGroup", "kind", "", kAPIGroupFields},
    {"APIGroupList", "kind", "", kAPIGroupListFields},
    {"APIResource", "", "", kAPIResourceFields},
    {"APIResourceList", "kind", "", kAPIResourceListFields},
    {"APIVersions", "kind", "", kAPIVersionsFields},
    {"ApplyOptions", "kind", "", kApplyOptionsFields},
    {"Condition", "", "", kConditionFields},
    {"CreateOptions", "kind", "", kCreateOptionsFields},
    {"DeleteOptions", "kind", "", kDeleteOptionsFields},
    {"FieldSelectorRequirement", "", "", kFieldSelectorRequirementFields},
    {"GetOptions", "kind", "", kGetOptionsFields},
    {"GroupKind", "", "", kGroupKindFields},
    {"GroupResource", "", "", kGroupResourceFields},
    {"GroupVersion", "", "", kGroupVersionFields},
    {"GroupVersionForDiscovery", "", "", kGroupVersionForDiscoveryFields},
    {"GroupVersionKind", "", "", kGroupVersionKindFields},
    {"GroupVersionResource", "", "", kGroupVersionResourceFields},
    {"LabelSelector", "atomic", "", kLabelSelectorFields},
    {"LabelSelectorRequirement", "", "", kLabelSelectorRequirementFields},
    {"List", "kind", "", kListFields},
    {"ListMeta", "", "", kListMetaFields},
    {"ListOptions", "kind", "", kListOptionsFields},
    {"ManagedFieldsEntry", "", "", kManagedFieldsEntryFields},
    {"ObjectMeta", "", "", kObjectMetaFields},
    {"OwnerReference", "atomic", "", kOwnerReferenceFields},
    {"PartialObjectMetadata", "kind", "", kPartialObjectMetadataFields},
    {"PartialObjectMetadataList", "kind", "", kPartialObjectMetadataListFields},
    {"PatchOptions", "kind", "", kPatchOptionsFields},
    {"Preconditions", "", "", kPreconditionsFields},
    {"RootPaths", "", "", kRootPathsFields},
    {"ServerAddressByClientCIDR", "", "", kServerAddressByClientCIDRFields},
    {"ShardInfo", "", "", kShardInfoFields},
    {"Status", "kind", "", kStatusFields},
    {"StatusCause", "", "", kStatusCauseFields},
    {"StatusDetails", "", "", kStatusDetailsFields},
    {"Table", "kind", "", kTableFields},
    {"TableColumnDefinition", "", "", kTableColumnDefinitionFields},
    {"TableOptions", "kind", "", kTableOptionsFields},
    {"TableRow", "", "", kTableRowFields},
    {"TableRowCondition", "", "", kTableRowConditionFields},
    {"TypeMeta", "", "", kTypeMetaFields},
    {"UpdateOptions", "kind", "", kUpdateOptionsFields},
    {"Verbs", "items=[]string", "", {}},
    {"WatchEvent", "", "", kWatchEventFields},
};

}  // namespace

std::span<const TypeFact> meta_v1_types() {
  return kTypes;
}

}  // namespace cove::api
