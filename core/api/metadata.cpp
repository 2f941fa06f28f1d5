#include "core/api/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/api/names.h"
#include "core/api/scalars.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxAnnotationBytes = 256 << 10;
constexpr std::size_t kMaxFieldManagerBytes = 128;
constexpr std::size_t kMaxSubresourceBytes = 256;
constexpr std::size_t kMaxGeneratedPrefix = 58;
constexpr std::string_view kNameCharacters = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

json::value text_value(std::string_view text) {
  return json::value(json::string_view(text.data(), text.size()));
}

std::vector<std::string> texts(const json::array* list) {
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const json::value& each : *list)
    out.emplace_back(each.is_string() ? view(each.get_string()) : "");
  return out;
}

void validate_owner(const json::object& owner, const FieldPath& path, ErrorList& errors) {
  const std::string_view api_version = text_at(owner, {"apiVersion"});
  const std::size_t slash = api_version.find('/');
  const bool has_version =
      slash == std::string_view::npos ? !api_version.empty() : slash + 1 < api_version.size();
  if (!has_version)
    errors.invalid(path / "apiVersion", text_value(api_version), "version must not be empty");
  for (const std::string_view name : {"kind", "name", "uid"}) {
    if (text_at(owner, {name}).empty()) errors.invalid(path / name, "", "must not be empty");
  }
  if (api_version == "v1" && text_at(owner, {"kind"}) == "Event")
    errors.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
}

void validate_owners(const json::array* owners, const FieldPath& path, ErrorList& errors) {
  if (owners == nullptr) return;
  std::string first;
  for (const json::value& each : *owners) {
    const json::object* const owner = each.if_object();
    if (owner == nullptr) continue;
    validate_owner(*owner, path, errors);
    if (!flag_at(*owner, {"controller"})) continue;
    std::string name = fmt::format("{}/{}", text_at(*owner, {"kind"}), text_at(*owner, {"name"}));
    if (first.empty()) {
      first = std::move(name);
    } else {
      errors.invalid(path, *owners,
                     fmt::format("Only one reference can have Controller set to true. Found "
                                 "\"true\" in references for {} and {}",
                                 first, name));
    }
  }
}

void validate_finalizers(const json::array* finalizers, const FieldPath& path, ErrorList& errors) {
  const std::vector<std::string> names = texts(finalizers);
  for (const std::string& name : names)
    add_problems(errors, path, name, check_qualified_name(name));
  const auto has = [&](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (has(kOrphan) && has(kForeground)) {
    errors.invalid(path, *finalizers,
                   fmt::format("finalizer {} and {} cannot be both set", kOrphan, kForeground));
  }
}

void validate_managed_fields(const json::array* entries, const FieldPath& path, ErrorList& errors) {
  if (entries == nullptr) return;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const json::object* const entry = (*entries)[i].if_object();
    if (entry == nullptr) continue;
    const FieldPath here = path.index(i);
    const std::string_view operation = text_at(*entry, {"operation"});
    if (operation != "Apply" && operation != "Update")
      errors.invalid(here / "operation", text_value(operation), "must be `Apply` or `Update`");
    const std::string_view type = text_at(*entry, {"fieldsType"});
    if (!type.empty() && type != "FieldsV1")
      errors.invalid(here / "fieldsType", text_value(type), "must be `FieldsV1`");
    validate_field_manager(text_at(*entry, {"manager"}), here / "manager", errors);
    if (text_at(*entry, {"subresource"}).size() > kMaxSubresourceBytes)
      errors.too_long(here / "subresource", kMaxSubresourceBytes);
  }
}

void validate_namespace(std::string_view name, bool namespaced, const FieldPath& path,
                        ErrorList& errors) {
  if (!namespaced) {
    if (!name.empty()) errors.forbidden(path, "not allowed on this type");
  } else if (name.empty()) {
    errors.required(path);
  } else {
    add_problems(errors, path, name, check_dns1123_label(name));
  }
}

// What both creates and updates demand.
void validate_common(const json::object& metadata, const FieldPath& path, ErrorList& errors) {
  validate_labels(object_at(metadata, {"labels"}), path / "labels", errors);
  validate_annotations(object_at(metadata, {"annotations"}), path / "annotations", errors);
  validate_owners(array_at(metadata, {"ownerReferences"}), path / "ownerReferences", errors);
}

void validate_no_new_finalizers(const json::array* now, const json::array* old,
                                const FieldPath& path, ErrorList& errors) {
  const std::vector<std::string> before = texts(old);
  std::set<std::string> extra;
  for (std::string& name : texts(now)) {
    if (std::ranges::find(before, name) == before.end()) extra.insert(quote(name));
  }
  if (extra.empty()) return;
  errors.forbidden(path, fmt::format("no new finalizers can be added if the object is being "
                                     "deleted, found new finalizers []string{{{}}}",
                                     fmt::join(extra, ", ")));
}

bool is_condition_reason(std::string_view text) {
  const auto letter = [](char c) { return is_lower(c) || is_upper(c); };
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '_' || c == ',' || c == ':'; };
  return letter(text.front()) && std::ranges::all_of(text, inner) &&
         (is_alphanumeric(text.back()) || text.back() == '_');
}

void validate_condition(const json::object& condition, const FieldPath& path, ErrorList& errors) {
  constexpr std::size_t kMaxReason = 1 << 10;
  constexpr std::size_t kMaxMessage = 32 << 10;
  const std::string_view type = text_at(condition, {"type"});
  add_problems(errors, path / "type", type, check_qualified_name(type));
  const std::string_view status = text_at(condition, {"status"});
  if (status != "True" && status != "False" && status != "Unknown")
    errors.not_supported(path / "status", text_value(status), {"False", "True", "Unknown"});
  if (const auto generation = integer_at(condition, {"observedGeneration"});
      generation.value_or(0) < 0) {
    errors.invalid(path / "observedGeneration", *generation,
                   "must be greater than or equal to zero");
  }
  if (value_at(condition, {"lastTransitionTime"}) == nullptr)
    errors.required(path / "lastTransitionTime");
  const std::string_view reason = text_at(condition, {"reason"});
  if (reason.empty()) {
    errors.required(path / "reason");
  } else if (!is_condition_reason(reason)) {
    errors.invalid(
        path / "reason", text_value(reason),
        regex_problem("a condition reason must start with alphabetic character, optionally "
                      "followed by a string of alphanumeric characters or '_,:', and must end with "
                      "an alphanumeric character or '_'",
                      "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
                      {"my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"}));
  }
  if (reason.size() > kMaxReason) errors.too_long(path / "reason", kMaxReason);
  if (text_at(condition, {"message"}).size() > kMaxMessage)
    errors.too_long(path / "message", kMaxMessage);
}

void validate_requirement(const json::object& requirement, const FieldPath& path,
                          ErrorList& errors) {
  const std::string_view op = text_at(requirement, {"operator"});
  const std::vector<std::string> values = texts(array_at(requirement, {"values"}));
  if (op == "In" || op == "NotIn") {
    if (values.empty()) {
      errors.required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (op == "Exists" || op == "DoesNotExist") {
    if (!values.empty()) {
      errors.forbidden(path / "values",
                       "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else {
    errors.invalid(path / "operator", text_value(op), "not a valid selector operator");
  }
  const std::string_view name = text_at(requirement, {"key"});
  add_problems(errors, path / "key", name, check_qualified_name(name));
  for (std::size_t i = 0; i < values.size(); ++i)
    add_problems(errors, (path / "values").index(i), values[i], check_label_value(values[i]));
}

}  // namespace

std::string generate_name(std::string_view prefix, const Random& random) {
  std::string name(prefix.substr(0, kMaxGeneratedPrefix));
  for (int i = 0; i < 5; ++i)
    name += kNameCharacters[random(static_cast<std::uint32_t>(kNameCharacters.size()))];
  return name;
}

void validate_metadata(const json::object& object, const Kind& kind, ErrorList& errors) {
  const FieldPath path("metadata");
  const json::object* const given = object_at(object, {"metadata"});
  const json::object none;
  const json::object& metadata = given == nullptr ? none : *given;
  if (const std::string_view prefix = text_at(metadata, {"generateName"}); !prefix.empty())
    add_problems(errors, path / "generateName", prefix, check_name(prefix, kind.name_rule, true));
  if (const std::string_view name = text_at(metadata, {"name"}); name.empty()) {
    errors.required(path / "name", "name or generateName is required");
  } else {
    add_problems(errors, path / "name", name, check_name(name, kind.name_rule));
  }
  validate_namespace(text_at(metadata, {"namespace"}), kind.namespaced, path / "namespace", errors);
  validate_non_negative(value_at(metadata, {"generation"}), path / "generation", errors);
  validate_common(metadata, path, errors);
  validate_finalizers(array_at(metadata, {"finalizers"}), path / "finalizers", errors);
  validate_managed_fields(array_at(metadata, {"managedFields"}), path / "managedFields", errors);
}

void validate_metadata_update(const json::object& object, const json::object& old,
                              ErrorList& errors) {
  const FieldPath path("metadata");
  if (value_at(old, {"metadata", "deletionTimestamp"}) != nullptr) {
    validate_no_new_finalizers(array_at(object, {"metadata", "finalizers"}),
                               array_at(old, {"metadata", "finalizers"}), path / "finalizers",
                               errors);
  }
  if (text_at(object, {"metadata", "resourceVersion"}).empty())
    errors.invalid(path / "resourceVersion", "", "must be specified for an update");
  const std::int64_t generation = integer_at(object, {"metadata", "generation"}).value_or(0);
  if (generation < integer_at(old, {"metadata", "generation"}).value_or(0))
    errors.invalid(path / "generation", generation, "must not be decremented");
  for (const std::string_view name : {"name", "namespace", "uid", "creationTimestamp",
                                      "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    validate_immutable(value_at(object, {"metadata", name}), value_at(old, {"metadata", name}),
                       path / name, errors);
  }
  if (const json::object* const metadata = object_at(object, {"metadata"})) {
    validate_common(*metadata, path, errors);
    validate_managed_fields(array_at(*metadata, {"managedFields"}), path / "managedFields", errors);
  }
}

void validate_labels(const json::object* labels, const FieldPath& path, ErrorList& errors) {
  if (labels == nullptr) return;
  for (const auto& [name, value] : *labels) {
    const std::string_view label(name.data(), name.size());
    add_problems(errors, path, label, check_qualified_name(label));
    const std::string_view text = value.is_string() ? view(value.get_string()) : "";
    add_problems(errors, path, text, check_label_value(text));
  }
}

void validate_annotations(const json::object* annotations, const FieldPath& path,
                          ErrorList& errors) {
  if (annotations == nullptr) return;
  std::size_t bytes = 0;
  for (const auto& [name, value] : *annotations) {
    std::string lower(name.data(), name.size());
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    });
    add_problems(errors, path, {name.data(), name.size()}, check_qualified_name(lower));
    bytes += name.size() + (value.is_string() ? value.get_string().size() : 0);
  }
  if (bytes > kMaxAnnotationBytes) errors.too_long(path, kMaxAnnotationBytes);
}

void validate_label_selector(const json::object* selector, const FieldPath& path,
                             ErrorList& errors) {
  if (selector == nullptr) return;
  validate_labels(object_at(*selector, {"matchLabels"}), path / "matchLabels", errors);
  const json::array* const expressions = array_at(*selector, {"matchExpressions"});
  if (expressions == nullptr) return;
  for (std::size_t i = 0; i < expressions->size(); ++i) {
    if (const json::object* const expression = (*expressions)[i].if_object())
      validate_requirement(*expression, (path / "matchExpressions").index(i), errors);
  }
}

void validate_conditions(const json::array* conditions, const FieldPath& path, ErrorList& errors) {
  if (conditions == nullptr) return;
  std::set<std::string_view> types;
  for (std::size_t i = 0; i < conditions->size(); ++i) {
    const json::object* const condition = (*conditions)[i].if_object();
    if (condition == nullptr) continue;
    const std::string_view type = text_at(*condition, {"type"});
    if (!types.insert(type).second) errors.duplicate(path.index(i) / "type", text_value(type));
    validate_condition(*condition, path.index(i), errors);
  }
}

void validate_field_manager(std::string_view manager, const FieldPath& path, ErrorList& errors) {
  if (manager.size() > kMaxFieldManagerBytes) errors.too_long(path, kMaxFieldManagerBytes);
  for (std::size_t i = 0; i < manager.size(); ++i) {
    const auto byte = static_cast<unsigned char>(manager[i]);
    if (byte < 0x20 || byte == 0x7f) {
      errors.invalid(path, text_value(manager),
                     fmt::format("invalid character U+{:04X} (at position {})", byte, i));
    }
  }
}

void validate_immutable(const json::value* now, const json::value* old, const FieldPath& path,
                        ErrorList& errors) {
  const json::value none;
  if (same(now == nullptr ? none : *now, old == nullptr ? none : *old)) return;
  errors.invalid(path, now == nullptr ? none : *now, "field is immutable");
}

void validate_non_negative(const json::value* number, const FieldPath& path, ErrorList& errors) {
  if (number != nullptr && number->is_int64() && number->get_int64() < 0)
    errors.invalid(path, *number, "must be greater than or equal to 0");
}

}  // namespace cove::api
