#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReadTest : public StoreTest {
 protected:
  void SetUp() override { open(); }
};

TEST_F(ReadTest, ListsByPrefixInOrder) {
  must(Write::create("/pods/b/2", bytes("x")));
  must(Write::create("/pods/a/1", bytes("y")));
  must(Write::create("/podsx", bytes("z")));
  must(Write::create("/nodes/n", bytes("w")));
  EXPECT_THAT(listed({.prefix = "/pods/"}), ElementsAre("/pods/a/1=y@2", "/pods/b/2=x@1"));
  EXPECT_THAT(listed({.prefix = "/pods/b/"}), ElementsAre("/pods/b/2=x@1"));
  EXPECT_THAT(listed({.prefix = "/none"}), IsEmpty());
  EXPECT_EQ(listed({}).size(), 4U);
}

TEST_F(ReadTest, APrefixIsOfBytes) {
  for (const char* key : {"p", "p\x7f", "p\x80", "p\xff", "p\xff\xffz", "q", "\xff", "\xff\xff"})
    must(Write::create(key, bytes("v")));
  const auto count = [&](const ListRequest& request) { return store->list(request)->items.size(); };
  EXPECT_EQ(count({.prefix = "p"}), 5U);
  EXPECT_EQ(count({.prefix = "p\x7f"}), 1U);
  EXPECT_EQ(count({.prefix = "p\xff"}), 2U);
  EXPECT_EQ(count({.prefix = "\xff"}), 2U);
  EXPECT_EQ(count({.prefix = "p", .after = "q"}), 0U) << "nothing follows what lies behind it";
  EXPECT_EQ(count({.prefix = "p", .after = "p\x80"}), 2U);
  EXPECT_EQ(count({.after = "q"}), 2U);
}

TEST_F(ReadTest, PagesOfAnySizeMakeTheWhole) {
  std::vector<std::string> keys;
  for (int i = 100; i < 200; ++i) keys.push_back("/a/" + std::to_string(i));
  for (const std::string& key : keys) must(Write::create(key, bytes("v")));
  must(Write::create("/b", bytes("v")));
  must(Write::remove("/a/150"));
  keys.erase(keys.begin() + 50);
  for (const std::size_t limit : {1, 7, 31, 32, 33, 64, 98, 99, 100}) {
    std::vector<std::string> seen;
    ListRequest request{.prefix = "/a/", .limit = limit, .count_remaining = true};
    Listing page;
    do {
      page = store->list(request).value();
      for (const Item& item : page.items) seen.push_back(*item.key);
      EXPECT_EQ(page.remaining, keys.size() - seen.size());
      EXPECT_EQ(page.more, page.remaining > 0);
      request.after = seen.back();
      request.at = page.revision;
    } while (page.more);
    EXPECT_EQ(seen, keys) << limit;
  }
}

TEST_F(ReadTest, PagesAtOneRevisionWhileWritesGoOn) {
  for (const char* key : {"/a/1", "/a/2", "/a/3", "/a/4", "/b"})
    must(Write::create(key, bytes("v")));
  auto first = store->list({.prefix = "/a/", .limit = 2, .count_remaining = true});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->revision, 5);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->remaining, 2U);
  must(Write::remove("/a/3"));
  must(Write::put("/a/4", bytes("new")));
  must(Write::create("/a/35", bytes("new")));
  must(Write::remove("/a/4"));
  must(Write::create("/a/4", bytes("newer")));
  EXPECT_THAT(listed({.prefix = "/a/", .after = "/a/2", .limit = 2, .at = 5}),
              ElementsAre("/a/3=v@3", "/a/4=v@4"));
  EXPECT_FALSE(store->list({.prefix = "/a/", .after = "/a/2", .limit = 2, .at = 5})->more);
  EXPECT_THAT(listed({.prefix = "/a/", .after = "/a/2"}),
              ElementsAre("/a/35=new@8", "/a/4=newer@10"));
  // A key to go on from that is gone, or before the prefix, is as good as any.
  EXPECT_THAT(listed({.prefix = "/a/", .after = "/a/34", .limit = 1}), ElementsAre("/a/35=new@8"));
  EXPECT_THAT(listed({.prefix = "/a/", .after = "/", .limit = 1}), ElementsAre("/a/1=v@1"));
}

TEST_F(ReadTest, EveryKeptRevisionCanBeListed) {
  must(Write::create("k", bytes("1")));
  must(Write::put("k", bytes("2")));
  must(Write::remove("k"));
  must(Write::create("k", bytes("4")));
  EXPECT_THAT(listed({.at = 1}), ElementsAre("k=1@1"));
  EXPECT_THAT(listed({.at = 2}), ElementsAre("k=2@2"));
  EXPECT_THAT(listed({.at = 3}), IsEmpty());
  EXPECT_THAT(listed({.at = 4}), ElementsAre("k=4@4"));
  EXPECT_THAT(listed({.at = 5}), ElementsAre("error: the newest revision is 4"));
}

TEST_F(ReadTest, CompactedRevisionsAreGone) {
  for (int i = 0; i < 10; ++i) must(Write::put("k", bytes(std::to_string(i))));
  store->compact(6);
  EXPECT_EQ(store->stats().oldest, 6);
  const auto gone = store->list({.at = 5});
  ASSERT_FALSE(gone);
  EXPECT_TRUE(is_compacted(gone.error())) << gone.error().message();
  EXPECT_FALSE(is_compacted(store->list({.at = 11}).error()));
  EXPECT_THAT(listed({.at = 6}), ElementsAre("k=5@6"));
  EXPECT_THAT(listed({.at = 10}), ElementsAre("k=9@10"));
}

TEST_F(ReadTest, JoinsWhatItListsAndKeepsItWhileItIsAskedFor) {
  must(Write::create("/a/1", bytes("x")));
  must(Write::create("/a/2", bytes("y")));
  const auto pieces = [&](Revision at) {
    std::vector<std::string> all;
    auto joined = store->join("/a/", at);
    if (!joined) return std::vector<std::string>{"error: " + joined.error().cause};
    for (const Bytes& value : joined->values) all.push_back(*value);
    return all;
  };
  EXPECT_THAT(pieces(0), ElementsAre("x", "y"));
  EXPECT_THAT(pieces(0), ElementsAre("x,y"));
  EXPECT_EQ(store->stats().joined_bytes, 3U);
  EXPECT_THAT(pieces(1), ElementsAre("x"));
  EXPECT_THAT(pieces(3), ElementsAre("error: the newest revision is 2"));
  must(Write::put("/a/2", bytes("z")));
  EXPECT_EQ(store->stats().joined_bytes, 0U);
  EXPECT_EQ(store->join("/a/", 0)->revision, 3);
  EXPECT_THAT(pieces(0), ElementsAre("x,z"));
  store->tick();
  store->tick();
  EXPECT_EQ(store->stats().joined_bytes, 0U);
  store->compact(3);
  EXPECT_TRUE(is_compacted(store->join("/a/", 2).error()));
}

TEST_F(ReadTest, HistoryIsBoundedByNumberAgeAndBytes) {
  limits.history_revisions = 10;
  limits.history_age = std::chrono::minutes(5);
  limits.history_bytes = 10'000;
  reopen();
  for (int i = 0; i < 25; ++i) must(Write::put("k", bytes("v")));
  EXPECT_EQ(store->stats().oldest, 15);
  EXPECT_EQ(store->stats().history_events, 10U);

  clock.advance(std::chrono::minutes(4));
  must(Write::put("k", bytes("v")));
  EXPECT_EQ(store->stats().oldest, 16);
  clock.advance(std::chrono::minutes(2));
  store->tick();
  EXPECT_EQ(store->stats().oldest, 25);
  EXPECT_EQ(store->stats().history_events, 1U);

  must(Write::put("k", bytes(std::string(9'000, 'x'))));
  must(Write::put("k", bytes("v")));
  EXPECT_EQ(store->stats().history_events, 3U);
  must(Write::put("k", bytes(std::string(9'000, 'x'))));
  must(Write::put("k", bytes("v")));
  EXPECT_EQ(store->stats().oldest, 28) << "the older large value must go for the newer one";
  EXPECT_LE(store->stats().history_bytes, 10'000U);
}

TEST_F(ReadTest, DeletedKeysCostNothingOnceForgotten) {
  for (int i = 0; i < 100; ++i) must(Write::create("k" + std::to_string(i), bytes("v")));
  for (int i = 0; i < 100; ++i) must(Write::remove("k" + std::to_string(i)));
  EXPECT_EQ(listed({.at = 100}).size(), 100U);
  store->compact(200);
  EXPECT_EQ(store->stats().history_events, 0U);
  EXPECT_EQ(store->stats().history_bytes, 0U);
  EXPECT_EQ(store->stats().objects, 0U);
  EXPECT_EQ(store->stats().object_bytes, 0U);
  EXPECT_THAT(listed({}), IsEmpty());
}

TEST_F(ReadTest, StatisticsCountObjectsAndBytes) {
  must(Write::create("key", bytes("12345")));
  must(Write::create("k2", bytes("1")));
  must(Write::put("key", bytes("123")));
  must(Write::remove("k2"));
  const Stats stats = store->stats();
  EXPECT_EQ(stats.objects, 1U);
  EXPECT_EQ(stats.object_bytes, 6U);
  EXPECT_EQ(stats.revision, 4);
  EXPECT_EQ(stats.history_events, 4U);
  EXPECT_GT(stats.file_bytes, 0U);
  reopen();
  EXPECT_EQ(store->stats().objects, 1U);
  EXPECT_EQ(store->stats().object_bytes, 6U);
}

}  // namespace
}  // namespace cove::store::test
