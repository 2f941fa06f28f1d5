#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

using testing::HasSubstr;

ContainerSpec full() {
  ContainerSpec spec;
  spec.id = "0123abc";
  spec.root = {{"/l/2", "/l/1"}, true};
  spec.process.args = {"sh", "-c", "echo \"hi\""};
  spec.process.env = {"A=1", "B="};
  spec.process.working_dir = "/work";
  spec.process.terminal = true;
  spec.process.uid = 4294967294;
  spec.process.gid = 5;
  spec.process.groups = {5, 6};
  spec.process.limits = {{"RLIMIT_NOFILE", 10, 18446744073709551615U}};
  spec.process.oom_score_adj = -5;
  spec.process.rows = 24;
  spec.process.columns = 80;
  spec.namespaces.network = {Namespace::From::kPath, "/run/netns/x"};
  spec.namespaces.ipc.from = Namespace::From::kHost;
  spec.namespaces.users = {{0, 1000, 65536}};
  spec.namespaces.groups = {{0, 2000, 65536}};
  spec.security.capabilities = {"CAP_KILL"};
  spec.security.ambient = {"CAP_KILL"};
  spec.security.seccomp = SeccompMode::kProfile;
  spec.security.seccomp_profile = "{}";
  spec.security.no_new_privileges = true;
  spec.security.masked_paths = {"/proc/x"};
  spec.security.read_only_paths = {"/proc/y"};
  spec.resources.memory_bytes = 1 << 20;
  spec.resources.memory_swap_bytes = -1;
  spec.resources.cpu_shares = 512;
  spec.resources.pids = 7;
  spec.resources.io_weight = 100;
  spec.resources.huge_pages = {{"2MB", 4194304}};
  spec.resources.cpuset_cpus = "0-1";
  spec.mounts = {{"bind", "/a", "/b", {"ro"}}, {"tmpfs", "", "/t", {}}};
  spec.shm_bytes = 12345;
  spec.devices = {{"/dev/zero", "/dev/null2", "r"}};
  spec.device_cgroup_rules = {"c 1:3 rwm", "b *:* r"};
  spec.sysctls = {{"net.core.somaxconn", "1"}};
  spec.hostname = "h";
  spec.domainname = "d";
  spec.cgroup_parent = "pods/a";
  spec.open_stdin = true;
  spec.stdin_once = true;
  spec.log = {"/var/log/x", 100, 3};
  spec.annotations = {{"a", "b"}};
  return spec;
}

TEST(SpecTest, RecordsKeepEverything) {
  const std::string text = write_spec(full());
  const auto read = read_spec(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(write_spec(*read), text);
  EXPECT_EQ(read->process.limits.at(0).hard, 18446744073709551615U);
  EXPECT_EQ(read->process.uid, 4294967294U);
  EXPECT_EQ(read->resources.memory_swap_bytes, -1);
  EXPECT_FALSE(read->resources.cpu_quota_us);
  EXPECT_EQ(read->namespaces.network.path, "/run/netns/x");
  EXPECT_EQ(read->root.lower.size(), 2U);
}

TEST(SpecTest, BrokenRecordsAreCorrupt) {
  for (const char* text : {"", "[]", "{", "null"})
    EXPECT_EQ(read_spec(text).error().code, ErrorCode::kCorrupt) << text;
  const auto odd = read_spec(R"({"id":7,"process":{"uid":-1,"args":"x"},"mounts":[{"type":1}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->process.uid, 0U);
}

TEST(SpecTest, WhatCannotBeIsRefusedInOneSentence) {
  EXPECT_TRUE(check_spec(full()));
  struct Row {
    std::function<void(ContainerSpec&)> change;
    const char* says;
  };
  const std::vector<Row> rows = {
      {[](auto& s) { s.id = "../up"; }, "id"},
      {[](auto& s) { s.id = "x"; }, "id"},
      {[](auto& s) { s.id = std::string(129, 'a'); }, "id"},
      {[](auto& s) { s.id = ".hidden"; }, "id"},
      {[](auto& s) { s.process.args.clear(); }, "no command specified"},
      {[](auto& s) { s.process.args = {""}; }, "no command specified"},
      {[](auto& s) { s.process.env = {std::string("A\0B", 3)}; }, "zero byte"},
      {[](auto& s) { s.process.working_dir = "rel"; }, "working directory"},
      {[](auto& s) {
         s.process.limits = {{"NOFILE", 1, 1}};
       },
       "resource limit"},
      {[](auto& s) {
         s.process.limits = {{"RLIMIT_CORE", 2, 1}};
       },
       "soft limit"},
      {[](auto& s) {
         s.mounts = {{"ext4", "/a", "/b", {}}};
       },
       "type of a mount"},
      {[](auto& s) {
         s.mounts = {{"bind", "a", "/b", {}}};
       },
       "source"},
      {[](auto& s) {
         s.mounts = {{"bind", "/a", "/", {}}};
       },
       "destination"},
      {[](auto& s) {
         s.mounts = {{"bind", "/a", "/x/../../b", {}}};
       },
       "destination"},
      {[](auto& s) { s.root.lower = {"layer"}; }, "layer"},
      {[](auto& s) {
         s.devices = {{"zero", "/dev/x", "r"}};
       },
       "device"},
      {[](auto& s) {
         s.devices = {{"/dev/zero", "/dev/x", "rz"}};
       },
       "invalid device mode: rz"},
      {[](auto& s) { s.device_cgroup_rules = {"c 1:3"}; }, "invalid device cgroup format"},
      {[](auto& s) { s.device_cgroup_rules = {"x 1:3 r"}; }, "invalid device cgroup format"},
      {[](auto& s) { s.device_cgroup_rules = {"c 1:3:4 r"}; }, "invalid device cgroup format"},
      {[](auto& s) {
         s.namespaces.pid = {Namespace::From::kPath, {}};
       },
       "namespace"},
      {[](auto& s) { s.namespaces.groups.clear(); }, "map of users"},
      {[](auto& s) {
         s.sysctls = {{"../x", "1"}};
       },
       "kernel parameter"},
      {[](auto& s) { s.cgroup_parent = "../../x"; }, "cgroup parent"},
      {[](auto& s) { s.log.file = "log"; }, "log"},
  };
  for (const Row& row : rows) {
    ContainerSpec spec = full();
    row.change(spec);
    const auto checked = check_spec(spec);
    ASSERT_FALSE(checked) << row.says;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().cause, HasSubstr(row.says));
  }
}

}  // namespace
}  // namespace cove::runtime
