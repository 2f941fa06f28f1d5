#include "core/client/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "core/base/strings.h"

namespace cove::client {
namespace {

using Kind = YamlNode::Kind;
constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxKeyBytes = 1000;  // YAML's limit for a key on one line is 1024 characters
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

// Builds the tree; throws YAML::ParserException at the place of whatever it does not take.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(YamlDocument& document) : document_(document) {}
  bool seen_document() const { return documents_ > 0; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw YAML::ParserException(mark, "a second document starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(mark, anchor, Kind::kNull);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    // An anchor is known only once its node is complete, so nothing can contain itself.
    if (found == anchors_.end()) throw YAML::ParserException(mark, "an alias to what contains it");
    attach(mark, found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode* const node = place(mark, anchor, tag == "?" ? Kind::kPlain : Kind::kQuoted);
    node->text = value;
    if (tag != "?" && tag != "!" && tag != std::string(kCoreTags) + "str") node->tag = tag;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode* node;
    YAML::anchor_t anchor;
    YamlNode* key = nullptr;
  };

  void attach(const YAML::Mark& mark, YamlNode* node) {
    if (open_.empty()) {
      document_.set_root(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == Kind::kSequence) {
      parent.node->items.push_back(node);
    } else if (parent.key == nullptr) {
      if (!node->is_scalar() && node->kind != Kind::kNull) {
        throw YAML::ParserException(mark, "a key that is not a plain value");
      }
      if (node->text.size() > kMaxKeyBytes) {
        throw YAML::ParserException(mark, fmt::format("a key longer than {} bytes", kMaxKeyBytes));
      }
      parent.key = node;
    } else {
      parent.node->entries.emplace_back(std::exchange(parent.key, nullptr), node);
    }
  }
  YamlNode* place(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind) {
    YamlNode* const node = document_.make(kind);
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    attach(mark, node);
    if (anchor != 0) anchors_[anchor] = node;
    return node;
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind) {
    if (open_.size() >= kMaxDepth) throw YAML::ParserException(mark, "it nests too deeply");
    YamlNode* const node = place(mark, 0, kind);
    if (tag != "?" && tag != "!" && !tag.starts_with(kCoreTags)) node->tag = tag;
    open_.push_back({node, anchor});
  }
  void close() {
    if (open_.back().anchor != 0) anchors_[open_.back().anchor] = open_.back().node;
    open_.pop_back();
  }

  YamlDocument& document_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, YamlNode*> anchors_;
  int documents_ = 0;
};

// A JSON string is a YAML string except for the characters that YAML 1.1 readers take for line
// breaks or refuse.
std::string quote(std::string_view text) {
  const std::string json = json_quote(text);
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return at < json.size() ? static_cast<unsigned char>(json[at]) : 0u;
    };
    if (byte(i) == 0x7f) {
      out += "\\u007f";
    } else if (byte(i) == 0xc2 && byte(i + 1) < 0xa0) {
      out += fmt::format("\\u{:04x}", byte(++i));
    } else if (byte(i) == 0xe2 && byte(i + 1) == 0x80 &&
               (byte(i + 2) == 0xa8 || byte(i + 2) == 0xa9)) {
      out += byte(i + 2) == 0xa8 ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (byte(i) == 0xef && byte(i + 1) == 0xbb && byte(i + 2) == 0xbf) {
      out += "\\ufeff";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

class Printer {
 public:
  explicit Printer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // False when a bound was hit. `indented`: the first line's indentation stands already.
  bool block(const YamlNode& node, std::size_t indent, bool indented, std::size_t depth) {
    if (depth > kMaxDepth) return false;
    const auto start_line = [&] {
      if (!std::exchange(indented, false)) out.append(indent, ' ');
    };
    for (const YamlNode* item : node.items) {
      start_line();
      out += '-';
      if (!value(*item, indent + 2, true, depth)) return false;
    }
    for (const auto& [key, mapped] : node.entries) {
      start_line();
      scalar(*key);
      out += ':';
      // A list may stand at its key's own indentation, as kubectl writes it.
      if (!value(*mapped, mapped->kind == Kind::kSequence ? indent : indent + 2, false, depth))
        return false;
    }
    return out.size() <= max_bytes_;
  }

  bool value(const YamlNode& node, std::size_t indent, bool same_line, std::size_t depth) {
    if (!node.tag.empty()) out += fmt::format(" !<{}>", node.tag);
    if (node.items.empty() && node.entries.empty()) {
      out += ' ';
      scalar(node);
      out += '\n';
      return out.size() <= max_bytes_;
    }
    const bool inline_start = same_line && node.tag.empty();
    out += inline_start ? ' ' : '\n';
    return block(node, indent, inline_start, depth + 1);
  }

  void scalar(const YamlNode& node) {
    switch (node.kind) {
      case Kind::kNull: out += "null"; break;
      case Kind::kSequence: out += "[]"; break;
      case Kind::kMap: out += "{}"; break;
      case Kind::kPlain:
        // Folded over several lines it can only have been a string.
        if (!node.text.empty() && node.text.find('\n') == std::string::npos) {
          out += node.text;
          break;
        }
        [[fallthrough]];
      case Kind::kQuoted: out += quote(node.text); break;
    }
  }

  std::string out;

 private:
  std::size_t max_bytes_;
};

// The type a reader gives a scalar: a folded plain scalar is printed quoted and means the same.
bool is_string(const YamlNode& node) {
  return node.kind == Kind::kQuoted ||
         (node.kind == Kind::kPlain &&
          (node.text.empty() || node.text.find('\n') != std::string::npos));
}

}  // namespace

YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name->is_scalar() && name->text == key) return value;
  }
  return nullptr;
}

YamlDocument::YamlDocument() : root_(make(Kind::kNull)) {}

Result<YamlDocument> YamlDocument::parse(const std::string& bytes, const std::string& subject) {
  // YAML forbids them, and yaml-cpp would drop them or take one for the end of the file.
  const auto forbidden = std::ranges::find_if(bytes, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  if (forbidden != bytes.end()) {
    const auto line = std::count(bytes.begin(), forbidden, '\n') + 1;
    const auto start = std::find(std::make_reverse_iterator(forbidden), bytes.rend(), '\n').base();
    return Error{
        ErrorCode::kCorrupt,
        "read",
        subject,
        fmt::format("line {}, column {}: a control character", line, forbidden - start + 1),
        {}};
  }
  YamlDocument document;
  std::istringstream stream(bytes);
  try {
    YAML::Parser parser(stream);
    Builder builder(document);
    while (parser.HandleNextDocument(builder)) {
    }
    return document;
  } catch (const YAML::Exception& error) {
    const std::string where =
        error.mark.is_null()
            ? ""
            : fmt::format("line {}, column {}: ", error.mark.line + 1, error.mark.column + 1);
    return Error{ErrorCode::kCorrupt, "read", subject, where + escape_control(error.msg), {}};
  }
}

YamlNode* YamlDocument::copy(const YamlNode& node) {
  return &nodes_.emplace_back(node);
}

YamlNode* YamlDocument::make(Kind kind) {
  YamlNode node;
  node.kind = kind;
  return &nodes_.emplace_back(std::move(node));
}

YamlNode* YamlDocument::string(std::string text) {
  YamlNode* const node = make(Kind::kQuoted);
  node->text = std::move(text);
  return node;
}

void YamlDocument::set(YamlNode& map, std::string_view key, YamlNode* value) {
  for (auto& [name, mapped] : map.entries) {
    if (name->is_scalar() && name->text == key) {
      mapped = value;
      return;
    }
  }
  YamlNode* const name = make(Kind::kPlain);
  name->text = key;
  map.entries.emplace_back(name, value);
}

void YamlDocument::erase(YamlNode& map, std::string_view key) {
  std::erase_if(map.entries, [&](const auto& entry) {
    return entry.first->is_scalar() && entry.first->text == key;
  });
}

Result<std::string> YamlDocument::print(std::size_t max_bytes) const {
  Printer printer(max_bytes);
  bool fits = true;
  if (root_->items.empty() && root_->entries.empty()) {
    printer.scalar(*root_);
    printer.out += '\n';
  } else {
    fits = printer.block(*root_, 0, false, 1);
  }
  if (fits) return std::move(printer.out);
  return Error{ErrorCode::kCorrupt,
               "write",
               "YAML",
               fmt::format("with its aliases expanded it nests too deeply or is longer than {}",
                           format_size(max_bytes)),
               {}};
}

bool same_value(const YamlNode& a, const YamlNode& b) {
  if (a.tag != b.tag) return false;
  if (is_string(a) && is_string(b)) return a.text == b.text;
  if (a.kind != b.kind || a.text != b.text) return false;
  const auto same = [](const YamlNode* x, const YamlNode* y) { return same_value(*x, *y); };
  const auto same_entry = [](const auto& x, const auto& y) {
    return same_value(*x.first, *y.first) && same_value(*x.second, *y.second);
  };
  return std::ranges::equal(a.items, b.items, same) &&
         std::ranges::equal(a.entries, b.entries, same_entry);
}

}  // namespace cove::client
