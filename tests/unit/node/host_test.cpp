#include "app/node/host.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::node {
namespace {

class HostTest : public testing::Test {
 protected:
  void write(const std::string& file, std::string_view text) {
    const Path path = folder_.path() / "sys/devices/system/cpu" / file;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(write_file_atomic(path, text, 0600).has_value());
  }
  std::string online(unsigned number) {
    return *read_file(folder_.path() / fmt::format("sys/devices/system/cpu/cpu{}/online", number),
                      16);
  }

  test::TemporaryFolder folder_;
};

TEST_F(HostTest, ProcessorsThatAreNotOnlineCount) {
  EXPECT_EQ(processors_present(folder_.path()), 0U);
  for (const auto& [list, count] : std::vector<std::pair<std::string, unsigned>>{
           {"0\n", 1}, {"0-1\n", 2}, {"0-2,5-7\n", 8}, {"many\n", 0}, {"0-99999999999\n", 0}}) {
    write("present", list);
    EXPECT_EQ(processors_present(folder_.path()), count) << list;
  }
}

TEST_F(HostTest, ProcessorsAreBroughtOnline) {
  write("present", "0-2\n");
  write("cpu1/online", "0\n");
  write("cpu2/online", "1\n");
  bring_processors_online(folder_.path(), std::chrono::milliseconds(0));
  EXPECT_EQ(online(1).front(), '1');
  EXPECT_EQ(online(2), "1\n");
}

}  // namespace
}  // namespace cove::node
