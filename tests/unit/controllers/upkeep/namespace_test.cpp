#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

class Namespaces : public Upkeep {
 public:
  api::ObjectPtr name_space() { return cluster.get("namespaces", "team"); }
  void create_map(std::string_view name, std::string_view metadata = "") {
    cluster.create(
        std::string("{apiVersion: v1, kind: ConfigMap, metadata: {namespace: team, name: ") +
        std::string(name) + std::string(metadata) + "}}");
  }
};

TEST_F(Namespaces, GoOnceTheirContentHasGone) {
  run({make_namespace_controller});
  cluster.create("{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
  for (int i = 0; i < 100; ++i) create_map("m" + std::to_string(i));
  create_map("held", ", finalizers: [example.com/a, example.com/b]");
  create_map("held-too", ", finalizers: [example.com/a]");
  cluster.create(R"({apiVersion: v1, kind: Pod, metadata: {namespace: team, name: p},
                     spec: {terminationGracePeriodSeconds: 20, containers: [{name: c, image: i}]}})");
  cluster.run_pod("p", true, "team");
  create_map("for-the-pod");
  cluster.remove("namespaces", "team");
  // The pod has its grace, and everything else until then.
  ASSERT_TRUE(until([&] {
    return condition_text(name_space(), "NamespaceContentRemaining", "status") == "True";
  }));
  EXPECT_EQ(condition_text(name_space(), "NamespaceContentRemaining", "message"),
            "Some resources are remaining: pods. has 1 resource instances");
  EXPECT_EQ(condition_text(name_space(), "NamespaceDeletionContentFailure", "reason"),
            "ContentDeleted");
  EXPECT_EQ(condition_text(name_space(), "NamespaceDeletionDiscoveryFailure", "message"),
            "All resources successfully discovered");
  EXPECT_EQ(condition_text(name_space(), "NamespaceDeletionGroupVersionParsingFailure", "status"),
            "False");
  EXPECT_TRUE(cluster.get("pods", "p", "team")->deleting());
  EXPECT_TRUE(cluster.get("configmaps", "for-the-pod", "team"));
  cluster.finish_deletions("team");
  ASSERT_TRUE(until([&] {
    return condition_text(name_space(), "NamespaceFinalizersRemaining", "status") == "True";
  }));
  EXPECT_EQ(condition_text(name_space(), "NamespaceFinalizersRemaining", "message"),
            "Some content in the namespace has finalizers remaining: example.com/a in 2 resource "
            "instances, example.com/b in 1 resource instances");
  EXPECT_EQ(condition_text(name_space(), "NamespaceContentRemaining", "message"),
            "Some resources are remaining: configmaps. has 2 resource instances");
  EXPECT_EQ(text(name_space(), {"status", "phase"}), "Terminating");
  for (const char* const name : {"held", "held-too"})
    cluster.patch("configmaps", name, R"({"metadata":{"finalizers":null}})", "team");
  EXPECT_TRUE(gone("namespaces", "team"));
  EXPECT_TRUE(cluster.get("namespaces", "default"));
}

TEST_F(Namespaces, LoseTheirCustomResources) {
  define_widgets();
  cluster.create("{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
  const client::ResourceClient widgets(cluster.as(), {"example.com", "v1", "widgets"}, "team");
  bool made = false;
  widgets
      .create(
          json::object{
              {"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"metadata", {{"name", "w"}}}},
          {}, [&](auto answer) { made = answer.has_value(); })
      .release();
  ASSERT_TRUE(until([&] { return made; }));
  cluster.remove("namespaces", "team");
  run({make_namespace_controller});
  EXPECT_TRUE(gone("namespaces", "team"));
  std::optional<std::size_t> left;
  const client::ResourceClient all(cluster.as(), {"example.com", "v1", "widgets"});
  all.list({}, [&](auto answer) { left = answer.value()->items.size(); }).release();
  ASSERT_TRUE(until([&] { return left.has_value(); }));
  EXPECT_EQ(*left, 0U);
}

}  // namespace
}  // namespace cove::controllers
