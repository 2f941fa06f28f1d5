#include "core/api/registry.h"

#include <gtest/gtest.h>

#include "core/api/table.h"

namespace cove::api {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Kind> custom(std::string group, std::string version, std::string kind,
                                   std::string plural) {
  Kind made;
  made.gvk = {std::move(group), std::move(version), std::move(kind)};
  made.plural = std::move(plural);
  made.custom = true;
  return std::make_shared<const Kind>(std::move(made));
}

TEST(RegistryTest, CustomKindsComeAndGo) {
  const BuiltinSchemas schemas;
  const auto builtin = Registry::builtin(schemas);
  const auto with =
      builtin->with_custom({custom("z.io", "v1beta1", "Z", "zs"), custom("z.io", "v1", "Z", "zs"),
                            custom("a.io", "v1", "A", "as")});
  ASSERT_TRUE(with.has_value());
  EXPECT_NE((*with)->resource("z.io", "v1", "zs"), nullptr);
  EXPECT_NE((*with)->kind({"a.io", "v1", "A"}), nullptr);
  EXPECT_TRUE((*with)->serves_group("z.io"));
  EXPECT_TRUE((*with)->serves_version("z.io", "v1beta1"));
  EXPECT_FALSE((*with)->serves_version("z.io", "v2"));
  const auto& kinds = (*with)->kinds();
  ASSERT_EQ(kinds.size(), builtin->kinds().size() + 3);
  EXPECT_EQ(kinds[kinds.size() - 3]->gvk.group, "a.io");
  EXPECT_EQ(kinds[kinds.size() - 2]->gvk.version, "v1");
  EXPECT_EQ((*with)->with_custom({}).value()->kinds().size(), builtin->kinds().size());
  EXPECT_EQ(builtin->with_custom({custom("a", "v1", "A", "as"), custom("a", "v1", "B", "as")})
                .error()
                .code,
            ErrorCode::kConflict);
}

TEST(RegistryTest, VersionsAreOrderedByStabilityThenNumber) {
  const std::string_view order[] = {"v10",     "v2",        "v1",        "v11beta2", "v10beta3",
                                    "v3beta1", "v12alpha1", "v11alpha2", "foo1",     "foo10"};
  for (std::size_t i = 0; i + 1 < std::size(order); ++i) {
    EXPECT_TRUE(version_precedes(order[i], order[i + 1])) << order[i];
    EXPECT_FALSE(version_precedes(order[i + 1], order[i])) << order[i];
  }
}

TEST(TableTest, RowsCarryWhatWasAskedFor) {
  Kind kind;
  kind.custom = true;
  const ObjectPtr object =
      Object::make({{"kind", "A"},
                    {"metadata", {{"name", "n"}, {"creationTimestamp", "2023-11-14T22:13:20Z"}}},
                    {"spec", 1}});
  const WallTime now(1'700'000'060s);
  const auto table_of = [&](const TableOptions& options) {
    TableText text(kind, {{"resourceVersion", "7"}}, options, now);
    text.add(object->document());
    return parse_json(text.take()).value().value.as_object();
  };
  const json::object table = table_of({});
  EXPECT_EQ(text_at(table, {"kind"}), "Table");
  EXPECT_EQ(text_at(table, {"apiVersion"}), "meta.k8s.io/v1");
  EXPECT_EQ(text_at(table, {"metadata", "resourceVersion"}), "7");
  EXPECT_EQ(to_text(*value_at(table, {"rows"})),
            R"([{"cells":["n","60s"],"object":{"kind":"PartialObjectMetadata","apiVersion":)"
            R"("meta.k8s.io/v1","metadata":{"name":"n","creationTimestamp":)"
            R"("2023-11-14T22:13:20Z"}}}])");
  EXPECT_EQ(array_at(table, {"columnDefinitions"})->size(), 2U);
  const json::object whole = table_of({.version = "v1beta1", .include = IncludeObject::kObject});
  EXPECT_EQ(text_at(whole, {"apiVersion"}), "meta.k8s.io/v1beta1");
  EXPECT_EQ(to_text(*value_at(whole, {"rows"})),
            R"([{"cells":["n","60s"],"object":)" + *object->bytes() + "}]");
  const json::object bare = table_of({.include = IncludeObject::kNone, .headers = false});
  EXPECT_EQ(to_text(*value_at(bare, {"rows"})), R"([{"cells":["n","60s"],"object":null}])");
  EXPECT_EQ(value_at(bare, {"columnDefinitions"}), nullptr);
  EXPECT_EQ(parse_include_object("Everything"), std::nullopt);
  TableText empty(kind, {}, {.headers = false}, now);
  EXPECT_EQ(empty.take(), R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},)"
                          R"("columnDefinitions":null,"rows":[]})");
}

TEST(ObjectTest, BytesAndDocumentAgree) {
  const ObjectPtr made = Object::make({{"metadata", {{"name", "a"}, {"generation", 3}}}});
  EXPECT_EQ(*made->bytes(), R"({"metadata":{"name":"a","generation":3}})");
  const auto parsed = Object::parse(made->bytes());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ((*parsed)->name(), "a");
  EXPECT_EQ((*parsed)->generation(), 3);
  EXPECT_FALSE((*parsed)->deleting());
  EXPECT_EQ(Object::parse(std::make_shared<const std::string>("[]")).error().code,
            ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cove::api
