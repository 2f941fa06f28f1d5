// A computer in a temporary folder: home, system image, fake hypervisor and guest. Programs on it
// are Provisioners.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/provision/fake_guest.h"
#include "tests/unit/provision/recorded_progress.h"
#include "vm/provision/provisioner.h"
#include "vm/provision/state.h"

namespace cove::provision {

class LifeTest : public testing::Test {
 protected:
  LifeTest() {
    paths.data = home.path() / "data" / "cove";
    paths.cache = home.path() / "cache" / "cove";
    paths.config = home.path() / "config" / "cove";
    paths.session = home.path() / "run";
    paths.runtime = paths.session / "cove";
    paths.kubeconfig = home.path() / ".kube" / "config";
    std::filesystem::create_directories(paths.session);
    std::filesystem::create_directories(paths.data.parent_path());
    hypervisor->set_info({"fake", "fake 1", vm::NetworkMode::kUser, vm::Acceleration::kSoftware,
                          "KVM is not there, so software emulation is used"});
    write_image();
  }

  // Three one-byte files under a manifest that fits them.
  void write_image() {
    std::filesystem::create_directories(image);
    // sha256 of "x", and of the three lines made from it.
    const std::string x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    std::string files;
    for (const char* name : {"initrd.img", "system.erofs", "vmlinux"}) {
      ASSERT_TRUE(write_file_atomic(image / name, "x", 0644));
      files += fmt::format("{}\"{}\":{{\"size\":1,\"sha256\":\"{}\"}}", files.empty() ? "" : ",",
                           name, x);
    }
    ASSERT_TRUE(write_file_atomic(
        image / "manifest.json",
        fmt::format(R"({{"format":1,"version":"0.1.0","digest":"sha256:{}","files":{{{}}},)"
                    R"("command_line":"console=ttyS0","command_line_software":"lpj=1"}})",
                    kDigest, files),
        0644));
  }

  std::vector<std::string> port_servers;  // launched

  std::unique_ptr<Provisioner> program() {
    return std::make_unique<Provisioner>(Dependencies{
        paths, image, clock, *spawner, null_logger(),
        [this](vm::NetworkMode) -> Result<std::shared_ptr<vm::Backend>> {
          if (no_backend) {
            return Error{ErrorCode::kUnavailable, "connect to", "libvirt", "it is not installed",
                         "Install the package libvirt-daemon."};
          }
          return std::shared_ptr<vm::Backend>(std::make_shared<vm::FakeBackend>(hypervisor));
        },
        guest,
        [this](const std::string& profile) -> Result<void> {
          port_servers.push_back(profile);
          return {};
        }});
  }

  Result<ClusterStatus> start(const StartRequest& request = {},
                              const std::string& profile = "cove") {
    return program()->start(profile, request, progress);
  }
  ClusterStatus status(const std::string& profile = "cove") {
    return program()->status(profile).value();
  }
  Path state_file(const std::string& profile = "cove") {
    return paths.cluster(profile) / "state.json";
  }
  State state(const std::string& profile = "cove") {
    return read_state(state_file(profile)).value().value();
  }
  std::string text(const Path& file) { return read_file(file, 1 << 20).value(); }

  // Everything under the home folder but the image and the cache: what a deleted cluster must not
  // leave.
  std::vector<std::string> leftovers() {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.path())) {
      const std::string name = std::filesystem::relative(entry.path(), home.path()).string();
      const bool expected = name.starts_with("image") || name.starts_with("cache") ||
                            name == "data" || name == "run" || name == ".kube" ||
                            name == ".kube/config";
      if (!expected) found.push_back(name);
    }
    return found;
  }

  // sha256("initrd.img <x>\nsystem.erofs <x>\nvmlinux <x>\n")
  static constexpr const char* kDigest =
      "4995b9cf17af540062a05ac635931b0660a3296d940ed5fdce05d13eb7a77923";

  test::TemporaryFolder home;
  Path image = home.path() / "image";
  Paths paths;
  FakeClock clock;
  std::unique_ptr<Spawner> spawner = make_spawner();
  std::shared_ptr<vm::FakeHypervisor> hypervisor = std::make_shared<vm::FakeHypervisor>();
  std::shared_ptr<FakeGuest> guest = std::make_shared<FakeGuest>(hypervisor);
  bool no_backend = false;
  RecordedProgress progress;
};

}  // namespace cove::provision
