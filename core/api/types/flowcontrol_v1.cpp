#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kExemptPriorityLevelConfigurationFields[] = {
    {"nominalConcurrencyShares", 1, "*int32", "omitempty", ""},
    {"lendablePercent", 2, "*int32", "omitempty", ""},
};

constexpr FieldFact kFlowDistinguisherMethodFields[] = {
    {"type", 1, "string", "required", ""},
};

constexpr FieldFact kFlowSchemaFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "FlowSchemaSpec", "omitempty", ""},
    {"status", 3, "FlowSchemaStatus", "omitempty", ""},
};

constexpr FieldFact kFlowSchemaConditionFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"status", 2, "string", "omitempty", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kFlowSchemaListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]FlowSchema", "required", ""},
};

constexpr FieldFact kFlowSchemaSpecFields[] = {
    {"priorityLevelConfiguration", 1, "PriorityLevelConfigurationReference", "required", ""},
    {"matchingPrecedence", 2, "int32", "", ""},
    {"distinguisherMethod", 3, "*FlowDistinguisherMethod", "omitempty", ""},
    {"rules", 4, "[]PolicyRulesWithSubjects", "omitempty list=atomic", ""},
};

constexpr FieldFact kFlowSchemaStatusFields[] = {
    {"conditions", 1, "[]FlowSchemaCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kGroupSubjectFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr FieldFact kLimitResponseFields[] = {
    {"type", 1, "string", "required", ""},
    {"queuing", 2, "*QueuingConfiguration", "omitempty", ""},
};

constexpr FieldFact kLimitedPriorityLevelConfigurationFields[] = {
    {"nominalConcurrencyShares", 1, "*int32", "", ""},
    {"limitResponse", 2, "LimitResponse", "omitempty", ""},
    {"lendablePercent", 3, "*int32", "omitempty", ""},
    {"borrowingLimitPercent", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kNonResourcePolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=set", ""},
    {"nonResourceURLs", 6, "[]string", "required list=set", ""},
};

constexpr FieldFact kPolicyRulesWithSubjectsFields[] = {
    {"subjects", 1, "[]Subject", "required list=atomic", ""},
    {"resourceRules", 2, "[]ResourcePolicyRule", "omitempty list=atomic", ""},
    {"nonResourceRules", 3, "[]NonResourcePolicyRule", "omitempty list=atomic", ""},
};

constexpr FieldFact kPriorityLevelConfigurationFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "PriorityLevelConfigurationSpec", "omitempty", ""},
    {"status", 3, "PriorityLevelConfigurationStatus", "omitempty", ""},
};

constexpr FieldFact kPriorityLevelConfigurationConditionFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"status", 2, "string", "omitempty", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kPriorityLevelConfigurationListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]PriorityLevelConfiguration", "required", ""},
};

constexpr FieldFact kPriorityLevelConfigurationReferenceFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr FieldFact kPriorityLevelConfigurationSpecFields[] = {
    {"type", 1, "string", "required", ""},
    {"limited", 2, "*LimitedPriorityLevelConfiguration", "omitempty", ""},
    {"exempt", 3, "*ExemptPriorityLevelConfiguration", "omitempty", ""},
};

constexpr FieldFact kPriorityLevelConfigurationStatusFields[] = {
    {"conditions", 1, "[]PriorityLevelConfigurationCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
};

constexpr FieldFact kQueuingConfigurationFields[] = {
    {"queues", 1, "int32", "", ""},
    {"handSize", 2, "int32", "", ""},
    {"queueLengthLimit", 3, "int32", "", ""},
};

constexpr FieldFact kResourcePolicyRuleFields[] = {
    {"verbs", 1, "[]string", "required list=set", ""},
    {"apiGroups", 2, "[]string", "required list=set", ""},
    {"resources", 3, "[]string", "required list=set", ""},
    {"clusterScope", 4, "bool", "omitempty", ""},
    {"namespaces", 5, "[]string", "list=set", ""},
};

constexpr FieldFact kServiceAccountSubjectFields[] = {
    {"namespace", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
};

constexpr FieldFact kSubjectFields[] = {
    {"kind", 1, "string", "required", ""},
    {"user", 2, "*UserSubject", "omitempty", ""},
    {"group", 3, "*GroupSubject", "omitempty", ""},
    {"serviceAccount", 4, "*ServiceAccountSubject", "omitempty", ""},
};

constexpr FieldFact kUserSubjectFields[] = {
    {"name", 1, "string", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"ExemptPriorityLevelConfiguration", "", "", kExemptPriorityLevelConfigurationFields},
    {"FlowDistinguisherMethod", "", "", kFlowDistinguisherMethodFields},
    {"FlowSchema", "kind", "", kFlowSchemaFields},
    {"FlowSchemaCondition", "", "", kFlowSchemaConditionFields},
    {"FlowSchemaList", "kind", "", kFlowSchemaListFields},
    {"FlowSchemaSpec", "", "", kFlowSchemaSpecFields},
    {"FlowSchemaStatus", "", "", kFlowSchemaStatusFields},
    {"GroupSubject", "", "", kGroupSubjectFields},
    {"LimitResponse", "", "", kLimitResponseFields},
    {"LimitedPriorityLevelConfiguration", "", "", kLimitedPriorityLevelConfigurationFields},
    {"NonResourcePolicyRule", "", "", kNonResourcePolicyRuleFields},
    {"PolicyRulesWithSubjects", "", "", kPolicyRulesWithSubjectsFields},
    {"PriorityLevelConfiguration", "kind", "", kPriorityLevelConfigurationFields},
    {"PriorityLevelConfigurationCondition", "", "", kPriorityLevelConfigurationConditionFields},
    {"PriorityLevelConfigurationList", "kind", "", kPriorityLevelConfigurationListFields},
    {"PriorityLevelConfigurationReference", "", "", kPriorityLevelConfigurationReferenceFields},
    {"PriorityLevelConfigurationSpec", "", "", kPriorityLevelConfigurationSpecFields},
    {"PriorityLevelConfigurationStatus", "", "", kPriorityLevelConfigurationStatusFields},
    {"QueuingConfiguration", "", "", kQueuingConfigurationFields},
    {"ResourcePolicyRule", "", "", kResourcePolicyRuleFields},
    {"ServiceAccountSubject", "", "", kServiceAccountSubjectFields},
    {"Subject", "", "", kSubjectFields},
    {"UserSubject", "", "", kUserSubjectFields},
};

}  // namespace

std::span<const TypeFact> flowcontrol_v1_types() {
  return kTypes;
}

}  // namespace cove::api
