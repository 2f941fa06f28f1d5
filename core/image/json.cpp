#include "core/image/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "core/base/strings.h"

namespace cove::image {
namespace json = boost::json;

namespace {

Error unreadable(const std::string& what, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "read", what, std::move(cause), ""};
}

Result<json::value> parse_any(std::string_view text, std::size_t max_bytes,
                              const std::string& what) {
  if (text.size() > max_bytes)
    return unreadable(what, fmt::format("it is longer than {}", format_size(max_bytes)));
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) return unreadable(what, fmt::format("it is not valid JSON ({})", error.message()));
  return value;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::size_t max_bytes,
                               const std::string& what) {
  COVE_TRY(json::value value, parse_any(text, max_bytes, what));
  if (!value.is_object()) return unreadable(what, "it is not a JSON object");
  return value;
}

Result<json::value> parse_json_list(std::string_view text, std::size_t max_bytes,
                                    std::size_t max_items, const std::string& what) {
  COVE_TRY(json::value value, parse_any(text, max_bytes, what));
  if (!value.is_array()) return unreadable(what, "it is not a JSON list");
  if (value.get_array().size() > max_items)
    return unreadable(what, fmt::format("it has more than {} entries", max_items));
  return value;
}

Error Fields::wrong(std::string_view field, std::string_view cause) const {
  return Error{ErrorCode::kInvalidArgument, "read", what_,
               fmt::format("'{}' {}", escape_control(field), cause), ""};
}

const json::value* Fields::get(std::string_view field) const {
  const json::value* value = object_->if_contains(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::string> Fields::text(std::string_view field) const {
  const json::value* value = get(field);
  if (value == nullptr) return std::string();
  const json::string* text = value->if_string();
  if (text == nullptr) return wrong(field, "is not a string");
  return std::string(*text);
}

Result<std::int64_t> Fields::number(std::string_view field) const {
  const json::value* value = get(field);
  if (value == nullptr) return std::int64_t{0};
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error) return wrong(field, "is not a whole number");
  return number;
}

Result<bool> Fields::flag(std::string_view field) const {
  const json::value* value = get(field);
  if (value == nullptr) return false;
  if (!value->is_bool()) return wrong(field, "is neither true nor false");
  return value->get_bool();
}

Result<Digest> Fields::digest(std::string_view field) const {
  COVE_TRY(const std::string value, text(field));
  auto digest = Digest::parse(value);
  if (!digest) {
    if (value.empty()) return wrong(field, "is missing");
    return wrong(field, "is not a usable digest: " + digest.error().cause);
  }
  return digest;
}

Result<std::vector<std::string>> Fields::texts(std::string_view field) const {
  std::vector<std::string> list;
  const json::value* value = get(field);
  if (value == nullptr) return list;
  if (const json::string* one = value->if_string()) {
    list.emplace_back(*one);
    return list;
  }
  const json::array* items = value->if_array();
  if (items == nullptr) return wrong(field, "is not a list of strings");
  for (const json::value& item : *items) {
    const json::string* text = item.if_string();
    if (text == nullptr) return wrong(field, "is not a list of strings");
    list.emplace_back(*text);
  }
  return list;
}

Result<std::map<std::string, std::string>> Fields::text_map(std::string_view field) const {
  std::map<std::string, std::string> map;
  COVE_TRY(const json::object* const entries, object(field));
  if (entries == nullptr) return map;
  for (const auto& entry : *entries) {
    const json::string* text = entry.value().if_string();
    if (text == nullptr) return wrong(field, "has a value that is not a string");
    map.emplace(entry.key(), *text);
  }
  return map;
}

Result<std::vector<std::string>> Fields::keys(std::string_view field) const {
  std::vector<std::string> names;
  COVE_TRY(const json::object* const entries, object(field));
  if (entries == nullptr) return names;
  for (const auto& entry : *entries) names.emplace_back(entry.key());
  std::sort(names.begin(), names.end());
  return names;
}

Result<const json::array*> Fields::array(std::string_view field, std::size_t max_items) const {
  const json::value* value = get(field);
  if (value == nullptr) return static_cast<const json::array*>(nullptr);
  const json::array* items = value->if_array();
  if (items == nullptr) return wrong(field, "is not a list");
  if (items->size() > max_items)
    return wrong(field, fmt::format("has more than {} entries", max_items));
  return items;
}

Result<const json::object*> Fields::object(std::string_view field) const {
  const json::value* value = get(field);
  if (value == nullptr) return static_cast<const json::object*>(nullptr);
  const json::object* entries = value->if_object();
  if (entries == nullptr) return wrong(field, "is not an object");
  return entries;
}

}  // namespace cove::image
