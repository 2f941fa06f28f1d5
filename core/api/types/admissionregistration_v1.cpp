#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kApplyConfigurationFields[] = {
    {"expression", 1, "string", "omitempty", ""},
};

constexpr FieldFact kAuditAnnotationFields[] = {
    {"key", 1, "string", "required", ""},
    {"valueExpression", 2, "string", "required", ""},
};

constexpr FieldFact kExpressionWarningFields[] = {
    {"fieldRef", 2, "string", "required", ""},
    {"warning", 3, "string", "required", ""},
};

constexpr FieldFact kJSONPatchFields[] = {
    {"expression", 1, "string", "omitempty", ""},
};

constexpr FieldFact kMatchConditionFields[] = {
    {"name", 1, "string", "required", ""},
    {"expression", 2, "string", "required", ""},
};

constexpr FieldFact kMatchResourcesFields[] = {
    {"namespaceSelector", 1, "*meta/v1.LabelSelector", "omitempty", ""},
    {"objectSelector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"resourceRules", 3, "[]NamedRuleWithOperations", "omitempty list=atomic", ""},
    {"excludeResourceRules", 4, "[]NamedRuleWithOperations", "omitempty list=atomic", ""},
    {"matchPolicy", 7, "*string", "omitempty enum=Exact|Equivalent", ""},
};

constexpr FieldFact kMutatingAdmissionPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "MutatingAdmissionPolicySpec", "omitempty", ""},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "MutatingAdmissionPolicyBindingSpec", "omitempty", ""},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]MutatingAdmissionPolicyBinding", "required", ""},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingSpecFields[] = {
    {"policyName", 1, "string", "omitempty", ""},
    {"paramRef", 2, "*ParamRef", "omitempty", ""},
    {"matchResources", 3, "*MatchResources", "omitempty", ""},
};

constexpr FieldFact kMutatingAdmissionPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]MutatingAdmissionPolicy", "required", ""},
};

constexpr FieldFact kMutatingAdmissionPolicySpecFields[] = {
    {"paramKind", 1, "*ParamKind", "omitempty", ""},
    {"matchConstraints", 2, "*MatchResources", "omitempty", ""},
    {"variables", 3, "[]Variable", "omitempty list=atomic", ""},
    {"mutations", 4, "[]Mutation", "omitempty list=atomic", ""},
    {"failurePolicy", 5, "*string", "omitempty enum=Ignore|Fail", ""},
    {"matchConditions", 6, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"reinvocationPolicy", 7, "string", "omitempty enum=Never|IfNeeded", ""},
};

constexpr FieldFact kMutatingWebhookFields[] = {
    {"name", 1, "string", "required", ""},
    {"clientConfig", 2, "WebhookClientConfig", "required", ""},
    {"rules", 3, "[]RuleWithOperations", "omitempty list=atomic", ""},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail", ""},
    {"matchPolicy", 9, "*string", "omitempty enum=Exact|Equivalent", ""},
    {"namespaceSelector", 5, "*meta/v1.LabelSelector", "omitempty", ""},
    {"objectSelector", 11, "*meta/v1.LabelSelector", "omitempty", ""},
    {"sideEffects", 6, "*string", "required enum=Unknown|None|Some|NoneOnDryRun", ""},
    {"timeoutSeconds", 7, "*int32", "omitempty", ""},
    {"admissionReviewVersions", 8, "[]string", "required list=atomic", ""},
    {"reinvocationPolicy", 10, "*string", "omitempty enum=Never|IfNeeded", ""},
    {"matchConditions", 12, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
};

constexpr FieldFact kMutatingWebhookConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"webhooks", 2, "[]MutatingWebhook", "omitempty list=map key=name patch=merge patchKey=name",
     ""},
};

constexpr FieldFact kMutatingWebhookConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]MutatingWebhookConfiguration", "required", ""},
};

constexpr FieldFact kMutationFields[] = {
    {"patchType", 2, "string", "required enum=ApplyConfiguration|JSONPatch", ""},
    {"applyConfiguration", 3, "*ApplyConfiguration", "omitempty", ""},
    {"jsonPatch", 4, "*JSONPatch", "omitempty", ""},
};

constexpr FieldFact kNamedRuleWithOperationsFields[] = {
    {"resourceNames", 1, "[]string", "omitempty list=atomic", ""},
    {"", 2, "RuleWithOperations", "inline", ""},
};

constexpr FieldFact kParamKindFields[] = {
    {"apiVersion", 1, "string", "omitempty", ""},
    {"kind", 2, "string", "omitempty", ""},
};

constexpr FieldFact kParamRefFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"namespace", 2, "string", "omitempty", ""},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty", ""},
    {"parameterNotFoundAction", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kRuleFields[] = {
    {"apiGroups", 1, "[]string", "omitempty list=atomic", ""},
    {"apiVersions", 2, "[]string", "omitempty list=atomic", ""},
    {"resources", 3, "[]string", "omitempty list=atomic", ""},
    {"scope", 4, "*string", "omitempty enum=Cluster|Namespaced|*", ""},
};

constexpr FieldFact kRuleWithOperationsFields[] = {
    {"operations", 1, "[]string", "omitempty list=atomic enum=*|CREATE|UPDATE|DELETE|CONNECT", ""},
    {"", 2, "Rule", "inline", ""},
};

constexpr FieldFact kServiceReferenceFields[] = {
    {"namespace", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
    {"path", 3, "*string", "omitempty", ""},
    {"port", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kTypeCheckingFields[] = {
    {"expressionWarnings", 1, "[]ExpressionWarning", "omitempty list=atomic", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ValidatingAdmissionPolicySpec", "omitempty", ""},
    {"status", 3, "ValidatingAdmissionPolicyStatus", "omitempty", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ValidatingAdmissionPolicyBindingSpec", "omitempty required", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ValidatingAdmissionPolicyBinding", "required", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingSpecFields[] = {
    {"policyName", 1, "string", "omitempty required", ""},
    {"paramRef", 2, "*ParamRef", "omitempty", ""},
    {"matchResources", 3, "*MatchResources", "omitempty", ""},
    {"validationActions", 4, "[]string", "omitempty required list=set enum=Deny|Warn|Audit", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ValidatingAdmissionPolicy", "required", ""},
};

constexpr FieldFact kValidatingAdmissionPolicySpecFields[] = {
    {"paramKind", 1, "*ParamKind", "omitempty", ""},
    {"matchConstraints", 2, "*MatchResources", "omitempty", ""},
    {"validations", 3, "[]Validation", "omitempty list=atomic", ""},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail", ""},
    {"auditAnnotations", 5, "[]AuditAnnotation", "omitempty list=atomic", ""},
    {"matchConditions", 6, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"variables", 7, "[]Variable", "omitempty list=map key=name patch=merge patchKey=name", ""},
};

constexpr FieldFact kValidatingAdmissionPolicyStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty", ""},
    {"typeChecking", 2, "*TypeChecking", "omitempty", ""},
    {"conditions", 3, "[]meta/v1.Condition", "omitempty list=map key=type", ""},
};

constexpr FieldFact kValidatingWebhookFields[] = {
    {"name", 1, "string", "required", ""},
    {"clientConfig", 2, "WebhookClientConfig", "required", ""},
    {"rules", 3, "[]RuleWithOperations", "omitempty list=atomic", ""},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail", ""},
    {"matchPolicy", 9, "*string", "omitempty enum=Exact|Equivalent", ""},
    {"namespaceSelector", 5, "*meta/v1.LabelSelector", "omitempty", ""},
    {"objectSelector", 10, "*meta/v1.LabelSelector", "omitempty", ""},
    {"sideEffects", 6, "*string", "required enum=Unknown|None|Some|NoneOnDryRun", ""},
    {"timeoutSeconds", 7, "*int32", "omitempty", ""},
    {"admissionReviewVersions", 8, "[]string", "required list=atomic", ""},
    {"matchConditions", 11, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
};

constexpr FieldFact kValidatingWebhookConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"webhooks", 2, "[]ValidatingWebhook", "omitempty list=map key=name patch=merge patchKey=name",
     ""},
};

constexpr FieldFact kValidatingWebhookConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ValidatingWebhookConfiguration", "required", ""},
};

constexpr FieldFact kValidationFields[] = {
    {"expression", 1, "string", "required", ""},
    {"message", 2, "string", "omitempty", ""},
    {"reason", 3, "*string", "omitempty", ""},
    {"messageExpression", 4, "string", "omitempty", ""},
};

constexpr FieldFact kVariableFields[] = {
    {"name", 1, "string", "required", ""},
    {"expression", 2, "string", "required", ""},
};

constexpr FieldFact kWebhookClientConfigFields[] = {
    {"url", 3, "*string", "omitempty", ""},
    {"service", 1, "*ServiceReference", "omitempty", ""},
    {"caBundle", 2, "bytes", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"ApplyConfiguration", "", "", kApplyConfigurationFields},
    {"AuditAnnotation", "", "", kAuditAnnotationFields},
    {"ExpressionWarning", "", "", kExpressionWarningFields},
    {"JSONPatch", "", "", kJSONPatchFields},
    {"MatchCondition", "", "", kMatchConditionFields},
    {"MatchResources", "atomic", "", kMatchResourcesFields},
    {"MutatingAdmissionPolicy", "kind", "", kMutatingAdmissionPolicyFields},
    {"MutatingAdmissionPolicyBinding", "kind", "", kMutatingAdmissionPolicyBindingFields},
    {"MutatingAdmissionPolicyBindingList", "kind", "", kMutatingAdmissionPolicyBindingListFields},
    {"MutatingAdmissionPolicyBindingSpec", "", "", kMutatingAdmissionPolicyBindingSpecFields},
    {"MutatingAdmissionPolicyList", "kind", "", kMutatingAdmissionPolicyListFields},
    {"MutatingAdmissionPolicySpec", "", "", kMutatingAdmissionPolicySpecFields},
    {"MutatingWebhook", "", "", kMutatingWebhookFields},
    {"MutatingWebhookConfiguration", "kind", "", kMutatingWebhookConfigurationFields},
    {"MutatingWebhookConfigurationList", "kind", "", kMutatingWebhookConfigurationListFields},
    {"Mutation", "", "", kMutationFields},
    {"NamedRuleWithOperations", "atomic", "", kNamedRuleWithOperationsFields},
    {"ParamKind", "atomic", "", kParamKindFields},
    {"ParamRef", "atomic", "", kParamRefFields},
    {"Rule", "", "", kRuleFields},
    {"RuleWithOperations", "", "", kRuleWithOperationsFields},
    {"ServiceReference", "", "", kServiceReferenceFields},
    {"TypeChecking", "", "", kTypeCheckingFields},
    {"ValidatingAdmissionPolicy", "kind", "", kValidatingAdmissionPolicyFields},
    {"ValidatingAdmissionPolicyBinding", "kind", "", kValidatingAdmissionPolicyBindingFields},
    {"ValidatingAdmissionPolicyBindingList", "kind", "",
     kValidatingAdmissionPolicyBindingListFields},
    {"ValidatingAdmissionPolicyBindingSpec", "", "", kValidatingAdmissionPolicyBindingSpecFields},
    {"ValidatingAdmissionPolicyList", "kind", "", kValidatingAdmissionPolicyListFields},
    {"ValidatingAdmissionPolicySpec", "", "", kValidatingAdmissionPolicySpecFields},
    {"ValidatingAdmissionPolicyStatus", "", "", kValidatingAdmissionPolicyStatusFields},
    {"ValidatingWebhook", "", "", kValidatingWebhookFields},
    {"ValidatingWebhookConfiguration", "kind", "", kValidatingWebhookConfigurationFields},
    {"ValidatingWebhookConfigurationList", "kind", "", kValidatingWebhookConfigurationListFields},
    {"Validation", "", "", kValidationFields},
    {"Variable", "atomic", "", kVariableFields},
    {"WebhookClientConfig", "", "", kWebhookClientConfigFields},
};

}  // namespace

std::span<const TypeFact> admissionregistration_v1_types() {
  return kTypes;
}

}  // namespace cove::api
