#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAggregationRuleFields[] = {
    {"clusterRoleSelectors", 1, "[]meta/v1.LabelSelector", "omitempty list=atomic",
     "Labels of the ClusterRoles whose rules are taken over; one selector must match."},
};

constexpr FieldFact kClusterRoleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"rules", 2, "[]PolicyRule", "list=atomic", "What is allowed."},
    {"aggregationRule", 3, "*AggregationRule", "omitempty",
     "When set, the server fills rules from other ClusterRoles."},
};

constexpr FieldFact kClusterRoleBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"subjects", 2, "[]Subject", "omitempty list=atomic", "Who gets the permissions."},
    {"roleRef", 3, "RoleRef", "required", "The ClusterRole. Cannot be changed."},
};

constexpr FieldFact kClusterRoleBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ClusterRoleBinding", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kClusterRoleListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ClusterRole", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kPolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic",
     "What may be done, such as get or create; \"*\" is everything."},
    {"apiGroups", 2, "[]string", "omitempty list=atomic",
     "API groups of the resources; \"\" is core, \"*\" all."},
    {"resources", 3, "[]string", "omitempty list=atomic",
     "Resources, such as pods or pods/log; \"*\" is all."},
    {"resourceNames", 4, "[]string", "omitempty list=atomic", "Names of the objects. Empty: all."},
    {"nonResourceURLs", 5, "[]string", "omitempty list=atomic",
     "Paths such as /healthz, or /metrics/* with a star at the end; for ClusterRoles only."},
};

constexpr FieldFact kRoleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"rules", 2, "[]PolicyRule", "list=atomic", "What is allowed."},
};

constexpr FieldFact kRoleBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"subjects", 2, "[]Subject", "omitempty list=atomic", "Who gets the permissions."},
    {"roleRef", 3, "RoleRef", "required", "The Role or ClusterRole. Cannot be changed."},
};

constexpr FieldFact kRoleBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]RoleBinding", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kRoleListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Role", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kRoleRefFields[] = {
    {"apiGroup", 1, "string", "default=\"rbac.authorization.k8s.io\"",
     "API group of the role: rbac.authorization.k8s.io."},
    {"kind", 2, "string", "required", "Role or ClusterRole."},
    {"name", 3, "string", "required", "Name of the role."},
};

constexpr FieldFact kSubjectFields[] = {
    {"kind", 1, "string", "required", "User, Group or ServiceAccount."},
    {"apiGroup", 2, "string", "omitempty",
     "rbac.authorization.k8s.io for users and groups, empty for service accounts."},
    {"name", 3, "string", "required", "Name of the user, group or account."},
    {"namespace", 4, "string", "omitempty", "Namespace of the service account."},
};

constexpr TypeFact kTypes[] = {
    {"AggregationRule", "", "How a ClusterRole collects the rules of others.",
     kAggregationRuleFields},
    {"ClusterRole", "kind",
     "Permissions for the whole cluster, or to be granted in single namespaces.",
     kClusterRoleFields},
    {"ClusterRoleBinding", "kind", "Grants a ClusterRole in the whole cluster.",
     kClusterRoleBindingFields},
    {"ClusterRoleBindingList", "kind", "A list of ClusterRoleBinding objects.",
     kClusterRoleBindingListFields},
    {"ClusterRoleList", "kind", "A list of ClusterRole objects.", kClusterRoleListFields},
    {"PolicyRule", "", "Something that is allowed.", kPolicyRuleFields},
    {"Role", "kind", "Permissions in one namespace.", kRoleFields},
    {"RoleBinding", "kind", "Grants a Role or ClusterRole in one namespace.", kRoleBindingFields},
    {"RoleBindingList", "kind", "A list of RoleBinding objects.", kRoleBindingListFields},
    {"RoleList", "kind", "A list of Role objects.", kRoleListFields},
    {"RoleRef", "atomic", "Names a role.", kRoleRefFields},
    {"Subject", "atomic", "Somebody who gets permissions.", kSubjectFields},
};

}  // namespace

std::span<const TypeFact> rbac_v1_types() {
  return kTypes;
}

}  // namespace cove::api
