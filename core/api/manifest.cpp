#include "core/api/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/api/scalars.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

struct Chunk {
  std::string_view text;
  int line = 1;
};

// Whether "---" begins a document here: at the begin of a line, and a line or a blank follows. YAML
// allows it nowhere else, not in a block of text either.
bool is_marker(std::string_view line) {
  return line.starts_with("---") &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

bool says_something(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    const std::string_view bare = trim(line);
    if (!bare.empty() && !bare.starts_with('#') && !bare.starts_with('%') && bare != "---" &&
        bare != "...") {
      return true;
    }
  }
  return false;
}

std::vector<Chunk> chunks_of(std::string_view text) {
  std::vector<Chunk> chunks;
  std::size_t begin = 0;
  int begin_line = 1;
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (is_marker(text.substr(at, end - at)) && at > begin) {
      chunks.push_back({text.substr(begin, at - begin), begin_line});
      begin = at;
      begin_line = number;
    }
    at = end + 1;
  }
  chunks.push_back({text.substr(begin), begin_line});
  std::erase_if(chunks, [](const Chunk& each) { return !says_something(each.text); });
  return chunks;
}

Error refuse(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "parse", "YAML", std::move(cause), {}};
}

// Fields of one item, by their own names.
FieldLines lines_below(const FieldLines& all, const std::string& prefix) {
  FieldLines below;
  for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at) {
    std::string_view rest = std::string_view(at->first).substr(prefix.size());
    if (rest.starts_with('.')) below.emplace(rest.substr(1), at->second);
  }
  return below;
}

bool is_list(const json::object& document) {
  const json::value* const items = member(document, "items");
  return text_at(document, {"kind"}).ends_with("List") && items != nullptr && items->is_array();
}

Result<void> take(ManifestPart part, std::vector<ManifestPart>& parts) {
  if (parts.size() >= kMaxManifestParts)
    return refuse(fmt::format("line {}: more than {} objects", part.line, kMaxManifestParts));
  if (!is_list(part.document)) {
    parts.push_back(std::move(part));
    return {};
  }
  json::array& items = part.document["items"].get_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string prefix = fmt::format("items[{}]", i);
    const auto begins = part.lines.find(prefix);
    const int line = begins == part.lines.end() ? part.line : begins->second;
    if (!items[i].is_object())
      return refuse(fmt::format("line {}: an item that is no object", line));
    if (parts.size() >= kMaxManifestParts)
      return refuse(fmt::format("line {}: more than {} objects", line, kMaxManifestParts));
    parts.push_back({std::move(items[i].get_object()), line, lines_below(part.lines, prefix)});
  }
  return {};
}

// One form for all ways to name a field.
std::string plain_path(std::string_view field) {
  std::string out;
  while (field.starts_with('.')) field.remove_prefix(1);
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::size_t end = field[i] == '[' ? field.find(']', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += field[i];
      continue;
    }
    const std::string_view inside = field.substr(i + 1, end - i - 1);
    const bool number = !inside.empty() && std::ranges::all_of(inside, is_digit);
    if (number) {
      out += fmt::format("[{}]", inside);
    } else {
      std::string name(inside);
      std::erase(name, '"');
      out += "." + name;
    }
    i = end;
  }
  return out;
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  const std::size_t end = text.find(after);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

}  // namespace

Result<std::vector<ManifestPart>> parse_manifest(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes)
    return refuse(fmt::format("it is longer than {} bytes", limits.bytes));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<ManifestPart> parts;
  for (const Chunk& chunk : chunks_of(text)) {
    ManifestPart part;
    part.line = chunk.line;
    auto parsed = parse_yaml_lines(chunk.text, chunk.line, limits, part.lines);
    // JSON indented by tabs is no YAML.
    if (!parsed && trim(chunk.text).starts_with('{')) {
      part.lines.clear();
      if (auto as_json = parse_json(chunk.text, limits)) parsed = std::move(as_json);
    }
    if (!parsed) return parsed.error();
    if (!parsed->duplicates.empty()) {
      return refuse(fmt::format("line {}: the field {} stands twice",
                                line_of(part, parsed->duplicates.front()),
                                escape_control(parsed->duplicates.front())));
    }
    if (!part.lines.empty())
      part.line = std::ranges::min_element(part.lines, {}, &FieldLines::value_type::second)->second;
    if (parsed->value.is_null()) continue;
    if (!parsed->value.is_object())
      return refuse(fmt::format("line {}: the document is no object", part.line));
    part.document = std::move(parsed->value.get_object());
    COVE_CHECK(take(std::move(part), parts));
  }
  return parts;
}

int line_of(const ManifestPart& part, std::string_view field) {
  std::string path = plain_path(field);
  while (!path.empty()) {
    if (const auto found = part.lines.find(path); found != part.lines.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return part.line;
}

std::string field_of_message(std::string_view message) {
  if (const auto unknown = between(message, "unknown field \"", "\""); !unknown.empty())
    return std::string(unknown);
  if (const auto typed = between(message, "Go struct field ", " of type"); !typed.empty()) {
    const std::size_t dot = typed.find('.');
    return std::string(dot == std::string_view::npos ? typed : typed.substr(dot + 1));
  }
  // `failed to create typed patch object (a/b; v1, Kind=C): .spec.foo: field not declared …`
  if (const auto declared = between(message, "): .", ": "); !declared.empty())
    return std::string(declared);
  // `Deployment.apps "web" is invalid: spec.replicas: Invalid value: …`
  if (const std::size_t is = message.find("is invalid: "); is != std::string_view::npos)
    message.remove_prefix(is + 12);
  while (message.starts_with('[')) message.remove_prefix(1);
  const std::string_view path = message.substr(0, message.find(": "));
  const bool looks_so = path.size() < message.size() &&
                        path.find_first_of(" \"'") == std::string_view::npos && !path.empty();
  return looks_so ? std::string(path) : std::string();
}

}  // namespace cove::api
