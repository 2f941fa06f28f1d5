// What volumes and claims have in common. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "core/api/field_error.h"
#include "core/api/kind.h"

namespace cove::api::storage_text {

std::string access_modes(const json::array* modes);  // "RWO,ROX"
std::string_view class_name(const json::object& object);
// A text of the spec, or "<unset>".
json::value or_unset(const json::object& object, std::string_view field);

void check_access_modes(ErrorList& errors, const FieldPath& path, const json::array* modes);
void check_positive(ErrorList& errors, const FieldPath& path, const json::value& quantity);

}  // namespace cove::api::storage_text
