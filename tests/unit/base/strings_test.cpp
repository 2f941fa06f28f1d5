#include "core/base/strings.h"

#include <gtest/gtest.h>

#include <limits>

namespace cove {
namespace {

constexpr std::uint64_t kKi = 1024;
constexpr std::uint64_t kMi = kKi * 1024;
constexpr std::uint64_t kGi = kMi * 1024;
constexpr std::uint64_t kTi = kGi * 1024;

struct SizeCase {
  const char* text;
  std::uint64_t unit;
  std::uint64_t bytes;
};
class ParseSize : public ::testing::TestWithParam<SizeCase> {};

TEST_P(ParseSize, ReadsIt) {
  const auto size = parse_size(GetParam().text, GetParam().unit);
  ASSERT_TRUE(size) << size.error().message();
  EXPECT_EQ(*size, GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseSize,
    ::testing::Values(SizeCase{"0", 1, 0}, SizeCase{"4096", kMi, 4 * kGi}, SizeCase{"7b", kMi, 7},
                      SizeCase{"1k", 1, kKi}, SizeCase{"1KB", 1, kKi}, SizeCase{"1Ki", 1, kKi},
                      SizeCase{"512Mi", 1, 512 * kMi}, SizeCase{"4096mb", 1, 4 * kGi},
                      SizeCase{"4g", 1, 4 * kGi}, SizeCase{"4G", 1, 4 * kGi},
                      SizeCase{"20GiB", 1, 20 * kGi}, SizeCase{"2tib", 1, 2 * kTi},
                      SizeCase{"007m", 1, 7 * kMi},
                      SizeCase{"18446744073709551615", 1,
                               std::numeric_limits<std::uint64_t>::max()},
                      SizeCase{"16777215t", 1, 16777215 * kTi}));

class ParseSizeFailure : public ::testing::TestWithParam<const char*> {};

TEST_P(ParseSizeFailure, SaysWhatToWrite) {
  const auto size = parse_size(GetParam(), kMi);
  ASSERT_FALSE(size) << *size;
  EXPECT_EQ(size.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(size.error().remedy, "Write a whole number with a unit, such as 2g, 2048mb or 20GiB.");
  EXPECT_EQ(size.error().message().find('\x1b'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Table, ParseSizeFailure,
                         ::testing::Values("", " ", "g", "-1", "+1", " 1", "1 ", "1 g", "1.5g",
                                           "1e3", "0x10", "1x", "1gg", "1mibb",
                                           "18446744073709551616", "16777216t",
                                           "99999999999999999999g", "1\x1b[31m", "１"));

struct FormatCase {
  std::uint64_t bytes;
  const char* text;
};
class FormatSize : public ::testing::TestWithParam<FormatCase> {};

TEST_P(FormatSize, IsForPeople) {
  EXPECT_EQ(format_size(GetParam().bytes), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FormatSize,
    ::testing::Values(FormatCase{0, "0 B"}, FormatCase{1023, "1023 B"}, FormatCase{1024, "1 KiB"},
                      FormatCase{1536, "1.5 KiB"}, FormatCase{10 * kKi, "10 KiB"},
                      FormatCase{300 * kMi, "300 MiB"}, FormatCase{kMi - 1, "1.0 MiB"},
                      FormatCase{kGi - 1, "1.0 GiB"}, FormatCase{3 * kGi / 2, "1.5 GiB"},
                      FormatCase{10 * kGi - 1, "10 GiB"}, FormatCase{20 * kGi, "20 GiB"},
                      FormatCase{5000 * kTi, "5000 TiB"}));

struct JsonCase {
  std::string bytes;
  std::string json;
};
class JsonQuote : public ::testing::TestWithParam<JsonCase> {};

TEST_P(JsonQuote, IsALiteral) {
  EXPECT_EQ(json_quote(GetParam().bytes), GetParam().json);
}

#define REPLACED "\xEF\xBF\xBD"
INSTANTIATE_TEST_SUITE_P(
    Table, JsonQuote,
    ::testing::Values(
        JsonCase{"", R"("")"}, JsonCase{"a\"b\\c", R"("a\"b\\c")"},
        JsonCase{"\n\r\t", R"("\n\r\t")"},
        JsonCase{std::string("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
        JsonCase{"/<>&", R"("/<>&")"}, JsonCase{"grüße 集群 😀", "\"grüße 集群 😀\""},  //
        JsonCase{"a\xFFz", "\"a" REPLACED "z\""},           // never a lead byte
        JsonCase{"\x80", "\"" REPLACED "\""},               // a tail without a lead
        JsonCase{"\xC3", "\"" REPLACED "\""},               // cut after the lead
        JsonCase{"\xE2\x82", "\"" REPLACED REPLACED "\""},  // cut in the middle
        JsonCase{"\xC3\"", "\"" REPLACED "\\\"\""},         // a quote is not swallowed as a tail
        JsonCase{"\xC0\xAF", "\"" REPLACED REPLACED "\""},  // overlong '/'
        JsonCase{"\xE0\x80\xAF", "\"" REPLACED REPLACED REPLACED "\""},
        JsonCase{"\xED\xA0\x80", "\"" REPLACED REPLACED REPLACED "\""},  // a surrogate
        JsonCase{"\xF4\x90\x80\x80",
                 "\"" REPLACED REPLACED REPLACED REPLACED "\""},  // beyond U+10FFFF
        JsonCase{"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""}));
#undef REPLACED

TEST(EscapeControl, LeavesNothingThatMovesACursor) {
  EXPECT_EQ(escape_control("a\nb\tc\rd\x1b[2J\x7f"), R"(a\nb\tc\x0dd\x1b[2J\x7f)");
  EXPECT_EQ(escape_control("\xC2\x9B"
                           "2J"),
            R"(\xc2\x9b2J)");  // CSI as one C1 character
  EXPECT_EQ(escape_control("é ü 集群"), "é ü 集群");
  EXPECT_EQ(escape_control(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(split(",a,,b,", ','), (std::vector<std::string>{"", "a", "", "b", ""}));
}

TEST(Trim, TakesSpaceFromBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Random, IsFreshAndWellFormed) {
  EXPECT_EQ(random_hex(300).size(), 600U);
  EXPECT_NE(random_hex(16), random_hex(16));
  const std::string uuid = random_uuid();
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_NE(uuid, random_uuid());
}

}  // namespace
}  // namespace cove
