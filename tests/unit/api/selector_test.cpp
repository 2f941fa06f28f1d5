#include "core/api/selector.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

json::object object(std::string_view text) {
  return parse_json(text).value().value.get_object();
}

std::string label_text(std::string_view text) {
  const auto selector = LabelSelector::parse(text);
  return selector.has_error() ? selector.error().cause : selector->text();
}

TEST(LabelSelectorTest, TextIsBroughtIntoCanonicalForm) {
  EXPECT_EQ(label_text(""), "");
  EXPECT_EQ(label_text(" b = 1 , a in ( y,x , x ) "), "a in (x,y),b=1");
  EXPECT_EQ(label_text("!a,b,c==1,d!=2,e notin (1),f>5,g<7"), "!a,b,c==1,d!=2,e notin (1),f>5,g<7");
  EXPECT_EQ(label_text("in in (in,notin)"), "in in (in,notin)");
  EXPECT_EQ(label_text("a="), "a=");
  EXPECT_EQ(label_text("a in ()"), "a in ()");
  EXPECT_EQ(label_text("a in (,b)"), "a in (,b)");
}

TEST(LabelSelectorTest, WhatIsNoSelectorIsRefused) {
  EXPECT_EQ(label_text("a,"), "found '', expected: identifier after ','");
  EXPECT_EQ(label_text(",a"), "found ',', expected: !, identifier, or 'end of string'");
  EXPECT_EQ(label_text("a b"),
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
  EXPECT_EQ(label_text("a in b"), "unable to parse requirement: found 'b' expected: '('");
  EXPECT_EQ(label_text("a>x"),
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "
            "operators, the value must be an integer");
  EXPECT_NE(label_text("-a").find("unable to parse requirement: <nil>: Invalid value: \"-a\": name "
                                  "part must consist of"),
            std::string::npos);
  EXPECT_NE(label_text("a=b!c"), "a=b!c");
}

TEST(LabelSelectorTest, LabelsMatchByEveryOperator) {
  const json::object document = object(R"({"metadata":{"labels":{"a":"1","b":"x"}}})");
  const json::object bare = object(R"({"metadata":{}})");
  struct Case {
    std::string_view selector;
    bool labelled = false;
    bool unlabelled = false;
  };
  const Case cases[] = {{"", true, true},
                        {"a=1", true, false},
                        {"a!=1", false, true},
                        {"a in (1,2)", true, false},
                        {"a notin (1)", false, true},
                        {"a", true, false},
                        {"!a", false, true},
                        {"a>0", true, false},
                        {"a>1", false, false},
                        {"a<2", true, false},
                        {"b>0", false, false},
                        {"a=1,b=y", false, false}};
  for (const Case& each : cases) {
    const LabelSelector selector = LabelSelector::parse(each.selector).value();
    EXPECT_EQ(selector.matches(document), each.labelled) << each.selector;
    EXPECT_EQ(selector.matches(bare), each.unlabelled) << each.selector;
  }
}

TEST(LabelSelectorTest, DocumentsAreSelectorsToo) {
  const json::object both = object(
      R"({"matchLabels":{"b":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["x"]},
          {"key":"c","operator":"DoesNotExist"}]})");
  EXPECT_EQ(LabelSelector::from_document(&both)->text(), "a in (x),b=1,!c");
  const json::object everything;
  EXPECT_TRUE(LabelSelector::from_document(&everything)->matches({}));
  EXPECT_FALSE(LabelSelector::from_document(nullptr)->matches({}));
  EXPECT_FALSE(LabelSelector::from_document(nullptr)->empty());
  const json::object bad = object(R"({"matchExpressions":[{"key":"a","operator":"Is"}]})");
  EXPECT_EQ(LabelSelector::from_document(&bad).error().cause,
            "\"Is\" is not a valid label selector operator");
  EXPECT_EQ(LabelSelector::from_labels(object(R"({"b":"2","a":"1"})")).text(), "a=1,b=2");
  EXPECT_EQ(LabelSelector::parse("a=1")->exact("a"), "1");
  EXPECT_EQ(LabelSelector::parse("a!=1")->exact("a"), std::nullopt);
}

TEST(FieldSelectorTest, DeclaredFieldsSelect) {
  const BuiltinSchemas schemas;
  Kind kind;
  kind.schema = &schemas.type("core/v1.Pod");
  const auto cause = [&](std::string_view text) {
    const auto selector = FieldSelector::parse(text, kind);
    return selector.has_error() ? selector.error().cause : selector->text();
  };
  EXPECT_EQ(cause("spec.nodeName=a"),
            "\"spec.nodeName\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
  kind.selectable_fields = {"spec.nodeName", "spec.hostNetwork", "status.phase"};
  EXPECT_EQ(cause("spec.other=a"), "field label not supported: spec.other");
  EXPECT_EQ(cause("metadata.name"),
            "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
  EXPECT_EQ(cause("metadata.name=a\\x"), "invalid field selector: invalid escape sequence: \\x");
  EXPECT_EQ(cause("metadata.name=a=b"), "invalid field selector: unescaped character in value: 61");
  EXPECT_EQ(cause("status.phase!=Running,metadata.name==a\\,b\\=c\\\\"),
            "metadata.name=a\\,b\\=c\\\\,status.phase!=Running");

  const json::object pod =
      object(R"({"metadata":{"name":"p"},"spec":{"nodeName":"n"},"status":{"phase":"Running"}})");
  const auto matches = [&](std::string_view text) {
    return FieldSelector::parse(text, kind).value().matches(pod);
  };
  EXPECT_TRUE(matches(""));
  EXPECT_TRUE(matches("metadata.name=p,spec.nodeName=n"));
  EXPECT_FALSE(matches("metadata.name=q"));
  EXPECT_TRUE(matches("metadata.name!=q"));
  EXPECT_TRUE(matches("metadata.namespace="));
  EXPECT_TRUE(matches("spec.hostNetwork=false")) << "an absent flag is false";
  EXPECT_FALSE(matches("spec.hostNetwork=true"));
  EXPECT_EQ(FieldSelector::parse("metadata.name=p", kind)->exact("metadata.name"), "p");
}

}  // namespace
}  // namespace cove::api
