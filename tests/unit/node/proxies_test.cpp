#include "app/node/proxies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/temporary_folder.h"

namespace cove::node {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProxiesTest : public ::testing::Test {
 protected:
  Result<http::Proxies> read(const std::string& text) {
    const Path file = folder_.path() / "proxies";
    EXPECT_TRUE(write_file_atomic(file, text, 0600));
    return read_proxies(file, services_, environment_);
  }
  test::TemporaryFolder folder_;
  const server::Ipv4Range services_ = server::Ipv4Range::parse("10.96.0.0/12").value();
  std::map<std::string, std::string> variables_;
  const std::function<std::optional<std::string>(const std::string&)> environment_ =
      [this](const std::string& name) {
        const auto found = variables_.find(name);
        return found == variables_.end() ? std::nullopt : std::optional(found->second);
      };
};

TEST_F(ProxiesTest, AFileGoesBeforeTheEnvironment) {
  variables_ = {{"HTTP_PROXY", "http://env:1"}, {"NO_PROXY", "env"}};
  const auto proxies =
      read("HTTP_PROXY=http://me:a=b@proxy.example:3128\nHTTPS_PROXY=\nNO_PROXY=lan\n");
  ASSERT_TRUE(proxies) << proxies.error().message();
  EXPECT_EQ(proxies->http, "http://me:a=b@proxy.example:3128");
  EXPECT_EQ(proxies->https, "");
  EXPECT_THAT(proxies->no_proxy, ::testing::StartsWith("lan,"));
}

TEST_F(ProxiesTest, WhatIsOfTheClusterIsReachedWithout) {
  const auto proxies = read("HTTP_PROXY=http://proxy.example:3128\n");
  ASSERT_TRUE(proxies);
  for (const char* url :
       {"http://10.100.1.2:5000/", "http://registry.default.svc/", "http://10.244.0.9/",
        "http://a.b.svc.cluster.local/", "http://127.0.0.1/"}) {
    EXPECT_FALSE(http::proxy_for(*proxies, http::parse_url(url).value())->has_value()) << url;
  }
  EXPECT_TRUE(
      http::proxy_for(*proxies, http::parse_url("http://registry.example/").value())->has_value());
  EXPECT_EQ(read("HTTP_PROXY=http://p:1\nNO_PROXY=*\n")->no_proxy, "*");
  EXPECT_EQ(read("NO_PROXY=lan\n")->no_proxy, "lan");
  EXPECT_EQ(read("")->http, "");
}

TEST_F(ProxiesTest, TheEnvironmentCountsWithoutAFile) {
  variables_ = {
      {"HTTP_PROXY", "http://upper:1"}, {"http_proxy", "http://lower:1"}, {"https_proxy", ""}};
  const auto proxies = read_proxies({}, services_, environment_);
  ASSERT_TRUE(proxies);
  EXPECT_EQ(proxies->http, "http://lower:1");
  EXPECT_EQ(proxies->https, "");
}

TEST_F(ProxiesTest, AWrongLineIsNamedByItsNumberAlone) {
  const auto wrong = read("HTTP_PROXY=http://a:1\nPASSWORD=s3cret\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(wrong.error().message(), HasSubstr("line 2"));
  EXPECT_THAT(wrong.error().message(), Not(HasSubstr("s3cret")));
  EXPECT_FALSE(read_proxies(folder_.path() / "none", services_, environment_));
}

}  // namespace
}  // namespace cove::node
