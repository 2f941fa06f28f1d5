#include "core/api/openapi_protobuf.h"

#include <ranges>
#include <span>

#include "core/api/protobuf_wire.h"

namespace cove::api::openapi {
namespace {

using wire::ReverseWriter;

// The messages, named as gnostic names them. Those with "OrReference" in their names hold either
// the message (1) or a Reference (2).
enum class Id {
  kNone,
  // Both versions, with numbers of their own.
  kDocument2,
  kDocument3,
  kInfo2,
  kInfo3,
  kPaths2,
  kPaths3,
  kPathItem2,
  kPathItem3,
  kOperation2,
  kOperation3,
  kSchema2,
  kSchema3,
  kResponses2,
  kResponses3,
  kResponse2,
  kResponse3,
  kNamedSchemas2,
  kNamedSchemas3,
  // Version 2.
  kBodyParameter,
  kPathParameter,
  kQueryParameter,
  // Version 3.
  kComponents,
  kParameter3,
  kRequestBody,
  kMediaTypes,
  kMediaType,
  kReference
};

enum class Shape {
  kText,
  kFlag,
  kInteger,
  kNumber,
  kTexts,
  kAny,              // Any: its YAML is field 2
  kAnys,             //
  kMessage,          //
  kMessages,         //
  kOrReference,      // a message in 1 or a Reference in 2
  kOrReferences,     //
  kItems2,           // ItemsItem of Schema
  kItems3,           // ItemsItem of SchemaOrReference
  kAdditional2,      // AdditionalPropertiesItem: Schema or a boolean
  kAdditional3,      // the same of SchemaOrReference
  kTypeItem,         // version 2's list of types
  kDefault,          // version 3's DefaultType
  kParameters2,      // version 2's ParametersItem
  kSchemaItem,       // version 2's schema of a response
  kRest,             // every other member as a named message
  kRestOrReference,  // the same, each in an OrReference
  kExtensions        // every member "x-…" as a NamedAny
};

// One member of a JSON object, by ascending number of its field.
struct Property {
  int number;
  std::string_view name;
  Shape shape;
  Id id = Id::kNone;
};

constexpr Property kDocument2[] = {{1, "swagger", Shape::kText},
                                   {2, "info", Shape::kMessage, Id::kInfo2},
                                   {8, "paths", Shape::kMessage, Id::kPaths2},
                                   {9, "definitions", Shape::kMessage, Id::kNamedSchemas2},
                                   {16, "", Shape::kExtensions}};
constexpr Property kDocument3[] = {{1, "openapi", Shape::kText},
                                   {2, "info", Shape::kMessage, Id::kInfo3},
                                   {4, "paths", Shape::kMessage, Id::kPaths3},
                                   {5, "components", Shape::kMessage, Id::kComponents},
                                   {9, "", Shape::kExtensions}};
constexpr Property kInfo2[] = {{1, "title", Shape::kText}, {2, "version", Shape::kText}};
constexpr Property kInfo3[] = {{1, "title", Shape::kText}, {6, "version", Shape::kText}};
constexpr Property kPaths2[] = {{2, "", Shape::kRest, Id::kPathItem2}};
constexpr Property kPaths3[] = {{1, "", Shape::kRest, Id::kPathItem3}};
constexpr Property kPathItem2[] = {{2, "get", Shape::kMessage, Id::kOperation2},
                                   {3, "put", Shape::kMessage, Id::kOperation2},
                                   {4, "post", Shape::kMessage, Id::kOperation2},
                                   {5, "delete", Shape::kMessage, Id::kOperation2},
                                   {8, "patch", Shape::kMessage, Id::kOperation2},
                                   {9, "parameters", Shape::kParameters2},
                                   {10, "", Shape::kExtensions}};
constexpr Property kPathItem3[] = {{4, "get", Shape::kMessage, Id::kOperation3},
                                   {5, "put", Shape::kMessage, Id::kOperation3},
                                   {6, "post", Shape::kMessage, Id::kOperation3},
                                   {7, "delete", Shape::kMessage, Id::kOperation3},
                                   {10, "patch", Shape::kMessage, Id::kOperation3},
                                   {13, "parameters", Shape::kOrReferences, Id::kParameter3},
                                   {14, "", Shape::kExtensions}};
constexpr Property kOperation2[] = {{1, "tags", Shape::kTexts},
                                    {3, "description", Shape::kText},
                                    {5, "operationId", Shape::kText},
                                    {6, "produces", Shape::kTexts},
                                    {7, "consumes", Shape::kTexts},
                                    {8, "parameters", Shape::kParameters2},
                                    {9, "responses", Shape::kMessage, Id::kResponses2},
                                    {10, "schemes", Shape::kTexts},
                                    {13, "", Shape::kExtensions}};
constexpr Property kOperation3[] = {{1, "tags", Shape::kTexts},
                                    {3, "description", Shape::kText},
                                    {5, "operationId", Shape::kText},
                                    {6, "parameters", Shape::kOrReferences, Id::kParameter3},
                                    {7, "requestBody", Shape::kOrReference, Id::kRequestBody},
                                    {8, "responses", Shape::kMessage, Id::kResponses3},
                                    {13, "", Shape::kExtensions}};
constexpr Property kSchema2[] = {{1, "$ref", Shape::kText},
                                 {2, "format", Shape::kText},
                                 {3, "title", Shape::kText},
                                 {4, "description", Shape::kText},
                                 {5, "default", Shape::kAny},
                                 {6, "multipleOf", Shape::kNumber},
                                 {7, "maximum", Shape::kNumber},
                                 {8, "exclusiveMaximum", Shape::kFlag},
                                 {9, "minimum", Shape::kNumber},
                                 {10, "exclusiveMinimum", Shape::kFlag},
                                 {11, "maxLength", Shape::kInteger},
                                 {12, "minLength", Shape::kInteger},
                                 {13, "pattern", Shape::kText},
                                 {14, "maxItems", Shape::kInteger},
                                 {15, "minItems", Shape::kInteger},
                                 {16, "uniqueItems", Shape::kFlag},
                                 {17, "maxProperties", Shape::kInteger},
                                 {18, "minProperties", Shape::kInteger},
                                 {19, "required", Shape::kTexts},
                                 {20, "enum", Shape::kAnys},
                                 {21, "additionalProperties", Shape::kAdditional2},
                                 {22, "type", Shape::kTypeItem},
                                 {23, "items", Shape::kItems2},
                                 {24, "allOf", Shape::kMessages, Id::kSchema2},
                                 {25, "properties", Shape::kMessage, Id::kNamedSchemas2},
                                 {31, "", Shape::kExtensions}};
constexpr Property kSchema3[] = {{1, "nullable", Shape::kFlag},
                                 {9, "title", Shape::kText},
                                 {10, "multipleOf", Shape::kNumber},
                                 {11, "maximum", Shape::kNumber},
                                 {12, "exclusiveMaximum", Shape::kFlag},
                                 {13, "minimum", Shape::kNumber},
                                 {14, "exclusiveMinimum", Shape::kFlag},
                                 {15, "maxLength", Shape::kInteger},
                                 {16, "minLength", Shape::kInteger},
                                 {17, "pattern", Shape::kText},
                                 {18, "maxItems", Shape::kInteger},
                                 {19, "minItems", Shape::kInteger},
                                 {20, "uniqueItems", Shape::kFlag},
                                 {21, "maxProperties", Shape::kInteger},
                                 {22, "minProperties", Shape::kInteger},
                                 {23, "required", Shape::kTexts},
                                 {24, "enum", Shape::kAnys},
                                 {25, "type", Shape::kText},
                                 {26, "allOf", Shape::kOrReferences, Id::kSchema3},
                                 {27, "oneOf", Shape::kOrReferences, Id::kSchema3},
                                 {28, "anyOf", Shape::kOrReferences, Id::kSchema3},
                                 {29, "not", Shape::kMessage, Id::kSchema3},
                                 {30, "items", Shape::kItems3},
                                 {31, "properties", Shape::kMessage, Id::kNamedSchemas3},
                                 {32, "additionalProperties", Shape::kAdditional3},
                                 {33, "default", Shape::kDefault},
                                 {34, "description", Shape::kText},
                                 {35, "format", Shape::kText},
                                 {36, "", Shape::kExtensions}};
constexpr Property kResponses2[] = {{1, "", Shape::kRestOrReference, Id::kResponse2}};
constexpr Property kResponses3[] = {{2, "", Shape::kRestOrReference, Id::kResponse3}};
constexpr Property kResponse2[] = {{1, "description", Shape::kText},
                                   {2, "schema", Shape::kSchemaItem}};
constexpr Property kResponse3[] = {{1, "description", Shape::kText},
                                   {3, "content", Shape::kMessage, Id::kMediaTypes}};
constexpr Property kNamedSchemas2[] = {{1, "", Shape::kRest, Id::kSchema2}};
constexpr Property kNamedSchemas3[] = {{1, "", Shape::kRestOrReference, Id::kSchema3}};
constexpr Property kBodyParameter[] = {{1, "description", Shape::kText},
                                       {2, "name", Shape::kText},
                                       {3, "in", Shape::kText},
                                       {4, "required", Shape::kFlag},
                                       {5, "schema", Shape::kMessage, Id::kSchema2}};
constexpr Property kPathParameter[] = {
    {1, "required", Shape::kFlag}, {2, "in", Shape::kText},   {3, "description", Shape::kText},
    {4, "name", Shape::kText},     {5, "type", Shape::kText}, {19, "uniqueItems", Shape::kFlag}};
constexpr Property kQueryParameter[] = {
    {1, "required", Shape::kFlag}, {2, "in", Shape::kText},   {3, "description", Shape::kText},
    {4, "name", Shape::kText},     {6, "type", Shape::kText}, {20, "uniqueItems", Shape::kFlag}};
constexpr Property kComponents[] = {{1, "schemas", Shape::kMessage, Id::kNamedSchemas3}};
constexpr Property kParameter3[] = {{1, "name", Shape::kText},
                                    {2, "in", Shape::kText},
                                    {3, "description", Shape::kText},
                                    {4, "required", Shape::kFlag},
                                    {10, "schema", Shape::kOrReference, Id::kSchema3}};
constexpr Property kRequestBody[] = {{1, "description", Shape::kText},
                                     {2, "content", Shape::kMessage, Id::kMediaTypes},
                                     {3, "required", Shape::kFlag}};
constexpr Property kMediaTypes[] = {{1, "", Shape::kRest, Id::kMediaType}};
constexpr Property kMediaType[] = {{1, "schema", Shape::kOrReference, Id::kSchema3}};
constexpr Property kReference[] = {{1, "$ref", Shape::kText}};

std::span<const Property> properties_of(Id id) {
  switch (id) {
    case Id::kDocument2: return kDocument2;
    case Id::kDocument3: return kDocument3;
    case Id::kInfo2: return kInfo2;
    case Id::kInfo3: return kInfo3;
    case Id::kPaths2: return kPaths2;
    case Id::kPaths3: return kPaths3;
    case Id::kPathItem2: return kPathItem2;
    case Id::kPathItem3: return kPathItem3;
    case Id::kOperation2: return kOperation2;
    case Id::kOperation3: return kOperation3;
    case Id::kSchema2: return kSchema2;
    case Id::kSchema3: return kSchema3;
    case Id::kResponses2: return kResponses2;
    case Id::kResponses3: return kResponses3;
    case Id::kResponse2: return kResponse2;
    case Id::kResponse3: return kResponse3;
    case Id::kNamedSchemas2: return kNamedSchemas2;
    case Id::kNamedSchemas3: return kNamedSchemas3;
    case Id::kBodyParameter: return kBodyParameter;
    case Id::kPathParameter: return kPathParameter;
    case Id::kQueryParameter: return kQueryParameter;
    case Id::kComponents: return kComponents;
    case Id::kParameter3: return kParameter3;
    case Id::kRequestBody: return kRequestBody;
    case Id::kMediaTypes: return kMediaTypes;
    case Id::kMediaType: return kMediaType;
    case Id::kReference: return kReference;
    case Id::kNone: break;
  }
  return {};
}

bool is_extension(std::string_view name) {
  return name.starts_with("x-");
}

// gnostic's messages are proto3: zero values are left out.
class GnosticWriter {
 public:
  void message(Id id, const json::object& object) {
    // Properties may be called "x-…" without being extensions.
    const bool field_names = id == Id::kNamedSchemas2 || id == Id::kNamedSchemas3;
    for (const Property& each : std::views::reverse(properties_of(id))) {
      if (!each.name.empty()) {
        if (const json::value* value = object.if_contains(key(each.name))) property(each, *value);
        continue;
      }
      for (std::size_t i = object.size(); i-- > 0;) {
        const json::key_value_pair& member = *(object.begin() + static_cast<std::ptrdiff_t>(i));
        const std::string_view name(member.key().data(), member.key().size());
        if (field_names || is_extension(name) == (each.shape == Shape::kExtensions))
          named(each, name, member.value());
      }
    }
  }

  std::string finish() const { return writer_.finish(); }

 private:
  template <class Write>
  void nested(int number, Write write) {
    const std::size_t before = writer_.size();
    write();
    writer_.message_field(number, before);
  }

  void named(const Property& property, std::string_view name, const json::value& value) {
    nested(property.number, [&] {
      if (property.shape == Shape::kExtensions) {
        any(2, value);
      } else if (property.shape == Shape::kRestOrReference) {
        or_reference(2, property.id, value);
      } else if (value.is_object()) {
        nested(2, [&] { message(property.id, value.get_object()); });
      }
      writer_.bytes_field(1, name);
    });
  }

  void any(int number, const json::value& value) {
    nested(number, [&] { writer_.bytes_field(2, to_text(value) + "\n"); });
  }

  void or_reference(int number, Id id, const json::value& value) {
    const json::object* const object = value.if_object();
    if (object == nullptr) return;
    const bool reference = object->contains("$ref");
    nested(number, [&] {
      nested(reference ? 2 : 1, [&] { message(reference ? Id::kReference : id, *object); });
    });
  }

  void parameter2(int number, const json::value& value) {
    const json::object* const object = value.if_object();
    if (object == nullptr) return;
    const std::string_view in = text_at(*object, {"in"});
    const auto write = [&] {
      if (in == "body") {
        nested(1, [&] { message(Id::kBodyParameter, *object); });
      } else {
        const bool path = in == "path";
        nested(2, [&] {
          nested(path ? 4 : 3,
                 [&] { message(path ? Id::kPathParameter : Id::kQueryParameter, *object); });
        });
      }
    };
    nested(number, [&] { nested(1, write); });
  }

  // Calls `write(element)` from the last to the first.
  template <class Write>
  static void backwards(const json::value& value, Write write) {
    if (const json::array* const array = value.if_array()) {
      for (const json::value& each : std::views::reverse(*array)) write(each);
    }
  }

  void default_value(int number, const json::value& value) {
    nested(number, [&] {
      if (value.is_number()) writer_.double_field(1, value.to_number<double>());
      if (value.is_bool()) writer_.integer_field(2, value.get_bool());
      if (value.is_string()) writer_.bytes_field(3, view(value.get_string()));
    });
  }

  void property(const Property& property, const json::value& value) {
    const int number = property.number;
    switch (property.shape) {
      case Shape::kText:
        if (value.is_string()) writer_.bytes_field(number, view(value.get_string()));
        return;
      case Shape::kFlag:
        if (value.is_bool() && value.get_bool()) writer_.integer_field(number, 1);
        return;
      case Shape::kInteger:
        if (value.is_number()) writer_.integer_field(number, value.to_number<std::int64_t>());
        return;
      case Shape::kNumber:
        if (value.is_number()) writer_.double_field(number, value.to_number<double>());
        return;
      case Shape::kTexts:
        backwards(value, [&](const json::value& each) {
          if (each.is_string()) writer_.bytes_field(number, view(each.get_string()));
        });
        return;
      case Shape::kTypeItem:
        if (value.is_string())
          nested(number, [&] { writer_.bytes_field(1, view(value.get_string())); });
        return;
      case Shape::kAny: return any(number, value);
      case Shape::kAnys:
        return backwards(value, [&](const json::value& each) { any(number, each); });
      case Shape::kDefault: return default_value(number, value);
      default: return structure(property, value);
    }
  }

  void structure(const Property& property, const json::value& value) {
    const int number = property.number;
    switch (property.shape) {
      case Shape::kMessage:
        if (value.is_object()) nested(number, [&] { message(property.id, value.get_object()); });
        return;
      case Shape::kMessages:
        return backwards(value, [&](const json::value& each) {
          if (each.is_object()) nested(number, [&] { message(property.id, each.get_object()); });
        });
      case Shape::kOrReference: return or_reference(number, property.id, value);
      case Shape::kOrReferences:
        return backwards(value,
                         [&](const json::value& each) { or_reference(number, property.id, each); });
      case Shape::kItems2:
      case Shape::kSchemaItem:
        if (value.is_object())
          nested(number, [&] { nested(1, [&] { message(Id::kSchema2, value.get_object()); }); });
        return;
      case Shape::kItems3: return nested(number, [&] { or_reference(1, Id::kSchema3, value); });
      case Shape::kAdditional2:
      case Shape::kAdditional3:
        return nested(number, [&] {
          if (value.is_bool()) {
            writer_.integer_field(2, value.get_bool());
          } else if (property.shape == Shape::kAdditional3) {
            or_reference(1, Id::kSchema3, value);
          } else if (value.is_object()) {
            nested(1, [&] { message(Id::kSchema2, value.get_object()); });
          }
        });
      case Shape::kParameters2:
        return backwards(value, [&](const json::value& each) { parameter2(number, each); });
      default: return;
    }
  }

  ReverseWriter writer_{std::size_t{1} << 20};
};

}  // namespace

std::string gnostic_document(Version version, const json::object& document) {
  GnosticWriter writer;
  writer.message(version == Version::kV2 ? Id::kDocument2 : Id::kDocument3, document);
  return writer.finish();
}

}  // namespace cove::api::openapi
