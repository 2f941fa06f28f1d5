#include "core/client/informer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_executor.h"
#include "tests/unit/client/fake_transport.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string pod(const std::string& name, int version, const std::string& uid = "u") {
  return fmt::format(
      R"({{"kind":"Pod","metadata":{{"name":"{}","uid":"{}","resourceVersion":"{}"}}}})", name, uid,
      version);
}

std::string line(const std::string& type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

class InformerTest : public ::testing::Test {
 protected:
  Handler recording(std::vector<std::string>& into) {
    Handler handler;
    handler.added = [&](const api::ObjectPtr& object, bool initial) {
      into.push_back(fmt::format("+{}{}", std::string(object->name()), initial ? "!" : ""));
    };
    handler.updated = [&](const api::ObjectPtr& old, const api::ObjectPtr& now) {
      into.push_back(fmt::format("{}:{}>{}", std::string(now->name()),
                                 std::string(old->resource_version()),
                                 std::string(now->resource_version())));
    };
    handler.deleted = [&](const api::ObjectPtr& last, bool unknown) {
      into.push_back(fmt::format("-{}{}", std::string(last->name()), unknown ? "?" : ""));
    };
    return handler;
  }
  std::vector<std::string> told() {
    executor_.run();
    return std::exchange(told_, {});
  }
  // Answers the informer's list.
  void state(const std::vector<std::string>& pods, int version = 10) {
    executor_.run();
    const auto call = transport_.take_send();
    ASSERT_TRUE(call);
    call->answer(
        200,
        fmt::format(R"({{"kind":"PodList","metadata":{{"resourceVersion":"{}"}},"items":[{}]}})",
                    version, fmt::join(pods, ",")));
    executor_.run();
    watch_ = transport_.take_watch();
    ASSERT_TRUE(watch_);
  }
  void relist() {
    watch_->close(refused(410, "Expired"));
    executor_.run();
    executor_.advance(2s);
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  FakeTransport transport_{executor_};
  std::vector<std::string> told_;
  std::shared_ptr<FakeTransport::Call> watch_;
  std::shared_ptr<Informer> informer_ = Informer::create(
      transport_, {{"", "v1", "pods"}}, [] { return 0.0; }, null_logger(), {.watch_list = false});
};

TEST_F(InformerTest, TellsTheStateAndWhatChanges) {
  const Registration registration = informer_->add_handler(recording(told_));
  informer_->start();
  EXPECT_FALSE(informer_->has_synced());
  state({pod("a", 1), pod("b", 2)});
  EXPECT_TRUE(informer_->has_synced());
  EXPECT_THAT(told(), ElementsAre("+a!", "+b!"));
  EXPECT_TRUE(registration.has_synced());
  watch_->events({line("ADDED", pod("c", 11)), line("MODIFIED", pod("a", 12)),
                  line("DELETED", pod("b", 13)), line("DELETED", pod("x", 14))});
  EXPECT_THAT(told(), ElementsAre("+c", "a:1>12", "-b"));
  EXPECT_THAT(informer_->objects().keys(), ElementsAre("a", "c"));
}

// Its owner may take the transport away in the same turn of the executor: what was on its way to
// the informer asks for nothing more.
TEST_F(InformerTest, NothingIsAskedAfterItHasGone) {
  informer_->start();
  executor_.run();
  const auto first = transport_.take_send();
  ASSERT_TRUE(first);
  first->answer(200, R"({"kind":"PodList","metadata":{"continue":"x"},"items":[]})");
  informer_.reset();
  executor_.run();
  EXPECT_FALSE(transport_.take_send());
  EXPECT_TRUE(first->cancelled);
}

TEST_F(InformerTest, ARelistIsADifference) {
  const Registration registration = informer_->add_handler(recording(told_));
  informer_->start();
  state({pod("same", 1), pod("changed", 2), pod("gone", 3), pod("again", 4)});
  told();
  relist();
  state({pod("same", 1), pod("changed", 7), pod("new", 8), pod("again", 4, "other uid")});
  EXPECT_THAT(told(), ElementsAre("changed:2>7", "+new", "again:4>4", "-gone?"));
}

TEST_F(InformerTest, ALateHandlerIsToldWhatIsThere) {
  informer_->start();
  state({pod("a", 1)});
  const Registration registration = informer_->add_handler(recording(told_));
  EXPECT_FALSE(registration.has_synced());
  EXPECT_THAT(told(), ElementsAre("+a!"));
  EXPECT_TRUE(registration.has_synced());
}

TEST_F(InformerTest, HandlersAreIndependent) {
  std::vector<std::string> other;
  const Registration registration = informer_->add_handler(recording(told_));
  {
    const Registration second = informer_->add_handler(recording(other));
    informer_->start();
    state({pod("a", 1)});
    told();
    EXPECT_THAT(other, ElementsAre("+a!"));
    watch_->events({line("MODIFIED", pod("a", 2))});
  }
  EXPECT_THAT(told(), ElementsAre("a:1>2"));
  EXPECT_THAT(other, ElementsAre("+a!"));
}

TEST_F(InformerTest, AHandlerMayTakeItselfOff) {
  std::optional<Registration> registration;
  Handler handler;
  int calls = 0;
  handler.added = [&](const auto&, bool) {
    ++calls;
    registration.reset();
  };
  registration = informer_->add_handler(std::move(handler));
  informer_->start();
  state({pod("a", 1), pod("b", 1)});
  executor_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(InformerTest, ResyncTellsEverythingAgain) {
  std::vector<std::string> quiet;
  const Registration registration = informer_->add_handler(recording(told_), {.resync = 10s});
  const Registration other = informer_->add_handler(recording(quiet));
  informer_->start();
  state({pod("a", 1)});
  told();
  executor_.advance(25s);
  EXPECT_THAT(told(), ElementsAre("a:1>1", "a:1>1"));
  EXPECT_THAT(quiet, ElementsAre("+a!"));
}

// A handler whose executor stands still.
TEST_F(InformerTest, AtTheBoundChangesOfOneObjectAreMerged) {
  FakeClock other_clock;
  test::ManualExecutor slow(other_clock);
  const Registration registration =
      informer_->add_handler(recording(told_), {.executor = &slow, .queue = 3});
  informer_->start();
  state({pod("a", 1), pod("b", 1), pod("c", 1)});
  slow.run();
  told();
  for (int version = 2; version < 1000; ++version) {
    watch_->events({line("MODIFIED", pod("a", version)), line("MODIFIED", pod("b", version))});
    executor_.run();
  }
  watch_->events({line("DELETED", pod("a", 1000)), line("ADDED", pod("new", 1001)),
                  line("ADDED", pod("short", 1002)), line("DELETED", pod("short", 1003)),
                  line("DELETED", pod("c", 1004)), line("ADDED", pod("c", 1005))});
  executor_.run();
  slow.run();
  EXPECT_THAT(told_, ElementsAre("a:1>2", "b:1>999", "-a", "+new", "c:1004>1005"));
}

TEST_F(InformerTest, NothingIsToldAfterStopAndAStartGoesOnWithADifference) {
  const Registration registration = informer_->add_handler(recording(told_));
  informer_->start();
  state({pod("a", 1)});
  told();
  informer_->stop();
  executor_.run();
  EXPECT_TRUE(watch_->cancelled);
  informer_->start();
  state({pod("b", 2)});
  EXPECT_THAT(told(), ElementsAre("+b", "-a?"));
}

TEST_F(InformerTest, TheEndOfTheInformerCancels) {
  Registration registration = informer_->add_handler(recording(told_));
  informer_->start();
  state({pod("a", 1)});
  told();
  watch_->events({line("ADDED", pod("b", 2))});
  informer_.reset();
  registration = {};
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(watch_->cancelled);
}

TEST_F(InformerTest, HealthIsTold) {
  int changes = 0;
  informer_->on_health([&] { ++changes; });
  informer_->start();
  executor_.run();
  transport_.take_send()->answer(refused(403, "Forbidden"));
  executor_.run();
  EXPECT_EQ(changes, 1);
  ASSERT_TRUE(informer_->problem());
  EXPECT_TRUE(informer_->problem()->is_forbidden());
  executor_.advance(2s);
  state({});
  EXPECT_FALSE(informer_->problem());
}

TEST_F(InformerTest, AFactorySharesWhatIsTheSame) {
  InformerFactory factory(transport_, [] { return 0.0; }, null_logger(), {.watch_list = false});
  const auto pods = factory.informer({{"", "v1", "pods"}});
  EXPECT_EQ(factory.informer({{"", "v1", "pods"}}), pods);
  EXPECT_NE(factory.informer({{"", "v1", "pods"}, "n"}), pods);
  EXPECT_NE(factory.informer({{"", "v1", "pods"}, "", "a=b"}), pods);
  EXPECT_FALSE(factory.all_synced());
  factory.start();
  factory.start();
  executor_.run();
  EXPECT_EQ(transport_.sends.size(), 3u);
}

}  // namespace
}  // namespace cove::client
