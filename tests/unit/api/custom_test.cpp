#include "core/api/custom.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/constraints.h"
#include "core/api/json_path.h"
#include "core/api/selector.h"
#include "core/api/table.h"

namespace cove::api {
namespace {

using namespace std::chrono_literals;

json::object object(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value().value.get_object();
}

constexpr std::string_view kSchema = R"({
  "type": "object", "required": ["spec"],
  "properties": {
    "spec": {"type": "object", "required": ["name"], "properties": {
      "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
      "replicas": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 10, "default": 1},
      "size": {"type": "string", "enum": ["S", "M"], "default": "M"},
      "ratio": {"type": "number", "exclusiveMinimum": true, "minimum": 0, "multipleOf": 0.5},
      "port": {"x-kubernetes-int-or-string": true},
      "when": {"type": "string", "format": "date-time"},
      "nothing": {"type": "string", "nullable": true},
      "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2},
      "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
      "ports": {"type": "array", "minItems": 1, "maxItems": 3,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
        "items": {"type": "object", "required": ["port"], "properties": {
          "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}}}},
      "choice": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
      "forbidden": {"type": "string", "not": {"enum": ["x"]}},
      "template": {"type": "object", "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true}
    }},
    "status": {"type": "object", "properties": {"ready": {"type": "boolean"},
      "replicas": {"type": "integer"}, "selector": {"type": "string"}}}
  }})";

json::object definition(std::string_view schema = kSchema, std::string_view more = {}) {
  return object(fmt::format(
      R"({{"spec":{{"group":"example.com","scope":"Namespaced",
          "names":{{"kind":"Widget","plural":"widgets","shortNames":["wd"],"categories":["all"]}},
          "versions":[
            {{"name":"v1","served":true,"storage":true,"schema":{{"openAPIV3Schema":{0}}},
              "selectableFields":[{{"jsonPath":".spec.size"}}],
              "additionalPrinterColumns":[
                {{"name":"Replicas","type":"integer","jsonPath":".spec.replicas"}},
                {{"name":"Ready","type":"string","priority":1,
                  "jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}},
                {{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}}],
              "subresources":{{"status":{{}},"scale":{{"specReplicasPath":".spec.replicas",
                "statusReplicasPath":".status.replicas"}}}}{1}}},
            {{"name":"v1beta1","served":true,"storage":false,"deprecated":true,
              "schema":{{"openAPIV3Schema":{0}}}}},
            {{"name":"v0","served":false,"storage":false,"schema":{{"openAPIV3Schema":{0}}}}}
          ]}}}})",
      schema, more));
}

class CustomTest : public ::testing::Test {
 protected:
  const Kind& kind() const { return *kinds.front(); }
  std::string decoded(std::string_view text) {
    report = {};
    auto out = decode(kind(), object(text), report);
    return out.has_error() ? "error: " + out.error().cause : to_text(*out);
  }
  std::string problems(std::string_view spec) {
    ErrorList errors;
    json::object document = object(fmt::format(R"({{"spec":{}}})", spec));
    kind().rules.validate(document, errors);
    return errors.empty() ? "" : errors.message();
  }

  BuiltinSchemas schemas;
  std::vector<std::shared_ptr<const Kind>> kinds = make_custom_kinds(definition(), schemas);
  DecodeReport report;
};

TEST_F(CustomTest, ServedVersionsBecomeKinds) {
  ASSERT_EQ(kinds.size(), 2U);
  EXPECT_EQ(kind().gvk, (GroupVersionKind{"example.com", "v1", "Widget"}));
  EXPECT_EQ(kind().singular, "widget");
  EXPECT_TRUE(kind().custom);
  EXPECT_TRUE(kind().namespaced);
  EXPECT_TRUE(kind().has_status());
  ASSERT_TRUE(kind().scale.has_value());
  EXPECT_EQ(kind().scale->replicas, ".spec.replicas");
  EXPECT_EQ(kind().schema->definition, "com.example.v1.Widget");
  EXPECT_FALSE(kind().conversion.has_value());
  ASSERT_TRUE(kinds[1]->conversion.has_value());
  EXPECT_EQ(kinds[1]->conversion->storage_version, "v1");
  EXPECT_EQ(kinds[1]->deprecation, "example.com/v1beta1 Widget is deprecated");
}

TEST_F(CustomTest, AGoodDefinitionHasNoErrors) {
  ErrorList errors;
  check_custom_schemas(definition(), schemas, errors);
  EXPECT_TRUE(errors.empty()) << errors.message();
}

TEST_F(CustomTest, UnknownFieldsArePrunedUnlessTheyArePreserved) {
  EXPECT_EQ(decoded(R"({"spec":{"zzz":1,"name":"ab","free":{"any":{"thing":null}},
                        "labels":{"a":"b"},"ports":[{"port":1,"x":2}],
                        "template":{"kind":"Pod","metadata":{"name":"p"},"spec":{"q":1}}},
                        "other":{},"kind":"Widget","apiVersion":"example.com/v1",
                        "metadata":{"name":"w","nope":1,"labels":{"b":"2","a":"1"}}})"),
            R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"labels":{"a":"1",)"
            R"("b":"2"},"name":"w"},"spec":{"free":{"any":{"thing":null}},"labels":{"a":"b"},)"
            R"("name":"ab","ports":[{"port":1}],"template":{"kind":"Pod","metadata":{"name":"p"},)"
            R"("spec":{"q":1}}}})");
  EXPECT_EQ(report.unknown,
            (std::vector<std::string>{"metadata.nope", "spec.zzz", "spec.ports[0].x", "other"}));
}

TEST_F(CustomTest, NullsGoWhereTheyAreNotAllowed) {
  EXPECT_EQ(decoded(R"({"spec":{"name":null,"nothing":null}})"),
            R"({"metadata":{},"spec":{"nothing":null}})");
}

TEST_F(CustomTest, DefaultsFillWhatIsAbsent) {
  json::object document = object(R"({"spec":{"ports":[{"port":1}],"nothing":null}})");
  apply_defaults(*kind().schema, document);
  EXPECT_TRUE(same(document, object(R"({"spec":{"ports":[{"port":1,"protocol":"TCP"}],
                                        "nothing":null,"replicas":1,"size":"M"}})")))
      << to_text(document);
  document = object(R"({"spec":{"replicas":0,"size":""}})");
  apply_defaults(*kind().schema, document);
  EXPECT_EQ(integer_at(document, {"spec", "replicas"}), 0) << "zero is a value";
  EXPECT_EQ(text_at(document, {"spec", "size"}), "");
}

TEST_F(CustomTest, ValuesAreChecked) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"name":"ab"})", ""},
      {R"({})", "spec.name: Required value"},
      {R"("text")",
       "spec: Invalid value: \"string\": spec in body must be of type object: \"string\""},
      {R"({"name":1})",
       "spec.name: Invalid value: \"integer\": spec.name in body must be of type "
       "string: \"integer\""},
      {R"({"name":null})",
       "spec.name: Invalid value: \"null\": spec.name in body must be of type string: \"null\""},
      {R"({"name":"a"})",
       "spec.name: Invalid value: \"a\": spec.name in body should be at least 2 chars long"},
      {R"({"name":"abcdef"})", "spec.name: Too long: may not be more than 5 bytes"},
      {R"({"name":"AB"})",
       "spec.name: Invalid value: \"AB\": spec.name in body should match '^[a-z]+$'"},
      {R"({"name":"ab","replicas":-1})",
       "[spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal "
       "to "
       "0, .spec.replicas: Invalid value: -1: should be a non-negative integer]"},
      {R"({"name":"ab","replicas":11})",
       "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to "
       "10"},
      {R"({"name":"ab","replicas":1.5})",
       "[spec.replicas: Invalid value: \"number\": spec.replicas in body must be of type integer: "
       "\"number\", .spec.replicas: Invalid value: 1.5: should be an integer]"},
      {R"({"name":"ab","size":"L"})",
       "spec.size: Unsupported value: \"L\": supported values: \"S\", \"M\""},
      {R"({"name":"ab","ratio":0})",
       "spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0"},
      {R"({"name":"ab","ratio":0.7})",
       "spec.ratio: Invalid value: 0.7: spec.ratio in body should be a multiple of 0.5"},
      {R"({"name":"ab","ratio":1.5,"port":"x","when":"2024-01-01T00:00:00Z"})", ""},
      {R"({"name":"ab","port":true})",
       "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: "
       "\"boolean\""},
      {R"({"name":"ab","when":"now"})",
       "spec.when: Invalid value: \"now\": spec.when in body must be of type date-time: \"now\""},
      {R"({"name":"ab","nothing":null})", ""},
      {R"({"name":"ab","labels":{"a":"1","b":"2","c":"3"}})",
       "spec.labels: Too many: 3: must have at most 2 items"},
      {R"({"name":"ab","tags":["a","b","a"]})", "spec.tags[2]: Duplicate value: \"a\""},
      {R"({"name":"ab","ports":[]})",
       "spec.ports: Invalid value: 0: spec.ports in body should have at least 1 items"},
      {R"({"name":"ab","ports":[{"port":1,"protocol":"TCP"},{"port":1,"protocol":"TCP"}]})",
       "spec.ports[1]: Duplicate value: {\"port\":1,\"protocol\":\"TCP\"}"},
      {R"({"name":"ab","ports":[{"port":1,"protocol":"TCP"},{"port":1,"protocol":"UDP"}]})", ""},
      {R"({"name":"ab","ports":[{}]})", "spec.ports[0].port: Required value"},
      {R"({"name":"ab","choice":{}})",
       "<nil>: Invalid value: \"\": \"spec.choice\" must validate one and only one schema (oneOf). "
       "Found none valid"},
      {R"({"name":"ab","choice":{"a":"1","b":"2"}})",
       "<nil>: Invalid value: \"\": \"spec.choice\" must validate one and only one schema (oneOf). "
       "Found 2 valid alternatives"},
      {R"({"name":"ab","choice":{"a":"1"}})", ""},
      {R"({"name":"ab","forbidden":"x"})",
       "<nil>: Invalid value: \"\": \"spec.forbidden\" must not validate the schema (not)"}};
  for (const auto& [spec, message] : cases) EXPECT_EQ(problems(spec), message) << spec;
}

TEST_F(CustomTest, WhatWasWrongAlreadyDoesNotStopAnUpdate) {
  const json::object old = object(R"({"spec":{"name":"ab","size":"L"}})");
  ErrorList errors;
  kind().rules.validate_update(object(R"({"spec":{"name":"cd","size":"L"}})"), old, errors);
  EXPECT_TRUE(errors.empty()) << errors.message();
  kind().rules.validate_update(object(R"({"spec":{"name":"cd","size":"XL"}})"), old, errors);
  EXPECT_EQ(errors.size(), 1U);
}

TEST_F(CustomTest, GenerationCountsAllButMetadataAndStatus) {
  const json::object old = object(R"({"metadata":{"name":"a"},"spec":{},"status":{},"data":1})");
  const auto changes = [&](std::string_view text) {
    return kind().rules.generation_changes(object(text), old);
  };
  EXPECT_FALSE(changes(R"({"metadata":{"name":"b"},"spec":{},"status":{"x":1},"data":1})"));
  EXPECT_TRUE(changes(R"({"metadata":{"name":"a"},"spec":{},"status":{},"data":2})"));
}

TEST_F(CustomTest, ColumnsShowWhatTheirPathsFind) {
  const ObjectPtr document = Object::make(object(
      R"({"metadata":{"name":"w","creationTimestamp":"2023-11-14T22:13:20Z"},"spec":{"replicas":3},
          "status":{"conditions":[{"type":"Other","status":"x"},{"type":"Ready","status":"True"}]}})"));
  const WallTime now(1'700'000'060s);
  TableText table(kind(), {}, {.include = IncludeObject::kNone, .headers = false}, now);
  table.add(document->document());
  EXPECT_TRUE(table.take().ends_with(R"("rows":[{"cells":["w",3,"True","60s"],"object":null}]})"));
  EXPECT_EQ(kind().cells({}, now), (json::array{"", nullptr, nullptr, nullptr}));
  EXPECT_EQ(kinds[1]->columns.size(), 0U) << "Name and Age";
  EXPECT_TRUE(FieldSelector::parse("spec.size=M", kind()).has_value());
}

TEST(StructuralTest, EachRuleIsEnforced) {
  const BuiltinSchemas schemas;
  const auto errors_of = [&](std::string_view schema) {
    ErrorList errors;
    json::object given = object(fmt::format(
        R"({{"spec":{{"versions":[{{"name":"v1","schema":{{"openAPIV3Schema":{}}}}}]}}}})",
        schema));
    check_custom_schemas(given, schemas, errors);
    std::string text = errors.empty() ? "" : errors.message();
    const std::string prefix = "spec.versions[0].schema.openAPIV3Schema";
    for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;)
      text.erase(at, prefix.size());
    return text;
  };
  const auto property = [&](std::string_view schema) {
    return errors_of(fmt::format(R"({{"type":"object","properties":{{"a":{}}}}})", schema));
  };
  EXPECT_EQ(errors_of(R"({})"), ".type: Required value: must not be empty at the root");
  EXPECT_EQ(errors_of(R"({"type":"string"})"),
            ".type: Invalid value: \"string\": must be object at the root");
  EXPECT_EQ(errors_of(R"({"type":"object","additionalProperties":{"type":"string"}})"),
            ".additionalProperties: Forbidden: must not be used at the root");
  EXPECT_EQ(errors_of(R"({"type":"object","properties":{"metadata":{"type":"object",
                          "properties":{"labels":{"type":"object"}}}}})"),
            ".properties[metadata]: Forbidden: must not specify anything other than name and "
            "generateName, but metadata is implicitly specified");
  EXPECT_EQ(property(R"({})"),
            ".properties[a].type: Required value: must not be empty for specified object fields");
  EXPECT_EQ(property(R"({"type":"array"})"),
            ".properties[a].items: Required value: must be specified");
  EXPECT_EQ(
      property(R"({"type":"string","pattern":"("})")
          .rfind(".properties[a].pattern: Invalid value: \"(\": must be a valid regular expression",
                 0),
      0U);
  EXPECT_EQ(property(R"({"type":"string","anyOf":[{"type":"string"}]})"),
            ".properties[a].anyOf[0].type: Forbidden: must be empty to be structural");
  EXPECT_EQ(property(R"({"type":"object","allOf":[{"properties":{"x":{"minLength":1}}}]})"),
            ".properties[a].properties[x]: Required value: because it is defined in "
            ".properties[a].allOf[0].properties[x]");
  EXPECT_EQ(property(R"({"x-kubernetes-int-or-string":true,
                         "anyOf":[{"type":"integer"},{"type":"string"}]})"),
            "");
  EXPECT_EQ(property(R"({"type":"object","$ref":"x"})"),
            ".properties[a].$ref: Forbidden: $ref is not supported");
  EXPECT_EQ(property(R"({"type":"array","items":{"type":"object","properties":{"k":{"type":
                         "string"}}},"x-kubernetes-list-type":"map",
                         "x-kubernetes-list-map-keys":["k"]})"),
            ".properties[a].items.properties[k].default: Required value: this property is in "
            "x-kubernetes-list-map-keys, so it must have a default or be a required property");
  EXPECT_EQ(property(R"({"type":"string","default":1})"),
            ".properties[a].default: Invalid value: \"integer\": .properties[a].default in body "
            "must be of type string: \"integer\"");
  EXPECT_EQ(property(R"({"type":"object","default":{"x":1}})"),
            ".properties[a].default: Invalid value: {\"x\":1}: must not have unknown fields");
}

TEST(JsonPathTest, PathsFindValues) {
  const json::object document =
      object(R"({"a":{"b.c":1,"l":[{"n":"x","v":1},{"n":"y","v":2}]},"m":{"p":1,"q":2}})");
  const auto found = [&](std::string_view text) -> std::string {
    const auto path = JsonPath::parse(text);
    if (path.has_error()) return "error";
    std::string out;
    for (const json::value* value : path->find(document)) out += to_text(*value) + ";";
    return out;
  };
  EXPECT_EQ(found(".a.b\\.c"), "1;");
  EXPECT_EQ(found("{.a['b.c']}"), "1;");
  EXPECT_EQ(found(".a.l[0].n"), "\"x\";");
  EXPECT_EQ(found(".a.l[-1].n"), "\"y\";");
  EXPECT_EQ(found(".a.l[*].v"), "1;2;");
  EXPECT_EQ(found(".a.l[?(@.n=='y')].v"), "2;");
  EXPECT_EQ(found(".a.l[?(@.v != 2)].n"), "\"x\";");
  EXPECT_EQ(found(".m.*"), "1;2;");
  EXPECT_EQ(found(".x.y"), "");
  for (const std::string_view text : {"..a", ".a[", ".a[x]", ".a[?(@.b==)]", "a b", ".a[?(b)]"})
    EXPECT_EQ(found(text), "error") << text;
}

TEST(PatternTest, MatchingIsBounded) {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    MatchBudget budget;
    return Pattern::make(pattern).value()->matches(text, budget);
  };
  EXPECT_TRUE(matches("^.{2}$", "üü")) << "characters, not bytes";
  EXPECT_TRUE(matches("(?P<name>b)", "abc"));
  EXPECT_TRUE(matches("^[a-z]+([.-][a-z]+)*$", std::string(1'000'000, 'a') + ".b"));
  EXPECT_FALSE(matches("^(a+)+$", std::string(5'000, 'a') + "b"));
  EXPECT_TRUE(Pattern::make("(").has_error());
  EXPECT_TRUE(Pattern::make(std::string(20'000, '(')).has_error());
}

// Each text alone takes but milliseconds; all of them would take minutes.
TEST(PatternTest, ADocumentHasOneBudget) {
  Schema text;
  text.type = Type::kString;
  text.constraints =
      std::make_shared<const Constraints>(read_constraints({{"pattern", "^(a+)+$"}}, false));
  Schema list;
  list.type = Type::kList;
  list.items = &text;
  const auto problems = [&list](const std::string& each, std::size_t count) {
    ErrorList errors;
    check_value(list, json::array(count, json::value(each)), "spec", errors);
    return errors.empty() ? std::string() : errors.message();
  };
  const std::string slow = std::string(10, 'a') + "b";
  EXPECT_EQ(problems("aaa", 50'000), "");
  EXPECT_EQ(problems(slow, 1),
            "spec[0]: Invalid value: \"" + slow + "\": spec[0] in body should match '^(a+)+$'");
  const auto is_too_expensive = ::testing::StartsWith("spec: Forbidden: too expensive to check: ");
  EXPECT_THAT(problems(slow, 50'000), is_too_expensive) << "and nothing about single texts";
  // What must not match is not let through because nobody looked.
  text.constraints = std::make_shared<const Constraints>(
      read_constraints({{"not", {{"pattern", "^(a+)+$"}}}}, false));
  EXPECT_THAT(problems(slow, 50'000), is_too_expensive);
  EXPECT_EQ(problems(slow, 1), "");
  // Nor when one match alone is beyond the bound.
  EXPECT_THAT(problems(std::string(5'000, 'a') + "b", 1), is_too_expensive);
}

}  // namespace
}  // namespace cove::api
