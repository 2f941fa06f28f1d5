#include "core/base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace cove {
namespace {

using namespace std::chrono_literals;

TEST(FakeClock, StandsStillUntilAdvanced) {
  FakeClock clock;
  const auto wall = clock.wall();
  const auto steady = clock.steady();
  EXPECT_EQ(clock.wall(), wall);
  clock.advance(90s);
  EXPECT_EQ(clock.wall() - wall, 90s);
  EXPECT_EQ(clock.steady() - steady, 90s);
}

TEST(FakeClock, SleepingAdvancesIt) {
  FakeClock clock;
  const auto before = clock.steady();
  EXPECT_TRUE(clock.sleep(24h));
  EXPECT_EQ(clock.steady() - before, 24h);
}

TEST(FakeClock, DoesNotSleepOnceStopped) {
  FakeClock clock;
  const auto before = clock.steady();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(clock.sleep(1h, stop.get_token()));
  EXPECT_EQ(clock.steady(), before);
}

TEST(SystemClock, SleepIsCutOffByAStopRequest) {
  SystemClock clock;
  bool whole = true;
  std::jthread sleeper([&](const std::stop_token& stop) { whole = clock.sleep(24h, stop); });
  sleeper.request_stop();
  sleeper.join();
  EXPECT_FALSE(whole);
}

TEST(SystemClock, SleepsTheWholeTime) {
  SystemClock clock;
  const auto before = clock.steady();
  EXPECT_TRUE(clock.sleep(2ms));
  EXPECT_GE(clock.steady() - before, 2ms);
}

TEST(Rfc3339, IsUtcWithSeconds) {
  EXPECT_EQ(rfc3339(WallTime(0s)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(WallTime(1'767'323'045s)), "2026-01-02T03:04:05Z");
  EXPECT_EQ(rfc3339(WallTime(1'767'323'045s + 999ms)), "2026-01-02T03:04:05Z");
}

}  // namespace
}  // namespace cove
