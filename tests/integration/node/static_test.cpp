// Pods of manifest files: they run whatever happens to what shows them.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

class StaticPodsTest : public NodeTest {
 protected:
  Path folder() const { return host_->folder() / "manifests"; }
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(folder());
    ASSERT_TRUE(write_file_atomic(folder() / file, text, 0644));
  }
  static std::string manifest(const std::string& seconds) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {role: static}}\nspec:\n"
           "  terminationGracePeriodSeconds: 1\n  containers:\n"
           "  - {name: main, image: \"busybox:1\", command: [sleep, \"" +
           seconds + "\"]}\n";
  }
  static std::string id_of(const api::Object& shown) {
    return std::string(api::text_at(status_of(shown, "main"), {"containerID"}));
  }
  void make_fake(const std::string& name, const std::string& hash) {
    create("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
           ", namespace: default, annotations: {kubernetes.io/config.mirror: " + hash +
           "}}\nspec:\n  nodeName: node\n  containers: [{name: main, image: \"busybox:1\", "
           "command: [sleep, \"1000\"]}]\n");
  }
  // The whole life of another pod: what was to happen before has happened.
  void run_another() {
    create_pod("another",
               "terminationGracePeriodSeconds: 1\nrestartPolicy: Never\ncontainers: [{name: main, "
               "image: \"busybox:1\", command: [sleep, \"3\"]}]\n");
    ASSERT_TRUE(until_phase("another", "Succeeded"));
    remove("another");
    ASSERT_TRUE(until_gone("another"));
  }
  // By the runtime, whatever the API shows.
  bool runs(const std::string& container_id) {
    constexpr std::string_view kScheme = "cove://";
    const auto status = runtime_->status(container_id.substr(kScheme.size()));
    return status && status->state == runtime::ContainerState::kRunning;
  }
  std::string id() {
    const auto shown = pod("web-node");
    return shown ? id_of(*shown) : "";
  }
};

TEST_F(StaticPodsTest, FollowTheirFilesAndNotTheirMirrors) {
  write("web.yaml", manifest("1000"));
  write(".hidden", "apiVersion: v1");
  write("broken.yaml", "kind: Pod");
  ASSERT_TRUE(until_ready("web-node"));
  const api::ObjectPtr first = pod("web-node");
  const json::object& document = first->document();
  const std::string hash(
      api::text_at(document, {"metadata", "annotations", "kubernetes.io/config.mirror"}));
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(api::text_at(document, {"metadata", "annotations", "kubernetes.io/config.source"}),
            "file");
  EXPECT_EQ(api::text_at(document, {"metadata", "labels", "role"}), "static");
  EXPECT_EQ(api::text_at(document.at("metadata").at("ownerReferences").at(0).as_object(), {"kind"}),
            "Node");
  EXPECT_NE(first->uid(), hash);
  const std::string run = id();
  ASSERT_FALSE(run.empty());

  // To delete the mirror ends nothing.
  remove("web-node");
  ASSERT_TRUE(until("web-node", [&](const api::Object& now) {
    return now.uid() != first->uid() && condition(now, "Ready") == "True";
  }));
  EXPECT_EQ(id(), run);
  remove("web-node", 0);
  ASSERT_TRUE(until("web-node", [&](const api::Object& now) {
    return !now.deleting() && condition(now, "Ready") == "True";
  }));
  EXPECT_EQ(id(), run);

  // It is found again, and what looks like it is not it; neither has it an end in common with it.
  close();
  make_fake("fake", hash);
  open();
  ASSERT_TRUE(until_gone("fake"));
  ASSERT_TRUE(until_ready("web-node"));
  make_fake("later", hash);
  ASSERT_TRUE(until_gone("later"));
  run_another();
  EXPECT_EQ(id(), run);
  EXPECT_TRUE(runs(run));

  // Nor is it lost when its mirror goes while nobody looks.
  close();
  remove("web-node", 0);
  open();
  ASSERT_TRUE(until_ready("web-node"));
  EXPECT_EQ(id(), run);
  run_another();
  EXPECT_TRUE(runs(run));

  // What the API is told to make of it is not what runs.
  const json::object other{
      {"spec", {{"containers", json::array{{{"name", "main"}, {"image", "busybox:2"}}}}}}};
  const auto patched = wait([&](auto done) {
    return pods().patch("web-node", client::PatchType::kStrategicMerge, other, {}, std::move(done));
  });
  ASSERT_TRUE(patched) << patched.error().message;
  run_another();
  EXPECT_EQ(id(), run);
  EXPECT_TRUE(runs(run));

  // Another file is another pod.
  write("web.yaml", manifest("2000"));
  ASSERT_TRUE(until("web-node", [&](const api::Object& now) {
    return condition(now, "Ready") == "True" && id_of(now) != run;
  }));
  const api::ObjectPtr second = pod("web-node");
  ASSERT_TRUE(second);
  EXPECT_NE(
      api::text_at(second->document(), {"metadata", "annotations", "kubernetes.io/config.mirror"}),
      hash);
  EXPECT_EQ(api::integer_at(status_of(*second, "main"), {"restartCount"}), 0);

  // One that goes while nobody looks.
  close();
  std::filesystem::remove(folder() / "web.yaml");
  open();
  ASSERT_TRUE(until_gone("web-node"));
  expect_clean();
}

// Whatever the API allows: what the machine is told to run runs.
TEST_F(StaticPodsTest, RunWithoutAMirrorThatTheApiRefuses) {
  create(
      "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: none, namespace: default}\nspec: "
      "{hard: {pods: \"0\"}}\n");
  write("web.yaml", manifest("1000"));
  const auto running = [&] {
    const auto found = agent_->pods().find("default", "web-node");
    return found && found->containers[0].state == runtime::ContainerState::kRunning
               ? found->containers[0].id
               : std::string();
  };
  ASSERT_TRUE(cove::test::eventually([&] { return !running().empty(); }, std::chrono::seconds(30)));
  EXPECT_FALSE(pod("web-node"));
  const std::string first = running();
  close();
  open();
  ASSERT_TRUE(cove::test::eventually([&] { return running() == first; }, std::chrono::seconds(30)));
  // Another file is another pod, and none is none.
  write("web.yaml", manifest("2000"));
  ASSERT_TRUE(cove::test::eventually([&] { return !running().empty() && running() != first; },
                                     std::chrono::seconds(30)));
  EXPECT_FALSE(runtime_->status(first));
  std::filesystem::remove(folder() / "web.yaml");
  ASSERT_TRUE(
      cove::test::eventually([&] { return runtime_->list().empty(); }, std::chrono::seconds(30)));
  EXPECT_FALSE(pod("web-node"));
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
