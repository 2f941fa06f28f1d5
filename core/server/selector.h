// Label and field selectors (kubernetes.io "Labels and Selectors", "Field Selectors").
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove::server {

class Selector {
 public:
  // "a=b,c!=d,e in (f,g),h notin (i),j,!k". kInvalidArgument with the place when it does not parse.
  static Result<Selector> parse_labels(std::string_view text);
  // "metadata.name=x,metadata.namespace!=y". kInvalidArgument for any field not in `supported`.
  static Result<Selector> parse_fields(std::string_view text,
                                       const std::vector<std::string>& supported);

  bool matches_labels(const boost::json::object& object) const;
  bool matches_fields(const boost::json::object& object) const;
  // The value that `key` must equal, when there is one such requirement.
  const std::string* required(std::string_view key) const;

 private:
  struct Requirement {
    std::string key;
    bool negated = false;
    bool any_value = false;  // existence only
    std::vector<std::string> values;

    bool accepts(const std::string* value) const;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace cove::server
