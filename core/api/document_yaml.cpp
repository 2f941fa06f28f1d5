// Reading YAML as the clients' library reads it: YAML 1.1's plain scalars, JSON's shapes.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <unordered_map>

#include "core/api/document.h"
#include "core/api/manifest.h"
#include "core/api/scalars.h"
#include "core/base/base64.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxDuplicates = 100;
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

// What plain text can stand for beside itself.
struct Word {
  std::string_view text;
  json::value value;
};

const json::value* plain_word(std::string_view text) {
  static const std::array<Word, 28> words = {{
      {"y", true},       {"Y", true},       {"yes", true},    {"Yes", true},    {"YES", true},
      {"true", true},    {"True", true},    {"TRUE", true},   {"on", true},     {"On", true},
      {"ON", true},      {"n", false},      {"N", false},     {"no", false},    {"No", false},
      {"NO", false},     {"false", false},  {"False", false}, {"FALSE", false}, {"off", false},
      {"Off", false},    {"OFF", false},    {"", nullptr},    {"~", nullptr},   {"null", nullptr},
      {"Null", nullptr}, {"NULL", nullptr}, {"<<", nullptr},
  }};
  if (text.size() > 5) return nullptr;
  const auto found = std::ranges::find(words, text, &Word::text);
  return found == words.end() || text == "<<" ? nullptr : &found->value;
}

// Go's strconv.ParseInt(text, 0, 64) and ParseUint: "0x1f", "0o17", "017", "0b11", "-12".
std::optional<json::value> parse_integer(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  constexpr std::uint64_t kMax = std::uint64_t{1} << 63;
  if (!negative) return number < kMax ? json::value(static_cast<std::int64_t>(number)) : number;
  if (number > kMax) return std::nullopt;
  return static_cast<std::int64_t>(~number + 1);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
std::optional<double> parse_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() == sign || (text[sign] != '.' && !is_digit(text[sign]))) return std::nullopt;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// "2001-01-01" and the like look like numbers and are text.
std::optional<json::value> parse_number(std::string_view text) {
  std::string digits(text);
  std::erase(digits, '_');
  if (auto integer = parse_integer(digits)) return integer;
  const auto number = parse_float(digits);
  if (!number) return std::nullopt;
  // The JSON in between writes whole numbers without a fraction: they come out as integers.
  const std::string written = to_text(*number);
  if (written.find_first_of(".e") == std::string::npos) {
    if (auto integer = parse_integer(written)) return integer;
  }
  return json::value(*number);
}

bool is_not_finite(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
         text == ".NAN";
}

class Builder : public YAML::EventHandler {
 public:
  // `lines` may be null.
  Builder(const ParseLimits& limits, FieldLines* lines, int first_line)
      : limits_(limits), lines_(lines), first_line_(first_line) {}

  Parsed take() { return {std::move(root_), std::move(duplicates_)}; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "a second document starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(mark, anchor, nullptr, 1, 0);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    // An anchor is known only once its node is complete, so nothing can contain itself.
    if (found == anchors_.end()) fail(mark, "an alias to what contains it");
    spend(mark, found->second.nodes, found->second.bytes);
    attach(mark, found->second.value);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const bool is_merge = tag == "?" && text == "<<";
    if (is_merge && expects_key()) {
      open_.back().merging = true;
      open_.back().has_key = true;
      return;
    }
    place(mark, anchor, scalar(mark, tag, text), 1, text.size());
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    json::value value;
    std::size_t nodes = 0;  // spent before it
    std::size_t bytes = 0;
    std::string key;
    bool has_key = false;
    bool merging = false;  // the value to come is merged ("<<")
    json::array merged;
  };
  struct Anchored {
    json::value value;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };

  [[noreturn]] static void fail(const YAML::Mark& mark, const std::string& cause) {
    throw YAML::ParserException(mark, cause);
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().has_key;
  }

  void spend(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > limits_.yaml_nodes || bytes_ > limits_.bytes) fail(mark, "it is too large");
  }

  void place(const YAML::Mark& mark, YAML::anchor_t anchor, json::value value, std::size_t nodes,
             std::size_t bytes) {
    spend(mark, nodes, bytes);
    if (anchor != 0) anchors_[anchor] = {value, nodes, bytes};
    attach(mark, std::move(value));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, json::value value) {
    if (open_.size() >= limits_.depth) fail(mark, "it nests too deeply");
    if (expects_key()) fail(mark, "a key that is no plain value");
    Open& frame = open_.emplace_back();
    frame.mark = mark;
    frame.anchor = anchor;
    frame.value = std::move(value);
    frame.nodes = nodes_;
    frame.bytes = bytes_;
    spend(mark, 1, 0);
  }

  void close() {
    Open frame = std::move(open_.back());
    open_.pop_back();
    for (const json::value& merged : frame.merged) {
      for (const auto& [name, value] : merged.get_object())
        frame.value.get_object().emplace(name, value);
    }
    if (frame.anchor != 0)
      anchors_[frame.anchor] = {frame.value, nodes_ - frame.nodes, bytes_ - frame.bytes};
    attach(frame.mark, std::move(frame.value));
  }

  void attach(const YAML::Mark& mark, json::value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_array()) {
      note(mark);
      parent.value.get_array().push_back(std::move(value));
    } else if (!parent.has_key) {
      parent.key = key_text(mark, value);
      parent.has_key = true;
      note(mark);
    } else if (std::exchange(parent.merging, false)) {
      parent.has_key = false;
      merge(mark, std::move(value), parent);
    } else {
      parent.has_key = false;
      const bool fresh =
          parent.value.get_object().insert_or_assign(key(parent.key), std::move(value)).second;
      if (!fresh) report();
    }
  }

  static void merge(const YAML::Mark& mark, json::value value, Open& parent) {
    if (value.is_object()) {
      parent.merged.push_back(std::move(value));
      return;
    }
    if (!value.is_array() || !std::ranges::all_of(value.get_array(), &json::value::is_object))
      fail(mark, "map merge requires map or sequence of maps as the value");
    for (json::value& each : value.get_array()) parent.merged.push_back(std::move(each));
  }

  static std::string key_text(const YAML::Mark& mark, const json::value& value) {
    switch (value.kind()) {
      case json::kind::string: return std::string(view(value.get_string()));
      case json::kind::null:
      case json::kind::array:
      case json::kind::object: fail(mark, "a key that is no text, number or boolean");
      default: return to_text(value);
    }
  }

  // Of what is read now: members by name, items by number.
  std::string path() const {
    std::string path;
    for (const Open& each : open_) {
      if (each.value.is_array()) {
        path += fmt::format("[{}]", each.value.get_array().size());
      } else {
        if (!path.empty()) path += '.';
        path += each.key;
      }
    }
    return path;
  }

  void note(const YAML::Mark& mark) {
    if (lines_ != nullptr) lines_->insert_or_assign(path(), mark.line + first_line_);
  }

  // The member read last stands twice.
  void report() {
    if (duplicates_.size() >= kMaxDuplicates) return;
    std::string twice = path();
    if (std::ranges::find(duplicates_, twice) == duplicates_.end())
      duplicates_.push_back(std::move(twice));
  }

  json::value scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "?") return plain(mark, text);
    if (!tag.starts_with(kCoreTags)) return json::value(text);
    const std::string_view type = std::string_view(tag).substr(kCoreTags.size());
    if (type == "binary") {
      const auto bytes = base64_decode_lenient(text);
      if (!bytes) fail(mark, "!!binary value contains invalid base64 data");
      return json::value(*bytes);
    }
    if (type == "str" || type == "timestamp") return json::value(text);
    json::value value = plain(mark, text);
    const bool fits = (type == "int" && (value.is_int64() || value.is_uint64())) ||
                      (type == "float" && value.is_number()) ||
                      (type == "bool" && value.is_bool()) || (type == "null" && value.is_null());
    if (!fits) fail(mark, fmt::format("'{}' is no !!{}", escape_control(text), type));
    return value;
  }

  json::value plain(const YAML::Mark& mark, const std::string& text) {
    if (const json::value* const word = plain_word(text)) return *word;
    const char first = text.front();
    if (is_not_finite(text)) fail(mark, fmt::format("{} has no form in JSON", text));
    if (first == '-' || first == '+' || first == '.' || is_digit(first)) {
      if (auto number = parse_number(text)) return std::move(*number);
    }
    return json::value(text);
  }

  const ParseLimits& limits_;
  FieldLines* const lines_;
  const int first_line_;
  json::value root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::vector<std::string> duplicates_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  int documents_ = 0;
};

Error bad_yaml(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "parse", "YAML", std::move(cause), {}};
}

// YAML forbids them, and yaml-cpp would drop them or take one for the end of the file.
std::optional<Error> find_control_character(std::string_view text, int first_line) {
  const auto found = std::ranges::find_if(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  if (found == text.end()) return std::nullopt;
  const std::string_view before = text.substr(0, static_cast<std::size_t>(found - text.begin()));
  const std::size_t newline = before.rfind('\n');
  return bad_yaml(
      fmt::format("line {}, column {}: a control character", std::ranges::count(before, '\n') + first_line,
                  before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1));
}

Result<Parsed> parse(std::string_view text, const ParseLimits& limits, FieldLines* lines,
                     int first_line) {
  if (text.size() > limits.bytes)
    return bad_yaml(fmt::format("it is longer than {} bytes", limits.bytes));
  if (auto error = find_control_character(text, first_line)) return std::move(*error);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    Builder builder(limits, lines, first_line);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const YAML::Exception& error) {
    const std::string where =
        error.mark.is_null()
            ? ""
            : fmt::format("line {}, column {}: ", error.mark.line + first_line,
                          error.mark.column + 1);
    return bad_yaml(where + escape_control(error.msg));
  }
}

}  // namespace

Result<Parsed> parse_yaml(std::string_view text, const ParseLimits& limits) {
  return parse(text, limits, nullptr, 1);
}

Result<Parsed> parse_yaml_lines(std::string_view text, int first_line, const ParseLimits& limits,
                                FieldLines& lines) {
  return parse(text, limits, &lines, first_line);
}

}  // namespace cove::api
