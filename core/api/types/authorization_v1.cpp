#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kFieldSelectorAttributesFields[] = {
    {"rawSelector", 1, "string", "omitempty", ""},
    {"requirements", 2, "[]meta/v1.FieldSelectorRequirement", "omitempty list=atomic", ""},
};

constexpr FieldFact kLabelSelectorAttributesFields[] = {
    {"rawSelector", 1, "string", "omitempty", ""},
    {"requirements", 2, "[]meta/v1.LabelSelectorRequirement", "omitempty list=atomic", ""},
};

constexpr FieldFact kLocalSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "SubjectAccessReviewSpec", "required", ""},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty", ""},
};

constexpr FieldFact kNonResourceAttributesFields[] = {
    {"path", 1, "string", "omitempty", ""},
    {"verb", 2, "string", "omitempty", ""},
};

constexpr FieldFact kNonResourceRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic", ""},
    {"nonResourceURLs", 2, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kResourceAttributesFields[] = {
    {"namespace", 1, "string", "omitempty", ""},
    {"verb", 2, "string", "omitempty", ""},
    {"group", 3, "string", "omitempty", ""},
    {"version", 4, "string", "omitempty", ""},
    {"resource", 5, "string", "omitempty", ""},
    {"subresource", 6, "string", "omitempty", ""},
    {"name", 7, "string", "omitempty", ""},
    {"fieldSelector", 8, "*FieldSelectorAttributes", "omitempty", ""},
    {"labelSelector", 9, "*LabelSelectorAttributes", "omitempty", ""},
};

constexpr FieldFact kResourceRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic", ""},
    {"apiGroups", 2, "[]string", "omitempty list=atomic", ""},
    {"resources", 3, "[]string", "omitempty list=atomic", ""},
    {"resourceNames", 4, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kSelfSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "SelfSubjectAccessReviewSpec", "required", ""},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty", ""},
};

constexpr FieldFact kSelfSubjectAccessReviewSpecFields[] = {
    {"resourceAttributes", 1, "*ResourceAttributes", "omitempty", ""},
    {"nonResourceAttributes", 2, "*NonResourceAttributes", "omitempty", ""},
};

constexpr FieldFact kSelfSubjectRulesReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "SelfSubjectRulesReviewSpec", "required", ""},
    {"status", 3, "SubjectRulesReviewStatus", "omitempty", ""},
};

constexpr FieldFact kSelfSubjectRulesReviewSpecFields[] = {
    {"namespace", 1, "string", "omitempty", ""},
};

constexpr FieldFact kSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "SubjectAccessReviewSpec", "required", ""},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty", ""},
};

constexpr FieldFact kSubjectAccessReviewSpecFields[] = {
    {"resourceAttributes", 1, "*ResourceAttributes", "omitempty", ""},
    {"nonResourceAttributes", 2, "*NonResourceAttributes", "omitempty", ""},
    {"user", 3, "string", "omitempty", ""},
    {"groups", 4, "[]string", "omitempty list=atomic", ""},
    {"extra", 5, "{}ExtraValue", "omitempty", ""},
    {"uid", 6, "string", "omitempty", ""},
};

constexpr FieldFact kSubjectAccessReviewStatusFields[] = {
    {"allowed", 1, "bool", "required", ""},
    {"denied", 4, "bool", "omitempty", ""},
    {"reason", 2, "string", "omitempty", ""},
    {"evaluationError", 3, "string", "omitempty", ""},
};

constexpr FieldFact kSubjectRulesReviewStatusFields[] = {
    {"resourceRules", 1, "[]ResourceRule", "required list=atomic", ""},
    {"nonResourceRules", 2, "[]NonResourceRule", "required list=atomic", ""},
    {"incomplete", 3, "bool", "required", ""},
    {"evaluationError", 4, "string", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"ExtraValue", "items=[]string", "", {}},
    {"FieldSelectorAttributes", "", "", kFieldSelectorAttributesFields},
    {"LabelSelectorAttributes", "", "", kLabelSelectorAttributesFields},
    {"LocalSubjectAccessReview", "kind", "", kLocalSubjectAccessReviewFields},
    {"NonResourceAttributes", "", "", kNonResourceAttributesFields},
    {"NonResourceRule", "", "", kNonResourceRuleFields},
    {"ResourceAttributes", "", "", kResourceAttributesFields},
    {"ResourceRule", "", "", kResourceRuleFields},
    {"SelfSubjectAccessReview", "kind", "", kSelfSubjectAccessReviewFields},
    {"SelfSubjectAccessReviewSpec", "", "", kSelfSubjectAccessReviewSpecFields},
    {"SelfSubjectRulesReview", "kind", "", kSelfSubjectRulesReviewFields},
    {"SelfSubjectRulesReviewSpec", "", "", kSelfSubjectRulesReviewSpecFields},
    {"SubjectAccessReview", "kind", "", kSubjectAccessReviewFields},
    {"SubjectAccessReviewSpec", "", "", kSubjectAccessReviewSpecFields},
    {"SubjectAccessReviewStatus", "", "", kSubjectAccessReviewStatusFields},
    {"SubjectRulesReviewStatus", "", "", kSubjectRulesReviewStatusFields},
};

}  // namespace

std::span<const TypeFact> authorization_v1_types() {
  return kTypes;
}

}  // namespace cove::api
