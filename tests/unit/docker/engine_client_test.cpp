#include "core/docker/engine_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "core/base/base64.h"
#include "core/http/server.h"
#include "tests/support/temporary_folder.h"

namespace cove::docker {
namespace {

using cove::test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Answers "METHOD /path" as a test says, and keeps what was asked.
class ScriptedEngine final : public http::Handler {
 public:
  struct Script {
    int status = 200;
    std::string body;
  };
  void on(const std::string& what, Script script) { scripts_[what] = std::move(script); }

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    std::lock_guard starting(mutex_);
    threads_.emplace_back([this, request, respond] {
      std::string body = request->body;
      while (request->body_stream) {
        const auto piece = request->body_stream->read(1 << 20);
        if (!piece || piece->empty()) break;
        body += *piece;
      }
      http::Answer answer;
      const auto script = scripts_.find(request->method + " " + request->path);
      answer.status = script != scripts_.end() ? script->second.status : 404;
      answer.body = std::make_shared<const std::string>(
          script != scripts_.end() ? script->second.body : R"({"message":"page not found"})");
      {
        std::lock_guard lock(mutex_);
        asked_ = request;
        body_ = std::move(body);
      }
      respond(std::move(answer));
    });
  }
  bool streams_body(const http::Request&) const override { return true; }

  std::string parameter(std::string_view name) {
    std::lock_guard lock(mutex_);
    return asked_->parameter(name).value_or("(none)");
  }
  std::string header(std::string_view name) {
    std::lock_guard lock(mutex_);
    return std::string(asked_->header(name));
  }
  std::string body() {
    std::lock_guard lock(mutex_);
    return body_;
  }

 private:
  std::map<std::string, Script> scripts_;
  std::mutex mutex_;
  std::shared_ptr<const http::Request> asked_;
  std::string body_;
  std::vector<std::jthread> threads_;
};

class EngineClientTest : public ::testing::Test {
 protected:
  EngineClientTest() {
    server_ = *http::Server::listen_unix(socket_, engine_, null_logger());
    server_->start(1);
    client_ = *EngineClient::create({"unix://" + socket_.string(), {}});
  }

  static Source once(std::string bytes) {
    return [bytes = std::move(bytes), done = false](std::size_t) mutable -> Result<std::string> {
      return std::exchange(done, true) ? std::string() : bytes;
    };
  }

  TemporaryFolder folder_;
  Path socket_ = folder_ / "engine.sock";
  ScriptedEngine engine_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<EngineClient> client_;
  std::string text_;
  OnText collect_ = [this](std::string_view text) { text_ += text; };
};

TEST_F(EngineClientTest, ListsImages) {
  engine_.on("GET /v1.41/images/json",
             {200, R"([{"Id":"sha256:ab","RepoTags":["a:1","a:2"],"RepoDigests":null,)"
                   R"("Created":5,"Size":7},{"Id":"sha256:cd","RepoTags":["<none>:<none>"]}])"});
  const auto images = client_->images();
  ASSERT_TRUE(images.has_value()) << images.error().message();
  ASSERT_EQ(images->size(), 2u);
  EXPECT_EQ((*images)[0].id, "sha256:ab");
  EXPECT_THAT((*images)[0].tags, ElementsAre("a:1", "a:2"));
  EXPECT_EQ((*images)[0].created, 5);
  EXPECT_EQ((*images)[0].size, 7u);
  EXPECT_THAT((*images)[1].tags, IsEmpty());
}

TEST_F(EngineClientTest, TheEnginesWordsAreTheCause) {
  engine_.on("POST /v1.41/images/x/tag", {404, R"({"message":"No such image: x:latest"})"});
  const auto tagged = client_->tag("x", "y");
  ASSERT_TRUE(tagged.has_error());
  EXPECT_EQ(tagged.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tagged.error().cause, "No such image: x:latest");
  engine_.on("DELETE /v1.41/images/x", {409, "no json"});
  EXPECT_EQ(client_->remove("x", false).error().code, ErrorCode::kConflict);
  EXPECT_EQ(client_->remove("x", false).error().cause, "no json");
  engine_.on("GET /v1.41/images/json", {200, "{"});
  EXPECT_EQ(client_->images().error().code, ErrorCode::kCorrupt);
}

TEST_F(EngineClientTest, PullsAndSaysHowFarItIs) {
  engine_.on("POST /v1.41/images/create",
             {200,
              "{\"status\":\"Pulling from library/nginx\",\"id\":\"1.25\"}\r\n"
              "{\"status\":\"Downloading\",\"id\":\"ab\",\"progressDetail\":"
              "{\"current\":5,\"total\":9}}\r\n"});
  std::vector<std::string> seen;
  const auto pulled = client_->pull(
      "nginx:1.25", Credentials{"me", Secret("word"), "docker.io"}, [&](const Progress& p) {
        seen.push_back(p.id + " " + p.status + " " + std::to_string(p.current) + "/" +
                       std::to_string(p.total));
      });
  ASSERT_TRUE(pulled.has_value()) << pulled.error().message();
  EXPECT_THAT(seen, ElementsAre("1.25 Pulling from library/nginx 0/0", "ab Downloading 5/9"));
  EXPECT_EQ(engine_.parameter("fromImage"), "nginx");
  EXPECT_EQ(engine_.parameter("tag"), "1.25");
  EXPECT_THAT(*base64url_decode(engine_.header("x-registry-auth")),
              HasSubstr(R"("password":"word")"));
}

TEST_F(EngineClientTest, AFailureInTheMiddleIsOne) {
  engine_.on("POST /v1.41/images/create",
             {200,
              "{\"status\":\"x\"}\n{\"errorDetail\":{\"message\":\"manifest for a:b not "
              "found\"},\"error\":\"short\"}\n"});
  const auto pulled = client_->pull("a:b", std::nullopt, [](const Progress&) {});
  EXPECT_EQ(pulled.error().cause, "manifest for a:b not found");
  engine_.on("POST /v1.41/build", {200, "{\"error\":\"Dockerfile:2: unknown instruction: X\"}\n"});
  EXPECT_EQ(client_->build({}, once("tar"), collect_).error().cause,
            "Dockerfile:2: unknown instruction: X");
  engine_.on("POST /v1.41/images/load", {200, "{\"stream\":"});
  EXPECT_EQ(client_->load(once("tar"), collect_).error().code, ErrorCode::kCorrupt);
}

TEST_F(EngineClientTest, SendsAContextAndTellsWhatTheBuildPrints) {
  engine_.on("POST /v1.41/build", {200,
                                   "{\"stream\":\"Step 1/1 : FROM a\\n\"}\n"
                                   "{\"aux\":{\"ID\":\"sha256:ef\"}}\n"
                                   "{\"stream\":\"Successfully built ef\\n\"}\n"});
  BuildOptions options;
  options.tags = {"demo:0.1"};
  options.build_args = {{"A", "b c"}};
  options.no_cache = true;
  const auto built = client_->build(options, once("the context"), collect_);
  ASSERT_TRUE(built.has_value()) << built.error().message();
  EXPECT_EQ(*built, "sha256:ef");
  EXPECT_EQ(text_, "Step 1/1 : FROM a\nSuccessfully built ef\n");
  EXPECT_EQ(engine_.body(), "the context");
  EXPECT_EQ(engine_.parameter("t"), "demo:0.1");
  EXPECT_EQ(engine_.parameter("buildargs"), R"({"A":"b c"})");
  EXPECT_EQ(engine_.parameter("nocache"), "1");
}

TEST_F(EngineClientTest, ABrokenSourceIsTheErrorOfTheBuild) {
  engine_.on("POST /v1.41/build", {200, ""});
  const Source broken = [](std::size_t) -> Result<std::string> {
    return Error{ErrorCode::kNotFound, "read", "src", "it is gone", {}};
  };
  EXPECT_EQ(client_->build({}, broken, collect_).error().cause, "it is gone");
}

TEST_F(EngineClientTest, LoadsSavesPushesAndRemoves) {
  engine_.on("POST /v1.41/images/load", {200, "{\"stream\":\"Loaded image: a:1\\n\"}\n"});
  ASSERT_TRUE(client_->load(once("archive"), collect_));
  EXPECT_EQ(text_, "Loaded image: a:1\n");
  EXPECT_EQ(engine_.body(), "archive");
  engine_.on("GET /v1.41/images/get", {200, std::string(300'000, 'x')});
  std::string saved;
  ASSERT_TRUE(client_->save({"a:1"}, [&](std::string_view bytes) -> Result<void> {
    saved += bytes;
    return {};
  }));
  EXPECT_EQ(saved, std::string(300'000, 'x'));
  engine_.on("POST /v1.41/images/localhost:5000/a/push", {200, "{\"status\":\"Pushed\"}\n"});
  EXPECT_TRUE(client_->push("localhost:5000/a:1", std::nullopt, [](const Progress&) {}));
  EXPECT_EQ(engine_.parameter("tag"), "1");
  engine_.on("DELETE /v1.41/images/a:1", {200, R"([{"Untagged":"a:1"},{"Deleted":"sha256:ab"}])"});
  EXPECT_THAT(*client_->remove("a:1", true), ElementsAre("Untagged: a:1", "Deleted: sha256:ab"));
  EXPECT_EQ(engine_.parameter("force"), "1");
}

TEST_F(EngineClientTest, WrongAddressesAndFilesAreNamed) {
  EXPECT_EQ(EngineClient::create({"ssh://x", {}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EngineClient::create({"tcp://x:y", {}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EngineClient::create({"tcp://127.0.0.1:1", folder_ / "none"}).error().code,
            ErrorCode::kNotFound);
  server_.reset();
  const auto images = client_->images();
  ASSERT_TRUE(images.has_error());
  EXPECT_EQ(images.error().code, ErrorCode::kUnavailable) << images.error().message();
  EXPECT_THAT(images.error().remedy, HasSubstr("cove status"));
}

TEST_F(EngineClientTest, FindsWhatDockerLoginStored) {
  EXPECT_FALSE(stored_credentials(folder_.path(), "a")->has_value());
  const std::string file = R"({"auths":{"https://index.docker.io/v1/":{"auth":")" +
                           base64_encode("hub:a:b") + R"("},"localhost:5000":{"auth":")" +
                           base64_encode("me:word") + R"("},"broken":{"auth":"!"}}})";
  ASSERT_TRUE(write_file_atomic(folder_ / "config.json", file, 0600));
  const auto hub = stored_credentials(folder_.path(), "nginx");
  ASSERT_TRUE(hub.has_value() && hub->has_value());
  EXPECT_EQ((*hub)->username, "hub");
  EXPECT_EQ((*hub)->password.reveal(), "a:b");
  EXPECT_EQ((*stored_credentials(folder_.path(), "localhost:5000/x"))->username, "me");
  EXPECT_FALSE(stored_credentials(folder_.path(), "quay.io/x")->has_value());
  ASSERT_TRUE(write_file_atomic(folder_ / "config.json", "{", 0600));
  EXPECT_EQ(stored_credentials(folder_.path(), "a").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cove::docker
