#include "core/api/custom_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/constraints.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxUnknown = 100;

std::string_view text_of(const json::key_value_pair& each) {
  return {each.key().data(), each.key().size()};
}

bool is_meta(std::string_view name) {
  return name == "metadata" || name == "kind" || name == "apiVersion";
}

class Maker {
 public:
  Maker(const BuiltinSchemas& builtin, std::deque<Schema>& storage)
      : builtin_(builtin), storage_(storage) {}

  Schema& make(const json::object& openapi, bool is_resource) {
    Schema& schema = storage_.emplace_back();
    schema.type = type_of(openapi);
    schema.doc = text_at(openapi, {"description"});
    schema.nullable = flag_at(openapi, {"nullable"});
    schema.preserve_unknown = flag_at(openapi, {"x-kubernetes-preserve-unknown-fields"});
    schema.embedded_resource = flag_at(openapi, {"x-kubernetes-embedded-resource"});
    schema.is_kind = is_resource || schema.embedded_resource;
    schema.atomic = text_at(openapi, {"x-kubernetes-map-type"}) == "atomic";
    if (Constraints constraints = read_constraints(openapi, false); !constraints.empty())
      schema.constraints = std::make_shared<const Constraints>(std::move(constraints));
    set_list_type(openapi, schema);
    if (const json::object* const items = object_at(openapi, {"items"}))
      schema.items = &make(*items, false);
    set_additional(openapi, schema);
    if (schema.is_kind) add_metadata(schema);
    if (const json::object* const properties = object_at(openapi, {"properties"})) {
      for (const auto& each : *properties) {
        const bool is_given = schema.is_kind && is_meta(text_of(each));
        if (!is_given && each.value().is_object()) add_field(openapi, each, schema);
      }
    }
    schema.index();
    return schema;
  }

 private:
  static Type type_of(const json::object& openapi) {
    if (flag_at(openapi, {"x-kubernetes-int-or-string"})) return Type::kIntOrString;
    const std::string_view type = text_at(openapi, {"type"});
    if (type == "string") return Type::kString;
    if (type == "boolean") return Type::kBoolean;
    if (type == "number") return Type::kDouble;
    if (type == "integer")
      return text_at(openapi, {"format"}) == "int32" ? Type::kInt32 : Type::kInt64;
    if (type == "array") return Type::kList;
    if (type != "object") return Type::kAny;
    const bool has_fields = object_at(openapi, {"properties"}) != nullptr ||
                            flag_at(openapi, {"x-kubernetes-embedded-resource"});
    return !has_fields && value_at(openapi, {"additionalProperties"}) != nullptr ? Type::kMap
                                                                                 : Type::kObject;
  }

  static void set_list_type(const json::object& openapi, Schema& schema) {
    const std::string_view type = text_at(openapi, {"x-kubernetes-list-type"});
    if (type == "set") schema.list_type = ListType::kSet;
    if (type != "map") return;
    schema.list_type = ListType::kMap;
    if (const json::array* const keys = array_at(openapi, {"x-kubernetes-list-map-keys"})) {
      for (const json::value& each : *keys) {
        if (each.is_string()) schema.list_keys.emplace_back(view(each.get_string()));
      }
    }
  }

  void set_additional(const json::object& openapi, Schema& schema) {
    const json::value* const additional = value_at(openapi, {"additionalProperties"});
    if (additional == nullptr) return;
    if (const json::object* const nested = additional->if_object()) {
      schema.items = &make(*nested, false);
    } else if (additional->is_bool() && additional->get_bool()) {
      // Any value, but of objects nothing is known.
      schema.items = &storage_.emplace_back();
    }
  }

  void add_metadata(Schema& schema) {
    Field field;
    field.name = "metadata";
    field.schema = &builtin_.type("meta/v1.ObjectMeta");
    field.doc = "Standard object's metadata: its name, labels, annotations and the like.";
    field.pointer = true;
    field.omit_empty = true;
    schema.fields.push_back(std::move(field));
  }

  void add_field(const json::object& openapi, const json::key_value_pair& each, Schema& schema) {
    const json::object& given = each.value().get_object();
    Field field;
    field.name = text_of(each);
    field.schema = &make(given, false);
    field.doc = field.schema->doc;
    // Zero values are values: only what is absent is defaulted.
    field.pointer = true;
    field.omit_empty = true;
    if (const json::value* const value = value_at(given, {"default"})) field.default_value = *value;
    if (const json::array* const required = array_at(openapi, {"required"})) {
      field.required = std::ranges::any_of(*required, [&](const json::value& name) {
        return name.is_string() && view(name.get_string()) == field.name;
      });
    }
    schema.fields.push_back(std::move(field));
  }

  const BuiltinSchemas& builtin_;
  std::deque<Schema>& storage_;
};

class Pruner {
 public:
  explicit Pruner(DecodeReport& report) : report_(report) {}

  void value(const Schema* schema, json::value& value, const FieldPath& path) {
    if (value.is_array()) {
      json::array& list = value.get_array();
      for (std::size_t i = 0; i < list.size(); ++i)
        this->value(schema == nullptr ? nullptr : items_of(*schema), list[i], path.index(i));
    } else if (value.is_object()) {
      object(schema, value.get_object(), path);
    }
  }

 private:
  // What elements of a list are by a schema that keeps everything: the same.
  static const Schema* items_of(const Schema& schema) {
    if (schema.items != nullptr) return schema.items;
    return schema.preserve_unknown ? &schema : nullptr;
  }

  void object(const Schema* schema, json::object& object, const FieldPath& path) {
    std::vector<std::string> unwanted;
    for (auto& each : object) {
      const std::string_view name = text_of(each);
      if (schema != nullptr && schema->is_kind && is_meta(name)) continue;
      const Field* const field = schema == nullptr ? nullptr : schema->find(name);
      const Schema* const next = field != nullptr    ? field->schema
                                 : schema != nullptr ? schema->items
                                                     : nullptr;
      const FieldPath here = path / name;
      if (next != nullptr) {
        const bool drops_null =
            each.value().is_null() && !next->nullable && next->type != Type::kAny;
        if (drops_null) {
          unwanted.emplace_back(name);
        } else {
          value(next->type == Type::kAny && !next->preserve_unknown ? nullptr : next, each.value(),
                here);
        }
      } else if (schema == nullptr || !schema->preserve_unknown) {
        unwanted.emplace_back(name);
        if (report_.unknown.size() < kMaxUnknown) report_.unknown.push_back(here.text());
      }
    }
    for (const std::string& name : unwanted) object.stable_erase(object.find(key(name)));
  }

  DecodeReport& report_;
};

// Walks a schema and the OpenAPI it was made of side by side.
void check_defaults(const Schema& schema, const json::object& openapi, const FieldPath& path,
                    ErrorList& errors) {
  if (const json::value* const given = value_at(openapi, {"default"})) {
    const FieldPath here = path / "default";
    json::value pruned = *given;
    DecodeReport report;
    prune_custom(schema, pruned, report);
    if (!report.unknown.empty()) errors.invalid(here, *given, "must not have unknown fields");
    check_value(schema, *given, here, errors);
  }
  const json::object* const items = object_at(openapi, {"items"});
  if (items != nullptr && schema.items != nullptr)
    check_defaults(*schema.items, *items, path / "items", errors);
  const json::object* const properties = object_at(openapi, {"properties"});
  if (properties == nullptr) return;
  for (const auto& each : *properties) {
    const Field* const field = schema.find(text_of(each));
    if (field == nullptr || !each.value().is_object()) continue;
    const FieldPath here = (path / "properties").key(text_of(each));
    if (schema.is_kind && is_meta(text_of(each))) {
      if (value_at(each.value().get_object(), {"default"}) != nullptr) {
        errors.forbidden(here / "default",
                         fmt::format("must not be set in top-level {}", text_of(each)));
      }
      continue;
    }
    check_defaults(*field->schema, each.value().get_object(), here, errors);
  }
}

}  // namespace

const Schema& make_custom_schema(const json::object& openapi, const GroupVersionKind& gvk,
                                 bool preserve, const BuiltinSchemas& schemas,
                                 std::deque<Schema>& storage) {
  Schema& schema = Maker(schemas, storage).make(openapi, true);
  if (schema.type != Type::kObject) schema.type = Type::kObject;
  if (preserve) schema.preserve_unknown = true;
  // OpenAPI's names read from the outermost domain inwards.
  std::string reversed;
  std::string_view group = gvk.group;
  while (!group.empty()) {
    const std::size_t dot = group.rfind('.');
    reversed += fmt::format("{}.", dot == std::string_view::npos ? group : group.substr(dot + 1));
    group = dot == std::string_view::npos ? std::string_view() : group.substr(0, dot);
  }
  schema.definition = fmt::format("{}{}.{}", reversed, gvk.version, gvk.kind);
  return schema;
}

void check_custom_defaults(const json::object& openapi, const FieldPath& path,
                           const BuiltinSchemas& schemas, ErrorList& errors) {
  std::deque<Schema> storage;
  check_defaults(Maker(schemas, storage).make(openapi, true), openapi, path, errors);
}

void prune_custom(const Schema& schema, json::value& value, DecodeReport& report) {
  Pruner(report).value(&schema, value, {});
}

void sort_members(json::value& value) {
  if (value.is_array()) {
    for (json::value& each : value.get_array()) sort_members(each);
  } else if (value.is_object()) {
    json::object& object = value.get_object();
    for (auto& each : object) sort_members(each.value());
    if (std::ranges::is_sorted(object, {}, text_of)) return;
    std::vector<std::pair<std::string_view, json::value*>> members;
    members.reserve(object.size());
    for (auto& each : object) members.emplace_back(text_of(each), &each.value());
    std::ranges::sort(members, {}, &std::pair<std::string_view, json::value*>::first);
    json::object sorted(object.storage());
    sorted.reserve(object.size());
    for (const auto& [name, member] : members) sorted.emplace(key(name), std::move(*member));
    object = std::move(sorted);
  }
}

}  // namespace cove::api
