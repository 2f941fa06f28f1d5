#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAggregationRuleFields[] = {
    {"clusterRoleSelectors", 1, "[]meta/v1.LabelSelector", "omitempty list=atomic", ""},
};

constexpr FieldFact kClusterRoleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"rules", 2, "[]PolicyRule", "list=atomic", ""},
    {"aggregationRule", 3, "*AggregationRule", "omitempty", ""},
};

constexpr FieldFact kClusterRoleBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"subjects", 2, "[]Subject", "omitempty list=atomic", ""},
    {"roleRef", 3, "RoleRef", "required", ""},
};

constexpr FieldFact kClusterRoleBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ClusterRoleBinding", "required", ""},
};

constexpr FieldFact kClusterRoleListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ClusterRole", "required", ""},
};

constexpr FieldFact kPolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic", ""},
    {"apiGroups", 2, "[]string", "omitempty list=atomic", ""},
    {"resources", 3, "[]string", "omitempty list=atomic", ""},
    {"resourceNames", 4, "[]string", "omitempty list=atomic", ""},
    {"nonResourceURLs", 5, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kRoleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"rules", 2, "[]PolicyRule", "list=atomic", ""},
};

constexpr FieldFact kRoleBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"subjects", 2, "[]Subject", "omitempty list=atomic", ""},
    {"roleRef", 3, "RoleRef", "required", ""},
};

constexpr FieldFact kRoleBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]RoleBinding", "required", ""},
};

constexpr FieldFact kRoleListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Role", "required", ""},
};

constexpr FieldFact kRoleRefFields[] = {
    {"apiGroup", 1, "string", "", ""},
    {"kind", 2, "string", "required", ""},
    {"name", 3, "string", "required", ""},
};

constexpr FieldFact kSubjectFields[] = {
    {"kind", 1, "string", "required", ""},
    {"apiGroup", 2, "string", "omitempty", ""},
    {"name", 3, "string", "required", ""},
    {"namespace", 4, "string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"AggregationRule", "", "", kAggregationRuleFields},
    {"ClusterRole", "kind", "", kClusterRoleFields},
    {"ClusterRoleBinding", "kind", "", kClusterRoleBindingFields},
    {"ClusterRoleBindingList", "kind", "", kClusterRoleBindingListFields},
    {"ClusterRoleList", "kind", "", kClusterRoleListFields},
    {"PolicyRule", "", "", kPolicyRuleFields},
    {"Role", "kind", "", kRoleFields},
    {"RoleBinding", "kind", "", kRoleBindingFields},
    {"RoleBindingList", "kind", "", kRoleBindingListFields},
    {"RoleList", "kind", "", kRoleListFields},
    {"RoleRef", "atomic", "", kRoleRefFields},
    {"Subject", "atomic", "", kSubjectFields},
};

}  // namespace

std::span<const TypeFact> rbac_v1_types() {
  return kTypes;
}

}  // namespace cove::api
