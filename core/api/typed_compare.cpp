// What differs between two documents. Nothing is allocated along what is equal.
#include <algorithm>
#include <map>

#include "core/api/typed_common.h"

namespace cove::api::typed {
namespace {

using Nodes = std::vector<FieldSet::Node>;

// The differences below one value, not yet in order.
struct Below {
  Nodes changed;
  Nodes removed;
};

// What a comparison says of the value itself.
enum class Self { kNothing, kChanged, kRemoved };

// `make_element` is called only when there is something to say.
template <class MakeElement>
void record(Below& out, MakeElement make_element, Self self, Below below) {
  if (self == Self::kRemoved || !below.removed.empty()) {
    out.removed.push_back(
        {make_element(), self == Self::kRemoved, FieldSet::of(std::move(below.removed))});
  }
  if (self == Self::kChanged || !below.changed.empty()) {
    out.changed.push_back(
        {make_element(), self == Self::kChanged, FieldSet::of(std::move(below.changed))});
  }
}

Self compare_leaf(const json::value* before, const json::value* after) {
  if (before == nullptr) return Self::kChanged;
  if (after == nullptr) return Self::kRemoved;
  return same(*before, *after) ? Self::kNothing : Self::kChanged;
}

Self compare_values(const Typed& type, const json::value* before, const json::value* after,
                    Below& out);

void compare_member(const Typed& type, std::string_view name, const json::value* before,
                    const json::value* after, Below& out) {
  Below below;
  const Self self = compare_values(child_of(type, name).type, before, after, below);
  record(
      out, [name] { return PathElement::field(name); }, self, std::move(below));
}

// Documents of one kind have their members in one order, mostly: the next member of the other side
// is tried before it is searched.
template <class Skip>
void compare_maps(const Typed& type, const json::object* before, const json::object* after,
                  Skip skip, Below& out) {
  std::size_t found = 0;
  if (before != nullptr) {
    const auto end = after == nullptr ? nullptr : after->end();
    auto next = after == nullptr ? nullptr : after->begin();
    for (const auto& each : *before) {
      const json::value* other = nullptr;
      if (next != end && next->key() == each.key()) {
        other = &(next++)->value();
      } else if (after != nullptr) {
        const auto at = after->find(each.key());
        if (at != end) {
          other = &at->value();
          next = at + 1;
        }
      }
      if (other != nullptr) ++found;
      if (!skip(name_of(each))) compare_member(type, name_of(each), &each.value(), other, out);
    }
  }
  if (after == nullptr || found == after->size()) return;
  for (const auto& each : *after) {
    if (before != nullptr && before->contains(each.key())) continue;
    if (!skip(name_of(each))) compare_member(type, name_of(each), nullptr, &each.value(), out);
  }
}

struct Occurrences {
  std::vector<const json::value*> before;
  std::vector<const json::value*> after;
};

bool all_same(const std::vector<const json::value*>& a, const std::vector<const json::value*>& b) {
  return std::ranges::equal(
      a, b, [](const json::value* left, const json::value* right) { return same(*left, *right); });
}

// Elements of one name on either side are compared as a whole; normally each side has at most one.
void compare_element(const Typed& list, const PathElement& element, const Occurrences& items,
                     Below& out) {
  const bool many_before = items.before.size() > 1;
  const bool many_after = items.after.size() > 1;
  Below below;
  Self self = Self::kNothing;
  if (many_before && many_after) {
    if (!all_same(items.before, items.after)) self = Self::kChanged;
  } else if (many_before) {
    if (!items.after.empty()) {
      compare_values(items_of(list), nullptr, items.after[0], below);
      out.changed.push_back({element, true, {}});
    }
    self = Self::kRemoved;
  } else if (many_after) {
    if (!items.before.empty()) {
      compare_values(items_of(list), items.before[0], nullptr, below);
      out.removed.push_back({element, true, {}});
    }
    self = Self::kChanged;
  } else {
    self = compare_values(items_of(list), items.before.empty() ? nullptr : items.before[0],
                          items.after.empty() ? nullptr : items.after[0], below);
  }
  record(
      out, [&element] { return element; }, self, std::move(below));
}

void compare_lists(const Typed& type, const json::array* before, const json::array* after,
                   Below& out) {
  std::map<PathElement, Occurrences> elements;
  for (const bool first : {true, false}) {
    const json::array* list = first ? before : after;
    if (list == nullptr) continue;
    for (const json::value& each : *list) {
      Element element = element_of(*type.schema, each);
      if (!element.element) continue;
      Occurrences& items = elements[std::move(*element.element)];
      (first ? items.before : items.after).push_back(&each);
    }
  }
  for (const auto& [element, items] : elements) compare_element(type, element, items, out);
}

// True when the value turned out to be a leaf, with what is to say of it in `self`.
bool compare_as(Shape shape, const Typed& type, const json::value* before, const json::value* after,
                Below& out, Self& self) {
  const auto leaf = [&] {
    self = compare_leaf(before, after);
    return true;
  };
  if (shape == Shape::kLeaf || is_atomic(type, shape)) return leaf();
  if (shape == Shape::kMap) {
    const json::object* left = object_in(before);
    const json::object* right = object_in(after);
    if ((left == nullptr || left->empty()) && (right == nullptr || right->empty())) return leaf();
    compare_maps(
        type, left, right, [](std::string_view) { return false; }, out);
    return false;
  }
  const json::array* left = array_in(before);
  const json::array* right = array_in(after);
  if ((left == nullptr || left->empty()) && (right == nullptr || right->empty())) return leaf();
  if (left != nullptr && right != nullptr && same(*before, *after)) return false;
  compare_lists(type, left, right, out);
  return false;
}

Self compare_values(const Typed& type, const json::value* before, const json::value* after,
                    Below& out) {
  const Shape left = shape_of(type, before);
  const Shape right = shape_of(type, after);
  Self self = Self::kNothing;
  if (after == nullptr) {
    if (compare_as(left, type, before, after, out, self)) return self;
    return Self::kRemoved;
  }
  if (before == nullptr) {
    if (compare_as(right, type, before, after, out, self)) return self;
    return Self::kChanged;
  }
  if (left != right) compare_as(left, type, before, after, out, self);
  compare_as(right, type, before, after, out, self);
  return self;
}

}  // namespace

Changes compare(const Schema& schema, const json::object& before, const json::object& after) {
  const Typed root{&schema, false};
  Below all;
  compare_maps(
      root, &before, &after,
      [](std::string_view name) {
        return name == "apiVersion" || name == "kind" || name == "metadata";
      },
      all);
  const json::value* old_metadata = before.if_contains("metadata");
  const json::value* new_metadata = after.if_contains("metadata");
  Below below;
  compare_maps(child_of(root, "metadata").type, object_in(old_metadata), object_in(new_metadata),
               is_system_metadata, below);
  record(
      all, [] { return PathElement::field("metadata"); }, Self::kNothing, std::move(below));
  return {FieldSet::of(std::move(all.changed)), FieldSet::of(std::move(all.removed))};
}

}  // namespace cove::api::typed
