#include "core/client/event_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_executor.h"
#include "tests/unit/client/fake_transport.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

class EventRecorderTest : public ::testing::Test {
 protected:
  void say(const std::string& message, const std::string& reason = "Scaled") {
    recorder_.event(*object_, "Normal", reason, message);
    executor_.run();
  }
  // Answers the write that waits, which must be there.
  FakeTransport::CallPtr accept() {
    const auto call = transport_.take_send();
    if (!call) throw std::runtime_error("nothing is being written");
    call->answer(200, R"({"kind":"Event"})");
    executor_.run();
    return call;
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  FakeTransport transport_{executor_};
  api::ObjectPtr object_ = make_object(
      {{"kind", "Deployment"},
       {"apiVersion", "apps/v1"},
       {"metadata",
        {{"name", "web"}, {"namespace", "n"}, {"uid", "u"}, {"resourceVersion", "5"}}}});
  EventRecorder recorder_{
      transport_, clock_, [] { return 0.0; }, null_logger(), {"controller", "host"}};
};

TEST_F(EventRecorderTest, AnEventSaysWhatHappenedToWhat) {
  say("to 3");
  const auto call = accept();
  EXPECT_EQ(call->request.method, "POST");
  EXPECT_EQ(call->request.path, "/api/v1/namespaces/n/events");
  const auto event = call->body();
  EXPECT_THAT(std::string(api::text_at(event, {"metadata", "name"})), StartsWith("web."));
  EXPECT_EQ(api::text_at(event, {"involvedObject", "uid"}), "u");
  EXPECT_EQ(api::text_at(event, {"involvedObject", "apiVersion"}), "apps/v1");
  EXPECT_EQ(api::text_at(event, {"involvedObject", "resourceVersion"}), "5");
  EXPECT_EQ(api::text_at(event, {"message"}), "to 3");
  EXPECT_EQ(api::text_at(event, {"source", "component"}), "controller");
  EXPECT_EQ(api::text_at(event, {"source", "host"}), "host");
  EXPECT_EQ(api::text_at(event, {"firstTimestamp"}), rfc3339(clock_.wall()));
  EXPECT_EQ(api::integer_at(event, {"count"}), 1);
}

TEST_F(EventRecorderTest, TheSameAgainRaisesTheCount) {
  say("to 3");
  const auto first = accept();
  clock_.advance(5s);
  say("to 3");
  const auto second = accept();
  EXPECT_EQ(second->request.method, "PATCH");
  EXPECT_EQ(second->request.path,
            "/api/v1/namespaces/n/events/" +
                std::string(api::text_at(first->body(), {"metadata", "name"})));
  EXPECT_EQ(api::integer_at(second->body(), {"count"}), 2);
  EXPECT_EQ(api::text_at(second->body(), {"lastTimestamp"}), rfc3339(clock_.wall()));
  say("to 4");
  EXPECT_EQ(accept()->request.method, "POST");
}

TEST_F(EventRecorderTest, ACountThatIsGoneIsWrittenAnewWhole) {
  say("to 3");
  accept();
  say("to 3");
  transport_.take_send()->answer(refused(404, "NotFound"));
  executor_.run();
  const auto again = accept();
  EXPECT_EQ(again->request.method, "POST");
  EXPECT_EQ(api::integer_at(again->body(), {"count"}), 2);
}

TEST_F(EventRecorderTest, WhatWaitsAboutOneEventIsOneWrite) {
  say("to 3");
  for (int i = 0; i < 5; ++i) say("to 4");
  accept();
  const auto call = accept();
  EXPECT_EQ(call->request.method, "POST");
  EXPECT_EQ(api::integer_at(call->body(), {"count"}), 5);
  EXPECT_FALSE(transport_.take_send());
}

TEST_F(EventRecorderTest, ManySimilarOnesBecomeOne) {
  for (int i = 0; i < 10; ++i) {
    say(std::to_string(i));
    accept();
  }
  say("10");
  const auto combined = accept();
  EXPECT_EQ(combined->request.method, "POST");
  EXPECT_EQ(api::text_at(combined->body(), {"message"}), "(combined from similar events): 10");
  say("11");
  const auto more = accept();
  EXPECT_EQ(more->request.method, "PATCH");
  EXPECT_EQ(api::integer_at(more->body(), {"count"}), 2);
  EXPECT_EQ(api::text_at(more->body(), {"message"}), "(combined from similar events): 11");
  say("0", "Other");
  EXPECT_EQ(api::text_at(accept()->body(), {"message"}), "0");
}

TEST_F(EventRecorderTest, ANoisyObjectIsCutOffAndOthersAreNot) {
  for (int i = 0; i < 30; ++i) {
    say("same");
    while (const auto call = transport_.take_send()) {
      call->answer(200, R"({"kind":"Event"})");
      executor_.run();
    }
  }
  EXPECT_EQ(recorder_.dropped(), 5u);
  clock_.advance(301s);
  say("same");
  EXPECT_TRUE(transport_.take_send());
  EXPECT_EQ(recorder_.dropped(), 5u);
}

TEST_F(EventRecorderTest, WhileNobodyAnswersItIsTriedAgainAndThenDropped) {
  say("to 3");
  for (int i = 0; i < 12; ++i) {
    const auto call = transport_.take_send();
    ASSERT_TRUE(call) << i;
    call->answer(no_answer(ErrorCode::kUnavailable, "away"));
    executor_.run();
    executor_.advance(21s);
  }
  EXPECT_FALSE(transport_.take_send());
  EXPECT_EQ(recorder_.dropped(), 1u);
  say("to 4");
  EXPECT_TRUE(transport_.take_send());
}

TEST_F(EventRecorderTest, ARefusedEventIsDropped) {
  say("to 3");
  transport_.take_send()->answer(refused(403, "Forbidden"));
  executor_.run();
  executor_.advance(1h);
  EXPECT_FALSE(transport_.take_send());
  EXPECT_EQ(recorder_.dropped(), 1u);
}

TEST_F(EventRecorderTest, LongMessagesAreCutBetweenCharacters) {
  say(std::string(1023, 'x') + "\xc3\xa9");
  EXPECT_EQ(api::text_at(accept()->body(), {"message"}).size(), 1023u);
}

TEST_F(EventRecorderTest, ObjectsWithoutANamespaceTellInDefault) {
  recorder_.event(*make_object({{"kind", "Node"}, {"metadata", {{"name", "n1"}}}}), "Warning",
                  "NotReady", "away");
  executor_.run();
  EXPECT_EQ(accept()->request.path, "/api/v1/namespaces/default/events");
}

}  // namespace
}  // namespace cove::client
