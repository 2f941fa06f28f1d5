#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;

class WriteTest : public StoreTest {
 protected:
  void SetUp() override { open(); }
};

TEST_F(WriteTest, RevisionsCountWritesFromOne) {
  EXPECT_EQ(store->revision(), 0);
  EXPECT_EQ(must(Write::create("a", bytes("1"))), 1);
  EXPECT_EQ(must(Write::put("b", bytes("2"))), 2);
  EXPECT_EQ(must(Write::update("a", bytes("3"), 1)), 3);
  EXPECT_EQ(must(Write::remove("b")), 4);
  EXPECT_EQ(store->revision(), 4);
}

TEST_F(WriteTest, Conditions) {
  struct Case {
    const char* name;
    bool present;
    Write write;
    std::optional<ErrorCode> refused;
  };
  const Revision live = 1;
  const std::vector<Case> cases = {
      {"create absent", false, Write::create("k", bytes("n")), {}},
      {"create present", true, Write::create("k", bytes("n")), ErrorCode::kAlreadyExists},
      {"put absent", false, Write::put("k", bytes("n")), {}},
      {"put present", true, Write::put("k", bytes("n")), {}},
      {"update absent", false, Write::update("k", bytes("n"), live), ErrorCode::kNotFound},
      {"update at its revision", true, Write::update("k", bytes("n"), live), {}},
      {"update at another", true, Write::update("k", bytes("n"), 7), ErrorCode::kConflict},
      {"remove absent", false, Write::remove("k"), ErrorCode::kNotFound},
      {"remove present", true, Write::remove("k"), {}},
      {"remove absent at a revision", false, Write::remove("k", live), ErrorCode::kNotFound},
      {"remove at its revision", true, Write::remove("k", live), {}},
      {"remove at another", true, Write::remove("k", 7), ErrorCode::kConflict},
      {"remove what must be absent", true, Write::remove("k", 0), ErrorCode::kAlreadyExists},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    cove::test::TemporaryFolder other;
    Options made = options();
    made.path = other.path() / "store";
    auto fresh = Store::open(std::move(made));
    ASSERT_TRUE(fresh) << fresh.error().message();
    if (one.present) {
      ASSERT_TRUE(write(**fresh, loop, Write::create("k", bytes("old"))));
    }
    const Revision before = (*fresh)->revision();
    const auto result = write(**fresh, loop, one.write);
    const auto after = (*fresh)->get("k");
    if (one.refused) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, *one.refused) << result.error().message();
      EXPECT_EQ((*fresh)->revision(), before) << "a refused write must not use a revision";
      EXPECT_EQ(after.has_value(), one.present);
    } else {
      ASSERT_TRUE(result) << result.error().message();
      EXPECT_EQ(result->revision, before + 1);
      EXPECT_EQ(result->previous_revision, one.present ? live : 0);
      EXPECT_EQ(result->previous != nullptr, one.present);
      ASSERT_EQ(after.has_value(), one.write.value != nullptr);
      if (after) {
        EXPECT_EQ(*after->value, "n");
      }
    }
  }
}

TEST_F(WriteTest, DecidedInOrderAgainstWritesInFlight) {
  std::vector<std::string> answers;
  const auto note = [&](std::string name) {
    return [&answers, name](Result<Written> result) {
      answers.push_back(name + " " +
                        (result ? std::to_string(result->revision)
                                : std::string(to_string(result.error().code))));
    };
  };
  ASSERT_TRUE(store->submit(Write::create("k", bytes("a")), note("create")));
  ASSERT_TRUE(store->submit(Write::create("k", bytes("b")), note("create")));
  ASSERT_TRUE(store->submit(Write::update("k", bytes("c"), 1), note("update")));
  ASSERT_TRUE(store->submit(Write::update("k", bytes("d"), 1), note("update")));
  ASSERT_TRUE(store->submit(Write::remove("k", 2), note("remove")));
  ASSERT_TRUE(store->submit(Write::create("k", bytes("e")), note("create")));
  EXPECT_TRUE(answers.empty()) << "nothing is answered from inside submit()";
  loop.run_until([&] { return answers.size() == 6; });
  EXPECT_THAT(answers, ElementsAre("create 1", "create already-exists", "update 2",
                                   "update conflict", "remove 3", "create 4"));
  EXPECT_EQ(value("k"), "e");
}

TEST_F(WriteTest, ReadersSeeNothingBeforeItIsDurable) {
  bool answered = false;
  EXPECT_EQ(store->next_revision(), 1);
  ASSERT_TRUE(store->submit(Write::create("k", bytes("a")), [&](auto) { answered = true; }));
  EXPECT_EQ(store->next_revision(), 2);
  EXPECT_EQ(store->revision(), 0);
  EXPECT_FALSE(store->get("k"));
  EXPECT_TRUE(listed({}).empty());
  ASSERT_TRUE(store->newest("k"));
  EXPECT_EQ(store->newest("k")->revision, 1);
  loop.run_until([&] { return answered; });
  EXPECT_EQ(value("k"), "a");
}

TEST_F(WriteTest, RefusalAloneIsAnsweredLater) {
  std::optional<ErrorCode> refused;
  ASSERT_TRUE(store->submit(Write::remove("k"), [&](auto r) { refused = r.error().code; }));
  EXPECT_FALSE(refused);
  loop.run_until([&] { return refused.has_value(); });
  EXPECT_EQ(refused, ErrorCode::kNotFound);
}

TEST_F(WriteTest, WritesFromInsideAnAnswer) {
  int left = 50;
  std::function<void(Result<Written>)> again = [&](Result<Written> result) {
    ASSERT_TRUE(result);
    if (--left > 0) {
      ASSERT_TRUE(store->submit(Write::put("k", bytes("v")), again));
    }
  };
  ASSERT_TRUE(store->submit(Write::put("k", bytes("v")), again));
  loop.run_until([&] { return left == 0; });
  EXPECT_EQ(store->revision(), 50);
}

TEST_F(WriteTest, ValuesAreSharedNotCopied) {
  const Bytes value = bytes("v");
  must(Write::create("k", value));
  EXPECT_EQ(store->get("k")->value.get(), value.get());
  EXPECT_EQ(store->list({})->items[0].value.get(), value.get());
}

TEST_F(WriteTest, KeysAndValuesAreAnyBytes) {
  const std::string key("\0\xff\n'\"\x01/key", 10);
  const std::string body("\0\xfe;DROP TABLE log", 18);
  must(Write::create(key, bytes(body)));
  must(Write::create("empty", bytes("")));
  reopen();
  EXPECT_EQ(value(key), body);
  ASSERT_TRUE(store->get("empty"));
  EXPECT_EQ(value("empty"), "");
}

TEST_F(WriteTest, SizesAreBounded) {
  const auto refused = [&](Write write) {
    const auto accepted = store->submit(std::move(write), [](auto) { FAIL(); });
    return accepted ? "accepted" : std::string(to_string(accepted.error().code));
  };
  EXPECT_EQ(refused(Write::put("", bytes("v"))), "invalid-argument");
  EXPECT_EQ(refused(Write::put(std::string(limits.key_bytes + 1, 'k'), bytes("v"))),
            "invalid-argument");
  EXPECT_EQ(refused(Write::put("k", bytes(std::string(limits.value_bytes + 1, 'v')))),
            "invalid-argument");
  const std::string longest(limits.key_bytes, 'k');
  const std::string largest(limits.value_bytes, 'v');
  must(Write::put(longest, bytes(largest)));
  reopen();
  EXPECT_EQ(store->get(longest)->value->size(), largest.size());
}

TEST_F(WriteTest, UnansweredWritesAreBounded) {
  limits.pending_writes = 3;
  limits.pending_bytes = 100;
  reopen();
  std::size_t answers = 0;
  const auto count = [&](auto) { ++answers; };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->submit(Write::put("k", bytes("v")), count));
  const auto many = store->submit(Write::put("k", bytes("v")), count);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::kUnavailable);
  loop.run_until([&] { return answers == 3; });
  // One large write goes alone, a second has to wait.
  ASSERT_TRUE(store->submit(Write::put("k", bytes(std::string(500, 'v'))), count));
  EXPECT_FALSE(store->submit(Write::put("k", bytes("v")), count));
  loop.run_until([&] { return answers == 4; });
  EXPECT_EQ(store->stats().pending_writes, 0U);
}

TEST_F(WriteTest, SubmittedWritesAreCommittedByClosing) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store->submit(Write::put("k" + std::to_string(i), bytes("v")),
                              [](auto) { FAIL() << "a closed store calls nothing back"; }));
  }
  store.reset();
  open();
  EXPECT_EQ(store->revision(), 100);
  EXPECT_EQ(store->stats().objects, 100U);
}

TEST_F(WriteTest, SettlingWaitsForWhatIsInFlight) {
  bool idle = false;
  store->settle([&](const Result<void>& settled) { idle = settled.has_value(); });
  EXPECT_TRUE(idle) << "nothing was in flight";
  std::vector<std::string> order;
  ASSERT_TRUE(store->submit(Write::put("k", bytes("1")), [&](auto) { order.push_back("first"); }));
  store->settle([&](const Result<void>& settled) {
    EXPECT_TRUE(settled);
    order.push_back("settled with " + value("k"));
  });
  ASSERT_TRUE(store->submit(Write::put("k", bytes("2")), [&](auto) { order.push_back("second"); }));
  EXPECT_THAT(order, ElementsAre());
  loop.run_until([&] { return order.size() == 3; });
  EXPECT_THAT(order, ElementsAre("first", ::testing::StartsWith("settled with "), "second"));
  EXPECT_EQ(store->revision(), 2);
  EXPECT_EQ(store->stats().pending_writes, 0U);
}

TEST_F(WriteTest, GroupsShareCommits) {
  std::size_t answers = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(
        store->submit(Write::put("k" + std::to_string(i), bytes("v")), [&](auto) { ++answers; }));
  }
  loop.run_until([&] { return answers == 1000; });
  EXPECT_LT(store->stats().commits, 500U);
}

}  // namespace
}  // namespace cove::store::test
