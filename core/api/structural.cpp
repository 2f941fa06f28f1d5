#include "core/api/structural.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/api/constraints.h"

namespace cove::api {
namespace {

enum class Level { kRoot, kItem, kField };

constexpr std::string_view kEmbedded = "x-kubernetes-embedded-resource";
constexpr std::string_view kIntOrString = "x-kubernetes-int-or-string";
constexpr std::string_view kListKeys = "x-kubernetes-list-map-keys";
constexpr std::string_view kListType = "x-kubernetes-list-type";
constexpr std::string_view kMapType = "x-kubernetes-map-type";
constexpr std::string_view kPreserve = "x-kubernetes-preserve-unknown-fields";

json::value text_value(std::string_view text) {
  return json::value(json::string_view(text.data(), text.size()));
}

std::string_view name_of(const json::key_value_pair& each) {
  return {each.key().data(), each.key().size()};
}

// Calls `visit(schema, path)` for each schema in the list of that name.
template <class Visit>
void for_each_in(const json::object& schema, std::string_view name, const FieldPath& path,
                 Visit visit) {
  const json::array* const list = array_at(schema, {name});
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (const json::object* const each = (*list)[i].if_object())
      visit(*each, (path / name).index(i), i);
  }
}

template <class Visit>
void for_each_property(const json::object& schema, const FieldPath& path, Visit visit) {
  const json::object* const properties = object_at(schema, {"properties"});
  if (properties == nullptr) return;
  for (const auto& each : *properties) {
    if (const json::object* const nested = each.value().if_object())
      visit(name_of(each), *nested, (path / "properties").key(name_of(each)));
  }
}

// anyOf: integer or string, as generators write it for x-kubernetes-int-or-string.
bool is_int_or_string_choice(const json::object& schema) {
  const json::array* const list = array_at(schema, {"anyOf"});
  if (list == nullptr || list->size() != 2) return false;
  std::set<std::string_view> types;
  for (const json::value& each : *list) {
    if (!each.is_object() || each.get_object().size() != 1) return false;
    types.insert(text_at(each.get_object(), {"type"}));
  }
  return types == std::set<std::string_view>{"integer", "string"};
}

class Checker {
 public:
  explicit Checker(ErrorList& errors) : errors_(errors) {}

  void schema(const json::object& schema, Level level, const FieldPath& path) {
    const std::string_view type = text_at(schema, {"type"});
    if (type == "array" && object_at(schema, {"items"}) == nullptr)
      errors_.required(path / "items", "must be specified");
    if (const json::object* const items = object_at(schema, {"items"}))
      this->schema(*items, Level::kItem, path / "items");
    for_each_property(schema, path,
                      [&](std::string_view, const json::object& nested, const FieldPath& here) {
                        this->schema(nested, Level::kField, here);
                      });
    additional(schema, level, path);
    unsupported(schema, path);
    type_rules(schema, level, path);
    list_rules(schema, path);
    metadata_rules(schema, level, path);
    const bool choice = is_int_or_string_choice(schema);
    values(schema, choice, path);
    complete(schema, schema, path, path);
  }

 private:
  void additional(const json::object& schema, Level level, const FieldPath& path) {
    const json::value* const value = value_at(schema, {"additionalProperties"});
    if (value == nullptr) return;
    const FieldPath here = path / "additionalProperties";
    if (level == Level::kRoot) errors_.forbidden(here, "must not be used at the root");
    if (flag_at(schema, {kEmbedded})) {
      errors_.forbidden(here, fmt::format("must not be used if {} is set", kEmbedded));
    }
    const json::object* const properties = object_at(schema, {"properties"});
    const bool is_true = value->is_bool() && value->get_bool();
    if (properties != nullptr && !properties->empty() && !is_true)
      errors_.forbidden(here, "additionalProperties and properties are mutual exclusive");
    if (const json::object* const nested = value->if_object())
      this->schema(*nested, Level::kField, here);
  }

  void unsupported(const json::object& schema, const FieldPath& path) {
    for (const std::string_view name : {"id", "$schema", "$ref", "patternProperties",
                                        "dependencies", "additionalItems", "definitions"}) {
      if (value_at(schema, {name}) != nullptr)
        errors_.forbidden(path / name, fmt::format("{} is not supported", name));
    }
    if (flag_at(schema, {"uniqueItems"})) {
      errors_.forbidden(path / "uniqueItems",
                        "uniqueItems cannot be set to true since the runtime complexity becomes "
                        "quadratic");
    }
  }

  void type_rules(const json::object& schema, Level level, const FieldPath& path) {
    const std::string_view type = text_at(schema, {"type"});
    const bool embedded = flag_at(schema, {kEmbedded});
    const bool preserve = flag_at(schema, {kPreserve});
    const bool int_or_string = flag_at(schema, {kIntOrString});
    const json::value* const flag = value_at(schema, {kPreserve});
    if (flag != nullptr && flag->is_bool() && !flag->get_bool())
      errors_.invalid(path / kPreserve, false, "must be true or undefined");
    if (int_or_string && preserve) {
      errors_.invalid(path / kPreserve, true,
                      fmt::format("must be false if {} is true", kIntOrString));
    }
    if (int_or_string && embedded) {
      errors_.invalid(path / kEmbedded, true,
                      fmt::format("must be false if {} is true", kIntOrString));
    }
    if (int_or_string && !type.empty()) {
      errors_.invalid(path / "type", text_value(type),
                      fmt::format("must be empty if {} is true", kIntOrString));
    }
    const std::string must_be_object = fmt::format("must be object if {} is true", kEmbedded);
    if (embedded && type.empty()) {
      errors_.required(path / "type", must_be_object);
    } else if (embedded && type != "object") {
      errors_.invalid(path / "type", text_value(type), must_be_object);
    } else if (type.empty() && !int_or_string && !preserve) {
      errors_.required(path / "type", level == Level::kRoot ? "must not be empty at the root"
                                      : level == Level::kItem
                                          ? "must not be empty for specified array items"
                                          : "must not be empty for specified object fields");
    }
    if (level == Level::kRoot && !type.empty() && type != "object")
      errors_.invalid(path / "type", text_value(type), "must be object at the root");
    const std::vector<std::string> types = {"array",  "boolean", "integer",
                                            "number", "object",  "string"};
    if (!type.empty() && std::ranges::find(types, type) == types.end())
      errors_.not_supported(path / "type", text_value(type), types);
    const json::object* const properties = object_at(schema, {"properties"});
    if (embedded && !preserve && (properties == nullptr || properties->empty())) {
      errors_.required(
          path / "properties",
          fmt::format("must not be empty if {} is true without {}", kEmbedded, kPreserve));
    }
  }

  void list_rules(const json::object& schema, const FieldPath& path) {
    const std::string_view type = text_at(schema, {"type"});
    if (const std::string_view map_type = text_at(schema, {kMapType}); !map_type.empty()) {
      must_be(type, "object", kMapType, path);
      if (map_type != "atomic" && map_type != "granular")
        errors_.not_supported(path / kMapType, text_value(map_type), {"atomic", "granular"});
    }
    const std::string_view list_type = text_at(schema, {kListType});
    const json::array* const keys = array_at(schema, {kListKeys});
    const bool has_keys = keys != nullptr && !keys->empty();
    if (!list_type.empty()) {
      must_be(type, "array", kListType, path);
      if (list_type != "atomic" && list_type != "set" && list_type != "map")
        errors_.not_supported(path / kListType, text_value(list_type), {"atomic", "set", "map"});
    }
    if (has_keys && list_type != "map") {
      const std::string detail = fmt::format("must be map if {} is non-empty", kListKeys);
      if (list_type.empty()) {
        errors_.required(path / kListType, detail);
      } else {
        errors_.invalid(path / kListType, text_value(list_type), detail);
      }
    }
    const json::object* const items = object_at(schema, {"items"});
    if ((list_type == "map" || list_type == "set") && items != nullptr &&
        flag_at(*items, {"nullable"})) {
      errors_.forbidden(path / "items" / "nullable",
                        fmt::format("cannot be nullable when {} is {}", kListType, list_type));
    }
    if (list_type == "map") keyed_list(schema, keys, items, path);
  }

  void must_be(std::string_view type, std::string_view wanted, std::string_view because,
               const FieldPath& path) {
    const std::string detail = fmt::format("must be {} if {} is specified", wanted, because);
    if (type.empty()) {
      errors_.required(path / "type", detail);
    } else if (type != wanted) {
      errors_.invalid(path / "type", text_value(type), detail);
    }
  }

  void keyed_list(const json::object&, const json::array* keys, const json::object* items,
                  const FieldPath& path) {
    if (keys == nullptr || keys->empty()) {
      errors_.required(path / kListKeys, fmt::format("must not be empty if {} is map", kListType));
      return;
    }
    if (items == nullptr) return;
    if (const std::string_view type = text_at(*items, {"type"}); type != "object") {
      errors_.invalid(path / "items" / "type", text_value(type),
                      fmt::format("must be object if parent array's {} is map", kListType));
    }
    std::set<std::string_view> seen;
    for (const json::value& each : *keys) {
      const std::string_view name = each.is_string() ? view(each.get_string()) : "";
      const json::object* const property = object_at(*items, {"properties", name});
      const FieldPath here = (path / "items" / "properties").key(name);
      if (property == nullptr) {
        errors_.invalid(path / kListKeys, *keys, "entries must all be names of item properties");
        continue;
      }
      if (!seen.insert(name).second)
        errors_.invalid(path / kListKeys, *keys, "must not contain duplicate entries");
      const std::string_view type = text_at(*property, {"type"});
      if (type == "object" || type == "array") {
        errors_.invalid(
            here / "type", text_value(type),
            fmt::format("must be a scalar type if parent array's {} is map", kListType));
      }
      if (!is_required(*items, name) && value_at(*property, {"default"}) == nullptr) {
        errors_.required(here / "default",
                         fmt::format("this property is in {}, so it must have a default or be a "
                                     "required property",
                                     kListKeys));
      }
      if (flag_at(*property, {"nullable"})) {
        errors_.forbidden(
            here / "nullable",
            fmt::format("this property is in {}, so it cannot be nullable", kListKeys));
      }
    }
  }

  static bool is_required(const json::object& schema, std::string_view name) {
    const json::array* const required = array_at(schema, {"required"});
    return required != nullptr && std::ranges::any_of(*required, [&](const json::value& each) {
             return each.is_string() && view(each.get_string()) == name;
           });
  }

  void metadata_rules(const json::object& schema, Level level, const FieldPath& path) {
    const bool has_metadata = level == Level::kRoot || flag_at(schema, {kEmbedded});
    if (!has_metadata) return;
    for (const std::string_view name : {"kind", "apiVersion"}) {
      const json::object* const property = object_at(schema, {"properties", name});
      if (property == nullptr || text_at(*property, {"type"}) == "string") continue;
      errors_.invalid((path / "properties").key(name) / "type",
                      text_value(text_at(*property, {"type"})), "must be string");
    }
    const json::object* const metadata = object_at(schema, {"properties", "metadata"});
    if (metadata == nullptr) return;
    const FieldPath here = (path / "properties").key("metadata");
    if (text_at(*metadata, {"type"}) != "object")
      errors_.invalid(here / "type", text_value(text_at(*metadata, {"type"})), "must be object");
    if (level != Level::kRoot) return;
    const auto is_allowed = [](const json::key_value_pair& each) {
      const std::string_view name = name_of(each);
      if (name != "properties") return name == "type" || name == "description";
      return each.value().is_object() &&
             std::ranges::all_of(each.value().get_object(), [](const json::key_value_pair& one) {
               return name_of(one) == "name" || name_of(one) == "generateName";
             });
    };
    if (!std::ranges::all_of(*metadata, is_allowed)) {
      errors_.forbidden(here,
                        "must not specify anything other than name and generateName, but metadata "
                        "is implicitly specified");
    }
  }

  // What constrains values, here and under allOf and the like.
  void values(const json::object& schema, bool skip_any_of, const FieldPath& path) {
    const auto check = [&](const json::object& each, const FieldPath& here, std::size_t) {
      nested(each, false, here);
    };
    if (!skip_any_of) for_each_in(schema, "anyOf", path, check);
    for_each_in(schema, "allOf", path,
                [&](const json::object& each, const FieldPath& here, std::size_t i) {
                  nested(each, i == 0 && is_int_or_string_choice(each), here);
                });
    for_each_in(schema, "oneOf", path, check);
    if (const json::object* const negated = object_at(schema, {"not"}))
      nested(*negated, false, path / "not");
    if (const std::string_view text = text_at(schema, {"pattern"}); !text.empty()) {
      if (const auto pattern = Pattern::make(text); pattern.has_error()) {
        errors_.invalid(path / "pattern", text_value(text),
                        fmt::format("must be a valid regular expression, but isn't: {}",
                                    pattern.error().cause));
      }
    }
  }

  void nested(const json::object& schema, bool skip_any_of, const FieldPath& path) {
    values(schema, skip_any_of, path);
    if (const json::object* const items = object_at(schema, {"items"}))
      nested(*items, false, path / "items");
    for_each_property(schema, path,
                      [&](std::string_view, const json::object& each, const FieldPath& here) {
                        nested(each, false, here);
                      });
    const std::pair<std::string_view, std::string_view> forbidden[] = {
        {"type", "must be empty to be structural"},
        {"additionalProperties", "must be undefined to be structural"},
        {"default", "must be undefined to be structural"},
        {"title", "must be empty to be structural"},
        {"description", "must be empty to be structural"},
        {"nullable", "must be false to be structural"},
        {kPreserve, "must be false to be structural"},
        {kEmbedded, "must be false to be structural"},
        {kIntOrString, "must be false to be structural"},
        {kListKeys, "must be empty to be structural"},
        {kListType, "must be undefined to be structural"},
        {kMapType, "must be undefined to be structural"},
        {"x-kubernetes-validations", "must be empty to be structural"}};
    for (const auto& [name, detail] : forbidden) {
      const json::value* const value = value_at(schema, {name});
      const bool is_off = value == nullptr || (value->is_bool() && !value->get_bool() &&
                                               name != "additionalProperties" && name != "default");
      if (!is_off) errors_.forbidden(path / name, std::string(detail));
    }
    if (value_at(schema, {"properties", "metadata"}) != nullptr) {
      errors_.forbidden((path / "properties").key("metadata"),
                        "must not be specified in a nested context");
    }
  }

  // Every field that is constrained under allOf and the like also stands in the structure.
  void complete(const json::object& values, const json::object& structure,
                const FieldPath& structure_path, const FieldPath& values_path) {
    for (const std::string_view name : {"allOf", "anyOf", "oneOf"}) {
      for_each_in(values, name, values_path,
                  [&](const json::object& each, const FieldPath& here, std::size_t) {
                    complete_nested(each, structure, structure_path, here);
                  });
    }
    if (const json::object* const negated = object_at(values, {"not"}))
      complete_nested(*negated, structure, structure_path, values_path / "not");
  }

  void complete_nested(const json::object& values, const json::object& structure,
                       const FieldPath& structure_path, const FieldPath& values_path) {
    complete(values, structure, structure_path, values_path);
    const auto descend = [&](const json::object& each, const json::object* counterpart,
                             const FieldPath& here, const FieldPath& values_here) {
      if (counterpart != nullptr) return complete_nested(each, *counterpart, here, values_here);
      errors_.required(here, "because it is defined in " + values_here.text());
    };
    if (const json::object* const items = object_at(values, {"items"})) {
      descend(*items, object_at(structure, {"items"}), structure_path / "items",
              values_path / "items");
    }
    for_each_property(values, values_path,
                      [&](std::string_view name, const json::object& each, const FieldPath& here) {
                        descend(each, object_at(structure, {"properties", name}),
                                (structure_path / "properties").key(name), here);
                      });
  }

  ErrorList& errors_;
};

}  // namespace

void check_structural(const json::object& schema, const FieldPath& path, ErrorList& errors) {
  Checker(errors).schema(schema, Level::kRoot, path);
}

}  // namespace cove::api
