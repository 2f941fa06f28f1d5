#include "app/cli/log_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cove::cli {
namespace {

class LogReaderTest : public ::testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(log_, std::ios::app) << text; }
  LogReader open(std::uint64_t lines) {
    auto reader = LogReader::open(log_, lines);
    if (!reader) throw std::runtime_error(reader.error().message());
    return std::move(*reader);
  }
  static std::string read_all(LogReader& reader) {
    std::string text;
    while (true) {
      auto bytes = reader.read();
      if (!bytes || bytes->empty()) return text;
      text += *bytes;
    }
  }
  test::TemporaryFolder folder_;
  Path log_ = folder_.path() / "console.log";
};

TEST_F(LogReaderTest, LastLines) {
  append("one\ntwo\nthree\n");
  for (const auto& [lines, expected] :
       std::vector<std::pair<int, std::string>>{{0, "one\ntwo\nthree\n"},
                                                {1, "three\n"},
                                                {2, "two\nthree\n"},
                                                {3, "one\ntwo\nthree\n"},
                                                {99, "one\ntwo\nthree\n"}}) {
    LogReader reader = open(static_cast<std::uint64_t>(lines));
    EXPECT_EQ(read_all(reader), expected) << lines;
  }
  append("cut");
  LogReader reader = open(2);
  EXPECT_EQ(read_all(reader), "three\ncut");
}

TEST_F(LogReaderTest, LastLinesOfALongLog) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
  append(text);
  LogReader reader = open(30'000);
  const std::string got = read_all(reader);
  EXPECT_EQ(got, text.substr(text.find("\n20000\n") + 1));
}

TEST_F(LogReaderTest, EmptyAndMissing) {
  EXPECT_EQ(LogReader::open(log_, 5).error().code, ErrorCode::kNotFound);
  append("");
  LogReader reader = open(5);
  EXPECT_EQ(read_all(reader), "");
  append("now\n");
  EXPECT_EQ(read_all(reader), "now\n");
}

TEST_F(LogReaderTest, TruncatedFileIsReadFromItsNewBeginning) {
  append("a long first line\n");
  LogReader reader = open(0);
  read_all(reader);
  std::ofstream(log_, std::ios::trunc) << "new\n";
  EXPECT_EQ(read_all(reader), "new\n");
}

TEST_F(LogReaderTest, RotatedFileIsFinishedFirst) {
  append("one\n");
  LogReader reader = open(0);
  EXPECT_EQ(read_all(reader), "one\n");
  append("two\n");
  std::filesystem::rename(log_, log_.string() + ".1");
  EXPECT_EQ(read_all(reader), "two\n");
  EXPECT_EQ(read_all(reader), "") << "between two files there is nothing to read";
  append("three\n");
  EXPECT_EQ(read_all(reader), "three\n");
}

TEST(PrintableLog, ShowsControlCharacters) {
  EXPECT_EQ(printable_log("a\tb\r\n\x1b[31mé\x7f"), "a\tb\n\\x1b[31mé\\x7f");
}

}  // namespace
}  // namespace cove::cli
