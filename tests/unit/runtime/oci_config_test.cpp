// Whole bundles against goldens. COVE_UPDATE_GOLDEN=1 writes them anew: look at the difference.
#include "core/runtime/oci_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>

#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

// One member or item a line, so that a difference is readable.
void print(const json::value& value, std::string& out, const std::string& indent) {
  const auto list = [&](char open, char close, auto begin, auto end, auto&& each) {
    out += open;
    for (auto it = begin; it != end; ++it) {
      out += (it == begin ? "\n" : ",\n") + indent + "  ";
      each(*it);
    }
    out += (begin == end ? "" : "\n" + indent) + close;
  };
  if (const auto* object = value.if_object()) {
    list('{', '}', object->begin(), object->end(), [&](const auto& member) {
      out += json::serialize(member.key()) + ": ";
      print(member.value(), out, indent + "  ");
    });
  } else if (const auto* array = value.if_array();
             array != nullptr && !array->empty() && array->front().is_structured()) {
    list('[', ']', array->begin(), array->end(),
         [&](const auto& item) { print(item, out, indent + "  "); });
  } else {
    out += json::serialize(value);
  }
}

class OciConfigTest : public testing::Test {
 protected:
  OciConfigTest() {
    host_.capabilities = {all_capabilities().begin(), all_capabilities().end()};
    host_.seccomp = {"amd64", 6, 1};
    host_.device = [](const Path& path) -> std::optional<DeviceNode> {
      if (path == "/dev/zero") return DeviceNode{'c', 1, 5, 0666, 0, 0};
      if (path == "/dev/snd/seq") return DeviceNode{'c', 116, 1, 0660, 0, 29};
      return std::nullopt;
    };
    host_.devices = [](const Path& path) {
      return path == "/dev"       ? std::vector<Path>{"/dev/snd/seq", "/dev/zero"}
             : path == "/dev/snd" ? std::vector<Path>{"/dev/snd/seq"}
                                  : std::vector<Path>{};
    };
    host_.hard_limit = [](const std::string&) { return std::optional<std::uint64_t>(4096); };
    host_.reduced = [this](const std::string& what) { reduced_.push_back(what); };
    spec_.id = "abc";
    spec_.process.args = {"sh"};
    spec_.process.env = {"PATH=/bin"};
    spec_.security.capabilities = default_capabilities();
    spec_.security.masked_paths = default_masked_paths();
    spec_.security.read_only_paths = default_read_only_paths();
    spec_.security.seccomp = SeccompMode::kUnconfined;
  }
  json::object config() {
    auto made = oci_config(spec_, "/root/merged", "/cove/abc", host_);
    EXPECT_TRUE(made) << made.error().message();
    return made ? *made : json::object();
  }
  void expect_golden(const std::string& name) {
    std::string text;
    print(config(), text, "");
    text += "\n";
    const char* source = ::getenv("COVE_SOURCE_DIR");
    ASSERT_NE(source, nullptr);
    const Path file = Path(source) / "tests/unit/runtime/golden" / name;
    if (::getenv("COVE_UPDATE_GOLDEN") != nullptr) {
      ASSERT_TRUE(write_file_atomic(file, text, 0644));
    }
    const auto golden = read_file(file, 1 << 20);
    ASSERT_TRUE(golden);
    EXPECT_EQ(text, *golden);
  }
  ContainerSpec spec_;
  ConfigHost host_;
  std::vector<std::string> reduced_;
};

TEST_F(OciConfigTest, ThePlainest) {
  expect_golden("plain.json");
  EXPECT_TRUE(reduced_.empty());
}

TEST_F(OciConfigTest, Everything) {
  spec_.root.read_only = true;
  spec_.process.terminal = true;
  spec_.process.rows = 24;
  spec_.process.columns = 80;
  spec_.process.uid = 1000;
  spec_.process.groups = {5};
  spec_.process.oom_score_adj = -5;
  spec_.process.limits = {{"RLIMIT_NOFILE", 10, 20}};
  spec_.security.ambient = {"CAP_NET_BIND_SERVICE"};
  spec_.security.no_new_privileges = true;
  spec_.namespaces.network = {Namespace::From::kPath, "/run/ns/x"};
  spec_.namespaces.ipc.from = Namespace::From::kHost;
  spec_.namespaces.cgroup.from = Namespace::From::kHost;
  spec_.namespaces.users = {{0, 100000, 65536}};
  spec_.namespaces.groups = {{0, 200000, 65536}};
  spec_.resources.memory_bytes = 1 << 20;
  spec_.resources.memory_swap_bytes = 2 << 20;
  spec_.resources.memory_reservation_bytes = 1 << 19;
  spec_.resources.cpu_shares = 512;
  spec_.resources.cpu_quota_us = 50000;
  spec_.resources.cpu_period_us = 100000;
  spec_.resources.cpuset_cpus = "0-1";
  spec_.resources.pids = 10;
  spec_.resources.io_weight = 300;
  spec_.resources.huge_pages = {{"2MB", 4194304}};
  spec_.mounts = {{"bind", "/host/deep", "/data/deep", {"ro", "rprivate"}},
                  {"bind", "/host", "/data", {"rshared"}},
                  {"tmpfs", "", "/dev/shm", {"size=1m"}}};
  spec_.devices = {{"/dev/zero", "/dev/mine", "r"}, {"/dev/snd", "/dev/snd", "rwm"}};
  spec_.device_cgroup_rules = {"c 10:* rw"};
  spec_.sysctls = {{"net.core.somaxconn", "128"}};
  spec_.hostname = "named";
  spec_.domainname = "example.org";
  spec_.annotations = {{"key", "value"}};
  expect_golden("everything.json");
}

TEST_F(OciConfigTest, Privileged) {
  spec_.security.privileged = true;
  host_.capabilities = {"CAP_KILL", "CAP_SYS_ADMIN"};
  expect_golden("privileged.json");
}

TEST_F(OciConfigTest, WhatTheHostMayNotIsLeftOutAndSaid) {
  host_.raises_limits = false;
  host_.oom_score_adj = 0;
  host_.swap_accounting = false;
  host_.capabilities.erase("CAP_MKNOD");
  spec_.process.oom_score_adj = -100;
  spec_.process.limits = {{"RLIMIT_NOFILE", 8192, 1 << 20}, {"RLIMIT_CORE", 0, 0}};
  spec_.resources.memory_swap_bytes = 1 << 20;
  const json::object made = config();
  const auto& process = made.at("process").as_object();
  EXPECT_FALSE(process.contains("oomScoreAdj"));
  EXPECT_EQ(process.at("rlimits").at(0).at("hard"), 4096);
  EXPECT_EQ(process.at("rlimits").at(0).at("soft"), 4096);
  EXPECT_EQ(process.at("rlimits").at(1).at("hard"), 0);
  EXPECT_FALSE(made.at("linux").at("resources").as_object().contains("memory"));
  EXPECT_EQ(process.at("capabilities").at("effective").as_array().size(), 13U);
  EXPECT_EQ(reduced_.size(), 4U);
}

TEST_F(OciConfigTest, UnknownDevicesAndProfilesAreRefused) {
  spec_.devices = {{"/dev/none", "/dev/none", "r"}};
  EXPECT_EQ(oci_config(spec_, "/r", "/c", host_).error().code, ErrorCode::kInvalidArgument);
  spec_.devices.clear();
  spec_.security.seccomp = SeccompMode::kProfile;
  spec_.security.seccomp_profile = "{";
  EXPECT_EQ(oci_config(spec_, "/r", "/c", host_).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(OciConfigTest, TheDefaultProfileIsThere) {
  spec_.security.seccomp = SeccompMode::kDefault;
  EXPECT_GT(config().at("linux").at("seccomp").at("syscalls").as_array().size(), 10U);
}

TEST_F(OciConfigTest, AnInitRunsTheCommandAndStandsInNoLayer) {
  spec_.init = true;
  spec_.process.args = {"sh", "-c", "true"};
  const auto refused = oci_config(spec_, "/root/merged", "/cove/abc", host_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  host_.init = "/usr/bin/cove-reaper";
  const json::object made = config();
  EXPECT_EQ(made.at("process").at("args"), (json::array{"/dev/init", "--", "sh", "-c", "true"}));
  const json::value& last = made.at("mounts").as_array().back();
  EXPECT_EQ(last.at("destination"), "/dev/init");
  EXPECT_EQ(last.at("source"), "/usr/bin/cove-reaper");
}

}  // namespace
}  // namespace cove::runtime
