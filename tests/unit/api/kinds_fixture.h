// Documents of built-in kinds as the server makes them of what clients send.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/api/decode.h"
#include "core/api/registry.h"
#include "core/base/base64.h"

namespace cove::api::testing {

inline const BuiltinSchemas& builtin_schemas() {
  static const BuiltinSchemas made;
  return made;
}

inline const Registry& builtin_registry() {
  static const auto registry = Registry::builtin(builtin_schemas());
  return *registry;
}

inline const Kind& kind_of(const json::object& document) {
  const std::string version(text_at(document, {"apiVersion"}));
  const std::size_t slash = version.find('/');
  const GroupVersionKind gvk = {slash == std::string::npos ? "" : version.substr(0, slash),
                                slash == std::string::npos ? version : version.substr(slash + 1),
                                std::string(text_at(document, {"kind"}))};
  const auto kind = builtin_registry().kind(gvk);
  if (!kind) throw std::logic_error("no kind " + gvk.api_version() + " " + gvk.kind);
  return *kind;
}

// As it was written; the text must be right.
inline json::object parse(std::string_view yaml) {
  const auto parsed = parse_yaml(yaml);
  if (!parsed) throw std::logic_error(parsed.error().cause + "\n" + std::string(yaml));
  return parsed->value.as_object();
}

// Decoded, with all defaults.
inline json::object document(const json::object& written) {
  const Kind& kind = kind_of(written);
  DecodeReport report;
  auto decoded = decode(*kind.schema, written, report);
  if (!decoded) throw std::logic_error(decoded.error().cause);
  if (!report.unknown.empty()) throw std::logic_error("unknown field " + report.unknown.front());
  apply_defaults(*kind.schema, *decoded);
  if (kind.rules.set_defaults) kind.rules.set_defaults(*decoded);
  return std::move(*decoded);
}
inline json::object document(std::string_view yaml) {
  return document(parse(yaml));
}

inline const WriteContext kContext = {WallTime(std::chrono::seconds(1'700'000'000)), "user"};

// What a create makes of it before validation.
inline json::object created(std::string_view yaml) {
  json::object object = document(yaml);
  const Kind& kind = kind_of(object);
  set_at(object, {"metadata", "uid"}, "00000000-0000-4000-8000-000000000001");
  if (kind.rules.prepare_create) kind.rules.prepare_create(object, kContext);
  return object;
}

inline std::string create_problems(std::string_view yaml) {
  const json::object object = created(yaml);
  ErrorList errors;
  kind_of(object).rules.validate(object, errors);
  return errors.empty() ? "" : errors.message();
}

inline std::string update_problems(std::string_view old_yaml, std::string_view yaml) {
  json::object old = created(old_yaml);
  json::object now = document(yaml);
  const Kind& kind = kind_of(now);
  for (const std::string_view name : {"uid"}) {
    set_at(now, {"metadata", name}, *value_at(old, {"metadata", name}));
  }
  set_at(old, {"metadata", "resourceVersion"}, "1");
  set_at(now, {"metadata", "resourceVersion"}, "1");
  if (kind.rules.prepare_update) kind.rules.prepare_update(now, old, kContext);
  ErrorList errors;
  kind.rules.validate(now, errors);
  kind.rules.validate_update(now, old, errors);
  return errors.empty() ? "" : errors.message();
}

inline void expect_same(const json::object& actual, std::string_view yaml) {
  const json::object wanted = parse(yaml);
  EXPECT_TRUE(same(json::value(actual), json::value(wanted))) << to_text(actual) << "\n"
                                                              << to_text(wanted);
}

inline std::string row(std::string_view yaml, WallTime now = kContext.now) {
  const json::object object = parse(yaml);
  return to_text(kind_of(object).cells(object, now));
}

// An enumeration of a list or map is that of its elements.
inline json::value first_of_enumeration(const Field& field) {
  const json::value first(field.enumeration.front());
  if (field.schema->type == Type::kList) return json::array{first};
  if (field.schema->type == Type::kMap) return json::object{{"key", first}};
  return first;
}

// A document with every field of the schema set; what contains itself ends after two rounds.
inline json::value full_value(const Schema& schema, std::vector<const Schema*>& open) {
  if (std::ranges::count(open, &schema) > 1) return nullptr;
  open.push_back(&schema);
  json::value value;
  switch (schema.type) {
    case Type::kObject: {
      json::object& object = value.emplace_object();
      if (schema.is_kind) object = {{"kind", "Example"}, {"apiVersion", "example/v1"}};
      for (const Field& field : schema.fields) {
        json::value member = field.enumeration.empty() ? full_value(*field.schema, open)
                                                       : first_of_enumeration(field);
        if (!member.is_null()) object.emplace(key(field.name), std::move(member));
      }
      break;
    }
    case Type::kMap:
    case Type::kList:
      if (json::value item = full_value(*schema.items, open); !item.is_null()) {
        value = schema.type == Type::kMap ? json::value(json::object{{"key", std::move(item)}})
                                          : json::value(json::array{std::move(item)});
      }
      break;
    case Type::kString: value = "text"; break;
    case Type::kBoolean: value = true; break;
    case Type::kInt32:
    case Type::kInt64: value = 7; break;
    case Type::kDouble: value = 1.5; break;
    case Type::kBytes: value = base64_encode("bytes"); break;
    case Type::kTime: value = "2024-01-02T03:04:05Z"; break;
    case Type::kMicroTime: value = "2024-01-02T03:04:05.000006Z"; break;
    case Type::kDuration: value = "1m30s"; break;
    case Type::kQuantity: value = "250m"; break;
    case Type::kIntOrString: value = "http"; break;
    case Type::kFields:
    case Type::kRaw: value = json::object{{"any", 1}}; break;
    case Type::kAny: value = true; break;
  }
  open.pop_back();
  return value;
}
inline json::value full_value(const Schema& schema) {
  std::vector<const Schema*> open;
  return full_value(schema, open);
}

struct Case {
  std::string_view name;
  std::string_view yaml;
  std::string_view problems;
};

}  // namespace cove::api::testing
