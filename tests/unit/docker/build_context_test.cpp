#include "core/docker/build_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/base/process.h"
#include "tests/support/temporary_folder.h"

namespace cove::docker {
namespace {

using cove::test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BuildContextTest : public ::testing::Test {
 protected:
  void file(const std::string& name, std::string_view text = "x", mode_t mode = 0644) {
    const Path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  Result<std::string> tar(const std::string& dockerfile = "Dockerfile") {
    std::string bytes;
    COVE_CHECK(write_build_context(folder_.path(), dockerfile,
                                   [&](std::string_view piece) -> Result<void> {
                                     bytes += piece;
                                     return {};
                                   }));
    return bytes;
  }
  // What another program finds in the archive.
  static std::string tool(const std::string& bytes, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tar");
    Command command{std::move(arguments), std::nullopt, {}, bytes};
    const auto done = make_spawner()->run(command, std::chrono::seconds(30));
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(done->exit_code, 0) << done->standard_error;
    return done->standard_output;
  }
  std::vector<std::string> names(const std::string& dockerfile = "Dockerfile") {
    const auto bytes = tar(dockerfile);
    EXPECT_TRUE(bytes.has_value()) << bytes.error().message();
    std::vector<std::string> out;
    std::istringstream lines(tool(*bytes, {"-t"}));
    for (std::string line; std::getline(lines, line);) out.push_back(line);
    return out;
  }

  TemporaryFolder folder_;
};

TEST_F(BuildContextTest, HasTheWholeFolderInOrder) {
  file("Dockerfile", "FROM scratch\n");
  file("b/two", "2");
  file("b/one", "1");
  file("a");
  EXPECT_THAT(names(), ElementsAre("Dockerfile", "a", "b/", "b/one", "b/two"));
  EXPECT_EQ(tool(*tar(), {"-xO", "b/two"}), "2");
  EXPECT_EQ(*tar(), *tar());
}

TEST_F(BuildContextTest, KeepsModesAndLinksAndMakesRootTheOwner) {
  file("Dockerfile");
  file("run.sh", "#!/bin/sh\n", 0755);
  std::filesystem::create_symlink("/etc/passwd", folder_ / "link");
  ::mkfifo((folder_ / "pipe").c_str(), 0600);
  const std::string listing = tool(*tar(), {"-tv", "--numeric-owner"});
  EXPECT_THAT(listing, HasSubstr("-rwxr-xr-x 0/0"));
  EXPECT_THAT(listing, HasSubstr("link -> /etc/passwd"));
  EXPECT_THAT(listing, ::testing::Not(HasSubstr("pipe")));
}

TEST_F(BuildContextTest, LeavesOutWhatIsIgnoredButNotWhatTheBuildNeeds) {
  file(".dockerignore", "*\n!src\nsrc/*.o\n!keep/this\n");
  file("Dockerfile");
  file("src/main.c");
  file("src/main.o");
  file("keep/this");
  file("keep/that");
  file("secret");
  EXPECT_THAT(names(),
              ElementsAre(".dockerignore", "Dockerfile", "keep/this", "src/", "src/main.c"));
}

TEST_F(BuildContextTest, ADockerfileInAnIgnoredFolderGoesAlong) {
  file(".dockerignore", "build\n");
  file("build/Dockerfile");
  file("build/other");
  EXPECT_THAT(names("build/Dockerfile"), ElementsAre(".dockerignore", "build/Dockerfile"));
  EXPECT_THAT(names("./src/../build/Dockerfile"), ElementsAre(".dockerignore", "build/Dockerfile"));
}

TEST_F(BuildContextTest, SaysWhatIsWrong) {
  EXPECT_EQ(tar().error().code, ErrorCode::kNotFound);
  EXPECT_THAT(tar().error().message(), HasSubstr("Dockerfile"));
  file("Dockerfile");
  EXPECT_EQ(tar("../Dockerfile").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tar("/etc/passwd").error().code, ErrorCode::kInvalidArgument);
  file(".dockerignore", "ok\n\n!\n");
  EXPECT_THAT(tar().error().message(), HasSubstr(".dockerignore:3"));
  EXPECT_EQ(write_build_context(folder_ / "none", "Dockerfile",
                                [](std::string_view) { return Result<void>(); })
                .error()
                .code,
            ErrorCode::kNotFound);
}

TEST_F(BuildContextTest, EndsWhenNobodyTakesItOrItIsCancelled) {
  file("Dockerfile");
  const Error full{ErrorCode::kUnavailable, "send", "", "nobody reads", {}};
  EXPECT_EQ(write_build_context(folder_.path(), "Dockerfile",
                                [&](std::string_view) { return Result<void>(full); })
                .error()
                .cause,
            "nobody reads");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(write_build_context(
                folder_.path(), "Dockerfile", [](std::string_view) { return Result<void>(); },
                stop.get_token())
                .error()
                .code,
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cove::docker
