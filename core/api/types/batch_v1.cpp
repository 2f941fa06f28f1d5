#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCronJobFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "CronJobSpec", "omitempty required", ""},
    {"status", 3, "CronJobStatus", "omitempty", ""},
};

constexpr FieldFact kCronJobListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CronJob", "required", ""},
};

constexpr FieldFact kCronJobSpecFields[] = {
    {"schedule", 1, "string", "required", ""},
    {"timeZone", 8, "*string", "omitempty", ""},
    {"startingDeadlineSeconds", 2, "*int64", "omitempty", ""},
    {"concurrencyPolicy", 3, "string", "omitempty enum=Allow|Forbid|Replace", ""},
    {"suspend", 4, "*bool", "omitempty", ""},
    {"jobTemplate", 5, "JobTemplateSpec", "required", ""},
    {"successfulJobsHistoryLimit", 6, "*int32", "omitempty", ""},
    {"failedJobsHistoryLimit", 7, "*int32", "omitempty", ""},
};

constexpr FieldFact kCronJobStatusFields[] = {
    {"active", 1, "[]core/v1.ObjectReference", "omitempty list=atomic", ""},
    {"lastScheduleTime", 4, "*time", "omitempty", ""},
    {"lastSuccessfulTime", 5, "*time", "omitempty", ""},
};

constexpr FieldFact kJobFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "JobSpec", "omitempty", ""},
    {"status", 3, "JobStatus", "omitempty", ""},
};

constexpr FieldFact kJobConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastProbeTime", 3, "time", "omitempty", ""},
    {"lastTransitionTime", 4, "time", "omitempty", ""},
    {"reason", 5, "string", "omitempty", ""},
    {"message", 6, "string", "omitempty", ""},
};

constexpr FieldFact kJobListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Job", "required", ""},
};

constexpr FieldFact kJobSpecFields[] = {
    {"parallelism", 1, "*int32", "omitempty", ""},
    {"completions", 2, "*int32", "omitempty", ""},
    {"activeDeadlineSeconds", 3, "*int64", "omitempty", ""},
    {"podFailurePolicy", 11, "*PodFailurePolicy", "omitempty", ""},
    {"successPolicy", 16, "*SuccessPolicy", "omitempty", ""},
    {"backoffLimit", 7, "*int32", "omitempty", ""},
    {"backoffLimitPerIndex", 12, "*int32", "omitempty", ""},
    {"maxFailedIndexes", 13, "*int32", "omitempty", ""},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty", ""},
    {"manualSelector", 5, "*bool", "omitempty", ""},
    {"template", 6, "core/v1.PodTemplateSpec", "required", ""},
    {"ttlSecondsAfterFinished", 8, "*int32", "omitempty", ""},
    {"completionMode", 9, "*string", "omitempty enum=NonIndexed|Indexed", ""},
    {"suspend", 10, "*bool", "omitempty", ""},
    {"podReplacementPolicy", 14, "*string", "omitempty enum=TerminatingOrFailed|Failed", ""},
    {"managedBy", 15, "*string", "omitempty", ""},
};

constexpr FieldFact kJobStatusFields[] = {
    {"conditions", 1, "[]JobCondition", "omitempty list=atomic patch=merge patchKey=type", ""},
    {"startTime", 2, "*time", "omitempty", ""},
    {"completionTime", 3, "*time", "omitempty", ""},
    {"active", 4, "int32", "omitempty", ""},
    {"succeeded", 5, "int32", "omitempty", ""},
    {"failed", 6, "int32", "omitempty", ""},
    {"terminating", 11, "*int32", "omitempty", ""},
    {"completedIndexes", 7, "string", "omitempty", ""},
    {"failedIndexes", 10, "*string", "omitempty", ""},
    {"uncountedTerminatedPods", 8, "*UncountedTerminatedPods", "omitempty", ""},
    {"ready", 9, "*int32", "omitempty", ""},
};

constexpr FieldFact kJobTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "JobSpec", "omitempty", ""},
};

constexpr FieldFact kPodFailurePolicyFields[] = {
    {"rules", 1, "[]PodFailurePolicyRule", "required list=atomic", ""},
};

constexpr FieldFact kPodFailurePolicyOnExitCodesRequirementFields[] = {
    {"containerName", 1, "*string", "omitempty", ""},
    {"operator", 2, "string", "required enum=In|NotIn", ""},
    {"values", 3, "[]int32", "required list=set", ""},
};

constexpr FieldFact kPodFailurePolicyOnPodConditionsPatternFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "", ""},
};

constexpr FieldFact kPodFailurePolicyRuleFields[] = {
    {"action", 1, "string", "required enum=FailJob|FailIndex|Ignore|Count", ""},
    {"onExitCodes", 2, "*PodFailurePolicyOnExitCodesRequirement", "omitempty", ""},
    {"onPodConditions", 3, "[]PodFailurePolicyOnPodConditionsPattern", "omitempty list=atomic", ""},
};

constexpr FieldFact kSuccessPolicyFields[] = {
    {"rules", 1, "[]SuccessPolicyRule", "required list=atomic", ""},
};

constexpr FieldFact kSuccessPolicyRuleFields[] = {
    {"succeededIndexes", 1, "*string", "omitempty", ""},
    {"succeededCount", 2, "*int32", "omitempty", ""},
};

constexpr FieldFact kUncountedTerminatedPodsFields[] = {
    {"succeeded", 1, "[]string", "omitempty list=set", ""},
    {"failed", 2, "[]string", "omitempty list=set", ""},
};

constexpr TypeFact kTypes[] = {
    {"CronJob", "kind", "", kCronJobFields},
    {"CronJobList", "kind", "", kCronJobListFields},
    {"CronJobSpec", "", "", kCronJobSpecFields},
    {"CronJobStatus", "", "", kCronJobStatusFields},
    {"Job", "kind", "", kJobFields},
    {"JobCondition", "", "", kJobConditionFields},
    {"JobList", "kind", "", kJobListFields},
    {"JobSpec", "", "", kJobSpecFields},
    {"JobStatus", "", "", kJobStatusFields},
    {"JobTemplateSpec", "", "", kJobTemplateSpecFields},
    {"PodFailurePolicy", "", "", kPodFailurePolicyFields},
    {"PodFailurePolicyOnExitCodesRequirement", "", "",
     kPodFailurePolicyOnExitCodesRequirementFields},
    {"PodFailurePolicyOnPodConditionsPattern", "", "",
     kPodFailurePolicyOnPodConditionsPatternFields},
    {"PodFailurePolicyRule", "", "", kPodFailurePolicyRuleFields},
    {"SuccessPolicy", "", "", kSuccessPolicyFields},
    {"SuccessPolicyRule", "", "", kSuccessPolicyRuleFields},
    {"UncountedTerminatedPods", "", "", kUncountedTerminatedPodsFields},
};

}  // namespace

std::span<const TypeFact> batch_v1_types() {
  return kTypes;
}

}  // namespace cove::api
