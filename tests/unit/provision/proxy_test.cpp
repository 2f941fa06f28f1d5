#include "vm/provision/proxy.h"

#include <gtest/gtest.h>

#include <map>

#include "vm/channel/control.h"

namespace cove::provision {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(ProxyTest, TheEnvironmentIsReadInBothSpellings) {
  EXPECT_EQ(proxy_of(environment({})), Proxy());
  EXPECT_EQ(proxy_of(environment({{"HTTP_PROXY", "http://a:1"},
                                  {"http_proxy", "http://b:1"},
                                  {"HTTPS_PROXY", "http://c:1"},
                                  {"https_proxy", ""},
                                  {"no_proxy", "lan"}})),
            (Proxy{"http://b:1", "http://c:1", "lan"}));
}

TEST(ProxyTest, AddressesThatWorkAreTaken) {
  for (const char* address :
       {"", "http://proxy.example:3128", "proxy.example:3128", "proxy.example", "10.0.0.1:8080",
        "http://me:p%40ss@proxy.example:3128/", "http://[fd00::1]:3128", "[::1]:3128"}) {
    EXPECT_TRUE(check_proxy_address(address)) << address;
  }
  EXPECT_TRUE(check_no_proxy("example.com,.lan,10.0.0.0/8,*"));
}

TEST(ProxyTest, OthersAreRefusedInOneSentenceWithoutThePassword) {
  const std::map<std::string, std::string> wrong = {
      {"https://me:s3cret@proxy.example:3128", "by http, not https"},
      {"socks5://me:s3cret@proxy.example", "by http, not socks5"},
      {"http://me:s3cret@", "has no host"},
      {"http://me:s3cret@pro xy:3128", "a space"},
      {"http://me:s3cret@proxy:66000", "its port"},
      {"http://me:s3cret@proxy:", "its port"},
      {"http://me:s3cret@proxy:3128/way", "a path"},
      {"http://me:s3cret/x@pro$xy:3128", "has no host"},
      {std::string(3000, 'a'), "too long"},
      {"http://me:s3cret@proxy:31\n28", "a space"},
  };
  for (const auto& [address, cause] : wrong) {
    const auto refused = check_proxy_address(address);
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().cause.find(cause), std::string::npos) << refused.error().cause;
    EXPECT_EQ(refused.error().message().find("s3cret"), std::string::npos)
        << refused.error().message();
  }
  EXPECT_FALSE(check_no_proxy("a, b"));
  EXPECT_FALSE(check_no_proxy(std::string(9000, 'a')));
  EXPECT_FALSE(check_proxy({"http://a:1", "ftp://b:1", ""}));
}

TEST(ProxyTest, APasswordIsNeverShown) {
  EXPECT_EQ(shown_proxy("http://me:s3cret@proxy.example:3128"), "http://…@proxy.example:3128");
  EXPECT_EQ(shown_proxy("me:s3cret@proxy.example"), "…@proxy.example");
  EXPECT_EQ(shown_proxy("me:s3://cret@proxy.example"), "…@proxy.example");
  EXPECT_EQ(shown_proxy("http://proxy.example:3128"), "http://proxy.example:3128");
}

TEST(ProxyTest, AGuestFindsTheHostsLoopbackAtItsGateway) {
  const channel::NodeProxy there = guest_proxy(
      {"http://me:s3cret@127.0.0.1:3128", "localhost:8080", "lan"}, "10.0.2.2", "10.0.2.15");
  EXPECT_EQ(there.http.reveal(), "http://me:s3cret@10.0.2.2:3128");
  EXPECT_EQ(there.https.reveal(), "http://10.0.2.2:8080");
  EXPECT_EQ(there.no_proxy, "lan,10.0.2.2,10.0.2.15");
  const channel::NodeProxy outside = guest_proxy({"proxy.example:1", "", "*"}, "10.0.2.2", "");
  EXPECT_EQ(outside.http.reveal(), "http://proxy.example:1");
  EXPECT_TRUE(outside.https.empty());
  EXPECT_EQ(outside.no_proxy, "*");
  EXPECT_EQ(guest_proxy({"", "", "lan"}, "10.0.2.2", "10.0.2.15").no_proxy, "");
}

}  // namespace
}  // namespace cove::provision
