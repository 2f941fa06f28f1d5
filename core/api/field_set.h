// FieldSet: a set of field paths, as server-side apply keeps them in metadata.managedFields.
//
// A path is a list of elements: a member's name, the keys of a list's element, the value of a set's
// element, or an index. A value type; nothing is shared. In FieldsV1 an element is a member named
// "f:NAME", "k:{…}", "v:VALUE" or "i:INDEX", and "." says that the path down to here is itself in
// the set.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace cove::api {

namespace json = boost::json;

class PathElement {
 public:
  // In the order of names.
  using Keys = std::vector<std::pair<std::string, json::value>>;

  static PathElement field(std::string_view name) { return PathElement(std::string(name)); }
  static PathElement keys(Keys keys);
  static PathElement value(json::value value) { return PathElement(std::move(value)); }
  static PathElement index(std::int64_t index) { return PathElement(index); }

  // From a member's name in FieldsV1. kInvalidArgument; kUnsupported for a letter that is unknown,
  // which readers skip.
  static Result<PathElement> parse(std::string_view text);
  // The member's name in FieldsV1.
  std::string text() const;
  // As messages show it: `.name`, `[name="a",port=80]`, `[="v"]`, `[3]`.
  std::string display() const;

  const std::string* field_name() const { return std::get_if<std::string>(&content_); }
  const Keys* key_list() const { return std::get_if<Keys>(&content_); }

  // Names first, then keys, values and indices.
  std::strong_ordering operator<=>(const PathElement& other) const;
  bool operator==(const PathElement& other) const { return (*this <=> other) == 0; }

 private:
  using Content = std::variant<std::string, Keys, json::value, std::int64_t>;
  explicit PathElement(Content content) : content_(std::move(content)) {}

  Content content_;
};

using Path = std::vector<PathElement>;

// ".spec.containers[name=\"a\"].image"
std::string display(const Path& path);

class FieldSet {
 public:
  struct Node;

  FieldSet() = default;
  FieldSet(std::initializer_list<Path> paths);

  // From FieldsV1, any order of members. kInvalidArgument.
  static Result<FieldSet> parse(const json::object& fields);
  // FieldsV1 in canonical order.
  json::object serialize() const;

  void insert(const Path& path);
  bool has(const Path& path) const;
  bool empty() const { return nodes_.empty(); }
  std::size_t size() const;
  // Every path, those of one level before those below them.
  std::vector<Path> paths() const;

  void unite(FieldSet other);
  // Takes the paths of `other` out; what lies below them stays.
  void subtract(const FieldSet& other);
  FieldSet united(const FieldSet& other) const;
  FieldSet intersected(const FieldSet& other) const;
  FieldSet without(const FieldSet& other) const;
  // Without the paths of `other` and all below them.
  FieldSet without_trees(const FieldSet& other) const;
  // The paths that have none below them.
  FieldSet leaves() const;

  // Whether a path of this set is in `fields` (FieldsV1, canonical), which is not parsed.
  bool meets(const json::object& fields) const;
  // Whether every path of this set is there.
  bool within(const json::object& fields) const;

  bool operator==(const FieldSet& other) const;

  // For those that walk sets along documents. Invariants: sorted by element, no element twice, and
  // every node is a member or has nodes below it.
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node* find(const PathElement& element) const;
  const Node* find_field(std::string_view name) const;
  // Nodes in any order; equal elements are united, nodes that say nothing dropped.
  static FieldSet of(std::vector<Node> nodes);

 private:
  std::vector<Node> nodes_;
};

struct FieldSet::Node {
  PathElement element;
  bool member = false;  // the path that ends here is in the set
  FieldSet below;
};

}  // namespace cove::api
