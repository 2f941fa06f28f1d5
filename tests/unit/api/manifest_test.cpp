#include "core/api/manifest.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

constexpr std::string_view kText = R"(# two objects
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    app.kubernetes.io/name: web
data:
  text: |
    one
     --- not a marker
---
# nothing here
---
kind: Pod
spec:
  containers:
  - name: x
    image: y
  -
    name: z
)";

TEST(ManifestTest, DocumentsAndTheLinesOfTheirFields) {
  const auto parts = parse_manifest(kText);
  ASSERT_TRUE(parts.has_value()) << parts.error().message();
  ASSERT_EQ(parts->size(), 2u);
  const ManifestPart& map = (*parts)[0];
  EXPECT_EQ(text_at(map.document, {"data", "text"}), "one\n --- not a marker\n");
  EXPECT_EQ(map.line, 3);
  EXPECT_EQ(line_of(map, "metadata.name"), 6);
  EXPECT_EQ(line_of(map, "metadata.labels[app.kubernetes.io/name]"), 8);
  EXPECT_EQ(line_of(map, "metadata.labels"), 7);
  EXPECT_EQ(line_of(map, "metadata.annotations[x]"), 5);
  EXPECT_EQ(line_of(map, "spec.foo"), 3);
  const ManifestPart& pod = (*parts)[1];
  EXPECT_EQ(pod.line, 16);
  EXPECT_EQ(line_of(pod, ".spec.containers[0].image"), 20);
  EXPECT_EQ(line_of(pod, "spec.containers[1].name"), 22);
  EXPECT_EQ(line_of(pod, "spec.containers[1].resources.limits"), 22);
}

TEST(ManifestTest, ItemsOfAListStandAlone) {
  const auto parts =
      parse_manifest("kind: List\nitems:\n- kind: A\n  spec:\n    x: 1\n- kind: B\n");
  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ(text_at((*parts)[1].document, {"kind"}), "B");
  EXPECT_EQ((*parts)[1].line, 6);
  EXPECT_EQ(line_of((*parts)[0], "spec.x"), 5);
}

TEST(ManifestTest, JsonAndNothing) {
  const auto json = parse_manifest("{\n\t\"kind\": \"A\"\n}\n");
  ASSERT_TRUE(json.has_value());
  ASSERT_EQ(json->size(), 1u);
  EXPECT_TRUE(parse_manifest("")->empty());
  EXPECT_TRUE(parse_manifest("---\n# x\n---\n...\n")->empty());
}

TEST(ManifestTest, RefusalsNameTheLineInTheWholeText) {
  const auto cause = [](std::string_view text) {
    const auto parts = parse_manifest(text);
    return parts.has_value() ? std::string() : parts.error().cause;
  };
  EXPECT_NE(cause("a: 1\n---\nb: 1\nc: [\n").find("line 5"), std::string::npos);
  EXPECT_NE(cause("a: 1\n---\nb: 1\nb: 2\n").find("line 4: the field b stands twice"),
            std::string::npos);
  EXPECT_NE(cause("a: 1\n---\n- x\n").find("line 3: the document is no object"), std::string::npos);
  EXPECT_NE(cause("kind: List\nitems:\n- 5\n").find("line 3: an item that is no object"),
            std::string::npos);
  EXPECT_NE(cause("a: 1\n---\nb: \x01\n").find("line 3"), std::string::npos);
}

TEST(ManifestTest, FieldsOfMessages) {
  EXPECT_EQ(field_of_message("strict decoding error: unknown field \"spec.foo\""), "spec.foo");
  EXPECT_EQ(field_of_message("json: cannot unmarshal string into Go struct field "
                             "DeploymentSpec.spec.replicas of type int32"),
            "spec.replicas");
  EXPECT_EQ(
      field_of_message("Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: "
                       "must be greater than or equal to 0"),
      "spec.replicas");
  EXPECT_EQ(field_of_message("failed to create typed patch object (a/b; /v1, Kind=ConfigMap): "
                             ".dta: field not declared in schema"),
            "dta");
  EXPECT_EQ(field_of_message("namespaces \"x\" not found"), "");
  EXPECT_EQ(field_of_message(""), "");
}

}  // namespace
}  // namespace cove::api
