#include "core/engine/registry_auth.h"

#include <gtest/gtest.h>

#include "core/base/base64.h"

namespace cove::engine {
namespace {

TEST(RegistryAuth, IsReadFromEitherAlphabet) {
  const std::string json = R"({"username":"me","password":"pä?>~ss","serveraddress":"x"})";
  for (const std::string& header : {base64url_encode(json), base64_encode(json)}) {
    const auto auth = parse_registry_auth(header);
    EXPECT_EQ(auth.username, "me");
    EXPECT_EQ(auth.password.reveal(), "pä?>~ss");
    EXPECT_TRUE(auth.identity_token.empty());
  }
}

TEST(RegistryAuth, TakesTokensAndTheJoinedForm) {
  const auto tokens =
      parse_registry_auth(base64url_encode(R"({"identitytoken":"id","registrytoken":"registry"})"));
  EXPECT_EQ(tokens.identity_token.reveal(), "id");
  EXPECT_EQ(tokens.registry_token.reveal(), "registry");
  const auto joined =
      parse_registry_auth(base64url_encode("{\"auth\":\"" + base64_encode("me:pass:word") + "\"}"));
  EXPECT_EQ(joined.username, "me");
  EXPECT_EQ(joined.password.reveal(), "pass:word");
}

TEST(RegistryAuth, WhatIsNoneIsNobodys) {
  const std::string deep = std::string(5000, '{');
  for (const std::string& header :
       {std::string(), std::string("%%%"), std::string("e30"), std::string("bnVsbA"),
        base64url_encode("[1]"), base64url_encode("{\"username\":1,\"password\":{}}"),
        base64url_encode(deep), base64url_encode("{\"auth\":\"!!!\"}"),
        std::string(300'000, 'A')}) {
    const auto auth = parse_registry_auth(header);
    EXPECT_TRUE(auth.username.empty());
    EXPECT_TRUE(auth.password.empty());
    EXPECT_TRUE(auth.identity_token.empty());
  }
}

TEST(RegistryConfig, IsByDomain) {
  const auto config = parse_registry_config(base64url_encode(
      R"({"https://index.docker.io/v1/":{"username":"hub","password":"a"},
          "localhost:5000":{"username":"me","password":"b"},"odd":7})"));
  ASSERT_EQ(config.size(), 2u);
  EXPECT_EQ(config.at("docker.io").username, "hub");
  EXPECT_EQ(config.at("localhost:5000").password.reveal(), "b");
}

TEST(RegistryDomain, IsWhatReferencesCallIt) {
  EXPECT_EQ(registry_domain("https://index.docker.io/v1/"), "docker.io");
  EXPECT_EQ(registry_domain("registry-1.docker.io"), "docker.io");
  EXPECT_EQ(registry_domain(""), "docker.io");
  EXPECT_EQ(registry_domain("http://localhost:5000/v2/"), "localhost:5000");
  EXPECT_EQ(registry_domain(" quay.io "), "quay.io");
}

}  // namespace
}  // namespace cove::engine
