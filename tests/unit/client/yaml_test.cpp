#include "core/client/yaml.h"

#include <gtest/gtest.h>

namespace cove::client {
namespace {

constexpr std::size_t kLimit = 1 << 20;

std::string round_trip(const std::string& text) {
  const auto document = YamlDocument::parse(text, "test");
  if (!document) return "error: " + document.error().cause;
  const auto printed = document->print(kLimit);
  return printed ? *printed : "error: " + printed.error().cause;
}

TEST(Yaml, ScalarsKeepTheirTypes) {
  EXPECT_EQ(round_trip("a: 123"), "a: 123\n");
  EXPECT_EQ(round_trip("a: '123'"), "a: \"123\"\n");
  EXPECT_EQ(round_trip("a: \"true\""), "a: \"true\"\n");
  EXPECT_EQ(round_trip("a: true"), "a: true\n");
  EXPECT_EQ(round_trip("a: 'null'"), "a: \"null\"\n");
  EXPECT_EQ(round_trip("a: ~\nb:\n"), "a: null\nb: null\n");
  EXPECT_EQ(round_trip("a: 2026-01-01T00:00:00Z"), "a: 2026-01-01T00:00:00Z\n");
  EXPECT_EQ(round_trip("a: 0x1F\nb: 1e3\nc: -.inf\nd: 0o7"), "a: 0x1F\nb: 1e3\nc: -.inf\nd: 0o7\n");
  EXPECT_EQ(round_trip("'1': x\n1: y"), "\"1\": x\n1: y\n");
  EXPECT_EQ(round_trip("a: !!str 5"), "a: \"5\"\n");
  EXPECT_EQ(round_trip("a: !!int '5'"), "a: !<tag:yaml.org,2002:int> \"5\"\n");
  EXPECT_EQ(round_trip("a: !mine {b: 1}"), "a: !<!mine>\n  b: 1\n");
}

TEST(Yaml, TextSurvives) {
  EXPECT_EQ(round_trip("a: |\n  one\n  two\n"), "a: \"one\\ntwo\\n\"\n");
  EXPECT_EQ(round_trip("a: one\n\n  two\n"), "a: \"one\\ntwo\"\n");
  EXPECT_EQ(round_trip("a: 'q\"\\: # x'"), "a: \"q\\\"\\\\: # x\"\n");
  EXPECT_EQ(round_trip("a: \"\\u2028\\x85\\ufeff\\x7f\\x01é😀\""),
            "a: \"\\u2028\\u0085\\ufeff\\u007f\\u0001é😀\"\n");
}

TEST(Yaml, StructureIsPrintedInBlocks) {
  EXPECT_EQ(round_trip("{a: [1, [2, {b: c, d: []}], {}], e: {f: g}}"),
            "a:\n- 1\n- - 2\n  - b: c\n    d: []\n- {}\ne:\n  f: g\n");
  EXPECT_EQ(round_trip("x: &l [1]\ny: *l"), "x:\n- 1\ny:\n- 1\n");
  EXPECT_EQ(round_trip(""), "null\n");
  EXPECT_EQ(round_trip("# nothing\n"), "null\n");
}

TEST(Yaml, WhatItPrintsReadsBackTheSame) {
  for (const char* text :
       {"- a\n- 'b'\n", "a: {b: [x, 'y', ~]}", "? k\n: v", "a: !x y", "plain key: a:b#c", "- - - 1",
        "'': ''", "a: >\n  folded\n  text\n", "<<: {a: b}"}) {
    const auto first = YamlDocument::parse(text, "test");
    ASSERT_TRUE(first.has_value()) << text;
    const auto again = YamlDocument::parse(*first->print(kLimit), "test");
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_TRUE(same_value(*first->root(), *again->root())) << text << "\n"
                                                            << *first->print(kLimit);
  }
}

TEST(Yaml, DifferentTypesAreDifferentValues) {
  const auto differ = [](const char* a, const char* b) {
    const auto x = YamlDocument::parse(a, "a");
    const auto y = YamlDocument::parse(b, "b");
    return !same_value(*x->root(), *y->root());
  };
  EXPECT_TRUE(differ("a: 1", "a: '1'"));
  EXPECT_TRUE(differ("a: ~", "a: ''"));
  EXPECT_TRUE(differ("a: []", "a: {}"));
  EXPECT_TRUE(differ("a: 1", "a: 2"));
  EXPECT_TRUE(differ("[1]", "[1, 2]"));
  EXPECT_FALSE(differ("{a: 1}", "a: 1"));
}

TEST(Yaml, ErrorsSayWhere) {
  EXPECT_EQ(round_trip("a: b\n  c: [").rfind("error: line 2, column", 0), 0u)
      << round_trip("a: b\n  c: [");
  EXPECT_EQ(round_trip("a: 1\n---\nb: 2\n").rfind("error: line ", 0), 0u);
  EXPECT_EQ(round_trip("[a, b]: c").rfind("error: line 1, column 1", 0), 0u)
      << round_trip("[a, b]: c");
  EXPECT_EQ(round_trip("a: 1\nb: \x04"), "error: line 2, column 4: a control character");
  EXPECT_NE(round_trip("a: *nobody").find("line 1, column"), std::string::npos);
}

TEST(Yaml, BombsAreBounded) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    std::string line = "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) line += (j ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += line + "]\n";
  }
  EXPECT_NE(round_trip(laughs).find("expanded"), std::string::npos);

  std::string chain = "- &a0 [x]\n";
  for (int i = 1; i < 20'000; ++i)
    chain += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_NE(round_trip(chain).find("nests too deeply"), std::string::npos);

  EXPECT_EQ(round_trip("a: &a [*a]").rfind("error: line 1", 0), 0u);
  EXPECT_EQ(round_trip(std::string(1'000'000, '[')).rfind("error: ", 0), 0u);
  EXPECT_EQ(round_trip(std::string(1'000'000, '{')).rfind("error: ", 0), 0u);
  EXPECT_EQ(round_trip("{" + std::string(5000, 'k') + ": v}").rfind("error: ", 0), 0u);
}

}  // namespace
}  // namespace cove::client
