// Strategic merge patch: lists merge by key, and directives in the patch say what else to do.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/api/document.h"
#include "core/api/go_text.h"
#include "core/api/patch.h"

namespace cove::api {
namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList";
constexpr std::string_view kOrderPrefix = "$setElementOrder";
constexpr std::string_view kBadDeletions = "invalid patch format of primitive list";
constexpr std::string_view kBadRetainKeys = "invalid patch format of retainKeys";
constexpr std::string_view kBadOrder = "invalid patch format of setElementOrder list";

Error malformed(std::string cause) {
  return {ErrorCode::kInvalidArgument, "apply", "the patch", std::move(cause), {}};
}

Error malformed(std::string_view cause) {
  return malformed(std::string(cause));
}

std::string_view text_of(const json::string_view text) {
  return {text.data(), text.size()};
}

std::string_view go_type(const json::value& value) {
  switch (value.kind()) {
    case json::kind::object: return "map[string]interface {}";
    case json::kind::array: return "[]interface {}";
    case json::kind::string: return "string";
    case json::kind::bool_: return "bool";
    case json::kind::double_: return "float64";
    case json::kind::null: return "%!s(<nil>)";
    default: return "int64";
  }
}

bool same_type(const json::value& a, const json::value& b) {
  return go_type(a) == go_type(b);
}

Error bad_argument(std::string_view expected, const json::value& actual) {
  return malformed(fmt::format("expected a {}, but received a {}", expected, go_type(actual)));
}

Error no_merge_key(const json::object& object, std::string_view merge_key) {
  return malformed(fmt::format("map: {} does not contain declared merge key: {}",
                               go_value_text(object), merge_key));
}

// What makes an element itself: the value of its merge key, or the scalar that it is. Texts of
// different types differ, because JSON's do.
std::string identity(const json::value& value) {
  std::string text;
  append_go_json(text, value);
  return text;
}

std::string identity(const json::value& element, std::string_view merge_key) {
  if (merge_key.empty()) return identity(element);
  const json::value* found = member(element, merge_key);
  return found == nullptr ? std::string() : identity(*found);
}

// What the schema says of one member: the schema below it (of the elements for a list; null when it
// has none) and how it merges.
struct Strategy {
  const Schema* schema = nullptr;
  bool merge = false;
  bool replace = false;
  std::string_view merge_key;
};

std::string type_name(const Schema& schema) {
  if (schema.type == Type::kRaw) return "RawExtension";
  const std::size_t dot = schema.definition.rfind('.');
  return dot == std::string::npos ? schema.definition : schema.definition.substr(dot + 1);
}

Result<Strategy> strategy_of(const Schema* schema, std::string_view name, bool list) {
  if (schema == nullptr || (schema->type != Type::kObject && schema->type != Type::kRaw)) {
    return malformed(
        fmt::format("merging an object in json but data type is not struct, instead is: {}",
                    schema != nullptr && schema->type == Type::kMap ? "map" : "interface"));
  }
  const Field* field = schema->find(name);
  if (field == nullptr) {
    return malformed(fmt::format("unable to find api field in struct {} for the json field \"{}\"",
                                 type_name(*schema), name));
  }
  const Schema* below = field->schema;
  if (list) {
    if (below->type != Type::kList) {
      return malformed(std::string("expected slice or array type, but got: struct"));
    }
    below = below->items;
  }
  return Strategy{below, field->patch_merge, field->patch_replace, field->patch_key};
}

// Below a member that the document does not have, directives and nulls have nothing to say; what
// is marked with a directive is not added at all.
bool strip(json::value& value, bool inside_list) {
  if (auto* object = value.if_object()) {
    if (object->contains(key(kDirective))) return false;
    json::object kept;
    for (auto& each : *object) {
      const std::string_view name = text_of(each.key());
      if (each.value().is_null() || name == kRetainKeys || name.starts_with(kDeletePrefix) ||
          name.starts_with(kOrderPrefix))
        continue;
      if (strip(each.value(), false)) kept.emplace(each.key(), std::move(each.value()));
    }
    *object = std::move(kept);
  } else if (auto* array = value.if_array()) {
    json::array kept;
    for (json::value& each : *array) {
      if (strip(each, true)) kept.push_back(std::move(each));
    }
    *array = std::move(kept);
  }
  return inside_list || !value.is_null();
}

// All elements must have one type, and none may be a list. True when they are objects.
Result<bool> elements_are_objects(const json::array& a, const json::array& b) {
  const json::value* first = nullptr;
  for (const json::array* list : {&a, &b}) {
    for (const json::value& each : *list) {
      if (first == nullptr) {
        first = &each;
        if (each.is_array()) {
          return Error{
              ErrorCode::kConflict, "apply", "the patch", "lists of lists are not supported", {}};
        }
      } else if (!same_type(*first, each)) {
        return malformed(fmt::format("list element types are not identical: [{} {}]",
                                     go_value_text(a), go_value_text(b)));
      }
    }
  }
  if (first == nullptr) return malformed(std::string("no elements in any of the given slices"));
  return first->is_object();
}

using Positions = std::unordered_map<std::string, std::size_t>;

Positions positions_of(const json::array& list, std::string_view merge_key) {
  Positions positions;
  for (std::size_t i = 0; i < list.size(); ++i) {
    positions.emplace(identity(list[i], merge_key), i);
  }
  return positions;
}

std::ptrdiff_t position_in(const Positions& positions, const std::string& identity) {
  const auto found = positions.find(identity);
  return found == positions.end() ? -1 : static_cast<std::ptrdiff_t>(found->second);
}

// What the patch names stands in the patch's order, the rest in the document's; the two are woven
// so that a server's element stays before a patched one that it stood before.
json::array in_order(json::array merged, const json::array& patch_order,
                     const json::array& server_order, std::string_view merge_key) {
  struct Item {
    json::value* value;
    std::ptrdiff_t in_patch;
    std::ptrdiff_t in_server;
  };
  const Positions patch_positions = positions_of(patch_order, merge_key);
  const Positions server_positions = positions_of(server_order, merge_key);
  std::vector<Item> patched;
  std::vector<Item> others;
  for (json::value& each : merged) {
    const std::string name = identity(each, merge_key);
    const Item item{&each, position_in(patch_positions, name), position_in(server_positions, name)};
    (item.in_patch >= 0 ? patched : others).push_back(item);
  }
  std::ranges::stable_sort(patched, {}, &Item::in_patch);
  std::ranges::stable_sort(others, {}, &Item::in_server);
  json::array result;
  result.reserve(merged.size());
  auto patch_item = patched.begin();
  for (const Item& item : others) {
    while (patch_item != patched.end() && !(item.in_server >= 0 && patch_item->in_server >= 0 &&
                                            item.in_server < patch_item->in_server)) {
      result.push_back(std::move(*(patch_item++)->value));
    }
    result.push_back(std::move(*item.value));
  }
  for (; patch_item != patched.end(); ++patch_item) result.push_back(std::move(*patch_item->value));
  return result;
}

Result<void> require_keys(const json::array& list, std::string_view merge_key) {
  for (const json::value& each : list) {
    const auto* object = each.if_object();
    if (object == nullptr) return bad_argument("map[string]interface {}", each);
    if (!object->contains(key(merge_key))) return no_merge_key(*object, merge_key);
  }
  return {};
}

Result<json::object> merge_object(json::object original, json::object patch, const Schema* schema);

// The patch's elements that have no directive; those that have one take effect on `original`.
Result<json::array> apply_element_directives(json::array& original, json::array patch,
                                             std::string_view merge_key, bool& replaced) {
  json::array plain;
  std::unordered_set<std::string> deleted;
  for (json::value& each : patch) {
    const json::value* directive = member(each, kDirective);
    if (directive == nullptr) {
      plain.push_back(std::move(each));
      continue;
    }
    const std::string_view what =
        directive->is_string() ? view(directive->get_string()) : std::string_view();
    if (what == "delete") {
      if (member(each, merge_key) == nullptr) return no_merge_key(each.get_object(), merge_key);
      deleted.insert(identity(each, merge_key));
    } else if (what == "replace") {
      replaced = true;
    } else if (what == "merge") {
      return malformed(std::string("merging lists cannot yet be specified in the patch"));
    } else {
      return malformed(fmt::format("unknown patch type: {} in map: {}", go_value_text(*directive),
                                   go_value_text(each)));
    }
  }
  if (!deleted.empty()) {
    json::array kept;
    for (json::value& each : original) {
      if (!deleted.contains(identity(each, merge_key))) kept.push_back(std::move(each));
    }
    original = std::move(kept);
  }
  return plain;
}

Result<json::array> merge_objects(json::array original, json::array patch,
                                  const Strategy& strategy) {
  if (strategy.merge_key.empty()) {
    return malformed(std::string("cannot merge lists without merge key for struct"));
  }
  bool replaced = false;
  COVE_TRY(json::array plain,
           apply_element_directives(original, std::move(patch), strategy.merge_key, replaced));
  if (replaced) {
    COVE_CHECK(require_keys(plain, strategy.merge_key));
    return plain;
  }
  COVE_CHECK(require_keys(original, strategy.merge_key));
  COVE_CHECK(require_keys(plain, strategy.merge_key));
  Positions positions = positions_of(original, strategy.merge_key);
  json::array merged = original;
  for (const json::value& each : plain) {
    const auto [at, added] = positions.emplace(identity(each, strategy.merge_key), merged.size());
    if (added) {
      merged.push_back(each);
      strip(merged.back(), true);
      continue;
    }
    json::value& target = merged[at->second];
    COVE_TRY(target,
             merge_object(std::move(target.get_object()), each.get_object(), strategy.schema));
  }
  return in_order(std::move(merged), plain, original, strategy.merge_key);
}

json::array merge_scalars(const json::array& original, const json::array& patch) {
  json::array merged;
  std::unordered_set<std::string> seen;
  for (const json::array* list : {&original, &patch}) {
    for (const json::value& each : *list) {
      if (seen.insert(identity(each)).second) merged.push_back(each);
    }
  }
  return in_order(std::move(merged), patch, original, {});
}

json::array delete_scalars(const json::array& original, const json::array& deletions) {
  std::unordered_set<std::string> deleted;
  for (const json::value& each : deletions) deleted.insert(identity(each));
  json::array kept;
  for (const json::value& each : original) {
    if (!deleted.contains(identity(each))) kept.push_back(each);
  }
  return kept;
}

Result<json::array> merge_list(json::array original, json::array patch, const Strategy& strategy) {
  if (!strategy.merge) return patch;
  if (original.empty() && patch.empty()) return original;
  COVE_TRY(const bool objects, elements_are_objects(original, patch));
  if (objects) return merge_objects(std::move(original), std::move(patch), strategy);
  return merge_scalars(original, patch);
}

Result<std::string> listed_name(std::string_view member_name, std::string_view prefix,
                                std::string_view complaint) {
  if (member_name.size() <= prefix.size() || member_name[prefix.size()] != '/') {
    return malformed(complaint);
  }
  return std::string(member_name.substr(prefix.size() + 1));
}

// $retainKeys: only these members may stay, and the patch may set no other.
Result<void> apply_retain_keys(json::object& original, json::object& patch) {
  const auto found = patch.find(key(kRetainKeys));
  if (found == patch.end()) return {};
  const json::value directive = std::move(found->value());
  patch.stable_erase(found);
  if (!directive.is_array()) return malformed(kBadRetainKeys);
  std::unordered_set<std::string_view> retained;
  for (const json::value& each : directive.get_array()) {
    if (each.is_string()) retained.insert(view(each.get_string()));
  }
  for (const auto& each : patch) {
    const std::string_view name = text_of(each.key());
    if (each.value().is_null() || name.starts_with(kDeletePrefix) || name.starts_with(kOrderPrefix))
      continue;
    if (!retained.contains(name)) return malformed(kBadRetainKeys);
  }
  json::object kept;
  for (auto& each : original) {
    if (retained.contains(text_of(each.key()))) {
      kept.emplace(each.key(), std::move(each.value()));
    }
  }
  original = std::move(kept);
  return {};
}

// The patch's elements must stand in $setElementOrder's order.
Result<void> check_order(const json::array& patch, const json::array& order,
                         std::string_view merge_key) {
  if (order.empty()) return {};
  std::size_t at = 0;
  for (const json::value& each : patch) {
    if (member(each, kDirective) != nullptr) continue;
    if (!merge_key.empty()) {
      if (!each.is_object()) return bad_argument("map[string]interface {}", each);
      if (member(each, merge_key) == nullptr) return no_merge_key(each.get_object(), merge_key);
    }
    const std::string name = identity(each, merge_key);
    while (at < order.size() && identity(order[at], merge_key) != name) ++at;
    if (at == order.size()) {
      return malformed(fmt::format("The order in patch list:\n{}\n doesn't match {} list:\n{}\n",
                                   go_value_text(patch), kOrderPrefix, go_value_text(order)));
    }
    ++at;
  }
  return {};
}

Result<void> apply_order(json::object& original, json::object& patch, std::string_view directive,
                         const json::value& wanted, const Schema* schema) {
  if (!wanted.is_array()) return bad_argument("[]interface {}", wanted);
  const json::array& order = wanted.get_array();
  COVE_TRY(const std::string name, listed_name(directive, kOrderPrefix, kBadOrder));
  json::value* in_original = original.if_contains(key(name));
  json::value* in_patch = patch.if_contains(key(name));
  for (const json::value* each : {in_original, in_patch}) {
    if (each != nullptr && !each->is_array()) return bad_argument("[]interface {}", *each);
  }
  COVE_TRY(const Strategy strategy, strategy_of(schema, name, true));
  const json::array none;
  if (!strategy.merge_key.empty()) COVE_CHECK(require_keys(order, strategy.merge_key));
  COVE_CHECK(
      check_order(in_patch == nullptr ? none : in_patch->get_array(), order, strategy.merge_key));
  if (in_original == nullptr && in_patch == nullptr) return {};
  json::array server_order;
  if (in_original != nullptr) server_order = in_original->get_array();
  json::array merged = server_order;
  if (in_original == nullptr) {
    strip(*in_patch, true);
    merged = std::move(in_patch->get_array());
  } else if (in_patch != nullptr) {
    COVE_TRY(merged, merge_list(std::move(in_original->get_array()),
                                std::move(in_patch->get_array()), strategy));
  }
  if (!strategy.merge_key.empty()) COVE_CHECK(require_keys(merged, strategy.merge_key));
  original[key(name)] = in_order(std::move(merged), order, server_order, strategy.merge_key);
  if (in_patch != nullptr) patch.stable_erase(key(name));
  return {};
}

Result<void> apply_orders(json::object& original, json::object& patch, const Schema* schema) {
  std::vector<std::string> directives;
  for (const auto& each : patch) {
    if (text_of(each.key()).starts_with(kOrderPrefix)) {
      directives.emplace_back(text_of(each.key()));
    }
  }
  for (const std::string& directive : directives) {
    const auto found = patch.find(key(directive));
    const json::value wanted = std::move(found->value());
    patch.stable_erase(found);
    COVE_CHECK(apply_order(original, patch, directive, wanted, schema));
  }
  return {};
}

Result<void> apply_deletions(json::object& original, std::string_view directive,
                             const json::value& deletions) {
  COVE_TRY(const std::string name, listed_name(directive, kDeletePrefix, kBadDeletions));
  if (deletions.is_null()) {
    original.stable_erase(key(name));
    return {};
  }
  json::value* list = original.if_contains(key(name));
  if (list == nullptr || !list->is_array() || !deletions.is_array()) return {};
  *list = delete_scalars(list->get_array(), deletions.get_array());
  return {};
}

// Merges one member that both have, of one type.
Result<void> merge_member(json::value& original, json::value& patch, std::string_view name,
                          const Schema* schema) {
  if (original.is_object()) {
    COVE_TRY(const Strategy strategy, strategy_of(schema, name, false));
    if (strategy.replace) {
      original = std::move(patch);
    } else {
      COVE_TRY(original, merge_object(std::move(original.get_object()),
                                      std::move(patch.get_object()), strategy.schema));
    }
  } else if (original.is_array()) {
    COVE_TRY(const Strategy strategy, strategy_of(schema, name, true));
    COVE_TRY(original,
             merge_list(std::move(original.get_array()), std::move(patch.get_array()), strategy));
  } else {
    original = std::move(patch);
  }
  return {};
}

Result<json::object> merge_object(json::object original, json::object patch, const Schema* schema) {
  if (const json::value* directive = patch.if_contains(key(kDirective))) {
    const std::string_view what =
        directive->is_string() ? view(directive->get_string()) : std::string_view();
    if (what == "replace") {
      patch.stable_erase(key(kDirective));
      return patch;
    }
    if (what == "delete") return json::object();
    return malformed(fmt::format("unknown patch type: {} in map: {}", go_value_text(*directive),
                                 go_value_text(patch)));
  }
  COVE_CHECK(apply_retain_keys(original, patch));
  COVE_CHECK(apply_orders(original, patch, schema));
  bool removed = false;
  for (auto& each : patch) {
    const std::string_view name = text_of(each.key());
    if (name.starts_with(kDeletePrefix)) {
      COVE_CHECK(apply_deletions(original, name, each.value()));
      continue;
    }
    json::value* target = original.if_contains(each.key());
    if (each.value().is_null()) {
      if (target != nullptr) *target = nullptr;
      removed = removed || target != nullptr;
    } else if (target != nullptr && same_type(*target, each.value())) {
      COVE_CHECK(merge_member(*target, each.value(), name, schema));
    } else if (strip(each.value(), false)) {
      original[each.key()] = std::move(each.value());
    } else if (target != nullptr) {
      *target = nullptr;
      removed = true;
    }
  }
  if (!removed) return original;
  json::object kept;
  for (auto& each : original) {
    if (!each.value().is_null()) kept.emplace(each.key(), std::move(each.value()));
  }
  return kept;
}

}  // namespace

Result<json::object> apply_strategic_merge_patch(const Schema& schema, json::object document,
                                                 json::object patch) {
  return merge_object(std::move(document), std::move(patch), &schema);
}

}  // namespace cove::api
