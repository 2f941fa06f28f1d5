#include "core/api/decode.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

class DecodeTest : public ::testing::Test {
 protected:
  // The canonical form as text, or "error: …".
  std::string decoded(std::string_view type, std::string_view text) {
    report = {};
    auto parsed = parse_json(text);
    auto out = decode(schemas.type(type), parsed.value().value.get_object(), report);
    if (out.has_error()) return "error: " + out.error().cause;
    DecodeReport again;
    EXPECT_EQ(to_text(decode(schemas.type(type), *out, again).value()), to_text(*out));
    EXPECT_TRUE(again.unknown.empty());
    return to_text(*out);
  }

  BuiltinSchemas schemas;
  DecodeReport report;
};

TEST_F(DecodeTest, StructsAreAlwaysThere) {
  EXPECT_EQ(decoded("core/v1.Pod", R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":
                     [{"name":"a","command":[],"args":null}],"hostNetwork":false}})"),
            R"({"kind":"Pod","apiVersion":"v1","metadata":{},"spec":{"containers":)"
            R"([{"name":"a","resources":{}}]},"status":{}})");
}

TEST_F(DecodeTest, WhatIsNotOmittedWhenEmptyIsNullOrZero) {
  EXPECT_EQ(decoded("core/v1.PodSpec", "{}"), R"({"containers":null})");
  EXPECT_EQ(decoded("core/v1.PodSpec", R"({"containers":[]})"), R"({"containers":[]})");
  EXPECT_EQ(decoded("core/v1.ContainerPort", "{}"), R"({"containerPort":0})");
  EXPECT_EQ(decoded("core/v1.EnvVar", R"({"value":""})"), R"({"name":""})");
}

TEST_F(DecodeTest, PointersKeepZeroValues) {
  EXPECT_EQ(decoded("core/v1.PodSpec",
                    R"({"containers":[],"terminationGracePeriodSeconds":0,
                        "automountServiceAccountToken":false,"priority":null})"),
            R"({"containers":[],"terminationGracePeriodSeconds":0,)"
            R"("automountServiceAccountToken":false})");
}

TEST_F(DecodeTest, ScalarsGetTheirCanonicalForm) {
  EXPECT_EQ(decoded("core/v1.ResourceRequirements",
                    R"({"limits":{"memory":"1024Mi","cpu":0.5},"requests":{"cpu":"1000m"}})"),
            R"({"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"1"}})");
  EXPECT_EQ(decoded("meta/v1.ObjectMeta", R"({"creationTimestamp":"2024-01-01T01:00:00.5+01:00"})"),
            R"({"creationTimestamp":"2024-01-01T00:00:00Z"})");
  EXPECT_EQ(decoded("core/v1.ConfigMap", R"({"binaryData":{"a":"aGk="}})"),
            R"({"metadata":{},"binaryData":{"a":"aGk="}})");
  EXPECT_EQ(decoded("core/v1.ConfigMap", R"({"data":{"b":"2","a":null}})"),
            R"({"metadata":{},"data":{"a":"","b":"2"}})");
  EXPECT_EQ(decoded("core/v1.HTTPGetAction", R"({"port":"http"})"), R"({"port":"http"})");
}

TEST_F(DecodeTest, UnknownFieldsAreNamedAndGone) {
  EXPECT_EQ(decoded("core/v1.Pod", R"({"foo":1,"spec":{"containers":[{"name":"a","bar":1}]}})"),
            R"({"metadata":{},"spec":{"containers":[{"name":"a","resources":{}}]},"status":{}})");
  EXPECT_EQ(report.unknown, (std::vector<std::string>{"spec.containers[0].bar", "foo"}));
  decoded("core/v1.Pod", R"({"Spec":{}})");
  EXPECT_EQ(report.unknown, std::vector<std::string>{"Spec"}) << "names are compared by their case";
}

TEST_F(DecodeTest, WrongTypesAreRefusedWithUpstreamsWords) {
  EXPECT_EQ(decoded("apps/v1.Deployment", R"({"spec":{"replicas":"x"}})"),
            "error: json: cannot unmarshal string into Go struct field "
            "DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(decoded("apps/v1.Deployment", R"({"spec":{"replicas":1.5}})"),
            "error: json: cannot unmarshal number 1.5 into Go struct field "
            "DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(decoded("apps/v1.Deployment", R"({"spec":{"replicas":3000000000}})"),
            "error: json: cannot unmarshal number 3000000000 into Go struct field "
            "DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(decoded("core/v1.Pod", R"({"spec":{"containers":[{"image":5}]}})"),
            "error: json: cannot unmarshal number into Go struct field "
            "Container.spec.containers.image of type string");
  EXPECT_EQ(decoded("core/v1.Pod", R"({"spec":{"containers":{}}})"),
            "error: json: cannot unmarshal object into Go struct field "
            "PodSpec.spec.containers of type []v1.Container");
  EXPECT_EQ(decoded("core/v1.Pod", R"({"spec":[]})"),
            "error: json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec");
  EXPECT_EQ(decoded("core/v1.Pod", R"({"metadata":{"labels":{"a":1}}})"),
            "error: json: cannot unmarshal number into Go struct field "
            "ObjectMeta.metadata.labels of type string");
  EXPECT_EQ(decoded("core/v1.Secret", R"({"data":{"a":"!"}})"), "error: illegal base64 data");
  EXPECT_EQ(decoded("core/v1.ResourceRequirements", R"({"limits":{"cpu":"1KM"}})"),
            "error: unable to parse quantity's suffix");
  EXPECT_EQ(decoded("core/v1.Pod", R"({"kind":1})"),
            "error: json: cannot unmarshal number into Go struct field Pod.kind of type string");
}

TEST_F(DecodeTest, DefaultsFillWhatIsThereOnce) {
  const auto field = [](const char* name, const Schema& schema) {
    Field made;
    made.name = name;
    made.schema = &schema;
    return made;
  };
  Schema item;
  item.type = Type::kObject;
  item.fields.push_back(field("protocol", *schemas.type("core/v1.EnvVar").find("name")->schema));
  item.fields.back().default_value = json::value("TCP");
  item.index();
  Schema list;
  list.type = Type::kList;
  list.items = &item;
  Schema outer;
  outer.type = Type::kObject;
  outer.fields.push_back(field("ports", list));
  outer.fields.push_back(field("port", item));
  outer.fields.back().default_value = json::value(json::object());
  outer.index();
  json::object object =
      parse_json(R"({"ports":[{},{"protocol":"UDP"},{"protocol":""}]})").value().value.get_object();
  apply_defaults(outer, object);
  const std::string once = to_text(object);
  EXPECT_EQ(once, R"({"ports":[{"protocol":"TCP"},{"protocol":"UDP"},{"protocol":"TCP"}],)"
                  R"("port":{"protocol":"TCP"}})");
  apply_defaults(outer, object);
  EXPECT_EQ(to_text(object), once);
}

}  // namespace
}  // namespace cove::api
