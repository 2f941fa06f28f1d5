// `cove image` against an engine that answers what a test wrote down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/exit_codes.h"
#include "core/http/server.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::HasSubstr;

class Engine final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    http::Answer answer;
    const auto found = answers.find(request->method + " " + request->path);
    answer.status = found == answers.end() ? 404 : 200;
    answer.body = std::make_shared<const std::string>(
        found == answers.end() ? R"({"message":"No such image: a:latest"})" : found->second);
    respond(std::move(answer));
  }
  std::map<std::string, std::string> answers;
};

class ImageTest : public ::testing::Test {
 protected:
  ImageTest() {
    server_ = *http::Server::listen_unix(folder_ / "engine.sock", engine_, null_logger());
    server_->start(1);
    test_.clusters->current.engine = "unix://" + (folder_ / "engine.sock").string();
  }

  test::TemporaryFolder folder_;
  Engine engine_;
  std::unique_ptr<http::Server> server_;
  TestWorld test_;
};

TEST_F(ImageTest, ListsAsATableAndAsJson) {
  engine_.answers["GET /v1.41/images/json"] =
      R"([{"Id":"sha256:0123456789abcdef","RepoTags":["web:0.2","web:0.1"],"Size":2097152},)"
      R"({"Id":"sha256:fedcba9876543210","RepoTags":null,"Size":1024}])";
  EXPECT_EQ(test_.run({"image", "ls"}), kOk);
  EXPECT_EQ(test_.out.str(),
            "REPOSITORY   TAG      IMAGE ID       SIZE\n"
            "<none>       <none>   fedcba987654   1 KiB\n"
            "web          0.1      0123456789ab   2 MiB\n"
            "web          0.2      0123456789ab   2 MiB\n");
  test_.out.str("");
  EXPECT_EQ(test_.run({"image", "list", "-o", "json"}), kOk);
  EXPECT_THAT(test_.out.str(), HasSubstr(R"("repoTags":["web:0.2","web:0.1"])"));
}

TEST_F(ImageTest, TheEnginesWordsReachTheUser) {
  EXPECT_EQ(test_.run({"image", "rm", "a"}), exit_code(ErrorCode::kNotFound));
  EXPECT_EQ(test_.err.str(), "cove: cannot remove a: No such image: a:latest.\n");
}

TEST_F(ImageTest, AClusterThatDoesNotRunIsNamed) {
  test_.clusters->current = stopped_cluster();
  EXPECT_NE(test_.run({"image", "ls"}), kOk);
  EXPECT_THAT(test_.err.str(), HasSubstr("cannot use the images of cluster 'cove': it is Stopped"));
  EXPECT_THAT(test_.err.str(), HasSubstr("Run 'cove start'."));
}

TEST_F(ImageTest, BuildsWithALargeContext) {
  engine_.answers["POST /v1.41/build"] = "{\"stream\":\"Successfully built ab\\n\"}\n";
  ASSERT_TRUE(write_file_atomic(folder_ / "Dockerfile", "FROM scratch\n", 0644));
  ASSERT_TRUE(write_file_atomic(folder_ / "large", std::string(2 << 20, 'x'), 0644));
  EXPECT_EQ(test_.run({"image", "build", folder_.path().string(), "-t", "web"}), kOk)
      << test_.err.str();
  EXPECT_EQ(test_.out.str(), "Successfully built ab\n");
}

TEST_F(ImageTest, ABuildWithoutADockerfileSaysWhichIsMissing) {
  EXPECT_EQ(test_.run({"image", "build", folder_.path().string()}),
            exit_code(ErrorCode::kNotFound));
  EXPECT_THAT(test_.err.str(), HasSubstr((folder_ / "Dockerfile").string()));
}

TEST_F(ImageTest, ASavedFileIsWholeOrNotThere) {
  const Path file = folder_ / "images.tar";
  EXPECT_NE(test_.run({"image", "save", "a", "-o", file.string()}), kOk);
  EXPECT_FALSE(std::filesystem::exists(file));
  engine_.answers["GET /v1.41/images/get"] = "the archive";
  EXPECT_EQ(test_.run({"image", "save", "a", "-o", file.string()}), kOk);
  EXPECT_EQ(*read_file(file, 100), "the archive");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_EQ(entry.path().string().find(".part-"), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace cove::cli
