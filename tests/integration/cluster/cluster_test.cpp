// The tutorials, kubectl's everyday commands, and what outlives the daemon: one coved with its
// engine, its node and its network, in a private host.
#include <gtest/gtest.h>
#include <signal.h>

#include <iostream>

#include "tests/integration/docker/host.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.start()) << host.trouble(); }
  void TearDown() override {
    if (HasFailure()) std::cout << host.log() << std::flush;
  }
  void scenarios(const std::string& script, const std::string& which) {
    const Completed completed = host.shell(
        "docker", "python3 $SOURCE/tests/integration/cluster/" + script + " --native " + which,
        600s);
    std::cout << completed.standard_output << std::flush;
    EXPECT_EQ(completed.exit_code, 0) << completed.standard_error;
  }

  EngineHost host;
};

// The ten replicas, one after the other, are the virtual machine's test alone.
TEST_F(ClusterTest, Tutorials) {
  scenarios("tutorials.py",
            "docker_by_itself one_pod three_replicas no_failed_request user_service next_app");
}

TEST_F(ClusterTest, KubectlsCommands) {
  scenarios("commands.py", "");
}

// Pods and their traffic are not what coved lives by: neither its stop nor its death touches them,
// and it finds them again.
TEST_F(ClusterTest, PodsOutliveTheDaemon) {
  const auto ok = [&](const std::string& command) {
    const Completed completed = host.shell("docker", command, 120s);
    EXPECT_EQ(completed.exit_code, 0) << command << "\n"
                                      << completed.standard_output << completed.standard_error;
    return completed.standard_output;
  };
  ok("kubectl create deployment web --image=cove/web:1.22 --replicas=2");
  ok("kubectl rollout status deployment web");
  ok("kubectl expose deployment web --port=80 --type=NodePort");
  const std::string which =
      "kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP} "
      "{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}"
      "{\"\\n\"}{end}'";
  const std::string before = ok(which);
  const std::string port = ok("kubectl get svc web -o jsonpath='{.spec.ports[0].nodePort}'");
  for (const int signal : {SIGTERM, SIGKILL}) {
    ASSERT_TRUE(host.restart(signal)) << host.trouble();
    ok("kubectl wait --for=condition=Ready pod --all --timeout=60s");
    EXPECT_EQ(ok(which), before);
    ok("curl -sf --retry 5 --retry-connrefused http://127.0.0.1:" + port + "/");
  }
  ok("kubectl scale deployment web --replicas=3");
  ok("kubectl rollout status deployment web");
  ok("kubectl delete deployment,svc web");
  ok("kubectl wait --for=delete pod --all --timeout=60s");
}

}  // namespace
}  // namespace cove::testing
