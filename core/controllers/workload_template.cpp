#include "core/controllers/workload_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/api/document.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kCharacters = "bcdfghjklmnpqrstvwxz2456789";
// Maps, of which an empty one means the same as none. Other empty objects say something:
// "emptyDir: {}".
constexpr std::array<std::string_view, 7> kMaps = {
    "labels", "annotations", "nodeSelector", "matchLabels", "limits", "requests", "overhead"};

bool counts_as_absent(std::string_view name, const json::value& value) {
  if (value.is_null()) return true;
  if (value.is_array()) return value.get_array().empty();
  return value.is_object() && value.get_object().empty() &&
         std::ranges::find(kMaps, name) != kMaps.end();
}

void append(std::string& text, const json::value& value) {
  if (value.is_array()) {
    text += '[';
    bool first = true;
    for (const json::value& each : value.get_array()) {
      if (!std::exchange(first, false)) text += ',';
      append(text, each);
    }
    text += ']';
    return;
  }
  if (!value.is_object()) {
    text += api::to_text(value);
    return;
  }
  std::vector<std::pair<std::string_view, const json::value*>> members;
  for (const auto& member : value.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!counts_as_absent(name, member.value())) members.emplace_back(name, &member.value());
  }
  std::ranges::sort(members);
  text += '{';
  bool first = true;
  for (const auto& [name, member] : members) {
    if (!std::exchange(first, false)) text += ',';
    text += api::to_text(json::value(json::string(name)));
    text += ':';
    append(text, *member);
  }
  text += '}';
}

bool has_hash(const json::object& pod_template) {
  return api::value_at(pod_template, {"metadata", "labels", kTemplateHash}) != nullptr;
}

std::string text_without_hash(const json::object& pod_template) {
  if (!has_hash(pod_template)) return canonical_text(pod_template);
  json::object copy = pod_template;
  api::erase_at(copy, {"metadata", "labels", kTemplateHash});
  return canonical_text(copy);
}

}  // namespace

std::string canonical_text(const json::value& value) {
  std::string text;
  append(text, value);
  return text;
}

bool is_same_template(const json::object& a, const json::object& b) {
  return text_without_hash(a) == text_without_hash(b);
}

std::string short_hash(std::string_view text, std::optional<std::int64_t> collisions) {
  std::uint32_t hash = 2'166'136'261U;
  const auto add = [&hash](std::string_view bytes) {
    for (const char byte : bytes) {
      hash ^= static_cast<unsigned char>(byte);
      hash *= 16'777'619U;
    }
  };
  add(text);
  if (collisions && *collisions > 0) add(std::to_string(*collisions));
  std::string name = std::to_string(hash);
  for (char& digit : name)
    digit = kCharacters[static_cast<unsigned char>(digit) % kCharacters.size()];
  return name;
}

std::string hashed_name(std::string_view name, std::string_view hash, std::size_t longest) {
  return fmt::format("{}-{}", name.substr(0, longest - hash.size() - 1), hash);
}

}  // namespace cove::controllers
