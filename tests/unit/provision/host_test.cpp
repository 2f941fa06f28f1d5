#include "vm/provision/host.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "vm/provision/paths.h"

namespace cove::provision {
namespace {

const HostCapacity kHost{4, 8192, 6000, 200, 100 * 1024, "boot"};

TEST(HostTest, ReadsThisComputer) {
  const auto host = read_host("/tmp/does/not/exist/yet");
  ASSERT_TRUE(host);
  EXPECT_GE(host->cpus, 1U);
  EXPECT_GT(host->memory_mib, 0U);
  EXPECT_GE(host->memory_mib, host->memory_available_mib);
  EXPECT_FALSE(host->boot_id.empty());
}

TEST(HostTest, ReadsMemoryFromMeminfo) {
  test::TemporaryFolder proc;
  ASSERT_TRUE(write_file_atomic(
      proc.path() / "meminfo",
      "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    8192 kB\n", 0600));
  const auto host = read_host("/", proc.path());
  ASSERT_TRUE(host);
  EXPECT_EQ(host->memory_mib, 16U);
  EXPECT_EQ(host->memory_available_mib, 8U);
}

struct Wanted {
  const char* name;
  Resources resources;
  ErrorCode code;
  const char* said;
};

class RefusedResources : public testing::TestWithParam<Wanted> {};

TEST_P(RefusedResources, OneSentenceWithARemedy) {
  std::vector<std::string> notes;
  const auto result = check_resources(GetParam().resources, kHost, notes);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, GetParam().code);
  EXPECT_NE(result.error().message().find(GetParam().said), std::string::npos)
      << result.error().message();
  EXPECT_FALSE(result.error().remedy.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedResources,
    testing::Values(
        Wanted{"NoCpu", {0, 2048, 20}, ErrorCode::kInvalidArgument, "0 CPUs"},
        Wanted{"TooManyCpus", {5, 2048, 20}, ErrorCode::kInvalidArgument, "this computer has 4"},
        Wanted{"LittleMemory", {2, 511, 20}, ErrorCode::kInvalidArgument, "at least 512 MiB"},
        Wanted{
            "MuchMemory", {2, 8193, 20}, ErrorCode::kInvalidArgument, "this computer has 8192 MiB"},
        Wanted{"LittleDisk", {2, 2048, 1}, ErrorCode::kInvalidArgument, "at least 2 GiB"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

TEST(HostTest, FullDiskIsRefused) {
  HostCapacity host = kHost;
  host.disk_free_mib = 100;
  std::vector<std::string> notes;
  const auto result = check_resources({2, 2048, 20}, host, notes);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
  EXPECT_NE(result.error().remedy.find("Free some disk space"), std::string::npos);
}

TEST(HostTest, TightFitsAreNoted) {
  std::vector<std::string> notes;
  ASSERT_TRUE(check_resources({4, 8192, 200}, kHost, notes));
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("only 6000 MiB of memory are free now"), std::string::npos);
  EXPECT_NE(notes[1].find("may grow to 200 GiB"), std::string::npos);
}

TEST(ProfileNameTest, Table) {
  for (const char* good : {"cove", "a", "team-a", "x1", "a23456789012345678901234567890"}) {
    EXPECT_TRUE(check_profile_name(good)) << good;
  }
  for (const char* bad : {"", "Cove", "1a", "-a", "a-", "a_b", "a/b", "..", "a b", "a\n", "ünï",
                          "a234567890123456789012345678901"}) {
    const auto result = check_profile_name(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  }
}

Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

TEST(PathsTest, FollowXdg) {
  const auto paths =
      default_paths(environment_of({{"HOME", "/home/ann"},
                                    {"XDG_DATA_HOME", "/data"},
                                    {"XDG_CACHE_HOME", "relative/is/ignored"},
                                    {"XDG_RUNTIME_DIR", "/run/user/7"},
                                    {"KUBECONFIG", "/tmp/cove-none-a:/tmp/cove-none-b"}}));
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->data, "/data/cove");
  EXPECT_EQ(paths->cache, "/home/ann/.cache/cove");
  EXPECT_EQ(paths->config, "/home/ann/.config/cove");
  EXPECT_EQ(paths->session, "/run/user/7");
  EXPECT_EQ(paths->runtime, "/run/user/7/cove");
  EXPECT_EQ(paths->kubeconfig, "/tmp/cove-none-b");
  EXPECT_EQ(paths->cluster("x"), "/data/cove/clusters/x");
}

TEST(PathsTest, WithoutALoginSessionAPrivateFolderStandsIn) {
  const auto paths = default_paths(environment_of({{"HOME", "/home/ann"}}));
  ASSERT_TRUE(paths);
  EXPECT_EQ(std::filesystem::status(paths->session).permissions(),
            std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace cove::provision
