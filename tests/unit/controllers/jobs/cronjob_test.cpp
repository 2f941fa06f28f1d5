#include <gtest/gtest.h>

#include "core/api/time.h"
#include "core/controllers/cronjob_times.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;
using std::chrono::minutes;
using std::chrono::seconds;

std::string cronjob(std::string_view more, std::string_view schedule = "*/5 * * * *") {
  return "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec:\n  schedule: '" +
         std::string(schedule) +
         "'\n  jobTemplate:\n    metadata: {labels: {from: tick}}\n    spec:\n      template:\n"
         "        spec: {restartPolicy: Never, containers: [{name: main, image: test}]}\n" +
         std::string(more);
}

TEST(CronJobTimes, FindsWhatWasMissed) {
  struct Case {
    std::string_view schedule, last, now, due;
    bool many = false;
    int deadline = 0;
  };
  const std::vector<Case> cases = {
      {"*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:04:59Z", ""},
      {"*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z", "2026-01-01T00:05:00Z"},
      {"*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T01:04:00Z", "2026-01-01T01:00:00Z"},
      {"* * * * *", "2025-01-01T00:00:00Z", "2026-01-01T01:04:30Z", "2026-01-01T01:04:00Z", true},
      {"* 9 * * 1", "2026-01-05T08:00:00Z", "2026-01-11T00:00:00Z", "2026-01-05T09:59:00Z", true},
      {"0 0 1 1 *", "2020-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z"},
      {"*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T01:04:00Z", "", false, 100},
      {"0 0 31 2 *", "2026-01-01T00:00:00Z", "2026-01-01T01:04:00Z", ""},
  };
  for (const Case& each : cases) {
    json::object document{{"status", {{"lastScheduleTime", api::key(each.last)}}},
                          {"spec", {{"schedule", api::key(each.schedule)}}}};
    if (each.deadline > 0)
      api::set_at(document, {"spec", "startingDeadlineSeconds"}, each.deadline);
    const auto object = api::Object::make(document);
    const DueTime due =
        due_time(*object, schedule_of(*object).value(), api::parse_time(each.now).value());
    EXPECT_EQ(due.time ? api::format_time(*due.time) : "", each.due) << each.now;
    EXPECT_EQ(due.many, each.many) << each.now;
  }
}

class CronJobs : public Running {
 public:
  CronJobs() : Running({make_cronjob_controller, make_ttl_after_finished_controller}) {
    // From a full hour on.
    const auto now = cluster.clock.wall().time_since_epoch();
    pass(std::chrono::ceil<std::chrono::hours>(now) - now);
  }
  api::ObjectPtr get() { return cluster.get("cronjobs.batch", "tick"); }
  std::vector<api::ObjectPtr> jobs() { return cluster.list("jobs.batch"); }
  std::size_t active() {
    const api::ObjectPtr now = get();
    const json::array* const all = api::array_at(now->document(), {"status", "active"});
    return all == nullptr ? 0 : all->size();
  }
  void finish(const api::ObjectPtr& job, bool well) {
    const std::string now = rfc3339(cluster.clock.wall());
    const std::string type = well ? "Complete" : "Failed";
    const std::string first = well ? "SuccessCriteriaMet" : "FailureTarget";
    cluster.patch("jobs.batch", job->name(),
                  "{status: {startTime: '" + now + "', " +
                      (well ? "completionTime: '" + now + "', succeeded: 1, " : "") +
                      "conditions: [{type: " + first + ", status: 'True', lastTransitionTime: '" +
                      now + "'}, {type: " + type + ", status: 'True', lastTransitionTime: '" + now +
                      "'}]}}",
                  "default", "status");
    settle();
  }
};

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

TEST(CronJobController, StartsJobsOnTimeAndKeepsSome) {
  CronJobs cron;
  cron.cluster.create(cronjob("  successfulJobsHistoryLimit: 1\n"));
  cron.settle();
  EXPECT_TRUE(cron.jobs().empty());
  cron.pass(minutes(5) - seconds(1));
  EXPECT_TRUE(cron.jobs().empty());
  cron.pass(seconds(2));
  auto jobs = cron.jobs();
  ASSERT_EQ(jobs.size(), 1U);
  const auto due = std::chrono::floor<minutes>(cron.cluster.clock.wall());
  EXPECT_EQ(jobs[0]->name(), "tick-" + std::to_string(due.time_since_epoch().count()));
  EXPECT_EQ(text_at(jobs[0]->document(), {"metadata", "labels", "from"}), "tick");
  EXPECT_EQ(text_at(jobs[0]->document(),
                    {"metadata", "annotations", "batch.kubernetes.io/cronjob-scheduled-timestamp"}),
            rfc3339(due));
  EXPECT_EQ(text_at(cron.get()->document(), {"status", "lastScheduleTime"}), rfc3339(due));
  EXPECT_EQ(cron.active(), 1U);
  const std::string first(jobs[0]->name());
  EXPECT_TRUE(has(cron.events_about("tick"), "SuccessfulCreate: Created job " + first));
  cron.finish(jobs[0], true);
  EXPECT_EQ(cron.active(), 0U);
  EXPECT_EQ(text_at(cron.get()->document(), {"status", "lastSuccessfulTime"}),
            rfc3339(cron.cluster.clock.wall()));
  EXPECT_TRUE(has(cron.events_about("tick"),
                  "SawCompletedJob: Saw completed job: " + first + ", condition: Complete"));
  cron.pass(minutes(5));
  jobs = cron.jobs();
  ASSERT_EQ(jobs.size(), 2U);
  cron.finish(jobs[1], true);
  EXPECT_EQ(cron.jobs().size(), 1U);
  EXPECT_TRUE(has(cron.events_about("tick"), "SuccessfulDelete: Deleted job " + first));
  EXPECT_FALSE(
      has(cron.events_about("tick"),
          "UnexpectedJob: Saw a job that the controller did not create or forgot: " + first));

  // Suspended, it misses times and does not make up for more than the last.
  cron.cluster.patch("cronjobs.batch", "tick", "{spec: {suspend: true}}");
  cron.pass(minutes(30));
  EXPECT_EQ(cron.jobs().size(), 1U);
  cron.cluster.patch("cronjobs.batch", "tick", "{spec: {suspend: false}}");
  cron.settle();
  EXPECT_EQ(cron.jobs().size(), 2U);

  cron.cluster.remove("jobs.batch", cron.jobs()[1]->name(), "default",
                      {.propagation = "Background"});
  cron.settle();
  EXPECT_EQ(cron.active(), 0U);
}

TEST(CronJobController, KeepsToItsConcurrencyPolicyAndDeadline) {
  CronJobs cron;
  cron.cluster.create(cronjob("  concurrencyPolicy: Forbid\n"));
  cron.pass(minutes(5) + seconds(1));
  ASSERT_EQ(cron.jobs().size(), 1U);
  cron.pass(minutes(5));
  EXPECT_EQ(cron.jobs().size(), 1U);
  EXPECT_TRUE(has(cron.events_about("tick"),
                  "JobAlreadyActive: Not starting job because prior execution is running and "
                  "concurrency policy is Forbid"));
  const std::string first(cron.jobs()[0]->name());
  cron.cluster.patch("cronjobs.batch", "tick", "{spec: {concurrencyPolicy: Replace}}");
  cron.settle();
  ASSERT_EQ(cron.jobs().size(), 1U);
  EXPECT_NE(cron.jobs()[0]->name(), first);
  EXPECT_EQ(cron.active(), 1U);

  cron.cluster.patch("cronjobs.batch", "tick",
                     "{spec: {suspend: true, startingDeadlineSeconds: 60}}");
  cron.pass(minutes(7));
  const std::size_t before = cron.jobs().size();
  cron.cluster.patch("cronjobs.batch", "tick", "{spec: {suspend: false}}");
  cron.settle();
  EXPECT_EQ(cron.jobs().size(), before);  // 2 minutes too late
  cron.pass(minutes(4));
  EXPECT_EQ(cron.jobs().size(), before);  // replaced
  EXPECT_EQ(cron.active(), 1U);
}

TEST(TtlAfterFinished, RemovesJobsWhenTheirTimeHasCome) {
  CronJobs cron;
  cron.cluster.create(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: short}
spec:
  ttlSecondsAfterFinished: 60
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: test}]}}
)");
  cron.pass(minutes(5));
  cron.finish(cron.cluster.get("jobs.batch", "short"), false);
  cron.pass(seconds(59));
  EXPECT_FALSE(cron.cluster.get("jobs.batch", "short")->deleting());
  cron.pass(seconds(2));
  // What deletes its pods first is another's.
  const auto job = cron.cluster.get("jobs.batch", "short");
  EXPECT_TRUE(!job || job->deleting());
}

}  // namespace
}  // namespace cove::controllers
