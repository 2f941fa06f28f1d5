#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kExemptPriorityLevelConfigurationFields[] = {
    {"nominalConcurrencyShares", 1, "*int32", "omitempty default=0",
     "Share of the server, relative to all other levels. Default: 0."},
    {"lendablePercent", 2, "*int32", "omitempty default=0",
     "How much of the share others may use while it is free, 0 to 100 percent. Default: 0."},
};

constexpr FieldFact kFlowDistinguisherMethodFields[] = {
    {"type", 1, "string", "required", "ByUser or ByNamespace."},
};

constexpr FieldFact kFlowSchemaFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "FlowSchemaSpec", "omitempty", "What is wanted of the FlowSchema."},
    {"status", 3, "FlowSchemaStatus", "omitempty",
     "What the system last saw of the FlowSchema. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kFlowSchemaConditionFields[] = {
    {"type", 1, "string", "omitempty", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "omitempty", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 5, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kFlowSchemaListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]FlowSchema", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kFlowSchemaSpecFields[] = {
    {"priorityLevelConfiguration", 1, "PriorityLevelConfigurationReference", "required",
     "The priority level."},
    {"matchingPrecedence", 2, "int32", "default=1000",
     "Order among the schemas, 1 to 10000; the smallest that matches wins. Default: 1000."},
    {"distinguisherMethod", 3, "*FlowDistinguisherMethod", "omitempty",
     "How requests are told apart into flows. Absent: one flow."},
    {"rules", 4, "[]PolicyRulesWithSubjects", "omitempty list=atomic",
     "The requests; one rule must match."},
};

constexpr FieldFact kFlowSchemaStatusFields[] = {
    {"conditions", 1, "[]FlowSchemaCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kGroupSubjectFields[] = {
    {"name", 1, "string", "required", "Name of the group; \"*\" is all."},
};

constexpr FieldFact kLimitResponseFields[] = {
    {"type", 1, "string", "required", "Queue or Reject."},
    {"queuing", 2, "*QueuingConfiguration", "omitempty", "Settings of the queues; for type Queue."},
};

constexpr FieldFact kLimitedPriorityLevelConfigurationFields[] = {
    {"nominalConcurrencyShares", 1, "*int32", "default=30",
     "Share of the server, relative to all other levels. Default: 30."},
    {"limitResponse", 2, "LimitResponse", "omitempty",
     "What happens to requests that cannot run at once."},
    {"lendablePercent", 3, "*int32", "omitempty default=0",
     "How much of the share others may use while it is free, 0 to 100 percent. Default: 0."},
    {"borrowingLimitPercent", 4, "*int32", "omitempty",
     "How much may be borrowed from others, in percent of the share. Absent: no limit."},
};

constexpr FieldFact kNonResourcePolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=set", "HTTP methods in lower case; \"*\" is all."},
    {"nonResourceURLs", 6, "[]string", "required list=set",
     "The paths, perhaps ending in /*; \"*\" is all."},
};

constexpr FieldFact kPolicyRulesWithSubjectsFields[] = {
    {"subjects", 1, "[]Subject", "required list=atomic", "The users."},
    {"resourceRules", 2, "[]ResourcePolicyRule", "omitempty list=atomic", "Requests to resources."},
    {"nonResourceRules", 3, "[]NonResourcePolicyRule", "omitempty list=atomic",
     "Requests to paths."},
};

constexpr FieldFact kPriorityLevelConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "PriorityLevelConfigurationSpec", "omitempty",
     "What is wanted of the PriorityLevelConfiguration."},
    {"status", 3, "PriorityLevelConfigurationStatus", "omitempty",
     "What the system last saw of the PriorityLevelConfiguration. Clients do not write it through "
     "the main resource."},
};

constexpr FieldFact kPriorityLevelConfigurationConditionFields[] = {
    {"type", 1, "string", "omitempty", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "omitempty", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 5, "string", "omitempty", "A sentence for people about the last change."},
};

constexpr FieldFact kPriorityLevelConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]PriorityLevelConfiguration", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kPriorityLevelConfigurationReferenceFields[] = {
    {"name", 1, "string", "required", "Name of the PriorityLevelConfiguration."},
};

constexpr FieldFact kPriorityLevelConfigurationSpecFields[] = {
    {"type", 1, "string", "required", "Exempt (never waits) or Limited."},
    {"limited", 2, "*LimitedPriorityLevelConfiguration", "omitempty", "Limits; for type Limited."},
    {"exempt", 3, "*ExemptPriorityLevelConfiguration", "omitempty", "Share; for type Exempt."},
};

constexpr FieldFact kPriorityLevelConfigurationStatusFields[] = {
    {"conditions", 1, "[]PriorityLevelConfigurationCondition",
     "omitempty list=map key=type patch=merge patchKey=type",
     "What has been observed, one entry per type of condition."},
};

constexpr FieldFact kQueuingConfigurationFields[] = {
    {"queues", 1, "int32", "default=64", "How many queues there are. Default: 64."},
    {"handSize", 2, "int32", "default=8", "How many queues one flow is spread over. Default: 8."},
    {"queueLengthLimit", 3, "int32", "default=50",
     "Most requests waiting in one queue. Default: 50."},
};

constexpr FieldFact kResourcePolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=set",
     "What is done, such as get; \"*\" is everything."},
    {"apiGroups", 2, "[]string", "required list=set", "API groups; \"*\" is all."},
    {"resources", 3, "[]string", "required list=set",
     "The resources, such as pods or pods/log; \"*\" is all."},
    {"clusterScope", 4, "bool", "omitempty", "Whether requests without a namespace match."},
    {"namespaces", 5, "[]string", "list=set", "Namespaces that match; \"*\" is all."},
};

constexpr FieldFact kServiceAccountSubjectFields[] = {
    {"namespace", 1, "string", "required", "Namespace of the account."},
    {"name", 2, "string", "required", "Name of the account; \"*\" is all."},
};

constexpr FieldFact kSubjectFields[] = {
    {"kind", 1, "string", "required", "User, Group or ServiceAccount."},
    {"user", 2, "*UserSubject", "omitempty", "A user."},
    {"group", 3, "*GroupSubject", "omitempty", "A group."},
    {"serviceAccount", 4, "*ServiceAccountSubject", "omitempty", "A service account."},
};

constexpr FieldFact kUserSubjectFields[] = {
    {"name", 1, "string", "required", "Name of the user; \"*\" is all."},
};

constexpr TypeFact kTypes[] = {
    {"ExemptPriorityLevelConfiguration", "",
     "Share of the server that requests without limits count for.",
     kExemptPriorityLevelConfigurationFields},
    {"FlowDistinguisherMethod", "", "How requests are told apart.", kFlowDistinguisherMethodFields},
    {"FlowSchema", "kind", "Which requests go to which priority level.", kFlowSchemaFields},
    {"FlowSchemaCondition", "", "One aspect of a FlowSchema's state.", kFlowSchemaConditionFields},
    {"FlowSchemaList", "kind", "A list of FlowSchema objects.", kFlowSchemaListFields},
    {"FlowSchemaSpec", "", "Which requests go where.", kFlowSchemaSpecFields},
    {"FlowSchemaStatus", "", "State of a FlowSchema.", kFlowSchemaStatusFields},
    {"GroupSubject", "", "A group of users.", kGroupSubjectFields},
    {"LimitResponse", "", "What happens to requests that cannot run at once.",
     kLimitResponseFields},
    {"LimitedPriorityLevelConfiguration", "", "Limits of a priority level.",
     kLimitedPriorityLevelConfigurationFields},
    {"NonResourcePolicyRule", "", "Requests to paths.", kNonResourcePolicyRuleFields},
    {"PolicyRulesWithSubjects", "", "Requests of some users.", kPolicyRulesWithSubjectsFields},
    {"PriorityLevelConfiguration", "kind", "A share of the server's work.",
     kPriorityLevelConfigurationFields},
    {"PriorityLevelConfigurationCondition", "", "One aspect of a priority level's state.",
     kPriorityLevelConfigurationConditionFields},
    {"PriorityLevelConfigurationList", "kind", "A list of PriorityLevelConfiguration objects.",
     kPriorityLevelConfigurationListFields},
    {"PriorityLevelConfigurationReference", "", "Names a priority level.",
     kPriorityLevelConfigurationReferenceFields},
    {"PriorityLevelConfigurationSpec", "", "What a priority level gets.",
     kPriorityLevelConfigurationSpecFields},
    {"PriorityLevelConfigurationStatus", "", "State of a priority level.",
     kPriorityLevelConfigurationStatusFields},
    {"QueuingConfiguration", "", "Queues of a priority level.", kQueuingConfigurationFields},
    {"ResourcePolicyRule", "", "Requests to resources.", kResourcePolicyRuleFields},
    {"ServiceAccountSubject", "", "A service account.", kServiceAccountSubjectFields},
    {"Subject", "", "Some users; the member that kind names is set.", kSubjectFields},
    {"UserSubject", "", "A user.", kUserSubjectFields},
};

}  // namespace

std::span<const TypeFact> flowcontrol_v1_types() {
  return kTypes;
}

}  // namespace cove::api
