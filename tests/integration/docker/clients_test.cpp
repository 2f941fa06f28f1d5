// Clients of another kind: docker-compose and the Python SDK; and what outlives the daemon.
#include <gtest/gtest.h>
#include <signal.h>

#include <iostream>

#include "tests/integration/docker/host.h"

namespace cove::testing {
namespace {

class ClientsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.start()) << host.trouble(); }
  void TearDown() override {
    if (HasFailure()) std::cout << host.log() << std::flush;
  }
  // Its output; the test fails when it does.
  std::string ok(const std::string& command) {
    const Completed completed = host.shell("docker", command, std::chrono::seconds(120));
    EXPECT_EQ(completed.exit_code, 0) << command << "\n"
                                      << completed.standard_output << completed.standard_error;
    return completed.standard_output;
  }

  EngineHost host;
};

TEST_F(ClientsTest, PythonSdk) {
  ok("python3 $SOURCE/tests/integration/docker/sdk_test.py");
}

// Two services, a named volume and a network of their own: they find each other by name, and what
// the volume holds is there again after down and up.
TEST_F(ClientsTest, Compose) {
  ok("cp -r $SOURCE/tests/integration/docker/compose .");
  const std::string compose = "cd compose && docker-compose ";
  ok(compose + "up -d --build");
  EXPECT_EQ(ok(compose + "exec -T web wget -qO- http://store:8000/greeting"), "hello\n");
  EXPECT_EQ(ok("curl -sf --retry 20 --retry-connrefused http://127.0.0.1:8080/"), "from compose\n");
  EXPECT_EQ(ok("docker volume ls -q"), "compose_greetings\n");
  EXPECT_NE(ok("docker network ls --format '{{.Name}}'").find("compose_shop\n"), std::string::npos);
  ok(compose + "exec -T store sh -c 'echo changed >/greetings/greeting'");
  ok(compose + "down");
  EXPECT_EQ(ok("docker ps -aq"), "");
  ok(compose + "up -d");
  EXPECT_EQ(ok(compose + "exec -T web wget -qO- http://store:8000/greeting"), "changed\n");
  EXPECT_NE(ok(compose + "logs web").find("web is up"), std::string::npos);
  EXPECT_NE(ok(compose + "ps").find("Up"), std::string::npos);
  ok(compose + "down -v");
  EXPECT_EQ(ok("docker volume ls -q"), "");
  EXPECT_EQ(ok("docker network ls -q | wc -l"), "3\n");
}

// coved is not what containers live by.
TEST_F(ClientsTest, ContainersOutliveTheDaemon) {
  ok("docker run -d --name counter busybox sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; "
     "done'");
  ok("docker run -d --name keep --restart always busybox sleep 1000");
  ok("docker volume create kept");
  const std::string started = ok("docker inspect -f '{{.State.StartedAt}} {{.State.Pid}}' counter");
  ASSERT_TRUE(host.restart(SIGKILL)) << host.trouble();
  EXPECT_EQ(ok("docker inspect -f '{{.State.StartedAt}} {{.State.Pid}}' counter"), started);
  EXPECT_EQ(ok("docker ps --format '{{.Names}}' | sort"), "counter\nkeep\n");
  EXPECT_EQ(ok("docker volume ls -q"), "kept\n");
  // Nothing of the log is missing or there twice.
  const std::string log = ok("docker logs -f counter | head -n 20");
  std::string expected;
  for (int i = 1; i <= 20; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(log, expected);
  EXPECT_EQ(ok("docker exec counter echo alive"), "alive\n");
  ok("docker stop -t 1 counter keep");
}

// What ended while nobody looked is known afterwards.
TEST_F(ClientsTest, ContainersThatEndWhileTheDaemonIsAway) {
  ok("docker run -d --name brief busybox sh -c 'while [ ! -e /stop ]; do sleep 0.05; done; exit "
     "7'");
  const std::string root = ok("docker inspect -f '{{.State.Pid}}' brief");
  // It gets its word once the daemon is gone.
  ok("(sleep 1; touch /proc/" + root.substr(0, root.size() - 1) + "/root/stop) >/dev/null 2>&1 &");
  ASSERT_TRUE(host.restart(SIGTERM)) << host.trouble();
  EXPECT_EQ(ok("docker wait brief"), "7\n");
  EXPECT_EQ(ok("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' brief"), "exited 7\n");
}

}  // namespace
}  // namespace cove::testing
