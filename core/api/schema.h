// Schema: the shape of documents. One machinery for built-in types (made from the tables in
// core/api/types) and for custom resources (made from a CustomResourceDefinition at run time).
// Decoding, pruning, defaulting, OpenAPI, protobuf, patches and server-side apply all walk it.
//
// Immutable and shared once made; thread-safe to read.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/types/types.h"

namespace cove::api {

namespace json = boost::json;

enum class Type {
  kObject,       // `fields`, and further members by `items` when `additional` (custom resources)
  kMap,          // members of any name, each by `items`
  kList,         // elements by `items`
  kString,       //
  kBoolean,      //
  kInt32,        //
  kInt64,        //
  kDouble,       //
  kBytes,        // base64 text
  kTime,         // RFC 3339, seconds
  kMicroTime,    // RFC 3339, microseconds
  kDuration,     // Go's "1h30m"
  kQuantity,     // "100m", "1Gi", or a number
  kIntOrString,  //
  kFields,       // FieldsV1 of managed fields: kept as it is
  kRaw,          // any JSON object, kept as it is (runtime.RawExtension)
  kAny           // any JSON value, kept as it is
};

enum class ListType { kAtomic, kSet, kMap };

struct Schema;
struct Constraints;  // core/api/constraints.h: what a custom resource's schema demands of values

struct Field {
  std::string name;
  const Schema* schema = nullptr;  // never null in a finished schema
  std::string doc;
  int number = 0;  // protobuf; 0: none
  // Protobuf: the numbers of the messages it stands in there while its JSON stands directly in the
  // type's, outermost first; empty for nearly all.
  std::vector<int> inline_numbers;
  bool pointer = false;  // zero values are kept when given
  bool omit_empty = false;
  bool omit_zero = false;
  bool required = false;
  bool atomic = false;  // for server-side apply, whatever the type says
  bool patch_merge = false;
  bool patch_retain_keys = false;
  bool patch_replace = false;
  std::string patch_key;  // of a merged list
  std::optional<json::value> default_value;
  std::vector<std::string> enumeration;
};

struct Schema {
  Type type = Type::kAny;
  std::string definition;  // "io.k8s.api.core.v1.PodSpec"; empty when it has no name of its own
  std::string doc;
  bool is_kind = false;        // has apiVersion and kind beside `fields`
  bool wrapped_items = false;  // kList whose protobuf form is a message with repeated field 1
  std::vector<Field> fields;   // of kObject, in the order of their declaration
  const Schema* items = nullptr;
  bool items_are_pointers = false;  // an element may be null (Go's []*T)
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_keys;  // of ListType::kMap
  bool atomic = false;                 // kObject or kMap: server-side apply replaces it whole

  // Custom resources.
  bool nullable = false;
  bool preserve_unknown = false;   // members that no field names are kept
  bool embedded_resource = false;  // has apiVersion, kind and metadata of its own
  std::shared_ptr<const Constraints> constraints;

  // The field of that name, or null. Constant time.
  const Field* find(std::string_view name) const;
  // Call once after `fields` is complete.
  void index();

 private:
  std::vector<std::uint16_t> by_name_;  // positions in `fields`, in order of names
};

// The built-in types. A type is made, with all it refers to, when it is first asked for.
// Thread-safe.
class BuiltinSchemas {
 public:
  BuiltinSchemas();
  ~BuiltinSchemas();
  BuiltinSchemas(const BuiltinSchemas&) = delete;
  BuiltinSchemas& operator=(const BuiltinSchemas&) = delete;

  // "core/v1.PodSpec" or "meta/v1.ObjectMeta". A name that no table has is a bug: std::logic_error.
  const Schema& type(std::string_view name) const;
  // By its OpenAPI name, "io.k8s.api.core.v1.PodSpec"; null when there is none.
  const Schema* definition(std::string_view name) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::api
