#include "core/image/build/ignore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/image/build/glob.h"
#include "core/image/build/paths.h"

namespace cove::image {
namespace {

using ::testing::HasSubstr;

struct RuleCase {
  const char* rules = "";
  const char* path = "";
  bool ignored = false;
};

class Rules : public ::testing::TestWithParam<RuleCase> {};

TEST_P(Rules, Decide) {
  const auto rules = IgnoreRules::parse(GetParam().rules);
  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_EQ(rules->ignores(GetParam().path), GetParam().ignored);
}

INSTANTIATE_TEST_SUITE_P(
    All, Rules,
    ::testing::Values(
        RuleCase{"", "a", false}, RuleCase{"# a\n", "a", false}, RuleCase{"a", "a", true},
        RuleCase{"a", "a/b", true}, RuleCase{"a", "b/a", false}, RuleCase{"/a", "a", true},
        RuleCase{"a/", "a", true}, RuleCase{"./a", "a", true}, RuleCase{" a \r\n", "a", true},
        RuleCase{"a/../b", "b", true}, RuleCase{"*", "a", true}, RuleCase{"*", "a/b", true},
        RuleCase{"*.txt", "a.txt", true}, RuleCase{"*.txt", "d/a.txt", false},
        RuleCase{"*/*.txt", "d/a.txt", true}, RuleCase{"*/*.txt", "a.txt", false},
        RuleCase{"d/*", "d/a", true}, RuleCase{"d/*", "d/a/b", true}, RuleCase{"d/*", "d", false},
        RuleCase{"a?", "ab", true}, RuleCase{"a?", "a", false}, RuleCase{"a?c", "a/c", false},
        RuleCase{"[ab]c", "bc", true}, RuleCase{"[^ab]c", "bc", false},
        RuleCase{"[a-c]x", "bx", true}, RuleCase{"a\\*", "a*", true}, RuleCase{"a\\*", "ab", false},
        RuleCase{"**", "a/b/c", true}, RuleCase{"**/", "a", true}, RuleCase{"**/a", "a", true},
        RuleCase{"**/a", "x/y/a", true}, RuleCase{"**/a", "xa", false},
        RuleCase{"**/a", "a/b", true}, RuleCase{"a/**", "a/b/c", true},
        RuleCase{"a/**", "a", false}, RuleCase{"a/**/z", "a/z", true},
        RuleCase{"a/**/z", "a/b/c/z", true}, RuleCase{"a/**/z", "a/bz", false},
        RuleCase{"**/*.go", "x/y.go", true}, RuleCase{"**/*.go", "y.go", true},
        RuleCase{"**/*.go", "y.gox", false}, RuleCase{"a**b", "ab", true},
        RuleCase{"a**b", "axx/b", true}, RuleCase{"a**b", "axb", false},
        RuleCase{"*\n!a", "a", false}, RuleCase{"*\n!a", "b", true},
        RuleCase{"*\n!a", "a/b", false}, RuleCase{"d\n!d/keep", "d/keep", false},
        RuleCase{"d\n!d/keep", "d/other", true}, RuleCase{"!a\na", "a", true},
        RuleCase{"*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true},
        RuleCase{"*.md\n!README*.md\nREADME-secret.md", "README.md", false},
        RuleCase{"\xEF\xBB\xBF"
                 "a",
                 "a", true},
        RuleCase{"a.b", "axb", false}, RuleCase{"a+b$(c)", "a+b$(c)", true}));

TEST(IgnoreRules, SaysWhichLineIsWrong) {
  EXPECT_THAT(IgnoreRules::parse("a\n\n!\n").error().cause,
              HasSubstr(".dockerignore:3: illegal exclusion pattern: \"!\""));
  EXPECT_THAT(IgnoreRules::parse("a[").error().cause,
              HasSubstr(".dockerignore:1: syntax error in pattern"));
  EXPECT_THAT(IgnoreRules::parse("a[]x").error().cause, HasSubstr("syntax error"));
  EXPECT_THAT(IgnoreRules::parse("a\\").error().cause, HasSubstr("syntax error"));
}

TEST(IgnoreRules, KnowsWhereAnExceptionMayBe) {
  const auto rules = IgnoreRules::parse("d\n!d/a/b\n!e/*.txt");
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->may_keep_below("d"));
  EXPECT_TRUE(rules->may_keep_below("d/a"));
  EXPECT_FALSE(rules->may_keep_below("d/c"));
  EXPECT_TRUE(rules->may_keep_below("e"));
  EXPECT_FALSE(rules->may_keep_below("f"));
}

TEST(IgnoreRules, TakesHostilePatternsInLinearTime) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "**/a*";
  const auto rules = IgnoreRules::parse(pattern + "b");
  ASSERT_TRUE(rules);
  EXPECT_FALSE(rules->ignores(std::string(4000, 'a')));
}

TEST(Glob, FindsTheShortestAndTheLongest) {
  const auto glob = dockerfile::Glob::compile("a*b", dockerfile::GlobStyle::kShell);
  ASSERT_TRUE(glob);
  EXPECT_EQ(glob->prefix("a/b--b-", false), 3u);
  EXPECT_EQ(glob->prefix("a/b--b-", true), 6u);
  EXPECT_EQ(glob->prefix("xab", true), std::nullopt);
  EXPECT_EQ(glob->suffix("-a-a/b", false), 3u);
  EXPECT_EQ(glob->suffix("-a-a/b", true), 1u);
}

TEST(Paths, AreCleanedAsGoDoes) {
  using namespace dockerfile;
  EXPECT_EQ(clean_path(""), ".");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path("a//b/./c/.."), "a/b");
  EXPECT_EQ(clean_path("/../a"), "/a");
  EXPECT_EQ(clean_path("../../a"), "../../a");
  EXPECT_EQ(clean_path("a/../../b"), "../b");
  EXPECT_EQ(join_path("/a", "../b"), "/b");
  EXPECT_EQ(base_name("/a/b/"), "b");
}

}  // namespace
}  // namespace cove::image
