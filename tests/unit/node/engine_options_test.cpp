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

TEST(EvictionOptions, AreReadAndChecked) {
  const auto parsed = parse({"--eviction-hard", "nodefs.available<1Gi",
                             "--eviction-pressure-transition-period", "1m30s"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  const EvictionLimits& limits = std::get<Options>(*parsed).eviction;
  EXPECT_EQ(limits.disk.of(10ULL << 30), 1ULL << 30);
  EXPECT_EQ(limits.pressure_lasts, std::chrono::seconds(90));
  EXPECT_EQ(std::get<Options>(*parse({})).eviction.memory_bytes, 100ULL << 20);
  EXPECT_FALSE(parse({"--eviction-hard", "nodefs.available<much"}).has_value());
  EXPECT_FALSE(parse({"--eviction-pressure-transition-period", "soon"}).has_value());
}

}  // namespace
}  // namespace cove::node
