#include "core/api/table.h"

#include <fmt/format.h>

#include "core/api/time.h"

namespace cove::api {
namespace {

json::array column_definitions(const Kind& kind) {
  json::array definitions;
  for (const Column& column : table_columns(kind)) {
    definitions.push_back(json::object{{"name", column.name},
                                       {"type", column.type},
                                       {"format", column.format},
                                       {"description", column.description},
                                       {"priority", column.priority}});
  }
  return definitions;
}

json::array make_cells(const Kind& kind, const json::object& object, WallTime now) {
  if (kind.cells) return kind.cells(object, now);
  const std::string_view name = text_at(object, {"metadata", "name"});
  const std::string_view created = text_at(object, {"metadata", "creationTimestamp"});
  const std::string when = kind.custom ? age(created, now) : std::string(created);
  return {json::string_view(name.data(), name.size()), when};
}

std::string meta_version(std::string_view version) {
  return fmt::format("meta.k8s.io/{}", version);
}

}  // namespace

std::optional<IncludeObject> parse_include_object(std::string_view text) {
  if (text.empty() || text == "Metadata") return IncludeObject::kMetadata;
  if (text == "None") return IncludeObject::kNone;
  if (text == "Object") return IncludeObject::kObject;
  return std::nullopt;
}

std::vector<Column> table_columns(const Kind& kind) {
  if (!kind.columns.empty()) return kind.columns;
  return {{"Name", "string", "name", "The object's name, unique among those of its kind.", 0},
          {kind.custom ? "Age" : "Created At", "date", "", "When the object was created.", 0}};
}

json::object make_table(const Kind& kind, std::span<const ObjectPtr> objects, json::object metadata,
                        const TableOptions& options, WallTime now) {
  json::array rows;
  rows.reserve(objects.size());
  for (const ObjectPtr& object : objects) {
    const json::object& document = object->document();
    json::object row{{"cells", make_cells(kind, document, now)}};
    if (options.include == IncludeObject::kMetadata) {
      row.emplace("object", make_partial(document, options.version));
    } else if (options.include == IncludeObject::kObject) {
      row.emplace("object", document);
    } else {
      row.emplace("object", nullptr);
    }
    rows.push_back(std::move(row));
  }
  return {{"kind", "Table"},
          {"apiVersion", meta_version(options.version)},
          {"metadata", std::move(metadata)},
          {"columnDefinitions",
           options.headers ? json::value(column_definitions(kind)) : json::value(nullptr)},
          {"rows", std::move(rows)}};
}

json::object make_partial(const json::object& object, std::string_view version) {
  const json::object* const metadata = object_at(object, {"metadata"});
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", meta_version(version)},
          {"metadata", metadata == nullptr ? json::object() : *metadata}};
}

json::object make_partial_list(std::span<const ObjectPtr> objects, json::object metadata,
                               std::string_view version) {
  json::array items;
  items.reserve(objects.size());
  for (const ObjectPtr& object : objects)
    items.push_back(make_partial(object->document(), version));
  return {{"kind", "PartialObjectMetadataList"},
          {"apiVersion", meta_version(version)},
          {"metadata", std::move(metadata)},
          {"items", std::move(items)}};
}

}  // namespace cove::api
