// A node that runs out of disk: who has to go, what everybody is told, and that it passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <iostream>

#include "tests/integration/docker/host.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class EvictionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // A disk of the node's own.
    std::filesystem::create_directories(host.data());
    ASSERT_EQ(::mount("disk", host.data().c_str(), "tmpfs", 0, "size=700m,mode=0700"), 0);
  }
  void start(const std::string& thresholds) {
    ASSERT_TRUE(host.start(options(thresholds))) << host.trouble();
  }
  static std::vector<std::string> options(const std::string& thresholds) {
    return {"--eviction-hard", thresholds, "--eviction-pressure-transition-period", "5s"};
  }
  void TearDown() override {
    if (HasFailure()) std::cout << run("kubectl get pods,events") << host.log() << std::flush;
    ::umount2(host.data().c_str(), MNT_DETACH);
  }

  std::string run(const std::string& command) {
    const Completed completed = host.shell("docker", command, 120s);
    EXPECT_EQ(completed.exit_code, 0) << command << "\n"
                                      << completed.standard_output << completed.standard_error;
    return completed.standard_output;
  }
  // A pod that runs `script` with a volume of its own at /data.
  static std::string manifest(const std::string& name, const std::string& more,
                              const std::string& script) {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
           R"("},"spec":{"terminationGracePeriodSeconds":1,)" + more +
           R"("containers":[{"name":"main","image":"busybox:1.35","command":["sh","-c",")" +
           script + R"("],"resources":{"requests":{"ephemeral-storage":")" +
           (name == "modest" ? "100Mi" : "0") +
           R"("}},"volumeMounts":[{"name":"data","mountPath":"/data"}]}],)"
           R"("volumes":[{"name":"data","emptyDir":{}}]}})";
  }
  void create(const std::string& document) {
    run("kubectl apply -f - <<'END'\n" + document + "\nEND");
  }

  EngineHost host;
};

TEST_F(EvictionTest, TheGreediestOfTheLeastImportantGoes) {
  // No image fills the disk: what nobody uses goes before pods do.
  ASSERT_NO_FATAL_FAILURE(start("nodefs.available<200Mi"));
  const std::string writes = "head -c 60000000 /dev/zero >/data/file; echo full; sleep 1000";
  create(R"({"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass",)"
         R"("metadata":{"name":"important"},"value":1000})");
  create(manifest("modest", "", writes));
  create(manifest("important", R"("priorityClassName":"important",)", writes));
  create(manifest("small", "", "head -c 1000000 /dev/zero >/data/file; echo full; sleep 1000"));
  for (const char* name : {"modest", "important", "small"})
    run("kubectl wait --for=condition=Ready --timeout=60s pod/" + std::string(name));
  // Everything that the node is, from here on: "True node.kubernetes.io/disk-pressure".
  run(R"(kubectl get node alpha --watch -o jsonpath='{.status.conditions[?(@.type=="DiskPressure")].status} )"
      R"({.spec.taints[*].key}{"\n"}' >states 2>&1 & echo $! >watcher)");
  // Keeps less than half of what the node wants to be free.
  create(manifest("greedy", "",
                  "while :; do test $(df -k /data | tail -n 1 | awk '{print $4}') -lt 90000 || "
                  "head -c 20000000 /dev/zero >>/data/file; sleep 0.1; done"));
  run("kubectl wait --for=jsonpath='{.status.reason}'=Evicted --timeout=100s pod/greedy");
  EXPECT_EQ(run("kubectl get pod greedy -o jsonpath='{.status.phase}'"), "Failed");
  EXPECT_THAT(
      run("kubectl get pod greedy -o jsonpath='{.status.message}'"),
      ContainsRegex("^The node was low on resource: ephemeral-storage\\. Threshold quantity: "
                    "200Mi, available: [0-9]+(Ki|Mi|)\\. Container main was using "
                    "[0-9]+(Ki|Mi|), request is 0, has larger consumption of "
                    "ephemeral-storage\\. $"));
  EXPECT_EQ(
      run(R"(kubectl get pod greedy -o jsonpath='{.status.conditions[?(@.type=="DisruptionTarget")].reason}')"),
      "TerminationByKubelet");
  // It was short, was marked, and neither lasts.
  run("i=0; until grep -q '^True node.kubernetes.io/disk-pressure$' states && "
      "tail -n 1 states | grep -q '^False $'; do i=$((i + 1)); test $i -lt 600 || "
      "{ cat states; exit 1; }; sleep 0.1; done; kill $(cat watcher)");
  EXPECT_THAT(run("head -n 1 states"), ::testing::Eq("False \n"));
  const std::string events = run("kubectl get events -A");
  EXPECT_THAT(events, HasSubstr("EvictionThresholdMet"));
  EXPECT_THAT(events, HasSubstr("Attempting to reclaim ephemeral-storage"));
  EXPECT_THAT(events, ContainsRegex("Warning +Evicted +pod/greedy +The node was low on resource"));
  EXPECT_THAT(events, HasSubstr("NodeHasDiskPressure"));
  EXPECT_THAT(events, HasSubstr("NodeHasNoDiskPressure"));
  for (const char* name : {"modest", "important", "small"})
    EXPECT_EQ(run(std::string("kubectl get pod ") + name + " -o jsonpath='{.status.phase}'"),
              "Running")
        << name;
  run("kubectl delete pod --all --now");
}

// The thresholds are the test's, the figures the machine's: what it has available, and what each
// container really uses.
TEST_F(EvictionTest, WhoUsesMostMemoryBeyondItsRequestGoes) {
  ASSERT_NO_FATAL_FAILURE(start("memory.available<1Mi"));
  const auto memory = [](const std::string& name, const std::string& more,
                         const std::string& request, int mebibytes) {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
           R"("},"spec":{"terminationGracePeriodSeconds":1,)" + more +
           R"("containers":[{"name":"main","image":"busybox:1.35","command":["sh","-c",)"
           R"("head -c )" +
           std::to_string(mebibytes << 20) +
           R"( /dev/zero >/data/file; touch /data/full; sleep 1000"],)"
           R"("readinessProbe":{"exec":{"command":["test","-e","/data/full"]},"periodSeconds":1},)"
           R"("resources":{"requests":{"memory":")" +
           request +
           R"("}},"volumeMounts":[{"name":"data","mountPath":"/data"}]}],)"
           R"("volumes":[{"name":"data","emptyDir":{"medium":"Memory"}}]}})";
  };
  create(R"({"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass",)"
         R"("metadata":{"name":"important"},"value":1000})");
  create(memory("modest", "", "200Mi", 120));
  create(memory("important", R"("priorityClassName":"important",)", "1Mi", 150));
  create(memory("small", "", "1Mi", 10));
  create(memory("greedy", "", "1Mi", 90));
  run("kubectl wait --for=condition=Ready --timeout=60s pod --all");
  run(R"(kubectl get node alpha --watch -o jsonpath='{.status.conditions[?(@.type=="MemoryPressure")].status} )"
      R"({.spec.taints[*].key}{"\n"}' >before 2>&1 & echo $! >watcher)");
  run("i=0; until test -s before; do i=$((i + 1)); test $i -lt 300; sleep 0.1; done; "
      "kill $(cat watcher)");
  EXPECT_EQ(run("head -n 1 before"), "False \n");

  // More than there is: one after the other has to go, until it is enough again.
  ASSERT_TRUE(host.restart(SIGTERM, options("memory.available<64Ti"))) << host.trouble();
  run("kubectl wait --for=jsonpath='{.status.reason}'=Evicted --timeout=60s pod/greedy");
  run(R"(i=0; until kubectl get node alpha -o jsonpath='{.status.conditions[?(@.type=="MemoryPressure")].status} )"
      R"({.spec.taints[*].key}' | grep -q '^True node.kubernetes.io/memory-pressure$'; )"
      "do i=$((i + 1)); test $i -lt 300; sleep 0.1; done");
  create(memory("late", R"("nodeName":"alpha",)", "0", 1));
  run("kubectl wait --for=jsonpath='{.status.reason}'=Evicted --timeout=30s pod/late");
  EXPECT_EQ(run("kubectl get pod late -o jsonpath='{.status.message}'"),
            "Pod was rejected: The node had condition: [MemoryPressure]. ");
  run("kubectl wait --for=jsonpath='{.status.reason}'=Evicted --timeout=60s pod --all");
  ASSERT_TRUE(host.restart(SIGTERM, options("memory.available<1Mi"))) << host.trouble();

  EXPECT_EQ(run("kubectl get pod greedy -o jsonpath='{.status.phase}'"), "Failed");
  EXPECT_THAT(
      run("kubectl get pod greedy -o jsonpath='{.status.message}'"),
      ContainsRegex("^The node was low on resource: memory\\. Threshold quantity: 64Ti, "
                    "available: [0-9]+(Ki|Mi|)\\. Container main was using "
                    "[0-9]+(Ki|Mi|), request is 1Mi, has larger consumption of memory\\. $"));
  EXPECT_EQ(
      run(R"(kubectl get pod greedy -o jsonpath='{.status.conditions[?(@.type=="DisruptionTarget")].reason}')"),
      "TerminationByKubelet");
  // Those beyond their request first, the least important of them first, the greediest first.
  EXPECT_EQ(run("kubectl get events --field-selector reason=Evicted "
                "--sort-by=.metadata.creationTimestamp "
                "-o jsonpath='{.items[*].involvedObject.name}' | tr ' ' '\\n' | grep -v late | tr "
                "'\\n' ' '"),
            "greedy small important modest ");
  const std::string events = run("kubectl get events -A");
  EXPECT_THAT(events, HasSubstr("Attempting to reclaim memory"));
  EXPECT_THAT(events, HasSubstr("NodeHasInsufficientMemory"));
  run(R"sh(i=0
until test "$(kubectl get node alpha -o jsonpath='{.status.conditions[?(@.type=="MemoryPressure")].status} {.spec.taints[*].key}')" = 'False '; do
  i=$((i + 1)); test $i -lt 600; sleep 0.1
done)sh");
  create(memory("after", "", "0", 1));
  run("kubectl wait --for=condition=Ready --timeout=60s pod/after");
  run("kubectl delete pod --all --now");
}

}  // namespace
}  // namespace cove::testing
