// Pulls and builds of a coved that was told its proxies in a file.
#include <fstream>

#include "core/base/strings.h"
#include "tests/fault/engine/fixture.h"
#include "tests/support/connect_proxy.h"

namespace cove::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ProxiesTest : public EngineFaultTest {
 protected:
  void restart(const std::string& proxies) {
    coved_->signal(SIGTERM);
    (void)coved_->wait();
    const Path file = folder_.path() / "proxies";
    ASSERT_TRUE(write_file_atomic(file, proxies, 0600));
    ASSERT_TRUE(coved_->start({"--insecure-registry", secure_.domain(), "--insecure-registry",
                               "registry.example", "--proxy-file", file.string()}))
        << coved_->log();
    api_ = std::make_unique<EngineApi>(coved_->data() / "engine.sock");
    ASSERT_TRUE(api_->await()) << coved_->log();
  }
  // Of coved and every process it started: what anybody on the machine may read.
  static std::string command_lines() {
    std::string all;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
      if (const auto line = read_file(entry.path() / "cmdline", 1 << 20)) all += *line + "\n";
    }
    return all;
  }
  std::string build(const std::string& dockerfile, const std::string& query) {
    test::TemporaryFolder folder;
    std::ofstream(folder / "Dockerfile") << dockerfile;
    return api_
        ->send("/build?" + query, test::output_of({"tar", "-C", folder.path().string(), "-c", "."}))
        .text;
  }

  test::TestRegistry secure_{{.tls = true}};
};

TEST_F(ProxiesTest, APullGoesThroughTheProxyAndItsPasswordNowhereElse) {
  test::ConnectProxy proxy(secure_.port());
  const std::string here = secure_.domain() + "/team/app";
  restart("");
  ASSERT_EQ(api_->post("/images/busybox/tag?repo=" + here + "&tag=1").status, 201);
  ASSERT_THAT(api_->post("/images/" + here + "/push?tag=1").text, Not(HasSubstr("error")));
  EXPECT_THAT(api_->post("/images/create?fromImage=registry.example/team/app&tag=1").text,
              HasSubstr("registry.example"))
      << "nobody knows that name without a proxy";
  ASSERT_NE(api_->get("/images/registry.example/team/app:1/json").status, 200);

  restart("HTTPS_PROXY=http://me:s3cret@" + proxy.address() + "\n");
  const auto pulled = api_->post("/images/create?fromImage=registry.example/team/app&tag=1");
  EXPECT_EQ(api_->get("/images/registry.example/team/app:1/json").status, 200) << pulled.text;
  EXPECT_THAT(proxy.seen(), Contains(StartsWith("CONNECT registry.example:443 ")));
  EXPECT_THAT(proxy.seen().back(), HasSubstr("Proxy-Authorization: Basic bWU6czNjcmV0"));
  const auto info = api_->get("/info");
  EXPECT_EQ(text_of(info.body, {"HttpsProxy"}), "http://xxxxx:xxxxx@" + proxy.address());
  EXPECT_THAT(text_of(info.body, {"NoProxy"}), HasSubstr(".svc"));
  EXPECT_THAT(info.text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(coved_->log(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(command_lines(), Not(HasSubstr("s3cret")));
}

TEST_F(ProxiesTest, CommandsOfABuildGetThemAndTheImageDoesNot) {
  restart("HTTP_PROXY=http://me:s3cret@10.9.8.7:3128\nHTTPS_PROXY=127.0.0.1:3128\nNO_PROXY=lan\n");
  const std::string said = build(
      "FROM busybox\nRUN echo \"<$HTTP_PROXY|$http_proxy|$HTTPS_PROXY|$no_proxy>\"\n", "t=made");
  EXPECT_THAT(said,
              HasSubstr("<http://me:s3cret@10.9.8.7:3128|http://me:s3cret@10.9.8.7:3128||lan,"));
  EXPECT_THAT(said, HasSubstr("Successfully built"));
  EXPECT_THAT(api_->get("/images/made/json").text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(api_->get("/images/made/history").text, Not(HasSubstr("s3cret")));
  // What the client says goes before.
  EXPECT_THAT(
      build("FROM busybox\nRUN echo \"<$HTTP_PROXY|$http_proxy>\"\n",
            "nocache=1&buildargs=" + http::percent_encode(R"({"http_proxy":"http://own:1"})")),
      HasSubstr("<|http://own:1>"));
}

}  // namespace
}  // namespace cove::testing
