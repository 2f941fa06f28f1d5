// Other forms of the same objects: lists, metav1.Table, PartialObjectMetadata.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/server/kinds.h"
#include "core/server/media.h"

namespace cove::server {

// What a table's rows carry beside their cells.
enum class IncludeObject { kMetadata, kNone, kObject };

boost::json::object make_list(const Kind& kind, const std::vector<boost::json::object>& objects);
boost::json::object make_table(const Kind& kind, const std::vector<boost::json::object>& objects,
                               const std::string& version, IncludeObject include, WallTime now);
boost::json::object make_partial(const boost::json::object& object, const std::string& version);
boost::json::object make_partial_list(const std::vector<boost::json::object>& objects,
                                      const std::string& version);

// The version of a collection as a whole.
inline constexpr std::string_view kResourceVersion = "1";

}  // namespace cove::server
