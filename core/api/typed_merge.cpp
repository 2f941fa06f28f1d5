// Merging what a client applies into a document, and taking out what nobody wants any more.
#include <algorithm>
#include <map>
#include <set>

#include "core/api/typed_common.h"

namespace cove::api::typed {
namespace {

json::value merge_values(const Typed& type, const json::value* live, const json::value* config);

json::object merge_maps(const Typed& type, const json::object& live, const json::object& config) {
  json::object out;
  out.reserve(std::max(live.size(), config.size()));
  for (const auto& each : live) {
    const json::value* other = config.if_contains(each.key());
    out.emplace(each.key(), other == nullptr ? each.value()
                                             : merge_values(child_of(type, name_of(each)).type,
                                                            &each.value(), other));
  }
  for (const auto& each : config) {
    if (!live.contains(each.key())) out.emplace(each.key(), each.value());
  }
  return out;
}

// One side's elements: their names in order, and the item of each name (null when several share
// it).
struct Index {
  std::vector<PathElement> order;
  std::map<PathElement, const json::value*> items;

  Index(const Typed& type, const json::array& list) {
    static const json::value kAmbiguous;
    order.reserve(list.size());
    for (const json::value& each : list) {
      Element element = element_of(*type.schema, each);
      if (!element.element) continue;
      const auto [at, added] = items.emplace(*element.element, &each);
      if (!added) at->second = &kAmbiguous;
      order.push_back(std::move(*element.element));
    }
  }

  const json::value* find(const PathElement& element) const {
    const auto at = items.find(element);
    return at == items.end() ? nullptr : at->second;
  }
};

// Weaves two lists: what both have stands in the order of `config`, and what only the live list has
// stays where it was between those.
class ListMerge {
 public:
  ListMerge(const Typed& type, const json::array& live, const json::array& config)
      : type_(type), live_list_(live), live_(type, live), config_(type, config) {
    for (const PathElement& each : config_.order) {
      if (live_.find(each) != nullptr) shared_.push_back(&each);
    }
  }

  json::array run() {
    // An element without a name cannot be told apart: the applied list counts.
    if (live_.order.size() != live_list_.size()) return take_config();
    while (left_ < live_.order.size() || right_ < config_.order.size()) step();
    return std::move(out_);
  }

 private:
  const PathElement* next_shared() const {
    return at_shared_ < shared_.size() ? shared_[at_shared_] : nullptr;
  }

  json::array take_config() {
    for (; right_ < config_.order.size();) merge_next();
    return std::move(out_);
  }

  void merge_next() {
    const PathElement& element = config_.order[right_++];
    merged_names_.insert(element);
    out_.push_back(merge_values(items_of(type_), live_.find(element), config_.find(element)));
    if (next_shared() != nullptr && *next_shared() == element) ++at_shared_;
  }

  void step() {
    if (left_ < live_.order.size()) {
      const PathElement& element = live_.order[left_];
      const bool in_config = config_.find(element) != nullptr;
      if (right_ < config_.order.size()) {
        if (element == config_.order[right_]) {
          ++left_;
          return merge_next();
        }
        // Both have it, and `config` wants another one first.
        if (in_config && next_shared() != nullptr && *next_shared() != element) {
          ++left_;
          return;
        }
      }
      if (!in_config) {
        out_.push_back(live_list_[left_++]);
        return;
      }
      if (merged_names_.contains(element)) ++left_;
    }
    if (right_ < config_.order.size()) merge_next();
  }

  Typed type_;
  const json::array& live_list_;
  Index live_;
  Index config_;
  std::vector<const PathElement*> shared_;  // of config's order
  std::size_t at_shared_ = 0;
  std::size_t left_ = 0;
  std::size_t right_ = 0;
  std::set<PathElement> merged_names_;
  json::array out_;
};

json::value merge_values(const Typed& type, const json::value* live, const json::value* config) {
  if (config == nullptr) return live == nullptr ? json::value() : *live;
  if (live == nullptr) return *config;
  const Shape shape = shape_of(type, config);
  if (shape == Shape::kLeaf || is_atomic(type, shape)) return *config;
  if (shape == Shape::kMap) {
    const json::object* left = live->if_object();
    const json::object* right = config->if_object();
    const bool nothing_left = left == nullptr || left->empty();
    const bool nothing_right = right == nullptr || right->empty();
    if (nothing_left) return *config;
    if (nothing_right) return *live;
    return merge_maps(type, *left, *right);
  }
  const json::array* left = live->if_array();
  const json::array* right = config->if_array();
  if (left == nullptr || left->empty()) return *config;
  if (right == nullptr || right->empty()) return *live;
  return ListMerge(type, *left, *right).run();
}

class Remover {
 public:
  explicit Remover(bool drop_emptied) : drop_emptied_(drop_emptied) {}

  // Null when nothing of the value is left.
  json::value remove(const Typed& type, const json::value& value, const FieldSet& paths) const {
    const Shape shape = shape_of(type, &value);
    if (shape == Shape::kLeaf) return value;
    if (is_atomic(type, shape)) return nullptr;
    if (shape == Shape::kMap) {
      if (!value.is_object()) return nullptr;
      json::object kept = remove_from_map(type, value.get_object(), paths);
      return kept.empty() ? json::value() : json::value(std::move(kept));
    }
    if (!value.is_array()) return nullptr;
    json::array kept = remove_from_list(type, value.get_array(), paths);
    return kept.empty() ? json::value() : json::value(std::move(kept));
  }

  json::object remove_from_map(const Typed& type, const json::object& map,
                               const FieldSet& paths) const {
    json::object out;
    out.reserve(map.size());
    for (const auto& each : map) {
      const FieldSet::Node* node = paths.find_field(name_of(each));
      if (node == nullptr) {
        out.emplace(each.key(), each.value());
      } else if (!node->member) {
        json::value rest = remove(child_of(type, name_of(each)).type, each.value(), node->below);
        if (!rest.is_null() || !drop_emptied_) out.emplace(each.key(), std::move(rest));
      }
    }
    return out;
  }

 private:
  json::array remove_from_list(const Typed& type, const json::array& list,
                               const FieldSet& paths) const {
    json::array out;
    out.reserve(list.size());
    for (const json::value& each : list) {
      const Element element = element_of(*type.schema, each);
      const FieldSet::Node* node = element.element ? paths.find(*element.element) : nullptr;
      if (node == nullptr) {
        out.push_back(each);
      } else if (!node->member) {
        json::value rest = remove(items_of(type), each, node->below);
        if (!rest.is_null() || !drop_emptied_) out.push_back(std::move(rest));
      }
    }
    return out;
  }

  bool drop_emptied_;
};

void keep_emptied_members(const Typed& type, json::object& there, const json::object& config);

void keep_emptied_items(const Typed& type, json::array& there, const json::array& config) {
  std::map<PathElement, json::object*> items;
  for (json::value& each : there) {
    if (!each.is_object()) continue;
    if (Element element = element_of(*type.schema, each); element.element)
      items.emplace(std::move(*element.element), &each.get_object());
  }
  for (const json::value& each : config) {
    if (!each.is_object()) continue;
    const Element element = element_of(*type.schema, each);
    if (!element.element) continue;
    const auto found = items.find(*element.element);
    if (found != items.end())
      keep_emptied_members(items_of(type), *found->second, each.get_object());
  }
}

void keep_emptied_members(const Typed& type, json::object& there, const json::object& config) {
  for (const auto& each : config) {
    const Typed child = child_of(type, name_of(each)).type;
    const Shape shape = shape_of(child, &each.value());
    if (shape == Shape::kLeaf || is_atomic(child, shape)) continue;
    json::value* const place = there.if_contains(each.key());
    const bool gone = place == nullptr || place->is_null();
    if (const auto* list = each.value().if_array(); list && shape == Shape::kList) {
      if (gone && list->empty()) there[each.key()].emplace_array();
      if (!gone && place->is_array()) keep_emptied_items(child, place->get_array(), *list);
    } else if (const auto* map = each.value().if_object(); map && shape == Shape::kMap) {
      json::object made;
      const bool is_map = !gone && place->is_object();
      keep_emptied_members(child, is_map ? place->get_object() : made, *map);
      if (gone && (map->empty() || !made.empty())) there[each.key()] = std::move(made);
    }
  }
}

}  // namespace

json::object merge(const Schema& schema, const json::object& live, const json::object& config) {
  return merge_maps({&schema, false}, live, config);
}

json::object remove(const Schema& schema, const json::object& document, const FieldSet& paths,
                    bool drop_emptied) {
  return Remover(drop_emptied).remove_from_map({&schema, false}, document, paths);
}

void keep_emptied(const Schema& schema, json::object& document, const json::object& config) {
  keep_emptied_members({&schema, false}, document, config);
}

}  // namespace cove::api::typed
