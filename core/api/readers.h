// What of any object its readers ask for.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/api/object.h"

namespace cove::api {

// metadata.resourceVersion as a number; 0 when there is none.
std::uint64_t version_of(const Object& object);
// The owner reference with controller: true, or null.
const json::object* controller_of(const Object& object);

// An entry of status.conditions, or null: of a status, and of a whole object.
const json::object* find_condition(const json::object& status, std::string_view type);
const json::object* condition_of(const json::object& object, std::string_view type);
// Whether that condition's status is "True".
bool condition_holds(const json::object& object, std::string_view type);

}  // namespace cove::api
