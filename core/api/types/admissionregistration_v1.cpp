#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kApplyConfigurationFields[] = {
    {"expression", 1, "string", "omitempty", "CEL expression that makes the object."},
};

constexpr FieldFact kAuditAnnotationFields[] = {
    {"key", 1, "string", "required", "End of the note's key, unique in the policy."},
    {"valueExpression", 2, "string", "required",
     "CEL expression for the text; null leaves the note out."},
};

constexpr FieldFact kExpressionWarningFields[] = {
    {"fieldRef", 2, "string", "required", "Path of the expression's field."},
    {"warning", 3, "string", "required", "What the type checker found."},
};

constexpr FieldFact kJSONPatchFields[] = {
    {"expression", 1, "string", "omitempty", "CEL expression that makes the operations."},
};

constexpr FieldFact kMatchConditionFields[] = {
    {"name", 1, "string", "required", "Name of the condition, unique in its list."},
    {"expression", 2, "string", "required", "CEL expression that is true for requests to look at."},
};

constexpr FieldFact kMatchResourcesFields[] = {
    {"namespaceSelector", 1, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the namespaces. Default: all."},
    {"objectSelector", 2, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the objects, before or after the change. Default: all."},
    {"resourceRules", 3, "[]NamedRuleWithOperations", "omitempty list=atomic",
     "Resources and operations; one must match."},
    {"excludeResourceRules", 4, "[]NamedRuleWithOperations", "omitempty list=atomic",
     "Resources and operations that are left out."},
    {"matchPolicy", 7, "*string", "omitempty enum=Exact|Equivalent default=\"Equivalent\"",
     "Equivalent also takes other versions of the same resource, Exact does not. Default: "
     "Equivalent."},
};

constexpr FieldFact kMutatingAdmissionPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "MutatingAdmissionPolicySpec", "omitempty",
     "What is wanted of the MutatingAdmissionPolicy."},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "MutatingAdmissionPolicyBindingSpec", "omitempty",
     "What is wanted of the MutatingAdmissionPolicyBinding."},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]MutatingAdmissionPolicyBinding", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kMutatingAdmissionPolicyBindingSpecFields[] = {
    {"policyName", 1, "string", "omitempty", "Name of the policy."},
    {"paramRef", 2, "*ParamRef", "omitempty", "The parameters of the policy."},
    {"matchResources", 3, "*MatchResources", "omitempty",
     "Requests that the policy looks at, of those it names itself."},
};

constexpr FieldFact kMutatingAdmissionPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]MutatingAdmissionPolicy", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kMutatingAdmissionPolicySpecFields[] = {
    {"paramKind", 1, "*ParamKind", "omitempty", "Kind of the parameters. Absent: none."},
    {"matchConstraints", 2, "*MatchResources", "omitempty", "Requests that the policy looks at."},
    {"variables", 3, "[]Variable", "omitempty list=atomic",
     "Values that other expressions use by name."},
    {"mutations", 4, "[]Mutation", "omitempty list=atomic", "The changes, in order."},
    {"failurePolicy", 5, "*string", "omitempty enum=Ignore|Fail default=\"Fail\"",
     "Fail refuses a request when an expression fails, Ignore lets it pass. Default: Fail."},
    {"matchConditions", 6, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Further conditions for requests, at most 64; all must hold."},
    {"reinvocationPolicy", 7, "string", "omitempty enum=Never|IfNeeded",
     "Never, or IfNeeded to run again after later changes."},
};

constexpr FieldFact kMutatingWebhookFields[] = {
    {"name", 1, "string", "required", "Name of the webhook, a DNS name of at least three labels."},
    {"clientConfig", 2, "WebhookClientConfig", "required", "How to reach the program."},
    {"rules", 3, "[]RuleWithOperations", "omitempty list=atomic",
     "Requests that it is asked about."},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail default=\"Fail\"",
     "Fail refuses a request when the call fails, Ignore lets it pass. Default: Fail."},
    {"matchPolicy", 9, "*string", "omitempty enum=Exact|Equivalent default=\"Equivalent\"",
     "Equivalent also takes other versions of the same resource, Exact does not. Default: "
     "Equivalent."},
    {"namespaceSelector", 5, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the namespaces. Default: all."},
    {"objectSelector", 11, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the objects, before or after the change. Default: all."},
    {"sideEffects", 6, "*string", "required enum=Unknown|None|Some|NoneOnDryRun",
     "None or NoneOnDryRun: whether a call changes anything elsewhere."},
    {"timeoutSeconds", 7, "*int32", "omitempty default=10",
     "How long a call may take, 1 to 30 seconds. Default: 10."},
    {"admissionReviewVersions", 8, "[]string", "required list=atomic",
     "Versions of AdmissionReview that the program understands, best first."},
    {"reinvocationPolicy", 10, "*string", "omitempty enum=Never|IfNeeded default=\"Never\"",
     "Never, or IfNeeded to be called again after later changes. Default: Never."},
    {"matchConditions", 12, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Further conditions for requests, at most 64; all must hold."},
};

constexpr FieldFact kMutatingWebhookConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"webhooks", 2, "[]MutatingWebhook", "omitempty list=map key=name patch=merge patchKey=name",
     "The programs, called one after the other."},
};

constexpr FieldFact kMutatingWebhookConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]MutatingWebhookConfiguration", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kMutationFields[] = {
    {"patchType", 2, "string", "required enum=ApplyConfiguration|JSONPatch",
     "ApplyConfiguration or JSONPatch."},
    {"applyConfiguration", 3, "*ApplyConfiguration", "omitempty",
     "The change as an object that is applied."},
    {"jsonPatch", 4, "*JSONPatch", "omitempty", "The change as a JSON patch."},
};

constexpr FieldFact kNamedRuleWithOperationsFields[] = {
    {"resourceNames", 1, "[]string", "omitempty list=atomic", "Names of the objects. Empty: all."},
    {"", 2, "RuleWithOperations", "inline", "Resources and operations."},
};

constexpr FieldFact kParamKindFields[] = {
    {"apiVersion", 1, "string", "omitempty", "Group and version of the kind."},
    {"kind", 2, "string", "omitempty", "The kind."},
};

constexpr FieldFact kParamRefFields[] = {
    {"name", 1, "string", "omitempty", "Name of the object. Not together with selector."},
    {"namespace", 2, "string", "omitempty",
     "Namespace of the object. Default: that of the request."},
    {"selector", 3, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the objects; the policy must hold for each."},
    {"parameterNotFoundAction", 4, "*string", "omitempty",
     "What to do when there is no such object: Allow or Deny."},
};

constexpr FieldFact kRuleFields[] = {
    {"apiGroups", 1, "[]string", "omitempty list=atomic", "API groups; \"*\" is all."},
    {"apiVersions", 2, "[]string", "omitempty list=atomic", "API versions; \"*\" is all."},
    {"resources", 3, "[]string", "omitempty list=atomic",
     "Resources, such as pods, pods/log, pods/* or */*."},
    {"scope", 4, "*string", "omitempty enum=Cluster|Namespaced|* default=\"*\"",
     "Cluster, Namespaced or * for both. Default: *."},
};

constexpr FieldFact kRuleWithOperationsFields[] = {
    {"operations", 1, "[]string", "omitempty list=atomic enum=*|CREATE|UPDATE|DELETE|CONNECT",
     "CREATE, UPDATE, DELETE, CONNECT or * for all."},
    {"", 2, "Rule", "inline", "The resources."},
};

constexpr FieldFact kServiceReferenceFields[] = {
    {"namespace", 1, "string", "required", "Namespace of the service."},
    {"name", 2, "string", "required", "Name of the service."},
    {"path", 3, "*string", "omitempty", "Path of the URL."},
    {"port", 4, "*int32", "omitempty default=443", "Port of the service. Default: 443."},
};

constexpr FieldFact kTypeCheckingFields[] = {
    {"expressionWarnings", 1, "[]ExpressionWarning", "omitempty list=atomic",
     "Its doubts, by expression."},
};

constexpr FieldFact kValidatingAdmissionPolicyFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ValidatingAdmissionPolicySpec", "omitempty",
     "What is wanted of the ValidatingAdmissionPolicy."},
    {"status", 3, "ValidatingAdmissionPolicyStatus", "omitempty",
     "What the system last saw of the ValidatingAdmissionPolicy. Clients do not write it through "
     "the main resource."},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ValidatingAdmissionPolicyBindingSpec", "omitempty required",
     "What is wanted of the ValidatingAdmissionPolicyBinding."},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ValidatingAdmissionPolicyBinding", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kValidatingAdmissionPolicyBindingSpecFields[] = {
    {"policyName", 1, "string", "omitempty required", "Name of the policy."},
    {"paramRef", 2, "*ParamRef", "omitempty", "The parameters of the policy."},
    {"matchResources", 3, "*MatchResources", "omitempty",
     "Requests that the policy looks at, of those it names itself."},
    {"validationActions", 4, "[]string", "omitempty required list=set enum=Deny|Warn|Audit",
     "What a failure leads to: Deny or Warn, and Audit."},
};

constexpr FieldFact kValidatingAdmissionPolicyListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ValidatingAdmissionPolicy", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kValidatingAdmissionPolicySpecFields[] = {
    {"paramKind", 1, "*ParamKind", "omitempty", "Kind of the parameters. Absent: none."},
    {"matchConstraints", 2, "*MatchResources", "omitempty", "Requests that the policy looks at."},
    {"validations", 3, "[]Validation", "omitempty list=atomic", "Expressions that must hold."},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail default=\"Fail\"",
     "Fail refuses a request when an expression fails, Ignore lets it pass. Default: Fail."},
    {"auditAnnotations", 5, "[]AuditAnnotation", "omitempty list=atomic",
     "Notes for the audit log, at most 20."},
    {"matchConditions", 6, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Further conditions for requests, at most 64; all must hold."},
    {"variables", 7, "[]Variable", "omitempty list=map key=name patch=merge patchKey=name",
     "Values that other expressions use by name."},
};

constexpr FieldFact kValidatingAdmissionPolicyStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty",
     "The metadata.generation that this status was made from."},
    {"typeChecking", 2, "*TypeChecking", "omitempty", "What the type checker found."},
    {"conditions", 3, "[]meta/v1.Condition", "omitempty list=map key=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kValidatingWebhookFields[] = {
    {"name", 1, "string", "required", "Name of the webhook, a DNS name of at least three labels."},
    {"clientConfig", 2, "WebhookClientConfig", "required", "How to reach the program."},
    {"rules", 3, "[]RuleWithOperations", "omitempty list=atomic",
     "Requests that it is asked about."},
    {"failurePolicy", 4, "*string", "omitempty enum=Ignore|Fail default=\"Fail\"",
     "Fail refuses a request when the call fails, Ignore lets it pass. Default: Fail."},
    {"matchPolicy", 9, "*string", "omitempty enum=Exact|Equivalent default=\"Equivalent\"",
     "Equivalent also takes other versions of the same resource, Exact does not. Default: "
     "Equivalent."},
    {"namespaceSelector", 5, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the namespaces. Default: all."},
    {"objectSelector", 10, "*meta/v1.LabelSelector", "omitempty default={}",
     "Labels of the objects, before or after the change. Default: all."},
    {"sideEffects", 6, "*string", "required enum=Unknown|None|Some|NoneOnDryRun",
     "None or NoneOnDryRun: whether a call changes anything elsewhere."},
    {"timeoutSeconds", 7, "*int32", "omitempty default=10",
     "How long a call may take, 1 to 30 seconds. Default: 10."},
    {"admissionReviewVersions", 8, "[]string", "required list=atomic",
     "Versions of AdmissionReview that the program understands, best first."},
    {"matchConditions", 11, "[]MatchCondition",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Further conditions for requests, at most 64; all must hold."},
};

constexpr FieldFact kValidatingWebhookConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"webhooks", 2, "[]ValidatingWebhook", "omitempty list=map key=name patch=merge patchKey=name",
     "The programs, called at the same time."},
};

constexpr FieldFact kValidatingWebhookConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ValidatingWebhookConfiguration", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kValidationFields[] = {
    {"expression", 1, "string", "required", "CEL expression that is true for requests to accept."},
    {"message", 2, "string", "omitempty",
     "What to tell when it does not hold. Needed when the expression has line breaks."},
    {"reason", 3, "*string", "omitempty",
     "Reason of the answer: Unauthorized, Forbidden, Invalid or RequestEntityTooLarge. Default: "
     "Invalid."},
    {"messageExpression", 4, "string", "omitempty",
     "CEL expression for the message; comes before message."},
};

constexpr FieldFact kVariableFields[] = {
    {"name", 1, "string", "required", "Name of the variable, a CEL identifier."},
    {"expression", 2, "string", "required", "CEL expression for the value."},
};

constexpr FieldFact kWebhookClientConfigFields[] = {
    {"url", 3, "*string", "omitempty", "URL of the program, https only."},
    {"service", 1, "*ServiceReference", "omitempty",
     "Service of the program, when it runs in the cluster."},
    {"caBundle", 2, "bytes", "omitempty",
     "Certificates in PEM, in base64, that the program's certificate must come from. Default: the "
     "system's."},
};

constexpr TypeFact kTypes[] = {
    {"ApplyConfiguration", "", "A change as an object that is applied.", kApplyConfigurationFields},
    {"AuditAnnotation", "", "A note that a policy adds to the audit log.", kAuditAnnotationFields},
    {"ExpressionWarning", "", "A doubt about the types in an expression.",
     kExpressionWarningFields},
    {"JSONPatch", "", "A change as a JSON patch.", kJSONPatchFields},
    {"MatchCondition", "", "A further condition for a request.", kMatchConditionFields},
    {"MatchResources", "atomic", "Which requests a policy looks at.", kMatchResourcesFields},
    {"MutatingAdmissionPolicy", "kind", "Changes requests by CEL expressions.",
     kMutatingAdmissionPolicyFields},
    {"MutatingAdmissionPolicyBinding", "kind",
     "Puts a MutatingAdmissionPolicy into force, with parameters.",
     kMutatingAdmissionPolicyBindingFields},
    {"MutatingAdmissionPolicyBindingList", "kind",
     "A list of MutatingAdmissionPolicyBinding objects.",
     kMutatingAdmissionPolicyBindingListFields},
    {"MutatingAdmissionPolicyBindingSpec", "", "Which policy is in force where.",
     kMutatingAdmissionPolicyBindingSpecFields},
    {"MutatingAdmissionPolicyList", "kind", "A list of MutatingAdmissionPolicy objects.",
     kMutatingAdmissionPolicyListFields},
    {"MutatingAdmissionPolicySpec", "", "What a MutatingAdmissionPolicy does.",
     kMutatingAdmissionPolicySpecFields},
    {"MutatingWebhook", "", "A program that may change requests.", kMutatingWebhookFields},
    {"MutatingWebhookConfiguration", "kind", "Programs that may change requests.",
     kMutatingWebhookConfigurationFields},
    {"MutatingWebhookConfigurationList", "kind", "A list of MutatingWebhookConfiguration objects.",
     kMutatingWebhookConfigurationListFields},
    {"Mutation", "", "One change.", kMutationFields},
    {"NamedRuleWithOperations", "atomic", "Resources, operations and names.",
     kNamedRuleWithOperationsFields},
    {"ParamKind", "atomic", "Kind of a policy's parameters.", kParamKindFields},
    {"ParamRef", "atomic", "Parameters of a policy.", kParamRefFields},
    {"Rule", "", "Resources that requests are about.", kRuleFields},
    {"RuleWithOperations", "", "Resources and operations.", kRuleWithOperationsFields},
    {"ServiceReference", "", "Names a service.", kServiceReferenceFields},
    {"TypeChecking", "", "What the type checker found in a policy.", kTypeCheckingFields},
    {"ValidatingAdmissionPolicy", "kind", "Accepts or refuses requests by CEL expressions.",
     kValidatingAdmissionPolicyFields},
    {"ValidatingAdmissionPolicyBinding", "kind",
     "Puts a ValidatingAdmissionPolicy into force, with parameters.",
     kValidatingAdmissionPolicyBindingFields},
    {"ValidatingAdmissionPolicyBindingList", "kind",
     "A list of ValidatingAdmissionPolicyBinding objects.",
     kValidatingAdmissionPolicyBindingListFields},
    {"ValidatingAdmissionPolicyBindingSpec", "", "Which policy is in force where, and how.",
     kValidatingAdmissionPolicyBindingSpecFields},
    {"ValidatingAdmissionPolicyList", "kind", "A list of ValidatingAdmissionPolicy objects.",
     kValidatingAdmissionPolicyListFields},
    {"ValidatingAdmissionPolicySpec", "", "What a ValidatingAdmissionPolicy demands.",
     kValidatingAdmissionPolicySpecFields},
    {"ValidatingAdmissionPolicyStatus", "", "State of a policy.",
     kValidatingAdmissionPolicyStatusFields},
    {"ValidatingWebhook", "", "A program that accepts or refuses requests.",
     kValidatingWebhookFields},
    {"ValidatingWebhookConfiguration", "kind", "Programs that accept or refuse requests.",
     kValidatingWebhookConfigurationFields},
    {"ValidatingWebhookConfigurationList", "kind",
     "A list of ValidatingWebhookConfiguration objects.",
     kValidatingWebhookConfigurationListFields},
    {"Validation", "", "An expression that must hold.", kValidationFields},
    {"Variable", "atomic", "A value that other expressions use as variables.NAME.",
     kVariableFields},
    {"WebhookClientConfig", "", "How to reach a program; one of url and service is set.",
     kWebhookClientConfigFields},
};

}  // namespace

std::span<const TypeFact> admissionregistration_v1_types() {
  return kTypes;
}

}  // namespace cove::api
