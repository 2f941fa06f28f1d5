#include "core/api/field_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

#include "tests/unit/api/documents.h"

namespace cove::api {
namespace {

PathElement f(std::string_view name) {
  return PathElement::field(name);
}

PathElement k(std::string_view name, json::value value) {
  PathElement::Keys keys;
  keys.emplace_back(std::string(name), std::move(value));
  return PathElement::keys(std::move(keys));
}

FieldSet parsed(std::string_view text) {
  auto set = FieldSet::parse(yaml(text));
  EXPECT_TRUE(set.has_value());
  return set.has_value() ? *set : FieldSet();
}

TEST(FieldSet, WritesTheCanonicalText) {
  const FieldSet set{
      {f("spec"), f("ports"), PathElement::keys({{"protocol", "TCP"}, {"port", 80}}), f("port")},
      {f("spec"), f("ports"), PathElement::keys({{"port", 80}, {"protocol", "TCP"}})},
      {f("spec"), f("ports"), PathElement::keys({{"port", 9}, {"protocol", "TCP"}})},
      {f("metadata"), f("finalizers"), PathElement::value("a<b")},
      {f("metadata"), f("finalizers"), PathElement::value(true)},
      {f("metadata"), f("finalizers"), PathElement::value(2)},
      {f("a"), PathElement::index(3)},
  };
  EXPECT_EQ(to_text(set.serialize()),
            R"({"f:a":{"i:3":{}},"f:metadata":{"f:finalizers":{"v:2":{},"v:\"a\\u003cb\"":{},)"
            R"("v:true":{}}},"f:spec":{"f:ports":{"k:{\"port\":9,\"protocol\":\"TCP\"}":{},)"
            R"("k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})");
}

TEST(FieldSet, ReadsWhatItWritesInAnyOrder) {
  const FieldSet set = parsed(R"({"f:b":{},"f:a":{"k:{\"y\":1,\"x\":\"t\"}":{"f:c":{},".":{}}}})");
  EXPECT_TRUE(set.has({f("b")}));
  EXPECT_FALSE(set.has({f("a")}));
  const PathElement key = PathElement::keys({{"x", "t"}, {"y", 1}});
  EXPECT_TRUE(set.has({f("a"), key}));
  EXPECT_TRUE(set.has({f("a"), key, f("c")}));
  EXPECT_EQ(set.size(), 3U);
  EXPECT_EQ(to_text(set.serialize()),
            R"({"f:a":{"k:{\"x\":\"t\",\"y\":1}":{".":{},"f:c":{}}},"f:b":{}})");
  EXPECT_EQ(*FieldSet::parse(set.serialize()), set);
}

TEST(FieldSet, RefusesWhatIsNoSet) {
  for (const char* text : {R"({"f":{}})", R"({"fx":{}})", R"({"v:{":{}})", R"({"k:3":{}})",
                           R"({"i:x":{}})", R"({"f:a":1})"}) {
    EXPECT_TRUE(FieldSet::parse(yaml(text)).has_error()) << text;
  }
  EXPECT_EQ(parsed(R"({"z:later":{"f:a":{}},"f:b":{}})"), (FieldSet{{f("b")}}));
}

TEST(FieldSet, Combines) {
  const FieldSet a{{f("x")}, {f("x"), f("y")}, {f("z"), f("w")}};
  const FieldSet b{{f("x")}, {f("z"), f("w")}, {f("z"), f("v")}};
  EXPECT_EQ(a.united(b),
            (FieldSet{{f("x")}, {f("x"), f("y")}, {f("z"), f("w")}, {f("z"), f("v")}}));
  EXPECT_EQ(a.intersected(b), (FieldSet{{f("x")}, {f("z"), f("w")}}));
  EXPECT_EQ(a.without(b), (FieldSet{{f("x"), f("y")}}));
  EXPECT_EQ(a.without_trees(b), FieldSet());
  EXPECT_EQ(b.without(a), (FieldSet{{f("z"), f("v")}}));
  EXPECT_EQ(a.leaves(), (FieldSet{{f("x"), f("y")}, {f("z"), f("w")}}));
}

TEST(FieldSet, LooksIntoSetsThatAreNotParsed) {
  const json::object fields = yaml(R"({"f:x":{"f:y":{}},"f:z":{".":{},"f:w":{}}})");
  EXPECT_FALSE((FieldSet{{f("x")}}.meets(fields)));
  EXPECT_TRUE((FieldSet{{f("x"), f("y")}}.meets(fields)));
  EXPECT_TRUE((FieldSet{{f("q")}, {f("z")}}.meets(fields)));
  EXPECT_TRUE((FieldSet{{f("z")}, {f("z"), f("w")}}.within(fields)));
  EXPECT_FALSE((FieldSet{{f("z")}, {f("q")}}.within(fields)));
  EXPECT_FALSE((FieldSet{{f("x")}}.within(fields)));
}

TEST(FieldSet, ListsPathsByLevel) {
  const FieldSet set{{f("b")}, {f("a"), f("c")}, {f("d")}, {f("a"), k("name", "n")}};
  std::vector<std::string> texts;
  for (const Path& path : set.paths()) texts.push_back(display(path));
  EXPECT_EQ(texts, (std::vector<std::string>{".b", ".d", ".a.c", ".a[name=\"n\"]"}));
}

// Against sets of texts, on paths that share much.
TEST(FieldSet, CombinesAsSetsOfPathsDo) {
  std::mt19937 random(7);
  const auto any_path = [&random] {
    Path path;
    const std::size_t length = 1 + random() % 4;
    for (std::size_t i = 0; i < length; ++i) {
      const auto name = static_cast<std::int64_t>(random() % 3);
      switch (random() % 3) {
        case 0: path.push_back(f(std::string(1, static_cast<char>('a' + name)))); break;
        case 1: path.push_back(k("key", name)); break;
        default: path.push_back(PathElement::value(name));
      }
    }
    return path;
  };
  const auto texts = [](const FieldSet& set) {
    std::set<std::string> result;
    for (const Path& path : set.paths()) result.insert(display(path));
    return result;
  };
  for (int round = 0; round < 200; ++round) {
    FieldSet a;
    FieldSet b;
    for (int i = 0; i < 20; ++i) {
      a.insert(any_path());
      b.insert(any_path());
    }
    std::set<std::string> all;
    std::set<std::string> both;
    std::set<std::string> rest;
    const auto left = texts(a);
    const auto right = texts(b);
    std::ranges::set_union(left, right, std::inserter(all, all.end()));
    std::ranges::set_intersection(left, right, std::inserter(both, both.end()));
    std::ranges::set_difference(left, right, std::inserter(rest, rest.end()));
    EXPECT_EQ(texts(a.united(b)), all);
    EXPECT_EQ(texts(a.intersected(b)), both);
    EXPECT_EQ(texts(a.without(b)), rest);
    EXPECT_EQ(a.size(), left.size());
    EXPECT_EQ(*FieldSet::parse(a.serialize()), a);
    EXPECT_EQ(a.meets(b.serialize()), !both.empty());
    EXPECT_TRUE(a.within(a.united(b).serialize()));
    EXPECT_EQ(a.within(b.serialize()), rest.empty());
  }
}

TEST(PathElement, ComparesNumbersByValue) {
  EXPECT_EQ(PathElement::value(1), PathElement::value(1.0));
  EXPECT_LT(PathElement::value(9), PathElement::value(80));
  EXPECT_LT(PathElement::value(80), PathElement::value("1"));
  EXPECT_LT(f("z"), k("a", 1));
  EXPECT_LT(k("z", 1), PathElement::value(1));
  EXPECT_LT(PathElement::value("a"), PathElement::index(0));
}

}  // namespace
}  // namespace cove::api
