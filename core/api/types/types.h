// What is known about the API's built-in types, as tables: one row per field, one array per type.
// Names, numbers and list semantics are those of Kubernetes v1.36's API reference; the docs are
// Cove's. Nothing is computed from a row until its type is used (see core/api/schema.h).
#pragma once

#include <span>
#include <string_view>

namespace cove::api {

// One field of a type.
//
// `type`: "string", "bool", "int32", "int64", "float64", "bytes" (base64 in JSON), "time",
// "microtime", "duration", "quantity", "intstr", "raw" (any object), "json" (any value), "fields"
// (managed fields' FieldsV1), or the name of a type: "PodSpec" of the same package, "meta/v1.Time"
// of another. "*T" is optional and keeps zero values, "[]T" a list, "{}T" a map with string keys.
//
// `attributes`, separated by spaces:
//   omitempty        absent when zero: "", 0, false, an empty list or map, a null pointer
//   omitzero         a struct that is absent when empty
//   required         clients must send it
//   list=set|map|atomic   key=K[,K...]   list semantics of server-side apply
//   atomic           a struct or map that server-side apply replaces as a whole
//   patch=merge|replace|retainKeys[,...]   patchKey=K   strategic merge patch
//   default=JSON     set when absent
//   enum=A|B|...     the values there are
//   inline           the type's fields stand directly in this one's JSON; `name` is empty, and in
//                    protobuf they are a message of their own under `number`
struct FieldFact {
  std::string_view name;        // in JSON and protobuf alike
  int number = 0;               // protobuf's field number; 0: not in protobuf
  std::string_view type;        // see above
  std::string_view attributes;  // see above
  std::string_view doc;         // one or two plain sentences
};

// `attributes`: "kind" (has apiVersion and kind), "atomic", "items=[]T" (a list in JSON whose
// protobuf form is a message with the repeated field 1), "any" (any JSON value; the fields are
// those of its protobuf form alone, one of which is set).
struct TypeFact {
  std::string_view name;
  std::string_view attributes;
  std::string_view doc;
  std::span<const FieldFact> fields;
};

// The types of one group and version; several tables, so that no file grows without end.
struct TypePackage {
  std::string_view key;      // "core/v1"
  std::string_view openapi;  // prefix of definitions' names: "io.k8s.api.core.v1"
  std::span<const std::span<const TypeFact>> tables;
};

// Every package, in the order of their keys.
std::span<const TypePackage> type_packages();

}  // namespace cove::api
