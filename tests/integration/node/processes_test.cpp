// Whose processes a pod's containers see.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class PodProcesses : public NodeTest {
 protected:
  // Process 1 of the pod's containers, as this machine counts it; 0: there is none.
  pid_t first_of(const std::string& name) {
    const api::ObjectPtr found = pod(name);
    const auto file = host_->folder() / "node/pods" / std::string(found->uid()) / "pause";
    const auto text = read_file(file, 64);
    return text ? static_cast<pid_t>(std::atoi(text->c_str())) : 0;
  }
  bool until_restarted(const std::string& name, std::int64_t times) {
    return until(name, [&](const api::Object& pod) {
      return condition(pod, "Ready") == "True" &&
             api::integer_at(status_of(pod, "idle"), {"restartCount"}) == times &&
             api::integer_at(status_of(pod, "looks"), {"restartCount"}) == times;
    });
  }
  bool until_said(const std::string& name, int restart, const std::string& what) {
    return cove::test::eventually(
        [&] { return log(name, "looks", restart).find(what) != std::string::npos; },
        std::chrono::seconds(20));
  }
};

// The orphan is nobody's in the container: process 1 reaps it.
constexpr const char* kShared = R"(
terminationGracePeriodSeconds: 1
shareProcessNamespace: true
containers:
- {name: idle, image: "busybox:1", command: [sleep, "1234"]}
- name: looks
  image: busybox:1
  command:
  - sh
  - -c
  - |
    until ps -o pid,args | grep -q '[s]leep 1234'; do sleep 0.05; done
    sh -c 'sleep 0.1 & :'
    while ps -o args | grep -q '[s]leep 0.1$'; do sleep 0.05; done
    ps -o stat,args | grep -q '^Z' && echo "a" "zombie"
    ps -o pid,args
    grep -E 'Uid|Gid|CapPrm|CapBnd|NoNewPrivs|Groups' /proc/1/status
    echo end
    sleep 1000
)";

TEST_F(PodProcesses, AreSharedWhenItSaysSo) {
  create_pod("shared", kShared);
  ASSERT_TRUE(until_ready("shared"));
  ASSERT_TRUE(until_said("shared", 0, "end\n")) << log("shared", "looks");
  const std::string said = log("shared", "looks");
  EXPECT_THAT(said, ContainsRegex("(^|\n) +1 /pause\n"));
  EXPECT_THAT(said, HasSubstr("sleep 1234\n"));
  EXPECT_THAT(said, Not(HasSubstr("\na zombie\n")));
  for (const char* line :
       {"Uid:\t65535\t65535\t65535\t65535\n", "Gid:\t65535\t65535\t65535\t65535\n", "Groups:\t \n",
        "CapPrm:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n"})
    EXPECT_THAT(said, HasSubstr(line));
  const pid_t first = first_of("shared");
  ASSERT_GT(first, 1);
  // It has none of this machine's files, and the pod's network.
  const auto mounts = read_file(fmt::format("/proc/{}/mountinfo", first), 1 << 16);
  ASSERT_TRUE(mounts);
  EXPECT_EQ(split(std::string(trim(*mounts)), '\n').size(), 1U) << *mounts;
  std::error_code failure;
  EXPECT_NE(std::filesystem::read_symlink(fmt::format("/proc/{}/ns/net", first), failure),
            std::filesystem::read_symlink("/proc/self/ns/net", failure));
  EXPECT_TRUE(std::filesystem::is_empty(fmt::format("/proc/{}/fd", first)));

  // Its end is the end of all others.
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_TRUE(until_restarted("shared", 1));
  EXPECT_NE(first_of("shared"), first);
  EXPECT_EQ(
      api::integer_at(status_of(*pod("shared"), "idle"), {"lastState", "terminated", "exitCode"}),
      137);
  EXPECT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(events("shared"),
                            Contains("Normal SandboxChanged: Pod sandbox changed, it will be "
                                     "killed and re-created."));
  }));
  ASSERT_TRUE(until_said("shared", 1, "end\n"));
  EXPECT_THAT(log("shared", "looks", 1), HasSubstr("sleep 1234\n"));
  remove("shared");
  ASSERT_TRUE(until_gone("shared"));
  expect_clean();
}

TEST_F(PodProcesses, SharedOnesAreAdoptedOrReplaced) {
  create_pod("shared", kShared);
  ASSERT_TRUE(until_ready("shared"));
  const pid_t first = first_of("shared");
  const std::string container(api::text_at(status_of(*pod("shared"), "idle"), {"containerID"}));
  close();
  create_pod("later",
             "containers:\n- {name: main, image: \"busybox:1\", command: [sleep, \"9\"]}\n");
  open();
  ASSERT_TRUE(until_ready("later"));
  ASSERT_TRUE(until_restarted("shared", 0));
  EXPECT_EQ(first_of("shared"), first);
  EXPECT_EQ(api::text_at(status_of(*pod("shared"), "idle"), {"containerID"}), container);
  close();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  open();
  ASSERT_TRUE(until_restarted("shared", 1));
  EXPECT_NE(first_of("shared"), first);
  for (const char* name : {"shared", "later"}) remove(name, 1);
  for (const char* name : {"shared", "later"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodProcesses, OfTheNodeAreSeenWithItsNamespace) {
  create_pod("host", R"(
restartPolicy: Never
hostPID: true
containers:
- name: looks
  image: busybox:1
  command: [sh, -c, "test $$ != 1 && ps -o args | grep -q '[c]onmon' && echo sees the node"]
)");
  ASSERT_TRUE(until_phase("host", "Succeeded")) << log("host", "looks");
  EXPECT_EQ(log("host", "looks"), "sees the node\n");
  remove("host");
  ASSERT_TRUE(until_gone("host"));
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
