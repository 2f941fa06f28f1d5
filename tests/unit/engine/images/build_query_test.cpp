#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/engine/build.h"
#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::Reply;
using test::ServedApi;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BuildQuery : public ::testing::Test {
 protected:
  Reply ask(const std::string& query, const std::string& registry_config = {}) {
    auto request = ServedApi::request("POST", "/build?" + query);
    if (!registry_config.empty())
      request.headers.emplace_back("X-Registry-Config", registry_config);
    return api_.send(std::move(request));
  }

  image::BuildRequest read_;
  ServedApi api_{{{"POST", "/build", [this](Exchange& exchange) -> Outcome<> {
                     COVE_TRY(read_, parse_build_query(exchange));
                     exchange.empty();
                     return {};
                   }}}};
};

TEST_F(BuildQuery, TakesEverythingThatClientsSend) {
  const Reply reply = ask(
      "t=app:1&t=me%2Fapp&dockerfile=docker%2FDockerfile&target=final&nocache=1&pull=true&"
      "buildargs=%7B%22A%22%3A%221%22%2C%22B%22%3Anull%7D&labels=%7B%22l%22%3A%22v%22%7D&"
      "cachefrom=%5B%22x%3A1%22%5D&networkmode=host&extrahosts=a%3A1.2.3.4%2Cb%3A%3A%3A1&memory=64&"
      "shmsize=32&cpushares=3&cpuperiod=4&cpuquota=5&cpusetcpus=0-1&platform=linux%2Farm64&rm=1&"
      "forcerm=0&version=1",
      base64url_encode(R"({"localhost:5000":{"username":"me","password":"x"}})"));
  ASSERT_EQ(reply.status, 204) << reply.body;
  ASSERT_EQ(read_.tags.size(), 2u);
  EXPECT_EQ(read_.tags[0].familiar(), "app:1");
  EXPECT_EQ(read_.tags[1].familiar(), "me/app:latest");
  EXPECT_EQ(read_.dockerfile, "docker/Dockerfile");
  EXPECT_EQ(read_.target, "final");
  EXPECT_TRUE(read_.no_cache);
  EXPECT_TRUE(read_.pull);
  EXPECT_EQ(read_.build_args.at("A"), "1");
  EXPECT_EQ(read_.build_args.at("B"), std::nullopt);
  EXPECT_EQ(read_.labels.at("l"), "v");
  EXPECT_THAT(read_.cache_from, ElementsAre("x:1"));
  EXPECT_EQ(read_.network_mode, "host");
  EXPECT_THAT(read_.extra_hosts, ElementsAre("a:1.2.3.4", "b:::1"));
  EXPECT_EQ(read_.memory_bytes, 64u);
  EXPECT_EQ(read_.shm_bytes, 32u);
  EXPECT_EQ(read_.cpu_shares, 3u);
  EXPECT_EQ(read_.cpu_period, 4u);
  EXPECT_EQ(read_.cpu_quota, 5u);
  EXPECT_EQ(read_.cpuset, "0-1");
  EXPECT_EQ(read_.platform.architecture, "arm64");
  EXPECT_EQ(read_.auth.at("localhost:5000").username, "me");
}

TEST_F(BuildQuery, HasDefaults) {
  ASSERT_EQ(ask("buildargs=null&labels=&cachefrom=null&memory=0").status, 204);
  EXPECT_EQ(read_.dockerfile, "Dockerfile");
  EXPECT_EQ(read_.network_mode, "default");
  EXPECT_EQ(read_.platform, image::host_platform());
  EXPECT_FALSE(read_.no_cache);
}

struct WrongCase {
  std::string query, says;
};
class WrongBuildQuery : public BuildQuery, public ::testing::WithParamInterface<WrongCase> {};

TEST_P(WrongBuildQuery, IsRefused) {
  const Reply reply = ask(GetParam().query);
  EXPECT_EQ(reply.status, 400) << GetParam().query;
  EXPECT_THAT(reply.message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Queries, WrongBuildQuery,
    ::testing::Values(WrongCase{"version=2", "DOCKER_BUILDKIT=0"}, WrongCase{"squash=1", "squash"},
                      WrongCase{"t=Not%20A%20Name", "invalid reference format"},
                      WrongCase{"buildargs=%5B%5D", "buildargs"},
                      WrongCase{"buildargs=%7B%22a%22%3A1%7D", "buildargs"},
                      WrongCase{"labels=x", "labels"}, WrongCase{"cachefrom=%7B%7D", "cachefrom"},
                      WrongCase{"cachefrom=%5B1%5D", "cachefrom"},
                      WrongCase{"cachefrom=1,%22list%22:2", "cachefrom"},
                      WrongCase{"memory=lots", "memory"}, WrongCase{"memory=-1", "memory"},
                      WrongCase{"platform=a%2Fb%2Fc%2Fd", ""},
                      WrongCase{"isolation=hyperv", "isolation"}));

}  // namespace
}  // namespace cove::engine
