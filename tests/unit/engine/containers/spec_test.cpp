#include "core/engine/container_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/fs.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using cove::test::TemporaryFolder;
using test::make_record;
using ::testing::Contains;
using ::testing::ElementsAre;

runtime::ContainerSpec spec_of(std::string_view body) {
  ContainerRecord record = make_record(body);
  record.mounts = *parse_mounts(*record.config);
  runtime::UserIdentity user;
  user.uid = 7;
  user.home = "/home/x";
  auto spec = make_spec({.record = record, .folder = "/d", .lower = {"/l2", "/l1"}, .user = user});
  EXPECT_TRUE(spec.has_value());
  return *spec;
}

TEST(MakeSpec, IsDockersContainer) {
  const auto spec = spec_of(R"({"Image": "a", "Hostname": "box", "Entrypoint": ["/e"],
      "Cmd": ["a", "b"], "Env": ["A=b", "PATH=/mine"], "Tty": true, "OpenStdin": true,
      "StdinOnce": true, "HostConfig": {"Init": true, "ReadonlyRootfs": true, "ShmSize": 1048576,
      "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "3"}},
      "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": -1}], "CgroupParent": "../../x"}})");
  EXPECT_THAT(spec.process.args, ElementsAre("/e", "a", "b"));
  EXPECT_THAT(spec.process.env,
              ElementsAre("PATH=/mine", "HOSTNAME=box", "TERM=xterm", "A=b", "HOME=/home/x"));
  EXPECT_EQ(spec.process.uid, 7U);
  EXPECT_EQ(spec.process.working_dir, "/");
  EXPECT_TRUE(spec.init && spec.open_stdin && spec.stdin_once && spec.root.read_only);
  EXPECT_THAT(spec.root.lower, ElementsAre("/l2", "/l1"));
  EXPECT_EQ(spec.shm_bytes, 1U << 20);
  EXPECT_EQ(spec.log.file, "/d/container.log");
  EXPECT_EQ(spec.log.max_bytes, 1U << 20);
  EXPECT_EQ(spec.log.max_files, 3U);
  ASSERT_EQ(spec.process.limits.size(), 1U);
  EXPECT_EQ(spec.process.limits[0].type, "RLIMIT_NOFILE");
  EXPECT_EQ(spec.process.limits[0].hard, UINT64_MAX);
  EXPECT_EQ(spec.cgroup_parent, "x");
  EXPECT_EQ(spec.security.masked_paths, runtime::default_masked_paths());
}

TEST(MakeSpec, MountsTheThreeFilesUnlessOverridden) {
  const auto spec = spec_of(R"({"Image": "a", "HostConfig": {"Binds": ["/my:/etc/hosts:ro"]}})");
  std::vector<std::string> destinations;
  for (const auto& mount : spec.mounts) destinations.push_back(mount.destination);
  EXPECT_THAT(destinations, ElementsAre("/etc/resolv.conf", "/etc/hostname", "/etc/hosts"));
  EXPECT_EQ(spec.mounts.back().source, "/my");
}

TEST(MakeSpec, ModesAndPrivileges) {
  using From = runtime::Namespace::From;
  auto spec = spec_of(R"({"Image": "a", "HostConfig": {"PidMode": "host", "IpcMode": "host",
      "UTSMode": "host", "CgroupnsMode": "host", "Privileged": true}})");
  EXPECT_EQ(spec.namespaces.pid.from, From::kHost);
  EXPECT_EQ(spec.namespaces.ipc.from, From::kHost);
  EXPECT_EQ(spec.namespaces.uts.from, From::kHost);
  EXPECT_EQ(spec.namespaces.cgroup.from, From::kHost);
  EXPECT_TRUE(spec.security.privileged);
  EXPECT_TRUE(spec.security.masked_paths.empty());
  EXPECT_TRUE(spec.hostname.empty());
  spec = spec_of(R"({"Image": "a", "HostConfig": {"LogConfig": {"Type": "none"},
      "SecurityOpt": ["systempaths=unconfined"]}})");
  EXPECT_EQ(spec.namespaces.pid.from, From::kNew);
  EXPECT_TRUE(spec.log.file.empty());
  EXPECT_TRUE(spec.security.masked_paths.empty());
}

TEST(MakeSpec, AMissingDeviceIsSaid) {
  ContainerRecord record = make_record(
      R"({"Image": "a", "HostConfig": {"Devices": [{"PathOnHost": "/dev/nothing-here"}]}})");
  const auto spec = make_spec({.record = record, .folder = "/d", .lower = {}});
  ASSERT_TRUE(spec.has_error());
  EXPECT_THAT(spec.error().message,
              ::testing::HasSubstr("error gathering device information while adding custom device "
                                   "\"/dev/nothing-here\""));
}

TEST(MergeEnvironment, ReplacesAppendsAndRemoves) {
  EXPECT_THAT(merge_environment({"A=1", "B=2"}, {"B=3", "C=4", "A"}), ElementsAre("B=3", "C=4"));
}

TEST(MakeFolderInside, NeverLeavesTheRoot) {
  const TemporaryFolder folder;
  const Path root = folder / "root";
  const Path outside = folder / "outside";
  std::filesystem::create_directories(root);
  std::filesystem::create_directories(outside);
  std::filesystem::create_symlink("../outside", root / "up");
  std::filesystem::create_symlink(outside, root / "abs");
  const auto made = [&](const std::string& path) {
    return make_folder_inside(root, path, getuid(), getgid()).has_value();
  };
  EXPECT_TRUE(made("/a/b/c"));
  EXPECT_TRUE(std::filesystem::is_directory(root / "a/b/c"));
  EXPECT_TRUE(made("/a/b/c"));
  made("/up/x");
  made("/abs/x");
  made("/../outside/x");
  EXPECT_TRUE(std::filesystem::is_empty(outside));
}

}  // namespace
}  // namespace cove::engine
