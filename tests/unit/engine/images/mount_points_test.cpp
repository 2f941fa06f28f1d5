#include "core/engine/mount_points.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cove::engine {
namespace {

class MountPoints : public ::testing::Test {
 protected:
  void file(const Path& path, const std::string& text = {}) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  bool exists(const Path& path) {
    return std::filesystem::exists(std::filesystem::symlink_status(path));
  }

  cove::test::TemporaryFolder folder_;
  const Path upper_ = folder_ / "upper";
  const Path lower_ = folder_ / "lower";
};

TEST_F(MountPoints, ThatWereMadeAreForgotten) {
  std::filesystem::create_directories(upper_ / "proc");
  std::filesystem::create_directories(upper_ / "dev/pts");
  std::filesystem::create_directories(lower_);
  file(upper_ / "etc/hosts");
  file(upper_ / "run/heredoc/one");
  forget_mount_points(upper_, {lower_}, {"/etc/hosts", "/run/heredoc/one"});
  EXPECT_TRUE(std::filesystem::is_empty(upper_));
}

TEST_F(MountPoints, ThatSomebodyUsesStay) {
  file(upper_ / "etc/hosts", "127.0.0.1 me\n");
  file(upper_ / "etc/other");
  file(upper_ / "etc/resolv.conf");
  file(lower_ / "etc/resolv.conf", "x");
  std::filesystem::create_directories(upper_ / "sys");
  std::filesystem::create_directories(lower_ / "sys");
  forget_mount_points(upper_, {lower_}, {"/etc/hosts", "/etc/resolv.conf"});
  EXPECT_TRUE(exists(upper_ / "etc/hosts"));
  EXPECT_TRUE(exists(upper_ / "etc/other"));
  EXPECT_TRUE(exists(upper_ / "etc/resolv.conf"));
  EXPECT_TRUE(exists(upper_ / "sys"));
}

TEST_F(MountPoints, LinksLeadNowhere) {
  file(folder_ / "outside/hosts");
  file(folder_ / "outside/empty");
  std::filesystem::create_directories(upper_);
  std::filesystem::create_directories(lower_);
  std::filesystem::create_symlink(folder_ / "outside", upper_ / "etc");
  forget_mount_points(upper_, {lower_}, {"/etc/hosts", "/../outside/empty", "/.."});
  EXPECT_TRUE(exists(folder_ / "outside/hosts"));
  EXPECT_TRUE(exists(folder_ / "outside/empty"));
  EXPECT_TRUE(exists(upper_ / "etc"));
}

}  // namespace
}  // namespace cove::engine
