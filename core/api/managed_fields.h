// metadata.managedFields: who set which fields, and when. Private to this room.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace cove::api {

namespace json = boost::json;

// One entry. Two entries are of one manager when name, operation and subresource are equal, and the
// version too unless the operation is Apply.
struct ManagedEntry {
  std::string manager;
  std::string operation;  // "Apply" or "Update"
  std::string api_version;
  std::string subresource;
  std::string time;     // RFC 3339, or empty
  json::object fields;  // FieldsV1

  bool applied() const { return operation == "Apply"; }
  bool same_manager(const ManagedEntry& other) const;
  // `"kubectl" using apps/v1`, as conflicts name it.
  std::string display() const;
};

// In the order of their identities, which is the order conflicts are told in.
bool before_in_messages(const ManagedEntry& a, const ManagedEntry& b);

// kInvalidArgument names what is wrong. FieldsV1 are not looked at.
Result<std::vector<ManagedEntry>> decode_managed(json::array entries);
// Sorted by operation, time, name, version and subresource.
json::array encode_managed(std::vector<ManagedEntry> entries);

// Unites the oldest Update entries of a version until at most ten are left.
void cap_updaters(std::vector<ManagedEntry>& entries);

}  // namespace cove::api
