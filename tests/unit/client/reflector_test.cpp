#include "core/client/reflector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/client/indexer.h"
#include "tests/support/manual_executor.h"
#include "tests/unit/client/fake_transport.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string pod(const std::string& name, int version) {
  return fmt::format(
      R"({{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{}","namespace":"n","resourceVersion":"{}"}}}})",
      name, version);
}

std::string line(const std::string& type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

std::string bookmark(int version, bool initial_end = false) {
  return line(
      "BOOKMARK",
      fmt::format(R"({{"kind":"Pod","metadata":{{"resourceVersion":"{}"{}}}}})", version,
                  initial_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : ""));
}

class ReflectorTest : public ::testing::Test {
 protected:
  void start(ReflectorOptions options = {}) {
    Reflector::Sink sink;
    sink.replace = [this](const std::vector<api::ObjectPtr>& items) {
      std::string text = "replace";
      for (const auto& item : items) text += " " + std::string(item->name());
      told_.push_back(text);
    };
    sink.change = [this](const WatchEvent& event) {
      static const char* const kTypes[] = {"added", "modified", "deleted", "bookmark"};
      told_.push_back(fmt::format("{} {}", kTypes[static_cast<int>(event.type)],
                                  std::string(event.object->name())));
    };
    sink.health = [this](const std::optional<ApiError>& error) {
      told_.push_back(error ? fmt::format("failed {}", error->code) : "fine");
    };
    reflector_.emplace(
        transport_, Selection{{"", "v1", "pods"}, "n", "app=x", ""}, std::move(sink),
        [] { return 0.0; }, null_logger(), options);
    reflector_->start();
  }
  void start_with_list() { start({.watch_list = false}); }
  std::shared_ptr<FakeTransport::Call> watch() {
    executor_.run();
    return transport_.take_watch();
  }
  std::shared_ptr<FakeTransport::Call> list() {
    executor_.run();
    return transport_.take_send();
  }
  std::vector<std::string> told() {
    executor_.run();
    return std::exchange(told_, {});
  }
  // Up to a watch that follows from version 5 on, through a list.
  std::shared_ptr<FakeTransport::Call> following() {
    start_with_list();
    list()->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[]})");
    const auto call = watch();
    told();
    return call;
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  FakeTransport transport_{executor_};
  std::vector<std::string> told_;
  std::optional<Reflector> reflector_;
};

TEST_F(ReflectorTest, AWatchListTellsTheStateOnceAndGoesOn) {
  start();
  const auto call = watch();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->parameter("sendInitialEvents"), "true");
  EXPECT_EQ(call->parameter("resourceVersionMatch"), "NotOlderThan");
  EXPECT_EQ(call->parameter("allowWatchBookmarks"), "true");
  EXPECT_EQ(call->parameter("labelSelector"), "app=x");
  EXPECT_EQ(call->parameter("timeoutSeconds"), "300");
  call->events({line("ADDED", pod("b", 2)), line("ADDED", pod("a", 1)), line("ADDED", pod("c", 3)),
                line("DELETED", pod("c", 4))});
  EXPECT_THAT(told(), IsEmpty());
  call->events({bookmark(4)});
  EXPECT_THAT(told(), IsEmpty());
  call->events({bookmark(5, true), line("MODIFIED", pod("a", 6))});
  EXPECT_THAT(told(), ElementsAre("replace a b", "modified a"));
  EXPECT_EQ(reflector_->version(), "6");
  EXPECT_TRUE(transport_.sends.empty());
}

TEST_F(ReflectorTest, AServerWithoutWatchListIsListed) {
  for (const int code : {400, 422}) {
    start();
    watch()->close(refused(code, "Invalid"));
    auto page = list();
    ASSERT_TRUE(page) << code;
    EXPECT_EQ(page->parameter("limit"), "500");
    page->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[]})");
    auto call = watch();
    EXPECT_EQ(call->parameter("resourceVersion"), "9");
    EXPECT_EQ(call->parameter("sendInitialEvents"), "");
    EXPECT_THAT(told(), ElementsAre("replace"));
    call->close(refused(410, "Expired"));
    EXPECT_FALSE(watch());
    EXPECT_THAT(told(), ElementsAre("failed 410"));
    executor_.advance(1s);
    EXPECT_TRUE(list());
    reflector_.reset();
    told_.clear();
  }
}

TEST_F(ReflectorTest, AWatchListThatBreaksOffIsReplacedByAList) {
  start();
  auto call = watch();
  call->events({line("ADDED", pod("a", 1))});
  call->close(no_answer(ErrorCode::kUnavailable, "cut"));
  EXPECT_THAT(told(), ElementsAre("failed 0"));
  executor_.advance(1s);
  EXPECT_TRUE(list());
}

TEST_F(ReflectorTest, WhileNobodyAnswersTheWatchListIsTriedAgainLaterAndLater) {
  start();
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 8; ++i) {
    const auto call = watch();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->parameter("sendInitialEvents"), "true");
    call->close(no_answer(ErrorCode::kUnavailable, "nobody there"));
    executor_.run();
    waits.push_back(*executor_.next_timer());
    executor_.advance(waits.back());
  }
  EXPECT_THAT(waits, ElementsAre(800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s, 30s));
  EXPECT_THAT(told().size(), 8u);
}

TEST_F(ReflectorTest, ListsComeInPages) {
  start_with_list();
  list()->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"x"},
      "items":[)" + pod("a", 1) +
                          "]}");
  const auto second = list();
  EXPECT_EQ(second->parameter("continue"), "x");
  EXPECT_THAT(told(), IsEmpty());
  second->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[)" +
                          pod("b", 2) + "]}");
  EXPECT_THAT(told(), ElementsAre("replace a b"));
}

TEST_F(ReflectorTest, PagesThatExpireAreReadInOneGo) {
  start_with_list();
  list()->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"x"},
      "items":[)" + pod("a", 1) +
                          "]}");
  list()->answer(refused(410, "Expired"));
  const auto whole = list();
  EXPECT_EQ(whole->parameter("limit"), "");
  EXPECT_EQ(whole->parameter("continue"), "");
  whole->answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":"8"},"items":[)" +
                         pod("c", 3) + "]}");
  EXPECT_THAT(told(), ElementsAre("replace c"));
}

TEST_F(ReflectorTest, BookmarksOnlyMoveTheVersion) {
  const auto call = following();
  call->events({bookmark(50)});
  EXPECT_THAT(told(), IsEmpty());
  call->close();
  EXPECT_EQ(watch()->parameter("resourceVersion"), "50");
}

TEST_F(ReflectorTest, AWatchThatBreaksIsTakenUpWhereItWas) {
  const auto call = following();
  call->events({line("ADDED", pod("a", 6))});
  call->close(no_answer(ErrorCode::kUnavailable, "cut"));
  EXPECT_THAT(told(), ElementsAre("added a", "failed 0"));
  EXPECT_FALSE(watch());
  executor_.advance(1s);
  const auto again = watch();
  EXPECT_EQ(again->parameter("resourceVersion"), "6");
  again->events({line("MODIFIED", pod("a", 7))});
  EXPECT_THAT(told(), ElementsAre("fine", "modified a"));
}

TEST_F(ReflectorTest, AnExpiredVersionIsReadAnewAtOnceAfterProgress) {
  const auto call = following();
  call->events({line("ADDED", pod("a", 6))});
  call->close(refused(410, "Expired"));
  ASSERT_TRUE(list());
  EXPECT_THAT(told(), ElementsAre("added a"));
}

TEST_F(ReflectorTest, AVersionTheServerDoesNotHaveYetIsReadAnew) {
  const auto call = following();
  ApiError ahead = refused(504, "Timeout");
  ahead.details["causes"] = boost::json::array{{{"reason", "ResourceVersionTooLarge"}}};
  call->close(ahead);
  executor_.run();
  executor_.advance(1s);
  EXPECT_TRUE(list());
  EXPECT_FALSE(watch());
}

TEST_F(ReflectorTest, RetryAfterCounts) {
  const auto call = following();
  ApiError busy = refused(429, "TooManyRequests");
  busy.retry_after = 20s;
  call->close(busy);
  executor_.run();
  executor_.advance(19s);
  EXPECT_FALSE(watch());
  executor_.advance(1s);
  EXPECT_EQ(watch()->parameter("resourceVersion"), "5");
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceWithoutAWordIsNotHammered) {
  const auto call = following();
  call->close();
  EXPECT_FALSE(watch());
  executor_.advance(1s);
  EXPECT_TRUE(watch());
}

TEST_F(ReflectorTest, AWatchThatDoesNotEndIsCut) {
  const auto call = following();
  call->events({bookmark(6)});
  executor_.run();
  executor_.advance(331s);
  EXPECT_TRUE(call->cancelled);
  EXPECT_THAT(told(), ElementsAre("failed 0"));
  executor_.advance(1s);
  EXPECT_EQ(watch()->parameter("resourceVersion"), "6");
}

TEST_F(ReflectorTest, NothingIsToldAfterStop) {
  const auto call = following();
  call->events({line("ADDED", pod("a", 6)), line("ADDED", pod("b", 7))});
  reflector_->stop();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(call->cancelled);
  executor_.advance(1h);
  EXPECT_FALSE(watch());
  EXPECT_FALSE(list());
}

TEST_F(ReflectorTest, MayBeStoppedFromWhatItTells) {
  Reflector::Sink sink;
  int told = 0;
  sink.replace = [&](const auto&) {};
  sink.change = [&](const WatchEvent&) {
    ++told;
    reflector_.reset();
  };
  reflector_.emplace(
      transport_, Selection{{"", "v1", "pods"}}, std::move(sink), [] { return 0.0; },
      null_logger());
  reflector_->start();
  watch()->events({bookmark(1, true), line("ADDED", pod("a", 2)), line("ADDED", pod("b", 3))});
  executor_.run();
  EXPECT_EQ(told, 1);
}

TEST_F(ReflectorTest, ForbiddenIsAskedAgainAndStaysAWatchList) {
  start();
  watch()->close(refused(403, "Forbidden"));
  EXPECT_THAT(told(), ElementsAre("failed 403"));
  executor_.advance(1s);
  EXPECT_EQ(watch()->parameter("sendInitialEvents"), "true");
}

TEST(Indexer, LooksUpByWhatItWasGiven) {
  Indexer indexer;
  const auto object = [](const std::string& name, const std::string& owner) {
    return make_object({{"metadata",
                         {{"name", name},
                          {"namespace", "n"},
                          {"ownerReferences", boost::json::array{{{"uid", owner}}}}}}});
  };
  indexer.put("n/a", object("a", "1"));
  indexer.put("n/b", object("b", "1"));
  indexer.add_index("first letter", [](const api::Object& of) {
    return std::vector<std::string>{std::string(of.name().substr(0, 1))};
  });
  EXPECT_EQ(indexer.by_index(kByOwner, "1").size(), 2u);
  EXPECT_EQ(indexer.by_index(kByNamespace, "n").size(), 2u);
  EXPECT_EQ(indexer.by_index("first letter", "a").size(), 1u);
  indexer.put("n/a", object("a", "2"));
  EXPECT_EQ(indexer.by_index(kByOwner, "1").size(), 1u);
  EXPECT_EQ(indexer.by_index(kByOwner, "2").size(), 1u);
  EXPECT_TRUE(indexer.erase("n/b"));
  EXPECT_FALSE(indexer.erase("n/b"));
  EXPECT_TRUE(indexer.by_index(kByOwner, "1").empty());
  EXPECT_TRUE(indexer.by_index("none", "1").empty());
  EXPECT_EQ(indexer.get("n/b"), nullptr);
  EXPECT_EQ(key_of(*indexer.get("n/a")), "n/a");
  EXPECT_EQ(split_key("n/a").namespace_name, "n");
  EXPECT_EQ(split_key("a").name, "a");
}

}  // namespace
}  // namespace cove::client
