#include "core/node/node_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cluster.h"

namespace cove::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string condition(const api::Object& node, std::string_view type, std::string_view field) {
  for (const json::value& each : *api::array_at(node.document(), {"status", "conditions"})) {
    if (api::text_at(each.as_object(), {"type"}) == type)
      return std::string(api::text_at(each.as_object(), {field}));
  }
  return {};
}

TEST(NodeStatus, IsKeptAsTheNodeIsSeen) {
  test::Cluster cluster;
  client::Transport& transport = cluster.as("system:node:node", {"system:nodes"});
  client::EventRecorder events(transport, cluster.clock, [] { return 0.5; }, cluster.logger(),
                               {"kubelet", "node"});
  NodeObservation seen{.not_ready = "container runtime is down",
                       .images = {{{"small:1"}, 10}, {{"large:1", "large@sha256:1"}, 20}},
                       .volumes_in_use = {},
                       .huge_pages = {{"hugepages-1Gi", 0}, {"hugepages-2Mi", 92 << 20}},
                       .runtime_version = "crun://1.8.1"};
  const api::ObjectPtr before = cluster.get("nodes", "node", "");
  ASSERT_EQ(condition(*before, "Ready", "status"), "True");
  cluster.clock.advance(5s);
  NodeStatus status({.transport = transport,
                     .clock = cluster.clock,
                     .events = events,
                     .logger = cluster.logger(),
                     .node_name = "node",
                     .pod_subnet = "10.244.0.0/24"},
                    seen);
  api::ObjectPtr node;
  const auto becomes = [&](std::string_view ready) {
    return cluster.until([&] {
      node = cluster.get("nodes", "node", "");
      return condition(*node, "Ready", "status") == ready &&
             !api::text_at(node->document(), {"spec", "podCIDR"}).empty();
    });
  };
  ASSERT_TRUE(becomes("False"));
  EXPECT_EQ(condition(*node, "Ready", "reason"), "KubeletNotReady");
  EXPECT_EQ(condition(*node, "Ready", "message"), "container runtime is down");
  EXPECT_EQ(condition(*node, "Ready", "lastTransitionTime"), rfc3339(cluster.clock.wall()));
  EXPECT_EQ(condition(*node, "DiskPressure", "lastTransitionTime"),
            condition(*before, "DiskPressure", "lastTransitionTime"));
  EXPECT_EQ(api::text_at(node->document(), {"spec", "podCIDR"}), "10.244.0.0/24");
  EXPECT_EQ(api::text_at(node->document(), {"status", "nodeInfo", "containerRuntimeVersion"}),
            "crun://1.8.1");
  const json::array& images = *api::array_at(node->document(), {"status", "images"});
  EXPECT_EQ(images[0].at("names").as_array().size(), 2U);
  EXPECT_EQ(images[0].at("sizeBytes").as_int64(), 20);
  EXPECT_EQ(api::text_at(node->document(), {"status", "allocatable", "memory"}), "8000Mi");
  EXPECT_EQ(api::text_at(node->document(), {"status", "capacity", "hugepages-1Gi"}), "0");
  EXPECT_EQ(api::text_at(node->document(), {"status", "allocatable", "hugepages-2Mi"}), "92Mi");
  EXPECT_EQ(api::text_at(node->document(), {"status", "allocatable", "ephemeral-storage"}),
            "96636764160");

  seen.not_ready.clear();
  seen.memory_pressure = true;
  status.observe(seen);
  ASSERT_TRUE(becomes("True"));
  EXPECT_EQ(condition(*node, "MemoryPressure", "reason"), "KubeletHasInsufficientMemory");
  EXPECT_TRUE(cluster.until([&] {
    for (const api::ObjectPtr& event : cluster.list("events", "default")) {
      if (api::text_at(event->document(), {"message"}) == "Node node status is now: NodeReady")
        return true;
    }
    return false;
  }));
  // Nothing new: nothing is written but the lease, and every five minutes the heartbeat.
  cluster.settle();
  const api::ObjectPtr still = cluster.get("nodes", "node", "");
  const api::ObjectPtr lease = cluster.get("leases.coordination.k8s.io", "node", "kube-node-lease");
  for (int i = 0; i < 6; ++i) {
    cluster.executor.advance(10s);
    cluster.settle();
  }
  EXPECT_EQ(cluster.get("nodes", "node", "")->resource_version(), still->resource_version());
  EXPECT_NE(
      cluster.get("leases.coordination.k8s.io", "node", "kube-node-lease")->resource_version(),
      lease->resource_version());
  for (int i = 0; i < 30; ++i) {
    cluster.executor.advance(10s);
    cluster.settle();
  }
  EXPECT_NE(condition(*cluster.get("nodes", "node", ""), "Ready", "lastHeartbeatTime"),
            condition(*still, "Ready", "lastHeartbeatTime"));
}

}  // namespace
}  // namespace cove::node
