#include "core/api/apply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/api/documents.h"

namespace cove::api {
namespace {

using std::chrono::seconds;

// One object that several writers share, as the server would hold it.
class Apply : public ::testing::Test {
 protected:
  BuiltinSchemas schemas;
  Kind deployments = builtin_kind(schemas, "apps", "v1", "Deployment", "deployments");
  Kind services = builtin_kind(schemas, "", "v1", "Service", "services");
  Kind pods = builtin_kind(schemas, "", "v1", "Pod", "pods");
  Kind config_maps = builtin_kind(schemas, "", "v1", "ConfigMap", "configmaps");
  const Kind* kind = &config_maps;
  KindOfVersion versions;
  std::string subresource;
  WallTime now = WallTime(seconds(1'700'000'000));
  std::optional<json::object> live;

  FieldWriter writer(std::string manager) const {
    return {*kind, std::move(manager), subresource, now, versions};
  }

  json::object config(std::string_view text) const {
    json::object object = yaml(text);
    object["apiVersion"] = kind->gvk.api_version();
    object["kind"] = kind->gvk.kind;
    make_object_at(object, {"metadata"})["name"] = "o";
    return object;
  }

  Result<ApplyOutcome> try_apply(std::string_view manager, std::string_view text,
                                 bool force = false) {
    auto outcome =
        apply(writer(std::string(manager)), live ? &*live : nullptr, config(text), force);
    if (outcome.has_value() && outcome->conflicts.empty()) store(outcome->document);
    return outcome;
  }

  void applied(std::string_view manager, std::string_view text, bool force = false) {
    const auto outcome = try_apply(manager, text, force);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().cause;
    ASSERT_TRUE(outcome->conflicts.empty()) << conflict_message(outcome->conflicts);
  }

  // What the server does with a PUT of the whole object.
  void updated(std::string manager, std::string_view text) {
    json::object next = config(text);
    track_update(writer(std::move(manager)), live ? &*live : nullptr, next);
    store(std::move(next));
  }

  void store(json::object next) {
    make_object_at(next, {"metadata"})["uid"] = "u";
    live = std::move(next);
  }

  std::string message(std::string_view manager, std::string_view text) {
    const auto outcome = try_apply(manager, text);
    if (outcome.has_error()) return outcome.error().cause;
    return outcome->conflicts.empty() ? "" : conflict_message(outcome->conflicts);
  }

  // The live object without what a test does not look at.
  json::object body() const {
    json::object object = *live;
    erase_at(object, {"metadata", "managedFields"});
    erase_at(object, {"metadata", "name"});
    erase_at(object, {"metadata", "uid"});
    for (const char* name : {"apiVersion", "kind"}) object.erase(name);
    if (object_at(object, {"metadata"})->empty()) object.erase("metadata");
    return object;
  }

  // What a manager owns, as FieldsV1's text.
  std::string owned(std::string_view manager, std::string_view operation = "Apply") const {
    const json::object* entry = entry_of(manager, operation);
    return entry == nullptr ? "" : to_text(*value_at(*entry, {"fieldsV1"}));
  }

  std::string time_of(std::string_view manager, std::string_view operation = "Apply") const {
    const json::object* entry = entry_of(manager, operation);
    return entry == nullptr ? "" : std::string(text_at(*entry, {"time"}));
  }

  const json::object* entry_of(std::string_view manager, std::string_view operation) const {
    const json::array* entries = array_at(*live, {"metadata", "managedFields"});
    if (entries == nullptr) return nullptr;
    for (const json::value& each : *entries) {
      if (text_at(each.get_object(), {"manager"}) == manager &&
          text_at(each.get_object(), {"operation"}) == operation)
        return &each.get_object();
    }
    return nullptr;
  }
};

TEST_F(Apply, CreatesAndOwns) {
  applied("a", "{data: {x: '1'}}");
  EXPECT_TRUE(is_same(body(), yaml("{data: {x: '1'}}")));
  EXPECT_TRUE(is_same(*value_at(*live, {"metadata", "managedFields"}), yaml_value(R"([{
      "manager": "a", "operation": "Apply", "apiVersion": "v1", "time": "2023-11-14T22:13:20Z",
      "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:x": {}}}}])")));
}

TEST_F(Apply, EqualApplyChangesNothing) {
  applied("a", "{data: {x: '1'}}");
  const json::object before = *live;
  now += seconds(60);
  applied("a", "{data: {x: '1'}}");
  EXPECT_TRUE(is_same(*live, before));
}

TEST_F(Apply, RemovesWhatItNoLongerSays) {
  applied("a", "{data: {x: '1', u: '2'}}");
  applied("a", "{data: {x: '1'}}");
  EXPECT_TRUE(is_same(body(), yaml("{data: {x: '1'}}")));
  applied("a", "{}");
  EXPECT_TRUE(is_same(body(), yaml("{}")));
  EXPECT_EQ(array_at(*live, {"metadata", "managedFields"}), nullptr);
}

TEST_F(Apply, KeepsWhatOthersOwn) {
  applied("a", "{data: {x: '1'}}");
  applied("b", "{data: {x: '1', u: '2'}}");
  EXPECT_EQ(owned("a"), R"({"f:data":{"f:x":{}}})");
  EXPECT_EQ(owned("b"), R"({"f:data":{"f:u":{},"f:x":{}}})");
  applied("a", "{}");
  EXPECT_TRUE(is_same(body(), yaml("{data: {x: '1', u: '2'}}")));
  applied("b", "{data: {u: '2'}}");
  EXPECT_TRUE(is_same(body(), yaml("{data: {u: '2'}}")));
}

TEST_F(Apply, ConflictsAreToldTogether) {
  applied("b", "{data: {x: '1', u: '1'}}");
  EXPECT_EQ(message("a", "{data: {x: '2'}}"),
            "Apply failed with 1 conflict: conflict with \"b\": .data.x");
  updated("c", "{data: {x: '1', u: '1', z: '1'}}");
  const auto outcome = try_apply("a", "{data: {x: '2', u: '2', z: '2'}}");
  ASSERT_EQ(outcome->conflicts.size(), 3U);
  EXPECT_EQ(outcome->conflicts[2].message(), "conflict with \"c\" using v1");
  EXPECT_EQ(outcome->conflicts[2].field, ".data.z");
  EXPECT_EQ(conflict_message(outcome->conflicts),
            "Apply failed with 3 conflicts: conflicts with \"b\":\n- .data.u\n- .data.x\n"
            "conflicts with \"c\" using v1:\n- .data.z");
}

TEST_F(Apply, ForceTakesFieldsOver) {
  applied("b", "{data: {x: '1', u: '1'}}");
  applied("a", "{data: {x: '2'}}", true);
  EXPECT_TRUE(is_same(body(), yaml("{data: {x: '2', u: '1'}}")));
  EXPECT_EQ(owned("a"), R"({"f:data":{"f:x":{}}})");
  EXPECT_EQ(owned("b"), R"({"f:data":{"f:u":{}}})");
}

TEST_F(Apply, AManagerGivesAFieldToAnother) {
  kind = &deployments;
  const auto with = [](const char* replicas) {
    return fmt::format("{{spec: {{{} selector: {{matchLabels: {{a: b}}}}}}}}", replicas);
  };
  applied("user", with("replicas: 2,"));
  applied("scaler", "{spec: {replicas: 2}}");
  applied("user", with(""));
  EXPECT_EQ(integer_at(*live, {"spec", "replicas"}), 2);
  applied("scaler", "{spec: {replicas: 5}}");
  EXPECT_EQ(integer_at(*live, {"spec", "replicas"}), 5);
  EXPECT_EQ(owned("user"), R"({"f:spec":{"f:selector":{}}})");
}

TEST_F(Apply, NamesTheWriterThatUpdated) {
  kind = &deployments;
  updated("kubectl", "{spec: {replicas: 1}}");
  EXPECT_EQ(message("a", "{spec: {replicas: 3}}"),
            "Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1: "
            ".spec.replicas");
  subresource = "scale";
  updated("hpa", "{spec: {replicas: 4}}");
  subresource = "";
  EXPECT_EQ(message("a", "{spec: {replicas: 3}}"),
            "Apply failed with 1 conflict: conflict with \"hpa\" with subresource \"scale\" using "
            "apps/v1: .spec.replicas");
}

TEST_F(Apply, MergesListsByKey) {
  kind = &pods;
  applied("a", "{spec: {containers: [{name: x, image: i}, {name: u, image: j}]}}");
  applied("b", "{spec: {containers: [{name: u, tty: true}, {name: z, image: k}]}}");
  EXPECT_TRUE(is_same(*array_at(*live, {"spec", "containers"}),
                      yaml_value("[{name: x, image: i}, {name: u, image: j, tty: true}, {name: z, "
                                 "image: k}]")));
  EXPECT_EQ(owned("b"),
            R"({"f:spec":{"f:containers":{"k:{\"name\":\"u\"}":{".":{},"f:name":{},"f:tty":{}},)"
            R"("k:{\"name\":\"z\"}":{".":{},"f:image":{},"f:name":{}}}}})");
  applied("a", "{spec: {containers: [{name: x, image: i}]}}");
  EXPECT_TRUE(is_same(*array_at(*live, {"spec", "containers"}),
                      yaml_value("[{name: x, image: i}, {name: u, tty: true}, {name: z, image: "
                                 "k}]")));
}

TEST_F(Apply, AppliedOrderWins) {
  kind = &pods;
  applied("a", "{spec: {containers: [{name: a}, {name: b}, {name: c}, {name: d}]}}");
  applied("b", "{spec: {containers: [{name: c}, {name: q}, {name: a}]}}");
  std::vector<std::string> names;
  for (const json::value& each : *array_at(*live, {"spec", "containers"})) {
    names.emplace_back(text_at(each.get_object(), {"name"}));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"b", "c", "d", "q", "a"}));
}

TEST_F(Apply, KeysOfSeveralFieldsTakeDefaults) {
  kind = &services;
  applied("a", "{spec: {ports: [{port: 53, protocol: UDP, name: u}, {port: 53, name: t}]}}");
  EXPECT_EQ(owned("a"),
            R"({"f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"TCP\"}":{".":{},"f:name":{},)"
            R"("f:port":{}},"k:{\"port\":53,\"protocol\":\"UDP\"}":{".":{},"f:name":{},)"
            R"("f:port":{},"f:protocol":{}}}}})");
  applied("b", "{spec: {ports: [{port: 53, protocol: TCP, appProtocol: dns}]}}");
  EXPECT_EQ(array_at(*live, {"spec", "ports"})->size(), 2U);
  EXPECT_EQ(text_at((*array_at(*live, {"spec", "ports"}))[1].get_object(), {"appProtocol"}), "dns");
}

TEST_F(Apply, AtomicMapsHaveOneOwner) {
  kind = &deployments;
  applied("a", "{spec: {selector: {matchLabels: {x: '1'}}}}");
  EXPECT_EQ(message("b", "{spec: {selector: {matchLabels: {x: '1', u: '2'}}}}"),
            "Apply failed with 1 conflict: conflict with \"a\": .spec.selector");
  applied("b", "{spec: {selector: {matchLabels: {u: '2'}}}}", true);
  EXPECT_TRUE(is_same(body()["spec"].at("selector"), yaml_value("{matchLabels: {u: '2'}}")));
  EXPECT_EQ(owned("a"), "");
}

TEST_F(Apply, SetsHaveAnOwnerPerElement) {
  applied("a", "{metadata: {finalizers: [x/a, x/b]}}");
  applied("b", "{metadata: {finalizers: [x/b, x/c]}}");
  EXPECT_TRUE(is_same(*value_at(*live, {"metadata", "finalizers"}), yaml_value("[x/a, x/b, x/c]")));
  applied("a", "{}");
  EXPECT_TRUE(is_same(*value_at(*live, {"metadata", "finalizers"}), yaml_value("[x/b, x/c]")));
  EXPECT_EQ(owned("b"), R"({"f:metadata":{"f:finalizers":{"v:\"x/b\"":{},"v:\"x/c\"":{}}}})");
}

TEST_F(Apply, StatusIsApart) {
  kind = &deployments;
  updated("user", "{spec: {replicas: 1}}");
  subresource = "status";
  applied("controller", "{spec: {replicas: 1}, status: {readyReplicas: 1}}");
  EXPECT_EQ(owned("controller"), R"({"f:status":{"f:readyReplicas":{}}})");
  EXPECT_EQ(text_at(*entry_of("controller", "Apply"), {"subresource"}), "status");
  EXPECT_EQ(owned("user", "Update"), R"({"f:spec":{"f:replicas":{}}})");
  subresource = "";
  applied("user", "{spec: {replicas: 1}, status: {readyReplicas: 3}}");
  EXPECT_EQ(owned("user"), R"({"f:spec":{"f:replicas":{}}})");
}

TEST_F(Apply, UntrackedObjectsGetAFirstManager) {
  live = config("{data: {x: '1'}}");
  make_object_at(*live, {"metadata"})["uid"] = "u";
  EXPECT_EQ(message("a", "{data: {x: '2'}}"),
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.x");
  applied("a", "{data: {u: '2'}}");
  EXPECT_EQ(owned("before-first-apply", "Update"), R"({"f:data":{".":{},"f:x":{}}})");
}

TEST_F(Apply, RefusesWhatTheSchemaDoesNotKnow) {
  kind = &deployments;
  const auto text = [this](std::string_view spec) {
    const auto outcome = try_apply("a", spec);
    return outcome.has_error() ? outcome.error().cause : std::string();
  };
  const std::string prefix = "failed to create typed patch object (/o; apps/v1, Kind=Deployment): ";
  EXPECT_EQ(text("{spec: {foo: 1}}"), prefix + ".spec.foo: field not declared in schema");
  EXPECT_EQ(text("{spec: {replicas: x}}"),
            prefix + ".spec.replicas: expected numeric (int or float), got string");
  EXPECT_EQ(text("{spec: {template: {spec: {containers: [{image: i}]}}}}"),
            prefix +
                ".spec.template.spec.containers: element 0: associative list with keys has an "
                "element that omits all key fields [\"name\"] (and doesn't have default values for "
                "any key fields)");
  EXPECT_EQ(text("{spec: {template: {spec: {containers: [{name: a}, {name: a}]}}}}"),
            prefix + ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]");
  EXPECT_EQ(text("{metadata: {labels: {a: 1}}, spec: {paused: x}}"),
            prefix +
                "errors:\n  .metadata.labels.a: expected string, got "
                "&value.valueUnstructured{Value:1}\n  .spec.paused: expected boolean, got "
                "&{x}");
  EXPECT_EQ(text("{metadata: {managedFields: []}}"), "metadata.managedFields must be nil");
}

TEST_F(Apply, RefusesAnotherKind) {
  json::object other = config("{}");
  other["kind"] = "Secret";
  EXPECT_EQ(apply(writer("a"), nullptr, other, false).error().cause,
            "invalid object type: /v1, Kind=Secret");
}

TEST_F(Apply, KubectlTakesOverFromItsClientSide) {
  const std::string last =
      R"({"apiVersion":"v1","data":{"x":"1"},"kind":"ConfigMap","metadata":{"name":"o"}})";
  const std::string annotations = fmt::format(
      "metadata: {{annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{}'}}}}",
      last);
  updated("kubectl-client-side-apply", fmt::format("{{{}, data: {{x: '1'}}}}", annotations));
  EXPECT_EQ(message("other", "{data: {x: '2'}}").substr(0, 28), "Apply failed with 1 conflict");
  applied("kubectl", "{data: {x: '2'}}");
  EXPECT_EQ(text_at(*live, {"data", "x"}), "2");
  EXPECT_EQ(text_at(*live, {"metadata", "annotations",
                            "kubectl.kubernetes.io/last-applied-configuration"}),
            "{\"apiVersion\":\"v1\",\"data\":{\"x\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{"
            "\"name\":\"o\"}}\n");
}

TEST_F(Apply, ForgetsManagersOfVersionsThatAreGone) {
  live = config(R"({metadata: {uid: u, managedFields: [{manager: old, operation: Update,
      apiVersion: v0, fieldsType: FieldsV1, fieldsV1: {'f:data': {'f:x': {}}}}]},
      data: {x: '1'}})");
  applied("a", "{data: {x: '2'}}");
  EXPECT_EQ(owned("old", "Update"), "");
}

TEST_F(Apply, ComparesInTheManagersVersion) {
  Kind older = config_maps;
  older.gvk.version = "v0";
  const auto rename = [](json::object& object, const char* from, const char* to) {
    if (const json::value* found = object.if_contains(from)) {
      json::value value = *found;
      object.erase(from);
      object[to] = std::move(value);
    }
  };
  Schema schema = *config_maps.schema;
  for (Field& each : schema.fields) {
    if (each.name == "data") each.name = "items";
  }
  schema.index();
  older.schema = &schema;
  older.conversion = Conversion{"", "v1", "configmaps",
                                [&](json::object& object) { rename(object, "items", "data"); },
                                [&](json::object& object) { rename(object, "data", "items"); }};
  versions = [&](std::string_view version) { return version == "v0" ? &older : nullptr; };
  kind = &older;
  applied("a", "{items: {x: '1', u: '1'}}");
  older.conversion->to_storage(*live);
  (*live)["apiVersion"] = "v1";
  kind = &config_maps;
  EXPECT_EQ(message("b", "{data: {x: '2'}}"),
            "Apply failed with 1 conflict: conflict with \"a\": .items.x");
  applied("a", "{data: {u: '1'}}");
  EXPECT_TRUE(is_same(body(), yaml("{data: {u: '1'}}")));
  EXPECT_EQ(owned("a"), R"({"f:data":{"f:u":{}}})");
}

TEST_F(Apply, ReportsUnreadableManagers) {
  live = config("{metadata: {managedFields: [{manager: a, operation: Update, apiVersion: v1}]}}");
  const auto outcome = try_apply("a", "{}");
  ASSERT_TRUE(outcome.has_error());
  EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(outcome.error().cause,
            "failed to decode managed fields: missing fieldsType in managed fields entry 0");
}

// A custom kind with a schema of its own, and parts that it says nothing of.
class ApplyCustom : public Apply {
 protected:
  Schema text;
  Schema keyed_item;
  Schema keyed;
  Schema open;
  Schema spec;
  Schema root;
  Kind widgets;

  static Field field(std::string name, const Schema* schema) {
    Field result;
    result.name = std::move(name);
    result.schema = schema;
    return result;
  }

  ApplyCustom() {
    text.type = Type::kString;
    keyed_item.type = Type::kObject;
    keyed_item.fields = {field("id", &text), field("value", &text)};
    keyed_item.index();
    keyed.type = Type::kList;
    keyed.items = &keyed_item;
    keyed.list_type = ListType::kMap;
    keyed.list_keys = {"id"};
    open.type = Type::kObject;
    open.preserve_unknown = true;
    spec.type = Type::kObject;
    spec.fields = {field("name", &text), field("items", &keyed), field("open", &open)};
    spec.index();
    root.type = Type::kObject;
    root.is_kind = true;
    root.fields = {field("metadata", &schemas.type("meta/v1.ObjectMeta")), field("spec", &spec)};
    root.index();
    widgets.gvk = {"example.com", "v1", "Widget"};
    widgets.plural = "widgets";
    widgets.schema = &root;
    widgets.custom = true;
    kind = &widgets;
  }
};

TEST_F(ApplyCustom, DeducesWhatTheSchemaLeavesOpen) {
  applied("a", "{spec: {open: {m: {x: 1, l: [1, 2]}}, items: [{id: p, value: v}]}}");
  EXPECT_EQ(owned("a"),
            R"({"f:spec":{"f:items":{"k:{\"id\":\"p\"}":{".":{},"f:id":{},"f:value":{}}},)"
            R"("f:open":{"f:m":{".":{},"f:l":{},"f:x":{}}}}})");
}

// Applies the first, then the second until nothing may change any more.
class ApplyEmptied : public ApplyCustom {
 protected:
  void settles(std::string_view full, std::string_view emptied, std::string_view left) {
    live.reset();
    applied("a", full);
    applied("a", emptied);
    EXPECT_TRUE(is_same(body(), yaml(left)));
    const json::object first = *live;
    for (int i = 0; i < 2; ++i) {
      now += seconds(60);
      applied("a", emptied);
      EXPECT_TRUE(is_same(*live, first));
    }
  }
};

TEST_F(ApplyEmptied, ListsAreEmptyAndSettle) {
  settles("{spec: {name: x, items: [{id: p, value: v}]}}", "{spec: {name: x, items: []}}",
          "{spec: {name: x, items: []}}");
  kind = &pods;
  settles("{spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}",
          "{spec: {containers: [{name: c, image: i, ports: []}]}}",
          "{spec: {containers: [{name: c, image: i, ports: []}]}, status: {}}");
  settles("{spec: {nodeName: w, containers: [{name: c, image: i}]}}",
          "{spec: {nodeName: w, containers: []}}",
          "{spec: {nodeName: w, containers: []}, status: {}}");
}

TEST_F(ApplyEmptied, MapsAreEmptyAndSettle) {
  settles("{spec: {open: {m: {x: 1}}}}", "{spec: {open: {m: {}}}}", "{spec: {open: {m: {}}}}");
  settles("{spec: {open: {m: {x: 1}}}}", "{spec: {open: {}}}", "{spec: {open: {}}}");
  kind = &config_maps;
  settles("{data: {x: '1'}}", "{data: {}}", "{data: {}}");
}

TEST_F(ApplyEmptied, OthersKeepTheirElements) {
  applied("a", "{spec: {items: [{id: p, value: v}]}}");
  applied("b", "{spec: {items: [{id: q, value: w}]}}");
  applied("a", "{spec: {items: []}}");
  EXPECT_TRUE(is_same(body(), yaml("{spec: {items: [{id: q, value: w}]}}")));
}

TEST_F(ApplyCustom, MergesDeducedMaps) {
  applied("a", "{spec: {open: {m: {x: 1, l: [1, 2]}}}}");
  applied("b", "{spec: {open: {m: {u: 2}}}}");
  EXPECT_TRUE(is_same(body(), yaml("{spec: {open: {m: {x: 1, l: [1, 2], u: 2}}}}")));
  EXPECT_EQ(message("b", "{spec: {open: {m: {l: [1]}}}}"),
            "Apply failed with 1 conflict: conflict with \"a\": .spec.open.m.l");
  applied("a", "{}");
  EXPECT_TRUE(is_same(body(), yaml("{spec: {open: {m: {u: 2}}}}")));
}

TEST_F(ApplyCustom, FollowsASchemaThatBecameAtomic) {
  applied("a", "{spec: {items: [{id: p, value: v}]}}");
  keyed.list_type = ListType::kAtomic;
  updated("b", "{spec: {items: [{id: p, value: v}], name: q}}");
  EXPECT_EQ(owned("b", "Update"), R"({"f:spec":{"f:name":{}}})");
}

TEST_F(ApplyCustom, CreatesOwnTheContainersToo) {
  updated("a", "{spec: {name: q, items: [{id: p}]}}");
  EXPECT_EQ(owned("a", "Update"),
            R"({"f:spec":{".":{},"f:items":{".":{},"k:{\"id\":\"p\"}":{".":{},"f:id":{}}},)"
            R"("f:name":{}}})");
}

TEST_F(Apply, CreateOwnsWhatTheEmptyTypeDoesNotHave) {
  kind = &deployments;
  updated("kubectl-create", R"({metadata: {labels: {a: b}}, spec: {replicas: 1,
      selector: {matchLabels: {a: b}}, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}},
      template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i,
      resources: {}}]}}}})");
  EXPECT_EQ(
      owned("kubectl-create", "Update"),
      R"({"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:replicas":{},"f:selector":{},)"
      R"("f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{}},"f:type":{}},)"
      R"("f:template":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":{)"
      R"("k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:resources":{}}}}}}})");
}

TEST_F(Apply, UpdatesMoveOwnership) {
  updated("a", "{data: {x: '1', u: '1'}}");
  EXPECT_EQ(time_of("a", "Update"), "2023-11-14T22:13:20Z");
  now += seconds(60);
  updated("b", "{data: {x: '2', z: '1'}}");
  EXPECT_EQ(owned("a", "Update"), R"({"f:data":{}})");
  EXPECT_EQ(owned("b", "Update"), R"({"f:data":{"f:x":{},"f:z":{}}})");
  EXPECT_EQ(time_of("a", "Update"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(time_of("b", "Update"), "2023-11-14T22:14:20Z");
  updated("b", "{}");
  EXPECT_EQ(array_at(*live, {"metadata", "managedFields"}), nullptr);
}

TEST_F(Apply, UpdatesWithoutManagerAreUnknown) {
  updated("", "{data: {x: '1'}}");
  EXPECT_EQ(owned("unknown", "Update"), R"({"f:data":{".":{},"f:x":{}}})");
}

TEST_F(Apply, SystemMetadataHasNoOwner) {
  updated("a",
          "{metadata: {namespace: q, generation: 3, resourceVersion: '7', uid: u, "
          "generateName: g}}");
  EXPECT_EQ(owned("a", "Update"), R"({"f:metadata":{"f:generateName":{}}})");
}

TEST_F(Apply, StatusWritesOwnOnlyStatus) {
  kind = &pods;
  updated("user", "{spec: {nodeName: q}, status: {}}");
  subresource = "status";
  updated("kubelet",
          "{spec: {nodeName: m}, status: {phase: Running, conditions: [{type: Ready, "
          "status: 'True'}]}}");
  EXPECT_EQ(owned("kubelet", "Update"),
            R"({"f:status":{"f:conditions":{".":{},"k:{\"type\":\"Ready\"}":{".":{},)"
            R"("f:status":{},"f:type":{}}},"f:phase":{}}})");
  EXPECT_EQ(owned("user", "Update"), R"({"f:spec":{"f:nodeName":{}}})");
}

TEST_F(Apply, ClientsMayResetTheirManagers) {
  updated("a", "{data: {x: '1'}}");
  updated("a", "{metadata: {managedFields: [{}]}, data: {x: '1', u: '1'}}");
  EXPECT_EQ(array_at(*live, {"metadata", "managedFields"}), nullptr);
  updated("a", "{data: {x: '1', u: '2'}}");
  EXPECT_EQ(array_at(*live, {"metadata", "managedFields"}), nullptr) << "untracked until an apply";
}

TEST_F(Apply, ClientsMayEditTheirManagers) {
  updated("a", "{data: {x: '1'}}");
  updated("b", R"({metadata: {managedFields: [{manager: c, operation: Update, apiVersion: v1,
      fieldsType: FieldsV1, fieldsV1: {'f:data': {'f:x': {}, '.': {}}}}]}, data: {x: '1'}})");
  EXPECT_EQ(owned("a", "Update"), "");
  EXPECT_EQ(owned("c", "Update"), R"({"f:data":{".":{},"f:x":{}}})");
  const json::object before = *live;
  updated("b", R"({metadata: {managedFields: [{manager: d, operation: Update, apiVersion: v1,
      fieldsType: FieldsV1, fieldsV1: {'q': {}}}]}, data: {x: '1'}})");
  EXPECT_EQ(owned("c", "Update"), R"({"f:data":{".":{},"f:x":{}}})")
      << "unreadable ones do not count";
}

TEST_F(Apply, OldUpdatersAreUnited) {
  std::string data;
  for (int i = 0; i < 12; ++i) {
    data += fmt::format("k{}: v,", i);
    updated(fmt::format("m{:02}", i), fmt::format("{{data: {{{}}}}}", data));
    now += seconds(1);
  }
  EXPECT_EQ(array_at(*live, {"metadata", "managedFields"})->size(), 10U);
  EXPECT_EQ(owned("ancient-changes", "Update"),
            R"({"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{}}})");
  EXPECT_EQ(owned("m03", "Update"), R"({"f:data":{"f:k3":{}}})");
}

TEST_F(Apply, EntriesStandInOrder) {
  updated("z", "{data: {x: '1'}}");
  now += seconds(1);
  updated("b", "{data: {x: '1', u: '1'}}");
  updated("a", "{data: {x: '1', u: '1', w: '1'}}");
  now -= seconds(100);
  applied("late", "{data: {q: '1'}}");
  std::vector<std::string> managers;
  for (const json::value& each : *array_at(*live, {"metadata", "managedFields"})) {
    managers.emplace_back(text_at(each.get_object(), {"manager"}));
  }
  EXPECT_EQ(managers, (std::vector<std::string>{"late", "z", "a", "b"}));
}

TEST_F(Apply, DuplicateElementsAreOneThing) {
  kind = &pods;
  const auto with = [](const char* value) {
    return fmt::format(
        "{{spec: {{containers: [{{name: c, env: [{{name: E, value: a}}, {{name: E, value: "
        "{}}}]}}]}}}}",
        value);
  };
  updated("a", with("b"));
  EXPECT_EQ(owned("a", "Update"),
            R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:env":{".":{},)"
            R"("k:{\"name\":\"E\"}":{}},"f:name":{}}}}})");
  updated("b", with("c"));
  EXPECT_EQ(owned("b", "Update"), R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:env":{)"
                                  R"("k:{\"name\":\"E\"}":{}}}}}})");
}

TEST_F(Apply, TimesAloneAreNoChange) {
  updated("a", "{data: {x: '1'}}");
  json::object next = *live;
  make_array_at(next, {"metadata", "managedFields"})[0].get_object()["time"] =
      "2030-01-01T00:00:00Z";
  json::object other = next;
  keep_times(*live, next);
  EXPECT_EQ(to_text(next), to_text(*live));
  set_at(other, {"data", "x"}, "2");
  keep_times(*live, other);
  EXPECT_EQ(text_at(make_array_at(other, {"metadata", "managedFields"})[0].get_object(), {"time"}),
            "2030-01-01T00:00:00Z");
}

}  // namespace
}  // namespace cove::api
