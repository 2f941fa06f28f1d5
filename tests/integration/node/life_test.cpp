// Pods from their creation to their end.
#include <gmock/gmock.h>

#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class PodLife : public NodeTest {};

TEST_F(PodLife, RunsAndIsDeleted) {
  create_pod("web", R"(
containers:
- name: web
  image: busybox
  imagePullPolicy: IfNotPresent
  command: [sh, -c, "trap 'exit 0' TERM; echo hello; hostname; while true; do sleep 1; done"]
)");
  ASSERT_TRUE(until_ready("web"));
  const api::ObjectPtr running = pod("web");
  const json::object& document = running->document();
  EXPECT_EQ(api::text_at(document, {"status", "phase"}), "Running");
  EXPECT_EQ(api::text_at(document, {"status", "podIP"}), "10.244.0.2");
  EXPECT_EQ(api::text_at(document, {"status", "hostIP"}), "192.0.2.10");
  EXPECT_EQ(api::text_at(document, {"status", "qosClass"}), "BestEffort");
  for (const char* type :
       {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"})
    EXPECT_EQ(condition(*running, type), "True") << type;
  const json::object status = status_of(*running, "web");
  EXPECT_EQ(api::text_at(status, {"image"}), "docker.io/library/busybox:latest");
  EXPECT_TRUE(api::text_at(status, {"containerID"}).starts_with("cove://"));
  EXPECT_TRUE(api::flag_at(status, {"started"}));
  EXPECT_TRUE(cove::test::eventually([&] { return log("web", "web") == "hello\nweb\n"; }));
  EXPECT_TRUE(cove::test::eventually([&] { return events("web").size() >= 3; }));
  EXPECT_THAT(events("web"), Contains("Normal Pulled: Container image \"busybox\" already present "
                                      "on machine and can be accessed by the pod"));
  EXPECT_THAT(events("web"), Contains("Normal Created: Container created"));
  EXPECT_THAT(events("web"), Contains("Normal Started: Container started"));

  remove("web");
  ASSERT_TRUE(until_gone("web"));
  EXPECT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(events("web"), Contains("Normal Killing: Stopping container web"));
  }));
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
