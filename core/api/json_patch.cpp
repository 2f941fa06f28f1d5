// JSON Patch and JSON Merge Patch.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include "core/api/document.h"
#include "core/api/patch.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxDepth = ParseLimits{}.depth;
// Elements and members that insertions, removals and measurements may touch altogether.
constexpr std::size_t kMaxWork = 20'000'000;

Error malformed(std::string cause) {
  return {ErrorCode::kInvalidArgument, "apply", "the patch", std::move(cause), {}};
}

Error unfit(std::string cause) {
  return {ErrorCode::kConflict, "apply", "the patch", std::move(cause), {}};
}

Error too_much(std::string cause) {
  return {ErrorCode::kResourceExhausted, "apply", "the patch", std::move(cause), {}};
}

// RFC 6901: "~1" is "/", "~0" is "~".
std::string unescape(std::string_view token) {
  std::string text;
  text.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      text.push_back(token[++i] == '0' ? '~' : '/');
    } else {
      text.push_back(token[i]);
    }
  }
  return text;
}

// The tokens of a pointer; none when it does not start with a slash.
std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (!pointer.starts_with('/')) return tokens;
  pointer.remove_prefix(1);
  while (true) {
    const std::size_t end = pointer.find('/');
    tokens.push_back(unescape(pointer.substr(0, end)));
    if (end == std::string_view::npos) return tokens;
    pointer.remove_prefix(end + 1);
  }
}

std::optional<std::size_t> index_of(std::string_view token) {
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (failure != std::errc() || end != token.data() + token.size() || token.empty())
    return std::nullopt;
  return index;
}

std::string bad_index(std::string_view token) {
  if (index_of(token)) return fmt::format("Unable to access invalid index: {}", token);
  return fmt::format("strconv.Atoi: parsing \"{}\": invalid syntax", token);
}

json::value* child_of(json::value& container, std::string_view token) {
  if (auto* object = container.if_object()) return object->if_contains(key(token));
  if (auto* array = container.if_array()) {
    const auto index = index_of(token);
    if (index && *index < array->size()) return &(*array)[*index];
  }
  return nullptr;
}

std::string why_absent(const json::value& container, std::string_view token) {
  if (container.is_array()) return bad_index(token);
  return fmt::format("unable to get nonexistent key: {}: missing value", token);
}

class JsonPatch {
 public:
  explicit JsonPatch(json::object document) : root_(std::move(document)) {}

  Result<void> apply(const json::object& operation) {
    const std::string_view kind = text(operation, "op").value_or("unknown");
    if (kind == "add") return add(operation);
    if (kind == "remove") return remove(operation);
    if (kind == "replace") return replace(operation);
    if (kind == "move") return move(operation);
    if (kind == "copy") return copy(operation);
    if (kind == "test") return test(operation);
    return unfit(fmt::format("Unexpected kind: {}", kind));
  }

  json::object take() { return std::move(root_.as_object()); }

 private:
  // Where an operation points: the container (null when there is none) and the name in it.
  struct Place {
    json::value* container = nullptr;
    std::string name;
    std::size_t depth = 0;  // of what stands there; the document's members have 1
  };

  static std::optional<std::string_view> text(const json::object& operation,
                                              std::string_view name) {
    const json::value* found = operation.if_contains(key(name));
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return view(found->get_string());
  }

  static json::value value_of(const json::object& operation) {
    const json::value* value = operation.if_contains("value");
    return value == nullptr ? json::value() : *value;
  }

  Place find(std::string_view pointer) {
    std::vector<std::string> tokens = tokens_of(pointer);
    if (tokens.empty()) return {};
    json::value* at = &root_;
    for (const std::string& token : std::span(tokens).first(tokens.size() - 1)) {
      at = child_of(*at, token);
      if (at == nullptr) return {};
    }
    if (!at->is_object() && !at->is_array()) return {};
    return {at, std::move(tokens.back()), tokens.size()};
  }

  Result<void> spend(std::size_t work) {
    work_ += work;
    if (work_ > kMaxWork) return too_much("the patch moves too many elements");
    return {};
  }

  // Whether `value` may stand at `depth`: its own depth is added to that.
  Result<void> check_depth(const json::value& value, std::size_t depth) {
    COVE_CHECK(spend(1));
    if (!value.is_object() && !value.is_array()) return {};
    if (depth >= kMaxDepth) return too_much("the patch nests too deep");
    if (const auto* object = value.if_object()) {
      for (const auto& member : *object) COVE_CHECK(check_depth(member.value(), depth + 1));
    } else {
      for (const auto& element : value.get_array()) COVE_CHECK(check_depth(element, depth + 1));
    }
    return {};
  }

  Result<void> insert(const Place& place, json::value value, std::string_view context) {
    COVE_CHECK(check_depth(value, place.depth));
    if (auto* object = place.container->if_object()) {
      (*object)[key(place.name)] = std::move(value);
      return {};
    }
    json::array& array = place.container->get_array();
    if (place.name == "-") {
      array.push_back(std::move(value));
      return {};
    }
    const auto index = index_of(place.name);
    if (!index) {
      return unfit(fmt::format("{}value was not a proper array index: '{}': {}", context,
                               place.name, bad_index(place.name)));
    }
    if (*index > array.size()) {
      return unfit(fmt::format("{}{}: invalid index referenced", context, bad_index(place.name)));
    }
    COVE_CHECK(spend(array.size() - *index));
    array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return {};
  }

  // Takes what stands there out of the document.
  Result<json::value> extract(const Place& place, std::string_view context) {
    if (auto* object = place.container->if_object()) {
      const auto found = object->find(key(place.name));
      if (found == object->end()) {
        return unfit(fmt::format("{}Unable to remove nonexistent key: {}: missing value", context,
                                 place.name));
      }
      COVE_CHECK(spend(object->size()));
      json::value value = std::move(found->value());
      object->stable_erase(found);
      return value;
    }
    json::array& array = place.container->get_array();
    const auto index = index_of(place.name);
    if (!index) return unfit(fmt::format("{}{}", context, bad_index(place.name)));
    if (*index >= array.size()) {
      return unfit(fmt::format("{}{}: invalid index referenced", context, bad_index(place.name)));
    }
    COVE_CHECK(spend(array.size() - *index));
    json::value value = std::move(array[*index]);
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(*index));
    return value;
  }

  Result<void> add(const json::object& operation) {
    const auto path = text(operation, "path");
    if (!path) return unfit("add operation failed to decode path: missing value");
    const Place place = find(*path);
    if (place.container == nullptr) {
      return unfit(fmt::format(
          "add operation does not apply: doc is missing path: \"{}\": missing value", *path));
    }
    return insert(place, value_of(operation), fmt::format("error in add for path: '{}': ", *path));
  }

  Result<void> remove(const json::object& operation) {
    const auto path = text(operation, "path");
    if (!path) return unfit("remove operation failed to decode path: missing value");
    const Place place = find(*path);
    if (place.container == nullptr) {
      return unfit(fmt::format(
          "remove operation does not apply: doc is missing path: \"{}\": missing value", *path));
    }
    COVE_CHECK(extract(place, fmt::format("error in remove for path: '{}': ", *path)));
    return {};
  }

  Result<void> replace(const json::object& operation) {
    const auto path = text(operation, "path");
    if (!path) return unfit("replace operation failed to decode path: missing value");
    const Place place = find(*path);
    if (place.container == nullptr) {
      return unfit(fmt::format(
          "replace operation does not apply: doc is missing path: {}: missing value", *path));
    }
    json::value* old = child_of(*place.container, place.name);
    if (old == nullptr) {
      return unfit(fmt::format(
          "replace operation does not apply: doc is missing key: {}: missing value", *path));
    }
    json::value value = value_of(operation);
    COVE_CHECK(check_depth(value, place.depth));
    *old = std::move(value);
    return {};
  }

  Result<void> move(const json::object& operation) {
    const auto from = text(operation, "from");
    if (!from) return unfit("move operation failed to decode from: missing value");
    const auto path = text(operation, "path");
    if (!path) return unfit("move operation failed to decode path: missing value");
    const Place source = find(*from);
    if (source.container == nullptr) {
      return unfit(fmt::format(
          "move operation does not apply: doc is missing from path: {}: missing value", *from));
    }
    if (child_of(*source.container, source.name) == nullptr) {
      return unfit(fmt::format("error in move for path: '{}': {}", source.name,
                               why_absent(*source.container, source.name)));
    }
    COVE_TRY(json::value value, extract(source, {}));
    const Place target = find(*path);
    if (target.container == nullptr) {
      return unfit(fmt::format(
          "move operation does not apply: doc is missing destination path: {}: missing value",
          *path));
    }
    return insert(target, std::move(value), fmt::format("error in move for path: '{}': ", *path));
  }

  Result<void> copy(const json::object& operation) {
    const auto from = text(operation, "from");
    if (!from) return unfit("copy operation failed to decode from: missing value");
    const auto path = text(operation, "path");
    if (!path) return unfit("copy operation failed to decode path: missing value");
    const Place source = find(*from);
    if (source.container == nullptr) {
      return unfit(fmt::format(
          "copy operation does not apply: doc is missing from path: {}: missing value", *from));
    }
    const json::value* value = child_of(*source.container, source.name);
    if (value == nullptr) {
      return unfit(fmt::format("error in copy for from: '{}': {}", *from,
                               why_absent(*source.container, source.name)));
    }
    const Place target = find(*path);
    if (target.container == nullptr) {
      return unfit(fmt::format(
          "copy operation does not apply: doc is missing destination path: {}: missing value",
          *path));
    }
    copied_ += json::serialize(*value).size();
    if (copied_ > kMaxJsonPatchCopiedBytes) {
      return too_much(
          fmt::format("Unable to complete the copy, the accumulated size increase of copy is {}, "
                      "exceeding the limit {}",
                      copied_, kMaxJsonPatchCopiedBytes));
    }
    return insert(target, json::value(*value), "error while adding value during copy: ");
  }

  Result<void> test(const json::object& operation) {
    const auto path = text(operation, "path");
    if (!path) return unfit("test operation failed to decode path: missing value");
    const Place place = find(*path);
    if (place.container == nullptr) {
      return unfit(
          fmt::format("test operation does not apply: is missing path: {}: missing value", *path));
    }
    const json::value* actual = child_of(*place.container, place.name);
    if (actual == nullptr && place.container->is_array()) {
      return unfit(fmt::format("error in test for path: '{}': {}", *path, bad_index(place.name)));
    }
    const json::value absent;
    if (!same(actual == nullptr ? absent : *actual, value_of(operation))) {
      return unfit(fmt::format("testing value {} failed: test failed", *path));
    }
    return {};
  }

  json::value root_;
  std::size_t copied_ = 0;
  std::size_t work_ = 0;
};

// A patch's value where nothing was: its nulls say nothing.
json::value without_nulls(const json::value& patch) {
  const auto* object = patch.if_object();
  if (object == nullptr) return patch;
  json::object result;
  for (const auto& member : *object) {
    if (!member.value().is_null()) result.emplace(member.key(), without_nulls(member.value()));
  }
  return result;
}

json::object merged(json::object document, const json::object& patch) {
  json::object result;
  for (auto& member : document) {
    const json::value* change = patch.if_contains(member.key());
    if (change == nullptr) {
      result.emplace(member.key(), std::move(member.value()));
    } else if (change->is_object() && member.value().is_object()) {
      result.emplace(member.key(),
                     merged(std::move(member.value().get_object()), change->get_object()));
    } else if (!change->is_null()) {
      result.emplace(member.key(), without_nulls(*change));
    }
  }
  for (const auto& member : patch) {
    if (!member.value().is_null() && !document.contains(member.key())) {
      result.emplace(member.key(), without_nulls(member.value()));
    }
  }
  return result;
}

}  // namespace

Result<json::object> apply_json_patch(json::object document, const json::value& patch) {
  const auto* operations = patch.if_array();
  if (operations == nullptr) {
    return malformed("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  }
  if (operations->size() > kMaxJsonPatchOperations) {
    return too_much(fmt::format("The allowed maximum operations in a JSON patch is {}, got {}",
                                kMaxJsonPatchOperations, operations->size()));
  }
  for (const json::value& operation : *operations) {
    if (!operation.is_object())
      return malformed("json: cannot unmarshal into Go value of type jsonpatch.Operation");
  }
  JsonPatch machine(std::move(document));
  for (const json::value& operation : *operations) {
    COVE_CHECK(machine.apply(operation.get_object()));
  }
  return machine.take();
}

Result<json::object> apply_merge_patch(json::object document, const json::value& patch) {
  if (!patch.is_object()) return malformed("Invalid JSON Patch");
  return merged(std::move(document), patch.get_object());
}

json::object create_merge_patch(const json::object& from, const json::object& to) {
  json::object patch;
  for (const auto& member : from) {
    if (!to.contains(member.key())) patch.emplace(member.key(), nullptr);
  }
  for (const auto& member : to) {
    const json::value* old = from.if_contains(member.key());
    if (old == nullptr) {
      patch.emplace(member.key(), member.value());
    } else if (old->is_object() && member.value().is_object()) {
      json::object inner = create_merge_patch(old->get_object(), member.value().get_object());
      if (!inner.empty()) patch.emplace(member.key(), std::move(inner));
    } else if (!same(*old, member.value())) {
      patch.emplace(member.key(), member.value());
    }
  }
  return patch;
}

}  // namespace cove::api
