// The image builder's promises: the same bytes every time, and nothing to do when nothing changed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/base/fs.h"
#include "core/base/process.h"
#include "tests/vm/guest/machine.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;

class ImageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (built_image().has_error()) GTEST_SKIP() << built_image().error().message();
    const char* source = std::getenv("COVE_SOURCE_DIR");
    script_ = Path(source != nullptr ? source : ".") / "installers/image/build";
    char name[] = "/tmp/cove-image-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    // Any program does; the libraries of this one are known.
    coved_ = folder_ / "coved";
    std::filesystem::copy_file("/bin/true", coved_);
    Command images;
    images.argv = {(script_.parent_path() / "../images/build").string(), "--out",
                   (folder_ / "images").string()};
    const auto made = make_spawner()->run(images, 300s);
    ASSERT_TRUE(made.has_value() && made->exit_code == 0);
  }
  void TearDown() override {
    if (!folder_.empty()) (void)remove_tree(folder_);
  }
  Completed build(const std::string& out, const Path& coved) {
    Command command;
    command.argv = {script_.string(),
                    "--coved",
                    coved.string(),
                    "--init",
                    "/bin/true",
                    "--pause",
                    "/bin/true",
                    "--reaper",
                    "/bin/true",
                    "--images",
                    (folder_ / "images").string(),
                    "--out",
                    (folder_ / out).string()};
    const auto done = make_spawner()->run(command, 300s);
    EXPECT_TRUE(done.has_value()) << done.error().message();
    return *done;
  }
  std::string text(const std::string& file) {
    const auto bytes = read_file(folder_ / file, 256 << 20);
    return bytes.has_value() ? *bytes : std::string();
  }

  Path script_;
  Path folder_;
  Path coved_;
};

TEST_F(ImageTest, TwoBuildsAreTheSameBytesAndAThirdDoesNothing) {
  const auto first = build("a", coved_);
  ASSERT_EQ(first.exit_code, 0) << first.standard_error;
  ASSERT_EQ(build("b", coved_).exit_code, 0);
  for (const char* name : {"vmlinux", "initrd.img", "system.erofs", "manifest.json"}) {
    const std::string one = text(std::string("a/") + name);
    EXPECT_FALSE(one.empty()) << name;
    EXPECT_TRUE(one == text(std::string("b/") + name)) << name;
  }
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat((folder_ / "a/manifest.json").c_str(), &before), 0);
  ASSERT_EQ(build("a", coved_).exit_code, 0);
  ASSERT_EQ(::stat((folder_ / "a/manifest.json").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(ImageTest, ContainerImagesAreTheSameBytesTwice) {
  Command again;
  again.argv = {(script_.parent_path() / "../images/build").string(), "--out",
                (folder_ / "images-b").string()};
  const auto made = make_spawner()->run(again, 300s);
  ASSERT_TRUE(made.has_value());
  ASSERT_EQ(made->exit_code, 0) << made->standard_error;
  // An index names all else by its digest.
  for (const char* name : {"busybox", "web"}) {
    const std::string one = text(std::string("images/") + name + "/index.json");
    EXPECT_NE(one.find("sha256:"), std::string::npos) << name;
    EXPECT_EQ(one, text(std::string("images-b/") + name + "/index.json")) << name;
  }
}

TEST_F(ImageTest, MissingProgramIsOneSentence) {
  const auto done = build("c", folder_ / "none");
  EXPECT_NE(done.exit_code, 0);
  EXPECT_NE(done.standard_error.find("there is no program"), std::string::npos)
      << done.standard_error;
}

}  // namespace
}  // namespace cove::test
