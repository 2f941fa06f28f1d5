// What the walks over typed documents share. Private to this room.
#pragma once

#include <optional>

#include "core/api/document.h"
#include "core/api/typed.h"

namespace cove::api::typed {

// A value that is not there has the shape of its type.
Shape shape_of(const Typed& type, const json::value* value);
// Whether a list or map is replaced as a whole.
bool is_atomic(const Typed& type, Shape shape);

struct Child {
  Typed type;
  bool declared = false;  // a field of the schema has the name
  bool allowed = true;    // the schema has a place for the name
};
Child child_of(const Typed& type, std::string_view name);

// What names an element in a list that is a set or a map.
struct Element {
  std::optional<PathElement> element;
  std::string problem;  // when there is none
};
Element element_of(const Schema& list, const json::value& item);

inline Typed items_of(const Typed& list) {
  return {list.schema->items, false};
}

inline const json::object* object_in(const json::value* value) {
  return value == nullptr ? nullptr : value->if_object();
}

inline const json::array* array_in(const json::value* value) {
  return value == nullptr ? nullptr : value->if_array();
}

inline std::string_view name_of(const json::key_value_pair& each) {
  return {each.key().data(), each.key().size()};
}

// Metadata that the server keeps and nobody owns.
bool is_system_metadata(std::string_view name);

}  // namespace cove::api::typed
