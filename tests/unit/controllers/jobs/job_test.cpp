#include <gtest/gtest.h>

#include "core/api/time.h"
#include "core/controllers/job_sync.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;
using std::chrono::seconds;

TEST(JobIndexes, ReadsJoinsAndWrites) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},       {"0", "0"},         {"1,3-5,7", "1,3-5,7"}, {"1,2", "1,2"},
      {"3-4", "3,4"}, {"1-3,2-9", "1-9"}, {"5,x,7", "5"},         {"90-200", "90-99"},
      {"100", ""},    {"2,1", "1,2"},     {"1,2,3", "1-3"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(JobIndexes::parse(text, 100).text(), expected) << text;
  JobIndexes some = JobIndexes::parse("1,3-5", 100);
  some.add(2);
  EXPECT_EQ(some.text(), "1-5");
  some.add(0);
  some.add(9);
  EXPECT_EQ(some.text(), "0-5,9");
  EXPECT_TRUE(some.has(5));
  EXPECT_FALSE(some.has(6));
  EXPECT_EQ(some.total(), 7);
  EXPECT_EQ(some.common(JobIndexes::parse("4-9", 100)), 3);
  EXPECT_EQ(some.first_missing(3, 100), (std::vector<std::int64_t>{6, 7, 8}));
  EXPECT_EQ(some.first_missing(5, 8), (std::vector<std::int64_t>{6, 7}));
}

TEST(JobBackoff, DoublesUpToSixMinutes) {
  const WallTime now(seconds(1'000'000));
  const std::vector<std::pair<int, int>> cases = {{0, 0},   {1, 10},  {2, 20},  {3, 40},
                                                  {6, 320}, {7, 360}, {99, 360}};
  for (const auto& [failures, wait] : cases) {
    const JobBackoff backoff{.failures = failures, .last = now};
    EXPECT_EQ(backoff.remaining(now), seconds(wait)) << failures;
    EXPECT_EQ(backoff.remaining(now + seconds(wait)), seconds(0)) << failures;
  }
}

json::object job(std::string_view name, std::string_view spec, std::string_view policy = "Never") {
  const std::string text =
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + std::string(name) +
      "}\nspec:\n  template:\n    spec: {restartPolicy: " + std::string(policy) +
      ", containers: [{name: main, image: test}]}\n" + std::string(spec);
  return api::parse_yaml(text).value().value.get_object();
}

std::int64_t number(const api::ObjectPtr& job, std::string_view field) {
  return api::integer_at(job->document(), {"status", field}).value_or(0);
}

// "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"
std::string conditions(const api::ObjectPtr& job) {
  std::string text;
  const json::array* const all = api::array_at(job->document(), {"status", "conditions"});
  if (all == nullptr) return text;
  for (const json::value& each : *all) {
    const json::object& condition = each.get_object();
    if (!text.empty()) text += ' ';
    text += text_at(condition, {"type"});
    if (text_at(condition, {"status"}) != "True") text += '!';
    text += '=';
    text += text_at(condition, {"reason"});
  }
  return text;
}

class Jobs : public Running {
 public:
  Jobs() : Running({make_job_controller}) {}

  api::ObjectPtr start(std::string_view name, std::string_view spec,
                       std::string_view policy = "Never") {
    cluster.create(job(name, spec, policy));
    settle();
    return get(name);
  }
  api::ObjectPtr get(std::string_view name) { return cluster.get("jobs.batch", name); }
  std::vector<api::ObjectPtr> pods_of(std::string_view name) {
    return pods("job-name=" + std::string(name));
  }
  // Those that neither ended nor are being deleted.
  std::vector<api::ObjectPtr> active(std::string_view name) {
    auto all = pods_of(name);
    std::erase_if(all, [](const api::ObjectPtr& pod) {
      const std::string_view phase = text_at(pod->document(), {"status", "phase"});
      return pod->deleting() || phase == "Failed" || phase == "Succeeded";
    });
    return all;
  }
  api::ObjectPtr pod_of_index(std::string_view name, int index) {
    for (const api::ObjectPtr& pod : active(name)) {
      if (text_at(pod->document(), {"metadata", "labels", kCompletionIndex}) ==
          std::to_string(index)) {
        return pod;
      }
    }
    return nullptr;
  }
  void end(const api::ObjectPtr& pod, int code) {
    ASSERT_TRUE(pod);
    cluster.end_pod(pod->name(), code);
    settle();
  }
};

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

TEST(JobController, CountsToItsEnd) {
  Jobs jobs;
  auto now = jobs.start("sum", "  parallelism: 2\n  completions: 3\n");
  EXPECT_EQ(number(now, "active"), 2);
  EXPECT_FALSE(text_at(now->document(), {"status", "startTime"}).empty());
  auto pods = jobs.pods_of("sum");
  ASSERT_EQ(pods.size(), 2U);
  EXPECT_TRUE(pods[0]->name().starts_with("sum-"));
  EXPECT_TRUE(is_tracked(*pods[0]));
  EXPECT_EQ(text_at(pods[0]->document(), {"metadata", "labels", "batch.kubernetes.io/job-name"}),
            "sum");
  jobs.cluster.run_pod(pods[0]->name());
  jobs.settle();
  EXPECT_EQ(number(jobs.get("sum"), "ready"), 1);
  jobs.end(pods[0], 0);
  now = jobs.get("sum");
  EXPECT_EQ(number(now, "succeeded"), 1);
  EXPECT_EQ(number(now, "active"), 2);
  EXPECT_FALSE(is_tracked(*jobs.cluster.get("pods", pods[0]->name())));
  jobs.end(pods[1], 0);
  EXPECT_EQ(number(jobs.get("sum"), "active"), 1);
  jobs.end(jobs.active("sum").at(0), 0);
  now = jobs.get("sum");
  EXPECT_EQ(number(now, "succeeded"), 3);
  EXPECT_EQ(number(now, "active"), 0);
  EXPECT_EQ(conditions(now), "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached");
  EXPECT_FALSE(text_at(now->document(), {"status", "completionTime"}).empty());
  EXPECT_EQ(api::to_text(now->document().at("status").at("uncountedTerminatedPods")), "{}");
  const auto events = jobs.events_about("sum");
  EXPECT_TRUE(has(events, "SuccessfulCreate: Created pod: " + std::string(pods[0]->name())));
  EXPECT_TRUE(has(events, "Completed: Job completed"));
  EXPECT_EQ(jobs.pods_of("sum").size(), 3U);
}

TEST(JobController, BacksOffAndGivesUp) {
  Jobs jobs;
  jobs.start("bad", "  backoffLimit: 2\n");
  const std::vector<int> waits = {10, 20};
  for (const int wait : waits) {
    jobs.end(jobs.active("bad").at(0), 1);
    EXPECT_EQ(jobs.active("bad").size(), 0U);
    jobs.pass(seconds(wait - 1));
    EXPECT_EQ(jobs.active("bad").size(), 0U) << wait;
    jobs.pass(seconds(1));
    EXPECT_EQ(jobs.active("bad").size(), 1U) << wait;
  }
  jobs.end(jobs.active("bad").at(0), 1);
  const auto now = jobs.get("bad");
  EXPECT_EQ(number(now, "failed"), 3);
  EXPECT_EQ(conditions(now), "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded");
  EXPECT_TRUE(has(jobs.events_about("bad"),
                  "BackoffLimitExceeded: Job has reached the specified backoff limit"));
  for (const api::ObjectPtr& pod : jobs.pods_of("bad")) EXPECT_FALSE(is_tracked(*pod));
}

TEST(JobController, DeadlineEndsWhatRuns) {
  Jobs jobs;
  jobs.start("slow", "  activeDeadlineSeconds: 30\n");
  const auto pod = jobs.active("slow").at(0);
  jobs.cluster.run_pod(pod->name());
  jobs.pass(seconds(29));
  EXPECT_EQ(conditions(jobs.get("slow")), "");
  jobs.pass(seconds(2));
  // A pod that is being ended counts as failed for this job.
  EXPECT_EQ(conditions(jobs.get("slow")), "FailureTarget=DeadlineExceeded");
  EXPECT_EQ(number(jobs.get("slow"), "terminating"), 1);
  jobs.cluster.finish_deletions();
  jobs.settle();
  const auto now = jobs.get("slow");
  EXPECT_EQ(conditions(now), "FailureTarget=DeadlineExceeded Failed=DeadlineExceeded");
  EXPECT_EQ(number(now, "failed"), 1);
  EXPECT_EQ(number(now, "terminating"), 0);
}

TEST(JobController, SuspendsAndResumes) {
  Jobs jobs;
  auto now = jobs.start("later", "  suspend: true\n");
  EXPECT_EQ(conditions(now), "Suspended=JobSuspended");
  EXPECT_EQ(text_at(now->document(), {"status", "startTime"}), "");
  EXPECT_TRUE(jobs.pods_of("later").empty());
  jobs.cluster.patch("jobs.batch", "later", "{spec: {suspend: false}}");
  jobs.settle();
  EXPECT_EQ(jobs.active("later").size(), 1U);
  now = jobs.get("later");
  EXPECT_EQ(conditions(now), "Suspended!=JobResumed");
  EXPECT_NE(text_at(now->document(), {"status", "startTime"}), "");
  jobs.cluster.patch("jobs.batch", "later", "{spec: {suspend: true}}");
  jobs.settle();
  jobs.cluster.finish_deletions();
  jobs.settle();
  EXPECT_EQ(jobs.active("later").size(), 0U);
  EXPECT_TRUE(has(jobs.events_about("later"), "Resumed: Job resumed"));
  EXPECT_TRUE(has(jobs.events_about("later"), "Suspended: Job suspended"));
}

TEST(JobController, GivesIndexes) {
  Jobs jobs;
  jobs.start("parts", "  completionMode: Indexed\n  completions: 4\n  parallelism: 3\n");
  const auto first = jobs.pod_of_index("parts", 0);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->name().starts_with("parts-0-"));
  EXPECT_EQ(text_at(first->document(), {"spec", "hostname"}), "parts-0");
  EXPECT_EQ(text_at(first->document(), {"metadata", "annotations", kCompletionIndex}), "0");
  const json::object& variable =
      first->document().at("spec").at("containers").at(0).at("env").at(0).get_object();
  EXPECT_EQ(text_at(variable, {"name"}), "JOB_COMPLETION_INDEX");
  EXPECT_EQ(text_at(variable, {"valueFrom", "fieldRef", "fieldPath"}),
            "metadata.labels['batch.kubernetes.io/job-completion-index']");
  EXPECT_FALSE(jobs.pod_of_index("parts", 3));
  jobs.end(jobs.pod_of_index("parts", 2), 0);
  EXPECT_TRUE(jobs.pod_of_index("parts", 3));
  jobs.end(jobs.pod_of_index("parts", 0), 0);
  EXPECT_EQ(text_at(jobs.get("parts")->document(), {"status", "completedIndexes"}), "0,2");
  jobs.end(jobs.pod_of_index("parts", 1), 1);
  EXPECT_FALSE(jobs.pod_of_index("parts", 1));
  jobs.pass(seconds(10));
  jobs.end(jobs.pod_of_index("parts", 1), 0);
  jobs.end(jobs.pod_of_index("parts", 3), 0);
  const auto now = jobs.get("parts");
  EXPECT_EQ(text_at(now->document(), {"status", "completedIndexes"}), "0-3");
  EXPECT_EQ(number(now, "succeeded"), 4);
  EXPECT_EQ(number(now, "failed"), 1);
  EXPECT_EQ(conditions(now), "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached");
}

TEST(JobController, FailsIndexByIndex) {
  Jobs jobs;
  jobs.start("each",
             "  completionMode: Indexed\n  completions: 2\n  parallelism: 2\n"
             "  backoffLimitPerIndex: 1\n");
  const auto first = jobs.pod_of_index("each", 0);
  EXPECT_EQ(text_at(first->document(), {"metadata", "annotations", kIndexFailures}), "0");
  jobs.end(first, 1);
  // It keeps its finalizer until the pod that takes its place has counted it.
  EXPECT_TRUE(is_tracked(*jobs.cluster.get("pods", first->name())));
  jobs.pass(seconds(10));
  const auto second = jobs.pod_of_index("each", 0);
  ASSERT_TRUE(second);
  EXPECT_EQ(text_at(second->document(), {"metadata", "annotations", kIndexFailures}), "1");
  EXPECT_FALSE(is_tracked(*jobs.cluster.get("pods", first->name())));
  jobs.end(second, 1);
  EXPECT_EQ(text_at(jobs.get("each")->document(), {"status", "failedIndexes"}), "0");
  EXPECT_FALSE(jobs.pod_of_index("each", 0));
  jobs.end(jobs.pod_of_index("each", 1), 0);
  const auto now = jobs.get("each");
  EXPECT_EQ(conditions(now), "FailureTarget=FailedIndexes Failed=FailedIndexes");
  EXPECT_EQ(number(now, "failed"), 2);
  EXPECT_EQ(number(now, "succeeded"), 1);
}

TEST(JobController, FollowsPolicies) {
  Jobs jobs;
  jobs.start("strict",
             "  backoffLimit: 6\n"
             "  podFailurePolicy: {rules: ["
             "{action: Ignore, onPodConditions: [{type: DisruptionTarget}]},"
             "{action: FailJob, onExitCodes: {operator: In, values: [42]}}]}\n");
  auto pod = jobs.active("strict").at(0);
  jobs.cluster.patch("pods", pod->name(),
                     "{status: {phase: Failed, conditions: [{type: DisruptionTarget, "
                     "status: 'True'}]}}",
                     "default", "status");
  jobs.settle();
  EXPECT_EQ(number(jobs.get("strict"), "failed"), 0);
  jobs.pass(seconds(20));
  pod = jobs.active("strict").at(0);
  jobs.end(pod, 42);
  auto now = jobs.get("strict");
  EXPECT_EQ(conditions(now), "FailureTarget=PodFailurePolicy Failed=PodFailurePolicy");
  EXPECT_EQ(text_at(now->document().at("status").at("conditions").at(1).get_object(), {"message"}),
            "Container main for pod default/" + std::string(pod->name()) +
                " failed with exit code 42 matching FailJob rule at index 1");

  jobs.start("enough",
             "  completionMode: Indexed\n  completions: 3\n  parallelism: 3\n"
             "  successPolicy: {rules: [{succeededIndexes: '1'}]}\n");
  jobs.end(jobs.pod_of_index("enough", 1), 0);
  jobs.cluster.finish_deletions();
  jobs.settle();
  now = jobs.get("enough");
  EXPECT_EQ(conditions(now), "SuccessCriteriaMet=SuccessPolicy Complete=SuccessPolicy");
  EXPECT_EQ(number(now, "succeeded"), 1);
}

TEST(JobController, ReplacesWhatFailedOrIsBeingEnded) {
  Jobs jobs;
  jobs.start("eager", "  parallelism: 1\n");
  jobs.start("patient", "  parallelism: 1\n  podReplacementPolicy: Failed\n");
  for (const std::string_view name : {"eager", "patient"}) {
    const auto pod = jobs.active(name).at(0);
    jobs.cluster.run_pod(pod->name());
    jobs.cluster.remove("pods", pod->name());
  }
  jobs.pass(seconds(12));
  EXPECT_EQ(jobs.active("eager").size(), 1U);
  EXPECT_EQ(number(jobs.get("eager"), "failed"), 1);
  EXPECT_EQ(jobs.active("patient").size(), 0U);
  EXPECT_EQ(number(jobs.get("patient"), "terminating"), 1);
  EXPECT_EQ(number(jobs.get("patient"), "failed"), 0);
  // Its last words are waited for.
  const auto pods = jobs.pods_of("patient");
  ASSERT_EQ(pods.size(), 1U);
  jobs.end(pods[0], 137);
  EXPECT_EQ(number(jobs.get("patient"), "failed"), 1);
  EXPECT_EQ(number(jobs.get("patient"), "terminating"), 0);
  jobs.pass(seconds(12));
  EXPECT_EQ(jobs.active("patient").size(), 1U);
}

TEST(JobController, CountsRestartsInPlace) {
  Jobs jobs;
  jobs.start("again", "  backoffLimit: 3\n", "OnFailure");
  const auto pod = jobs.active("again").at(0);
  jobs.cluster.run_pod(pod->name());
  const auto restart = [&](int count) {
    jobs.cluster.patch("pods", pod->name(),
                       "{status: {phase: Running, containerStatuses: [{name: main, image: test, "
                       "imageID: test, ready: true, restartCount: " +
                           std::to_string(count) + "}]}}",
                       "default", "status");
    jobs.settle();
  };
  restart(2);
  EXPECT_EQ(conditions(jobs.get("again")), "");
  restart(3);
  EXPECT_EQ(conditions(jobs.get("again")), "FailureTarget=BackoffLimitExceeded");
  jobs.cluster.finish_deletions();
  jobs.settle();
  EXPECT_EQ(conditions(jobs.get("again")),
            "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded");
}

TEST(JobController, ScalesAdoptsAndLetsGo) {
  Jobs jobs;
  jobs.start("many", "  parallelism: 4\n  completions: 9\n");
  EXPECT_EQ(jobs.active("many").size(), 4U);
  jobs.cluster.patch("jobs.batch", "many", "{spec: {parallelism: 2}}");
  jobs.settle();
  EXPECT_EQ(jobs.active("many").size(), 2U);
  EXPECT_EQ(number(jobs.get("many"), "active"), 2);

  // A pod with the labels of a job whose user selects by hand belongs to it.
  jobs.cluster.create(R"(
apiVersion: v1
kind: Pod
metadata: {name: stray, labels: {mine: "yes", job-name: hand}}
spec: {containers: [{name: main, image: test}]}
)");
  json::object hand =
      job("hand", "  manualSelector: true\n  selector: {matchLabels: {mine: 'yes'}}\n");
  api::set_at(hand, {"spec", "template", "metadata", "labels", "mine"}, "yes");
  jobs.cluster.create(hand);
  jobs.settle();
  EXPECT_EQ(jobs.active("hand").size(), 1U);
  EXPECT_TRUE(is_tracked(*jobs.cluster.get("pods", "stray")));

  // Nothing holds the pods of a job that is gone.
  jobs.cluster.remove("jobs.batch", "many", "default", {.propagation = "Orphan"});
  jobs.cluster.patch("jobs.batch", "many", "{metadata: {finalizers: null}}");
  jobs.settle();
  EXPECT_FALSE(jobs.get("many"));
  for (const api::ObjectPtr& pod : jobs.pods_of("many")) EXPECT_FALSE(is_tracked(*pod));
}

}  // namespace
}  // namespace cove::controllers
