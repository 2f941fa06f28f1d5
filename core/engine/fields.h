// Fields of JSON documents whose types have been checked, and tables that check them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/exchange.h"

namespace cove::engine {

// A field that is absent, null or of another type reads as the empty value.
std::string text_of(const boost::json::object& object, std::string_view name);
std::int64_t integer_of(const boost::json::object& object, std::string_view name,
                        std::int64_t otherwise = 0);
std::optional<std::int64_t> maybe_integer(const boost::json::object& object, std::string_view name);
bool flag_of(const boost::json::object& object, std::string_view name);
std::optional<bool> maybe_flag(const boost::json::object& object, std::string_view name);
std::vector<std::string> texts_of(const boost::json::object& object, std::string_view name);
std::map<std::string, std::string> text_map_of(const boost::json::object& object,
                                               std::string_view name);
const boost::json::object& object_of(const boost::json::object& object, std::string_view name);
const boost::json::array& array_of(const boost::json::object& object, std::string_view name);

boost::json::array to_array(const std::vector<std::string>& texts);
boost::json::object to_object(const std::map<std::string, std::string>& texts);

// What a document's field may be, and what stands there when it is absent or null.
enum class FieldType {
  kText,
  kFlag,
  kInteger,
  kTexts,    // an array of strings
  kCommand,  // the same; a single string stands for an array of one
  kTextMap,
  kSet,     // an object of empty objects
  kObject,  // checked by whoever reads it
  kArray,
};
enum class Absent { kLeftOut, kNull, kEmpty };
struct Field {
  std::string_view name;
  FieldType type;
  Absent absent = Absent::kEmpty;
};

// The document with exactly the table's fields, in the table's order; unknown ones are dropped.
// 400 for a field of the wrong type; `where` names the document.
Outcome<boost::json::object> conform(const boost::json::object& document,
                                     std::span<const Field> table, std::string_view where);

// RFC 3339 with nanoseconds as Go prints them: no zeroes at the end. The zero time is Docker's
// "0001-01-01T00:00:00Z".
std::string rfc3339_nano(WallTime time);
// With all nine digits, as log lines have it.
std::string rfc3339_nano_fixed(WallTime time);
// "1700000000", "1700000000.5", or RFC 3339; "" and "0" are nothing.
Outcome<std::optional<WallTime>> parse_time(const std::string& text, std::string_view name);

}  // namespace cove::engine
