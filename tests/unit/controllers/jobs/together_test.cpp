// The loops of this folder among all others.
#include <gtest/gtest.h>

#include "core/controllers/job_policy.h"
#include "tests/unit/controllers/jobs/running.h"

namespace cove::controllers {
namespace {

using api::text_at;

TEST(Together, ACronJobsJobsAndPodsGoWithIt) {
  Running running(all_control_loops());
  test::Cluster& cluster = running.cluster;
  cluster.create(R"(
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "* * * * *"
  successfulJobsHistoryLimit: 1
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: tick}}
        spec: {restartPolicy: Never, containers: [{name: main, image: test}]}
)");
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: tick}\n"
      "spec: {selector: {app: tick}, ports: [{port: 80}]}");
  const auto addresses = [&] {
    std::size_t count = 0;
    for (const api::ObjectPtr& slice : cluster.list("endpointslices.discovery.k8s.io", "default",
                                                    "kubernetes.io/service-name=tick")) {
      count += slice->document().at("endpoints").get_array().size();
    }
    return count;
  };
  // Whoever tries again does so as time goes by.
  const auto eventually = [&](const std::function<bool()>& done) {
    return cluster.until(done, std::chrono::milliseconds(20));
  };
  std::set<std::string> seen;
  for (int round = 0; round < 3; ++round) {
    std::string pod;
    ASSERT_TRUE(cluster.until(
        [&] {
          for (const api::ObjectPtr& each : running.pods("app=tick")) {
            if (!seen.contains(std::string(each->name()))) pod = each->name();
          }
          return !pod.empty();
        },
        std::chrono::seconds(5)));
    seen.insert(pod);
    cluster.run_pod(pod);
    EXPECT_TRUE(eventually([&] { return addresses() == 1; }));
    cluster.end_pod(pod, 0);
    // One that has ended serves nobody.
    EXPECT_TRUE(eventually([&] { return addresses() == 0; }));
    EXPECT_TRUE(eventually([&] {
      return std::ranges::any_of(cluster.list("jobs.batch"),
                                 [](const api::ObjectPtr& job) { return is_finished_job(*job); });
    }));
  }
  // The collector takes the pods of the jobs that are not kept any more.
  EXPECT_TRUE(eventually([&] {
    cluster.finish_deletions();
    return cluster.list("jobs.batch").size() <= 2 && running.pods("app=tick").size() <= 2;
  }));
  cluster.remove("cronjobs.batch", "tick", "default", {.propagation = "Background"});
  cluster.remove("services", "tick");
  EXPECT_TRUE(eventually([&] {
    cluster.finish_deletions();
    return cluster.list("jobs.batch").empty() && running.pods("app=tick").empty() &&
           cluster
               .list("endpointslices.discovery.k8s.io", "default",
                     "kubernetes.io/service-name=tick")
               .empty();
  }));
}

}  // namespace
}  // namespace cove::controllers
