#include "core/os/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::os {
namespace {

class CgroupTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const Path file = root_ / name;
    std::filesystem::create_directories(file.parent_path());
    ASSERT_TRUE(write_file_atomic(file, text, 0644));
  }
  void mounts(const std::string& text) { write("proc/self/mountinfo", text); }
  std::unique_ptr<Cgroups> find() {
    auto found = Cgroups::find(root_.path());
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(*found) : nullptr;
  }
  static constexpr const char* kV2 =
      "22 1 0:5 / /proc rw - proc proc rw\n"
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  static constexpr const char* kV1 =
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "34 31 0:31 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
      "35 31 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "36 31 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
  static constexpr const char* kUnified =
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

  test::TemporaryFolder root_;
};

TEST_F(CgroupTest, VersionIsWhatIsMounted) {
  mounts(kV2);
  EXPECT_EQ(find()->version(), CgroupVersion::kV2);
  EXPECT_FALSE(find()->hybrid());
  mounts(kV1);
  EXPECT_EQ(find()->version(), CgroupVersion::kV1);
  EXPECT_FALSE(find()->hybrid());
  mounts(std::string(kV1) + kUnified);
  EXPECT_EQ(find()->version(), CgroupVersion::kV1);
  EXPECT_TRUE(find()->hybrid());
  // Only systemd's own hierarchy beside version 2: that is no controller.
  mounts(std::string(kV2) +
         "36 31 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n");
  EXPECT_EQ(find()->version(), CgroupVersion::kV2);
  mounts("22 1 0:5 / /proc rw - proc proc rw\nbroken\n - \n");
  EXPECT_EQ(Cgroups::find(root_.path()).error().code, ErrorCode::kUnsupported);
}

TEST_F(CgroupTest, UsageOfVersionTwo) {
  mounts(kV2);
  const std::string group = "sys/fs/cgroup/cove/a/";
  write(group + "cpu.stat",
        "usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 7\nnr_throttled 2\n"
        "throttled_usec 50\n");
  write(group + "memory.current", "8192\n");
  write(group + "memory.max", "max\n");
  write(group + "memory.peak", "16384\n");
  write(group + "memory.stat", "anon 4096\nfile 1\ninactive_file 512\npgfault 9\npgmajfault 3\n");
  write(group + "memory.events", "low 0\noom 2\noom_kill 1\n");
  write(group + "pids.current", "4\n");
  write(group + "pids.max", "100\n");
  write(group + "io.stat",
        "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0\n8:16 rbytes=5 wios=1\n");
  const auto usage = *find()->usage("/cove/a");
  EXPECT_EQ(usage.cpu_total_ns, 3'000'000U);
  EXPECT_EQ(usage.cpu_user_ns, 2'000'000U);
  EXPECT_EQ(usage.cpu_system_ns, 1'000'000U);
  EXPECT_EQ(usage.periods, 7U);
  EXPECT_EQ(usage.throttled_periods, 2U);
  EXPECT_EQ(usage.throttled_ns, 50'000U);
  EXPECT_EQ(usage.memory_bytes, 8192U);
  EXPECT_EQ(usage.memory_limit, 0U);
  EXPECT_EQ(usage.memory_peak, 16384U);
  EXPECT_EQ(usage.memory_anon, 4096U);
  EXPECT_EQ(usage.memory_inactive_file, 512U);
  EXPECT_EQ(usage.page_faults, 9U);
  EXPECT_EQ(usage.major_page_faults, 3U);
  EXPECT_EQ(usage.pids, 4U);
  EXPECT_EQ(usage.pids_limit, 100U);
  EXPECT_EQ(usage.read_bytes, 15U);
  EXPECT_EQ(usage.written_bytes, 20U);
  EXPECT_EQ(usage.read_ops, 1U);
  EXPECT_EQ(usage.write_ops, 3U);
  EXPECT_EQ(*find()->oom_kills("/cove/a"), 1U);
}

TEST_F(CgroupTest, UsageOfVersionOne) {
  mounts(kV1);
  write("sys/fs/cgroup/cpu,cpuacct/cove/a/cpuacct.usage", "123456\n");
  write("sys/fs/cgroup/cpu,cpuacct/cove/a/cpuacct.stat", "user 2\nsystem 1\n");
  write("sys/fs/cgroup/cpu,cpuacct/cove/a/cpu.stat",
        "nr_periods 5\nnr_throttled 1\nthrottled_time 99\n");
  write("sys/fs/cgroup/memory/cove/a/memory.usage_in_bytes", "4096\n");
  write("sys/fs/cgroup/memory/cove/a/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/cove/a/memory.stat", "total_rss 100\ntotal_inactive_file 7\n");
  write("sys/fs/cgroup/memory/cove/a/memory.oom_control", "under_oom 0\noom_kill 3\n");
  write("sys/fs/cgroup/pids/cove/a/pids.current", "2\n");
  write("sys/fs/cgroup/pids/cove/a/pids.max", "max\n");
  write("sys/fs/cgroup/blkio/cove/a/blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 10\n8:0 Write 20\n8:16 Read 1\nTotal 31\n");
  const auto usage = *find()->usage("/cove/a");
  EXPECT_EQ(usage.cpu_total_ns, 123456U);
  EXPECT_GT(usage.cpu_user_ns, usage.cpu_system_ns);
  EXPECT_EQ(usage.throttled_ns, 99U);
  EXPECT_EQ(usage.memory_bytes, 4096U);
  EXPECT_EQ(usage.memory_limit, 0U);
  EXPECT_EQ(usage.memory_anon, 100U);
  EXPECT_EQ(usage.memory_inactive_file, 7U);
  EXPECT_EQ(usage.oom_kills, 3U);
  EXPECT_EQ(usage.pids, 2U);
  EXPECT_EQ(usage.pids_limit, 0U);
  EXPECT_EQ(usage.read_bytes, 11U);
  EXPECT_EQ(usage.written_bytes, 20U);
}

TEST_F(CgroupTest, ProcessesAreThoseOfAllBelow) {
  mounts(kV2);
  write("sys/fs/cgroup/cove/a/cgroup.procs", "12\n3\n");
  write("sys/fs/cgroup/cove/a/deep/cgroup.procs", "7\nrubbish\n-4\n");
  EXPECT_THAT(*find()->processes("/cove/a"), testing::ElementsAre(3, 7, 12));
  EXPECT_EQ(find()->processes("/cove/none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(find()->usage("/cove/none").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(find()->children("/cove"), testing::ElementsAre("a"));
}

TEST_F(CgroupTest, NamesStayBelowTheMount) {
  mounts(kV2);
  auto groups = find();
  for (const char* name : {"", "/", "cove", "/../x", "/cove/..", "/cove//a", "/./a"}) {
    EXPECT_EQ(groups->make(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(groups->remove(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST_F(CgroupTest, MakingEnablesControllersOnTheWay) {
  mounts(kV2);
  write("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  write("sys/fs/cgroup/cgroup.subtree_control", "");
  ASSERT_TRUE(find()->make("/cove/a"));
  EXPECT_TRUE(std::filesystem::is_directory(root_ / "sys/fs/cgroup/cove/a"));
  EXPECT_THAT(*read_file(root_ / "sys/fs/cgroup/cgroup.subtree_control", 100),
              testing::StartsWith("+pids"));
  ASSERT_TRUE(find()->remove("/cove"));
  EXPECT_FALSE(std::filesystem::exists(root_ / "sys/fs/cgroup/cove"));
  EXPECT_TRUE(find()->remove("/cove"));
}

}  // namespace
}  // namespace cove::os
