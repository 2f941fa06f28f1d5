#include "core/node/static_pods.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/client/indexer.h"
#include "tests/support/cluster.h"

namespace cove::node {
namespace {

namespace json = boost::json;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

std::string manifest(const std::string& name, const std::string& image = "i:1") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
         ", labels: {of: file}}\nspec: {containers: [{name: c, image: '" + image + "'}]}\n";
}

std::vector<std::string> names_of(const StaticPodsByUid& pods) {
  std::vector<std::string> names;
  for (const auto& [uid, pod] : pods) names.emplace_back(api::text_at(pod, {"metadata", "name"}));
  std::ranges::sort(names);
  return names;
}

TEST(Manifests, EachFileIsAPodAsTheApiWouldHaveIt) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& file, const std::string& text) {
    ASSERT_TRUE(write_file_atomic(folder / file, text, 0644));
  };
  write("a.yaml", manifest("web"));
  write("b.json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"db","namespace":"team"},)"
                  R"("spec":{"containers":[{"name":"c","image":"i"}]}})");
  write("c.yaml", manifest("web"));  // the first of two counts
  write("d.yaml", "kind: Pod");
  write("e.yaml", manifest("../../etc"));
  write("f.yaml", manifest("none", ""));
  write(".hidden", manifest("hidden"));
  std::filesystem::create_directory(folder / "folder.yaml");
  const auto all = read_manifests(folder.path(), "node", null_logger());
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_THAT(names_of(*all), ElementsAre("db-node", "web-node"));
  for (const auto& [uid, pod] : *all) {
    EXPECT_TRUE(is_static_uid(uid));
    EXPECT_EQ(mirrored_uid(*api::Object::make(pod)), uid);
    EXPECT_EQ(api::text_at(pod, {"spec", "restartPolicy"}), "Always");
    EXPECT_EQ(api::text_at(pod, {"spec", "nodeName"}), "node");
  }
  const auto again = read_manifests(folder.path(), "node", null_logger());
  EXPECT_EQ(*again, *all);
  EXPECT_NE(read_manifests(folder.path(), "other", null_logger())->begin()->first,
            all->begin()->first);
}

TEST(Manifests, FoldersThatAreNotThereAreEmptyAndThoseThatCannotBeReadAreNot) {
  const test::TemporaryFolder folder;
  const auto none = read_manifests(folder / "none", "node", null_logger());
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
  ASSERT_TRUE(write_file_atomic(folder / "file", "", 0644));
  EXPECT_FALSE(read_manifests(folder / "file", "node", null_logger()));
  EXPECT_FALSE(look_at_manifests(folder / "file"));
}

TEST(Manifests, TheFirst250Count) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 252; ++i) {
    const std::string name = "p" + std::to_string(1000 + i);
    ASSERT_TRUE(write_file_atomic(folder / name, manifest(name), 0644));
  }
  const auto names = names_of(*read_manifests(folder.path(), "node", null_logger()));
  ASSERT_EQ(names.size(), 250U);
  EXPECT_EQ(names.front(), "p1000-node");
  EXPECT_EQ(names.back(), "p1249-node");
}

class StaticPodsTest : public ::testing::Test {
 protected:
  ~StaticPodsTest() override {
    if (pods_) pods_->stop();
    registration_ = {};
    informer_->stop();
    background_.stop();
    cluster_.executor.run();
  }
  Path folder() const { return folder_ / "manifests"; }
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(folder());
    ASSERT_TRUE(write_file_atomic(folder() / file, text, 0644));
  }
  void open() {
    informer_->start();
    ASSERT_TRUE(cluster_.until([&] {
      node_ = cluster_.get("nodes", "node");
      return node_ && informer_->has_synced();
    }));
    pods_ = std::make_shared<StaticPods>(StaticPods::Parts{
        .folder = folder(),
        .node_name = "node",
        .transport = cluster_.as("system:node:node", {"system:nodes"}),
        .executor = cluster_.executor,
        .background = background_,
        .clock = cluster_.clock,
        .logger = cluster_.logger(),
        .pods = [this] { return informer_->objects().list(); },
        .node = [this] { return node_; },
        .runs = [this](const api::Object& mirror) { return running_.contains(mirror.name()); },
        .changed = [this] { ++changes_; }});
    pods_->start();
  }
  // The folder is looked at meanwhile.
  bool until(const std::function<bool()>& done) {
    return cluster_.until(done, std::chrono::milliseconds(500));
  }
  api::ObjectPtr shown(const std::string& name) {
    return informer_->objects().get("default/" + name);
  }
  bool until_shown(const std::string& name) {
    return until([&] { return shown(name) != nullptr; });
  }
  bool until_gone(const std::string& name) {
    return until([&] { return shown(name) == nullptr; });
  }
  // What was to be done about everything of before has been done.
  void look_again() {
    const std::string name = "mark" + std::to_string(++marks_);
    write(name, manifest(name));
    ASSERT_TRUE(until_shown(name + "-node"));
    cluster_.settle();
  }
  std::string hash(const std::string& name) { return mirrored_uid(*shown(name)); }
  api::ObjectPtr make_fake(const std::string& name, const std::string& uid,
                           const std::string& more = {}) {
    return cluster_.create("{apiVersion: v1, kind: Pod, metadata: {name: " + name +
                           ", annotations: {" + std::string(kMirror) + ": \"" + uid + "\"}" + more +
                           "}, spec: {nodeName: node, automountServiceAccountToken: false, "
                           "containers: [{name: c, image: fake}]}}");
  }

  test::TemporaryFolder folder_;
  test::Cluster cluster_;
  WorkerPool pool_{WorkerPool::Limits{}};
  Background background_{pool_, cluster_.executor};
  std::shared_ptr<client::Informer> informer_ = client::Informer::create(
      cluster_.as(), {.resource = {"", "v1", "pods"}, .field_selector = "spec.nodeName=node"},
      [] { return 0.5; }, cluster_.logger());
  client::Registration registration_ = informer_->add_handler(
      {.updated = [this](const api::ObjectPtr&, const api::ObjectPtr&) { ++updates_; },
       .deleted = [this](const api::ObjectPtr& last,
                         bool) { removed_.emplace_back(last->name()); }});
  api::ObjectPtr node_;
  std::set<std::string, std::less<>> running_;
  std::vector<std::string> removed_;
  int changes_ = 0, updates_ = 0, marks_ = 0;
  std::shared_ptr<StaticPods> pods_;
};

TEST_F(StaticPodsTest, MirrorsFollowTheFiles) {
  write("a.yaml", manifest("web"));
  open();
  EXPECT_EQ(changes_, 1);
  ASSERT_TRUE(until_shown("web-node"));
  const api::ObjectPtr first = shown("web-node");
  EXPECT_TRUE(pods_->wants(*first));
  EXPECT_TRUE(pods_->may_want(mirrored_uid(*first)));
  EXPECT_FALSE(pods_->may_want(std::string(32, '0')));

  // One that goes comes again.
  cluster_.remove("pods", "web-node", "default", {.grace_seconds = 0});
  ASSERT_TRUE(until([&] { return shown("web-node") && shown("web-node")->uid() != first->uid(); }));
  EXPECT_EQ(mirrored_uid(*shown("web-node")), mirrored_uid(*first));
  EXPECT_EQ(changes_, 1);

  // Another file is another pod; what runs has its time to end.
  running_ = {"web-node"};
  write("a.yaml", manifest("web", "i:2"));
  ASSERT_TRUE(until([&] { return shown("web-node")->deleting(); }));
  EXPECT_EQ(
      api::integer_at(shown("web-node")->document(), {"metadata", "deletionGracePeriodSeconds"}),
      30);
  EXPECT_FALSE(pods_->wants(*shown("web-node")));
  EXPECT_EQ(changes_, 2);
  running_.clear();
  ASSERT_TRUE(until([&] {
    return shown("web-node") && mirrored_uid(*shown("web-node")) != mirrored_uid(*first);
  }));

  std::filesystem::remove(folder() / "a.yaml");
  EXPECT_TRUE(until_gone("web-node"));
  EXPECT_THAT(pods_->wanted(), IsEmpty());
}

TEST_F(StaticPodsTest, WhatRunsIsWhatTheFileSays) {
  write("a.yaml", manifest("web"));
  open();
  ASSERT_TRUE(until_shown("web-node"));
  json::object other = shown("web-node")->document();
  other.at("spec").at("containers").at(0).as_object()["image"] = "other";
  cluster_.patch(
      "pods", "web-node",
      api::to_text({{"metadata", {{"labels", {{"of", "api"}}}, {"annotations", {{"more", "x"}}}}},
                    {"spec", {{"containers", other.at("spec").at("containers")}}}}));
  ASSERT_TRUE(until([&] { return updates_ > 0; }));
  const api::ObjectPtr mirror = shown("web-node");
  ASSERT_EQ(
      api::text_at(mirror->document().at("spec").at("containers").at(0).as_object(), {"image"}),
      "other");
  const api::ObjectPtr run = pods_->as_run(mirror);
  EXPECT_EQ(run->uid(), mirrored_uid(*mirror));
  EXPECT_EQ(run->resource_version(), mirror->resource_version());
  EXPECT_EQ(api::text_at(run->document(), {"metadata", "labels", "of"}), "file");
  EXPECT_EQ(api::text_at(run->document(), {"metadata", "annotations", "more"}), "");
  EXPECT_EQ(api::text_at(run->document(), {"status", "phase"}), "Pending");
  const auto wanted = pods_->wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(run->document().at("spec"), wanted[0]->document().at("spec"));
  EXPECT_EQ(api::text_at(run->document().at("spec").at("containers").at(0).as_object(), {"image"}),
            "i:1");
  EXPECT_EQ(wanted[0]->uid(), run->uid());
  // Any other pod is what the API says.
  const api::ObjectPtr fake = api::Object::make(
      {{"metadata",
        {{"name", "fake"}, {"namespace", "default"}, {"annotations", {{kMirror, run->uid()}}}}},
       {"spec", {{"a", "b"}}}});
  EXPECT_EQ(api::text_at(pods_->as_run(fake)->document(), {"spec", "a"}), "b");
}

TEST_F(StaticPodsTest, FakesGoAndChangeNothing) {
  write("a.yaml", manifest("web"));
  open();
  ASSERT_TRUE(until_shown("web-node"));
  running_ = {"web-node"};
  const api::ObjectPtr real = shown("web-node");
  make_fake("fake", hash("web-node"));
  ASSERT_TRUE(until([&] { return !removed_.empty(); }));
  look_again();
  EXPECT_THAT(removed_, ElementsAre("fake"));
  EXPECT_EQ(shown("web-node"), real);

  // One that stays for its finalizers is told once to go.
  make_fake("kept", hash("web-node"), ", finalizers: [a.example/b]");
  ASSERT_TRUE(until([&] { return shown("kept") && shown("kept")->deleting(); }));
  look_again();
  const int updates = updates_;
  look_again();
  look_again();
  EXPECT_EQ(updates_, updates);
  EXPECT_EQ(shown("web-node"), real);
  // It holds nobody up.
  cluster_.remove("pods", "web-node", "default", {.grace_seconds = 0});
  ASSERT_TRUE(until([&] { return shown("web-node") && shown("web-node")->uid() != real->uid(); }));
}

TEST_F(StaticPodsTest, AFolderThatCannotBeReadChangesNothing) {
  write("a.yaml", manifest("web"));
  open();
  ASSERT_TRUE(until_shown("web-node"));
  running_ = {"web-node"};
  const api::ObjectPtr real = shown("web-node");
  std::filesystem::rename(folder(), folder_ / "away");
  ASSERT_TRUE(write_file_atomic(folder(), "", 0644));
  // Long enough for several looks.
  const SteadyTime end = cluster_.clock.steady() + std::chrono::seconds(5);
  ASSERT_TRUE(until([&] { return cluster_.clock.steady() > end; }));
  cluster_.settle();
  EXPECT_EQ(shown("web-node"), real);
  EXPECT_EQ(pods_->wanted().size(), 1U);
  EXPECT_EQ(changes_, 1);
  // One that is not there says that there is none.
  std::filesystem::remove(folder());
  ASSERT_TRUE(until([&] { return shown("web-node")->deleting(); }));
}

TEST_F(StaticPodsTest, NobodyKnowsWhatIsWantedUntilTheFolderWasRead) {
  ASSERT_TRUE(write_file_atomic(folder(), "", 0644));
  open();
  const std::string maybe(32, 'a');
  make_fake("maybe", maybe);
  ASSERT_TRUE(until_shown("maybe"));
  const SteadyTime end = cluster_.clock.steady() + std::chrono::seconds(5);
  ASSERT_TRUE(until([&] { return cluster_.clock.steady() > end; }));
  cluster_.settle();
  EXPECT_TRUE(pods_->may_want(maybe));
  EXPECT_FALSE(pods_->may_want("00000000-0000-4000-8000-000000000001"));
  EXPECT_FALSE(shown("maybe")->deleting());
  std::filesystem::remove(folder());
  EXPECT_TRUE(until_gone("maybe"));
  EXPECT_FALSE(pods_->may_want(maybe));
  EXPECT_EQ(changes_, 2);
}

// The API may refuse what the node has to run; it is asked again.
TEST_F(StaticPodsTest, WritesThatFailAreTriedAgain) {
  cluster_.create(
      "{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: '0'}}}");
  write("a.yaml", manifest("web"));
  open();
  const SteadyTime end = cluster_.clock.steady() + std::chrono::seconds(5);
  ASSERT_TRUE(until([&] { return cluster_.clock.steady() > end; }));
  cluster_.settle();
  EXPECT_EQ(shown("web-node"), nullptr);
  EXPECT_EQ(pods_->wanted().size(), 1U);
  cluster_.remove("resourcequotas", "none");
  EXPECT_TRUE(until_shown("web-node"));
}

}  // namespace
}  // namespace cove::node
