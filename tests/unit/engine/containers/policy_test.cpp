#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "core/engine/health.h"
#include "core/engine/restart_policy.h"

namespace cove::engine {
namespace {

using namespace std::chrono_literals;
using Kind = RestartPolicy::Kind;

TEST(RestartBackoff, DoublesUpToAMinuteAndStartsAnewAfterALongRun) {
  FakeClock clock;
  RestartBackoff backoff;
  const RestartPolicy always{Kind::kAlways};
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 12; ++i) {
    const auto wait = backoff.after(always, {.exit_code = 1});
    ASSERT_TRUE(wait);
    waits.push_back(*wait);
    clock.sleep(*wait);
  }
  EXPECT_EQ(waits[0], 100ms);
  EXPECT_EQ(waits[1], 200ms);
  EXPECT_EQ(waits[5], 3200ms);
  EXPECT_EQ(waits.back(), 60s);
  EXPECT_EQ(backoff.after(always, {.exit_code = 1, .ran = 10s}), 100ms);
}

struct PolicyCase {
  RestartPolicy policy;
  RestartBackoff::Ended ended;
  bool restarts = false;
};
class Policy : public ::testing::TestWithParam<PolicyCase> {};
TEST_P(Policy, Decides) {
  RestartBackoff backoff;
  EXPECT_EQ(backoff.after(GetParam().policy, GetParam().ended).has_value(), GetParam().restarts);
}
INSTANTIATE_TEST_SUITE_P(
    Policies, Policy,
    ::testing::Values(
        PolicyCase{{Kind::kNo}, {.exit_code = 1}, false},
        PolicyCase{{Kind::kAlways}, {.exit_code = 0}, true},
        PolicyCase{{Kind::kAlways}, {.exit_code = 0, .stopped_by_user = true}, false},
        PolicyCase{{Kind::kUnlessStopped}, {.exit_code = 0}, true},
        PolicyCase{{Kind::kUnlessStopped}, {.exit_code = 0, .stopped_by_user = true}, false},
        PolicyCase{{Kind::kOnFailure}, {.exit_code = 0}, false},
        PolicyCase{{Kind::kOnFailure}, {.exit_code = 2}, true},
        PolicyCase{{Kind::kOnFailure, 3}, {.exit_code = 2, .restart_count = 2}, true},
        PolicyCase{{Kind::kOnFailure, 3}, {.exit_code = 2, .restart_count = 3}, false}));

TEST(StartsWithEngine, IsAlwaysAndWhatWasNotStopped) {
  EXPECT_TRUE(starts_with_engine({Kind::kAlways}, true, true, 0));
  EXPECT_FALSE(starts_with_engine({Kind::kAlways}, false, false, 0));
  EXPECT_TRUE(starts_with_engine({Kind::kUnlessStopped}, true, false, 0));
  EXPECT_FALSE(starts_with_engine({Kind::kUnlessStopped}, true, true, 0));
  EXPECT_FALSE(starts_with_engine({Kind::kOnFailure}, true, false, 0));
  EXPECT_TRUE(starts_with_engine({Kind::kOnFailure}, true, false, 1));
  EXPECT_FALSE(starts_with_engine({Kind::kNo}, true, false, 1));
}

HealthResult result(int code) {
  HealthResult made;
  made.exit_code = code;
  return made;
}

TEST(TakeResult, CountsFailuresUntilUnhealthy) {
  HealthState state;
  state.status = "starting";
  image::HealthCheck check;
  check.retries = 2;
  EXPECT_FALSE(take_result(state, result(1), check, 1s));
  EXPECT_EQ(state.failing_streak, 1);
  EXPECT_TRUE(take_result(state, result(1), check, 1s));
  EXPECT_EQ(state.status, "unhealthy");
  EXPECT_TRUE(take_result(state, result(0), check, 1s));
  EXPECT_EQ(state.status, "healthy");
  EXPECT_EQ(state.failing_streak, 0);
  for (int i = 0; i < 9; ++i) take_result(state, result(0), check, 1s);
  EXPECT_EQ(state.log.size(), 5U);
}

TEST(TakeResult, ForgivesWithinTheStartPeriod) {
  HealthState state;
  state.status = "starting";
  image::HealthCheck check;
  check.retries = 1;
  check.start_period = 10s;
  EXPECT_FALSE(take_result(state, result(1), check, 5s));
  EXPECT_EQ(state.failing_streak, 0);
  EXPECT_EQ(probe_delay(state, check, 5s), 5s);
  EXPECT_EQ(probe_delay(state, check, 15s), 30s);
  EXPECT_TRUE(take_result(state, result(1), check, 11s));
  EXPECT_EQ(state.status, "unhealthy");
}

}  // namespace
}  // namespace cove::engine
