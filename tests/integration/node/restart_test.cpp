// What is left of pods when coved, or the machine, starts again.
#include <gmock/gmock.h>
#include <signal.h>

#include "core/node/pod_runs.h"
#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

using ::testing::HasSubstr;

class PodRestart : public NodeTest {
 protected:
  std::string id_of(const std::string& name) {
    return std::string(api::text_at(status_of(*pod(name), "main"), {"containerID"}));
  }
};

constexpr const char* kSleeps = R"(
terminationGracePeriodSeconds: 1
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"]}
)";

TEST_F(PodRestart, ContainersAreAdopted) {
  const Path stop = host_->folder() / "stop";
  create_pod("stays", kSleeps);
  create_pod("ends", R"(
restartPolicy: Never
containers:
- {name: main, image: "busybox:1", command: [sh, -c, "while ! test -e /stop/now; do sleep 0.05; done; exit 7"], volumeMounts: [{name: stop, mountPath: /stop}]}
volumes:
- {name: stop, hostPath: {type: DirectoryOrCreate, path: )" +
                         stop.string() + "}}\n");
  create_pod("vanishes", kSleeps);
  for (const char* name : {"stays", "ends", "vanishes"}) ASSERT_TRUE(until_ready(name));
  const std::string before = id_of("stays");
  const std::string address(api::text_at(pod("stays")->document(), {"status", "podIP"}));
  close();
  ASSERT_TRUE(write_file_atomic(stop / "now", "", 0644));
  remove("vanishes", 0);  // while nobody looks
  create_pod("new", kSleeps);
  open();
  ASSERT_TRUE(until_phase("ends", "Failed"));
  EXPECT_EQ(api::integer_at(status_of(*pod("ends"), "main"), {"state", "terminated", "exitCode"}),
            7);
  ASSERT_TRUE(until_ready("new"));
  ASSERT_TRUE(until_ready("stays"));
  EXPECT_EQ(id_of("stays"), before);
  EXPECT_EQ(api::text_at(pod("stays")->document(), {"status", "podIP"}), address);
  EXPECT_EQ(api::integer_at(status_of(*pod("stays"), "main"), {"restartCount"}), 0);
  for (const char* name : {"stays", "ends", "new"}) remove(name);
  for (const char* name : {"stays", "ends", "new"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodRestart, ImagesStayWhereNoAgentIs) {
  create_pod("stays", kSleeps);
  ASSERT_TRUE(until_ready("stays"));
  agent_.reset();
  const auto image = images_->find("busybox:1");
  ASSERT_TRUE(image);
  const image::Digest id = (*image)->id;
  EXPECT_EQ(images_->holders(id), 0);
  auto held = hold_all(*images_, *runtime_);
  EXPECT_EQ(images_->holders(id), 1);
  const auto nobody = [](const image::Digest&, bool&) { return std::string(); };
  EXPECT_FALSE(images_->remove(id.text(), true, true, nobody));
  held.clear();
  close();
  open();
  remove("stays");
  ASSERT_TRUE(until_gone("stays"));
  expect_clean();
}

TEST_F(PodRestart, PodsComeBackAfterALossOfPower) {
  create_pod("always", kSleeps);
  create_pod("never", std::string("restartPolicy: Never") + kSleeps);
  for (const char* name : {"always", "never"}) ASSERT_TRUE(until_ready(name));
  const std::string before = id_of("always");
  lose_power();
  open();
  ASSERT_TRUE(until_phase("never", "Failed"));
  ASSERT_TRUE(until("always", [&](const api::Object& pod) {
    return condition(pod, "Ready") == "True" && id_of("always") != before;
  }));
  EXPECT_EQ(api::integer_at(status_of(*pod("always"), "main"), {"restartCount"}), 1);
  for (const char* name : {"always", "never"}) remove(name);
  for (const char* name : {"always", "never"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodRestart, WhatIsKilledIsStartedAgain) {
  for (const char* name : {"process", "monitor"}) create_pod(name, kSleeps);
  for (const char* name : {"process", "monitor"}) ASSERT_TRUE(until_ready(name));
  const auto process = agent_->pods().find("default", "process");
  const auto monitored = agent_->pods().find("default", "monitor");
  ASSERT_TRUE(process && monitored);
  ::kill(runtime_->status(process->containers[0].id)->pid, SIGKILL);
  for (const pid_t pid : host_->processes()) {
    const auto line = read_file(fmt::format("/proc/{}/cmdline", pid), 1 << 20);
    if (line && line->find("conmon") != std::string::npos &&
        line->find(monitored->containers[0].id) != std::string::npos)
      ::kill(pid, SIGKILL);
  }
  for (const char* name : {"process", "monitor"}) {
    ASSERT_TRUE(until(name, [](const api::Object& pod) {
      return condition(pod, "Ready") == "True" &&
             api::integer_at(status_of(pod, "main"), {"restartCount"}) == 1;
    }));
    EXPECT_EQ(
        api::integer_at(status_of(*pod(name), "main"), {"lastState", "terminated", "exitCode"}),
        137);
  }
  for (const char* name : {"process", "monitor"}) remove(name);
  for (const char* name : {"process", "monitor"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodRestart, AnOrderlyStopEndsContainersAndKeepsPods) {
  create_pod("polite", R"(
containers:
- {name: main, image: "busybox:1", command: [sh, -c, "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.05; done"]}
)");
  ASSERT_TRUE(until_ready("polite"));
  ASSERT_TRUE(cove::test::eventually([&] { return log("polite", "main") == "up\n"; }));
  // One that says it has done its work when it is told to stop has not.
  create_pod("worker", R"(
restartPolicy: OnFailure
containers:
- {name: main, image: "busybox:1", command: [sh, -c, "trap 'exit 0' TERM; echo up; while true; do sleep 0.05; done"]}
)");
  ASSERT_TRUE(cove::test::eventually([&] { return log("worker", "main") == "up\n"; }));
  ASSERT_TRUE(until_ready("worker"));
  agent_->stop(std::chrono::seconds(10));
  for (const auto& status : runtime_->list())
    EXPECT_EQ(status.state, runtime::ContainerState::kStopped);
  EXPECT_EQ(api::text_at(pod("polite")->document(), {"status", "phase"}), "Running");
  EXPECT_EQ(condition(*pod("polite"), "Ready"), "False");
  EXPECT_EQ(log("polite", "main"), "up\nbye\n");
  close();
  open();
  ASSERT_TRUE(until_ready("polite"));
  EXPECT_EQ(api::integer_at(status_of(*pod("polite"), "main"), {"restartCount"}), 1);
  ASSERT_TRUE(until_ready("worker"));
  EXPECT_EQ(
      api::integer_at(status_of(*pod("worker"), "main"), {"lastState", "terminated", "exitCode"}),
      143);
  for (const char* name : {"polite", "worker"}) remove(name, 1);
  for (const char* name : {"polite", "worker"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
