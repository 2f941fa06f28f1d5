#include "core/server/table.h"

namespace cove::server {
namespace {

boost::json::object list_metadata() {
  return {{"resourceVersion", kResourceVersion}};
}

boost::json::array column_definitions(const Kind& kind) {
  boost::json::array columns;
  for (const Column& column : kind.columns) {
    columns.push_back(boost::json::object{{"name", column.name},
                                          {"type", column.type},
                                          {"format", column.format},
                                          {"description", column.description},
                                          {"priority", column.priority}});
  }
  return columns;
}

}  // namespace

boost::json::object make_list(const Kind& kind, const std::vector<boost::json::object>& objects) {
  boost::json::array items;
  for (boost::json::object object : objects) {
    // Items of a typed list do not repeat what the list says.
    object.erase("kind");
    object.erase("apiVersion");
    items.push_back(std::move(object));
  }
  return {{"kind", kind.kind + "List"},
          {"apiVersion", kind.group.empty() ? kind.version : kind.group + "/" + kind.version},
          {"metadata", list_metadata()},
          {"items", std::move(items)}};
}

boost::json::object make_table(const Kind& kind, const std::vector<boost::json::object>& objects,
                               const std::string& version, IncludeObject include, WallTime now) {
  boost::json::array rows;
  for (const boost::json::object& object : objects) {
    boost::json::object row{{"cells", kind.cells(object, now)}};
    if (include == IncludeObject::kMetadata) row["object"] = make_partial(object, version);
    if (include == IncludeObject::kObject) row["object"] = object;
    rows.push_back(std::move(row));
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/" + version},
          {"metadata", list_metadata()},
          {"columnDefinitions", column_definitions(kind)},
          {"rows", std::move(rows)}};
}

boost::json::object make_partial(const boost::json::object& object, const std::string& version) {
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/" + version},
          {"metadata", object.at("metadata")}};
}

boost::json::object make_partial_list(const std::vector<boost::json::object>& objects,
                                      const std::string& version) {
  boost::json::array items;
  for (const boost::json::object& object : objects) items.push_back(make_partial(object, version));
  return {{"kind", "PartialObjectMetadataList"},
          {"apiVersion", "meta.k8s.io/" + version},
          {"metadata", list_metadata()},
          {"items", std::move(items)}};
}

}  // namespace cove::server
