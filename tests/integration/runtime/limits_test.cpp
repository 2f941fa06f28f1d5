#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

using testing::Contains;
using testing::HasSubstr;

using LimitsTest = RuntimeTest;

// What a group's file says, under either version.
std::string setting(const test::ContainerHost& host, const std::string& id,
                    const std::string& controller, const std::string& v1, const std::string& v2) {
  const Path root = "/sys/fs/cgroup";
  std::error_code error;
  const Path old = root / controller / host.cgroup_root() / id / v1;
  const Path file = std::filesystem::exists(old, error) ? old : root / host.cgroup_root() / id / v2;
  auto text = read_file(file, 1 << 16);
  return text ? std::string(trim(*text)) : "";
}

TEST_F(LimitsTest, BoundsStandInTheControlGroup) {
  ContainerSpec bounded = spec("bb", {"sleep", "1000"});
  bounded.resources.memory_bytes = 64 << 20;
  bounded.resources.cpu_quota_us = 50000;
  bounded.resources.cpu_period_us = 100000;
  bounded.resources.pids = 30;
  start(bounded);
  EXPECT_EQ(setting(*host_, "bb", "memory", "memory.limit_in_bytes", "memory.max"), "67108864");
  EXPECT_EQ(setting(*host_, "bb", "pids", "pids.max", "pids.max"), "30");
  EXPECT_THAT(setting(*host_, "bb", "cpu", "cpu.cfs_quota_us", "cpu.max"), HasSubstr("50000"));
  const auto statistics = runtime_->statistics("bb");
  ASSERT_TRUE(statistics) << statistics.error().message();
  EXPECT_EQ(statistics->memory_limit, 64U << 20);
  EXPECT_EQ(statistics->pids_limit, 30U);
  EXPECT_EQ(statistics->pids, 1U);
  EXPECT_GT(statistics->memory_bytes, 0U);
  EXPECT_GT(statistics->host_cpu_ns, statistics->cpu_total_ns);
  EXPECT_GT(statistics->online_cpus, 0U);

  ResourceLimits more;
  more.memory_bytes = 96 << 20;
  more.pids = 40;
  const auto updated = runtime_->update("bb", more);
  ASSERT_TRUE(updated) << updated.error().message();
  EXPECT_EQ(setting(*host_, "bb", "memory", "memory.limit_in_bytes", "memory.max"), "100663296");
  EXPECT_EQ(setting(*host_, "bb", "pids", "pids.max", "pids.max"), "40");
  EXPECT_THAT(setting(*host_, "bb", "cpu", "cpu.cfs_quota_us", "cpu.max"), HasSubstr("50000"));
  EXPECT_EQ(runtime_->spec("bb")->resources.pids, 40);
  EXPECT_EQ(runtime_->spec("bb")->resources.cpu_quota_us, 50000);
}

TEST_F(LimitsTest, WhoTakesTooMuchMemoryIsKilled) {
  std::filesystem::remove("oom");
  ContainerSpec greedy = shell("oom", "a=x; while true; do a=$a$a; done");
  greedy.resources.memory_bytes = 16 << 20;
  greedy.resources.memory_swap_bytes = 16 << 20;
  start(greedy);
  const ContainerStatus ended = end_of("oom");
  EXPECT_EQ(ended.exit_code, 137);
  EXPECT_TRUE(ended.oom_killed);
  // The monitor notes it where it works: not where this program does.
  EXPECT_FALSE(std::filesystem::exists("oom"));
}

TEST_F(LimitsTest, ProcessorTimeIsCounted) {
  start(shell("busy", "while true; do :; done"));
  EXPECT_TRUE(test::eventually([&] {
    const auto statistics = runtime_->statistics("busy");
    return statistics && statistics->cpu_total_ns > 50'000'000;
  }));
}

TEST_F(LimitsTest, ThePausedStandStill) {
  start(shell("pp", "while true; do echo x; sleep 0.01; done"));
  ASSERT_TRUE(test::eventually([&] { return !log("pp").empty(); }));
  ASSERT_TRUE(runtime_->pause("pp"));
  EXPECT_EQ(runtime_->status("pp")->state, ContainerState::kPaused);
  EXPECT_EQ(runtime_->pause("pp").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(runtime_->resume("pp"));
  const std::size_t before = log("pp").size();
  EXPECT_TRUE(test::eventually([&] { return log("pp").size() > before; }));
  ASSERT_TRUE(runtime_->pause("pp"));
  ASSERT_TRUE(runtime_->signal("pp", SIGKILL));
  EXPECT_EQ(end_of("pp").exit_code, 137);
}

TEST_F(LimitsTest, ProcessesAreListedAsPsDoes) {
  start(shell("ps", "sleep 1000 & wait"));
  // The second one is a copy of the shell until it has become sleep.
  ASSERT_TRUE(test::eventually([&] {
    return std::ranges::any_of(runtime_->processes("ps", {})->second,
                               [](const auto& row) { return row.back() == "sleep 1000"; });
  }));
  const auto table = *runtime_->processes("ps", {});
  EXPECT_EQ(table.second.size(), 2U);
  EXPECT_THAT(table.first,
              testing::ElementsAre("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"));
  std::vector<std::string> commands;
  for (const auto& row : table.second) commands.push_back(row.back());
  EXPECT_THAT(commands, Contains("sleep 1000"));
  const auto some = *runtime_->processes("ps", {"-o", "pid,comm"});
  EXPECT_THAT(some.first, testing::ElementsAre("PID", "COMMAND"));
}

TEST_F(LimitsTest, AParentGroupIsBelowOurs) {
  ContainerSpec child = spec("kid", {"sleep", "1000"});
  child.cgroup_parent = "pods/one";
  start(child);
  auto groups = os::Cgroups::find();
  ASSERT_TRUE(groups);
  EXPECT_THAT((*groups)->children("/" + host_->cgroup_root() + "/pods/one"), Contains("kid"));
  EXPECT_THAT(*(*groups)->processes("/" + host_->cgroup_root() + "/pods/one/kid"),
              testing::ElementsAre(runtime_->status("kid")->pid));
  ASSERT_TRUE(runtime_->remove("kid", true));
  ASSERT_TRUE((*groups)->remove("/" + host_->cgroup_root() + "/pods"));
}

}  // namespace
}  // namespace cove::runtime
