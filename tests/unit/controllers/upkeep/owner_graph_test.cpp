#include <gtest/gtest.h>

#include <algorithm>

#include "core/controllers/garbage_collector_graph.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

class Graph : public ::testing::Test {
 public:
  // "uid name namespace", owned by the uids (each of the name of its uid); "!" before one: it
  // blocks.
  void put(const std::string& uid, const std::vector<std::string>& owners = {},
           const std::string& name_space = "a", const std::string& finalizer = {}) {
    json::array references;
    for (const std::string& each : owners) {
      const bool blocks = each.starts_with("!");
      const std::string owner = blocks ? each.substr(1) : each;
      references.push_back(json::object{{"apiVersion", "v1"},
                                        {"kind", "Thing"},
                                        {"name", owner},
                                        {"uid", owner},
                                        {"blockOwnerDeletion", blocks}});
    }
    json::object metadata{
        {"uid", uid}, {"name", uid}, {"namespace", name_space}, {"ownerReferences", references}};
    if (!finalizer.empty()) {
      metadata["finalizers"] = json::array{json::string(finalizer)};
      metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    }
    graph.put(things, *api::Object::make(json::object{{"metadata", std::move(metadata)}}));
  }
  // What happened since the last call, sorted.
  std::string news() {
    std::ranges::sort(seen_);
    std::string all;
    for (const std::string& each : std::exchange(seen_, {})) all += (all.empty() ? "" : " ") + each;
    return all;
  }

  Followed things = std::make_shared<const FollowedResource>(
      FollowedResource{{"", "v1", "things"}, "v1", "Thing", true});
  OwnerGraph graph{{.check = [this](const std::string& uid) { seen_.push_back("check:" + uid); },
                    .orphan = [this](const std::string& uid) { seen_.push_back("orphan:" + uid); },
                    .wrong_namespace =
                        [this](const OwnerGraph::Node& node, const OwnerReference& owner) {
                          seen_.push_back("astray:" + node.uid + ">" + owner.uid);
                        }}};

 private:
  std::vector<std::string> seen_;
};

TEST_F(Graph, ChecksWhoLosesAnOwner) {
  put("owner");
  put("one", {"owner"});
  put("two", {"owner", "one"});
  EXPECT_EQ(news(), "");
  put("early", {"later"});
  EXPECT_EQ(news(), "check:early");
  put("later");
  EXPECT_EQ(news(), "");
  graph.remove("owner");
  EXPECT_EQ(news(), "check:one check:two");
  graph.remove("one");
  EXPECT_EQ(news(), "check:two");
  put("two", {});
  EXPECT_FALSE(graph.has_dependents("owner"));
  graph.drop(things);
  EXPECT_EQ(graph.size(), 0U);
  EXPECT_FALSE(graph.has_dependents("later"));
}

TEST_F(Graph, TellsOwnersThatWait) {
  put("owner");
  put("blocks", {"!owner"});
  put("free", {"owner"});
  put("owner", {}, "a", "foregroundDeletion");
  EXPECT_EQ(news(), "check:blocks check:free check:owner");
  put("owner", {}, "a", "foregroundDeletion");
  EXPECT_EQ(news(), "");
  put("late", {"!owner"});
  EXPECT_EQ(news(), "check:late");
  put("late", {"owner"});
  EXPECT_EQ(news(), "check:owner");
  put("free", {});
  EXPECT_EQ(news(), "check:owner");
  graph.remove("blocks");
  EXPECT_EQ(news(), "check:owner");
}

TEST_F(Graph, LetsOrphansGo) {
  put("owner");
  put("one", {"owner"});
  put("owner", {}, "a", "orphan");
  EXPECT_EQ(news(), "orphan:owner");
  EXPECT_TRUE(graph.find("owner")->orphans);
}

TEST_F(Graph, SeesOwnersOfOtherNamespacesInWhateverOrder) {
  put("owner", {}, "b");
  put("after", {"owner"});
  EXPECT_EQ(news(), "astray:after>owner check:after");
  put("before", {"other"});
  EXPECT_EQ(news(), "check:before");
  put("other", {}, "b");
  EXPECT_EQ(news(), "astray:before>other check:before");
}

}  // namespace
}  // namespace cove::controllers
