// A YAML 1.2 document as a tree that prints back to the same values and the same types (a quoted
// "123" stays a string). Private to this room. Parsed by yaml-cpp; bounded in depth, and in size
// when aliases are expanded on printing.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cove::client {

struct YamlNode {
  enum class Kind { kNull, kPlain, kQuoted, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string tag;   // an explicit tag that is not implied by `kind`
  std::string text;  // of a scalar
  std::vector<YamlNode*> items;
  std::vector<std::pair<YamlNode*, YamlNode*>> entries;
  int line = 0;  // counted from 1; 0 when it did not come from a file
  int column = 0;

  bool is_scalar() const { return kind == Kind::kPlain || kind == Kind::kQuoted; }
  // The value of the first entry with that key, or null. Not for anything but maps.
  YamlNode* find(std::string_view key) const;
};

// Owns the nodes. An alias is a second pointer to the same node, so change copies, never what was
// parsed.
class YamlDocument {
 public:
  // `subject` names the bytes in errors. kCorrupt with line and column when they are not one
  // document, when a key is not a scalar, or when they nest deeper than 100. No document at all is
  // a null root.
  static Result<YamlDocument> parse(const std::string& bytes, const std::string& subject);
  YamlDocument();
  YamlDocument(YamlDocument&&) = default;
  YamlDocument& operator=(YamlDocument&&) = default;
  YamlDocument(const YamlDocument&) = delete;
  YamlDocument& operator=(const YamlDocument&) = delete;

  YamlNode* root() const { return root_; }
  void set_root(YamlNode* node) { root_ = node; }
  YamlNode* copy(const YamlNode& node);
  YamlNode* string(std::string text);
  YamlNode* make(YamlNode::Kind kind);
  // Replaces the value of `key` or adds it at the end.
  void set(YamlNode& map, std::string_view key, YamlNode* value);
  static void erase(YamlNode& map, std::string_view key);

  // Block style, aliases expanded. kCorrupt when that is longer than `max_bytes` or deeper than
  // 100.
  Result<std::string> print(std::size_t max_bytes) const;

 private:
  std::deque<YamlNode> nodes_;
  YamlNode* root_;
};

// Whether both stand for the same values and types, whatever their style.
bool same_value(const YamlNode& a, const YamlNode& b);

}  // namespace cove::client
