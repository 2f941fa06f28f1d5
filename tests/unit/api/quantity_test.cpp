#include "core/api/quantity.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

Quantity quantity(std::string_view text) {
  return Quantity::parse(text).value();
}

TEST(QuantityTest, IsPrintedInItsCanonicalForm) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"0", "0"},
                                                                 {"0Gi", "0"},
                                                                 {"1000m", "1"},
                                                                 {"0.5", "500m"},
                                                                 {"1024Mi", "1Gi"},
                                                                 {"1.5Gi", "1536Mi"},
                                                                 {"100m", "100m"},
                                                                 {"1500m", "1500m"},
                                                                 {"2000", "2k"},
                                                                 {"1e3", "1e3"},
                                                                 {"1E", "1E"},
                                                                 {"12e6", "12e6"},
                                                                 {"0.1m", "100u"},
                                                                 {"1n", "1n"},
                                                                 {"0.1n", "1n"},
                                                                 {"-0.1n", "-1n"},
                                                                 {"1.1n", "2n"},
                                                                 {"1000Ki", "1000Ki"},
                                                                 {"1024Ki", "1Mi"},
                                                                 {"512Ki", "512Ki"},
                                                                 {"0.5Ki", "512"},
                                                                 {"0.1Ki", "102400m"},
                                                                 {"1.", "1."},
                                                                 {".5", "500m"},
                                                                 {"-5", "-5"},
                                                                 {"+5", "+5"},
                                                                 {"100000k", "100M"},
                                                                 {"1.500", "1.500"},
                                                                 {"0.0001Ki", "102400u"},
                                                                 {"1Ei", "1Ei"},
                                                                 {"9Ei", "9223372036854775807"},
                                                                 {"1000000000000000000000", "1e21"},
                                                                 {"4Gi", "4Gi"},
                                                                 {"1e-3", "1e-3"}};
  for (const auto& [text, canonical] : cases) EXPECT_EQ(quantity(text).text(), canonical) << text;
}

TEST(QuantityTest, WhatIsNoQuantityIsRefused) {
  for (const std::string_view text : {"", "a", "1x", "1 ", "1.1.1", "--1", "1e", "1ki", "1KiB", ".",
                                      "1e+-3", "Ki", "1e99999999999", "1mm"}) {
    EXPECT_TRUE(Quantity::parse(text).has_error()) << text;
  }
  EXPECT_EQ(Quantity::parse("1x").error().cause,
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  EXPECT_EQ(Quantity::parse("1KM").error().cause, "unable to parse quantity's suffix");
}

TEST(QuantityTest, LongOnesAreReadAsTheyArePrinted) {
  for (const char* text :
       {"166666666666666666666666.66666666666666666666664E",
        "12345678901234567890123456789012345678e1", "-12345678901234567890123456789012345678e5",
        "99999999999999999999999999999999999999e2"}) {
    const Quantity long_one = quantity(text);
    EXPECT_EQ(quantity(long_one.text()), long_one) << text;
    EXPECT_EQ(quantity(long_one.text()).text(), long_one.text()) << text;
  }
  EXPECT_TRUE(Quantity::parse("123456789012345678901234567890123456789").has_error());
}

TEST(QuantityTest, ValuesAreRoundedAwayFromZero) {
  EXPECT_EQ(quantity("1500m").value(), 2);
  EXPECT_EQ(quantity("-1500m").value(), -2);
  EXPECT_EQ(quantity("1m").value(), 1);
  EXPECT_EQ(quantity("1500m").milli_value(), 1500);
  EXPECT_EQ(quantity("1u").milli_value(), 1);
  EXPECT_EQ(quantity("2Gi").value(), std::int64_t{2} << 30);
  EXPECT_EQ(quantity("1e30").value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(quantity("-1e300").value(), std::numeric_limits<std::int64_t>::min());
}

TEST(QuantityTest, AmountsCompareWhateverTheirFormat) {
  EXPECT_EQ(quantity("1"), quantity("1000m"));
  EXPECT_EQ(quantity("1Ki"), quantity("1024"));
  EXPECT_LT(quantity("1k"), quantity("1Ki"));
  EXPECT_LT(quantity("-1"), quantity("0"));
  EXPECT_LT(quantity("-2"), quantity("-1500m"));
  EXPECT_GT(quantity("1e100"), quantity("1Ei"));
  EXPECT_LT(quantity("-1e100"), quantity("-1n"));
  EXPECT_GT(quantity("1n"), quantity("0"));
}

TEST(QuantityTest, SumsAreExact) {
  EXPECT_EQ((quantity("100m") + quantity("900m")).text(), "1");
  EXPECT_EQ((quantity("1Gi") + quantity("512Mi")).text(), "1536Mi");
  EXPECT_EQ((quantity("0") + quantity("1Gi")).text(), "1Gi");
  EXPECT_EQ((quantity("1Gi") + quantity("0")).text(), "1Gi");
  EXPECT_EQ((quantity("1") - quantity("250m")).text(), "750m");
  EXPECT_EQ((quantity("1") - quantity("1")).text(), "0");
  EXPECT_EQ((quantity("1n") + quantity("1E")).text(), "1000000000000000000000000001n");
}

TEST(QuantityTest, SumsBeyondItsDigitsKeepTheGreater) {
  const Quantity sum = quantity("1e60") + quantity("1");
  EXPECT_GE(sum, quantity("1e60"));
  EXPECT_LT(sum, quantity("2e60"));
}

}  // namespace
}  // namespace cove::api
