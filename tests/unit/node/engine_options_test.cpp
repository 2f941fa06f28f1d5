#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/node/options.h"

namespace cove::node {
namespace {

using ::testing::HasSubstr;

Result<std::variant<Options, ShowText>> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"coved", "--data-dir", "/data"});
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "host");
}

TEST(EngineOptions, AreOffUnlessAskedFor) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed.has_value());
  const auto& options = std::get<Options>(*parsed);
  EXPECT_EQ(options.engine_address, "");
  EXPECT_TRUE(options.images.empty());
  EXPECT_FALSE(options.version.empty());
}

TEST(EngineOptions, AreRead) {
  const auto parsed = parse({"--engine-listen", "127.0.0.1:2376", "--images", "/images"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  const auto& options = std::get<Options>(*parsed);
  EXPECT_EQ(options.engine_address, "127.0.0.1");
  EXPECT_EQ(options.engine_port, 2376);
  EXPECT_EQ(options.images, Path("/images"));
  EXPECT_EQ(options.listen_port, 6443);
}

TEST(EngineOptions, ServeThisMachineAloneWithoutAGivenAuthority) {
  const auto refused = parse({"--engine-listen", "0.0.0.0:2376"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().cause, HasSubstr("0.0.0.0 is not a loopback address"));
  EXPECT_TRUE(parse({"--engine-listen", "0.0.0.0:2376", "--pki-dir", "/pki"}).has_value());
}

TEST(EngineOptions, AreCheckedForForm) {
  for (const char* text : {"2376", "localhost:2376", "127.0.0.1:", "127.0.0.1:99999", ":2376"}) {
    const auto refused = parse({"--engine-listen", text});
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_THAT(refused.error().cause, HasSubstr("--engine-listen takes ADDRESS:PORT")) << text;
  }
}

}  // namespace
}  // namespace cove::node
