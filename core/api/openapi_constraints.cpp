#include "core/api/openapi_constraints.h"

namespace cove::api::openapi {
namespace {

json::object nested(const Constraints& constraints) {
  json::object schema;
  add_constraints(constraints, Version::kV3, schema);
  return schema;
}

json::array nested(const std::vector<Constraints>& all) {
  json::array schemas;
  for (const Constraints& each : all) schemas.push_back(nested(each));
  return schemas;
}

void add_junctors(const Constraints& constraints, json::object& schema) {
  if (!constraints.all_of.empty()) {
    json::array all = nested(constraints.all_of);
    if (json::value* const there = schema.if_contains("allOf")) {
      for (json::value& each : all) there->as_array().push_back(std::move(each));
    } else {
      schema["allOf"] = std::move(all);
    }
  }
  if (!constraints.any_of.empty()) schema["anyOf"] = nested(constraints.any_of);
  if (!constraints.one_of.empty()) schema["oneOf"] = nested(constraints.one_of);
  if (constraints.negated) schema["not"] = nested(*constraints.negated);
  if (constraints.items && !schema.contains("items")) schema["items"] = nested(*constraints.items);
  if (!constraints.properties.empty() && !schema.contains("properties")) {
    json::object properties;
    for (const auto& [name, each] : constraints.properties) properties[name] = nested(each);
    schema["properties"] = std::move(properties);
  }
}

}  // namespace

void add_constraints(const Constraints& constraints, Version version, json::object& schema) {
  const auto add = [&](std::string_view name, const auto& value) {
    if (value) schema[key(name)] = *value;
  };
  const auto flag = [&](std::string_view name, bool value) {
    if (value) schema[key(name)] = true;
  };
  if (!constraints.type.empty() && !schema.contains("type")) schema["type"] = constraints.type;
  if (!constraints.format.empty()) schema["format"] = constraints.format;
  add("minimum", constraints.minimum);
  add("maximum", constraints.maximum);
  flag("exclusiveMinimum", constraints.exclusive_minimum);
  flag("exclusiveMaximum", constraints.exclusive_maximum);
  add("multipleOf", constraints.multiple_of);
  add("minLength", constraints.min_length);
  add("maxLength", constraints.max_length);
  add("minItems", constraints.min_items);
  add("maxItems", constraints.max_items);
  add("minProperties", constraints.min_properties);
  add("maxProperties", constraints.max_properties);
  flag("uniqueItems", constraints.unique_items);
  if (!constraints.pattern_text.empty()) schema["pattern"] = constraints.pattern_text;
  if (!constraints.enumeration.empty())
    schema["enum"] = json::array(constraints.enumeration.begin(), constraints.enumeration.end());
  if (!constraints.required.empty() && !schema.contains("required"))
    schema["required"] = json::array(constraints.required.begin(), constraints.required.end());
  if (version == Version::kV3) add_junctors(constraints, schema);
}

}  // namespace cove::api::openapi
