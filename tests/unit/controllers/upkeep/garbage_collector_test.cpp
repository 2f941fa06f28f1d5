#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

struct Owner {
  api::ObjectPtr object;
  bool blocks = false;
};

class GarbageCollection : public Upkeep {
 public:
  api::ObjectPtr make(std::string_view name, const std::vector<Owner>& owners = {},
                      std::string_view name_space = "default", std::string_view finalizer = {}) {
    json::array references;
    for (const Owner& owner : owners) {
      references.push_back(json::object{{"apiVersion", api::key(owner.object->api_version())},
                                        {"kind", api::key(owner.object->kind())},
                                        {"name", api::key(owner.object->name())},
                                        {"uid", api::key(owner.object->uid())},
                                        {"blockOwnerDeletion", owner.blocks}});
    }
    json::object metadata{{"name", api::key(name)},
                          {"namespace", api::key(name_space)},
                          {"ownerReferences", std::move(references)}};
    if (!finalizer.empty()) metadata["finalizers"] = json::array{api::key(finalizer)};
    return cluster.create(json::object{
        {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", std::move(metadata)}});
  }
  api::ObjectPtr get(std::string_view name) { return cluster.get("configmaps", name); }
  void remove(std::string_view name, std::string_view propagation) {
    client::DeleteOptions options;
    options.propagation = propagation;
    cluster.remove("configmaps", name, "default", options);
  }
  bool all_gone(std::initializer_list<std::string_view> names) {
    return until([&] { return std::ranges::all_of(names, [&](auto name) { return !get(name); }); });
  }
  static std::size_t owners_of(const api::ObjectPtr& object) {
    const auto* const all =
        object ? api::array_at(object->document(), {"metadata", "ownerReferences"}) : nullptr;
    return all == nullptr ? 0 : all->size();
  }
  void unfinalize(std::string_view name) {
    cluster.patch("configmaps", name, R"({"metadata":{"finalizers":null}})");
  }
};

TEST_F(GarbageCollection, FollowsChainsAndDiamondsInTheBackground) {
  run({make_garbage_collector});
  const auto a = make("a");
  const auto b = make("b", {{a}});
  const auto c = make("c", {{b}});
  const auto left = make("left", {{c}});
  const auto right = make("right", {{c}});
  make("bottom", {{left}, {right}});
  const auto other = make("other");
  make("shared", {{a}, {other}});
  make("alone");
  quiet();
  cluster.remove("configmaps", "a");
  EXPECT_TRUE(all_gone({"b", "c", "left", "right", "bottom"}));
  // One of two owners is left: the reference to the other one goes.
  EXPECT_TRUE(until([&] { return owners_of(get("shared")) == 1; }));
  EXPECT_TRUE(get("alone"));
  cluster.remove("configmaps", "other");
  EXPECT_TRUE(all_gone({"shared"}));
  EXPECT_TRUE(get("alone"));
}

TEST_F(GarbageCollection, FindsWhatLostItsOwnersWhileNobodyLooked) {
  const auto a = make("a");
  make("dependent", {{a}});
  const auto replaced = make("replaced");
  make("of-the-first", {{replaced}});
  cluster.remove("configmaps", "a");
  cluster.remove("configmaps", "replaced");
  make("replaced");
  run({make_garbage_collector});
  // The owner's name is there again, and it is another one.
  EXPECT_TRUE(all_gone({"dependent", "of-the-first"}));
  EXPECT_TRUE(get("replaced"));
}

TEST_F(GarbageCollection, TheForegroundWaitsForWhatBlocks) {
  run({make_garbage_collector});
  const auto a = make("a");
  const auto blocks = make("blocks", {{a, true}}, "default", "example.com/held");
  make("free", {{a, false}}, "default", "example.com/held");
  make("below", {{blocks, true}});
  quiet();
  remove("a", "Foreground");
  EXPECT_TRUE(until([&] {
    const auto dependent = get("blocks");
    return dependent && dependent->deleting() && !get("below");
  }));
  quiet();
  ASSERT_TRUE(get("a"));
  EXPECT_TRUE(get("a")->deleting());
  cluster.patch("configmaps", "blocks", R"({"metadata":{"finalizers":null}})");
  EXPECT_TRUE(all_gone({"a", "blocks"}));
  // It is being deleted as well, and nobody waited for it.
  EXPECT_TRUE(until([&] { return get("free") && get("free")->deleting(); }));
  unfinalize("free");
}

TEST_F(GarbageCollection, OrphansAreLetGo) {
  run({make_garbage_collector});
  const auto a = make("a");
  const auto other = make("other");
  make("first", {{a}});
  make("second", {{a}, {other}});
  quiet();
  remove("a", "Orphan");
  EXPECT_TRUE(all_gone({"a"}));
  EXPECT_EQ(owners_of(get("first")), 0U);
  EXPECT_EQ(owners_of(get("second")), 1U);
}

TEST_F(GarbageCollection, TakesAWholeDeployment) {
  run({make_deployment_controller, make_replicaset_controller, make_garbage_collector});
  const auto create = [&] {
    cluster.create(R"({apiVersion: apps/v1, kind: Deployment, metadata: {name: web},
      spec: {replicas: 3, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},
      spec: {containers: [{name: c, image: i}]}}}})");
    return until([&] { return cluster.list("pods").size() == 3; });
  };
  for (const char* const propagation : {"Background", "Foreground"}) {
    ASSERT_TRUE(create());
    client::DeleteOptions options;
    options.propagation = propagation;
    cluster.remove("deployments.apps", "web", "default", options);
    EXPECT_TRUE(until([&] {
      return cluster.list("pods").empty() && cluster.list("replicasets.apps").empty() &&
             !cluster.get("deployments.apps", "web");
    })) << propagation;
  }
  // kubectl delete --cascade=orphan
  ASSERT_TRUE(create());
  client::DeleteOptions options;
  options.propagation = "Orphan";
  cluster.remove("deployments.apps", "web", "default", options);
  EXPECT_TRUE(gone("deployments.apps", "web"));
  quiet();
  ASSERT_EQ(cluster.list("replicasets.apps").size(), 1U);
  EXPECT_EQ(owners_of(cluster.list("replicasets.apps").front()), 0U);
  EXPECT_EQ(cluster.list("pods").size(), 3U);
}

TEST_F(GarbageCollection, JobsLeaveTheirPodsUnlessAskedNotTo) {
  run({make_garbage_collector});
  for (const char* const name : {"silent", "asked"}) {
    const auto job =
        cluster.create(std::string("{apiVersion: batch/v1, kind: Job, metadata: {name: ") + name +
                       "}, spec: {template: {spec: {restartPolicy: Never, containers: "
                       "[{name: c, image: i}]}}}}");
    make(std::string("of-") + name, {{job}});
  }
  quiet();
  client::DeleteOptions background;
  background.propagation = "Background";
  cluster.remove("jobs.batch", "asked", "default", background);
  cluster.remove("jobs.batch", "silent");
  EXPECT_TRUE(gone("jobs.batch", "silent"));
  EXPECT_TRUE(all_gone({"of-asked"}));
  EXPECT_EQ(owners_of(get("of-silent")), 0U);
}

TEST_F(GarbageCollection, OwnersOfOtherNamespacesAreNone) {
  run({make_garbage_collector});
  cluster.create("{apiVersion: v1, kind: Namespace, metadata: {name: other}}");
  const auto owner = make("owner", {}, "other");
  const auto node = cluster.create("{apiVersion: v1, kind: Node, metadata: {name: wide}}");
  make("of-the-cluster", {{node}});
  make("astray", {{owner}});
  EXPECT_TRUE(all_gone({"astray"}));
  EXPECT_TRUE(
      has_event("astray",
                "OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: "
                "owner, uid: " +
                    std::string(owner->uid()) + "] does not exist in namespace \"default\""));
  EXPECT_TRUE(get("of-the-cluster"));
  cluster.remove("nodes", "wide");
  EXPECT_TRUE(all_gone({"of-the-cluster"}));
}

TEST_F(GarbageCollection, CustomKindsOwnAndAreOwned) {
  run({make_garbage_collector});
  define_widgets();
  const client::Resource widgets{"example.com", "v1", "widgets"};
  const client::ResourceClient client(cluster.as(), widgets, "default");
  const auto create = [&](std::string_view name, const api::ObjectPtr& owner) {
    json::object document{{"apiVersion", "example.com/v1"},
                          {"kind", "Widget"},
                          {"metadata", {{"name", api::key(name)}}}};
    if (owner) {
      api::set_at(document, {"metadata", "ownerReferences"},
                  json::array{json::object{{"apiVersion", api::key(owner->api_version())},
                                           {"kind", api::key(owner->kind())},
                                           {"name", api::key(owner->name())},
                                           {"uid", api::key(owner->uid())}}});
    }
    api::ObjectPtr made;
    client.create(document, {}, [&](auto answer) { made = answer.value(); }).release();
    cluster.until([&] { return made != nullptr; });
    return made;
  };
  const auto owner = make("owner");
  const auto widget = create("w", owner);
  make("below", {{widget}});
  quiet();
  cluster.remove("configmaps", "owner");
  EXPECT_TRUE(all_gone({"below"}));
}

}  // namespace
}  // namespace cove::controllers
