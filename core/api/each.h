// Visits of the lists in a document; what is no object (or no text) is passed over.
#pragma once

#include <string_view>

#include "core/api/document.h"

namespace cove::api {

// The objects of a list; null has none.
template <class Visit>
void each_object(const json::array* list, Visit&& visit) {
  if (list == nullptr) return;
  for (const json::value& value : *list) {
    if (value.is_object()) visit(value.get_object());
  }
}
template <class Visit>
void each_object(const json::object& object, Steps path, Visit&& visit) {
  each_object(array_at(object, path), visit);
}

// Likewise the texts, as std::string_view.
template <class Visit>
void each_text(const json::array* list, Visit&& visit) {
  if (list == nullptr) return;
  for (const json::value& value : *list) {
    if (value.is_string()) visit(view(value.get_string()));
  }
}
template <class Visit>
void each_text(const json::object& object, Steps path, Visit&& visit) {
  each_text(array_at(object, path), visit);
}

}  // namespace cove::api
