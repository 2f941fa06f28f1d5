#include "core/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/strings.h"
#include "tests/support/temporary_folder.h"

namespace cove {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// Logs into a file and gives its lines back.
class Log : public ::testing::Test {
 protected:
  std::unique_ptr<Logger> open(LogFormat format, LogLevel minimum = LogLevel::kInfo) {
    return make_logger(file_.get(), format, minimum);
  }
  std::vector<std::string> lines() const {
    auto lines = split(read_file(folder_ / "log", 1 << 24).value(), '\n');
    EXPECT_EQ(lines.back(), "") << "the last line is not ended";
    lines.pop_back();
    return lines;
  }

 private:
  test::TemporaryFolder folder_;
  Fd file_{::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
};

TEST_F(Log, TextIsALineWithTimeAndLevel) {
  open(LogFormat::kText)->warn("disk is nearly full", {{"free", "3 MiB"}, {"path", "/var"}});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_THAT(
      lines()[0],
      MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z warning disk is nearly full free=3 MiB path=/var"));
}

TEST_F(Log, JsonIsAnObjectALine) {
  open(LogFormat::kJson)->error("it \"broke\"", {{"path", "C:\\"}, {"who", "集群"}});
  ASSERT_EQ(lines().size(), 1U);
  const auto object = boost::json::parse(lines()[0]).as_object();
  EXPECT_EQ(object.at("level"), "error");
  EXPECT_EQ(object.at("message"), "it \"broke\"");
  EXPECT_EQ(object.at("path"), "C:\\");
  EXPECT_EQ(object.at("who"), "集群");
  EXPECT_THAT(std::string(object.at("time").as_string()),
              MatchesRegex("....-..-..T..:..:..\\....Z"));
}

TEST_F(Log, NothingBelowTheMinimum) {
  auto log = open(LogFormat::kText, LogLevel::kWarning);
  log->debug("a");
  log->info("b");
  log->warn("c");
  EXPECT_EQ(lines().size(), 1U);
  open(LogFormat::kText, LogLevel::kDebug)->debug("d");
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(Log, OutsideBytesForgeNoLine) {
  const std::string evil = "x\n2026-01-01T00:00:00.000Z error   forged\r\x1b[2J\x7f{}%v";
  open(LogFormat::kText)->info(evil, {{"a\nb", evil}});
  open(LogFormat::kJson)->info(evil, {{"a\nb", evil}});
  ASSERT_EQ(lines().size(), 2U);
  for (const std::string& line : lines())
    EXPECT_EQ(line.find_first_of("\r\x1b"), std::string::npos) << line;
  EXPECT_THAT(
      lines()[0],
      HasSubstr(R"(x\n2026-01-01T00:00:00.000Z error   forged\x0d\x1b[2J\x7f{}%v a\nb=x\n)"));
  EXPECT_EQ(boost::json::parse(lines()[1]).as_object().at("message").as_string(), evil);
}

TEST_F(Log, AJsonLineSurvivesWhatIsNotUtf8) {
  open(LogFormat::kJson)->info("\xFF\xC0", {{"k", "\xED\xA0\x80"}});
  boost::system::error_code error;
  const auto value = boost::json::parse(lines().at(0), error);
  EXPECT_FALSE(error) << error.message();
}

struct LongCase {
  LogFormat format;
  std::string unit;
};
class LongLine : public Log, public ::testing::WithParamInterface<LongCase> {};

TEST_P(LongLine, IsCutAt16KiBAndStaysWhole) {
  std::string text;
  while (text.size() < 40'000) text += GetParam().unit;
  auto log = open(GetParam().format);
  log->info(text, {{"k", text}});
  log->info("short", {{"a", text}, {"b", text}, {text, "c"}});
  ASSERT_EQ(lines().size(), 2U);
  for (const std::string& line : lines()) {
    EXPECT_LE(line.size() + 1, 16U * 1024);
    EXPECT_GT(line.size(), 15U * 1024);
    if (GetParam().format == LogFormat::kJson) {
      boost::system::error_code error;
      boost::json::parse(line, error);
      EXPECT_FALSE(error) << error.message();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, LongLine,
    ::testing::Values(LongCase{LogFormat::kText, "x"}, LongCase{LogFormat::kText, "\x01"},
                      LongCase{LogFormat::kText, "a\xC2\x80"}, LongCase{LogFormat::kJson, "x"},
                      LongCase{LogFormat::kJson, "\x01"}, LongCase{LogFormat::kJson, "\xFF"},
                      LongCase{LogFormat::kJson, "集"}, LongCase{LogFormat::kJson, "\""}));

TEST_F(Log, ASecretShowsItselfToNobody) {
  const Secret secret("hunter2");
  EXPECT_EQ(fmt::format("{}", secret), "[secret]");
  EXPECT_EQ(fmt::format("{:>10}", secret), "  [secret]");
  open(LogFormat::kText)->info(fmt::format("key is {}", secret));
  EXPECT_THAT(lines().at(0), EndsWith("key is [secret]"));
  EXPECT_THAT(lines().at(0), Not(HasSubstr("hunter2")));
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_TRUE(Secret().empty());
}

TEST_F(Log, ThreadsDoNotMixLines) {
  auto log = open(LogFormat::kJson);
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) log->info(std::string(500, 'x'));
      });
    }
  }
  ASSERT_EQ(lines().size(), 800U);
  for (const std::string& line : lines())
    EXPECT_TRUE(line.starts_with("{\"time\":") && line.ends_with("\"}")) << line;
}

TEST(LogSink, ThatFailsStopsNobody) {
  Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  make_logger(full.get(), LogFormat::kText)->error("nobody hears this");
  make_logger(-1, LogFormat::kText)->error("nor this");
  null_logger().error("nor this");
}

}  // namespace
}  // namespace cove
