#include "core/client/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_executor.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkQueueTest : public ::testing::Test {
 protected:
  std::vector<std::string> take_all() {
    std::vector<std::string> keys;
    while (auto key = queue_->take()) {
      keys.push_back(*key);
      queue_->done(*key);
    }
    return keys;
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  std::shared_ptr<WorkQueue> queue_ = WorkQueue::create(executor_, clock_, [] { return 0.0; });
};

TEST_F(WorkQueueTest, AKeyWaitsOnceAndInOrder) {
  for (const char* key : {"b", "a", "b", "c", "a"}) queue_->add(key);
  EXPECT_EQ(queue_->size(), 3u);
  EXPECT_THAT(take_all(), ElementsAre("b", "a", "c"));
  EXPECT_TRUE(queue_->idle());
}

TEST_F(WorkQueueTest, AKeyThatIsWorkedOnIsNotGivenTwice) {
  queue_->add("a");
  EXPECT_EQ(queue_->take(), "a");
  queue_->add("a");
  queue_->add("a");
  EXPECT_EQ(queue_->take(), std::nullopt);
  EXPECT_FALSE(queue_->idle());
  queue_->done("a");
  EXPECT_THAT(take_all(), ElementsAre("a"));
}

TEST_F(WorkQueueTest, OfSeveralDelaysTheEarliestCounts) {
  queue_->add_after("a", 10s);
  queue_->add_after("a", 5s);
  queue_->add_after("a", 20s);
  queue_->add_after("now", 0s);
  EXPECT_THAT(take_all(), ElementsAre("now"));
  executor_.advance(4s);
  EXPECT_THAT(take_all(), IsEmpty());
  executor_.advance(1s);
  EXPECT_THAT(take_all(), ElementsAre("a"));
  executor_.advance(1min);
  EXPECT_THAT(take_all(), IsEmpty());
}

TEST_F(WorkQueueTest, FailuresDoubleTheWaitUpToABoundUntilForgotten) {
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 20; ++i) {
    queue_->add_rate_limited("a");
    waits.push_back(*executor_.next_timer());
    executor_.advance(waits.back());
    EXPECT_THAT(take_all(), ElementsAre("a"));
  }
  EXPECT_EQ(waits[0], 5ms);
  EXPECT_EQ(waits[1], 10ms);
  EXPECT_EQ(waits[10], 5120ms);
  EXPECT_EQ(waits[19], 1000s);
  EXPECT_EQ(queue_->failures("a"), 20);
  queue_->forget("a");
  EXPECT_EQ(queue_->failures("a"), 0);
  queue_->add_rate_limited("a");
  EXPECT_EQ(executor_.next_timer(), 5ms);
}

TEST_F(WorkQueueTest, AllKeysTogetherAreBoundedByTheBucket) {
  for (int i = 0; i < 110; ++i) queue_->add_rate_limited(std::to_string(i));
  executor_.advance(6ms);
  EXPECT_EQ(take_all().size(), 100u);
  executor_.advance(1s);
  EXPECT_EQ(take_all().size(), 10u);
}

TEST_F(WorkQueueTest, JitterIsAdded) {
  const auto jittery = WorkQueue::create(executor_, clock_, [] { return 0.5; });
  jittery->add_rate_limited("a");
  EXPECT_EQ(executor_.next_timer(), 5250us);
}

TEST_F(WorkQueueTest, ReadyIsToldOnceForManyKeys) {
  int told = 0;
  queue_->on_ready([&] { ++told; });
  queue_->add("a");
  queue_->add("b");
  EXPECT_EQ(told, 0);
  executor_.run();
  EXPECT_EQ(told, 1);
  queue_->add("c");
  executor_.run();
  EXPECT_EQ(told, 2);
}

TEST_F(WorkQueueTest, ShutDownDrains) {
  bool drained = false;
  queue_->add("a");
  queue_->add("b");
  EXPECT_EQ(queue_->take(), "a");
  queue_->add_after("later", 1s);
  queue_->shut_down();
  queue_->on_drained([&] { drained = true; });
  queue_->add("c");
  EXPECT_EQ(queue_->take(), "b");
  queue_->done("b");
  executor_.run();
  EXPECT_FALSE(drained);
  queue_->done("a");
  executor_.run();
  EXPECT_TRUE(drained);
  executor_.advance(1min);
  EXPECT_EQ(queue_->take(), std::nullopt);
}

TEST(TokenBucket, RefillsUpToItsBurst) {
  TokenBucket bucket(2, 3);
  SteadyTime now{};
  EXPECT_TRUE(bucket.take(now) && bucket.take(now) && bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 500ms;
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 1h;
  EXPECT_TRUE(bucket.take(now) && bucket.take(now) && bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  EXPECT_EQ(bucket.reserve(now), 500ms);
  EXPECT_EQ(bucket.reserve(now), 1s);
}

class RecordingLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;
};

class ControllerTest : public ::testing::Test {
 protected:
  void add(std::initializer_list<const char*> keys) {
    for (const char* key : keys) controller_.queue().add(key);
    executor_.run();
  }
  void finish(std::size_t index, ApiResult<Reconciled> result) {
    auto [key, done] = std::move(running_[index]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
    done(std::move(result));
    executor_.run();
  }
  std::vector<std::string> running() const {
    std::vector<std::string> keys;
    for (const auto& [key, done] : running_) keys.push_back(key);
    return keys;
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  RecordingLogger logger_;
  std::vector<std::pair<std::string, Controller::Done>> running_;
  Controller controller_{executor_,
                         clock_,
                         [] { return 0.0; },
                         logger_,
                         {.name = "test", .workers = 2},
                         [this](const std::string& key, Controller::Done done) {
                           running_.emplace_back(key, std::move(done));
                         }};
};

TEST_F(ControllerTest, WorksOnSeveralKeysAtATimeAndNeverTwiceOnOne) {
  add({"a", "b", "c"});
  EXPECT_THAT(running(), IsEmpty());
  controller_.start();
  executor_.run();
  EXPECT_THAT(running(), ElementsAre("a", "b"));
  add({"a"});
  finish(0, Reconciled());
  EXPECT_THAT(running(), ElementsAre("b", "c"));
  finish(0, Reconciled());
  EXPECT_THAT(running(), ElementsAre("c", "a"));
}

TEST_F(ControllerTest, FailuresComeBackAndConflictsWithoutNoise) {
  controller_.start();
  add({"a"});
  ApiError conflict;
  conflict.code = 409;
  conflict.reason = "Conflict";
  finish(0, conflict);
  EXPECT_THAT(logger_.lines, IsEmpty());
  executor_.advance(5ms);
  finish(0, no_answer(ErrorCode::kUnavailable, "away"));
  EXPECT_EQ(logger_.lines.size(), 1u);
  EXPECT_THAT(running(), IsEmpty());
  executor_.advance(10ms);
  EXPECT_THAT(running(), ElementsAre("a"));
  finish(0, Reconciled{.again_after = 1min});
  EXPECT_EQ(controller_.queue().failures("a"), 0);
  executor_.advance(59s);
  EXPECT_THAT(running(), IsEmpty());
  executor_.advance(1s);
  EXPECT_THAT(running(), ElementsAre("a"));
}

TEST_F(ControllerTest, AResultThatIsNeverGivenIsAFailure) {
  controller_.start();
  add({"a"});
  running_.clear();
  executor_.run();
  EXPECT_EQ(logger_.lines.size(), 1u);
  executor_.advance(5ms);
  EXPECT_THAT(running(), ElementsAre("a"));
}

TEST_F(ControllerTest, StopWaitsForWhatIsUnderWay) {
  controller_.start();
  add({"a", "b", "c"});
  bool stopped = false;
  controller_.stop([&] { stopped = true; });
  executor_.run();
  finish(0, Reconciled());
  EXPECT_FALSE(stopped);
  finish(0, no_answer(ErrorCode::kUnavailable, "away"));
  EXPECT_TRUE(stopped);
  executor_.advance(1h);
  EXPECT_THAT(running(), IsEmpty());
}

}  // namespace
}  // namespace cove::client
