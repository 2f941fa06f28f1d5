#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "core/runtime/log_reader.h"
#include "tests/support/temporary_folder.h"

namespace cove::runtime {
namespace {

using testing::ElementsAre;

TEST(LogLineTest, FormIsTakenByTheLetter) {
  const auto line = parse_log_line("2026-11-21T16:09:11.987387413+02:00 stderr P two  words");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->channel, Streams::Channel::kError);
  EXPECT_TRUE(line->partial);
  EXPECT_EQ(line->text, "two  words");
  EXPECT_EQ(rfc3339(line->time), "2026-11-21T14:09:11Z");
  EXPECT_EQ(line->time.time_since_epoch().count() % 1'000'000'000, 987387413);
  EXPECT_TRUE(parse_log_line("2026-11-21T16:09:11Z stdout F "));
  EXPECT_EQ(parse_log_line("2026-11-21T16:09:11.5Z stdout F ")->time.time_since_epoch().count() %
                1'000'000'000,
            500'000'000);
}

TEST(LogLineTest, WhatIsNoEntryIsNone) {
  for (const char* text : {"", " ", "2026-11-21T16:09:11Z", "2026-11-21T16:09:11Z stdout",
                           "2026-11-21T16:09:11Z stdout F", "2026-11-21T16:09:11Z stdin F x",
                           "2026-11-21T16:09:11Z stdout X x", "2026-13-21T16:09:11Z stdout F x",
                           "2026-02-30T16:09:11Z stdout F x", "2026-11-21T25:09:11Z stdout F x",
                           "2026-11-21 16:09:11Z stdout F x", "2026-11-21T16:09:11 stdout F x",
                           "2026-11-21T16:09:11+0200 stdout F x",
                           "99999999999999999999999999999999999999999999999 stdout F x",
                           "2026-11-21T16:09:11.Z stdout Fx"}) {
    EXPECT_FALSE(parse_log_line(text)) << text;
  }
}

class LogFileTest : public testing::Test {
 protected:
  Path file() const { return folder_ / "log"; }
  static std::string entry(int second, const std::string& text, const char* stream = "stdout",
                           const char* tag = "F") {
    return fmt::format("2026-01-01T{:02}:{:02}:{:02}.000000000Z {} {} {}\n", second / 3600,
                       second / 60 % 60, second % 60, stream, tag, text);
  }
  static WallTime at(int second) { return parse_log_line(entry(second, ""))->time; }
  static void append(const Path& path, const std::string& text) {
    std::ofstream(path, std::ios::app | std::ios::binary) << text;
  }
  std::vector<std::string> read(const LogQuery& query, const LogEnd* end = nullptr) {
    std::vector<std::string> lines;
    auto done = read_log_files(file(), query,
                               [&](const LogLine& line) {
                                 lines.push_back(line.text + (line.partial ? "+" : ""));
                                 return true;
                               },
                               end, {});
    EXPECT_TRUE(done);
    return lines;
  }
  test::TemporaryFolder folder_;
};

TEST_F(LogFileTest, NoFileIsAnEmptyLog) {
  EXPECT_TRUE(read({}).empty());
  LogQuery tail;
  tail.tail = 5;
  EXPECT_TRUE(read(tail).empty());
}

TEST_F(LogFileTest, RotatedFilesComeFirst) {
  append(folder_ / "log.2", entry(1, "a"));
  append(folder_ / "log.1", entry(2, "b") + entry(3, "c"));
  append(file(), entry(4, "d") + "rubbish\n\n" + entry(5, "e", "stderr"));
  EXPECT_THAT(read({}), ElementsAre("a", "b", "c", "d", "e"));
  LogQuery query;
  query.error = false;
  EXPECT_THAT(read(query), ElementsAre("a", "b", "c", "d"));
  query.error = true;
  query.out = false;
  EXPECT_THAT(read(query), ElementsAre("e"));
  query = {};
  query.since = at(3);
  query.until = at(4);
  EXPECT_THAT(read(query), ElementsAre("c", "d"));
}

TEST_F(LogFileTest, TailsAreFullLinesFromTheEnd) {
  append(folder_ / "log.1", entry(1, "a") + entry(2, "b"));
  append(file(), entry(3, "c1", "stdout", "P") + entry(3, "c2") + entry(4, "d"));
  const std::vector<std::pair<std::uint64_t, std::vector<std::string>>> expected = {
      {0, {}},
      {1, {"d"}},
      {2, {"c1+", "c2", "d"}},
      {3, {"b", "c1+", "c2", "d"}},
      {4, {"a", "b", "c1+", "c2", "d"}},
      {99, {"a", "b", "c1+", "c2", "d"}}};
  for (const auto& [count, lines] : expected) {
    LogQuery query;
    query.tail = count;
    EXPECT_EQ(read(query), lines) << count;
  }
}

TEST_F(LogFileTest, TailsOfLargeFilesCrossBlocks) {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += entry(i, fmt::format("line {} {}", i, std::string(i % 97, 'x')));
  append(file(), text);
  for (const std::uint64_t count : {1U, 2U, 700U, 1000U, 4999U, 5000U, 5001U}) {
    LogQuery query;
    query.tail = count;
    const auto lines = read(query);
    ASSERT_EQ(lines.size(), std::min<std::uint64_t>(count, 5000)) << count;
    EXPECT_THAT(lines.front(), testing::StartsWith(fmt::format("line {} ", 5000 - lines.size())));
    EXPECT_THAT(lines.back(), testing::StartsWith("line 4999 "));
  }
  for (const int second : {0, 1, 2500, 4998, 4999, 5000}) {
    LogQuery query;
    query.since = at(second);
    EXPECT_EQ(read(query).size(), static_cast<std::size_t>(5000 - second)) << second;
  }
}

TEST_F(LogFileTest, GiantsAreCutAndTheRestIsRead) {
  append(file(), entry(1, std::string(kLongestLogEntry * 3, 'x')) + entry(2, "after"));
  const auto lines = read({});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_LE(lines[0].size(), kLongestLogEntry);
  EXPECT_EQ(lines[1], "after");
  LogQuery query;
  query.tail = 1;
  EXPECT_THAT(read(query), ElementsAre("after"));
}

TEST_F(LogFileTest, AnEntryThatIsBeingWrittenWaits) {
  append(file(), entry(1, "whole") + "2026-01-01T00:00:02Z stdout F ha");
  EXPECT_THAT(read({}), ElementsAre("whole"));
}

TEST_F(LogFileTest, FollowingSeesGrowthAndRotationUntilTheEnd) {
  append(file(), entry(1, "old"));
  LogEnd end;
  LogQuery query;
  query.follow = true;
  std::vector<std::string> lines;
  // Each line heard is what lets the next happen, so the order is certain.
  auto done = read_log_files(file(), query,
                             [&](const LogLine& line) {
                               lines.push_back(line.text);
                               if (line.text == "old") append(file(), entry(2, "grown"));
                               if (line.text == "grown") {
                                 std::filesystem::rename(file(), folder_ / "log.1");
                                 append(folder_ / "log.1", entry(3, "late"));
                                 append(file(), entry(4, "new"));
                               }
                               if (line.text == "new") {
                                 append(file(), entry(5, "last"));
                                 end.ended();
                               }
                               return true;
                             },
                             &end, {});
  EXPECT_TRUE(done);
  EXPECT_THAT(lines, ElementsAre("old", "grown", "late", "new", "last"));
}

TEST_F(LogFileTest, FollowingCanBeStopped) {
  append(file(), entry(1, "old"));
  LogEnd end;
  LogQuery query;
  query.follow = true;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_TRUE(read_log_files(
      file(), query, [](const LogLine&) { return true; }, &end, stop.get_token()));
}

}  // namespace
}  // namespace cove::runtime
