#include "core/runtime/process_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::runtime {
namespace {

using testing::ElementsAre;

class ProcessTableTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.proc = folder_.path();
    host_.passwd = folder_ / "passwd";
    host_.now = WallTime(std::chrono::seconds(1'700'000'000));  // 2023-11-14 22:13:20
    host_.memory_bytes = 1 << 30;
    write("passwd", "root:x:0:0::/:\nalice:x:1000:1000::/:\n");
    write("uptime", "100000.00 5.0\n");
    process(7, "sh", 1, 34816, 6000, 0, 9'990'000, 1000, std::string("sh\0-c\0x y\0", 10));
    process(9, "odd) S 1 (name", 7, 0, 250000, 250000, 1000, 5, "");
  }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(write_file_atomic(folder_ / name, text, 0644));
  }
  void process(int pid, const std::string& name, int parent, int terminal, int user, int system,
               int start, int uid, const std::string& command) {
    const std::string folder = std::to_string(pid) + "/";
    write(folder + "stat",
          fmt::format("{} ({}) S {} 7 7 {} -1 0 0 0 0 0 {} {} 0 0 20 0 1 0 {} 2048000 500 0\n", pid,
                      name, parent, terminal, user, system, start));
    write(folder + "status",
          fmt::format("Name:\tx\nUid:\t{0}\t{0}\t{0}\t{0}\nGid:\t3\t3\t3\t3\n", uid));
    write(folder + "cmdline", command);
  }
  test::TemporaryFolder folder_;
  ProcessHost host_;
};

TEST_F(ProcessTableTest, TheUsualFormIsThatOfPsEf) {
  for (const std::vector<std::string>& form :
       {std::vector<std::string>{}, {"-ef"}, {"ef"}, {"-e", "-f"}}) {
    const auto table = process_table({7, 8, 9}, form, host_);
    ASSERT_TRUE(table);
    EXPECT_THAT(table->first,
                ElementsAre("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"));
    ASSERT_EQ(table->second.size(), 2U);  // 8 has ended
    EXPECT_THAT(table->second[0],
                ElementsAre("alice", "7", "1", "60", "22:11", "pts/0", "00:01:00", "sh -c x y"));
    EXPECT_THAT(table->second[1],
                ElementsAre("5", "9", "7", "5", "Nov13", "?", "01:23:20", "[odd) S 1 (name]"));
  }
}

TEST_F(ProcessTableTest, OtherForms) {
  const auto wide = *process_table({7}, {"aux"}, host_);
  EXPECT_THAT(wide.first, ElementsAre("USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT",
                                      "START", "TIME", "COMMAND"));
  EXPECT_THAT(wide.second.at(0), ElementsAre("alice", "7", "60.0", "0.2", "2000", "2000", "pts/0",
                                             "S", "22:11", "1:00", "sh -c x y"));
  const auto own = *process_table({9}, {"-eo", "pid,comm,etime,uid,gid"}, host_);
  EXPECT_THAT(own.first, ElementsAre("PID", "COMMAND", "ELAPSED", "UID", "GID"));
  EXPECT_THAT(own.second.at(0), ElementsAre("9", "odd) S 1 (name", "1-03:46:30", "5", "3"));
  EXPECT_THAT(process_table({9}, {"-o", "pid", "-o", "ppid"}, host_)->second.at(0),
              ElementsAre("9", "7"));
  EXPECT_THAT(process_table({9}, {"-opid,cmd"}, host_)->first, ElementsAre("PID", "CMD"));
}

TEST_F(ProcessTableTest, WhatIsNotUnderstoodIsSaid) {
  for (const std::vector<std::string>& form :
       {std::vector<std::string>{"-o", "nonsense"}, {"-o"}, {"--help"}, {"-Z"}, {"-o", ""}}) {
    EXPECT_EQ(process_table({7}, form, host_).error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cove::runtime
