#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCronJobFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "CronJobSpec", "omitempty required", "When which job is started."},
    {"status", 3, "CronJobStatus", "omitempty", "When it last was."},
};

constexpr FieldFact kCronJobListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]CronJob", "required", "The cron jobs."},
};

constexpr FieldFact kCronJobSpecFields[] = {
    {"schedule", 1, "string", "required",
     "When, as in cron: minute, hour, day of month, month, day of week; or @hourly and the like."},
    {"timeZone", 8, "*string", "omitempty",
     "Time zone of the schedule, such as Europe/Berlin; default is that of the controller."},
    {"startingDeadlineSeconds", 2, "*int64", "omitempty",
     "Seconds after its time within which a missed start is still made up for."},
    {"concurrencyPolicy", 3, "string", "omitempty enum=Allow|Forbid|Replace default=\"Allow\"",
     "When the former job still runs: Allow (default), Forbid to skip, or Replace it."},
    {"suspend", 4, "*bool", "omitempty default=false",
     "No further jobs are started while this is set. Default false."},
    {"jobTemplate", 5, "JobTemplateSpec", "required", "What the jobs look like."},
    {"successfulJobsHistoryLimit", 6, "*int32", "omitempty default=3",
     "How many succeeded jobs are kept. Default 3."},
    {"failedJobsHistoryLimit", 7, "*int32", "omitempty default=1",
     "How many failed jobs are kept. Default 1."},
};

constexpr FieldFact kCronJobStatusFields[] = {
    {"active", 1, "[]core/v1.ObjectReference", "omitempty list=atomic", "Jobs that run now."},
    {"lastScheduleTime", 4, "*time", "omitempty", "When a job was last started."},
    {"lastSuccessfulTime", 5, "*time", "omitempty", "When a job last succeeded."},
};

constexpr FieldFact kJobFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "JobSpec", "omitempty", "What should run, and how often."},
    {"status", 3, "JobStatus", "omitempty", "How far it has come."},
};

constexpr FieldFact kJobConditionFields[] = {
    {"type", 1, "string", "required",
     "The aspect: Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastProbeTime", 3, "time", "omitempty", "When it was last checked."},
    {"lastTransitionTime", 4, "time", "omitempty", "When the status last changed."},
    {"reason", 5, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 6, "string", "omitempty", "Text for people about the last change."},
};

constexpr FieldFact kJobListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]Job", "required", "The jobs."},
};

constexpr FieldFact kJobSpecFields[] = {
    {"parallelism", 1, "*int32", "omitempty", "How many pods may run at once. Default 1."},
    {"completions", 2, "*int32", "omitempty",
     "How many pods must succeed; absent means that any success is enough once all have ended."},
    {"activeDeadlineSeconds", 3, "*int64", "omitempty",
     "Seconds after the start after which the job is ended and counts as failed."},
    {"podFailurePolicy", 11, "*PodFailurePolicy", "omitempty",
     "Rules for what the failure of a pod means; needs restartPolicy Never."},
    {"successPolicy", 16, "*SuccessPolicy", "omitempty",
     "Rules for when an indexed job counts as succeeded before all indexes have."},
    {"backoffLimit", 7, "*int32", "omitempty",
     "How often pods may fail before the job does. Default 6."},
    {"backoffLimitPerIndex", 12, "*int32", "omitempty",
     "How often pods of one index may fail before the index does; for indexed jobs."},
    {"maxFailedIndexes", 13, "*int32", "omitempty",
     "How many indexes may fail before the job does; with backoffLimitPerIndex."},
    {"selector", 4, "*meta/v1.LabelSelector", "omitempty",
     "Labels of the pods that belong to it; normally set by the server."},
    {"manualSelector", 5, "*bool", "omitempty",
     "The selector is the user's own, and nothing is added to the pods' labels."},
    {"template", 6, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; their restart policy must be Never or OnFailure."},
    {"ttlSecondsAfterFinished", 8, "*int32", "omitempty",
     "Seconds after its end after which the job is deleted; absent keeps it."},
    {"completionMode", 9, "*string", "omitempty enum=NonIndexed|Indexed",
     "NonIndexed (default), or Indexed to give each pod a number from 0 to completions - 1."},
    {"suspend", 10, "*bool", "omitempty",
     "No pods run while this is set; setting it ends those that do. Default false."},
    {"podReplacementPolicy", 14, "*string", "omitempty enum=TerminatingOrFailed|Failed",
     "When failed pods are replaced: TerminatingOrFailed (default) or Failed."},
    {"managedBy", 15, "*string", "omitempty",
     "Name of the controller that looks after the job; default kubernetes.io/job-controller."},
};

constexpr FieldFact kJobStatusFields[] = {
    {"conditions", 1, "[]JobCondition", "omitempty list=atomic patch=merge patchKey=type",
     "Aspects of its state."},
    {"startTime", 2, "*time", "omitempty",
     "When it was first taken up; reset while it is suspended."},
    {"completionTime", 3, "*time", "omitempty", "When it succeeded."},
    {"active", 4, "int32", "omitempty", "Pods that run or wait and are not being ended."},
    {"succeeded", 5, "int32", "omitempty", "Pods that succeeded."},
    {"failed", 6, "int32", "omitempty", "Pods that failed."},
    {"terminating", 11, "*int32", "omitempty", "Pods that are being ended."},
    {"completedIndexes", 7, "string", "omitempty", "Indexes that succeeded, such as 1,3-5,7."},
    {"failedIndexes", 10, "*string", "omitempty", "Indexes that failed, such as 1,3-5,7."},
    {"uncountedTerminatedPods", 8, "*UncountedTerminatedPods", "omitempty",
     "Pods that have ended and are not in the numbers above yet."},
    {"ready", 9, "*int32", "omitempty", "Pods that are ready."},
};

constexpr FieldFact kJobTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", "Labels and annotations the jobs get."},
    {"spec", 2, "JobSpec", "omitempty", "What the jobs run."},
};

constexpr FieldFact kPodFailurePolicyFields[] = {
    {"rules", 1, "[]PodFailurePolicyRule", "required list=atomic",
     "Rules, of which the first that matches counts; at most 20."},
};

constexpr FieldFact kPodFailurePolicyOnExitCodesRequirementFields[] = {
    {"containerName", 1, "*string", "omitempty", "The container; absent means any of them."},
    {"operator", 2, "string", "required enum=In|NotIn", "In or NotIn."},
    {"values", 3, "[]int32", "required list=set", "The exit codes, at most 255; with In not 0."},
};

constexpr FieldFact kPodFailurePolicyOnPodConditionsPatternFields[] = {
    {"type", 1, "string", "required", "Type of the condition."},
    {"status", 2, "string", "default=\"True\"", "Status it must have. Default True."},
};

constexpr FieldFact kPodFailurePolicyRuleFields[] = {
    {"action", 1, "string", "required enum=FailJob|FailIndex|Ignore|Count",
     "FailJob, FailIndex, Ignore or Count."},
    {"onExitCodes", 2, "*PodFailurePolicyOnExitCodesRequirement", "omitempty",
     "Matches by containers' exit codes."},
    {"onPodConditions", 3, "[]PodFailurePolicyOnPodConditionsPattern", "omitempty list=atomic",
     "Matches by conditions of the pod; one is enough. At most 20."},
};

constexpr FieldFact kSuccessPolicyFields[] = {
    {"rules", 1, "[]SuccessPolicyRule", "required list=atomic",
     "Rules, of which one is enough; at most 20."},
};

constexpr FieldFact kSuccessPolicyRuleFields[] = {
    {"succeededIndexes", 1, "*string", "omitempty",
     "The indexes, such as 1,3-5,7; absent means any."},
    {"succeededCount", 2, "*int32", "omitempty", "How many of them; absent means all."},
};

constexpr FieldFact kUncountedTerminatedPodsFields[] = {
    {"succeeded", 1, "[]string", "omitempty list=set", "UIDs of pods that succeeded."},
    {"failed", 2, "[]string", "omitempty list=set", "UIDs of pods that failed."},
};

constexpr TypeFact kTypes[] = {
    {"CronJob", "kind", "Starts a job at the times of a schedule.", kCronJobFields},
    {"CronJobList", "kind", "Cron jobs.", kCronJobListFields},
    {"CronJobSpec", "", "When which job is started.", kCronJobSpecFields},
    {"CronJobStatus", "", "When a cron job was last started.", kCronJobStatusFields},
    {"Job", "kind", "Runs pods until as many as wanted have succeeded.", kJobFields},
    {"JobCondition", "", "One aspect of a job's state.", kJobConditionFields},
    {"JobList", "kind", "Jobs.", kJobListFields},
    {"JobSpec", "", "What a job runs, and when it is done.", kJobSpecFields},
    {"JobStatus", "", "How far a job has come.", kJobStatusFields},
    {"JobTemplateSpec", "", "What jobs look like that are made from a template.",
     kJobTemplateSpecFields},
    {"PodFailurePolicy", "", "What the failure of a job's pod means.", kPodFailurePolicyFields},
    {"PodFailurePolicyOnExitCodesRequirement", "", "Matches by containers' exit codes.",
     kPodFailurePolicyOnExitCodesRequirementFields},
    {"PodFailurePolicyOnPodConditionsPattern", "", "Matches by a condition of the pod.",
     kPodFailurePolicyOnPodConditionsPatternFields},
    {"PodFailurePolicyRule", "", "What one kind of failure means.", kPodFailurePolicyRuleFields},
    {"SuccessPolicy", "", "When an indexed job counts as succeeded.", kSuccessPolicyFields},
    {"SuccessPolicyRule", "", "Indexes that must succeed.", kSuccessPolicyRuleFields},
    {"UncountedTerminatedPods", "", "Pods that have ended and are not counted yet.",
     kUncountedTerminatedPodsFields},
};

}  // namespace

std::span<const TypeFact> batch_v1_types() {
  return kTypes;
}

}  // namespace cove::api
