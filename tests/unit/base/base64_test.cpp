#include "core/base/base64.h"

#include <gtest/gtest.h>

namespace cove {
namespace {

// RFC 4648 section 10.
TEST(Base64Test, KnownTexts) {
  const std::pair<std::string_view, std::string_view> table[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), std::string(bytes));
  }
}

TEST(Base64Test, TheUrlAlphabetHasNoPadding) {
  const std::string bytes = "\xfb\xff\xfe";
  EXPECT_EQ(base64_encode(bytes), "+//+");
  EXPECT_EQ(base64url_encode(bytes), "-__-");
  EXPECT_EQ(base64url_decode("-__-"), bytes);
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_decode("Zg"), "f");
  EXPECT_EQ(base64url_decode("Zg=="), "f");
}

TEST(Base64Test, WhatNoEncoderWritesIsRefused) {
  for (const char* const text : {"Zg", "Zg=", "Z===", "Zm9v\n", "Zm 9", "Zh==", "====", "-__-"})
    EXPECT_FALSE(base64_decode(text)) << text;
  for (const char* const text : {"Z", "+//+", "Zh"}) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Base64Test, TheLenientDecoderReadsWhatGoReads) {
  EXPECT_EQ(base64_decode_lenient("Zm9v\r\nYg\n==\n"), "foob");
  EXPECT_EQ(base64_decode_lenient("Zh=="), "f");
  EXPECT_EQ(base64_decode_lenient("\n"), "");
  for (const char* const text : {"Zg", "Zg=", "Z===", "Zm 9", "====", "-__-", "Zg==Zg=="})
    EXPECT_FALSE(base64_decode_lenient(text)) << text;
}

}  // namespace
}  // namespace cove
