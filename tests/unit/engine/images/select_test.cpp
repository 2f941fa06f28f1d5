#include "core/engine/image_select.h"

#include <gtest/gtest.h>

namespace cove::engine {
namespace {

using namespace std::chrono_literals;

struct PatternCase {
  std::string name, pattern;
  bool matches = false;
};
class ReferencePattern : public ::testing::TestWithParam<PatternCase> {};

TEST_P(ReferencePattern, MatchesTheFamiliarName) {
  const auto reference = image::parse_tagged(GetParam().name);
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(matches_reference(*reference, GetParam().pattern), GetParam().matches)
      << GetParam().name << " " << GetParam().pattern;
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, ReferencePattern,
    ::testing::Values(PatternCase{"nginx", "nginx", true}, PatternCase{"nginx", "ngin*", true},
                      PatternCase{"nginx:1.25", "nginx:1.*", true},
                      PatternCase{"nginx:1.25", "*:1.25", true},
                      PatternCase{"nginx", "library/nginx", false},
                      PatternCase{"me/app:1", "*", false}, PatternCase{"me/app:1", "*/*", true},
                      PatternCase{"me/app:1", "me/app", true},
                      PatternCase{"localhost:5000/a/b:1", "localhost:5000/a/*", true},
                      PatternCase{"nginx", "[", false}));

TEST(Labels, MustAllBeThere) {
  const std::map<std::string, std::string> labels{{"a", "1"}, {"b", ""}};
  EXPECT_TRUE(matches_labels(labels, {}));
  EXPECT_TRUE(matches_labels(labels, {"a", "b"}));
  EXPECT_TRUE(matches_labels(labels, {"a=1"}));
  EXPECT_TRUE(matches_labels(labels, {"b="}));
  EXPECT_FALSE(matches_labels(labels, {"a=2"}));
  EXPECT_FALSE(matches_labels(labels, {"a", "c"}));
}

TEST(Ages, AreGoDurations) {
  EXPECT_EQ(parse_age("1h30m"), 5400s);
  EXPECT_EQ(parse_age("10s"), 10s);
  for (const char* text : {"", "10", "h", "1d", "-1h", "1h-1m", "9999999999h", "0s"})
    EXPECT_FALSE(parse_age(text).has_value()) << text;
}

TEST(Filters, OfUnknownNamesAreRefused) {
  EXPECT_TRUE(check_filters({{"label", {"a"}}}, {"label", "until"}).has_value());
  const auto refused = check_filters({{"nme", {}}}, {"label"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_EQ(refused.error().message, "invalid filter 'nme'");
}

TEST(Filters, FlagsAreTrueOrFalse) {
  EXPECT_EQ(*flag_filter({}, "dangling"), std::nullopt);
  EXPECT_EQ(*flag_filter({{"dangling", {"1"}}}, "dangling"), true);
  EXPECT_EQ(*flag_filter({{"dangling", {"false"}}}, "dangling"), false);
  EXPECT_FALSE(flag_filter({{"dangling", {"maybe"}}}, "dangling").has_value());
}

TEST(Filters, UntilIsATimeOrAnAge) {
  const FakeClock clock;
  EXPECT_EQ(*until_filter({{"until", {"1h"}}}, clock), clock.wall() - 1h);
  EXPECT_EQ(*until_filter({{"until", {"1600000000"}}}, clock), WallTime(1'600'000'000s));
  EXPECT_EQ(*until_filter({}, clock), std::nullopt);
  EXPECT_FALSE(until_filter({{"until", {"yesterday"}}}, clock).has_value());
}

}  // namespace
}  // namespace cove::engine
