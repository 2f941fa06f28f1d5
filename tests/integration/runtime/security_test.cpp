#include <gmock/gmock.h>

#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecurityTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    if (!host_) return;
    const Path program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "runtime_probe";
    std::filesystem::copy_file(program, host_->busybox() / "bin/probe");
  }
  std::string probe(const ContainerSpec& wanted) {
    EXPECT_EQ(run(wanted), 0);
    return log(wanted.id);
  }
};

TEST_F(SecurityTest, TheDefaultsHold) {
  const std::string said = probe(spec("dd", {"probe"}));
  for (const char* line :
       {"getpid 0\n", "mount 1\n", "unshare 1\n", "keyctl 1\n", "bpf 1\n", "clone3 38\n",
        "clone_newuser 1\n", "vsock 1\n", "unix 0\n", "kexec 1\n", "settime 1\n", "proc_sys 30\n",
        "kcore 13\n", "Seccomp:\t2\n", "NoNewPrivs:\t0\n", "CapEff:\t00000000a80425fb\n",
        "CapBnd:\t00000000a80425fb\n", "CapInh:\t0000000000000000\n"}) {
    EXPECT_THAT(said, HasSubstr(line));
  }
}

TEST_F(SecurityTest, LessAndMoreAreTaken) {
  ContainerSpec less = spec("less", {"probe"});
  less.security.capabilities = {"CAP_KILL"};
  less.security.no_new_privileges = true;
  EXPECT_THAT(probe(less), testing::AllOf(HasSubstr("CapEff:\t0000000000000020\n"),
                                          HasSubstr("NoNewPrivs:\t1\n")));
  ContainerSpec open = spec("open", {"probe"});
  open.security.seccomp = SeccompMode::kUnconfined;
  EXPECT_THAT(probe(open), testing::AllOf(HasSubstr("Seccomp:\t0\n"), Not(HasSubstr("clone3 38"))));
  ContainerSpec admin = spec("admin", {"probe"});
  admin.security.privileged = true;
  EXPECT_THAT(probe(admin), testing::AllOf(HasSubstr("mount 0\n"), HasSubstr("Seccomp:\t0\n")));
  ContainerSpec own = spec("own", {"probe"});
  own.security.seccomp = SeccompMode::kProfile;
  own.security.seccomp_profile = R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
      {"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":99}]})";
  EXPECT_THAT(probe(own), HasSubstr("unix 99\n"));
}

// What crun made of the rules of the first one, the others are given.
TEST_F(SecurityTest, RulesHoldHoweverOftenTheyAreUsed) {
  const auto config = [&](const std::string& id) {
    const auto text = read_file(host_->run() / "c" / id / "config.json", 1 << 20);
    return text ? *text : text.error().message();
  };
  const auto with = [&](const std::string& id, int code) {
    ContainerSpec wanted = shell(id, "probe; exec sleep 1000");
    wanted.security.seccomp = SeccompMode::kProfile;
    wanted.security.seccomp_profile = fmt::format(R"({{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
            {{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":{}}}]}})",
                                                  code);
    start(wanted);
    EXPECT_TRUE(test::eventually([&] { return log(id).find("Seccomp:") != std::string::npos; }));
    return log(id);
  };
  constexpr const char* kProgram = "run.oci.seccomp_bpf_data";
  EXPECT_THAT(with("first", 99), HasSubstr("unix 99\n"));
  EXPECT_THAT(config("first"), Not(HasSubstr(kProgram)));
  EXPECT_THAT(with("second", 99),
              testing::AllOf(HasSubstr("unix 99\n"), HasSubstr("Seccomp:\t2\n")));
  EXPECT_THAT(config("second"), HasSubstr(kProgram));
  EXPECT_THAT(exec("second", {"probe"}), HasSubstr("unix 99\n"));
  EXPECT_THAT(with("third", 98), HasSubstr("unix 98\n"));
  EXPECT_THAT(config("third"), Not(HasSubstr(kProgram)));
  EXPECT_THAT(with("fourth", 98), HasSubstr("unix 98\n"));
}

TEST_F(SecurityTest, AnotherUserHasNoCapabilities) {
  ContainerSpec user = shell("user", "probe; id");
  user.process.uid = 1000;
  user.process.gid = 1000;
  user.process.groups = {1000, 33};
  EXPECT_THAT(probe(user), testing::AllOf(HasSubstr("CapEff:\t0000000000000000\n"),
                                          HasSubstr("uid=1000(app) gid=1000(app) groups=33(www)")));
}

TEST_F(SecurityTest, ARootCanBeReadOnlyAndMountsAreThere) {
  const Path shared = host_->folder() / "shared";
  std::filesystem::create_directories(shared);
  ContainerSpec sealed =
      shell("ro", "touch /x; echo mine > /data/file; df /dev/shm | tail -n 1; hostname");
  sealed.root.read_only = true;
  sealed.mounts = {{"bind", shared.string(), "/data", {"rw", "rprivate"}},
                   {"tmpfs", "tmpfs", "/var", {"size=1m"}}};
  sealed.shm_bytes = 8 << 20;
  sealed.hostname = "named";
  EXPECT_EQ(run(sealed), 0);
  EXPECT_THAT(log("ro"), testing::AllOf(HasSubstr("Read-only file system"), HasSubstr(" 8192 "),
                                        HasSubstr("named\n")));
  EXPECT_EQ(*read_file(shared / "file", 100), "mine\n");
}

TEST_F(SecurityTest, DevicesAreGivenAndOthersRefused) {
  ContainerSpec some = shell("dev", "ls /dev; cat /dev/mine | head -c 3; echo done");
  some.devices = {{"/dev/zero", "/dev/mine", "r"}};
  EXPECT_EQ(run(some), 0);
  EXPECT_THAT(log("dev"),
              testing::AllOf(HasSubstr("mine\n"), HasSubstr("null\n"), Not(HasSubstr("kmsg"))));
  ContainerSpec missing = spec("nodev", {"true"});
  missing.devices = {{"/dev/none", "/dev/none", "r"}};
  EXPECT_EQ(runtime_->create(missing).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(SecurityTest, NamespacesAreTheHostsOrAnothers) {
  start(shell("one", "hostname; sleep 1000"));
  ContainerSpec joined =
      shell("two", "hostname; while ! ps | grep -q '[s]leep 1000'; do :; done; echo seen");
  const Path spaces = *runtime_->namespaces("one");
  joined.namespaces.uts = {Namespace::From::kPath, spaces / "uts"};
  joined.namespaces.pid = {Namespace::From::kPath, spaces / "pid"};
  joined.namespaces.network = {Namespace::From::kHost, {}};
  EXPECT_EQ(run(joined), 0);
  EXPECT_EQ(log("two"), "one\nseen\n");
}

TEST_F(SecurityTest, AUserNamespaceMapsItsRoot) {
  ContainerSpec mapped = shell("map", "id -u; cat /proc/self/uid_map");
  mapped.namespaces.users = {{0, 100000, 65536}};
  mapped.namespaces.groups = {{0, 100000, 65536}};
  EXPECT_EQ(run(mapped), 0);
  EXPECT_THAT(log("map"), testing::AllOf(testing::StartsWith("0\n"), HasSubstr("100000")));
}

TEST_F(SecurityTest, WhatTheHostMayNotIsLeftOut) {
  ContainerSpec greedy = shell("lim", "ulimit -n");
  greedy.process.oom_score_adj = -900;
  greedy.process.limits = {{"RLIMIT_NOFILE", 1000, 1ULL << 30}};
  EXPECT_EQ(run(greedy), 0);
  EXPECT_EQ(log("lim"), "1000\n");
}

}  // namespace
}  // namespace cove::runtime
