#include "core/api/managed_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/api/document.h"
#include "core/api/field_set.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxUpdaters = 10;
constexpr std::string_view kAncient = "ancient-changes";

Error bad_entry(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read", "managed fields", std::move(cause), {}};
}

Result<ManagedEntry> decode_entry(json::object& object, std::size_t position) {
  ManagedEntry entry;
  entry.manager = text_at(object, {"manager"});
  entry.operation = text_at(object, {"operation"});
  entry.api_version = text_at(object, {"apiVersion"});
  entry.subresource = text_at(object, {"subresource"});
  entry.time = text_at(object, {"time"});
  if (entry.operation != "Apply" && entry.operation != "Update") {
    return bad_entry("operation must be `Apply` or `Update`");
  }
  if (entry.api_version.empty()) return bad_entry("apiVersion must not be empty");
  const std::string_view type = text_at(object, {"fieldsType"});
  if (type.empty()) {
    return bad_entry(fmt::format("missing fieldsType in managed fields entry {}", position));
  }
  if (type != "FieldsV1") {
    return bad_entry(
        fmt::format("invalid fieldsType {} in managed fields entry {}", quote(type), position));
  }
  if (json::value* fields = object.if_contains("fieldsV1")) {
    if (fields->is_object()) entry.fields = std::move(fields->get_object());
  }
  return entry;
}

json::object encode_entry(ManagedEntry entry) {
  json::object object;
  object.reserve(7);
  const auto put = [&object](std::string_view name, const std::string& text) {
    if (!text.empty()) object.emplace(key(name), text);
  };
  put("manager", entry.manager);
  put("operation", entry.operation);
  put("apiVersion", entry.api_version);
  put("time", entry.time);
  object.emplace("fieldsType", "FieldsV1");
  object.emplace("fieldsV1", std::move(entry.fields));
  put("subresource", entry.subresource);
  return object;
}

// Unites two sets in their serialized form. Sets that cannot be read say nothing.
json::object united(const json::object& a, const json::object& b) {
  const auto left = FieldSet::parse(a);
  const auto right = FieldSet::parse(b);
  if (left.has_error()) return b;
  if (right.has_error()) return a;
  return left->united(*right).serialize();
}

}  // namespace

bool ManagedEntry::same_manager(const ManagedEntry& other) const {
  return manager == other.manager && operation == other.operation &&
         subresource == other.subresource && (applied() || api_version == other.api_version);
}

std::string ManagedEntry::display() const {
  std::string text = quote(manager);
  if (!subresource.empty()) text += fmt::format(" with subresource {}", quote(subresource));
  if (!applied()) text += fmt::format(" using {}", api_version);
  return text;
}

bool before_in_messages(const ManagedEntry& a, const ManagedEntry& b) {
  return std::tie(a.manager, a.operation, a.api_version, a.subresource) <
         std::tie(b.manager, b.operation, b.api_version, b.subresource);
}

Result<std::vector<ManagedEntry>> decode_managed(json::array entries) {
  std::vector<ManagedEntry> decoded;
  decoded.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto* object = entries[i].if_object();
    if (object == nullptr) return bad_entry("operation must be `Apply` or `Update`");
    COVE_TRY(ManagedEntry entry, decode_entry(*object, i));
    decoded.push_back(std::move(entry));
  }
  // Of several entries of one manager the last counts.
  std::vector<ManagedEntry> distinct;
  distinct.reserve(decoded.size());
  const auto identity = [](const ManagedEntry& entry) {
    return std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>(
        entry.manager, entry.operation, entry.subresource,
        entry.applied() ? std::string_view() : std::string_view(entry.api_version));
  };
  std::ranges::stable_sort(decoded, {}, identity);
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const bool superseded = i + 1 < decoded.size() && decoded[i].same_manager(decoded[i + 1]);
    if (!superseded) distinct.push_back(std::move(decoded[i]));
  }
  return distinct;
}

json::array encode_managed(std::vector<ManagedEntry> entries) {
  std::ranges::sort(entries, [](const ManagedEntry& a, const ManagedEntry& b) {
    return std::tie(a.operation, a.time, a.manager, a.api_version, a.subresource) <
           std::tie(b.operation, b.time, b.manager, b.api_version, b.subresource);
  });
  json::array encoded;
  encoded.reserve(entries.size());
  for (ManagedEntry& each : entries) encoded.push_back(encode_entry(std::move(each)));
  return encoded;
}

void cap_updaters(std::vector<ManagedEntry>& entries) {
  std::vector<ManagedEntry> updaters;
  const auto is_update = [](const ManagedEntry& each) { return !each.applied(); };
  if (static_cast<std::size_t>(std::ranges::count_if(entries, is_update)) <= kMaxUpdaters) return;
  std::vector<ManagedEntry> others;
  for (ManagedEntry& each : entries) {
    (each.applied() ? others : updaters).push_back(std::move(each));
  }
  std::ranges::sort(updaters, [](const ManagedEntry& a, const ManagedEntry& b) {
    return std::tie(a.time, a.manager, a.api_version) < std::tie(b.time, b.manager, b.api_version);
  });
  // By version: the oldest entry, which becomes the bucket as soon as a second one joins it.
  std::map<std::string, std::size_t> first;
  std::vector<ManagedEntry> kept;
  std::size_t count = updaters.size();
  for (ManagedEntry& each : updaters) {
    const auto [at, is_first] = first.emplace(each.api_version, kept.size());
    if (count <= kMaxUpdaters || is_first) {
      kept.push_back(std::move(each));
      continue;
    }
    ManagedEntry& bucket = kept[at->second];
    bucket.manager = kAncient;
    bucket.subresource.clear();
    bucket.fields = united(bucket.fields, each.fields);
    bucket.time = each.time;
    --count;
  }
  entries = std::move(others);
  std::ranges::move(kept, std::back_inserter(entries));
}

}  // namespace cove::api
