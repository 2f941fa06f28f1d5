#include "core/api/protobuf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "core/api/protobuf_wire.h"

namespace cove::api {
namespace {

using wire::ReverseWriter;
using wire::WireType;
using namespace std::string_view_literals;

json::object parse(std::string_view text) {
  return json::parse(key(text)).get_object();
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char each : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(each) >> 4];
    text += kDigits[static_cast<unsigned char>(each) & 15];
  }
  return text;
}

// A value of that type with every field set that has a protobuf form, but for those that would hold
// one of the types `around` again.
json::value filled(const Schema& schema, std::vector<const Schema*> around = {}) {
  switch (schema.type) {
    case Type::kObject: {
      around.push_back(&schema);
      json::object object;
      for (const Field& field : schema.fields) {
        const Schema* inner = field.schema;
        while (inner->items != nullptr) inner = inner->items;
        const bool again = std::ranges::find(around, inner) != around.end();
        if (field.number != 0 && !again) object[field.name] = filled(*field.schema, around);
      }
      return object;
    }
    case Type::kMap:
      return json::object{{"a", filled(*schema.items, around)},
                          {"b", filled(*schema.items, around)}};
    case Type::kList:
      return json::array{filled(*schema.items, around), filled(*schema.items, around)};
    case Type::kBoolean: return true;
    case Type::kInt32: return -7;
    case Type::kInt64: return INT64_MIN;
    case Type::kDouble: return 2.5;
    case Type::kBytes: return "AP8=";
    case Type::kTime: return "9999-12-31T23:59:59Z";
    case Type::kMicroTime: return "0001-01-01T00:00:00.000001Z";
    case Type::kDuration: return "1h30m0s";
    case Type::kQuantity: return "1500m";
    case Type::kIntOrString: return "25%";
    case Type::kFields:
    case Type::kRaw: return json::object{{"k", json::array{1, "x", nullptr}}};
    case Type::kAny:
      if (schema.fields.empty()) return json::array{1, 2.5};
      around.push_back(&schema);
      for (const Field& field : schema.fields) {
        if (field.schema->type != Type::kObject) return filled(*field.schema, around);
      }
      break;
    case Type::kString: break;
  }
  return "t\xc3\xa9xt";
}

class ProtobufTest : public testing::Test {
 protected:
  std::string encoded(std::string_view type, std::string_view document) {
    const auto bytes = codec_.encode_message(schemas_.type(type), parse(document));
    EXPECT_TRUE(bytes.has_value()) << bytes.error().message();
    return bytes.has_value() ? *bytes : std::string();
  }

  json::object decoded(std::string_view type, std::string_view bytes) {
    const auto document = codec_.decode_message(schemas_.type(type), bytes);
    EXPECT_TRUE(document.has_value()) << document.error().message();
    return document.has_value() ? *document : json::object();
  }

  std::string refused(std::string_view type, std::string_view bytes,
                      const ProtobufLimits& limits = {}) {
    const auto document = codec_.decode_message(schemas_.type(type), bytes, limits);
    EXPECT_TRUE(document.has_error());
    if (document.has_value()) return {};
    EXPECT_EQ(document.error().code, ErrorCode::kInvalidArgument);
    return document.error().cause;
  }

  void expect_round_trip(std::string_view type, std::string_view document) {
    const json::object expected = parse(document);
    EXPECT_EQ(json::value(decoded(type, encoded(type, document))), json::value(expected)) << type;
  }

  BuiltinSchemas schemas_;
  ProtobufCodec codec_{schemas_};
};

TEST_F(ProtobufTest, ZeroValuesOfWhatIsNoPointerAreWritten) {
  // host = "", path = "", port = {0, 0, ""}; httpHeaders is empty, scheme "".
  EXPECT_EQ(hex(encoded("core/v1.HTTPGetAction", "{}")),
            "0a00120608001000"
            "1a00"
            "1a002200");
  EXPECT_EQ(hex(encoded("core/v1.PodOS", R"({"name":"linux"})")), "0a056c696e7578");
  EXPECT_EQ(hex(encoded("meta/v1.Preconditions", R"({"uid":""})")), "0a00");
  EXPECT_EQ(encoded("meta/v1.Preconditions", "{}"), "");
}

TEST_F(ProtobufTest, NegativeNumbersTakeTenBytes) {
  EXPECT_EQ(hex(encoded("meta/v1.ListMeta", R"({"remainingItemCount":-1})")),
            "0a0012001a0020ffffffffffffffffff01");
  EXPECT_EQ(decoded("meta/v1.ListMeta", encoded("meta/v1.ListMeta", R"({"remainingItemCount":-1})"))
                .at("remainingItemCount"),
            -1);
}

TEST_F(ProtobufTest, MapsAreWrittenByKey) {
  const std::string expected =
      encoded("meta/v1.LabelSelector", R"({"matchLabels":{"a":"1","b":"2"}})");
  EXPECT_EQ(hex(expected),
            "0a060a0161120131"
            "0a060a0162120132");
  EXPECT_EQ(encoded("meta/v1.LabelSelector", R"({"matchLabels":{"b":"2","a":"1"}})"), expected);
}

TEST_F(ProtobufTest, InlinedTypesStandInMessagesOfTheirOwn) {
  const std::string bytes = encoded("core/v1.Volume", R"({"name":"v","emptyDir":{}})");
  // name = 1, volumeSource = 2 with emptyDir = 2 with medium = 1.
  EXPECT_EQ(hex(bytes),
            "0a0176"
            "1204"
            "1202"
            "0a00");
  EXPECT_EQ(decoded("core/v1.Volume", bytes), parse(R"({"name":"v","emptyDir":{}})"));
}

TEST_F(ProtobufTest, SpecialTypesHaveTheirMessages) {
  struct Case {
    std::string_view type;
    std::string_view document;
  };
  const Case cases[] = {
      {"meta/v1.ObjectMeta", R"({"name":"a","creationTimestamp":"2026-01-02T03:04:05Z",
        "managedFields":[{"manager":"m","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]})"},
      {"coordination/v1.LeaseSpec", R"({"acquireTime":"2026-01-02T03:04:05.678901Z"})"},
      {"core/v1.ResourceRequirements", R"({"limits":{"cpu":"100m","memory":"1Gi"}})"},
      {"core/v1.TCPSocketAction", R"({"port":"http"})"},
      {"core/v1.TCPSocketAction", R"({"port":8080})"},
      {"core/v1.SeccompProfile", R"({"type":"Localhost","localhostProfile":""})"},
      {"authentication/v1.UserInfo", R"({"username":"u","extra":{"scopes":["a","b"]}})"},
      {"apiextensions/v1.CustomResourceSubresources", R"({"status":{}})"},
      {"apiextensions/v1.JSONSchemaProps",
       R"({"type":"object","default":{"a":[1,null]},"maximum":1.5,"enum":["x",1,null],
        "items":{"type":"string"},"additionalProperties":false,
        "properties":{"a":{"items":[{"type":"string"}],"additionalProperties":{"type":"integer"}},
                      "b":{"additionalProperties":true}},
        "dependencies":{"x":["y"],"z":{"type":"string"}}})"},
  };
  for (const Case& each : cases) expect_round_trip(each.type, each.document);
}

TEST_F(ProtobufTest, EveryTypeOfTheTablesRoundTrips) {
  int types = 0;
  for (const TypePackage& package : type_packages()) {
    for (const auto& table : package.tables) {
      for (const TypeFact& fact : table) {
        const std::string name = std::string(package.key) + "." + std::string(fact.name);
        const Schema& schema = schemas_.type(name);
        if (!ProtobufCodec::supports(schema)) continue;
        const json::object document = filled(schema).as_object();
        const auto bytes = codec_.encode_message(schema, document);
        ASSERT_TRUE(bytes.has_value()) << name << bytes.error().message();
        const auto back = codec_.decode_message(schema, *bytes);
        ASSERT_TRUE(back.has_value()) << name << back.error().message();
        EXPECT_TRUE(same(*back, document)) << name;
        const auto again = codec_.encode_message(schema, *back);
        ASSERT_TRUE(again.has_value());
        EXPECT_EQ(*again, *bytes) << name;
        ++types;
      }
    }
  }
  EXPECT_GT(types, 500);
}

TEST_F(ProtobufTest, BytesAreBase64InJson) {
  const std::string bytes = encoded("core/v1.Secret", R"({"data":{"k":"AP8="}})");
  EXPECT_NE(bytes.find("\x0a\x01k\x12\x02\x00\xff"sv), std::string::npos);
  EXPECT_EQ(decoded("core/v1.Secret", bytes).at("data"), parse(R"({"k":"AP8="})"));
}

TEST_F(ProtobufTest, DurationsAreNanoseconds) {
  ReverseWriter writer;
  writer.integer_field(1, 90'500'000'000);
  writer.message_field(3, 0);
  const json::object metrics = decoded("metrics/v1beta1.NodeMetrics", writer.finish());
  EXPECT_EQ(metrics.at("window"), "1m30.5s");
  const std::string bytes = encoded("metrics/v1beta1.NodeMetrics", R"({"window":"1m30.5s"})");
  EXPECT_NE(bytes.find(writer.finish()), std::string::npos);
}

TEST_F(ProtobufTest, TheEnvelopeIsWhatKubernetesWrites) {
  const auto body = codec_.encode(schemas_.type("meta/v1.Status"),
                                  parse(R"({"kind":"Status","apiVersion":"v1","code":404})"));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(hex(*body),
            "6b387300"
            "0a0c0a0276311206537461747573"
            "12110a060a0012001a00"
            "12001a002200"
            "309403"
            "1a002200");
  const auto envelope = open_protobuf_envelope(*body);
  ASSERT_TRUE(envelope.has_value());
  EXPECT_EQ(envelope->api_version, "v1");
  EXPECT_EQ(envelope->kind, "Status");
  const auto document = codec_.decode(schemas_.type("meta/v1.Status"), *body);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(to_text(*document), R"({"apiVersion":"v1","kind":"Status","metadata":{},"code":404})");
}

TEST_F(ProtobufTest, ListsHoldTheirItemsMessages) {
  const json::object first = parse(R"({"metadata":{"name":"a"},"data":{"k":"v"}})");
  const json::object second = parse(R"({"metadata":{"name":"b"}})");
  const json::object* const items[] = {&first, &second};
  const auto body = codec_.encode_list(schemas_.type("core/v1.ConfigMap"), "v1", "ConfigMapList",
                                       parse(R"({"resourceVersion":"7"})"), items);
  ASSERT_TRUE(body.has_value());
  const auto list = codec_.decode(schemas_.type("core/v1.ConfigMapList"), *body);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->at("kind"), "ConfigMapList");
  EXPECT_EQ(text_at(*list, {"metadata", "resourceVersion"}), "7");
  ASSERT_EQ(list->at("items").as_array().size(), 2);
  EXPECT_EQ(list->at("items").as_array()[0], first);
  EXPECT_EQ(list->at("items").as_array()[1], second);
}

TEST_F(ProtobufTest, WatchFramesHoldWholeEnvelopes) {
  const std::string frame = protobuf_watch_frame("ADDED", "k8s\0object"sv);
  EXPECT_EQ(hex(frame).substr(0, 8), "00000015");
  EXPECT_EQ(frame.size(), 4 + 0x15);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto none = read_protobuf_watch_frame(std::string_view(frame).substr(0, size));
    ASSERT_TRUE(none.has_value());
    EXPECT_FALSE(none->has_value());
  }
  const std::string stream = frame + "rest";
  const auto whole = read_protobuf_watch_frame(stream);
  ASSERT_TRUE(whole.has_value() && whole->has_value());
  EXPECT_EQ((*whole)->size, frame.size());
  EXPECT_EQ((*whole)->type, "ADDED");
  EXPECT_EQ((*whole)->object, "k8s\0object"sv);
  EXPECT_TRUE(read_protobuf_watch_frame(frame, 8).has_error());
}

TEST_F(ProtobufTest, SingleMessagesThatStandTwiceAreMergedAndTheLastNumberCounts) {
  ReverseWriter writer;
  writer.integer_field(6, 2);
  writer.integer_field(6, 1);
  const std::size_t before = writer.size();
  writer.bytes_field(2, "7");
  writer.message_field(1, before);
  const std::size_t again = writer.size();
  writer.bytes_field(1, "/x");
  writer.message_field(1, again);
  EXPECT_EQ(json::value(decoded("meta/v1.Status", writer.finish())),
            json::value(parse(R"({"metadata":{"selfLink":"/x","resourceVersion":"7"},"code":2})")));
}

TEST_F(ProtobufTest, NumbersMayBePacked) {
  const Schema& schema = schemas_.type("core/v1.PodSecurityContext");
  ASSERT_EQ(schema.find("supplementalGroups")->number, 4);
  const auto groups = json::value({1, 300});
  EXPECT_EQ(
      decoded("core/v1.PodSecurityContext", "\x22\x03\x01\xac\x02"sv).at("supplementalGroups"),
      groups);
  EXPECT_EQ(
      decoded("core/v1.PodSecurityContext", "\x20\x01\x20\xac\x02"sv).at("supplementalGroups"),
      groups);
}

TEST_F(ProtobufTest, UnknownFieldsAreSkipped) {
  EXPECT_EQ(decoded("core/v1.PodOS",
                    "\xf8\x07\x01\xfa\x07\x01x\xfd\x07"
                    "abcd\xf9\x07"
                    "abcdefgh\x0a\x01l"sv),
            parse(R"({"name":"l"})"));
}

TEST_F(ProtobufTest, HostileBytesAreRefused) {
  struct Case {
    std::string_view what;
    std::string_view bytes;
    std::string_view cause;
  };
  const Case cases[] = {
      {"cut off text", "\x0a\x05li"sv, "the field is cut off"},
      {"length beyond 64 bits", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
       "the field is cut off"},
      {"huge length", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv, "the field is cut off"},
      {"number for text", "\x08\x01"sv, "wrong wire type 0"},
      {"field zero", "\x02\x01x"sv, "a tag is illegal or cut off"},
      {"endless tag", "\xff\xff\xff\xff\xff\xff"sv, "a tag is illegal or cut off"},
      {"group", "\x13\x14"sv, "unknown field 2 is a group or cut off"},
      {"known field as a group", "\x0b\x0c"sv, "wrong wire type 3"},
      {"bad UTF-8", "\x0a\x02\xc3\x28"sv, "the text is not UTF-8"},
      {"surrogate", "\x0a\x03\xed\xa0\x80"sv, "the text is not UTF-8"},
      {"overlong", "\x0a\x02\xc0\x80"sv, "the text is not UTF-8"},
  };
  for (const Case& each : cases)
    EXPECT_EQ(refused("core/v1.PodOS", each.bytes), each.cause) << each.what;
}

TEST_F(ProtobufTest, HostileValuesOfSpecialTypesAreRefused) {
  ReverseWriter far;
  far.integer_field(1, 253'402'300'800);
  far.message_field(8, 0);
  EXPECT_EQ(refused("meta/v1.ObjectMeta", far.finish()), "the time is not in the years 1 to 9999");
  EXPECT_EQ(refused("core/v1.TCPSocketAction", "\x0a\x02\x08\x02"sv),
            "the value is neither a number nor a text");
  EXPECT_EQ(refused("apiextensions/v1.JSONSchemaProps", "\x49\0\0\0\0\0\0\xf0\x7f"sv),
            "the number is none that JSON can say");
  EXPECT_TRUE(refused("apps/v1.ControllerRevision", "\x12\x03\x0a\x01{"sv)
                  .starts_with("the embedded JSON is none"));
}

TEST_F(ProtobufTest, DepthSizeAndCountsAreBounded) {
  std::string nested;
  for (int i = 0; i < 150; ++i) {
    ReverseWriter writer;
    writer.bytes_field(28, nested);  // JSONSchemaProps.not
    nested = writer.finish();
  }
  EXPECT_EQ(refused("apiextensions/v1.JSONSchemaProps", nested),
            "the messages are nested too deeply");
  EXPECT_EQ(refused("meta/v1.LabelSelector", "\x12\x00\x12\x00\x12\x00"sv, {.values = 2}),
            "there are too many values");
  EXPECT_EQ(refused("meta/v1.LabelSelector", "\x12\x00\x12\x00"sv, {.bytes = 3}),
            "the body is too large");
}

TEST_F(ProtobufTest, BodiesWithoutTheMagicAreRefused) {
  for (const std::string_view bytes : {""sv, "k8s"sv, "k8s\0"sv, "{}"sv, "k8s\0\x0a\x05"sv})
    EXPECT_TRUE(open_protobuf_envelope(bytes).has_error()) << hex(bytes);
}

TEST_F(ProtobufTest, ValuesOfAnotherTypeThanTheFieldsAreNamed) {
  const auto bytes = codec_.encode_message(schemas_.type("core/v1.Pod"),
                                           parse(R"({"spec":{"hostNetwork":"yes"}})"));
  ASSERT_TRUE(bytes.has_error());
  EXPECT_EQ(bytes.error().subject, "hostNetwork");
  const auto no_schema = codec_.encode_message(schemas_.type("apiextensions/v1.JSONSchemaProps"),
                                               parse(R"({"items":true})"));
  ASSERT_TRUE(no_schema.has_error());
  EXPECT_EQ(no_schema.error().subject, "items");
}

TEST_F(ProtobufTest, TypesWithoutAProtobufFormAreUnsupported) {
  EXPECT_FALSE(ProtobufCodec::supports(schemas_.type("meta/v1.Table")));
  const auto bytes = codec_.encode(schemas_.type("meta/v1.Table"), {});
  ASSERT_TRUE(bytes.has_error());
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(ProtobufCodec::supports(schemas_.type("core/v1.Pod")));
}

TEST(ProtobufMap, AnEntryWithoutAKeyHasTheEmptyOne) {
  const BuiltinSchemas schemas;
  const ProtobufCodec codec(schemas);
  const auto decoded = codec.decode_message(schemas.type("core/v1.ConfigMap"), {"\x12\x00", 2});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(to_text(decoded->at("data")), R"({"":""})");
}

}  // namespace
}  // namespace cove::api
