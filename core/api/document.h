// Reading and building JSON documents: bounded parsing of untrusted bytes, and short forms for the
// walks that every kind's rules make.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove::api {

namespace json = boost::json;

struct ParseLimits {
  std::size_t bytes = 16 << 20;
  std::size_t depth = 200;           // nested objects and lists
  std::size_t yaml_nodes = 200'000;  // after aliases are expanded
};

struct Parsed {
  json::value value;
  // Fields that stand twice in one object (the last one counts), as strict field validation names
  // them: "spec.replicas"; at most 100.
  std::vector<std::string> duplicates;
};

// RFC 8259, UTF-8. Numbers without fraction and exponent become int64 or uint64. kInvalidArgument
// with line and column.
Result<Parsed> parse_json(std::string_view text, const ParseLimits& limits = {});
// YAML 1.2 as kubectl's library reads it (1.1's booleans y/n/on/off unquoted are booleans too);
// one document. kInvalidArgument with line and column.
Result<Parsed> parse_yaml(std::string_view text, const ParseLimits& limits = {});

// Compact JSON; floating-point numbers as Go prints them ("1.5", "1e+21").
std::string to_text(const json::value& value);
// The text in double quotes as Go's %q writes it: what clients know from error messages.
std::string quote(std::string_view text);
inline std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}
// Never null, which the JSON library would copy from.
inline json::string_view key(std::string_view text) {
  return {text.data() != nullptr ? text.data() : "", text.size()};
}

// The member of that name, or null; also null when `value` is no object.
const json::value* member(const json::value& value, std::string_view name);
const json::value* member(const json::object& object, std::string_view name);

using Steps = std::initializer_list<std::string_view>;

// What is there at a path of member names, or null/empty/none. A JSON null counts as absent.
const json::value* value_at(const json::object& object, Steps path);
const json::object* object_at(const json::object& object, Steps path);
const json::array* array_at(const json::object& object, Steps path);
std::string_view text_at(const json::object& object, Steps path);  // "" when absent or no text
std::optional<std::int64_t> integer_at(const json::object& object, Steps path);
bool flag_at(const json::object& object, Steps path);  // false when absent

// The object at a path, made where it is missing (or is not an object).
json::object& make_object_at(json::object& object, Steps path);
json::array& make_array_at(json::object& object, Steps path);
void set_at(json::object& object, Steps path, json::value value);
// Removes the member at the path; the objects around it stay.
void erase_at(json::object& object, Steps path);
// Sets the member unless it is there (a JSON null counts as absent).
void set_default(json::object& object, std::string_view name, json::value value);

// Equality as the API sees it: members in any order, 1 equals 1.0 only by equal numbers.
bool same(const json::value& a, const json::value& b);

}  // namespace cove::api
