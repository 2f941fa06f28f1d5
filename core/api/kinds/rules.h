// Short forms that the kinds' rules are written in. Private to this folder.
//
// Checks add what they find to `errors`, with the messages that clients of Kubernetes know.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/kind.h"
#include "core/api/names.h"

namespace cove::api::rules {

using Values = std::initializer_list<std::string_view>;

// ---- Documents

// Visits the objects of a list with their positions; what is no object is passed over.
template <typename List, typename Visit>
void each(List* list, Visit&& visit) {
  if (list == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].is_object()) {
      visit((*list)[i].get_object(), i);
    }
  }
}
// Visits the texts of a list with their positions.
template <typename Visit>
void each_text(const json::array* list, Visit&& visit) {
  if (list == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].is_string()) {
      visit(view((*list)[i].get_string()), i);
    }
  }
}
// Visits the members of a map: visit(name, value).
template <typename Visit>
void each_member(const json::object* map, Visit&& visit) {
  if (map == nullptr) {
    return;
  }
  for (const auto& member : *map) {
    visit(std::string_view(member.key().data(), member.key().size()), member.value());
  }
}
// Like object_at and array_at, to change what is there; null when there is none.
json::object* object_in(json::object& object, Steps path);
json::array* array_in(json::object& object, Steps path);

bool has(const json::object& object, Steps path);
std::size_t size_at(const json::object& object, Steps path);  // of a list or map; 0 when absent
bool one_of(std::string_view text, Values values);
// Whether both have the same there, be it nothing.
bool same_at(const json::object& a, const json::object& b, Steps path);
// Makes `object` have what `old` has there, be it nothing.
void restore(json::object& object, const json::object& old, Steps path);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

// ---- Descriptors

std::vector<Subresource> status_subresource();
Column name_column();
Column age_column();
Column created_column();
Column column(std::string_view name, std::string_view description, int priority = 0,
              std::string_view type = "string");

// ---- Cells

json::value cell(std::string_view text);
json::value name_cell(const json::object& object);
json::value age_cell(const json::object& object, WallTime now);
json::value created_cell(const json::object& object);
// "5m": time since an RFC 3339 text; "<unknown>" when there is none.
std::string since(std::string_view time, WallTime now);
std::string span_text(std::int64_t seconds);
std::string yes_no(bool value);  // "true", "false"
std::string join(const std::vector<std::string>& texts, std::string_view separator);
std::string join(const json::array* texts, std::string_view separator);
// "a=b,c=d" in the order of keys; `empty` when there are none.
std::string labels_text(const json::object* labels, std::string_view empty = "<none>");
// Of a LabelSelector: "a=b,c in (d,e)"; "<none>" for an empty one.
std::string selector_text(const json::object* selector);
// A number or text (IntOrString, quantity) as text; `absent` when there is none.
std::string scalar_text(const json::value* value, std::string_view absent);

// ---- Checks

void required_text(ErrorList& errors, const FieldPath& path, std::string_view value,
                   std::string detail = {});
void enumeration(ErrorList& errors, const FieldPath& path, std::string_view value, Values values);
// Required when empty.
void required_enumeration(ErrorList& errors, const FieldPath& path, std::string_view value,
                          Values values);
// "field is immutable"
void immutable(ErrorList& errors, const json::object& object, const json::object& old, Steps path,
               const FieldPath& at);
void not_negative(ErrorList& errors, const FieldPath& path, std::optional<std::int64_t> value);
void name(ErrorList& errors, const FieldPath& path, std::string_view value, NameRule rule);
void label_selector(ErrorList& errors, const FieldPath& path, const json::object* selector);
void labels(ErrorList& errors, const FieldPath& path, const json::object* labels);
void port(ErrorList& errors, const FieldPath& path, std::optional<std::int64_t> value);
// Addresses that lead nowhere for others: unspecified, loopback, link-local.
void special_ip(ErrorList& errors, const FieldPath& path, std::string_view ip);
// A quantity that must not be negative; keys of maps are given with FieldPath::key.
void quantity_not_negative(ErrorList& errors, const FieldPath& path, const json::value& value);
// A map of quantities whose keys are resource names.
void resource_list(ErrorList& errors, const FieldPath& path, const json::object* list);
// "must be greater than or equal to 0", or a percentage of at most 100 %.
void count_or_percent(ErrorList& errors, const FieldPath& path, const json::value& value);
// A webhook's URL, service and so on (clientConfig).
void webhook_client(ErrorList& errors, const FieldPath& path, const json::object* client);
void webhook_service(ErrorList& errors, const FieldPath& path, const json::object& service,
                     bool with_path);

}  // namespace cove::api::rules
