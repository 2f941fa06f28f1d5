#include "vm/provision/operation.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/provision/recorded_progress.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

class OperationTest : public testing::Test {
 protected:
  test::TemporaryFolder directory;
  Path state_file = directory.path() / "state.json";
  Path times_file = directory.path() / "cache" / "times.json";
  FakeClock clock;
  RecordedProgress progress;
  std::stop_source stop;
  State state;

  Operation make() {
    return Operation("start", "start", state, state_file, times_file, clock, progress,
                     stop.get_token());
  }
  Operation::Body takes(std::chrono::milliseconds time) {
    return [this, time](std::string& detail) -> Result<void> {
      clock.advance(time);
      detail = "took it";
      return {};
    };
  }
  std::string outcome_on_disk() { return read_state(state_file).value().value().operation.outcome; }
};

TEST_F(OperationTest, PlansTimesAndRecordsEverySteps) {
  Operation operation = make();
  std::string on_disk_while_running;
  operation.add("one", "Do one", takes(1500ms));
  operation.add("two", "Do two", [&](std::string&) -> Result<void> {
    const State seen = read_state(state_file).value().value();
    on_disk_while_running = seen.operation.step_id + " " + seen.operation.outcome;
    return {};
  });
  ASSERT_TRUE(operation.run());
  EXPECT_EQ(on_disk_while_running, "two running");
  EXPECT_EQ(outcome_on_disk(), "done");
  EXPECT_EQ(progress.lines,
            (std::vector<std::string>{"plan start one two", "one running",
                                      "one done 1500ms took it", "two running", "two done 0ms "}));
}

TEST_F(OperationTest, RemembersHowLongStepsTook) {
  {
    Operation operation = make();
    operation.add("one", "Do one", takes(700ms));
    ASSERT_TRUE(operation.run());
  }
  Operation again = make();
  again.add("one", "Do one", takes(1ms));
  again.add("new", "Do new", takes(1ms));
  ASSERT_TRUE(again.run());
  EXPECT_EQ(progress.plans.back()[0].expected, 700ms);
  EXPECT_FALSE(progress.plans.back()[1].expected);
}

TEST_F(OperationTest, DamagedTimesCountAsNone) {
  ASSERT_TRUE(make_directories(times_file.parent_path(), 0700));
  for (const char* text : {"", "[]", "{\"start/one\":\"x\"}", "{\"start/one\":-5}", "{"}) {
    ASSERT_TRUE(write_file_atomic(times_file, text, 0600));
    Operation operation = make();
    operation.add("one", "Do one", takes(1ms));
    ASSERT_TRUE(operation.run());
    EXPECT_FALSE(progress.plans.back()[0].expected) << text;
  }
}

TEST_F(OperationTest, StopsAtTheFirstFailureAndRecordsItsWords) {
  Operation operation = make();
  bool reached = false;
  operation.add("one", "Do one", [](std::string&) -> Result<void> {
    return Error{ErrorCode::kUnavailable, "reach", "it", "it is away", "Call it back."};
  });
  operation.add("two", "Do two", [&](std::string&) -> Result<void> {
    reached = true;
    return {};
  });
  const auto result = operation.run();
  ASSERT_FALSE(result);
  EXPECT_FALSE(reached);
  const State seen = read_state(state_file).value().value();
  EXPECT_EQ(seen.operation.outcome, "failed");
  EXPECT_EQ(seen.operation.step_id, "one");
  EXPECT_EQ(seen.operation.cause, "cannot reach it: it is away.");
  EXPECT_EQ(seen.operation.remedy, "Call it back.");
  EXPECT_EQ(progress.lines.back(), "one failed 0ms ");
}

TEST_F(OperationTest, CancelledBetweenAndInsideSteps) {
  Operation operation = make();
  operation.add("one", "Do one", [&](std::string&) -> Result<void> {
    stop.request_stop();
    return {};
  });
  operation.add("two", "Do two", takes(1ms));
  const auto result = operation.run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(outcome_on_disk(), "cancelled");
  EXPECT_EQ(progress.lines.back(), "two cancelled 0ms ");
}

TEST_F(OperationTest, AnErrorAfterACancelIsTheCancel) {
  Operation operation = make();
  operation.add("one", "Do one", [&](std::string&) -> Result<void> {
    stop.request_stop();
    return Error{ErrorCode::kUnavailable, "read", "the line", "the other end is gone", ""};
  });
  EXPECT_EQ(operation.run().error().code, ErrorCode::kCancelled);
}

TEST_F(OperationTest, AStateThatCannotBeWrittenFailsTheStepBeforeItActs) {
  ASSERT_TRUE(make_directories(state_file / "in-the-way", 0700));
  Operation operation = make();
  bool acted = false;
  operation.add("one", "Do one", [&](std::string&) -> Result<void> {
    acted = true;
    return {};
  });
  EXPECT_FALSE(operation.run());
  EXPECT_FALSE(acted);
}

}  // namespace
}  // namespace cove::provision
