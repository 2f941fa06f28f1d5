#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

std::string job(std::string_view spec, std::string_view pod = "restartPolicy: Never") {
  return fmt::format(
      "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: work}}\nspec:\n{}  template:\n"
      "    spec: {{{}, containers: [{{name: c, image: 'a:1'}}]}}\n",
      spec, pod);
}

TEST(BatchTest, AMinimalJobGetsTheDefaultsOfTheApi) {
  expect_same(created(job("")), R"(
apiVersion: batch/v1
kind: Job
metadata: {name: work, uid: 00000000-0000-4000-8000-000000000001}
spec:
  backoffLimit: 6
  completionMode: NonIndexed
  completions: 1
  manualSelector: false
  parallelism: 1
  podReplacementPolicy: TerminatingOrFailed
  selector:
    matchLabels: {batch.kubernetes.io/controller-uid: 00000000-0000-4000-8000-000000000001}
  suspend: false
  template:
    metadata:
      labels:
        batch.kubernetes.io/controller-uid: 00000000-0000-4000-8000-000000000001
        batch.kubernetes.io/job-name: work
        controller-uid: 00000000-0000-4000-8000-000000000001
        job-name: work
    spec:
      containers:
      - image: a:1
        imagePullPolicy: IfNotPresent
        name: c
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      dnsPolicy: ClusterFirst
      restartPolicy: Never
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
status: {}
)");
}

TEST(BatchTest, DefaultsThatDependOnOtherFields) {
  const json::object queue = document(job("  parallelism: 3\n"));
  EXPECT_FALSE(value_at(queue, {"spec", "completions"}));
  const json::object indexed =
      document(job("  backoffLimitPerIndex: 1\n  podFailurePolicy: {rules: []}\n"));
  EXPECT_EQ(integer_at(indexed, {"spec", "backoffLimit"}), 2147483647);
  EXPECT_EQ(text_at(indexed, {"spec", "podReplacementPolicy"}), "Failed");
  const json::object cron = document(
      "apiVersion: batch/v1\nkind: CronJob\nspec: {schedule: '* * * * *', jobTemplate: {spec: "
      "{template: {spec: {restartPolicy: Never, containers: [{name: c, image: a}]}}}}}");
  json::object spec = cron.at("spec").as_object();
  EXPECT_FALSE(value_at(spec, {"jobTemplate", "spec", "backoffLimit"}));
  EXPECT_EQ(text_at(spec, {"jobTemplate", "spec", "template", "spec", "dnsPolicy"}),
            "ClusterFirst");
  spec.erase("jobTemplate");
  expect_same(spec,
              "{schedule: '* * * * *', concurrencyPolicy: Allow, suspend: false, "
              "successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1}");
}

TEST(BatchTest, AManualSelectorIsTheUsersOwn) {
  const std::string yaml =
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\nspec:\n  manualSelector: true\n"
      "  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: "
      "{restartPolicy: Never, containers: [{name: c, image: a}]}}";
  EXPECT_EQ(create_problems(yaml), "");
  const json::object made = created(yaml);
  EXPECT_EQ(to_text(*value_at(made, {"spec", "template", "metadata", "labels"})), R"({"a":"b"})");
}

struct Bad {
  std::string_view name;
  std::string_view spec;
  std::string_view pod;
  std::string_view problems;
};

class BadJobTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadJobTest, IsRefusedWithTheMessageClientsKnow) {
  EXPECT_EQ(create_problems(job(GetParam().spec, GetParam().pod)), GetParam().problems);
}

constexpr Bad kJobs[] = {
    {"Always", "", "hostNetwork: false",
     R"(spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never")"},
    {"Negative", "  parallelism: -1\n  backoffLimit: -2\n", "restartPolicy: Never",
     "[spec.parallelism: Invalid value: -1: must be greater than or equal to 0, spec.backoffLimit: "
     "Invalid value: -2: must be greater than or equal to 0]"},
    {"IndexedWithoutCompletions", "  completionMode: Indexed\n  parallelism: 2\n",
     "restartPolicy: Never", "spec.completions: Required value: when completion mode is Indexed"},
    {"PerIndex", "  backoffLimitPerIndex: 1\n", "restartPolicy: Never",
     "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"},
    {"FailurePolicyRestarts",
     "  podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: "
     "In, values: [0]}}]}\n",
     "restartPolicy: OnFailure",
     R"([spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for )"
     R"(the In operator, spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" )"
     R"(is supported when podFailurePolicy is specified])"},
    {"SuccessPolicy",
     "  completionMode: Indexed\n  completions: 5\n  successPolicy: {rules: [{succeededIndexes: "
     "'1-2,7'}]}\n",
     "restartPolicy: Never",
     R"(spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1-2,7": too large index: "7")"},
};
INSTANTIATE_TEST_SUITE_P(Jobs, BadJobTest, ::testing::ValuesIn(kJobs),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(BatchTest, WhatAnUpdateOfAJobMayChange) {
  const auto with_selector = [](std::string_view spec) {
    return fmt::format(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: work}}\nspec:\n{}"
        "  manualSelector: true\n  selector: {{matchLabels: {{a: b}}}}\n"
        "  template: {{metadata: {{labels: {{a: b}}}}, spec: {{restartPolicy: Never, "
        "containers: [{{name: c, image: a}}]}}}}\n",
        spec);
  };
  const std::string old = with_selector("  completions: 2\n");
  EXPECT_EQ(update_problems(old, with_selector("  completions: 2\n  parallelism: 4\n")), "");
  EXPECT_EQ(update_problems(old, with_selector("  completions: 3\n")),
            "spec.completions: Invalid value: 3: field is immutable");
  EXPECT_EQ(update_problems(with_selector("  completionMode: Indexed\n  completions: 2\n"),
                            with_selector("  completionMode: Indexed\n  completions: 3\n"
                                          "  parallelism: 3\n")),
            "");
  std::string other = old;
  other.replace(other.find("image: a}"), 9, "image: b}");
  EXPECT_EQ(update_problems(old, other).substr(0, 30), "spec.template: Invalid value: ");
}

class ScheduleTest : public ::testing::TestWithParam<Case> {};

TEST_P(ScheduleTest, IsJudgedAsCronDoes) {
  const std::string yaml = fmt::format(
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: c}}\nspec: {{{}, jobTemplate: "
      "{{spec: "
      "{{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: a}}]}}}}}}}}}}",
      GetParam().yaml);
  EXPECT_EQ(create_problems(yaml), GetParam().problems);
}

constexpr Case kSchedules[] = {
    {"Each", "schedule: '*/5 0-6,12 1 jan-mar MON'", ""},
    {"Word", "schedule: '@daily'", ""},
    {"Every", "schedule: '@every 1h30m'", ""},
    {"Zone", "schedule: '0 0 * * *', timeZone: UTC", ""},
    {"None", "schedule: ''", "spec.schedule: Required value"},
    {"Few", "schedule: '* * *'",
     R"(spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *])"},
    {"High", "schedule: '60 * * * *'",
     R"(spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60)"},
    {"Low", "schedule: '* * 0 * *'",
     R"(spec.schedule: Invalid value: "* * 0 * *": beginning of range (0) below minimum (1): 0)"},
    {"Backwards", "schedule: '5-1 * * * *'",
     R"(spec.schedule: Invalid value: "5-1 * * * *": beginning of range (5) beyond end of range )"
     R"((1): 5-1)"},
    {"NoStep", "schedule: '*/0 * * * *'",
     R"(spec.schedule: Invalid value: "*/0 * * * *": step of range should be a positive number: )"
     R"(*/0)"},
    {"NoNumber", "schedule: 'x * * * *'",
     R"(spec.schedule: Invalid value: "x * * * *": failed to parse int from x: strconv.Atoi: )"
     R"(parsing "x": invalid syntax)"},
    {"NoWord", "schedule: '@never'",
     R"(spec.schedule: Invalid value: "@never": unrecognized descriptor: @never)"},
    {"ZoneInside", "schedule: 'TZ=UTC 0 0 * * *'",
     R"(spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use )"
     R"(timeZone field instead)"},
    {"LocalZone", "schedule: '0 0 * * *', timeZone: Local",
     R"(spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in )"
     R"(https://www.iana.org/time-zones)"},
    {"OutsideZone", "schedule: '0 0 * * *', timeZone: ../etc/passwd",
     R"(spec.timeZone: Invalid value: "../etc/passwd": time: invalid location name)"},
    {"UnknownZone", "schedule: '0 0 * * *', timeZone: Mars/Base",
     R"(spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base)"},
    {"Concurrency", "schedule: '0 0 * * *', concurrencyPolicy: Maybe",
     R"(spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", )"
     R"("Replace")"},
};
INSTANTIATE_TEST_SUITE_P(CronJobs, ScheduleTest, ::testing::ValuesIn(kSchedules),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(BatchTest, Rows) {
  EXPECT_EQ(row(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: work, creationTimestamp: '2023-11-14T22:03:20Z'}
spec:
  completions: 3
  selector: {matchLabels: {a: b}}
  template: {spec: {containers: [{name: c, image: i}]}}
status: {succeeded: 3, startTime: '2023-11-14T22:03:20Z', completionTime: '2023-11-14T22:04:00Z', conditions: [{type: Complete, status: 'True'}]}
)"),
            R"(["work","Complete","3/3","40s","10m","c","i","a=b"])");
  EXPECT_EQ(row("apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\nspec: {parallelism: 4}"),
            R"(["work","Running","0/1 of 4","","<unknown>","","","<none>"])");
  EXPECT_EQ(row(R"(
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, creationTimestamp: '2023-11-14T22:03:20Z'}
spec: {schedule: '* * * * *', suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}}
status: {active: [{name: a}], lastScheduleTime: '2023-11-14T22:13:00Z'}
)"),
            R"(["tick","* * * * *","<none>","True",1,"20s","10m","c","i","<none>"])");
}

}  // namespace
}  // namespace cove::api::testing
