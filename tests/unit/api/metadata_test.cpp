#include "core/api/metadata.h"

#include <gtest/gtest.h>

#include "core/api/names.h"

namespace cove::api {
namespace {

json::object object(std::string_view text) {
  return parse_json(text).value().value.get_object();
}

std::string created(std::string_view text, bool namespaced = true) {
  Kind kind;
  kind.namespaced = namespaced;
  ErrorList errors;
  validate_metadata(object(text), kind, errors);
  return errors.empty() ? "" : errors.message();
}

std::string updated(std::string_view now, std::string_view old) {
  ErrorList errors;
  validate_metadata_update(object(now), object(old), errors);
  return errors.empty() ? "" : errors.message();
}

TEST(MetadataTest, NamesAndNamespacesAreChecked) {
  EXPECT_EQ(created(R"({"metadata":{"name":"a","namespace":"b"}})"), "");
  EXPECT_EQ(created(R"({"metadata":{"namespace":"b"}})"),
            "metadata.name: Required value: name or generateName is required");
  EXPECT_EQ(created(R"({"metadata":{"name":"A","namespace":"b"}})"),
            "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of "
            "lower case alphanumeric characters, '-' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'example.com', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  EXPECT_EQ(created(R"({"metadata":{"name":"a"}})"), "metadata.namespace: Required value");
  EXPECT_EQ(created(R"({"metadata":{"name":"a","namespace":"b"}})", false),
            "metadata.namespace: Forbidden: not allowed on this type");
  EXPECT_EQ(created(R"({"metadata":{"name":"a","generateName":"a-","namespace":"b"}})"), "");
}

TEST(MetadataTest, TheOtherFieldsAreChecked) {
  const auto with = [](std::string_view field) {
    return created(std::string(R"({"metadata":{"name":"a","namespace":"b",)").append(field) + "}}");
  };
  EXPECT_EQ(
      with(R"("labels":{"a":"-"})").rfind("metadata.labels: Invalid value: \"-\": a valid", 0), 0U);
  EXPECT_EQ(with(R"("labels":{"a/b/c":""})").rfind("metadata.labels: Invalid value: \"a/b/c\"", 0),
            0U);
  EXPECT_EQ(with(R"("annotations":{"Example.com/A":"any thing"})"), "");
  EXPECT_EQ(with("\"annotations\":{\"a\":\"" + std::string(256 << 10, 'x') + "\"}"),
            "metadata.annotations: Too long: may not be more than 262144 bytes");
  EXPECT_EQ(with(R"("finalizers":["orphan","foregroundDeletion"])"),
            "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer "
            "orphan and foregroundDeletion cannot be both set");
  EXPECT_EQ(with(R"("generation":-1)"),
            "metadata.generation: Invalid value: -1: must be greater than or equal to 0");
  EXPECT_EQ(with(R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p"}])"),
            "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty");
  EXPECT_EQ(with(R"("managedFields":[{"operation":"Touch"}])"),
            "metadata.managedFields[0].operation: Invalid value: \"Touch\": must be `Apply` or "
            "`Update`");
}

TEST(MetadataTest, UpdatesKeepWhatIdentifiesTheObject) {
  constexpr std::string_view kOld =
      R"({"metadata":{"name":"a","uid":"1","resourceVersion":"5","generation":2}})";
  EXPECT_EQ(updated(kOld, kOld), "");
  EXPECT_EQ(
      updated(R"({"metadata":{"name":"a","uid":"2","resourceVersion":"5","generation":2}})", kOld),
      "metadata.uid: Invalid value: \"2\": field is immutable");
  EXPECT_EQ(updated(R"({"metadata":{"name":"a","uid":"1","generation":1}})", kOld),
            "[metadata.resourceVersion: Invalid value: \"\": must be specified for an update, "
            "metadata.generation: Invalid value: 1: must not be decremented]");
}

TEST(MetadataTest, FinalizersCannotBeAddedToWhatIsBeingDeleted) {
  constexpr std::string_view kOld =
      R"({"metadata":{"resourceVersion":"5","deletionTimestamp":"t","finalizers":["a"]}})";
  EXPECT_EQ(
      updated(
          R"({"metadata":{"resourceVersion":"5","deletionTimestamp":"t","finalizers":["a","b"]}})",
          kOld),
      "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
      "deleted, found new finalizers []string{\"b\"}");
  EXPECT_EQ(updated(R"({"metadata":{"resourceVersion":"5","deletionTimestamp":"t"}})", kOld), "");
}

TEST(MetadataTest, GeneratedNamesAreCutAndRandom) {
  std::uint32_t next = 0;
  const Random random = [&](std::uint32_t bound) { return next++ % bound; };
  EXPECT_EQ(generate_name("web-", random), "web-bcdfg");
  EXPECT_EQ(generate_name(std::string(80, 'a'), random).size(), 63U);
}

TEST(MetadataTest, SelectorsAndConditionsAreChecked) {
  ErrorList errors;
  const json::object selector = object(
      R"({"matchExpressions":[{"key":"a","operator":"In"},{"key":"b","operator":"Exists","values":["x"]},{"key":"c","operator":"Is"}]})");
  validate_label_selector(&selector, "spec.selector", errors);
  EXPECT_EQ(errors.message(),
            "[spec.selector.matchExpressions[0].values: Required value: must be specified when "
            "`operator` is 'In' or 'NotIn', spec.selector.matchExpressions[1].values: Forbidden: "
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist', "
            "spec.selector.matchExpressions[2].operator: Invalid value: \"Is\": not a valid "
            "selector operator]");
  ErrorList conditions;
  const json::object status = object(
      R"({"c":[{"type":"A","status":"Yes","reason":"1"},{"type":"A","status":"True","reason":"R","lastTransitionTime":"t"}]})");
  validate_conditions(array_at(status, {"c"}), "status.conditions", conditions);
  ASSERT_EQ(conditions.size(), 4U);
  EXPECT_EQ(conditions.errors()[0].message(),
            "status.conditions[0].status: Unsupported value: \"Yes\": supported values: "
            "\"False\", \"True\", \"Unknown\"");
  EXPECT_EQ(conditions.errors()[3].message(), "status.conditions[1].type: Duplicate value: \"A\"");
}

TEST(NamesTest, FormsAreToldApart) {
  using Check = Problems (*)(std::string_view);
  struct Case {
    Check check;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
  };
  const std::string long_label(64, 'a');
  const Case cases[] = {
      {check_dns1123_label, {"a", "a-1", "1a"}, {"", "-a", "a-", "a.b", "A", long_label}},
      {check_dns1123_subdomain, {"a", "a.b-c.1"}, {"", "a..b", ".a", "a_b"}},
      {check_dns1123_subdomain_underscore, {"_a.b", "a_b"}, {"a_", "__"}},
      {check_wildcard_dns1123_subdomain, {"*.a.b"}, {"*", "*.*.a", "a.b"}},
      {check_dns1035_label, {"a1"}, {"1a", "", "a-"}},
      {check_qualified_name,
       {"a", "A_b.c", "example.com/a"},
       {"", "/a", "a/", "a/b/c", "-a", "A.b/c"}},
      {check_label_value, {"", "a", "A_1"}, {"-", "a b", long_label}},
      {check_path_segment, {"a", "a:b", ""}, {".", "..", "a/b", "a%"}},
      {check_c_identifier, {"_a1"}, {"", "1a", "a-b"}},
      {check_env_var_name, {"a b", "1"}, {"", "a=b", "ü"}},
      {check_strict_env_var_name, {"A.b-c"}, {"1a", "", "..a"}},
      {check_config_map_key, {"a.b", "1"}, {"", "..", "..a", "a/b"}},
      {check_port_name, {"http", "a-1"}, {"", "1", "a--b", "-a", "sixteen-letters-", "A"}},
      {check_percent, {"5%"}, {"%", "5", "-5%"}},
      {check_http_header_name, {"X-A"}, {"", "a b"}},
  };
  for (const Case& each : cases) {
    for (const std::string_view text : each.good) EXPECT_TRUE(each.check(text).empty()) << text;
    for (const std::string_view text : each.bad) EXPECT_FALSE(each.check(text).empty()) << text;
  }
}

TEST(NamesTest, AddressesAreStrict) {
  EXPECT_TRUE(check_ip("10.0.0.1").empty());
  EXPECT_TRUE(check_ip("FE80::1").empty());
  EXPECT_EQ(check_ip("FE80::1", true), Problems{"must be in canonical form (\"fe80::1\")"});
  EXPECT_EQ(check_ip("010.0.0.1"), Problems{"must not have leading 0s"});
  EXPECT_EQ(check_ip("::ffff:1.2.3.4"), Problems{"must not be an IPv4-mapped IPv6 address"});
  EXPECT_FALSE(check_ip("10.0.0").empty());
  EXPECT_FALSE(check_ip("").empty());
  EXPECT_TRUE(check_cidr("10.0.0.0/8").empty());
  EXPECT_EQ(check_cidr("10.0.0.1/8"), Problems{"must not have bits set beyond the prefix length"});
  EXPECT_EQ(check_cidr("10.0.0.0/08"), Problems{"must not have leading 0s in IP or prefix length"});
  EXPECT_FALSE(check_cidr("10.0.0.0/33").empty());
  EXPECT_FALSE(check_cidr("10.0.0.0").empty());
  EXPECT_EQ(canonical_ip("2001:DB8:0::1"), "2001:db8::1");
}

}  // namespace
}  // namespace cove::api
