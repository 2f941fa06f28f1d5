#include "app/cli/progress.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using provision::Step;
using provision::StepState;
using std::chrono::milliseconds;

Step step(StepState state, milliseconds elapsed = {}, const std::string& detail = {}) {
  Step out = make_step("boot", "Boot the virtual machine", state);
  out.elapsed = elapsed;
  out.detail = detail;
  return out;
}

class TerminalProgressTest : public ::testing::Test {
 protected:
  TerminalProgressTest() { style_.in_place = true; }
  std::string take() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }
  std::ostringstream out_;
  OutputStyle style_;
  FakeClock clock_;
};

TEST_F(TerminalProgressTest, RunningStepIsRedrawnAndThenReplaced) {
  style_.unicode = true;
  TerminalProgress progress(out_, style_, clock_);
  progress.plan("start", {step(StepState::kPending)});
  EXPECT_EQ(take(), "");
  Step running = step(StepState::kRunning);
  running.expected = milliseconds(2500);
  progress.update(running);
  EXPECT_EQ(take(), "⠋ Boot the virtual machine      0.0 s  of about 2.5 s");
  clock_.advance(std::chrono::milliseconds(1500));
  progress.tick();
  EXPECT_EQ(take(), "\r\x1b[2K⠙ Boot the virtual machine      1.5 s  of about 2.5 s");
  progress.update(step(StepState::kDone, milliseconds(2340), "KVM"));
  EXPECT_EQ(take(), "\r\x1b[2K✓ Boot the virtual machine      2.3 s  KVM\n");
  progress.tick();
  EXPECT_EQ(take(), "");
}

TEST_F(TerminalProgressTest, NoteStandsAboveTheRunningStep) {
  TerminalProgress progress(out_, style_, clock_);
  progress.update(step(StepState::kRunning));
  take();
  progress.note("port 6443 is taken");
  EXPECT_EQ(take(), "\r\x1b[2K! port 6443 is taken\n- Boot the virtual machine      0.0 s");
}

TEST_F(TerminalProgressTest, DetailMayChangeWhileItRuns) {
  TerminalProgress progress(out_, style_, clock_);
  progress.update(step(StepState::kRunning));
  clock_.advance(std::chrono::seconds(1));
  take();
  progress.update(step(StepState::kRunning, {}, "half way"));
  EXPECT_EQ(take(), "\r\x1b[2K- Boot the virtual machine      1.0 s  half way");
}

TEST_F(TerminalProgressTest, ColoursOnlyWhenWanted) {
  style_.colour = true;
  TerminalProgress progress(out_, style_, clock_);
  progress.update(step(StepState::kFailed, milliseconds(100)));
  EXPECT_EQ(take(), "\x1b[31mx\x1b[0m Boot the virtual machine      0.1 s\n");
  progress.update(step(StepState::kCancelled, milliseconds(100)));
  EXPECT_EQ(take(), "\x1b[33m-\x1b[0m Boot the virtual machine      0.1 s\n");
}

TEST_F(TerminalProgressTest, LinesFitTheWindowAndCarryNoForeignControl) {
  style_.columns = [] { return 30U; };
  TerminalProgress progress(out_, style_, clock_);
  progress.update(step(StepState::kRunning, {}, "ünïcödé and more"));
  EXPECT_EQ(take(), "- Boot the virtual machine   ");
  style_.columns = [] { return 200U; };
  TerminalProgress wide(out_, style_, clock_);
  wide.update(step(StepState::kDone, {}, "a\x1b[2J\nb"));
  EXPECT_EQ(take(), "+ Boot the virtual machine      0.0 s  a\\x1b[2J\\nb\n");
}

TEST_F(TerminalProgressTest, LeavesNoHalfLineBehind) {
  {
    TerminalProgress progress(out_, style_, clock_);
    progress.update(step(StepState::kRunning));
    take();
  }
  EXPECT_EQ(take(), "\r\x1b[2K");
}

TEST(PlainProgressTest, LinesWithoutControlSequences) {
  std::ostringstream out;
  PlainProgress progress(out);
  progress.plan("start", {step(StepState::kPending)});
  progress.update(step(StepState::kRunning));
  progress.update(step(StepState::kRunning, {}, "half way"));
  progress.note("so\nit is");
  progress.update(step(StepState::kCancelled, milliseconds(61'000), "half way"));
  EXPECT_EQ(out.str(),
            "Boot the virtual machine ...\n"
            "Note: so\\nit is\n"
            "  cancelled after 1 m 01 s (half way)\n");
}

TEST(JsonProgressTest, OneObjectALine) {
  std::ostringstream out;
  FakeClock clock;
  JsonProgress progress(out, clock);
  Step boot = step(StepState::kDone, milliseconds(2340), "KVM \"x\"");
  boot.expected = milliseconds(2500);
  progress.plan("start", {step(StepState::kPending)});
  progress.update(boot);
  progress.note("so");
  EXPECT_EQ(
      out.str(),
      R"({"time":"2023-11-14T22:13:20Z","event":"plan","operation":"start","steps":[{"id":"boot",)"
      R"("title":"Boot the virtual machine","state":"pending","elapsed_ms":0}]})"
      "\n"
      R"({"time":"2023-11-14T22:13:20Z","event":"step","id":"boot","title":"Boot the virtual machine",)"
      R"("state":"done","elapsed_ms":2340,"expected_ms":2500,"detail":"KVM \"x\""})"
      "\n"
      R"({"time":"2023-11-14T22:13:20Z","event":"note","message":"so"})"
      "\n");
}

}  // namespace
}  // namespace cove::cli
