#include "core/api/custom.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <set>

#include "core/api/constraints.h"
#include "core/api/custom_schema.h"
#include "core/api/json_path.h"
#include "core/api/structural.h"
#include "core/api/time.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

json::value text_value(std::string_view text) {
  return json::value(json::string_view(text.data(), text.size()));
}

// The steps of ".spec.replicas".
std::vector<std::string> steps_of(std::string_view path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  return split(path, '.');
}

const json::value* value_of(const json::object& object, std::string_view path) {
  const json::object* here = &object;
  const json::value* found = nullptr;
  for (const std::string& step : steps_of(path)) {
    found = here == nullptr ? nullptr : here->if_contains(key(step));
    if (found == nullptr) return nullptr;
    here = found->if_object();
  }
  return found;
}

const json::object* schema_at(const json::object& root, std::string_view path) {
  const json::object* here = &root;
  for (const std::string& step : steps_of(path)) {
    here = here == nullptr ? nullptr : object_at(*here, {"properties", step});
  }
  return here;
}

// Columns ----------------------------------------------------------------------------------------

struct ShownColumn {
  Column column;
  JsonPath path;
};

json::value cell_of(const ShownColumn& shown, const json::object& object, WallTime now) {
  const std::vector<const json::value*> found = shown.path.find(object);
  if (found.empty() || found.front()->is_null()) return nullptr;
  const json::value& value = *found.front();
  const std::string& type = shown.column.type;
  if (type == "string") return value.is_string() ? value : json::value(to_text(value));
  if (type == "integer" && value.is_number()) return value.to_number<std::int64_t>();
  if (type == "number" && value.is_number()) return value.to_number<double>();
  if (type == "boolean" && value.is_bool()) return value;
  if (type == "date" && value.is_string()) {
    const auto time = parse_time(view(value.get_string()));
    return time.has_error() ? json::value("<invalid>") : json::value(human_duration(now - *time));
  }
  return nullptr;
}

std::vector<ShownColumn> read_columns(const json::object& version) {
  std::vector<ShownColumn> shown;
  const json::array* const columns = array_at(version, {"additionalPrinterColumns"});
  if (columns == nullptr) return shown;
  for (const json::value& each : *columns) {
    if (!each.is_object()) continue;
    const json::object& given = each.get_object();
    const std::string_view path = text_at(given, {"jsonPath"});
    auto parsed = JsonPath::parse(path);
    if (parsed.has_error()) continue;
    std::string description(text_at(given, {"description"}));
    if (description.empty())
      description = fmt::format("The value at {} of the custom resource.", path);
    shown.push_back({{std::string(text_at(given, {"name"})), std::string(text_at(given, {"type"})),
                      std::string(text_at(given, {"format"})), std::move(description),
                      static_cast<int>(integer_at(given, {"priority"}).value_or(0))},
                     std::move(*parsed)});
  }
  return shown;
}

void set_columns(const json::object& version, Kind& kind) {
  std::vector<ShownColumn> shown = read_columns(version);
  if (shown.empty()) return;  // Name and Age
  kind.columns = {
      {"Name", "string", "name", "The object's name, unique among those of its kind.", 0}};
  for (const ShownColumn& each : shown) kind.columns.push_back(each.column);
  kind.cells = [shown = std::move(shown)](const json::object& object, WallTime now) {
    json::array cells;
    cells.push_back(text_value(text_at(object, {"metadata", "name"})));
    for (const ShownColumn& each : shown) cells.push_back(cell_of(each, object, now));
    return cells;
  };
}

// Rules ------------------------------------------------------------------------------------------

void check_count(const json::object& object, const FieldPath& path, ErrorList& errors) {
  const json::value* const value = value_of(object, path.text());
  if (value == nullptr || value->is_null()) return;
  if (!value->is_int64()) {
    errors.invalid(path, *value, "should be an integer");
  } else if (value->get_int64() < 0) {
    errors.invalid(path, *value, "should be a non-negative integer");
  } else if (value->get_int64() > std::numeric_limits<std::int32_t>::max()) {
    errors.invalid(path, *value,
                   fmt::format("should be less than or equal to {}",
                               std::numeric_limits<std::int32_t>::max()));
  }
}

void check_document(const Schema& schema, const std::optional<ScalePaths>& scale,
                    const json::object& object, ErrorList& errors) {
  check_value(schema, json::value(object), {}, errors);
  if (!scale) return;
  check_count(object, std::string_view(scale->replicas), errors);
  check_count(object, std::string_view(scale->status_replicas), errors);
}

// What was wrong with the old document already does not stand in the way of an update.
void add_new_errors(const ErrorList& now, const ErrorList& old, ErrorList& errors) {
  std::set<std::string> known;
  for (const FieldError& error : old.errors()) known.insert(error.message());
  for (const FieldError& error : now.errors()) {
    if (!known.contains(error.message())) errors.add(error);
  }
}

bool differs_beside(const json::object& a, const json::object& b, bool has_status) {
  const auto strip = [&](json::object object) {
    object.erase("metadata");
    if (has_status) object.erase("status");
    return json::value(std::move(object));
  };
  return !same(strip(a), strip(b));
}

void set_rules(Kind& kind) {
  const Schema& schema = *kind.schema;
  const auto check = [&schema, scale = kind.scale](const json::object& object, ErrorList& errors) {
    check_document(schema, scale, object, errors);
  };
  const bool has_status = kind.has_status();
  const auto check_update = [check](const json::object& object, const json::object& old,
                                    ErrorList& errors) {
    ErrorList now;
    check(object, now);
    if (now.empty()) return;
    ErrorList before;
    check(old, before);
    add_new_errors(now, before, errors);
  };
  kind.rules.validate = check;
  kind.rules.validate_update = check_update;
  kind.rules.validate_status = check_update;
  if (has_status) {
    kind.rules.prepare_create = [](json::object& object, const WriteContext&) {
      erase_at(object, {"status"});
    };
  }
  kind.rules.generation_changes = [has_status](const json::object& object,
                                               const json::object& old) {
    return differs_beside(object, old, has_status);
  };
}

// Kinds ------------------------------------------------------------------------------------------

// A kind and the schemas it points to.
struct Owned {
  std::deque<Schema> schemas;
  Kind kind;
};

std::vector<std::string> read_texts(const json::object& object, Steps path) {
  std::vector<std::string> texts;
  if (const json::array* const list = array_at(object, path)) {
    for (const json::value& each : *list) {
      if (each.is_string()) texts.emplace_back(view(each.get_string()));
    }
  }
  return texts;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

void set_subresources(const json::object& version, Kind& kind) {
  const std::vector<std::string> verbs = {"get", "patch", "update"};
  if (object_at(version, {"subresources", "status"}) != nullptr)
    kind.subresources.push_back({"status", std::nullopt, verbs});
  const json::object* const scale = object_at(version, {"subresources", "scale"});
  if (scale == nullptr) return;
  kind.subresources.push_back({"scale", GroupVersionKind{"autoscaling", "v1", "Scale"}, verbs});
  kind.scale = ScalePaths{std::string(text_at(*scale, {"specReplicasPath"})),
                          std::string(text_at(*scale, {"statusReplicasPath"})),
                          std::string(text_at(*scale, {"labelSelectorPath"}))};
}

std::string deprecation_of(const json::object& version, const GroupVersionKind& gvk) {
  if (!flag_at(version, {"deprecated"})) return {};
  const std::string_view text = text_at(version, {"deprecationWarning"});
  return text.empty() ? fmt::format("{} {} is deprecated", gvk.api_version(), gvk.kind)
                      : std::string(text);
}

std::shared_ptr<const Kind> make_kind(const json::object& definition, const json::object& version,
                                      std::string_view storage_version,
                                      const BuiltinSchemas& schemas) {
  auto owned = std::make_shared<Owned>();
  Kind& kind = owned->kind;
  kind.gvk = {std::string(text_at(definition, {"spec", "group"})),
              std::string(text_at(version, {"name"})),
              std::string(text_at(definition, {"spec", "names", "kind"}))};
  kind.plural = text_at(definition, {"spec", "names", "plural"});
  kind.singular = text_at(definition, {"spec", "names", "singular"});
  if (kind.singular.empty()) kind.singular = lower_case(kind.gvk.kind);
  kind.short_names = read_texts(definition, {"spec", "names", "shortNames"});
  kind.categories = read_texts(definition, {"spec", "names", "categories"});
  kind.namespaced = text_at(definition, {"spec", "scope"}) == "Namespaced";
  kind.allows_unconditional_update = false;
  kind.custom = true;
  const json::object* const schema = object_at(version, {"schema", "openAPIV3Schema"});
  const bool preserve = flag_at(definition, {"spec", "preserveUnknownFields"});
  kind.schema = &make_custom_schema(schema == nullptr ? json::object() : *schema, kind.gvk,
                                    preserve || schema == nullptr, schemas, owned->schemas);
  set_subresources(version, kind);
  if (const json::array* const fields = array_at(version, {"selectableFields"})) {
    for (const json::value& each : *fields) {
      std::string_view path = each.is_object() ? text_at(each.get_object(), {"jsonPath"}) : "";
      if (path.starts_with('.')) path.remove_prefix(1);
      if (!path.empty()) kind.selectable_fields.emplace_back(path);
    }
  }
  set_columns(version, kind);
  set_rules(kind);
  kind.deprecation = deprecation_of(version, kind.gvk);
  if (kind.gvk.version != storage_version) {
    // The strategy None: only apiVersion differs.
    const auto keep = [](json::object&) {};
    kind.conversion =
        Conversion{kind.gvk.group, std::string(storage_version), kind.plural, keep, keep};
  }
  const Kind* const made = &kind;
  return {std::move(owned), made};
}

// Checks -----------------------------------------------------------------------------------------

// The fields that selectors may name are scalars of the schema, beside metadata.
void check_selectable(const json::object& version, const json::object& schema,
                      const FieldPath& path, ErrorList& errors) {
  const json::array* const fields = array_at(version, {"selectableFields"});
  if (fields == nullptr) return;
  for (std::size_t i = 0; i < fields->size(); ++i) {
    const json::object* const field = (*fields)[i].if_object();
    const FieldPath here = path.index(i) / "jsonPath";
    const std::string_view json_path = field == nullptr ? "" : text_at(*field, {"jsonPath"});
    if (!json_path.starts_with('.')) continue;
    if (json_path == ".metadata" || json_path.starts_with(".metadata."))
      errors.invalid(here, text_value(json_path), "must not point to fields in metadata");
    const json::object* const target = schema_at(schema, json_path);
    const std::string_view type = target == nullptr ? "" : text_at(*target, {"type"});
    if (target == nullptr) {
      errors.invalid(here, text_value(json_path),
                     "is an invalid path: does not refer to a valid field");
    } else if (type != "string" && type != "boolean" && type != "integer") {
      errors.invalid(here, text_value(json_path),
                     "must point to a field of type string, boolean or integer. Enum string "
                     "fields and strings with formats are allowed.");
    }
  }
}

void check_columns(const json::object& version, const FieldPath& path, ErrorList& errors) {
  const json::array* const columns = array_at(version, {"additionalPrinterColumns"});
  if (columns == nullptr) return;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    const json::object* const column = (*columns)[i].if_object();
    const std::string_view json_path = column == nullptr ? "" : text_at(*column, {"jsonPath"});
    if (!json_path.starts_with('.')) continue;
    if (const auto parsed = JsonPath::parse(json_path); parsed.has_error())
      errors.invalid(path.index(i) / "jsonPath", text_value(json_path), parsed.error().cause);
  }
}

}  // namespace

void check_custom_schemas(const json::object& definition, const BuiltinSchemas& schemas,
                          ErrorList& errors) {
  const json::array* const versions = array_at(definition, {"spec", "versions"});
  if (versions == nullptr) return;
  for (std::size_t i = 0; i < versions->size(); ++i) {
    const json::object* const version = (*versions)[i].if_object();
    if (version == nullptr) continue;
    const FieldPath path = FieldPath("spec.versions").index(i);
    const FieldPath schema_path = path / "schema" / "openAPIV3Schema";
    const json::object* const schema = object_at(*version, {"schema", "openAPIV3Schema"});
    check_columns(*version, path / "additionalPrinterColumns", errors);
    if (schema == nullptr) continue;
    ErrorList problems;
    check_structural(*schema, schema_path, problems);
    check_selectable(*version, *schema, path / "selectableFields", problems);
    if (problems.empty()) check_custom_defaults(*schema, schema_path, schemas, problems);
    errors.append(std::move(problems));
  }
}

std::vector<std::shared_ptr<const Kind>> make_custom_kinds(const json::object& definition,
                                                           const BuiltinSchemas& schemas) {
  std::vector<std::shared_ptr<const Kind>> kinds;
  const json::array* const versions = array_at(definition, {"spec", "versions"});
  if (versions == nullptr) return kinds;
  std::string_view storage;
  for (const json::value& each : *versions) {
    if (each.is_object() && flag_at(each.get_object(), {"storage"}))
      storage = text_at(each.get_object(), {"name"});
  }
  for (const json::value& each : *versions) {
    if (each.is_object() && flag_at(each.get_object(), {"served"}))
      kinds.push_back(make_kind(definition, each.get_object(), storage, schemas));
  }
  return kinds;
}

Result<json::object> decode_custom(const Kind& kind, json::object document, DecodeReport& report) {
  for (const std::string_view name : {"apiVersion", "kind"}) {
    if (const json::value* const value = value_at(document, {name});
        value != nullptr && !value->is_string()) {
      return Error{ErrorCode::kInvalidArgument,
                   "decode",
                   "the document",
                   fmt::format("{} must be text", name),
                   {}};
    }
  }
  json::object metadata;
  if (json::value* const given = document.if_contains("metadata");
      given != nullptr && !given->is_null()) {
    if (!given->is_object()) {
      return Error{
          ErrorCode::kInvalidArgument, "decode", "the document", "metadata must be an object", {}};
    }
    DecodeReport nested;
    COVE_TRY(metadata, decode(*kind.schema->find("metadata")->schema,
                              std::move(given->get_object()), nested));
    for (const std::string& name : nested.unknown) report.unknown.push_back("metadata." + name);
  }
  document.erase("metadata");
  json::value pruned(std::move(document));
  prune_custom(*kind.schema, pruned, report);
  pruned.get_object()["metadata"] = std::move(metadata);
  sort_members(pruned);
  return std::move(pruned.get_object());
}

Result<json::object> decode(const Kind& kind, json::object document, DecodeReport& report) {
  return kind.custom ? decode_custom(kind, std::move(document), report)
                     : decode(*kind.schema, std::move(document), report);
}

}  // namespace cove::api
