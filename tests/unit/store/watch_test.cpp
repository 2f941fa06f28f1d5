#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchTest : public StoreTest {
 protected:
  void SetUp() override { open(); }
  std::unique_ptr<Watch> watch(WatchRequest request, std::function<void()> ready = {}) {
    auto made = store->watch(request, std::move(ready));
    if (!made) throw std::runtime_error(made.error().message());
    return std::move(*made);
  }
};

TEST_F(WatchTest, ReplaysThenContinues) {
  must(Write::create("/a/1", bytes("x")));
  must(Write::put("/a/1", bytes("y")));
  must(Write::create("/b", bytes("z")));
  int woken = 0;
  const auto one = watch({.prefix = "/a/", .after = 1}, [&] { ++woken; });
  EXPECT_THAT(take(*one), ElementsAre("updated /a/1=y@2 was x@1"));
  EXPECT_THAT(take(*one), IsEmpty());
  must(Write::remove("/a/1"));
  must(Write::create("/a/2", bytes("n")));
  EXPECT_EQ(woken, 1) << "a watch with unread events is not woken again";
  EXPECT_THAT(take(*one, 1), ElementsAre("deleted /a/1@4 was y@2"));
  EXPECT_THAT(take(*one, 1), ElementsAre("created /a/2=n@5"));
  must(Write::remove("/a/2"));
  EXPECT_EQ(woken, 2);
}

TEST_F(WatchTest, FromZeroReplaysEverythingKept) {
  must(Write::create("k", bytes("1")));
  must(Write::remove("k"));
  EXPECT_THAT(take(*watch({})), ElementsAre("created k=1@1", "deleted k@2 was 1@1"));
}

TEST_F(WatchTest, WholeKeysDoNotMatchLongerOnes) {
  const auto exact = watch({.prefix = "/a", .whole_key = true});
  const auto prefix = watch({.prefix = "/a"});
  must(Write::create("/a", bytes("1")));
  must(Write::create("/ab", bytes("2")));
  EXPECT_THAT(take(*exact), ElementsAre("created /a=1@1"));
  EXPECT_EQ(take(*prefix).size(), 2U);
}

TEST_F(WatchTest, NestedPrefixesAllMatch) {
  const std::vector<std::string> prefixes = {"",        "/",        "/a",     "/a/b",     "/a/b/",
                                             "/a/b/c1", "/a/b/c",   "/a/b/d", "/a/bb/",   "/a/b/b",
                                             "/b",      "/a/b/c1x", "0",      "/a/a/zzzz"};
  std::vector<std::unique_ptr<Watch>> watches;
  for (const auto& prefix : prefixes) watches.push_back(watch({.prefix = prefix}));
  for (const char* key : {"/a/b/c1", "/a/b/c2", "/a/bb/x", "/a", "/z", "0", "/a/a/zzz"}) {
    must(Write::create(key, bytes("v")));
  }
  const std::vector<std::string> keys = {"/a/b/c1", "/a/b/c2", "/a/bb/x", "/a",
                                         "/z",      "0",       "/a/a/zzz"};
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    const auto matching = std::count_if(keys.begin(), keys.end(), [&](const std::string& key) {
      return key.starts_with(prefixes[i]);
    });
    EXPECT_EQ(take(*watches[i]).size(), static_cast<std::size_t>(matching)) << prefixes[i];
  }
}

TEST_F(WatchTest, SeesOnlyWhatIsCommitted) {
  const auto one = watch({});
  bool answered = false;
  ASSERT_TRUE(store->submit(Write::create("k", bytes("v")), [&](auto) {
    answered = true;
    EXPECT_EQ(take(*one).size(), 1U) << "the event is there before the answer";
  }));
  EXPECT_THAT(take(*one), IsEmpty());
  loop.run_until([&] { return answered; });
}

TEST_F(WatchTest, CompactedAndFutureRevisionsAreErrors) {
  for (int i = 0; i < 5; ++i) must(Write::put("k", bytes("v")));
  store->compact(3);
  const auto gone = store->watch({.after = 2}, {});
  ASSERT_FALSE(gone);
  EXPECT_TRUE(is_compacted(gone.error()));
  EXPECT_THAT(take(*watch({.after = 3})).size(), 2U);
  const auto future = store->watch({.after = 6}, {});
  ASSERT_FALSE(future);
  EXPECT_EQ(future.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(WatchTest, CompactionDoesNotTakeWhatAWatcherHasToRead) {
  const auto one = watch({});
  must(Write::create("k", bytes("1")));
  must(Write::remove("k"));
  store->compact(2);
  EXPECT_THAT(take(*one), ElementsAre("created k=1@1", "deleted k@2 was 1@1"));
}

TEST_F(WatchTest, SlowWatchersAreCutOff) {
  limits.watch_events = 3;
  limits.watch_bytes = 1000;
  reopen();
  int woken = 0;
  const auto slow = watch({}, [&] { ++woken; });
  const auto quick = watch({});
  for (int i = 0; i < 4; ++i) {
    must(Write::put("k", bytes("v")));
    EXPECT_EQ(take(*quick).size(), 1U);
  }
  EXPECT_EQ(woken, 2) << "once for the first event, once for the end";
  auto ended = slow->take(10);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(store->stats().watches_cut_off, 1U);
  must(Write::put("k", bytes("v")));
  EXPECT_FALSE(slow->take(10)) << "an ended watch stays ended";
  EXPECT_EQ(woken, 2);

  EXPECT_EQ(take(*quick).size(), 1U);
  must(Write::put("k", bytes(std::string(2000, 'x'))));
  EXPECT_FALSE(quick->take(10)) << "bytes count too";
}

TEST_F(WatchTest, AReplayIsNotSlowness) {
  limits.watch_events = 3;
  reopen();
  for (int i = 0; i < 20; ++i) must(Write::put("k", bytes("v")));
  const auto one = watch({});
  for (int i = 0; i < 3; ++i) must(Write::put("k", bytes("v")));
  EXPECT_EQ(take(*one, 20).size(), 20U);
  EXPECT_EQ(take(*one).size(), 3U);
  for (int i = 0; i < 3; ++i) must(Write::put("k", bytes("v")));
  EXPECT_EQ(take(*one).size(), 3U);
}

TEST_F(WatchTest, NumberIsBounded) {
  limits.watches = 2;
  reopen();
  auto one = watch({});
  const auto two = watch({.prefix = "k", .whole_key = true});
  const auto third = store->watch({}, {});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kResourceExhausted);
  one.reset();
  EXPECT_TRUE(store->watch({}, {}));
}

TEST_F(WatchTest, EndsItselfAndOthersWhenWoken) {
  std::vector<std::unique_ptr<Watch>> watches;
  int woken = 0;
  for (int i = 0; i < 10; ++i) {
    watches.push_back(watch({.prefix = i % 2 == 0 ? "" : "k"}, [&] {
      ++woken;
      watches.clear();
      watches.push_back(watch({.after = store->revision()}));
    }));
  }
  must(Write::put("k", bytes("v")));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(store->stats().watches, 1U);
}

TEST_F(WatchTest, OutlivesTheStore) {
  const auto one = watch({});
  store.reset();
  auto ended = one->take(1);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
}

TEST_F(WatchTest, ContinuesAcrossARestart) {
  must(Write::create("k", bytes("1")));
  must(Write::put("k", bytes("2")));
  must(Write::remove("k"));
  reopen();
  EXPECT_THAT(take(*watch({.after = 1})),
              ElementsAre("updated k=2@2 was 1@1", "deleted k@3 was 2@2"));
  must(Write::create("k", bytes("4")));
  EXPECT_THAT(take(*watch({.after = 3})), ElementsAre("created k=4@4"));
}

}  // namespace
}  // namespace cove::store::test
