// One computer for a whole suite: libvirt's session daemon starts once. Every test ends with no
// cluster left.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/support/computer.h"

namespace cove::test {

class ClusterTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { computer_ = std::make_unique<Computer>(); }
  static void TearDownTestSuite() { computer_.reset(); }

  void SetUp() override {
    if (::geteuid() == 0)
      GTEST_SKIP() << "a cluster belongs to an ordinary user; run this test as one";
    if (!std::filesystem::exists(Computer::build() / "share/cove/system/manifest.json")) {
      GTEST_FAIL() << "there is no system image in " << Computer::build()
                   << "; run 'installers/dev build'";
    }
  }
  void TearDown() override {
    if (::geteuid() != 0) computer().cove({"delete", "--all"});
  }

  static Computer& computer() { return *computer_; }
  // Small machines: two of them share this computer.
  static std::vector<std::string> start_command(const std::string& profile = "cove") {
    return {"start", "--cpus", "1", "--memory", "768", "-p", profile};
  }
  static void start(const std::string& profile = "cove") {
    computer().cove(start_command(profile));
  }

  static boost::json::object status(const std::string& profile = "cove") {
    // `cove status` tells by its exit code what does not run; the document is there in any case.
    const Completed done = computer().try_cove({"status", "-o", "json", "-p", profile});
    return boost::json::parse(done.standard_output).as_object();
  }
  static std::string text(const boost::json::object& object, const char* member) {
    const auto* found = object.if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
  }
  static std::string phase(const std::string& profile = "cove") {
    return text(status(profile), "Phase");
  }

  // What libvirt's session keeps of machines: the names of its files.
  static std::string machines_of_libvirt() {
    std::string names;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(computer().home() / ".config/libvirt/qemu", error)) {
      if (entry.is_regular_file()) names += entry.path().filename().string() + " ";
    }
    return names;
  }

  // The process that runs a profile's machine, from /proc; 0 when there is none. Machines of other
  // computers do not count.
  static pid_t qemu(const std::string& profile) {
    const std::string mark = computer().cluster(profile).string() + "/data.qcow2";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      auto arguments = read_file(entry.path() / "cmdline", 1 << 20);
      if (arguments && arguments->find("qemu-system") != std::string::npos &&
          arguments->find(mark) != std::string::npos) {
        return static_cast<pid_t>(std::stol(name));
      }
    }
    return 0;
  }

 private:
  static inline std::unique_ptr<Computer> computer_;
};

}  // namespace cove::test
