// Other forms of objects: metav1.Table and PartialObjectMetadata (kubernetes.io "API concepts",
// "Receiving resources as Tables").
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/api/kind.h"
#include "core/api/object.h"

namespace cove::api {

// What a table's rows carry beside their cells.
enum class IncludeObject { kMetadata, kNone, kObject };
// "" (metadata), "Metadata", "None", "Object"; nothing for anything else.
std::optional<IncludeObject> parse_include_object(std::string_view text);

struct TableOptions {
  std::string_view version = "v1";  // of meta.k8s.io: "v1" or "v1beta1"
  IncludeObject include = IncludeObject::kMetadata;
  bool headers = true;  // false: only the rows, as a watch's later events have it
};

// The kind's columns, or Name and Created At (custom resources: Age) when it has none.
std::vector<Column> table_columns(const Kind& kind);

// A Table's JSON, made row by row: of an object nothing is copied but its text, and no object is
// needed once its row is there.
class TableText {
 public:
  // `metadata`: that of the list (resourceVersion, continue, remainingItemCount).
  TableText(const Kind& kind, json::object metadata, const TableOptions& options, WallTime now);

  void add(const json::object& object);
  // The whole table, once.
  std::string take();

 private:
  void append(json::value value);

  const Kind& kind_;
  WallTime now_;
  IncludeObject include_;
  std::string partial_;  // how a row's metadata begins
  std::string text_;
  bool first_ = true;
};

json::object make_partial(const json::object& object, std::string_view version);
json::object make_partial_list(std::span<const ObjectPtr> objects, json::object metadata,
                               std::string_view version);

}  // namespace cove::api
