#include "core/api/time.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

using namespace std::chrono_literals;

std::string seconds_of(std::string_view text) {
  const auto canonical = canonical_time(text, TimePrecision::kSeconds);
  return canonical.has_error() ? canonical.error().cause : *canonical;
}

TEST(TimeTest, TimesAreBroughtToUtc) {
  EXPECT_EQ(seconds_of("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00Z");
  EXPECT_EQ(seconds_of("2024-01-01T01:30:00.999+02:00"), "2023-12-31T23:30:00Z");
  EXPECT_EQ(seconds_of("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z");
  EXPECT_EQ(seconds_of("0001-01-01T00:00:00Z"), "") << "Go's zero time";
  EXPECT_EQ(*canonical_time("2024-01-01T00:00:00.1234567Z", TimePrecision::kMicroseconds),
            "2024-01-01T00:00:00.123456Z");
}

TEST(TimeTest, WhatIsNoTimeIsRefusedWithUpstreamsWords) {
  EXPECT_EQ(seconds_of("yesterday"),
            "parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
            "\"yesterday\" as \"2006\"");
  EXPECT_EQ(seconds_of("2024-13-01T00:00:00Z"),
            "parsing time \"2024-13-01T00:00:00Z\": month out of range");
  EXPECT_EQ(seconds_of("2023-02-29T00:00:00Z"),
            "parsing time \"2023-02-29T00:00:00Z\": day out of range");
  EXPECT_EQ(seconds_of("2023-02-28T00:00:00Zx"),
            "parsing time \"2023-02-28T00:00:00Zx\": extra text: \"x\"");
  EXPECT_TRUE(parse_time("2023-02-28 00:00:00Z").has_error());
  EXPECT_TRUE(parse_time("2023-02-28T00:00:00").has_error());
  EXPECT_TRUE(parse_time("").has_error());
}

TEST(TimeTest, WallTimesGoForthAndBack) {
  const WallTime time(1'700'000'000s + 123'456us);
  EXPECT_EQ(format_time(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(format_micro_time(time), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(*parse_time(format_micro_time(time)), time);
  EXPECT_LT(*parse_time("0001-01-01T00:00:00Z"), time);
  EXPECT_GT(*parse_time("9999-01-01T00:00:00Z"), time);
}

TEST(TimeTest, DurationsAreGos) {
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("-1.5s"), -1500ms);
  EXPECT_EQ(*parse_duration("0"), 0s);
  EXPECT_EQ(*parse_duration("1µs"), 1us);
  EXPECT_EQ(parse_duration("5").error().cause, "time: missing unit in duration \"5\"");
  EXPECT_EQ(parse_duration("5d").error().cause, "time: unknown unit \"d\" in duration \"5d\"");
  EXPECT_EQ(parse_duration("x").error().cause, "time: invalid duration \"x\"");
  EXPECT_TRUE(parse_duration("999999999999h").has_error());
  EXPECT_TRUE(parse_duration("").has_error());
  EXPECT_EQ(format_duration(90min), "1h30m0s");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(-100ms), "-100ms");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(60s), "1m0s");
}

TEST(TimeTest, AgesAreShort) {
  const std::pair<std::chrono::seconds, std::string_view> cases[] = {
      {-5s, "<invalid>"},   {-1s, "0s"},         {0s, "0s"},      {119s, "119s"},
      {120s, "2m"},         {200s, "3m20s"},     {10min, "10m"},  {179min, "179m"},
      {3h, "3h"},           {3h + 5min, "3h5m"}, {9h, "9h"},      {47h, "47h"},
      {48h, "2d"},          {50h, "2d2h"},       {24h * 9, "9d"}, {24h * 729, "729d"},
      {24h * 800, "2y70d"}, {24h * 3650, "10y"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(human_duration(duration), text);
  EXPECT_EQ(age("never", WallTime()), "<unknown>");
  EXPECT_EQ(age("1970-01-01T00:00:00Z", WallTime(5s)), "5s");
}

}  // namespace
}  // namespace cove::api
