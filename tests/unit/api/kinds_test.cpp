// What holds for every built-in kind, by one test over all of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "core/api/decode.h"
#include "core/api/registry.h"
#include "core/api/scalars.h"
#include "tests/unit/api/kinds_fixture.h"

namespace cove::api {
namespace {

using namespace std::chrono_literals;

const BuiltinSchemas& schemas() {
  static const BuiltinSchemas made;
  return made;
}

const Registry& registry() {
  static const auto made = Registry::builtin(schemas());
  return *made;
}

json::object example(const Kind& kind) {
  json::object object = testing::full_value(*kind.schema).get_object();
  object["kind"] = kind.gvk.kind;
  object["apiVersion"] = kind.gvk.api_version();
  return object;
}

bool has_field(const Schema* schema, std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const Field* const field = schema->find(path.substr(0, end));
    if (field == nullptr) return false;
    schema = field->schema;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

class KindTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Kind& kind() const { return *registry().kinds()[GetParam()]; }
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KindTest);

TEST_P(KindTest, IsDescribed) {
  ASSERT_NE(kind().schema, nullptr);
  EXPECT_FALSE(kind().gvk.kind.empty());
  EXPECT_FALSE(kind().gvk.version.empty());
  EXPECT_FALSE(kind().plural.empty());
  EXPECT_FALSE(kind().singular.empty());
  EXPECT_FALSE(kind().verbs.empty());
  EXPECT_TRUE(kind().schema->is_kind);
  EXPECT_NE(kind().schema->find("metadata"), nullptr);
  EXPECT_EQ(kind().columns.empty(), !kind().cells);
  for (const std::string& field : kind().selectable_fields)
    EXPECT_TRUE(has_field(kind().schema, field)) << field;
  EXPECT_TRUE(!kind().has_status() || kind().schema->find("status") != nullptr);
}

TEST_P(KindTest, AFullDocumentComesBackAsItWas) {
  DecodeReport report;
  const json::object full = example(kind());
  const auto decoded = decode(*kind().schema, full, report);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().cause;
  EXPECT_TRUE(report.unknown.empty()) << report.unknown.front();
  EXPECT_TRUE(same(full, *decoded)) << to_text(full) << "\n" << to_text(*decoded);
  const auto parsed = parse_json(to_text(*decoded));
  ASSERT_TRUE(parsed.has_value());
  const auto again = decode(*kind().schema, parsed->value.get_object(), report);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(to_text(*again), to_text(*decoded));
}

TEST_P(KindTest, DefaultsAreIdempotentAndStayDecodable) {
  for (json::object object : {example(kind()), json::object{{"spec", json::object()}}}) {
    DecodeReport report;
    auto decoded = decode(*kind().schema, std::move(object), report);
    ASSERT_TRUE(decoded.has_value());
    const auto set_defaults = [&] {
      apply_defaults(*kind().schema, *decoded);
      if (kind().rules.set_defaults) kind().rules.set_defaults(*decoded);
    };
    set_defaults();
    const std::string once = to_text(*decoded);
    set_defaults();
    EXPECT_EQ(to_text(*decoded), once);
    const auto again = decode(*kind().schema, *decoded, report);
    ASSERT_TRUE(again.has_value()) << again.error().cause;
    EXPECT_TRUE(same(*again, *decoded)) << to_text(*again) << "\n" << once;
  }
}

TEST_P(KindTest, RowsHaveACellForEachColumn) {
  if (!kind().cells) return;
  const WallTime now(1'700'000'000s);
  EXPECT_EQ(kind().cells(example(kind()), now).size(), kind().columns.size());
  EXPECT_EQ(kind().cells({}, now).size(), kind().columns.size());
}

TEST_P(KindTest, RulesTakeWhateverTheSchemaAllows) {
  const WriteContext context{WallTime(1'700'000'000s), "user"};
  for (const json::object& start : {example(kind()), json::object{}}) {
    DecodeReport report;
    json::object object = decode(*kind().schema, start, report).value();
    const json::object old = object;
    const Rules& rules = kind().rules;
    ErrorList errors;
    if (rules.prepare_create) rules.prepare_create(object, context);
    if (rules.prepare_update) rules.prepare_update(object, old, context);
    if (rules.prepare_status) rules.prepare_status(object, old, context);
    if (rules.validate) rules.validate(object, errors);
    if (rules.validate_update) rules.validate_update(object, old, errors);
    if (rules.validate_status) rules.validate_status(object, old, errors);
    if (rules.warnings) rules.warnings(object, &old);
    for (const FieldError& error : errors.errors()) EXPECT_FALSE(error.message().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Builtin, KindTest,
                         ::testing::Range<std::size_t>(0, registry().kinds().size()),
                         [](const ::testing::TestParamInfo<std::size_t>& parameter) {
                           const GroupVersionKind& gvk = registry().kinds()[parameter.param]->gvk;
                           std::string name =
                               fmt::format("{}_{}_{}", gvk.group, gvk.version, gvk.kind);
                           std::ranges::replace_if(
                               name, [](char c) { return !is_alphanumeric(c); }, '_');
                           return name;
                         });

TEST(TablesTest, EveryTypeAndFieldIsDocumented) {
  constexpr std::size_t kMaxDoc = 240;
  const auto is_doc = [](std::string_view doc) {
    return doc.size() > 3 && doc.size() <= kMaxDoc && doc.ends_with('.');
  };
  for (const TypePackage& package : type_packages()) {
    for (const auto& table : package.tables) {
      for (const TypeFact& type : table) {
        EXPECT_TRUE(is_doc(type.doc)) << package.key << "." << type.name << ": " << type.doc;
        for (const FieldFact& field : type.fields) {
          EXPECT_TRUE(field.name.empty() || is_doc(field.doc))
              << package.key << "." << type.name << "." << field.name << ": " << field.doc;
        }
      }
    }
  }
}

TEST(KindsTest, NamesAreUniqueInTheirGroupAndVersion) {
  std::set<std::string> resources;
  std::set<GroupVersionKind> kinds;
  std::set<std::string> short_names;
  for (const auto& kind : registry().kinds()) {
    const GroupVersionKind& gvk = kind->gvk;
    EXPECT_TRUE(kinds.insert(gvk).second) << gvk.kind;
    for (const std::string& name : {kind->plural, kind->singular}) {
      // "endpoints" is singular and plural at once.
      const bool fresh = resources.insert(fmt::format("{}/{}", gvk.api_version(), name)).second;
      EXPECT_TRUE(fresh || kind->plural == kind->singular) << name;
    }
    for (const std::string& name : kind->short_names)
      EXPECT_TRUE(short_names.insert(fmt::format("{}/{}", gvk.api_version(), name)).second) << name;
  }
}

}  // namespace
}  // namespace cove::api
