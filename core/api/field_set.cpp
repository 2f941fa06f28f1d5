#include "core/api/field_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/api/document.h"
#include "core/api/go_text.h"

namespace cove::api {
namespace {

Error bad_element(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read", "managed fields", std::move(cause), {}};
}

// Numbers, texts, booleans, lists, objects, null.
int rank(const json::value& value) {
  switch (value.kind()) {
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return 0;
    case json::kind::string: return 1;
    case json::kind::bool_: return 2;
    case json::kind::array: return 3;
    case json::kind::object: return 4;
    case json::kind::null: return 5;
  }
  return 5;
}

std::strong_ordering order(int comparison) {
  return comparison <=> 0;
}

std::strong_ordering compare_numbers(const json::value& a, const json::value& b) {
  if (a.is_int64() && b.is_int64()) return a.get_int64() <=> b.get_int64();
  if (a.is_uint64() && b.is_uint64()) return a.get_uint64() <=> b.get_uint64();
  const auto number = [](const json::value& value) {
    if (value.is_int64()) return static_cast<double>(value.get_int64());
    if (value.is_uint64()) return static_cast<double>(value.get_uint64());
    return value.get_double();
  };
  const double left = number(a);
  const double right = number(b);
  return order(left < right ? -1 : (left > right ? 1 : 0));
}

std::strong_ordering compare(const json::value& a, const json::value& b) {
  const int left = rank(a);
  const int right = rank(b);
  if (left != right) return left <=> right;
  switch (left) {
    case 0: return compare_numbers(a, b);
    case 1: return view(a.get_string()) <=> view(b.get_string());
    case 2: return a.get_bool() <=> b.get_bool();
    case 5: return std::strong_ordering::equal;
    default: {
      // Elements are scalars; anything else comes from a hand-made managedFields.
      std::string left_text;
      std::string right_text;
      append_go_json(left_text, a);
      append_go_json(right_text, b);
      return left_text <=> right_text;
    }
  }
}

std::string display_value(const json::value& value) {
  if (const auto* text = value.if_string()) return quote(view(*text));
  if (value.is_null()) return "null";
  return go_value_text(value);
}

Result<json::value> parse_value(std::string_view text) {
  auto parsed = parse_json(text, {.bytes = 64 << 10, .depth = 8});
  if (parsed.has_error()) return bad_element(parsed.error().cause);
  return std::move(parsed->value);
}

void collect(const FieldSet& set, Path& prefix, std::vector<Path>& out) {
  for (const FieldSet::Node& node : set.nodes()) {
    if (!node.member) continue;
    out.push_back(prefix);
    out.back().push_back(node.element);
  }
  for (const FieldSet::Node& node : set.nodes()) {
    if (node.below.empty()) continue;
    prefix.push_back(node.element);
    collect(node.below, prefix, out);
    prefix.pop_back();
  }
}

// Whether the path that ends at `fields` (the value of its element's member) is in the set.
bool is_member(const json::object& fields) {
  return fields.empty() || fields.contains(".");
}

const json::object* below(const json::object& fields, const PathElement& element,
                          std::string& scratch) {
  if (const std::string* name = element.field_name()) {
    scratch.assign("f:").append(*name);
  } else {
    scratch = element.text();
  }
  const json::value* found = fields.if_contains(key(scratch));
  return found == nullptr ? nullptr : found->if_object();
}

}  // namespace

PathElement PathElement::keys(Keys keys) {
  if (keys.size() > 1) {
    std::ranges::sort(keys, {}, [](const auto& each) -> const std::string& { return each.first; });
  }
  return PathElement(std::move(keys));
}

Result<PathElement> PathElement::parse(std::string_view text) {
  if (text.size() < 2) return bad_element("key must be 2 characters long:");
  if (text[1] != ':') return bad_element(fmt::format("missing colon: {}", text));
  const std::string_view rest = text.substr(2);
  switch (text[0]) {
    case 'f': return field(rest);
    case 'v': {
      COVE_TRY(json::value value, parse_value(rest));
      return PathElement::value(std::move(value));
    }
    case 'k': {
      COVE_TRY(json::value value, parse_value(rest));
      if (!value.is_object()) return bad_element(fmt::format("expect {{ or n: {}", text));
      Keys keys;
      keys.reserve(value.get_object().size());
      for (auto& each : value.get_object()) {
        keys.emplace_back(std::string(each.key()), std::move(each.value()));
      }
      return PathElement::keys(std::move(keys));
    }
    case 'i': {
      std::int64_t index = 0;
      const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
      if (failure != std::errc() || end != rest.data() + rest.size() || rest.empty()) {
        return bad_element(fmt::format("strconv.Atoi: parsing {}: invalid syntax", quote(rest)));
      }
      return PathElement::index(index);
    }
    default:
      return Error{
          ErrorCode::kUnsupported, "read", "managed fields", "unknown path element type", {}};
  }
}

std::string PathElement::text() const {
  if (const auto* name = std::get_if<std::string>(&content_)) return "f:" + *name;
  if (const auto* index = std::get_if<std::int64_t>(&content_)) return fmt::format("i:{}", *index);
  std::string text;
  if (const auto* value = std::get_if<json::value>(&content_)) {
    text = "v:";
    append_go_json(text, *value);
    return text;
  }
  text = "k:{";
  for (const auto& [name, value] : std::get<Keys>(content_)) {
    if (text.size() > 3) text += ',';
    append_go_json(text, std::string_view(name));
    text += ':';
    append_go_json(text, value);
  }
  return text + '}';
}

std::string PathElement::display() const {
  if (const auto* name = std::get_if<std::string>(&content_)) return "." + *name;
  if (const auto* index = std::get_if<std::int64_t>(&content_)) return fmt::format("[{}]", *index);
  if (const auto* value = std::get_if<json::value>(&content_)) {
    return fmt::format("[={}]", display_value(*value));
  }
  std::string text = "[";
  for (const auto& [name, value] : std::get<Keys>(content_)) {
    if (text.size() > 1) text += ',';
    text += fmt::format("{}={}", name, display_value(value));
  }
  return text + ']';
}

std::strong_ordering PathElement::operator<=>(const PathElement& other) const {
  if (content_.index() != other.content_.index()) {
    return content_.index() <=> other.content_.index();
  }
  if (const auto* name = std::get_if<std::string>(&content_)) {
    return order(name->compare(std::get<std::string>(other.content_)));
  }
  if (const auto* index = std::get_if<std::int64_t>(&content_)) {
    return *index <=> std::get<std::int64_t>(other.content_);
  }
  if (const auto* value = std::get_if<json::value>(&content_)) {
    return compare(*value, std::get<json::value>(other.content_));
  }
  const Keys& left = std::get<Keys>(content_);
  const Keys& right = std::get<Keys>(other.content_);
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (const int names = left[i].first.compare(right[i].first); names != 0) return order(names);
    if (const auto values = compare(left[i].second, right[i].second); values != 0) return values;
  }
  return left.size() <=> right.size();
}

std::string display(const Path& path) {
  std::string text;
  for (const PathElement& element : path) text += element.display();
  return text;
}

FieldSet::FieldSet(std::initializer_list<Path> paths) {
  for (const Path& path : paths) insert(path);
}

Result<FieldSet> FieldSet::parse(const json::object& fields) {
  std::vector<Node> nodes;
  nodes.reserve(fields.size());
  for (const auto& each : fields) {
    const std::string_view name(each.key().data(), each.key().size());
    if (name == ".") continue;
    auto element = PathElement::parse(name);
    if (element.has_error()) {
      if (element.error().code == ErrorCode::kUnsupported) continue;
      return element.error();
    }
    const auto* inner = each.value().if_object();
    if (inner == nullptr) return bad_element(fmt::format("expect {{ or n below {}", name));
    COVE_TRY(FieldSet below, parse(*inner));
    const bool member = below.empty() || inner->contains(".");
    nodes.push_back({std::move(*element), member, std::move(below)});
  }
  return of(std::move(nodes));
}

json::object FieldSet::serialize() const {
  json::object fields;
  fields.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    json::object inner;
    if (!node.below.empty()) {
      if (!node.member) {
        inner = node.below.serialize();
      } else {
        json::object deeper = node.below.serialize();
        inner.reserve(deeper.size() + 1);
        inner.emplace(".", json::object());
        for (auto& each : deeper) inner.emplace(each.key(), std::move(each.value()));
      }
    }
    fields.emplace(key(node.element.text()), std::move(inner));
  }
  return fields;
}

FieldSet FieldSet::of(std::vector<Node> nodes) {
  std::erase_if(nodes, [](const Node& node) { return !node.member && node.below.empty(); });
  if (!std::ranges::is_sorted(nodes, {}, &Node::element)) {
    std::ranges::stable_sort(nodes, {}, &Node::element);
  }
  FieldSet set;
  if (std::ranges::adjacent_find(nodes, {}, &Node::element) == nodes.end()) {
    set.nodes_ = std::move(nodes);
    return set;
  }
  set.nodes_.reserve(nodes.size());
  for (Node& node : nodes) {
    if (set.nodes_.empty() || set.nodes_.back().element != node.element) {
      set.nodes_.push_back(std::move(node));
      continue;
    }
    Node& last = set.nodes_.back();
    last.member = last.member || node.member;
    last.below.unite(std::move(node.below));
  }
  return set;
}

void FieldSet::insert(const Path& path) {
  FieldSet* set = this;
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto at = std::ranges::lower_bound(set->nodes_, path[i], {}, &Node::element);
    if (at == set->nodes_.end() || at->element != path[i]) {
      at = set->nodes_.insert(at, {path[i], false, {}});
    }
    if (i + 1 == path.size()) at->member = true;
    set = &at->below;
  }
}

bool FieldSet::has(const Path& path) const {
  const FieldSet* set = this;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Node* node = set->find(path[i]);
    if (node == nullptr) return false;
    if (i + 1 == path.size()) return node->member;
    set = &node->below;
  }
  return false;
}

std::size_t FieldSet::size() const {
  std::size_t count = 0;
  for (const Node& node : nodes_) count += (node.member ? 1 : 0) + node.below.size();
  return count;
}

std::vector<Path> FieldSet::paths() const {
  std::vector<Path> out;
  Path prefix;
  collect(*this, prefix, out);
  return out;
}

void FieldSet::unite(FieldSet other) {
  if (other.nodes_.empty()) return;
  if (nodes_.empty()) {
    nodes_ = std::move(other.nodes_);
    return;
  }
  std::vector<Node> all;
  all.reserve(nodes_.size() + other.nodes_.size());
  auto left = nodes_.begin();
  auto right = other.nodes_.begin();
  while (left != nodes_.end() && right != other.nodes_.end()) {
    const auto side = left->element <=> right->element;
    if (side == 0) {
      left->member = left->member || right->member;
      left->below.unite(std::move((right++)->below));
    }
    all.push_back(std::move(side > 0 ? *right++ : *left++));
  }
  std::move(left, nodes_.end(), std::back_inserter(all));
  std::move(right, other.nodes_.end(), std::back_inserter(all));
  nodes_ = std::move(all);
}

void FieldSet::subtract(const FieldSet& other) {
  auto right = other.nodes_.begin();
  bool emptied = false;
  for (auto left = nodes_.begin(); left != nodes_.end() && right != other.nodes_.end();) {
    const auto side = left->element <=> right->element;
    if (side > 0) {
      ++right;
      continue;
    }
    if (side == 0) {
      left->member = left->member && !right->member;
      left->below.subtract(right->below);
      emptied = emptied || (!left->member && left->below.empty());
      ++right;
    }
    ++left;
  }
  if (emptied) {
    std::erase_if(nodes_, [](const Node& node) { return !node.member && node.below.empty(); });
  }
}

FieldSet FieldSet::united(const FieldSet& other) const {
  FieldSet result = *this;
  result.unite(other);
  return result;
}

FieldSet FieldSet::without(const FieldSet& other) const {
  FieldSet result = *this;
  result.subtract(other);
  return result;
}

FieldSet FieldSet::intersected(const FieldSet& other) const {
  FieldSet result;
  auto right = other.nodes_.begin();
  for (const Node& node : nodes_) {
    while (right != other.nodes_.end() && right->element < node.element) ++right;
    if (right == other.nodes_.end()) break;
    if (right->element != node.element) continue;
    FieldSet below = node.below.intersected(right->below);
    const bool member = node.member && right->member;
    if (member || !below.empty()) {
      result.nodes_.push_back({node.element, member, std::move(below)});
    }
  }
  return result;
}

FieldSet FieldSet::without_trees(const FieldSet& other) const {
  FieldSet result;
  auto right = other.nodes_.begin();
  for (const Node& node : nodes_) {
    while (right != other.nodes_.end() && right->element < node.element) ++right;
    if (right == other.nodes_.end() || right->element != node.element) {
      result.nodes_.push_back(node);
      continue;
    }
    if (right->member) continue;
    FieldSet below = node.below.without_trees(right->below);
    if (node.member || !below.empty()) {
      result.nodes_.push_back({node.element, node.member, std::move(below)});
    }
  }
  return result;
}

FieldSet FieldSet::leaves() const {
  FieldSet result;
  for (const Node& node : nodes_) {
    result.nodes_.push_back({node.element, node.below.empty(), node.below.leaves()});
  }
  return result;
}

bool FieldSet::meets(const json::object& fields) const {
  std::string scratch;
  for (const Node& node : nodes_) {
    const json::object* inner = api::below(fields, node.element, scratch);
    if (inner == nullptr) continue;
    if (node.member && is_member(*inner)) return true;
    if (!node.below.empty() && node.below.meets(*inner)) return true;
  }
  return false;
}

bool FieldSet::within(const json::object& fields) const {
  std::string scratch;
  return std::ranges::all_of(nodes_, [&](const Node& node) {
    const json::object* inner = api::below(fields, node.element, scratch);
    return inner != nullptr && (!node.member || is_member(*inner)) && node.below.within(*inner);
  });
}

bool FieldSet::operator==(const FieldSet& other) const {
  return std::ranges::equal(nodes_, other.nodes_, [](const Node& a, const Node& b) {
    return a.member == b.member && a.element == b.element && a.below == b.below;
  });
}

const FieldSet::Node* FieldSet::find(const PathElement& element) const {
  const auto at = std::ranges::lower_bound(nodes_, element, {}, &Node::element);
  return at == nodes_.end() || at->element != element ? nullptr : &*at;
}

const FieldSet::Node* FieldSet::find_field(std::string_view name) const {
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), name,
                                   [](const Node& node, std::string_view wanted) {
                                     const std::string* each = node.element.field_name();
                                     return each != nullptr && *each < wanted;
                                   });
  if (at == nodes_.end()) return nullptr;
  const std::string* found = at->element.field_name();
  return found == nullptr || *found != name ? nullptr : &*at;
}

}  // namespace cove::api
