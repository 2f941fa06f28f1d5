#include "core/runtime/seccomp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "core/runtime/spec.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

const SeccompHost kHost{"amd64", 6, 1};

std::set<std::string> defaults() {
  return {default_capabilities().begin(), default_capabilities().end()};
}

// The actions of the rules that name a system call.
std::vector<std::string> actions(const json::object& rules, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& rule : rules.at("syscalls").as_array()) {
    for (const auto& item : rule.at("names").as_array()) {
      if (item.as_string() == name) out.emplace_back(rule.at("action").as_string());
    }
  }
  return out;
}

TEST(SeccompTest, TheDefaultAllowsWhatIsListedOnly) {
  const auto rules = *seccomp_rules(default_seccomp_profile(), defaults(), kHost);
  EXPECT_EQ(rules.at("defaultAction").as_string(), "SCMP_ACT_ERRNO");
  EXPECT_EQ(rules.at("architectures").as_array().size(), 3U);
  for (const char* name : {"read", "execve", "openat2", "futex", "ptrace", "chroot", "arch_prctl"})
    EXPECT_THAT(actions(rules, name), testing::Contains("SCMP_ACT_ALLOW")) << name;
  for (const char* name : {"mount", "bpf", "keyctl", "kexec_load", "init_module", "reboot",
                           "unshare", "setns", "userfaultfd", "io_uring_setup", "syslog"})
    EXPECT_TRUE(actions(rules, name).empty()) << name;
  EXPECT_THAT(actions(rules, "clone3"), testing::ElementsAre("SCMP_ACT_ERRNO"));
  EXPECT_THAT(actions(rules, "clone"), testing::ElementsAre("SCMP_ACT_ALLOW"));
}

TEST(SeccompTest, CapabilitiesOpenWhatTheyAreFor) {
  auto held = defaults();
  held.insert("CAP_SYS_ADMIN");
  held.erase("CAP_SYS_CHROOT");
  const auto rules = *seccomp_rules(default_seccomp_profile(), held, kHost);
  EXPECT_FALSE(actions(rules, "mount").empty());
  EXPECT_THAT(actions(rules, "clone3"), testing::ElementsAre("SCMP_ACT_ALLOW"));
  EXPECT_TRUE(actions(rules, "chroot").empty());
}

TEST(SeccompTest, ArchitectureAndKernelDecide) {
  const auto arm = *seccomp_rules(default_seccomp_profile(), defaults(), {"arm64", 6, 1});
  EXPECT_TRUE(actions(arm, "arch_prctl").empty());
  EXPECT_FALSE(actions(arm, "cacheflush").empty());
  EXPECT_EQ(arm.at("architectures").as_array().at(0).as_string(), "SCMP_ARCH_AARCH64");
  const auto old = *seccomp_rules(default_seccomp_profile(), defaults(), {"amd64", 4, 4});
  EXPECT_TRUE(actions(old, "ptrace").empty());
}

TEST(SeccompTest, NothingUnusualGoesIntoABundle) {
  const auto rules = *seccomp_rules(default_seccomp_profile(), defaults(), kHost);
  for (const auto& rule : rules.at("syscalls").as_array()) {
    for (const auto& member : rule.as_object()) {
      EXPECT_THAT(std::string(member.key()), testing::AnyOf("names", "action", "errnoRet", "args"));
    }
  }
}

TEST(SeccompTest, OlderFormsAreTaken) {
  const auto rules = *seccomp_rules(
      R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],
          "syscalls":[{"name":"socket","action":"SCMP_ACT_ERRNO","args":null,"includes":{}}]})",
      {}, kHost);
  EXPECT_THAT(actions(rules, "socket"), testing::ElementsAre("SCMP_ACT_ERRNO"));
  EXPECT_EQ(rules.at("architectures").as_array().size(), 1U);
}

TEST(SeccompTest, BrokenProfilesAreRefused) {
  for (const std::string& text :
       {std::string(""), std::string("{"), std::string("[]"), std::string("{}"),
        std::string(R"({"defaultAction":1})"),
        std::string(R"({"defaultAction":"A","syscalls":{}})"),
        std::string(R"({"defaultAction":"A","syscalls":[1]})"),
        std::string(R"({"defaultAction":"A","syscalls":[{"names":["x"]}]})"),
        std::string(R"({"defaultAction":"A","syscalls":[{"action":"B"}]})"), std::string(200, '['),
        std::string(2 << 20, ' ')}) {
    const auto rules = seccomp_rules(text, {}, kHost);
    ASSERT_FALSE(rules) << text.substr(0, 60);
    EXPECT_EQ(rules.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cove::runtime
