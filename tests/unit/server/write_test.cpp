// Creates, updates, patches and deletes.

#include "core/api/decode.h"
#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WriteTest : public ServerTest {};

TEST_F(WriteTest, ACreateFillsInWhatTheServerKnows) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a")));
  const json::object& metadata = made.at("metadata").as_object();
  EXPECT_EQ(metadata.at("namespace").as_string(), "default");
  EXPECT_EQ(metadata.at("uid").as_string().size(), 36u);
  EXPECT_EQ(metadata.at("creationTimestamp").as_string(), "2023-11-14T22:13:20Z");
  EXPECT_EQ(read(kConfigMaps + "/a"), made);
  EXPECT_EQ(version_of(made), std::to_string(store_->revision()));
  expect_refused(ask("POST", kConfigMaps, config_map("a")), 409, "AlreadyExists",
                 "configmaps \"a\" already exists");
}

TEST_F(WriteTest, GeneratedNamesAreUnique) {
  const std::string body =
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"g-"}})";
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i) {
    const json::value made = expect(201, ask("POST", kConfigMaps, body));
    names.emplace(made.at("metadata").at("name").as_string());
  }
  EXPECT_EQ(names.size(), 20u);
  EXPECT_TRUE(names.begin()->starts_with("g-"));
  EXPECT_EQ(names.begin()->size(), 7u);
  // The same draw again: a taken name is not the end.
  draw_ -= 10;
  expect(201, ask("POST", kConfigMaps, body));
}

TEST_F(WriteTest, BadBodiesAreRefusedWithTheReason) {
  const std::string ok = config_map("a");
  expect_refused(ask("POST", kConfigMaps, "{"), 400, "BadRequest");
  expect_refused(ask("POST", kConfigMaps, "[]"), 400, "BadRequest");
  expect_refused(ask("POST", kConfigMaps, R"({"apiVersion":"v1","kind":"Secret"})"), 400,
                 "BadRequest");
  expect_refused(ask("POST", kConfigMaps, R"({"apiVersion":"v2","kind":"ConfigMap"})"), 400,
                 "BadRequest", "does not match the expected API version (v1)");
  expect_refused(
      ask("POST", kConfigMaps,
          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":1}})"),
      400, "BadRequest",
      "cannot unmarshal number into Go struct field ConfigMap.data of type string");
  expect_refused(ask("POST", kConfigMaps, ok, {{"content-type", "text/plain"}}), 415,
                 "UnsupportedMediaType");
  expect_refused(ask("POST", kConfigMaps, config_map("A_b")), 422, "Invalid",
                 "metadata.name: Invalid value: \"A_b\"");
  expect_refused(ask("POST", "/api/v1/namespaces/none/configmaps", ok), 404, "NotFound",
                 "namespaces \"none\" not found");
  expect_refused(ask("POST", kConfigMaps, config_map("a", "v", R"(,"namespace":"other")")), 400,
                 "BadRequest", "does not match the namespace sent on the request");
  expect_refused(ask("POST", kConfigMaps, config_map("a", "v", R"(,"resourceVersion":"1")")), 400,
                 "BadRequest", "resourceVersion should not be set");
  EXPECT_TRUE(read(kConfigMaps).at("items").as_array().empty());
}

TEST_F(WriteTest, UnknownAndDuplicateFieldsFollowFieldValidation) {
  const std::string body =
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"},"nonsense":1})";
  expect_refused(ask("POST", kConfigMaps + "?fieldValidation=Strict", body), 400, "BadRequest",
                 "strict decoding error: duplicate field \"data.k\", unknown field \"nonsense\"");
  expect_refused(ask("POST", kConfigMaps + "?fieldValidation=Sometimes", body), 400, "BadRequest");
  const Reply warned = ask("POST", kConfigMaps, body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_THAT(warned.warnings(), ElementsAre("299 - \"duplicate field \\\"data.k\\\"\"",
                                             "299 - \"unknown field \\\"nonsense\\\"\""));
  EXPECT_FALSE(warned.document().as_object().contains("nonsense"));
  EXPECT_EQ(warned.document().at("data").at("k").as_string(), "2");
  expect(200, ask("DELETE", kConfigMaps + "/a"));
  EXPECT_THAT(ask("POST", kConfigMaps + "?fieldValidation=Ignore", body).warnings(), IsEmpty());
}

TEST_F(WriteTest, AnUpdateNeedsTheNewestVersion) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a")));
  json::object next = made.as_object();
  next["data"] = json::object{{"k", "2"}};
  const json::value updated = expect(200, ask("PUT", kConfigMaps + "/a", json::serialize(next)));
  EXPECT_NE(version_of(updated), version_of(made));
  EXPECT_EQ(updated.at("metadata").at("uid"), made.at("metadata").at("uid"));
  expect_refused(ask("PUT", kConfigMaps + "/a", json::serialize(next)), 409, "Conflict",
                 "Operation cannot be fulfilled on configmaps \"a\": the object has been modified");
  // Without a version the last one wins.
  EXPECT_EQ(ask("PUT", kConfigMaps + "/a", config_map("a", "3")).status, 200);
  expect_refused(ask("PUT", kConfigMaps + "/b", config_map("a")), 400, "BadRequest",
                 "does not match the name on the URL");
  expect_refused(ask("PUT", kConfigMaps + "/b", config_map("b")), 404, "NotFound");
  expect_refused(ask("PUT", kConfigMaps + "/a", config_map("a", "4", R"(,"uid":"other")")), 409,
                 "Conflict", "Precondition failed: UID in precondition: other");
}

TEST_F(WriteTest, AnUpdateThatChangesNothingWritesNothing) {
  expect(201, ask("POST", kConfigMaps, config_map("a")));
  const store::Revision before = store_->revision();
  clock_.advance(std::chrono::hours(1));
  expect(200, ask("PUT", kConfigMaps + "/a", config_map("a")));
  expect(200, patch(kConfigMaps + "/a", "merge-patch+json", R"({"data":{"k":"v"}})"));
  EXPECT_EQ(store_->revision(), before);
}

TEST_F(WriteTest, DryRunsChangeNothing) {
  const store::Revision before = store_->revision();
  expect(201, ask("POST", kConfigMaps + "?dryRun=All", config_map("a")));
  EXPECT_EQ(get(kConfigMaps + "/a").status, 404);
  EXPECT_EQ(store_->revision(), before);
  expect(201, ask("POST", kConfigMaps, config_map("a")));
  expect_refused(ask("POST", kConfigMaps + "?dryRun=All", config_map("a")), 409, "AlreadyExists");
  const json::value dry = expect(
      200, patch(kConfigMaps + "/a?dryRun=All", "merge-patch+json", R"({"data":{"k":"dry"}})"));
  EXPECT_EQ(dry.at("data").at("k").as_string(), "dry");
  expect(200, ask("DELETE", kConfigMaps + "/a?dryRun=All"));
  EXPECT_EQ(read(kConfigMaps + "/a").at("data").at("k").as_string(), "v");
  expect_refused(ask("POST", kConfigMaps + "?dryRun=Some", config_map("b")), 400, "BadRequest");
}

TEST_F(WriteTest, EveryPatchTypeApplies) {
  expect(201, ask("POST", kConfigMaps, config_map("a")));
  const std::string target = kConfigMaps + "/a";
  const auto data = [&](const Reply& reply) {
    return json::serialize(expect(200, reply).at("data"));
  };
  EXPECT_EQ(data(patch(target, "merge-patch+json", R"({"data":{"m":"1"}})")),
            R"({"k":"v","m":"1"})");
  EXPECT_EQ(data(patch(target, "strategic-merge-patch+json", R"({"data":{"k":null}})")),
            R"({"m":"1"})");
  EXPECT_EQ(
      data(patch(target, "json-patch+json", R"([{"op":"replace","path":"/data/m","value":"2"}])")),
      R"({"m":"2"})");
  EXPECT_EQ(data(patch(target + "?fieldManager=me", "apply-patch+yaml",
                       "apiVersion: v1\nkind: ConfigMap\ndata: {n1: '3'}\n")),
            R"({"m":"2","n1":"3"})");
  expect_refused(
      patch(target, "json-patch+json", R"([{"op":"test","path":"/data/m","value":"9"}])"), 422,
      "Invalid");
  expect_refused(patch(target, "merge-patch+json", "[]"), 400, "BadRequest");
  expect_refused(patch(target, "xml", "{}"), 415, "UnsupportedMediaType");
  expect_refused(patch(kConfigMaps + "/none", "merge-patch+json", "{}"), 404, "NotFound");
  expect_refused(patch(target, "merge-patch+json", R"({"metadata":{"name":"b"}})"), 400,
                 "BadRequest");
  expect_refused(patch(target, "merge-patch+json", R"({"metadata":{"resourceVersion":"1"}})"), 409,
                 "Conflict");
}

TEST_F(WriteTest, AppliesOfTwoManagersConflictUnlessForced) {
  const auto apply = [&](const std::string& manager, const std::string& value, bool force = false) {
    return patch(
        kConfigMaps + "/a?fieldManager=" + manager + (force ? "&force=true" : ""),
        "apply-patch+yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: " + value + "}\n");
  };
  EXPECT_EQ(apply("one", "x").status, 201);
  EXPECT_EQ(apply("one", "w").status, 200);
  const Reply conflict = apply("two", "z");
  expect_refused(conflict, 409, "Conflict", "Apply failed with 1 conflict: conflict with \"one\"");
  EXPECT_EQ(conflict.document().at("details").at("causes").at(0).at("field").as_string(),
            ".data.k");
  EXPECT_EQ(apply("two", "z", true).status, 200);
  EXPECT_EQ(read(kConfigMaps + "/a").at("data").at("k").as_string(), "z");
  expect_refused(patch(kConfigMaps + "/a", "apply-patch+yaml", "kind: ConfigMap"), 422, "Invalid",
                 "fieldManager: Required value");
  expect_refused(patch(kConfigMaps + "/a?fieldManager=x", "apply-patch+yaml", "{}"), 400,
                 "BadRequest");
}

TEST_F(WriteTest, WhoWroteWhatIsManaged) {
  ask("POST", kConfigMaps, config_map("a"), {{"user-agent", "kubectl/v1.36.4 (linux/amd64)"}});
  const json::value managed = read(kConfigMaps + "/a").at("metadata").at("managedFields");
  ASSERT_EQ(managed.as_array().size(), 1u);
  EXPECT_EQ(managed.at(0).at("manager").as_string(), "kubectl");
  EXPECT_EQ(managed.at(0).at("operation").as_string(), "Update");
  EXPECT_EQ(json::serialize(managed.at(0).at("fieldsV1")), R"({"f:data":{".":{},"f:k":{}}})");
}

TEST_F(WriteTest, ADeleteAnswersWithASuccess) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a")));
  const json::value status = expect(200, ask("DELETE", kConfigMaps + "/a"));
  EXPECT_EQ(status.at("status").as_string(), "Success");
  EXPECT_EQ(status.at("details").at("uid"), made.at("metadata").at("uid"));
  EXPECT_EQ(get(kConfigMaps + "/a").status, 404);
  expect_refused(ask("DELETE", kConfigMaps + "/a"), 404, "NotFound");
}

TEST_F(WriteTest, DeletesHonourPreconditions) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a")));
  const auto with = [](const std::string& field, const std::string& value) {
    return R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{")" + field + "\":\"" +
           value + "\"}}";
  };
  expect_refused(ask("DELETE", kConfigMaps + "/a", with("uid", "x")), 409, "Conflict",
                 "Precondition failed: UID in precondition: x");
  expect_refused(ask("DELETE", kConfigMaps + "/a", with("resourceVersion", "1")), 409, "Conflict");
  expect(200, ask("DELETE", kConfigMaps + "/a", with("resourceVersion", version_of(made))));
}

TEST_F(WriteTest, FinalizersHoldAnObjectUntilTheLastIsGone) {
  expect(201, ask("POST", kConfigMaps, config_map("a", "v", R"(,"finalizers":["x.io/one"])")));
  const json::value held = expect(200, ask("DELETE", kConfigMaps + "/a"));
  EXPECT_EQ(held.at("kind").as_string(), "ConfigMap");
  EXPECT_EQ(held.at("metadata").at("deletionTimestamp").as_string(), "2023-11-14T22:13:20Z");
  EXPECT_EQ(read(kConfigMaps + "/a").at("metadata").at("deletionTimestamp"),
            held.at("metadata").at("deletionTimestamp"));
  // Nothing undoes a deletion.
  expect(200, patch(kConfigMaps + "/a", "merge-patch+json",
                    R"({"metadata":{"deletionTimestamp":null}})"));
  EXPECT_TRUE(read(kConfigMaps + "/a").at("metadata").as_object().contains("deletionTimestamp"));
  expect_refused(patch(kConfigMaps + "/a", "merge-patch+json",
                       R"({"metadata":{"finalizers":["x.io/one","x.io/two"]}})"),
                 422, "Invalid", "no new finalizers can be added if the object is being deleted");
  const json::value last = expect(
      200, patch(kConfigMaps + "/a", "merge-patch+json", R"({"metadata":{"finalizers":null}})"));
  EXPECT_EQ(last.at("metadata").at("name").as_string(), "a");
  EXPECT_EQ(get(kConfigMaps + "/a").status, 404);
}

TEST_F(WriteTest, PropagationBecomesAFinalizer) {
  const auto remove = [&](const std::string& name, const std::string& query) {
    expect(201, ask("POST", kConfigMaps, config_map(name)));
    expect(200, ask("DELETE", kConfigMaps + "/" + name + query));
    const Reply left = get(kConfigMaps + "/" + name);
    return left.status == 404
               ? std::string("gone")
               : std::string(left.document().at("metadata").at("finalizers").at(0).as_string());
  };
  EXPECT_EQ(remove("a", ""), "gone");
  EXPECT_EQ(remove("b", "?propagationPolicy=Background"), "gone");
  EXPECT_EQ(remove("c", "?propagationPolicy=Foreground"), "foregroundDeletion");
  EXPECT_EQ(remove("d", "?propagationPolicy=Orphan"), "orphan");
  EXPECT_EQ(remove("e", "?orphanDependents=true"), "orphan");
  expect_refused(ask("DELETE", kConfigMaps + "/c?propagationPolicy=Sideways"), 422, "Invalid");
}

TEST_F(WriteTest, ACollectionIsDeletedBySelector) {
  for (const char* const name : {"a", "b", "c"})
    expect(201, ask("POST", kConfigMaps,
                    config_map(name, "v", R"(,"labels":{"l":")" + std::string(name) + "\"}")));
  const json::value list = expect(200, ask("DELETE", kConfigMaps + "?labelSelector=l!%3Db"));
  EXPECT_EQ(list.at("items").as_array().size(), 2u);
  const json::value left = read(kConfigMaps);
  ASSERT_EQ(left.at("items").as_array().size(), 1u);
  EXPECT_EQ(left.at("items").at(0).at("metadata").at("name").as_string(), "b");
}

TEST_F(WriteTest, ANamespaceTakesNothingMoreWhileItEnds) {
  expect(201, ask("POST", "/api/v1/namespaces",
                  R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})"));
  const json::value ending = expect(200, ask("DELETE", "/api/v1/namespaces/n"));
  EXPECT_EQ(ending.at("status").at("phase").as_string(), "Terminating");
  expect_refused(ask("POST", "/api/v1/namespaces/n/configmaps", config_map("a")), 403, "Forbidden",
                 "because it is being terminated");
  expect_refused(ask("DELETE", "/api/v1/namespaces/default"), 403, "Forbidden",
                 "this namespace may not be deleted");
}

TEST_F(WriteTest, StatusAndTheRestAreChangedApart) {
  expect(201, ask("POST", "/api/v1/namespaces",
                  R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})"));
  json::value changed = expect(200, patch("/api/v1/namespaces/n/status", "merge-patch+json",
                                          R"({"metadata":{"annotations":{"a":"1"}},
                                              "spec":{"finalizers":[]},
                                              "status":{"conditions":[{"type":"Ready","status":"True"}]}})"));
  EXPECT_EQ(changed.at("spec").at("finalizers").as_array().size(), 1u);
  EXPECT_EQ(changed.at("metadata").at("annotations").at("a").as_string(), "1");
  EXPECT_EQ(changed.at("status").at("conditions").at(0).at("type").as_string(), "Ready");
  changed =
      expect(200, patch("/api/v1/namespaces/n", "merge-patch+json",
                        R"({"status":{"phase":"Nonsense"},"metadata":{"labels":{"x":"y"}}})"));
  EXPECT_NE(changed.at("status").at("phase").as_string(), "Nonsense");
  EXPECT_EQ(changed.at("metadata").at("labels").at("x").as_string(), "y");
}

TEST_F(WriteTest, ProtobufGoesInAndOut) {
  const api::Kind& kind = *registry_->resource("", "v1", "configmaps");
  const json::object document = json::parse(config_map("p")).as_object();
  api::DecodeReport report;
  const auto bytes = protobuf_.encode(*kind.schema, *api::decode(*kind.schema, document, report));
  ASSERT_TRUE(bytes);
  const std::string type = "application/vnd.kubernetes.protobuf";
  const Reply made = ask("POST", kConfigMaps, *bytes, {{"content-type", type}, {"accept", type}});
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.content_type, type);
  const auto decoded = protobuf_.decode(*kind.schema, made.body);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(api::text_at(*decoded, {"data", "k"}), "v");
  EXPECT_EQ(read(kConfigMaps + "/p").at("data").at("k").as_string(), "v");
  expect_refused(ask("POST", kConfigMaps, "k8s", {{"content-type", type}}), 400, "BadRequest");
}

TEST_F(WriteTest, YamlBodiesAreTaken) {
  expect(201, ask("POST", kConfigMaps, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\n",
                  {{"content-type", "application/yaml"}}));
  EXPECT_EQ(get(kConfigMaps + "/yaml").status, 200);
}

}  // namespace
}  // namespace cove::server
