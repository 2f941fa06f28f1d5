// Values as Go prints them, where clients see or compare such text: error messages, field paths and
// the keys of managed fields. Private to this room.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace cove::api {

namespace json = boost::json;

// As fmt's %v: "map[name:a ports:[1 2]]", members in order of their names, null is "<nil>".
std::string go_value_text(const json::value& value);
// As encoding/json writes it: members in order of their names, '<', '>', '&', U+2028 and U+2029
// escaped.
void append_go_json(std::string& out, const json::value& value);
void append_go_json(std::string& out, std::string_view text);

}  // namespace cove::api
