// Reading JSON documents from outside: bounded, and errors that say which field is wrong.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/image/digest.h"

namespace cove::image {

// `what` names the document in errors ("the image manifest"). kInvalidArgument for anything that is
// not one JSON object of at most `max_bytes` bytes and 32 levels.
Result<boost::json::value> parse_json(std::string_view text, std::size_t max_bytes,
                                      const std::string& what);

// The same for one list of at most `max_items`.
Result<boost::json::value> parse_json_list(std::string_view text, std::size_t max_bytes,
                                           std::size_t max_items, const std::string& what);

// A view of an object whose fields are wanted with certain types. Absent and null are the same.
// Everything fails with kInvalidArgument naming document and field. It refers to both arguments.
class Fields {
 public:
  Fields(const boost::json::object& object, std::string what)
      : object_(&object), what_(std::move(what)) {}

  Error wrong(std::string_view field, std::string_view cause) const;
  const boost::json::value* get(std::string_view field) const;

  Result<std::string> text(std::string_view field) const;  // "" when absent
  Result<std::int64_t> number(std::string_view field) const;
  Result<bool> flag(std::string_view field) const;
  Result<Digest> digest(std::string_view field) const;  // required
  // A lone string counts as a list of one, as old documents have it.
  Result<std::vector<std::string>> texts(std::string_view field) const;
  Result<std::map<std::string, std::string>> text_map(std::string_view field) const;
  Result<std::vector<std::string>> keys(std::string_view field) const;  // of an object, sorted
  // Null when absent.
  Result<const boost::json::array*> array(std::string_view field, std::size_t max_items) const;
  Result<const boost::json::object*> object(std::string_view field) const;

 private:
  const boost::json::object* object_;
  std::string what_;
};

}  // namespace cove::image
