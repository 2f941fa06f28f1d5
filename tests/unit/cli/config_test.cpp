#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kSecretProxy = "http://me:s3cret@proxy.example:3128";

class ConfigTest : public ::testing::Test {
 protected:
  int run(std::vector<std::string> arguments) {
    test_.out.str("");
    test_.err.str("");
    return test_.run(arguments);
  }
  const provision::StartRequest& asked() { return *test_.clusters->request; }
  std::string said() const { return test_.out.str() + test_.err.str(); }
  TestWorld test_;
};

TEST_F(ConfigTest, SetChangesOnePropertyAndStartsNothing) {
  ASSERT_EQ(run({"config", "set", "memory", "4g"}), kOk) << said();
  EXPECT_EQ(asked().memory_mib, 4096U);
  EXPECT_FALSE(asked().cpus || asked().http_proxy || asked().registry_mirrors);
  ASSERT_EQ(run({"config", "set", "disk-size", "40g", "-p", "dev"}), kOk) << said();
  EXPECT_EQ(asked().disk_gib, 40U);
  ASSERT_EQ(run({"config", "set", "registry-mirror", "https://a.example, https://b.example"}), kOk);
  EXPECT_THAT(*asked().registry_mirrors, ElementsAre("https://a.example", "https://b.example"));
  ASSERT_EQ(run({"config", "unset", "registry-mirror"}), kOk);
  EXPECT_THAT(*asked().registry_mirrors, IsEmpty());
  ASSERT_EQ(run({"config", "unset", "http-proxy"}), kOk);
  EXPECT_EQ(asked().http_proxy, "");
  EXPECT_THAT(test_.clusters->calls,
              ElementsAre("configure cove", "configure dev", "configure cove", "configure cove",
                          "configure cove"));
}

TEST_F(ConfigTest, SetSaysWhatWaitsForTheNextBoot) {
  test_.clusters->after.wish.resources.memory_mib = 4096;
  ASSERT_EQ(run({"config", "set", "memory", "4g"}), kOk);
  EXPECT_THAT(test_.out.str(), HasSubstr("from the next boot: run 'cove restart'"));
}

TEST_F(ConfigTest, APasswordNeedNotBeInACommand) {
  test_.environment["HTTPS_PROXY"] = kSecretProxy;
  ASSERT_EQ(run({"config", "set", "https-proxy"}), kOk) << said();
  EXPECT_EQ(asked().https_proxy, kSecretProxy);
  EXPECT_THAT(said(), Not(HasSubstr("s3cret")));
  EXPECT_NE(run({"config", "set", "http-proxy"}), kOk);
  EXPECT_THAT(said(), HasSubstr("HTTP_PROXY"));
}

TEST_F(ConfigTest, WrongWordsAreRefusedInOneSentence) {
  for (const auto& [arguments, sentence] :
       std::vector<std::pair<std::vector<std::string>, const char*>>{
           {{"config", "set", "colour", "red"}, "there is none of that name"},
           {{"config", "set", "cpus", "many"}, "'many' is not a number of CPUs"},
           {{"config", "set", "memory"}, "there is no value"},
           {{"config", "unset", "cpus"}, "always has a value"},
           {{"config", "set", "http-proxy", "https://me:s3cret@p:1"}, "by http, not https"},
           {{"config", "get", "colour"}, "there is none of that name"}}) {
    EXPECT_NE(run(arguments), kOk);
    EXPECT_THAT(test_.err.str(), HasSubstr(sentence));
    EXPECT_THAT(test_.err.str(), Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(test_.clusters->calls, IsEmpty());
}

TEST_F(ConfigTest, ViewAndGetMaskPasswords) {
  test_.clusters->current.wish.proxy = {kSecretProxy, "", "lan"};
  test_.clusters->current.image_version = "0.0.9";
  test_.clusters->current.image_digest = "sha256:old";
  test_.clusters->current.wish.resources.cpus = 4;
  ASSERT_EQ(run({"config", "view"}), kOk) << said();
  EXPECT_THAT(said(), HasSubstr("- cpus: 4\n"));
  EXPECT_THAT(said(), HasSubstr("- http-proxy: http://…@proxy.example:3128\n"));
  EXPECT_THAT(said(), HasSubstr("- no-proxy: lan\n"));
  EXPECT_THAT(said(), Not(HasSubstr("https-proxy")));
  EXPECT_THAT(said(), HasSubstr("- system-image: 0.0.9\n"));
  EXPECT_THAT(said(), HasSubstr("count from the next boot"));
  EXPECT_THAT(said(), HasSubstr("Cove brings the system image 0.1.0: run 'cove restart'"));
  ASSERT_EQ(run({"config", "view", "-o", "json"}), kOk);
  EXPECT_THAT(said(), HasSubstr(R"("restart-needed":true,"newer-system-image":true)"));
  EXPECT_THAT(said(), Not(HasSubstr("s3cret")));
  ASSERT_EQ(run({"config", "get", "http-proxy"}), kOk);
  EXPECT_EQ(test_.out.str(), "http://…@proxy.example:3128\n");
  ASSERT_EQ(run({"status", "-o", "json"}), kOk);
  EXPECT_THAT(said(), HasSubstr(R"("HTTPProxy":"http://…@proxy.example:3128")"));
  EXPECT_THAT(said(), Not(HasSubstr("s3cret")));
}

TEST_F(ConfigTest, ViewOfNoClusterSaysHowToMakeOne) {
  test_.clusters->current = {};
  EXPECT_NE(run({"config", "view"}), kOk);
  EXPECT_THAT(said(), HasSubstr("cove start"));
}

TEST_F(ConfigTest, StartTakesProxiesAsMinikubeDoes) {
  test_.environment["https_proxy"] = kSecretProxy;
  ASSERT_EQ(run({"start", "--docker-env", "HTTP_PROXY=http://proxy.example:1", "--docker-env",
                 "no_proxy=lan", "--docker-env", "https_proxy"}),
            kOk)
      << said();
  EXPECT_EQ(asked().http_proxy, "http://proxy.example:1");
  EXPECT_EQ(asked().https_proxy, kSecretProxy);
  EXPECT_EQ(asked().no_proxy, "lan");
  EXPECT_EQ(asked().proxy_of_new.https, kSecretProxy);
  ASSERT_EQ(run({"start"}), kOk);
  EXPECT_FALSE(asked().http_proxy || asked().https_proxy || asked().no_proxy);
  for (const char* wrong : {"FOO=bar", "HTTP_PROXY=https://p", "HTTP_PROXY"}) {
    EXPECT_EQ(run({"start", "--docker-env", wrong}), kUsage) << wrong;
    EXPECT_THAT(said(), HasSubstr("--docker-env"));
  }
}

TEST_F(ConfigTest, RestartBootsAnew) {
  ASSERT_EQ(run({"restart"}), kOk) << said();
  EXPECT_THAT(test_.clusters->calls, ElementsAre("restart cove"));
  EXPECT_THAT(said(), HasSubstr("Cluster 'cove' is running"));
}

}  // namespace
}  // namespace cove::cli
