#include "vm/libvirt/kvm_probe.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace cove::vm::libvirt {
namespace {

class KvmProbeTest : public ::testing::Test {
 protected:
  KvmProbeTest() {
    char folder[] = "/tmp/cove-probe-XXXXXX";
    folder_ = ::mkdtemp(folder);
    probe_.device = folder_ / "kvm";
    probe_.qemu = "/bin/true";
    probe_.kernel = folder_ / "vmlinux";
    probe_.cache = folder_ / "cache/cove";
    probe_.qemu_version = "7.2.0";
    probe_.proc = folder_ / "proc";
    probe_.boot = [this](const Command& command, const std::string&, std::chrono::milliseconds,
                         std::chrono::milliseconds) -> Result<bool> {
      ++boots_;
      last_ = command;
      return works_;
    };
    write("kvm", "");
    write("vmlinux", "ELF");
    write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Test CPU\n");
    write("proc/sys/kernel/random/boot_id", "boot-1\n");
  }
  ~KvmProbeTest() override { (void)remove_tree(folder_); }

  void write(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(write_file_atomic(folder_ / name, bytes, 0644));
  }
  KvmVerdict run() { return probe_kvm(probe_, null_logger()); }

  Path folder_;
  KvmProbe probe_;
  int boots_ = 0;
  bool works_ = true;
  Command last_;
};

TEST_F(KvmProbeTest, AProofIsRemembered) {
  EXPECT_EQ(run().acceleration, Acceleration::kKvm);
  EXPECT_EQ(run().note, "");
  EXPECT_EQ(boots_, 1);
  write("proc/sys/kernel/random/boot_id", "boot-2\n");
  EXPECT_EQ(run().acceleration, Acceleration::kKvm);
  EXPECT_EQ(boots_, 1) << "a proof holds over a reboot";
  probe_.qemu_version = "8.0.0";
  run();
  EXPECT_EQ(boots_, 2) << "another QEMU proves itself anew";
  write("vmlinux", "another ELF");
  run();
  EXPECT_EQ(boots_, 3);
  write("proc/cpuinfo", "model name\t: Another CPU\n");
  run();
  EXPECT_EQ(boots_, 4);
}

TEST_F(KvmProbeTest, AFailureHoldsUntilTheHostBootsAgain) {
  works_ = false;
  const KvmVerdict verdict = run();
  EXPECT_EQ(verdict.acceleration, Acceleration::kSoftware);
  EXPECT_NE(verdict.note.find("nested"), std::string::npos) << verdict.note;
  run();
  EXPECT_EQ(boots_, 1);
  write("proc/sys/kernel/random/boot_id", "boot-2\n");
  works_ = true;
  EXPECT_EQ(run().acceleration, Acceleration::kKvm);
  EXPECT_EQ(boots_, 2);
}

TEST_F(KvmProbeTest, WithoutADeviceNothingIsBooted) {
  std::filesystem::remove(folder_ / "kvm");
  const KvmVerdict verdict = run();
  EXPECT_EQ(verdict.acceleration, Acceleration::kSoftware);
  EXPECT_NE(verdict.note.find("firmware"), std::string::npos) << verdict.note;
  EXPECT_EQ(boots_, 0);
}

TEST_F(KvmProbeTest, AClosedDeviceNamesTheGroup) {
  if (::geteuid() == 0) GTEST_SKIP() << "root opens every device";
  ::chmod((folder_ / "kvm").c_str(), 0);
  const KvmVerdict verdict = run();
  EXPECT_EQ(verdict.acceleration, Acceleration::kSoftware);
  EXPECT_NE(verdict.note.find("group kvm"), std::string::npos) << verdict.note;
  EXPECT_EQ(boots_, 0);
}

TEST_F(KvmProbeTest, ADamagedMemoryIsAsNone) {
  run();
  for (const char* text : {"", "works", "works\nother\n", "\xff\xff", "fails boot-1\n"}) {
    write("cache/cove/kvm-probe", text);
    const int before = boots_;
    EXPECT_EQ(run().acceleration, Acceleration::kKvm);
    EXPECT_EQ(boots_, before + 1) << text;
  }
}

TEST_F(KvmProbeTest, WithoutAKernelTheFirmwareIsBooted) {
  EXPECT_EQ(run().acceleration, Acceleration::kKvm);
  EXPECT_EQ(last_.argv.back(), probe_.kernel.native());
  std::filesystem::remove(probe_.kernel);
  EXPECT_EQ(run().acceleration, Acceleration::kKvm);
  EXPECT_EQ(boots_, 2);
  EXPECT_EQ(std::count(last_.argv.begin(), last_.argv.end(), "-kernel"), 0);
}

TEST_F(KvmProbeTest, WithoutQemuItSaysSo) {
  probe_.boot = watch_boot;
  probe_.qemu = "/no/such/qemu";
  const KvmVerdict verdict = run();
  EXPECT_EQ(verdict.acceleration, Acceleration::kSoftware);
  EXPECT_FALSE(verdict.note.empty());
}

Result<bool> watch(const std::string& script, std::chrono::milliseconds silence,
                   std::chrono::milliseconds limit) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  return watch_boot(command, "PROOF", silence, limit);
}

TEST(WatchBoot, TellsAProofFromSilenceAndFromAnEnd) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLong{60000};
  EXPECT_TRUE(*watch("echo starting; printf PRO; echo OF; exec sleep 1000", kLong, kLong));
  EXPECT_FALSE(*watch("echo hangs early; exec sleep 1000", milliseconds(100), kLong));
  EXPECT_FALSE(*watch("echo gives up", kLong, kLong));
  EXPECT_FALSE(*watch("exec yes", kLong, milliseconds(200)));
  EXPECT_FALSE(watch_boot({.argv = {"/no/such/program"},
                           .environment = {},
                           .working_directory = {},
                           .standard_input = {}},
                          "PROOF", kLong, kLong));
}

}  // namespace
}  // namespace cove::vm::libvirt
