#include "core/image/build/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cove::image::dockerfile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<std::string> variables(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kValues{
      {"PWD", "/home"},    {"SHELL", "bash"},       {"EMPTY", ""},         {"FILE", "a.tar.gz"},
      {"PATHS", "/a/b/c"}, {"KO", "\xED\x95\x9C"},  {"STAR", "a*b"},       {"SPACES", "one two"},
      {"X", "x"},          {"LINES", "one\ntwo\n"}, {"SLASH", "/foo/foo"}, {"1", "digit"}};
  const auto found = kValues.find(name);
  return found == kValues.end() ? std::nullopt : std::optional(found->second);
}

struct WordCase {
  const char* word = "";
  const char* result = "";
  char escape = '\\';
};

class Words : public ::testing::TestWithParam<WordCase> {};

TEST_P(Words, Expand) {
  Expansion options;
  options.escape = GetParam().escape;
  const auto result = expand_word(GetParam().word, variables, options);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(*result, GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    All, Words,
    ::testing::Values(
        // Plain, quotes, escapes.
        WordCase{"hello", "hello"}, WordCase{"he'll'o", "hello"}, WordCase{"he\"ll\"o", "hello"},
        WordCase{"he\\'llo", "he'llo"}, WordCase{"he\\\\'llo'", "he\\llo"},
        WordCase{"abc\\tdef", "abctdef"}, WordCase{"\"abc\\tdef\"", "abc\\tdef"},
        WordCase{"'abc\\tdef'", "abc\\tdef"}, WordCase{"hello\\", "hello"},
        WordCase{"'hello\\'", "hello\\"}, WordCase{"\"''\"", "''"}, WordCase{"$.", "$."},
        WordCase{"$", "$"}, WordCase{"he$1x", "hedigitx"}, WordCase{"he$.x", "he$.x"},
        WordCase{"`he`", "`he`"}, WordCase{"a`'b", "a'b", '`'}, WordCase{"C:\\dir", "C:\\dir", '`'},
        WordCase{"\"a\\\"b\"", "a\"b"}, WordCase{"\"\\$PWD\"", "$PWD"},
        // Names.
        WordCase{"$PWD", "/home"}, WordCase{"he$PWD.x", "he/home.x"}, WordCase{"he$PWDx", "he"},
        WordCase{"'he$PWD'", "he$PWD"}, WordCase{"\"he$PWD\"", "he/home"},
        WordCase{"he\\$PWD", "he$PWD"}, WordCase{"he\\\\$PWD", "he\\/home"},
        WordCase{"${PWD}", "/home"}, WordCase{"he${PWD}xx", "he/homexx"}, WordCase{"${NONE}", ""},
        WordCase{"$NONE-x", "-x"}, WordCase{"${KO}", "\xED\x95\x9C"},
        WordCase{"$SPACES", "one two"}, WordCase{"${PWD}\\}", "/home}"},
        // Defaults and alternatives.
        WordCase{"he${XXX:-000}xx", "he000xx"}, WordCase{"he${PWD:-000}xx", "he/homexx"},
        WordCase{"he${XXX:-$PWD}xx", "he/homexx"}, WordCase{"he${XXX:-${PWD:-yyy}}xx", "he/homexx"},
        WordCase{"he${XXX:-${YYY:-yyy}}xx", "heyyyxx"}, WordCase{"${EMPTY:-d}", "d"},
        WordCase{"${EMPTY-d}", ""}, WordCase{"${XXX-d}", "d"}, WordCase{"${XXX:+y}", ""},
        WordCase{"${PWD:+y}", "y"}, WordCase{"${EMPTY:+y}", ""}, WordCase{"${EMPTY+y}", "y"},
        WordCase{"${XXX+y}", ""}, WordCase{"${PWD:+${SHELL}}", "bash"},
        WordCase{"${XXX:-\"a b\"}", "a b"}, WordCase{"${XXX:-a\\}b}", "a}b"},
        WordCase{"${PWD:?no}", "/home"}, WordCase{"${EMPTY?no}", ""},
        // Trimming.
        WordCase{"${FILE%.*}", "a.tar"}, WordCase{"${FILE%%.*}", "a"},
        WordCase{"${FILE#*.}", "tar.gz"}, WordCase{"${FILE##*.}", "gz"},
        WordCase{"${FILE#b}", "a.tar.gz"}, WordCase{"${FILE%gz}", "a.tar."},
        WordCase{"${FILE#?}", ".tar.gz"}, WordCase{"${FILE%%*}", ""},
        WordCase{"${FILE%*}", "a.tar.gz"}, WordCase{"${PATHS##*/}", "c"},
        WordCase{"${PATHS%/*}", "/a/b"}, WordCase{"${STAR#a\\*}", "b"},
        WordCase{"${STAR%\\*b}", "a"}, WordCase{"${NONE#x}", ""},
        WordCase{"${LINES##*e}", "\ntwo\n"},
        // Replacing.
        WordCase{"${FILE/a/b}", "b.tar.gz"}, WordCase{"${FILE//a/b}", "b.tbr.gz"},
        WordCase{"${FILE/.*/}", "a"}, WordCase{"${FILE//./-}", "a-tar-gz"},
        WordCase{"${SLASH/\\/foo/bar}", "bar/foo"}, WordCase{"${SLASH//\\/foo/bar}", "barbar"},
        WordCase{"${FILE/zzz/b}", "a.tar.gz"}, WordCase{"${FILE//?/x}", "xxxxxxxx"},
        WordCase{"${NONE/a/b}", ""}));

struct FaultCase {
  const char* word = "";
  const char* cause = "";
};
class Faults : public ::testing::TestWithParam<FaultCase> {};

TEST_P(Faults, AreSaid) {
  const auto result = expand_word(GetParam().word, variables);
  ASSERT_FALSE(result) << *result;
  EXPECT_THAT(result.error().cause, HasSubstr(GetParam().cause));
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    ::testing::Values(
        FaultCase{"he${hello", "missing '}'"}, FaultCase{"${", "missing '}'"},
        FaultCase{"${}", "bad substitution"}, FaultCase{"${:}", "bad substitution"},
        FaultCase{"${{x}}", "bad substitution"}, FaultCase{"${x!y}", "unsupported modifier (!)"},
        FaultCase{"${x:!y}", "unsupported modifier (:!)"}, FaultCase{"${x:-y", "missing '}'"},
        FaultCase{"${NONE:?}", "NONE: is not allowed to be unset"},
        FaultCase{"${EMPTY:?}", "EMPTY: is not allowed to be empty"},
        FaultCase{"${NONE?say why}", "NONE: say why"},
        FaultCase{"'hello", "looking for matching single-quote"},
        FaultCase{"\"hello", "looking for matching double-quote"},
        FaultCase{"\"", "looking for matching double-quote"},
        FaultCase{"${FILE/a}", "missing '/' in ${}"}, FaultCase{"${FILE/a/b", "missing '}'"},
        FaultCase{"${FILE#\\x}", "invalid escape '\\x'"},
        FaultCase{"${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-"
                  "${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-${a:-"
                  "${a:-${a:-}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}",
                  "nested too deep"}));

TEST(Expand, SplitsAtSpacesThatAreNotQuoted) {
  const auto words = expand_words("a \"b c\" $SPACES '$PWD' d\\ e \"\" x''y", variables);
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("a", "b c", "one", "two", "$PWD", "d e", "xy"));
}

TEST(Expand, KeepsWhatIsNotSetWhereAsked) {
  Expansion options;
  options.keep_unset = true;
  options.raw_quotes = true;
  options.raw_escapes = true;
  const auto word = expand_word("$NONE ${NONE} ${NONE:-a} \"$X\" '$X' \\$X", variables, options);
  ASSERT_TRUE(word);
  EXPECT_EQ(*word, "$NONE ${NONE} ${NONE:-a} \"x\" '$X' \\$X");
}

TEST(Expand, StaysWithinItsBounds) {
  const std::string big(600 << 10, 'x');
  const Lookup lookup = [&](std::string_view) { return std::optional(big); };
  EXPECT_FALSE(expand_word("$a$a", lookup));
  EXPECT_FALSE(expand_word("${a//x/y}", lookup));
  EXPECT_TRUE(expand_word("$a", lookup));
}

}  // namespace
}  // namespace cove::image::dockerfile
