#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "core/api/custom.h"
#include "core/api/discovery.h"
#include "core/api/openapi_v2.h"
#include "core/api/openapi_v3.h"
#include "core/api/protobuf_wire.h"
#include "tests/unit/api/sample_kinds.h"

namespace cove::api {
namespace {

json::value parse(std::string_view text) {
  return json::parse(key(text));
}

// Calls `visit(text)` for every "$ref".
template <class Visit>
void for_each_reference(const json::value& value, Visit visit) {
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref" && member.value().is_string()) {
        visit(view(member.value().get_string()));
      } else {
        for_each_reference(member.value(), visit);
      }
    }
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& each : *array) for_each_reference(each, visit);
  }
}

// One field of a message without a schema: enough to look into what was written.
struct RawField {
  int number;
  wire::WireType type;
  std::string_view bytes;
  std::uint64_t number_value;
};

std::vector<RawField> fields(std::string_view message) {
  std::vector<RawField> all;
  wire::Reader reader(message);
  while (!reader.empty()) {
    RawField field{0, wire::WireType::kVarint, {}, 0};
    if (!reader.tag(field.number, field.type)) {
      ADD_FAILURE() << "a bad tag";
      break;
    }
    if (field.type == wire::WireType::kBytes) {
      const auto bytes = reader.bytes();
      EXPECT_TRUE(bytes.has_value());
      field.bytes = bytes.value_or("");
    } else if (field.type == wire::WireType::kVarint) {
      field.number_value = reader.varint().value_or(0);
    } else if (!reader.skip(field.type)) {
      ADD_FAILURE() << "a cut off field";
      break;
    }
    all.push_back(field);
  }
  return all;
}

// The bytes of the first field at each step: {8, 2} is field 2 of the message in field 8.
std::string_view at(std::string_view message, std::initializer_list<int> path) {
  for (const int number : path) {
    std::string_view found;
    bool has = false;
    for (const RawField& field : fields(message)) {
      if (field.number == number && !has) {
        found = field.bytes;
        has = true;
      }
    }
    if (!has) ADD_FAILURE() << "no field " << number;
    message = found;
  }
  return message;
}

// The value (2) of the element with that name (1) among the fields `number`.
std::string_view named(std::string_view message, int number, std::string_view name) {
  for (const RawField& field : fields(message)) {
    if (field.number == number && at(field.bytes, {1}) == name) return at(field.bytes, {2});
  }
  ADD_FAILURE() << "nothing is named " << name;
  return {};
}

class OpenapiTest : public ::testing::Test {
 protected:
  json::object v3(std::string_view name) {
    auto document = openapi_v3_document(*sample_.registry, sample_.schemas, name, "v1.36.0");
    EXPECT_TRUE(document.has_value()) << name;
    return document ? std::move(*document) : json::object();
  }
  json::object v2() { return openapi_v2_document(*sample_.registry, sample_.schemas, "v1.36.0"); }

  testing::SampleKinds sample_;
};

TEST_F(OpenapiTest, ThereIsADocumentForEveryName) {
  const std::vector<std::string> names = openapi_v3_names(*sample_.registry);
  for (const char* name : {"api", "api/v1", "apis", "apis/apps", "apis/apps/v1",
                           "apis/shop.example.com/v1", "version"})
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
  for (const std::string& name : names) EXPECT_EQ(v3(name).at("openapi"), "3.0.0") << name;
  for (const char* name : {"", "api/v2", "apis/", "apis/nothing", "apis/apps/v9", "apis/apps/v1/x"})
    EXPECT_FALSE(
        openapi_v3_document(*sample_.registry, sample_.schemas, name, "v1.36.0").has_value())
        << name;
}

TEST_F(OpenapiTest, TheIndexNamesHashes) {
  EXPECT_EQ(json::value(openapi_v3_index({{"api/v1", "AB"}, {"apis/apps/v1", "CD"}})),
            parse(R"({"paths":{"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=AB"},
    "apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash=CD"}}})"));
}

TEST_F(OpenapiTest, EveryReferenceResolves) {
  for (const std::string& name : openapi_v3_names(*sample_.registry)) {
    const json::object document = v3(name);
    const json::object& schemas = *object_at(document, {"components", "schemas"});
    for_each_reference(document, [&](std::string_view reference) {
      constexpr std::string_view kPlace = "#/components/schemas/";
      ASSERT_TRUE(reference.starts_with(kPlace)) << reference;
      EXPECT_TRUE(schemas.contains(key(reference.substr(kPlace.size())))) << reference;
    });
  }
  const json::object document = v2();
  for_each_reference(document, [&](std::string_view reference) {
    constexpr std::string_view kPlace = "#/definitions/";
    ASSERT_TRUE(reference.starts_with(kPlace)) << reference;
    EXPECT_TRUE(
        document.at("definitions").as_object().contains(key(reference.substr(kPlace.size()))))
        << reference;
  });
}

TEST_F(OpenapiTest, OperationIdsAreUnique) {
  std::set<std::string> ids;
  const json::object document = v2();
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      if (operation.key() == "parameters") continue;
      const std::string id(view(operation.value().at("operationId").as_string()));
      EXPECT_TRUE(ids.insert(id).second) << id;
    }
  }
  for (const char* id :
       {"listCoreV1NamespacedPod", "listCoreV1PodForAllNamespaces",
        "deleteCoreV1CollectionNamespacedPod", "patchAppsV1NamespacedDeploymentScale",
        "readCoreV1NamespacedPodLog", "connectPostCoreV1NamespacedPodExec",
        "createCoreV1NamespacedPodEviction", "createCoreV1Namespace"})
    EXPECT_TRUE(ids.contains(id)) << id;
}

TEST_F(OpenapiTest, PatchesNameTheKindAndTakeTheParametersThatClientsLookFor) {
  const json::object document = v3("apis/apps/v1");
  const json::value* const patch = value_at(
      document, {"paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "patch"});
  ASSERT_NE(patch, nullptr);
  EXPECT_EQ(patch->at("x-kubernetes-group-version-kind"),
            parse(R"({"group":"apps","version":"v1","kind":"Deployment"})"));
  EXPECT_EQ(patch->at("x-kubernetes-action"), "patch");
  std::set<std::string_view> names;
  for (const json::value& each : patch->at("parameters").as_array()) {
    names.insert(text_at(each.get_object(), {"name"}));
    EXPECT_EQ(text_at(each.get_object(), {"in"}), "query");
  }
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation", "force"})
    EXPECT_TRUE(names.contains(name)) << name;
}

TEST_F(OpenapiTest, SchemasCarryWhatListsMergeBy) {
  const json::object document = v3("apis/apps/v1");
  const json::object& schemas = *object_at(document, {"components", "schemas"});
  const json::object* const deployment = object_at(schemas, {"io.k8s.api.apps.v1.Deployment"});
  ASSERT_NE(deployment, nullptr);
  EXPECT_EQ(deployment->at("x-kubernetes-group-version-kind"),
            parse(R"([{"group":"apps","kind":"Deployment","version":"v1"}])"));
  const json::object* const ports =
      object_at(schemas, {"io.k8s.api.core.v1.Container", "properties", "ports"});
  ASSERT_NE(ports, nullptr);
  EXPECT_EQ(ports->at("x-kubernetes-list-map-keys"), parse(R"(["containerPort","protocol"])"));
  EXPECT_EQ(ports->at("x-kubernetes-list-type"), "map");
  EXPECT_EQ(ports->at("x-kubernetes-patch-merge-key"), "containerPort");
  EXPECT_EQ(ports->at("x-kubernetes-patch-strategy"), "merge");
  const json::object* const protocol =
      object_at(schemas, {"io.k8s.api.core.v1.ContainerPort", "properties", "protocol"});
  ASSERT_NE(protocol, nullptr);
  EXPECT_EQ(protocol->at("default"), "TCP");
  EXPECT_EQ(object_at(schemas, {"io.k8s.apimachinery.pkg.util.intstr.IntOrString"})->at("oneOf"),
            parse(R"([{"type":"string"},{"type":"integer"}])"));
  EXPECT_EQ(object_at(schemas, {"io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"})
                ->at("x-kubernetes-map-type"),
            "atomic");
  const json::object* const volumes =
      object_at(schemas, {"io.k8s.api.core.v1.PodSpec", "properties", "volumes"});
  EXPECT_EQ(volumes->at("x-kubernetes-patch-strategy"), "merge,retainKeys");
}

TEST_F(OpenapiTest, CustomKindsAreDescribedInPlace) {
  const json::object document = v3("apis/shop.example.com/v1");
  const json::object* const widget =
      object_at(document, {"components", "schemas", "com.example.shop.v1.Widget"});
  ASSERT_NE(widget, nullptr);
  EXPECT_EQ(text_at(*widget, {"description"}), "A thing to sell.");
  EXPECT_EQ(*value_at(*widget, {"properties", "spec"}), parse(R"({"description":"What is wanted.",
    "type":"object","required":["colour"],"properties":{
      "colour":{"description":"The widget's colour.","type":"string","default":"red","enum":["red","blue"]},
      "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
      "port":{"x-kubernetes-int-or-string":true},
      "size":{"type":"integer","format":"int64","nullable":true}}})"));
  // Swagger knows neither null nor defaults.
  const json::object swagger = v2();
  const json::value* const properties = value_at(
      swagger, {"definitions", "com.example.shop.v1.Widget", "properties", "spec", "properties"});
  ASSERT_NE(properties, nullptr);
  EXPECT_EQ(properties->at("size"), parse("{}"));
  EXPECT_FALSE(properties->at("colour").as_object().contains("default"));
}

TEST_F(OpenapiTest, DefinitionsOfCustomResourcesKeepWhatTheyDemand) {
  const json::value definition = parse(R"({"metadata":{"name":"gears.shop.example.com"},"spec":{
    "group":"shop.example.com","names":{"plural":"gears","singular":"gear","kind":"Gear",
    "listKind":"GearList"},"scope":"Namespaced","versions":[{"name":"v1","served":true,
    "storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{
      "type":"object","required":["teeth"],"maxProperties":5,"properties":{
        "teeth":{"type":"integer","minimum":3,"maximum":99},
        "name":{"type":"string","pattern":"^g","maxLength":9},
        "any":{"x-kubernetes-preserve-unknown-fields":true},
        "tags":{"type":"array","items":{"type":"string","minLength":1},"x-kubernetes-list-type":"set"},
        "size":{"x-kubernetes-int-or-string":true},
        "one":{"type":"string","oneOf":[{"pattern":"a"},{"pattern":"b"}]}}}}}}}]}})");
  const auto registry =
      sample_.registry->with_custom(make_custom_kinds(definition.get_object(), sample_.schemas));
  ASSERT_TRUE(registry.has_value());
  const auto document =
      openapi_v3_document(**registry, sample_.schemas, "apis/shop.example.com/v1", "v1.36.0");
  ASSERT_TRUE(document.has_value());
  const json::value* const spec = value_at(
      *document, {"components", "schemas", "com.example.shop.v1.Gear", "properties", "spec"});
  ASSERT_NE(spec, nullptr);
  EXPECT_TRUE(same(*spec, parse(R"({"type":"object","required":["teeth"],"maxProperties":5,
    "properties":{
      "teeth":{"type":"integer","format":"int64","minimum":3.0,"maximum":99.0},
      "name":{"type":"string","pattern":"^g","maxLength":9},
      "any":{"x-kubernetes-preserve-unknown-fields":true},
      "tags":{"type":"array","items":{"type":"string","minLength":1},"x-kubernetes-list-type":"set"},
      "size":{"x-kubernetes-int-or-string":true},
      "one":{"type":"string","oneOf":[{"pattern":"a"},{"pattern":"b"}]}}})")))
      << to_text(*spec);
  const json::object swagger = openapi_v2_document(**registry, sample_.schemas, "v1.36.0");
  const json::object* const one = object_at(swagger, {"definitions", "com.example.shop.v1.Gear",
                                                      "properties", "spec", "properties", "one"});
  ASSERT_NE(one, nullptr);
  EXPECT_FALSE(one->contains("oneOf"));
}

TEST_F(OpenapiTest, TheProtobufFormOfV3IsTheSameDocument) {
  const std::string bytes = openapi_v3_protobuf(v3("apis/apps/v1"));
  EXPECT_EQ(at(bytes, {1}), "3.0.0");
  EXPECT_EQ(at(bytes, {2, 1}), "Kubernetes");
  EXPECT_EQ(at(bytes, {2, 6}), "v1.36.0");
  const std::string_view path =
      named(at(bytes, {4}), 1, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
  const std::string_view patch = at(path, {10});
  EXPECT_EQ(at(patch, {5}), "patchAppsV1NamespacedDeployment");
  EXPECT_EQ(at(named(patch, 13, "x-kubernetes-group-version-kind"), {2}),
            "{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"}\n");
  EXPECT_EQ(at(patch, {6, 1, 1}), "dryRun");
  EXPECT_EQ(at(patch, {6, 1, 10, 1, 25}), "string");
  // The body's schema is a reference in the media type.
  const std::string_view media = named(at(patch, {7, 1, 2}), 1, "application/json-patch+json");
  EXPECT_EQ(at(media, {1, 2, 1}),
            "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Patch");
  const std::string_view schemas = at(bytes, {5, 1});
  const std::string_view port = at(named(schemas, 1, "io.k8s.api.core.v1.ContainerPort"), {1});
  EXPECT_EQ(at(port, {25}), "object");
  const std::string_view protocol = at(named(at(port, {31}), 1, "protocol"), {1});
  EXPECT_EQ(at(protocol, {33, 3}), "TCP");
  const std::string_view container = at(named(schemas, 1, "io.k8s.api.core.v1.Container"), {1});
  const std::string_view ports = at(named(at(container, {31}), 1, "ports"), {1});
  EXPECT_EQ(at(ports, {30, 1, 2, 1}), "#/components/schemas/io.k8s.api.core.v1.ContainerPort");
  EXPECT_EQ(at(named(ports, 36, "x-kubernetes-list-type"), {2}), "\"map\"\n");
  const std::string_view meta =
      at(named(schemas, 1, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"), {1});
  const std::string_view labels = at(named(at(meta, {31}), 1, "labels"), {1});
  EXPECT_EQ(at(labels, {32, 1, 1, 25}), "string");
}

TEST_F(OpenapiTest, TheProtobufFormOfV2IsTheSameDocument) {
  const std::string bytes = openapi_v2_protobuf(v2());
  EXPECT_EQ(at(bytes, {1}), "2.0");
  EXPECT_EQ(at(bytes, {2, 2}), "v1.36.0");
  const std::string_view path =
      named(at(bytes, {8}), 2, "/api/v1/namespaces/{namespace}/pods/{name}");
  const std::string_view patch = at(path, {8});
  EXPECT_EQ(at(patch, {5}), "patchCoreV1NamespacedPod");
  EXPECT_EQ(at(named(patch, 13, "x-kubernetes-action"), {2}), "\"patch\"\n");
  std::set<std::string_view> queries;
  for (const RawField& field : fields(patch)) {
    if (field.number != 8) continue;
    const std::string_view parameter = at(field.bytes, {1});
    if (fields(parameter).front().number == 1) {
      EXPECT_EQ(at(parameter, {1, 2}), "body");
      EXPECT_EQ(at(parameter, {1, 5, 1}),
                "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Patch");
    } else {
      queries.insert(at(parameter, {2, 3, 4}));
    }
  }
  EXPECT_TRUE(queries.contains("dryRun"));
  EXPECT_TRUE(queries.contains("fieldValidation"));
  // The parameters of a path: the name in it.
  EXPECT_EQ(at(path, {9, 1, 2, 4, 4}), "name");
  const std::string_view response = named(at(patch, {9}), 1, "200");
  EXPECT_EQ(at(response, {1, 2, 1, 1}), "#/definitions/io.k8s.api.core.v1.Pod");
  const std::string_view definitions = at(bytes, {9});
  const std::string_view pod = named(definitions, 1, "io.k8s.api.core.v1.Pod");
  EXPECT_EQ(at(pod, {22, 1}), "object");
  EXPECT_EQ(at(named(at(pod, {25}), 1, "spec"), {1}), "#/definitions/io.k8s.api.core.v1.PodSpec");
  const std::string_view spec = named(definitions, 1, "io.k8s.api.core.v1.PodSpec");
  EXPECT_EQ(at(spec, {19}), "containers");
  EXPECT_EQ(at(named(at(spec, {25}), 1, "containers"), {23, 1, 1}),
            "#/definitions/io.k8s.api.core.v1.Container");
  EXPECT_EQ(at(named(at(spec, {25}), 1, "nodeSelector"), {21, 1, 22, 1}), "string");
}

TEST_F(OpenapiTest, DocumentsAreTheSameEachTime) {
  EXPECT_EQ(document_etag(to_text(v3("api/v1"))), document_etag(to_text(v3("api/v1"))));
}

}  // namespace
}  // namespace cove::api
