#include "core/api/table.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <utility>

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

TableText::TableText(const Kind& kind, json::object metadata, const TableOptions& options,
                     WallTime now)
    : kind_(kind),
      now_(now),
      include_(options.include),
      partial_(fmt::format(R"({{"kind":"PartialObjectMetadata","apiVersion":"{}","metadata":)",
                           meta_version(options.version))),
      text_(fmt::format(R"({{"kind":"Table","apiVersion":"{}","metadata":)",
                        meta_version(options.version))) {
  append(std::move(metadata));
  text_ += R"(,"columnDefinitions":)";
  append(options.headers ? json::value(column_definitions(kind)) : json::value(nullptr));
  text_ += R"(,"rows":[)";
}

void TableText::append(json::value value) {
  text_ += to_text(value);
}

void TableText::add(const json::object& object) {
  text_ += std::exchange(first_, false) ? R"({"cells":)" : R"(,{"cells":)";
  append(make_cells(kind_, object, now_));
  text_ += R"(,"object":)";
  if (include_ == IncludeObject::kNone) {
    text_ += "null}";
  } else if (include_ == IncludeObject::kObject) {
    text_ += json::serialize(object);
    text_ += '}';
  } else {
    const json::value* const metadata = value_at(object, {"metadata"});
    text_ += partial_;
    text_ += metadata == nullptr ? "{}" : to_text(*metadata);
    text_ += "}}";
  }
}

std::string TableText::take() {
  text_ += "]}";
  return std::move(text_);
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
