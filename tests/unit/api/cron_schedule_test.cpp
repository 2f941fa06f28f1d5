#include "core/api/cron_schedule.h"

#include <gtest/gtest.h>

#include "core/api/time.h"

namespace cove::api {
namespace {

// Version 2 of the compiled form with no changes of its own: what holds is the footer.
std::string zone_file(std::string_view footer) {
  const auto header = [](char version) {
    std::string text = "TZif";
    text += version;
    text.append(15, '\0');
    text.append(16, '\0');  // no indicators, leap seconds or changes
    text.append({0, 0, 0, 1});
    text.append({0, 0, 0, 4});
    return text;
  };
  std::string block = header('2');
  block.append({0, 0, 0, 0, 0, 0});
  block.append("UTC");
  block += '\0';
  return block + block + "\n" + std::string(footer) + "\n";
}

TimeZone zone(std::string_view footer) {
  auto parsed = TimeZone::parse(zone_file(footer));
  EXPECT_TRUE(parsed) << footer;
  return parsed ? *parsed : TimeZone();
}

WallTime at(std::string_view text) {
  return parse_time(text).value();
}

constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST(TimeZone, FollowsTheRuleOfItsFooter) {
  struct Case {
    std::string_view footer, time, shown;
  };
  const std::vector<Case> cases = {
      {kBerlin, "2026-01-15T12:00:00Z", "2026-01-15T13:00:00+01:00"},
      {kBerlin, "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"},
      {kBerlin, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"},
      {kBerlin, "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"},
      {kBerlin, "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"},
      {"EST5EDT,M3.2.0,M11.1.0", "2026-07-01T00:00:00Z", "2026-06-30T20:00:00-04:00"},
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"},
      {"<+0545>-5:45", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"},
      {"UTC0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
      {"AAA3BBB2,J60/0,J300/0", "2028-02-29T12:00:00Z", "2028-02-29T09:00:00-03:00"},
      {"AAA3BBB2,J60/0,J300/0", "2028-03-01T12:00:00Z", "2028-03-01T10:00:00-02:00"},
  };
  for (const Case& each : cases)
    EXPECT_EQ(zone(each.footer).format(at(each.time)), each.shown) << each.footer;
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  const std::string whole = zone_file(kBerlin);
  // Cut anywhere before the footer it is broken; none of it is read beyond its end.
  for (std::size_t size = 0; size + kBerlin.size() + 2 < whole.size(); ++size)
    EXPECT_FALSE(TimeZone::parse(whole.substr(0, size))) << size;
  for (const std::string_view footer :
       {"CE-1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "CET-999"}) {
    EXPECT_FALSE(TimeZone::parse(zone_file(footer))) << footer;
  }
  EXPECT_EQ(TimeZone::load("../etc/passwd").error().cause, "time: invalid location name");
  EXPECT_EQ(TimeZone::load("No/Where").error().cause, "unknown time zone No/Where");
  EXPECT_TRUE(TimeZone::load("UTC"));
}

TEST(CronSchedule, FindsTheNextTime) {
  struct Case {
    std::string_view schedule, from, next;
  };
  const std::vector<Case> cases = {
      {"* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"},
      {"* * * * *", "2026-01-01T00:00:59Z", "2026-01-01T00:01:00Z"},
      {"*/15 * * * *", "2026-01-01T00:16:00Z", "2026-01-01T00:30:00Z"},
      {"5/20 * * * *", "2026-01-01T00:26:00Z", "2026-01-01T00:45:00Z"},
      {"0 9-17/4 * * *", "2026-01-01T09:30:00Z", "2026-01-01T13:00:00Z"},
      {"0 0 * jan,JUL mon-fri", "2026-01-30T01:00:00Z", "2026-07-01T00:00:00Z"},
      {"0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},  // either day will do
      {"0 0 */2 * 1", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"},
      {"0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"},
      {"@hourly", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"},
      {"@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
      {"@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"@every 90m", "2026-01-01T00:00:10Z", "2026-01-01T01:30:10Z"},
      {"0 0 31 2 *", "2026-01-01T00:00:00Z", ""},
      {", * * * *", "2026-01-01T00:00:00Z", ""},
  };
  for (const Case& each : cases) {
    const auto next = CronSchedule::parse(each.schedule).value().next(at(each.from));
    EXPECT_EQ(next ? format_time(*next) : "", each.next) << each.schedule;
  }
}

TEST(CronSchedule, FollowsClocksThatAreSetForwardAndBack) {
  const auto in_berlin = [](std::string_view schedule, std::string_view from) {
    const auto next = CronSchedule::parse(schedule, zone(kBerlin)).value().next(at(from));
    return next ? format_time(*next) : "";
  };
  EXPECT_EQ(in_berlin("30 2 * * *", "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
  EXPECT_EQ(in_berlin("30 3 * * *", "2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(in_berlin("30 2 * * *", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(in_berlin("30 2 * * *", "2026-10-25T00:30:00Z"), "2026-10-25T01:30:00Z");
  EXPECT_EQ(in_berlin("0 0 * * *", "2026-03-28T12:00:00Z"), "2026-03-28T23:00:00Z");
}

TEST(CronSchedule, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "empty spec string"},
      {"* * *", "expected exactly 5 fields, found 3: [* * *]"},
      {"60 * * * *", "end of range (60) above maximum (59): 60"},
      {"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
      {"*/0 * * * *", "step of range should be a positive number: */0"},
      {"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"},
      {"@never", "unrecognized descriptor: @never"},
      {"TZ=No/Where * * * * *", "provided bad location No/Where: unknown time zone No/Where"},
  };
  for (const auto& [schedule, problem] : cases)
    EXPECT_EQ(schedule_problem(schedule).value_or(""), problem);
}

}  // namespace
}  // namespace cove::api
