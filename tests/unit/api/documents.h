// Documents and kinds for tests, written as YAML.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "core/api/document.h"
#include "core/api/kind.h"
#include "core/api/schema.h"

namespace cove::api {

inline json::value yaml_value(std::string_view text) {
  auto parsed = parse_yaml(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.has_value() ? parsed->value : json::value();
}

inline json::object yaml(std::string_view text) {
  json::value value = yaml_value(text);
  EXPECT_TRUE(value.is_object()) << text;
  return value.is_object() ? value.get_object() : json::object();
}

// Equality by the API's rules, with both sides in the message.
inline ::testing::AssertionResult is_same(const json::value& actual, const json::value& expected) {
  if (same(actual, expected)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "is       " << to_text(actual) << "\nexpected " << to_text(expected);
}

inline Kind builtin_kind(const BuiltinSchemas& schemas, std::string group, std::string version,
                         std::string name, std::string plural) {
  Kind kind;
  kind.gvk = {std::move(group), std::move(version), std::move(name)};
  kind.plural = std::move(plural);
  kind.schema = &schemas.type((kind.gvk.group.empty() ? "core" : kind.gvk.group) + "/" +
                              kind.gvk.version + "." + kind.gvk.kind);
  if (kind.schema->find("status") != nullptr) {
    kind.subresources.push_back({"status", std::nullopt, {"get", "patch", "update"}});
  }
  return kind;
}

}  // namespace cove::api
