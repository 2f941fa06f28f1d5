#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kFieldSelectorAttributesFields[] = {
    {"rawSelector", 1, "string", "omitempty",
     "The selector as text. Not together with requirements."},
    {"requirements", 2, "[]meta/v1.FieldSelectorRequirement", "omitempty list=atomic",
     "The selector as conditions."},
};

constexpr FieldFact kLabelSelectorAttributesFields[] = {
    {"rawSelector", 1, "string", "omitempty",
     "The selector as text. Not together with requirements."},
    {"requirements", 2, "[]meta/v1.LabelSelectorRequirement", "omitempty list=atomic",
     "The selector as conditions."},
};

constexpr FieldFact kLocalSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "SubjectAccessReviewSpec", "required",
     "What is wanted of the LocalSubjectAccessReview."},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty",
     "What the system last saw of the LocalSubjectAccessReview. Clients do not write it through "
     "the main resource."},
};

constexpr FieldFact kNonResourceAttributesFields[] = {
    {"path", 1, "string", "omitempty", "Path of the URL."},
    {"verb", 2, "string", "omitempty", "HTTP method in lower case."},
};

constexpr FieldFact kNonResourceRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic", "HTTP methods in lower case; \"*\" is all."},
    {"nonResourceURLs", 2, "[]string", "omitempty list=atomic",
     "The paths, perhaps with a star at the end."},
};

constexpr FieldFact kResourceAttributesFields[] = {
    {"namespace", 1, "string", "omitempty",
     "Namespace of the request; empty for all, and for resources of the whole cluster."},
    {"verb", 2, "string", "omitempty",
     "What is to be done, such as get or create; \"*\" is everything."},
    {"group", 3, "string", "omitempty", "API group of the resource; \"*\" is all."},
    {"version", 4, "string", "omitempty", "Version of the resource; \"*\" is all."},
    {"resource", 5, "string", "omitempty", "The resource; \"*\" is all."},
    {"subresource", 6, "string", "omitempty", "The subresource; empty for none."},
    {"name", 7, "string", "omitempty", "Name of the object; empty for all."},
    {"fieldSelector", 8, "*FieldSelectorAttributes", "omitempty", "Field selector of the request."},
    {"labelSelector", 9, "*LabelSelectorAttributes", "omitempty", "Label selector of the request."},
};

constexpr FieldFact kResourceRuleFields[] = {
    {"verbs", 1, "[]string", "required list=atomic", "What may be done; \"*\" is everything."},
    {"apiGroups", 2, "[]string", "omitempty list=atomic", "API groups; \"*\" is all."},
    {"resources", 3, "[]string", "omitempty list=atomic", "The resources; \"*\" is all."},
    {"resourceNames", 4, "[]string", "omitempty list=atomic", "Names of the objects. Empty: all."},
};

constexpr FieldFact kSelfSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "SelfSubjectAccessReviewSpec", "required",
     "What is wanted of the SelfSubjectAccessReview."},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty",
     "What the system last saw of the SelfSubjectAccessReview. Clients do not write it through the "
     "main resource."},
};

constexpr FieldFact kSelfSubjectAccessReviewSpecFields[] = {
    {"resourceAttributes", 1, "*ResourceAttributes", "omitempty", "A request to a resource."},
    {"nonResourceAttributes", 2, "*NonResourceAttributes", "omitempty", "A request to a path."},
};

constexpr FieldFact kSelfSubjectRulesReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "SelfSubjectRulesReviewSpec", "required",
     "What is wanted of the SelfSubjectRulesReview."},
    {"status", 3, "SubjectRulesReviewStatus", "omitempty",
     "What the system last saw of the SelfSubjectRulesReview. Clients do not write it through the "
     "main resource."},
};

constexpr FieldFact kSelfSubjectRulesReviewSpecFields[] = {
    {"namespace", 1, "string", "omitempty", "The namespace."},
};

constexpr FieldFact kSubjectAccessReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "SubjectAccessReviewSpec", "required",
     "What is wanted of the SubjectAccessReview."},
    {"status", 3, "SubjectAccessReviewStatus", "omitempty",
     "What the system last saw of the SubjectAccessReview. Clients do not write it through the "
     "main resource."},
};

constexpr FieldFact kSubjectAccessReviewSpecFields[] = {
    {"resourceAttributes", 1, "*ResourceAttributes", "omitempty", "A request to a resource."},
    {"nonResourceAttributes", 2, "*NonResourceAttributes", "omitempty", "A request to a path."},
    {"user", 3, "string", "omitempty", "Name of the user."},
    {"groups", 4, "[]string", "omitempty list=atomic", "Groups of the user."},
    {"extra", 5, "{}ExtraValue", "omitempty", "Further attributes of the user."},
    {"uid", 6, "string", "omitempty", "UID of the user."},
};

constexpr FieldFact kSubjectAccessReviewStatusFields[] = {
    {"allowed", 1, "bool", "required", "Whether it is allowed."},
    {"denied", 4, "bool", "omitempty", "Whether it is explicitly denied."},
    {"reason", 2, "string", "omitempty", "Why."},
    {"evaluationError", 3, "string", "omitempty",
     "What went wrong on the way; the answer may hold all the same."},
};

constexpr FieldFact kSubjectRulesReviewStatusFields[] = {
    {"resourceRules", 1, "[]ResourceRule", "required list=atomic", "Resources that are allowed."},
    {"nonResourceRules", 2, "[]NonResourceRule", "required list=atomic", "Paths that are allowed."},
    {"incomplete", 3, "bool", "required", "Whether there may be more."},
    {"evaluationError", 4, "string", "omitempty", "What went wrong on the way."},
};

constexpr TypeFact kTypes[] = {
    {"ExtraValue", "items=[]string", "Values of one attribute.", {}},
    {"FieldSelectorAttributes", "", "A field selector of a request.",
     kFieldSelectorAttributesFields},
    {"LabelSelectorAttributes", "", "A label selector of a request.",
     kLabelSelectorAttributesFields},
    {"LocalSubjectAccessReview", "kind", "Asks whether somebody may do something in one namespace.",
     kLocalSubjectAccessReviewFields},
    {"NonResourceAttributes", "", "A request to a path.", kNonResourceAttributesFields},
    {"NonResourceRule", "", "Paths that are allowed.", kNonResourceRuleFields},
    {"ResourceAttributes", "", "A request to a resource.", kResourceAttributesFields},
    {"ResourceRule", "", "Resources that are allowed.", kResourceRuleFields},
    {"SelfSubjectAccessReview", "kind", "Asks whether the client itself may do something.",
     kSelfSubjectAccessReviewFields},
    {"SelfSubjectAccessReviewSpec", "", "What the client would like to do; one member is set.",
     kSelfSubjectAccessReviewSpecFields},
    {"SelfSubjectRulesReview", "kind", "Asks for all that the client may do in a namespace.",
     kSelfSubjectRulesReviewFields},
    {"SelfSubjectRulesReviewSpec", "", "The namespace asked about.",
     kSelfSubjectRulesReviewSpecFields},
    {"SubjectAccessReview", "kind", "Asks whether somebody may do something.",
     kSubjectAccessReviewFields},
    {"SubjectAccessReviewSpec", "", "Who would like to do what; one of the two requests is set.",
     kSubjectAccessReviewSpecFields},
    {"SubjectAccessReviewStatus", "", "The answer.", kSubjectAccessReviewStatusFields},
    {"SubjectRulesReviewStatus", "", "What is allowed.", kSubjectRulesReviewStatusFields},
};

}  // namespace

std::span<const TypeFact> authorization_v1_types() {
  return kTypes;
}

}  // namespace cove::api
