// The kinds that are served: names, verbs, selectable fields and table columns, each said once.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace cove::server {

// A column of metav1.Table; priority 1 is shown by -o wide only.
struct Column {
  std::string name;
  std::string type;
  std::string format;
  std::string description;
  int priority = 0;
};

struct Kind {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  bool namespaced = false;
  std::vector<std::string> verbs;
  std::vector<std::string> selectable_fields;  // beside metadata.name and metadata.namespace
  std::vector<Column> columns;
  std::function<boost::json::array(const boost::json::object&, WallTime)> cells;
};

// In the order in which discovery lists them.
std::vector<Kind> served_kinds();

// The text at a path of member names, or "".
std::string text_at(const boost::json::object& object,
                    std::initializer_list<std::string_view> path);

// "5d3h", "47m": how kubectl shows ages.
std::string human_duration(std::chrono::seconds duration);

}  // namespace cove::server
