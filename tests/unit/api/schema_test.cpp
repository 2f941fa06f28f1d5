#include "core/api/schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cove::api {
namespace {

TEST(SchemaTest, EveryTypeOfTheTablesResolves) {
  const BuiltinSchemas schemas;
  for (const TypePackage& package : type_packages()) {
    for (const auto& table : package.tables) {
      for (const TypeFact& fact : table) {
        const Schema& schema = schemas.type(fmt::format("{}.{}", package.key, fact.name));
        EXPECT_EQ(schemas.definition(fmt::format("{}.{}", package.openapi, fact.name)), &schema);
      }
    }
  }
}

TEST(SchemaTest, FieldsCarryTheirRowsFacts) {
  const BuiltinSchemas schemas;
  const Schema& spec = schemas.type("core/v1.PodSpec");
  EXPECT_EQ(spec.definition, "io.k8s.api.core.v1.PodSpec");
  const Field* const volumes = spec.find("volumes");
  ASSERT_NE(volumes, nullptr);
  EXPECT_EQ(volumes->number, 1);
  EXPECT_TRUE(volumes->omit_empty);
  EXPECT_TRUE(volumes->patch_merge);
  EXPECT_TRUE(volumes->patch_retain_keys);
  EXPECT_EQ(volumes->patch_key, "name");
  EXPECT_EQ(volumes->schema->type, Type::kList);
  EXPECT_EQ(volumes->schema->list_type, ListType::kMap);
  EXPECT_EQ(volumes->schema->list_keys, std::vector<std::string>{"name"});
  EXPECT_EQ(spec.find("nothing"), nullptr);
}

TEST(SchemaTest, InlinedTypesFieldsStandInTheOuterType) {
  const BuiltinSchemas schemas;
  const Schema& volume = schemas.type("core/v1.Volume");
  const Field* const host_path = volume.find("hostPath");
  ASSERT_NE(host_path, nullptr);
  EXPECT_TRUE(host_path->pointer);
  EXPECT_EQ(host_path->inline_numbers, std::vector<int>{2});
  const Schema& rule = schemas.type("admissionregistration/v1.NamedRuleWithOperations");
  ASSERT_NE(rule.find("apiGroups"), nullptr);
  EXPECT_EQ(rule.find("apiGroups")->inline_numbers, (std::vector<int>{2, 2}));
}

TEST(SchemaTest, AnUnknownTypeIsABug) {
  const BuiltinSchemas schemas;
  EXPECT_THROW(schemas.type("core/v1.Nothing"), std::logic_error);
  EXPECT_EQ(schemas.definition("io.k8s.api.core.v1.Nothing"), nullptr);
}

}  // namespace
}  // namespace cove::api
