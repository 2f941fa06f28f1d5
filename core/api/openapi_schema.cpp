#include "core/api/openapi_schema.h"

#include <fmt/format.h>

#include <array>

#include "core/api/openapi_constraints.h"

namespace cove::api::openapi {
namespace {

constexpr std::string_view kApiVersionDoc =
    "Group and version of this object's form, such as v1 or apps/v1.";
constexpr std::string_view kKindDoc = "Kind of this object, such as Pod.";

json::object text_property(std::string_view doc) {
  return {{"description", key(doc)}, {"type", "string"}};
}

struct ScalarDefinition {
  Type type;
  std::string_view name;
  std::string_view doc;
  std::string_view json_type;
  std::string_view format;
};

// Scalars that have a definition of their own, so that clients know them by name.
constexpr std::array<ScalarDefinition, 8> kScalars{{
    {Type::kTime, "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
     "A point in time as RFC 3339 writes it, to the second.", "string", "date-time"},
    {Type::kMicroTime, "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
     "A point in time as RFC 3339 writes it, to the microsecond.", "string", "date-time"},
    {Type::kDuration, "io.k8s.apimachinery.pkg.apis.meta.v1.Duration",
     "A span of time such as 1h30m.", "string", ""},
    {Type::kQuantity, "io.k8s.apimachinery.pkg.api.resource.Quantity",
     "An amount such as 100m, 2 or 1Gi: a decimal number with a suffix of powers of 1000 (n u m k "
     "M G T P E) or of 1024 (Ki Mi Gi Ti Pi Ei).",
     "string", ""},
    {Type::kIntOrString, "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
     "A number, or a text such as a name or a percentage.", "string", "int-or-string"},
    {Type::kFields, "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
     "A set of fields: each key is a field (f:<name>) or an element of a list (k:<keys>, "
     "v:<value>).",
     "object", ""},
    {Type::kRaw, "io.k8s.apimachinery.pkg.runtime.RawExtension", "Any object.", "object", ""},
    {Type::kAny, "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "Any value.", "",
     ""},
}};

json::object scalar_definition(const ScalarDefinition& scalar, Version version) {
  json::object definition{{"description", key(scalar.doc)}};
  const bool two_types = scalar.type == Type::kQuantity || scalar.type == Type::kIntOrString;
  if (two_types && version == Version::kV3) {
    const std::string_view number = scalar.type == Type::kQuantity ? "number" : "integer";
    definition["oneOf"] =
        json::array{json::object{{"type", "string"}}, json::object{{"type", key(number)}}};
  } else if (!scalar.json_type.empty()) {
    definition["type"] = key(scalar.json_type);
  }
  if (!scalar.format.empty()) definition["format"] = key(scalar.format);
  return definition;
}

json::object simple(std::string_view type, std::string_view format = {}) {
  json::object schema{{"type", key(type)}};
  if (!format.empty()) schema["format"] = key(format);
  return schema;
}

std::string patch_strategy(const Field& field) {
  std::string strategy;
  const auto add = [&](bool has, std::string_view name) {
    if (!has) return;
    if (!strategy.empty()) strategy += ',';
    strategy += name;
  };
  add(field.patch_merge, "merge");
  add(field.patch_replace, "replace");
  add(field.patch_retain_keys, "retainKeys");
  return strategy;
}

void add_list_extensions(const Schema& schema, json::object& property) {
  if (schema.list_type == ListType::kMap)
    property["x-kubernetes-list-map-keys"] =
        json::array(schema.list_keys.begin(), schema.list_keys.end());
  property["x-kubernetes-list-type"] = schema.list_type == ListType::kMap   ? "map"
                                       : schema.list_type == ListType::kSet ? "set"
                                                                            : "atomic";
}

}  // namespace

const Schema* builtin_schema(const BuiltinSchemas& schemas, const GroupVersionKind& gvk) {
  const std::string group = gvk.group.empty() ? "core" : gvk.group.substr(0, gvk.group.find('.'));
  const std::string package = group + "/" + gvk.version;
  for (const TypePackage& each : type_packages()) {
    if (each.key == package)
      return schemas.definition(fmt::format("{}.{}", each.openapi, gvk.kind));
  }
  return nullptr;
}

std::string definition_name(const GroupVersionKind& gvk, const Schema* schema) {
  if (schema != nullptr && !schema->definition.empty()) return schema->definition;
  std::string name;
  std::string_view rest = gvk.group;
  while (!rest.empty()) {
    const std::size_t dot = rest.rfind('.');
    name += rest.substr(dot == std::string_view::npos ? 0 : dot + 1);
    name += '.';
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(0, dot);
  }
  return name + gvk.version + "." + gvk.kind;
}

json::object Definitions::reference_to(std::string_view name) const {
  const std::string_view place =
      version_ == Version::kV3 ? "#/components/schemas/" : "#/definitions/";
  return {{"$ref", fmt::format("{}{}", place, name)}};
}

// Version 3 lets nothing stand beside a "$ref".
json::object Definitions::described_reference(std::string_view doc, json::object reference) const {
  json::object made;
  if (!doc.empty()) made["description"] = key(doc);
  if (version_ == Version::kV3) {
    made["allOf"] = json::array{std::move(reference)};
  } else {
    made["$ref"] = std::move(reference["$ref"]);
  }
  return made;
}

json::object Definitions::reference(const GroupVersionKind& gvk, const Schema& schema) {
  const std::string definition = definition_name(gvk, &schema);
  if (queued_.insert(definition).second) queue_.push_back({definition, &schema});
  name(definition, gvk);
  return reference_to(definition);
}

json::object Definitions::list_reference(const GroupVersionKind& gvk, const Schema& schema) {
  const std::string definition = definition_name(gvk, &schema) + "List";
  GroupVersionKind list = gvk;
  list.kind += "List";
  name(definition, list);
  if (queued_.insert(definition).second) {
    json::object items{
        {"description", "The objects."}, {"type", "array"}, {"items", reference(gvk, schema)}};
    json::object properties{
        {"apiVersion", text_property(kApiVersionDoc)},
        {"items", std::move(items)},
        {"kind", text_property(kKindDoc)},
        {"metadata", described_reference("The list's version and where it goes on.",
                                         meta_reference("ListMeta"))}};
    done_[definition] = {{"description", fmt::format("A list of {} objects.", gvk.kind)},
                         {"type", "object"},
                         {"required", json::array{"items"}},
                         {"properties", std::move(properties)}};
  }
  return reference_to(definition);
}

json::object Definitions::meta_reference(std::string_view type) {
  return definition_reference(schemas_.type(fmt::format("meta/v1.{}", type)));
}

json::object Definitions::given_reference(std::string_view name, json::object definition) {
  if (queued_.emplace(name).second) done_.emplace(name, std::move(definition));
  return reference_to(name);
}

void Definitions::name(std::string_view definition, const GroupVersionKind& gvk) {
  kinds_[std::string(definition)].insert(gvk);
}

json::object Definitions::definition_reference(const Schema& schema) {
  if (queued_.insert(schema.definition).second) queue_.push_back({schema.definition, &schema});
  return reference_to(schema.definition);
}

json::object Definitions::scalar_reference(Type type) {
  for (const ScalarDefinition& scalar : kScalars) {
    if (scalar.type == type)
      return given_reference(scalar.name, scalar_definition(scalar, version_));
  }
  return {};
}

json::object Definitions::type_of(const Schema& schema) {
  // Swagger has no null: a type there would make clients refuse it.
  if (schema.nullable && version_ == Version::kV2) return {};
  json::object type = plain_type_of(schema);
  if (schema.constraints) add_constraints(*schema.constraints, version_, type);
  if (schema.nullable) type["nullable"] = true;
  return type;
}

json::object Definitions::plain_type_of(const Schema& schema) {
  switch (schema.type) {
    case Type::kObject:
      return schema.definition.empty() ? inline_object(schema) : definition_reference(schema);
    case Type::kMap: return {{"type", "object"}, {"additionalProperties", type_of(*schema.items)}};
    case Type::kList: return list_of(schema);
    case Type::kString: return simple("string");
    case Type::kBoolean: return simple("boolean");
    case Type::kInt32: return simple("integer", "int32");
    case Type::kInt64: return simple("integer", "int64");
    case Type::kDouble: return simple("number", "double");
    case Type::kBytes: return simple("string", "byte");
    case Type::kIntOrString:
      if (custom_) return {{"x-kubernetes-int-or-string", true}};
      return scalar_reference(schema.type);
    case Type::kAny:
      if (custom_ && !schema.preserve_unknown) return {};
      if (schema.preserve_unknown) return {{"x-kubernetes-preserve-unknown-fields", true}};
      if (!schema.definition.empty())
        return given_reference(schema.definition, {{"description", key(schema.doc)}});
      [[fallthrough]];
    default: return scalar_reference(schema.type);
  }
}

json::object Definitions::list_of(const Schema& schema) {
  if (schema.items == nullptr) return simple("array");
  return {{"type", "array"}, {"items", type_of(*schema.items)}};
}

// An object of a custom resource, which has no definition of its own.
json::object Definitions::inline_object(const Schema& schema) {
  json::object object;
  if (!schema.doc.empty()) object["description"] = key(schema.doc);
  object["type"] = "object";
  add_properties(schema, object);
  if (schema.items != nullptr) object["additionalProperties"] = type_of(*schema.items);
  return object;
}

json::object Definitions::property(const Field& field) {
  const Schema& schema = *field.schema;
  json::object type = type_of(schema);
  json::object property;
  const std::string& doc = field.doc.empty() && schema.definition.empty() ? schema.doc : field.doc;
  if (!doc.empty()) property["description"] = doc;
  const bool is_reference = type.contains("$ref");
  if (is_reference) {
    property = described_reference(doc, std::move(type));
  } else {
    for (auto& member : type) property.insert_or_assign(member.key(), std::move(member.value()));
  }
  if (!doc.empty()) property["description"] = doc;
  if (field.default_value && version_ == Version::kV3) property["default"] = *field.default_value;
  if (!field.enumeration.empty())
    property["enum"] = json::array(field.enumeration.begin(), field.enumeration.end());
  if (schema.type == Type::kList && !schema.wrapped_items) add_list_extensions(schema, property);
  const bool is_map = schema.type == Type::kMap || schema.type == Type::kObject;
  if (is_map && (field.atomic || (schema.atomic && !is_reference)))
    property["x-kubernetes-map-type"] = "atomic";
  if (!field.patch_key.empty()) property["x-kubernetes-patch-merge-key"] = field.patch_key;
  if (const std::string strategy = patch_strategy(field); !strategy.empty())
    property["x-kubernetes-patch-strategy"] = strategy;
  return property;
}

void Definitions::add_properties(const Schema& schema, json::object& definition) {
  json::array required;
  std::map<std::string_view, json::object> properties;
  if (schema.is_kind || schema.embedded_resource) {
    properties["apiVersion"] = text_property(kApiVersionDoc);
    properties["kind"] = text_property(kKindDoc);
  }
  for (const Field& field : schema.fields) {
    properties.insert_or_assign(field.name, property(field));
    if (field.required) required.push_back(json::value(field.name));
  }
  if (!required.empty()) definition["required"] = std::move(required);
  if (!properties.empty()) {
    json::object sorted;
    sorted.reserve(properties.size());
    for (auto& [name, value] : properties) sorted.emplace(key(name), std::move(value));
    definition["properties"] = std::move(sorted);
  }
  if (schema.preserve_unknown) definition["x-kubernetes-preserve-unknown-fields"] = true;
  if (schema.embedded_resource) definition["x-kubernetes-embedded-resource"] = true;
}

json::object Definitions::definition(const Pending& pending) {
  const Schema& schema = *pending.schema;
  custom_ = schemas_.definition(schema.definition) != &schema;
  json::object definition;
  if (!schema.doc.empty()) definition["description"] = key(schema.doc);
  if (schema.type != Type::kObject) {
    for (auto& member : type_of(schema))
      definition.emplace(member.key(), std::move(member.value()));
    return definition;
  }
  definition["type"] = "object";
  add_properties(schema, definition);
  if (schema.items != nullptr) definition["additionalProperties"] = type_of(*schema.items);
  if (schema.atomic) definition["x-kubernetes-map-type"] = "atomic";
  if (schema.constraints) add_constraints(*schema.constraints, version_, definition);
  return definition;
}

json::object Definitions::finish() {
  while (!queue_.empty()) {
    const Pending pending = std::move(queue_.front());
    queue_.pop_front();
    done_.insert_or_assign(pending.name, definition(pending));
  }
  json::object all;
  all.reserve(done_.size());
  for (auto& [name, definition] : done_) {
    if (const auto kinds = kinds_.find(name); kinds != kinds_.end()) {
      json::array list;
      for (const GroupVersionKind& gvk : kinds->second) {
        list.push_back({{"group", gvk.group}, {"kind", gvk.kind}, {"version", gvk.version}});
      }
      definition["x-kubernetes-group-version-kind"] = std::move(list);
    }
    all.emplace(name, std::move(definition));
  }
  return all;
}

}  // namespace cove::api::openapi
