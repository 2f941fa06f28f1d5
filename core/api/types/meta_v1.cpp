#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAPIGroupFields[] = {
    {"name", 1, "string", "required", "Name of the group."},
    {"versions", 2, "[]GroupVersionForDiscovery", "required list=atomic",
     "The versions that are served."},
    {"preferredVersion", 3, "GroupVersionForDiscovery", "omitempty",
     "The version that clients should use."},
    {"serverAddressByClientCIDRs", 4, "[]ServerAddressByClientCIDR", "omitempty list=atomic",
     "Addresses of the server for clients by their own address."},
};

constexpr FieldFact kAPIGroupListFields[] = {
    {"groups", 1, "[]APIGroup", "required list=atomic", "The groups."},
};

constexpr FieldFact kAPIResourceFields[] = {
    {"name", 1, "string", "required", "Plural name, as in URLs; subresources as parent/name."},
    {"singularName", 6, "string", "required",
     "Singular name; empty where the lower-case kind serves."},
    {"namespaced", 2, "bool", "required", "Whether its objects are in namespaces."},
    {"group", 8, "string", "omitempty", "Group of the kind when it differs from the list's."},
    {"version", 9, "string", "omitempty", "Version of the kind when it differs from the list's."},
    {"kind", 3, "string", "required", "Kind of its objects."},
    {"verbs", 4, "Verbs", "required",
     "What can be done: get, list, watch, create, update, patch, delete, deletecollection."},
    {"shortNames", 5, "[]string", "omitempty list=atomic", "Short names that clients accept."},
    {"categories", 7, "[]string", "omitempty list=atomic",
     "Groups of resources that it belongs to, such as all."},
    {"storageVersionHash", 10, "string", "omitempty",
     "Changes when the stored form of the resource does."},
};

constexpr FieldFact kAPIResourceListFields[] = {
    {"groupVersion", 1, "string", "required", "Group and version, such as apps/v1."},
    {"resources", 2, "[]APIResource", "required list=atomic",
     "The resources and their subresources."},
};

constexpr FieldFact kAPIVersionsFields[] = {
    {"versions", 1, "[]string", "required list=atomic", "The versions that are served."},
    {"serverAddressByClientCIDRs", 2, "[]ServerAddressByClientCIDR", "required list=atomic",
     "Addresses of the server for clients by their own address."},
};

constexpr FieldFact kApplyOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", "All: check and answer, but store nothing."},
    {"force", 2, "bool", "required", "Whether to take over fields of other managers."},
    {"fieldManager", 3, "string", "required",
     "Name of the program that makes the change. Required."},
};

constexpr FieldFact kConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"observedGeneration", 3, "int64", "omitempty",
     "The metadata.generation that the condition speaks of."},
    {"lastTransitionTime", 4, "time", "required", "When the status last changed."},
    {"reason", 5, "string", "required",
     "One CamelCase word that programs can read for the last change."},
    {"message", 6, "string", "required", "A sentence for people about the last change."},
};

constexpr FieldFact kCreateOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", "All: check and answer, but store nothing."},
    {"fieldManager", 3, "string", "omitempty", "Name of the program that makes the change."},
    {"fieldValidation", 4, "string", "omitempty",
     "What unknown and duplicate fields lead to: Ignore, Warn or Strict. Default: Warn."},
};

constexpr FieldFact kDeleteOptionsFields[] = {
    {"gracePeriodSeconds", 1, "*int64", "omitempty",
     "Time to shut down in seconds; 0 is at once. Default: by kind."},
    {"preconditions", 2, "*Preconditions", "omitempty",
     "What must hold, or the request fails with a conflict."},
    {"orphanDependents", 3, "*bool", "omitempty", "Deprecated; see propagationPolicy."},
    {"propagationPolicy", 4, "*string", "omitempty",
     "Orphan keeps dependents, Background deletes them afterwards, Foreground first."},
    {"dryRun", 5, "[]string", "omitempty list=atomic", "All: check and answer, but store nothing."},
    {"ignoreStoreReadErrorWithClusterBreakingPotential", 6, "*bool", "omitempty",
     "Whether to delete an object that cannot be read any more, without finalizers and "
     "preconditions."},
};

constexpr FieldFact kFieldSelectorRequirementFields[] = {
    {"key", 1, "string", "required", "The field."},
    {"operator", 2, "string", "required", "In, NotIn, Exists or DoesNotExist."},
    {"values", 3, "[]string", "omitempty list=atomic", "Values for In and NotIn; otherwise empty."},
};

constexpr FieldFact kGetOptionsFields[] = {
    {"resourceVersion", 1, "string", "omitempty",
     "Oldest revision that will do. Default: the newest."},
};

constexpr FieldFact kGroupKindFields[] = {
    {"group", 1, "string", "required", "API group; empty for core."},
    {"kind", 2, "string", "required", "The kind."},
};

constexpr FieldFact kGroupResourceFields[] = {
    {"group", 1, "string", "required", "API group; empty for core."},
    {"resource", 2, "string", "required", "Plural name of the resource."},
};

constexpr FieldFact kGroupVersionFields[] = {
    {"group", 1, "string", "required", "API group; empty for core."},
    {"version", 2, "string", "required", "The version."},
};

constexpr FieldFact kGroupVersionForDiscoveryFields[] = {
    {"groupVersion", 1, "string", "required", "Group and version, such as apps/v1."},
    {"version", 2, "string", "required", "The version alone."},
};

constexpr FieldFact kGroupVersionKindFields[] = {
    {"group", 1, "string", "required", "API group; empty for core."},
    {"version", 2, "string", "required", "The version."},
    {"kind", 3, "string", "required", "The kind."},
};

constexpr FieldFact kGroupVersionResourceFields[] = {
    {"group", 1, "string", "required", "API group; empty for core."},
    {"version", 2, "string", "required", "The version."},
    {"resource", 3, "string", "required", "Plural name of the resource."},
};

constexpr FieldFact kLabelSelectorFields[] = {
    {"matchLabels", 1, "{}string", "omitempty",
     "Labels that must be there with exactly these values."},
    {"matchExpressions", 2, "[]LabelSelectorRequirement", "omitempty list=atomic",
     "Further conditions on labels."},
};

constexpr FieldFact kLabelSelectorRequirementFields[] = {
    {"key", 1, "string", "required", "Key of the label."},
    {"operator", 2, "string", "required", "In, NotIn, Exists or DoesNotExist."},
    {"values", 3, "[]string", "omitempty list=atomic", "Values for In and NotIn; otherwise empty."},
};

constexpr FieldFact kListFields[] = {
    {"metadata", 1, "ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]raw", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kListMetaFields[] = {
    {"selfLink", 1, "string", "omitempty", "No longer set."},
    {"resourceVersion", 2, "string", "omitempty",
     "Revision of the data as a whole at which the list was read."},
    {"continue", 3, "string", "omitempty", "Token for the next page; absent on the last one."},
    {"remainingItemCount", 4, "*int64", "omitempty",
     "How many objects follow after this page; absent when that is not known."},
    {"shardInfo", 5, "*ShardInfo", "omitempty",
     "Says that the list holds one part of the objects only."},
};

constexpr FieldFact kListOptionsFields[] = {
    {"labelSelector", 1, "string", "omitempty", "Only objects with these labels."},
    {"fieldSelector", 2, "string", "omitempty", "Only objects with these fields."},
    {"watch", 3, "bool", "omitempty", "Whether to send changes as they happen."},
    {"allowWatchBookmarks", 9, "bool", "omitempty",
     "Whether the watch may send bookmarks, which carry a revision only."},
    {"resourceVersion", 4, "string", "omitempty", "Revision to list at or to watch from."},
    {"resourceVersionMatch", 10, "string", "omitempty",
     "How to take resourceVersion in lists: Exact or NotOlderThan."},
    {"timeoutSeconds", 5, "*int64", "omitempty", "After how many seconds a list or watch ends."},
    {"limit", 7, "int64", "omitempty", "Most objects per page."},
    {"continue", 8, "string", "omitempty", "Token of the page before."},
    {"sendInitialEvents", 11, "*bool", "omitempty",
     "Whether a watch starts with the objects there are, followed by a bookmark."},
    {"shardSelector", 15, "string", "omitempty", "Only the objects of one shard."},
};

constexpr FieldFact kManagedFieldsEntryFields[] = {
    {"manager", 1, "string", "omitempty", "Name of the program."},
    {"operation", 2, "string", "omitempty", "Apply or Update."},
    {"apiVersion", 3, "string", "omitempty", "Version of the API that the fields are of."},
    {"time", 4, "*time", "omitempty", "When the entry last changed."},
    {"fieldsType", 6, "string", "omitempty", "Form of the fields; always FieldsV1."},
    {"fieldsV1", 7, "*fields", "omitempty", "The fields, as a tree of their names."},
    {"subresource", 8, "string", "omitempty",
     "Subresource that was written, such as status; empty for the object itself."},
};

constexpr FieldFact kObjectMetaFields[] = {
    {"name", 1, "string", "omitempty",
     "Name, unique in its namespace and resource. Cannot be changed."},
    {"generateName", 2, "string", "omitempty",
     "Start of a name that the server completes when name is empty."},
    {"namespace", 3, "string", "omitempty",
     "Namespace of the object; empty for those of the whole cluster. Cannot be changed."},
    {"selfLink", 4, "string", "omitempty", "No longer set."},
    {"uid", 5, "string", "omitempty",
     "Identity of the object in time and space, set by the server."},
    {"resourceVersion", 6, "string", "omitempty",
     "Revision of the object, opaque to clients. Sent with an update, it must still be the "
     "newest."},
    {"generation", 7, "int64", "omitempty",
     "Number that grows with every change of what is wanted."},
    {"creationTimestamp", 8, "time", "omitempty omitzero",
     "When the object was made, set by the server."},
    {"deletionTimestamp", 9, "*time", "omitempty",
     "When the object will be gone; set once deletion has begun."},
    {"deletionGracePeriodSeconds", 10, "*int64", "omitempty",
     "Seconds that the object has to shut down."},
    {"labels", 11, "{}string", "omitempty", "Short texts to choose and group objects by."},
    {"annotations", 12, "{}string", "omitempty", "Texts of any form for tools, 256 KiB in all."},
    {"ownerReferences", 13, "[]OwnerReference",
     "omitempty list=map key=uid patch=merge patchKey=uid",
     "Objects that this one belongs to. When all are gone, it is deleted."},
    {"finalizers", 14, "[]string", "omitempty list=set patch=merge",
     "Who must finish and remove their entry before the object disappears."},
    {"managedFields", 17, "[]ManagedFieldsEntry", "omitempty list=atomic",
     "Which program has set which fields, kept by the server."},
};

constexpr FieldFact kOwnerReferenceFields[] = {
    {"apiVersion", 5, "string", "required", "Group and version of the owner."},
    {"kind", 1, "string", "required", "Kind of the owner."},
    {"name", 3, "string", "required", "Name of the owner."},
    {"uid", 4, "string", "required", "UID of the owner."},
    {"controller", 6, "*bool", "omitempty",
     "Whether the owner is the one that manages the object. One owner at most."},
    {"blockOwnerDeletion", 7, "*bool", "omitempty",
     "Whether a foreground deletion of the owner waits for this object."},
};

constexpr FieldFact kPartialObjectMetadataFields[] = {
    {"metadata", 1, "ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
};

constexpr FieldFact kPartialObjectMetadataListFields[] = {
    {"metadata", 1, "ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]PartialObjectMetadata", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kPatchOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", "All: check and answer, but store nothing."},
    {"force", 2, "*bool", "omitempty", "Whether an apply takes over fields of other managers."},
    {"fieldManager", 3, "string", "omitempty",
     "Name of the program that makes the change. Required for apply."},
    {"fieldValidation", 4, "string", "omitempty",
     "What unknown and duplicate fields lead to: Ignore, Warn or Strict. Default: Warn."},
};

constexpr FieldFact kPreconditionsFields[] = {
    {"uid", 1, "*string", "omitempty", "UID that the object must have."},
    {"resourceVersion", 2, "*string", "omitempty", "Revision that the object must have."},
};

constexpr FieldFact kRootPathsFields[] = {
    {"paths", 1, "[]string", "required list=atomic", "The paths."},
};

constexpr FieldFact kServerAddressByClientCIDRFields[] = {
    {"clientCIDR", 1, "string", "required", "Addresses of the clients."},
    {"serverAddress", 2, "string", "required", "Address they should use, as host or host:port."},
};

constexpr FieldFact kShardInfoFields[] = {
    {"selector", 1, "string", "required", "The selector of the shard, as it was asked for."},
};

constexpr FieldFact kStatusFields[] = {
    {"metadata", 1, "ListMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"status", 2, "string", "omitempty", "Success or Failure."},
    {"message", 3, "string", "omitempty", "What happened, for people."},
    {"reason", 4, "string", "omitempty", "Why it failed, as one CamelCase word such as NotFound."},
    {"details", 5, "*StatusDetails", "omitempty", "More about the reason."},
    {"code", 6, "int32", "omitempty", "The HTTP status."},
};

constexpr FieldFact kStatusCauseFields[] = {
    {"reason", 1, "string", "omitempty", "What kind of problem it is, such as FieldValueInvalid."},
    {"message", 2, "string", "omitempty", "What is wrong, for people."},
    {"field", 3, "string", "omitempty",
     "Path of the field, such as spec.replicas or items[0].name."},
};

constexpr FieldFact kStatusDetailsFields[] = {
    {"name", 1, "string", "omitempty", "Name of the object."},
    {"group", 2, "string", "omitempty", "API group of the object."},
    {"kind", 3, "string", "omitempty", "Kind or resource of the object."},
    {"uid", 6, "string", "omitempty", "UID of the object."},
    {"causes", 4, "[]StatusCause", "omitempty list=atomic", "Everything that is wrong."},
    {"retryAfterSeconds", 5, "int32", "omitempty", "After how many seconds to try again."},
};

constexpr FieldFact kTableFields[] = {
    {"metadata", 0, "ListMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"columnDefinitions", 0, "[]TableColumnDefinition", "required list=atomic", "The columns."},
    {"rows", 0, "[]TableRow", "required list=atomic", "One row per object."},
};

constexpr FieldFact kTableColumnDefinitionFields[] = {
    {"name", 0, "string", "required", "Heading of the column."},
    {"type", 0, "string", "required",
     "Type of the cells: integer, number, string, boolean or date."},
    {"format", 0, "string", "required", "Form of the cells; \"name\" marks the object's name."},
    {"description", 0, "string", "required", "What the column shows."},
    {"priority", 0, "int32", "required", "0 is always shown, larger numbers in wide output only."},
};

constexpr FieldFact kTableOptionsFields[] = {
    {"includeObject", 1, "string", "omitempty",
     "What to put with each row: None, Metadata or Object. Default: Metadata."},
};

constexpr FieldFact kTableRowFields[] = {
    {"cells", 0, "[]raw", "required list=atomic", "One value per column."},
    {"conditions", 0, "[]TableRowCondition", "omitempty list=atomic",
     "Marks of the row, such as Completed."},
    {"object", 0, "raw", "omitempty",
     "The object that the row shows, as asked for by includeObject."},
};

constexpr FieldFact kTableRowConditionFields[] = {
    {"type", 0, "string", "required", "The mark; Completed is the only one."},
    {"status", 0, "string", "required", "True, False or Unknown."},
    {"reason", 0, "string", "omitempty", "One CamelCase word for the mark."},
    {"message", 0, "string", "omitempty", "The mark in words."},
};

constexpr FieldFact kTypeMetaFields[] = {
    {"kind", 1, "string", "omitempty", "Kind of the object, in CamelCase."},
    {"apiVersion", 2, "string", "omitempty",
     "Group and version of the document's form, such as apps/v1."},
};

constexpr FieldFact kUpdateOptionsFields[] = {
    {"dryRun", 1, "[]string", "omitempty list=atomic", "All: check and answer, but store nothing."},
    {"fieldManager", 2, "string", "omitempty", "Name of the program that makes the change."},
    {"fieldValidation", 3, "string", "omitempty",
     "What unknown and duplicate fields lead to: Ignore, Warn or Strict. Default: Warn."},
};

constexpr FieldFact kWatchEventFields[] = {
    {"type", 1, "string", "required", "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."},
    {"object", 2, "raw", "required",
     "The object after the change, as it was before when deleted; a Status for ERROR."},
};

constexpr TypeFact kTypes[] = {
    {"APIGroup", "kind", "An API group and its versions.", kAPIGroupFields},
    {"APIGroupList", "kind", "The API groups that are served.", kAPIGroupListFields},
    {"APIResource", "", "A resource of an API group.", kAPIResourceFields},
    {"APIResourceList", "kind", "Resources of one API version.", kAPIResourceListFields},
    {"APIVersions", "kind", "Versions of the core group.", kAPIVersionsFields},
    {"ApplyOptions", "kind", "Query parameters of server-side apply.", kApplyOptionsFields},
    {"Condition", "", "One observed aspect of an object's state.", kConditionFields},
    {"CreateOptions", "kind", "Query parameters of creates.", kCreateOptionsFields},
    {"DeleteOptions", "kind", "How to delete an object; query parameters or body.",
     kDeleteOptionsFields},
    {"FieldSelectorRequirement", "", "One condition of a field selector.",
     kFieldSelectorRequirementFields},
    {"GetOptions", "kind", "Query parameters of gets.", kGetOptionsFields},
    {"GroupKind", "", "A kind without its version.", kGroupKindFields},
    {"GroupResource", "", "A resource without its version.", kGroupResourceFields},
    {"GroupVersion", "", "An API group and version.", kGroupVersionFields},
    {"GroupVersionForDiscovery", "", "A version of an API group.", kGroupVersionForDiscoveryFields},
    {"GroupVersionKind", "", "A kind with group and version.", kGroupVersionKindFields},
    {"GroupVersionResource", "", "A resource with group and version.", kGroupVersionResourceFields},
    {"LabelSelector", "atomic",
     "A choice of objects by labels. All conditions must match; an empty selector matches "
     "everything.",
     kLabelSelectorFields},
    {"LabelSelectorRequirement", "", "One condition of a label selector.",
     kLabelSelectorRequirementFields},
    {"List", "kind", "A list of objects of any kinds.", kListFields},
    {"ListMeta", "", "Revision and paging of a list.", kListMetaFields},
    {"ListOptions", "kind", "Query parameters of lists and watches.", kListOptionsFields},
    {"ManagedFieldsEntry", "", "Fields that one manager has set.", kManagedFieldsEntryFields},
    {"ObjectMeta", "", "What every object has: name, namespace, labels and so on.",
     kObjectMetaFields},
    {"OwnerReference", "atomic",
     "An object that owns another one of the same namespace or is of the whole cluster.",
     kOwnerReferenceFields},
    {"PartialObjectMetadata", "kind", "An object's metadata without the rest.",
     kPartialObjectMetadataFields},
    {"PartialObjectMetadataList", "kind", "A list of objects' metadata.",
     kPartialObjectMetadataListFields},
    {"PatchOptions", "kind", "Query parameters of patches.", kPatchOptionsFields},
    {"Preconditions", "", "What must hold before an object is changed or deleted.",
     kPreconditionsFields},
    {"RootPaths", "", "Paths that the server knows.", kRootPathsFields},
    {"ServerAddressByClientCIDR", "", "Address of the server for some clients.",
     kServerAddressByClientCIDRFields},
    {"ShardInfo", "", "Which shard a list was read from.", kShardInfoFields},
    {"Status", "kind", "The answer to a request that has no object to return, mostly an error.",
     kStatusFields},
    {"StatusCause", "", "One cause of a failure.", kStatusCauseFields},
    {"StatusDetails", "", "More about a failure.", kStatusDetailsFields},
    {"Table", "kind", "Objects as rows, for people to read.", kTableFields},
    {"TableColumnDefinition", "", "A column of a table.", kTableColumnDefinitionFields},
    {"TableOptions", "kind", "Query parameters of tables.", kTableOptionsFields},
    {"TableRow", "", "A row of a table.", kTableRowFields},
    {"TableRowCondition", "", "A mark of a row.", kTableRowConditionFields},
    {"TypeMeta", "", "Kind and version of a document.", kTypeMetaFields},
    {"UpdateOptions", "kind", "Query parameters of updates.", kUpdateOptionsFields},
    {"Verbs", "items=[]string", "Names of actions on a resource.", {}},
    {"WatchEvent", "", "One change in a watch.", kWatchEventFields},
};

}  // namespace

std::span<const TypeFact> meta_v1_types() {
  return kTypes;
}

}  // namespace cove::api
