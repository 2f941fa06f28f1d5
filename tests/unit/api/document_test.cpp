#include "core/api/document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cove::api {
namespace {

std::string yaml(std::string_view text) {
  const auto parsed = parse_yaml(text);
  return parsed.has_error() ? "error: " + parsed.error().cause : to_text(parsed->value);
}

std::string cause(const Result<Parsed>& parsed) {
  return parsed.has_error() ? parsed.error().cause : "no error";
}

TEST(DocumentTest, NumbersKeepTheirKind) {
  const auto parsed = parse_json(R"([1,-1,18446744073709551615,1.5,0.1,1e21,-0.000001])");
  ASSERT_TRUE(parsed.has_value());
  const json::array& numbers = parsed->value.get_array();
  EXPECT_TRUE(numbers[0].is_int64());
  EXPECT_TRUE(numbers[2].is_uint64());
  EXPECT_TRUE(numbers[3].is_double());
  EXPECT_EQ(to_text(parsed->value), "[1,-1,18446744073709551615,1.5,0.1,1e+21,-0.000001]");
}

TEST(DocumentTest, TextIsEscapedAsJson) {
  const auto parsed = parse_json(R"({"a\"b":"\u0001\n\t\\ü","":[{},[],null,true]})");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(to_text(parsed->value), R"({"a\"b":"\u0001\n\t\\ü","":[{},[],null,true]})");
}

TEST(DocumentTest, WhateverStandsWhereIsEscapedWhenItMustBe) {
  const std::string around(19, 'x');
  for (int byte = 0; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    const bool special = byte < 0x20 || c == '"' || c == '\\';
    for (std::size_t at = 0; at <= around.size(); ++at) {
      std::string text = around;
      text.insert(at, 1, c);
      const std::string written = to_text(json::value(key(text)));
      EXPECT_EQ(written == '"' + text + '"', !special) << byte << " at " << at;
      EXPECT_EQ(view(parse_json(written).value().value.as_string()), text) << byte << " at " << at;
    }
  }
}

TEST(DocumentTest, FieldsThatStandTwiceAreNamedAndTheLastCounts) {
  const auto parsed = parse_json(
      R"({"spec":{"list":[{},{"a":1,"b":2,"a":3}],"replicas":1,"replicas":2},"spec2":1})");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->duplicates, (std::vector<std::string>{"spec.list[1].a", "spec.replicas"}));
  EXPECT_EQ(integer_at(parsed->value.get_object(), {"spec", "replicas"}), 2);
}

TEST(DocumentTest, ManyMembersAreSearchedForDuplicatesToo) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += fmt::format("\"k{}\":0,", i);
  const auto parsed = parse_json(text + "\"k50\":1}");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->duplicates, std::vector<std::string>{"k50"});
}

TEST(DocumentTest, EscapedNamesAreComparedByWhatTheyMean) {
  const auto parsed = parse_json(R"({"a":1,"\u0061":2})");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->duplicates, std::vector<std::string>{"a"});
}

TEST(DocumentTest, BadJsonIsRefusedWithItsPlace) {
  EXPECT_EQ(cause(parse_json("{\n  \"a\": x}")), "line 2, column 8: it is not JSON here");
  EXPECT_EQ(cause(parse_json("{")), "line 1, column 2: unexpected end of JSON input");
  EXPECT_EQ(cause(parse_json("{} {}")),
            "line 1, column 4: there is something after the document's end");
  EXPECT_EQ(cause(parse_json("")), "line 1, column 1: unexpected end of JSON input");
  EXPECT_TRUE(parse_json("\"\xff\"").has_error());
  EXPECT_TRUE(parse_json("1e999").has_error());
}

TEST(DocumentTest, SizeAndDepthAreBounded) {
  EXPECT_TRUE(parse_json("[[[]]]", {.depth = 3}).has_value());
  EXPECT_EQ(cause(parse_json("[[[]]]", {.depth = 2})), "line 1, column 3: it nests too deeply");
  EXPECT_TRUE(parse_json("[1,2]", {.bytes = 4}).has_error());
  EXPECT_TRUE(parse_json(std::string(1'000'000, '[')).has_error());
  EXPECT_TRUE(parse_yaml("[[[]]]", {.depth = 2}).has_error());
  EXPECT_TRUE(parse_yaml(std::string(100'000, '[')).has_error());
  EXPECT_TRUE(parse_yaml("a: b", {.bytes = 3}).has_error());
}

TEST(DocumentTest, YamlScalarsAreTypedAsClientsTypeThem) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"yes", "true"},
      {"off", "false"},
      {"y", "true"},
      {"~", "null"},
      {"", "null"},
      {"Null", "null"},
      {"'yes'", "\"yes\""},
      {"yES", "\"yES\""},
      {"12", "12"},
      {"-3", "-3"},
      {"+3", "3"},
      {"1_000", "1000"},
      {"0o17", "15"},
      {"017", "15"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"08", "8"},
      {"1.5", "1.5"},
      {"1.0", "1"},
      {"1e3", "1000"},
      {".5", "0.5"},
      {"1.", "1"},
      {"0x", "\"0x\""},
      {"1.2.3", "\"1.2.3\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"!!str 1", "\"1\""},
      {"!!int '1'", "1"},
      {"!!binary aGk=", "\"hi\""},
      {"-", "[null]"},
      {"inf", "\"inf\""},
      {"18446744073709551615", "18446744073709551615"},
      {"9223372036854775808", "9223372036854775808"},
      {"-9223372036854775808", "-9223372036854775808"}};
  for (const auto& [text, json] : cases) EXPECT_EQ(yaml(text), json) << text;
}

TEST(DocumentTest, YamlKeysBecomeText) {
  EXPECT_EQ(yaml("1: a\ntrue: b\n1.5: c\nd: e"), R"({"1":"a","true":"b","1.5":"c","d":"e"})");
  EXPECT_TRUE(parse_yaml("~: a").has_error());
  EXPECT_TRUE(parse_yaml("? [a]\n: b").has_error());
}

TEST(DocumentTest, YamlDuplicatesAreNamed) {
  const auto parsed = parse_yaml("a:\n- b: 1\n- b: 1\n  b: 2\nc: 1\nc: 2\n");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->duplicates, (std::vector<std::string>{"a[1].b", "c"}));
  EXPECT_EQ(to_text(parsed->value), R"({"a":[{"b":1},{"b":2}],"c":2})");
}

TEST(DocumentTest, YamlAliasesAndMergesAreExpanded) {
  EXPECT_EQ(yaml("a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\n"),
            R"({"a":{"b":1,"c":2},"d":{"b":1,"c":2},"e":{"c":3,"b":1}})");
  EXPECT_TRUE(parse_yaml("a: &x [*x]").has_error());
  EXPECT_TRUE(parse_yaml("<<: 1").has_error());
}

TEST(DocumentTest, YamlThatGrowsByItsAliasesIsRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb +=
        fmt::format("a{0}: &a{0} [*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1}]\n", i, i - 1);
  }
  EXPECT_NE(cause(parse_yaml(bomb)).find("it is too large"), std::string::npos);
}

TEST(DocumentTest, BadYamlIsRefusedWithItsPlace) {
  EXPECT_EQ(cause(parse_yaml("a: 1\n---\nb: 2\n")).rfind("line 2", 0), 0U);
  EXPECT_EQ(cause(parse_yaml("a: .inf")), "line 1, column 4: .inf has no form in JSON");
  EXPECT_EQ(cause(parse_yaml(std::string_view("a: \x01", 4))),
            "line 1, column 4: a control character");
  EXPECT_TRUE(parse_yaml("a: [").has_error());
}

TEST(DocumentTest, WalksFindMakeAndEraseMembers) {
  json::object object;
  set_at(object, {"a", "b"}, 1);
  EXPECT_EQ(integer_at(object, {"a", "b"}), 1);
  EXPECT_EQ(value_at(object, {"a", "b", "c"}), nullptr);
  EXPECT_EQ(value_at(object, {"x"}), nullptr);
  set_at(object, {"n"}, nullptr);
  EXPECT_EQ(value_at(object, {"n"}), nullptr) << "null counts as absent";
  set_default(object, "n", "text");
  set_default(object, "n", "other");
  EXPECT_EQ(text_at(object, {"n"}), "text");
  make_array_at(object, {"a", "l"}).push_back(1);
  make_object_at(object, {"o", "p"});
  erase_at(object, {"a", "b"});
  erase_at(object, {"nothing", "there"});
  EXPECT_EQ(to_text(object), R"({"a":{"l":[1]},"n":"text","o":{"p":{}}})");
}

TEST(DocumentTest, SameIgnoresOrderAndKindsOfNumbers) {
  const auto parse = [](std::string_view text) { return parse_json(text)->value; };
  EXPECT_TRUE(same(parse(R"({"a":1,"b":[1.0]})"), parse(R"({"b":[1],"a":1})")));
  EXPECT_FALSE(same(parse("[1,2]"), parse("[2,1]")));
  EXPECT_FALSE(same(parse("1"), parse("1.5")));
  EXPECT_FALSE(same(parse("{\"a\":null}"), parse("{}")));
}

TEST(DocumentTest, QuotesAsGoDoes) {
  EXPECT_EQ(quote("a\"\\\n\x01\x7f"), R"("a\"\\\n\x01\x7f")");
  EXPECT_EQ(quote("ü\xff\xc2\xa0"), "\"ü\\xff\\u00a0\"");
}

}  // namespace
}  // namespace cove::api
