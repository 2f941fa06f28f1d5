#include "app/init/output.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/init/backoff.h"
#include "tests/support/temporary_folder.h"

namespace cove::init {
namespace {

using namespace std::chrono_literals;

class OutputTest : public testing::Test {
 protected:
  std::string text(const std::string& name) {
    const auto bytes = read_file(folder_ / name, 1 << 20);
    return bytes.has_value() ? *bytes : "(none)";
  }
  test::TemporaryFolder temporary_;
  Path folder_ = temporary_.path();
};

TEST_F(OutputTest, LogKeepsTwoFilesOfItsSize) {
  RotatingLog log(folder_ / "log", 100);
  for (int i = 0; i < 100; ++i) log.append("line " + std::to_string(i) + "\n");
  EXPECT_LE(text("log").size(), 100U);
  EXPECT_LE(text("log.1").size(), 100U);
  EXPECT_TRUE(text("log").ends_with("line 99\n"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
  const std::string both = text("log.1") + text("log");
  EXPECT_NE(both.find("line 90\n"), std::string::npos);
}

TEST_F(OutputTest, LogGoesOnWhereAnEarlierRunEnded) {
  { RotatingLog(folder_ / "log", 100).append(std::string(90, 'a')); }
  RotatingLog(folder_ / "log", 100).append(std::string(20, 'b'));
  EXPECT_EQ(text("log"), std::string(20, 'b'));
  EXPECT_EQ(text("log.1"), std::string(90, 'a'));
}

TEST_F(OutputTest, LogWithoutAFolderIsDropped) {
  RotatingLog(folder_ / "no/such/log").append("x");
}

TEST_F(OutputTest, ConsoleSaysOnceThatItStops) {
  Pipe pipe = *make_pipe();
  {
    Console console(std::move(pipe.write), 100);
    for (int i = 0; i < 50; ++i) console.relay("coved", "a line");
  }
  std::string seen(4096, '\0');
  seen.resize(static_cast<std::size_t>(::read(pipe.read.get(), seen.data(), seen.size())));
  EXPECT_TRUE(seen.starts_with("coved| a line\n"));
  EXPECT_TRUE(seen.ends_with("the rest is dropped\n"));
  EXPECT_LE(seen.size(), 200U);
}

TEST_F(OutputTest, ConsoleEscapesWhatCouldForgeALine) {
  Pipe pipe = *make_pipe();
  { Console(std::move(pipe.write)).relay("coved", "a\x1b[2J\ncove: forged"); }
  std::string seen(4096, '\0');
  seen.resize(static_cast<std::size_t>(::read(pipe.read.get(), seen.data(), seen.size())));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 1);
  EXPECT_EQ(seen.find('\x1b'), std::string::npos);
}

TEST(LineSplitter, LongLinesAreCutAndNothingIsLost) {
  LineSplitter lines;
  lines.push("one\ntwo");
  EXPECT_EQ(lines.next(), "one");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_EQ(lines.rest(), "two");
  lines.push(std::string(10'000, 'x') + "\ny\n");
  std::string all;
  while (const auto line = lines.next()) {
    EXPECT_LE(line->size(), LineSplitter::kMaxLine);
    all += *line;
  }
  EXPECT_EQ(all, std::string(10'000, 'x') + "y");
  EXPECT_EQ(lines.rest(), std::nullopt);
}

TEST(Backoff, DoublesToTenSecondsAndForgetsAfterAMinute) {
  Backoff backoff;
  SteadyTime now{};
  for (const auto expected :
       {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10'000ms, 10'000ms}) {
    EXPECT_EQ(backoff.next(now, now + 1s), expected);
  }
  EXPECT_EQ(backoff.next(now, now + 59s), 10'000ms);
  EXPECT_EQ(backoff.next(now, now + 60s), 100ms);
}

}  // namespace
}  // namespace cove::init
