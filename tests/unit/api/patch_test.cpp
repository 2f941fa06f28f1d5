#include "core/api/patch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/api/documents.h"

namespace cove::api {
namespace {

struct Row {
  const char* name = "";
  const char* before = "";
  const char* patch = "";
  const char* after = "";  // or the error's text
  ErrorCode code = ErrorCode::kInternal;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

std::string row_name(const ::testing::TestParamInfo<Row>& each) {
  return each.param.name;
}

void expect_row(const Row& row, const Result<json::object>& result) {
  if (row.code == ErrorCode::kInternal) {
    ASSERT_TRUE(result.has_value()) << result.error().cause;
    EXPECT_TRUE(is_same(*result, yaml_value(row.after)));
  } else {
    ASSERT_TRUE(result.has_error()) << to_text(*result);
    EXPECT_EQ(result.error().cause, row.after);
    EXPECT_EQ(result.error().code, row.code);
  }
}

class JsonPatchTest : public ::testing::TestWithParam<Row> {};

TEST_P(JsonPatchTest, Applies) {
  const Row& row = GetParam();
  expect_row(row, apply_json_patch(yaml(row.before), yaml_value(row.patch)));
}

constexpr ErrorCode kUnfit = ErrorCode::kConflict;
constexpr ErrorCode kBad = ErrorCode::kInvalidArgument;

INSTANTIATE_TEST_SUITE_P(
    Table, JsonPatchTest,
    ::testing::Values(
        Row{"AddMember", "{a: 1}", "[{op: add, path: /b, value: 2}]", "{a: 1, b: 2}"},
        Row{"AddReplacesMember", "{a: 1}", "[{op: add, path: /a, value: 2}]", "{a: 2}"},
        Row{"AddInList", "{a: [1, 3]}", "[{op: add, path: /a/1, value: 2}]", "{a: [1, 2, 3]}"},
        Row{"AddAtEnd", "{a: [1]}", "[{op: add, path: /a/-, value: 2}]", "{a: [1, 2]}"},
        Row{"AddAtLength", "{a: [1]}", "[{op: add, path: /a/1, value: 2}]", "{a: [1, 2]}"},
        Row{"AddBeyond", "{a: [1]}", "[{op: add, path: /a/3, value: 2}]",
            "error in add for path: '/a/3': Unable to access invalid index: 3: invalid index "
            "referenced",
            kUnfit},
        Row{"AddBelowNothing", "{a: 1}", "[{op: add, path: /b/c, value: 2}]",
            "add operation does not apply: doc is missing path: \"/b/c\": missing value", kUnfit},
        Row{"EscapedNames", "{metadata: {annotations: {}}}",
            "[{op: add, path: /metadata/annotations/a~1b~0c, value: x}]",
            "{metadata: {annotations: {a/b~c: x}}}"},
        Row{"Remove", "{a: 1, b: 2}", "[{op: remove, path: /a}]", "{b: 2}"},
        Row{"RemoveInList", "{a: [1, 2, 3]}", "[{op: remove, path: /a/0}]", "{a: [2, 3]}"},
        Row{"RemoveAbsent", "{a: 1}", "[{op: remove, path: /b}]",
            "error in remove for path: '/b': Unable to remove nonexistent key: b: missing value",
            kUnfit},
        Row{"Replace", "{a: {b: 1}}", "[{op: replace, path: /a/b, value: [x]}]", "{a: {b: [x]}}"},
        Row{"ReplaceAbsent", "{a: 1}", "[{op: replace, path: /b, value: 2}]",
            "replace operation does not apply: doc is missing key: /b: missing value", kUnfit},
        Row{"Move", "{a: {b: 1}}", "[{op: move, from: /a/b, path: /c}]", "{a: {}, c: 1}"},
        Row{"MoveInList", "{a: [1, 2, 3]}", "[{op: move, from: /a/0, path: /a/2}]",
            "{a: [2, 3, 1]}"},
        Row{"MoveIntoItself", "{a: {b: 1}}", "[{op: move, from: /a, path: /a/c}]",
            "move operation does not apply: doc is missing destination path: /a/c: missing value",
            kUnfit},
        Row{"Copy", "{a: {b: 1}}", "[{op: copy, from: /a, path: /c}]", "{a: {b: 1}, c: {b: 1}}"},
        Row{"TestHolds", "{a: {b: 1, c: 2}}", "[{op: test, path: /a, value: {c: 2, b: 1}}]",
            "{a: {b: 1, c: 2}}"},
        Row{"TestFails", "{a: 1}", "[{op: test, path: /a, value: 2}]",
            "testing value /a failed: test failed", kUnfit},
        Row{"TestOfAbsentNull", "{a: 1}", "[{op: test, path: /b, value: null}]", "{a: 1}"},
        Row{"LaterFailureUndoesAll", "{a: 1}",
            "[{op: remove, path: /a}, {op: test, path: /c, value: 1}]",
            "testing value /c failed: test failed", kUnfit},
        Row{"UnknownOperation", "{a: 1}", "[{op: increment, path: /a}]",
            "Unexpected kind: increment", kUnfit},
        Row{"NoList", "{a: 1}", "{op: add}",
            "json: cannot unmarshal object into Go value of type jsonpatch.Patch", kBad}),
    row_name);

TEST(JsonPatch, BoundsTheOperations) {
  json::array patch(kMaxJsonPatchOperations + 1,
                    json::object{{"op", "test"}, {"path", "/a"}, {"value", 1}});
  const auto refused = apply_json_patch(yaml("{a: 1}"), patch);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().cause,
            "The allowed maximum operations in a JSON patch is 10000, got 10001");
  patch.pop_back();
  EXPECT_TRUE(apply_json_patch(yaml("{a: 1}"), patch).has_value());
}

TEST(JsonPatch, StopsCopiesThatDouble) {
  json::array patch;
  for (int i = 0; i < 64; ++i) {
    patch.push_back(json::object{{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}});
  }
  const auto refused = apply_json_patch(yaml("{a: [some text]}"), patch);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_NE(refused.error().cause.find("exceeding the limit 3145728"), std::string::npos);
}

TEST(JsonPatch, StopsNestingThatGrows) {
  json::array patch;
  std::string path;
  for (int i = 0; i < 300; ++i) {
    path += "/a";
    patch.push_back(json::object{{"op", "add"}, {"path", path}, {"value", json::object()}});
  }
  const auto refused = apply_json_patch({}, patch);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().cause, "the patch nests too deep");
}

TEST(JsonPatch, StopsInsertionsThatMoveTooMuch) {
  json::object document{{"a", json::array(100'000, 1)}};
  json::array patch(1'000, json::object{{"op", "add"}, {"path", "/a/0"}, {"value", 1}});
  const auto refused = apply_json_patch(std::move(document), patch);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

class MergePatchTest : public ::testing::TestWithParam<Row> {};

TEST_P(MergePatchTest, AppliesAndIsMadeAgain) {
  const Row& row = GetParam();
  const auto result = apply_merge_patch(yaml(row.before), yaml_value(row.patch));
  expect_row(row, result);
  if (result.has_error()) return;
  const json::object made = create_merge_patch(yaml(row.before), *result);
  EXPECT_TRUE(is_same(*apply_merge_patch(yaml(row.before), made), *result));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MergePatchTest,
    ::testing::Values(Row{"Replaces", "{a: b}", "{a: c}", "{a: c}"},
                      Row{"Adds", "{a: b}", "{b: c}", "{a: b, b: c}"},
                      Row{"Removes", "{a: b, b: c}", "{a: null}", "{b: c}"},
                      Row{"RemovesNothing", "{a: b}", "{c: null}", "{a: b}"},
                      Row{"ReplacesLists", "{a: [b]}", "{a: [c, d]}", "{a: [c, d]}"},
                      Row{"GoesDown", "{a: {b: c, d: e}}", "{a: {b: null, f: g}}",
                          "{a: {d: e, f: g}}"},
                      Row{"ObjectForList", "{a: [b]}", "{a: {c: d}}", "{a: {c: d}}"},
                      Row{"DropsNullsOfNewObjects", "{}", "{a: {b: {c: null}}}", "{a: {b: {}}}"},
                      Row{"NoObject", "{a: b}", "[c]", "Invalid JSON Patch", kBad}),
    row_name);

TEST(MergePatch, KeepsTheOrderOfMembers) {
  const auto result = apply_merge_patch(yaml("{a: 1, b: 2, c: 3}"), yaml("{a: null, d: 4, c: 5}"));
  EXPECT_EQ(to_text(*result), R"({"b":2,"c":5,"d":4})");
}

class StrategicPatchTest : public ::testing::TestWithParam<Row> {
 protected:
  BuiltinSchemas schemas;
};

TEST_P(StrategicPatchTest, AppliesToPodSpec) {
  const Row& row = GetParam();
  const json::object before = yaml("{spec: " + std::string(row.before) + "}");
  Row wrapped = row;
  const std::string after =
      row.code == ErrorCode::kInternal ? "{spec: " + std::string(row.after) + "}" : row.after;
  wrapped.after = after.c_str();
  expect_row(wrapped, apply_strategic_merge_patch(schemas.type("core/v1.Pod"), before,
                                                  yaml("{spec: " + std::string(row.patch) + "}")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, StrategicPatchTest,
    ::testing::Values(
        Row{"MergesByName", "{containers: [{name: a, image: x}, {name: b, image: y}]}",
            "{containers: [{name: b, image: z}]}",
            "{containers: [{name: a, image: x}, {name: b, image: z}]}"},
        Row{"AddsBeforeWhatIsThere", "{containers: [{name: a, image: x}]}",
            "{containers: [{name: b, image: y}]}",
            "{containers: [{name: b, image: y}, {name: a, image: x}]}"},
        Row{"DeletesAnElement", "{containers: [{name: a}, {name: b}]}",
            "{containers: [{name: a, $patch: delete}]}", "{containers: [{name: b}]}"},
        Row{"ReplacesAList", "{containers: [{name: a, image: x}, {name: b}]}",
            "{containers: [{$patch: replace}, {name: c, image: z}]}",
            "{containers: [{name: c, image: z}]}"},
        Row{"ReplacesAnObject", "{securityContext: {runAsUser: 1, fsGroup: 2}}",
            "{securityContext: {$patch: replace, runAsGroup: 3}}",
            "{securityContext: {runAsGroup: 3}}"},
        Row{"EmptiesAnObject", "{securityContext: {runAsUser: 1}}",
            "{securityContext: {$patch: delete}}", "{securityContext: {}}"},
        Row{"RemovesByNull", "{nodeName: n, hostname: h}", "{nodeName: null, subdomain: null}",
            "{hostname: h}"},
        Row{"MergesPortsByNumber",
            "{containers: [{name: a, ports: [{containerPort: 80, name: web}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 80, protocol: UDP}, {containerPort: "
            "81}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 80, name: web, protocol: UDP}, "
            "{containerPort: 81}]}]}"},
        Row{"MergesEnvAndItsSource",
            "{containers: [{name: a, env: [{name: E, value: x}, {name: F, value: y}]}]}",
            "{containers: [{name: a, env: [{name: E, value: null, valueFrom: {fieldRef: "
            "{fieldPath: f}}}]}]}",
            "{containers: [{name: a, env: [{name: E, valueFrom: {fieldRef: {fieldPath: f}}}, "
            "{name: F, value: y}]}]}"},
        Row{"RetainsKeysOfVolumes", "{volumes: [{name: v, emptyDir: {}}]}",
            "{volumes: [{name: v, $retainKeys: [name, hostPath], hostPath: {path: /p}}]}",
            "{volumes: [{name: v, hostPath: {path: /p}}]}"},
        Row{"RetainKeysMustNameWhatIsSet", "{volumes: [{name: v}]}",
            "{volumes: [{name: v, $retainKeys: [name], hostPath: {path: /p}}]}",
            "invalid patch format of retainKeys", kBad},
        Row{"ReplacesTolerations", "{tolerations: [{key: a}]}", "{tolerations: [{key: b}]}",
            "{tolerations: [{key: b}]}"},
        Row{"ReplacesPlainLists", "{containers: [{name: a, args: [x, y]}]}",
            "{containers: [{name: a, args: [z]}]}", "{containers: [{name: a, args: [z]}]}"},
        Row{"OrdersAList", "{containers: [{name: a}, {name: b}, {name: c}]}",
            "{$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: a, image: "
            "x}]}",
            "{containers: [{name: b}, {name: c}, {name: a, image: x}]}"},
        Row{"OrderNeedsNoOtherChange", "{containers: [{name: a}, {name: b}]}",
            "{$setElementOrder/containers: [{name: b}, {name: a}]}",
            "{containers: [{name: b}, {name: a}]}"},
        Row{"OrderMustMatchThePatch", "{containers: [{name: a}, {name: b}]}",
            "{$setElementOrder/containers: [{name: a}, {name: b}], containers: [{name: b}, {name: "
            "a}]}",
            "The order in patch list:\n[map[name:b] map[name:a]]\n doesn't match "
            "$setElementOrder list:\n[map[name:a] map[name:b]]\n",
            kBad},
        Row{"NeedsTheMergeKey", "{containers: [{name: a}]}", "{containers: [{image: x}]}",
            "map: map[image:x] does not contain declared merge key: name", kBad},
        Row{"UnknownDirective", "{securityContext: {runAsUser: 1}}",
            "{securityContext: {$patch: frob}}",
            "unknown patch type: frob in map: map[$patch:frob]", kBad},
        Row{"MixedElements", "{containers: [{name: a}]}", "{containers: [x]}",
            "list element types are not identical: [[map[name:a]] [x]]", kBad},
        Row{"ListsOfLists", "{containers: []}", "{containers: [[x]]}",
            "lists of lists are not supported", kUnfit},
        Row{"NewObjectsLoseDirectives", "{}",
            "{affinity: {nodeAffinity: {$patch: delete}, podAffinity: {x: null}}}",
            "{affinity: {podAffinity: {}}}"}),
    row_name);

TEST_F(StrategicPatchTest, MergesFinalizersAsASet) {
  const auto patched = [this](const char* patch) {
    return apply_strategic_merge_patch(schemas.type("core/v1.ConfigMap"),
                                       yaml("{metadata: {finalizers: [a, b, c]}}"), yaml(patch));
  };
  EXPECT_TRUE(is_same(*patched("{metadata: {finalizers: [d, b]}}"),
                      yaml("{metadata: {finalizers: [d, a, b, c]}}")));
  EXPECT_TRUE(is_same(*patched("{metadata: {$deleteFromPrimitiveList/finalizers: [a, c]}}"),
                      yaml("{metadata: {finalizers: [b]}}")));
  EXPECT_EQ(patched("{metadata: {$deleteFromPrimitiveList: [a]}}").error().cause,
            "invalid patch format of primitive list");
}

TEST_F(StrategicPatchTest, MergesLabelsAndConditions) {
  const auto result = apply_strategic_merge_patch(
      schemas.type("core/v1.Node"),
      yaml("{metadata: {labels: {a: x, b: y}}, status: {conditions: [{type: Ready, status: "
           "'True', reason: r}, {type: Disk, status: 'False'}]}}"),
      yaml("{metadata: {labels: {a: null, c: z}}, status: {conditions: [{type: Ready, status: "
           "'False'}]}}"));
  EXPECT_TRUE(is_same(*result,
                      yaml("{metadata: {labels: {b: y, c: z}}, status: {conditions: [{type: Ready, "
                           "status: 'False', reason: r}, {type: Disk, status: 'False'}]}}")));
}

TEST_F(StrategicPatchTest, RetainsKeysOfAStrategy) {
  const auto result = apply_strategic_merge_patch(
      schemas.type("apps/v1.Deployment"),
      yaml("{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}"),
      yaml("{spec: {strategy: {$retainKeys: [type], type: Recreate}}}"));
  EXPECT_TRUE(is_same(*result, yaml("{spec: {strategy: {type: Recreate}}}")));
}

}  // namespace
}  // namespace cove::api
