#include "core/api/readers.h"

#include <charconv>

namespace cove::api {

std::uint64_t version_of(const Object& object) {
  const std::string_view text = object.resource_version();
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

const json::object* controller_of(const Object& object) {
  const json::array* const owners = array_at(object.document(), {"metadata", "ownerReferences"});
  if (owners == nullptr) return nullptr;
  for (const json::value& owner : *owners) {
    if (owner.is_object() && flag_at(owner.get_object(), {"controller"}))
      return &owner.get_object();
  }
  return nullptr;
}

const json::object* find_condition(const json::object& status, std::string_view type) {
  const json::array* const conditions = array_at(status, {"conditions"});
  if (conditions == nullptr) return nullptr;
  for (const json::value& each : *conditions) {
    if (each.is_object() && text_at(each.get_object(), {"type"}) == type) return &each.get_object();
  }
  return nullptr;
}

const json::object* condition_of(const json::object& object, std::string_view type) {
  const json::object* const status = object_at(object, {"status"});
  return status == nullptr ? nullptr : find_condition(*status, type);
}

bool condition_holds(const json::object& object, std::string_view type) {
  const json::object* const condition = condition_of(object, type);
  return condition != nullptr && text_at(*condition, {"status"}) == "True";
}

}  // namespace cove::api
