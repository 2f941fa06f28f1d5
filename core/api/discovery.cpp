#include "core/api/discovery.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <vector>

#include "core/base/base64.h"

namespace cove::api {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string_view digest(std::string_view bytes, const EVP_MD* method, Digest& into) {
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), into.data(), &size, method, nullptr) != 1)
    throw std::bad_alloc();
  return {reinterpret_cast<const char*>(into.data()), size};
}

json::array texts(std::vector<std::string> values, bool sorted) {
  if (sorted) std::ranges::sort(values);
  return json::array(values.begin(), values.end());
}

json::object kind_object(const GroupVersionKind& gvk) {
  return {{"group", gvk.group}, {"version", gvk.version}, {"kind", gvk.kind}};
}

// Which kinds share a storage form, as clients that migrate stored objects compare it.
std::string storage_version_hash(const Kind& kind) {
  GroupVersionKind stored = kind.gvk;
  if (kind.conversion) {
    stored.group = kind.conversion->storage_group;
    stored.version = kind.conversion->storage_version;
  }
  Digest hash{};
  const std::string text = stored.group + "/" + stored.version + "/" + stored.kind;
  return base64_encode(digest(text, EVP_sha256(), hash).substr(0, 8));
}

bool is_stored(const Kind& kind) {
  return kind.verbs != std::vector<std::string>{"create"};
}

json::object resource_entry(const Kind& kind) {
  json::object entry{{"name", kind.plural},
                     {"singularName", kind.singular},
                     {"namespaced", kind.namespaced},
                     {"kind", kind.gvk.kind},
                     {"verbs", texts(kind.verbs, true)}};
  if (!kind.short_names.empty()) entry["shortNames"] = texts(kind.short_names, false);
  if (!kind.categories.empty()) entry["categories"] = texts(kind.categories, false);
  if (is_stored(kind)) entry["storageVersionHash"] = storage_version_hash(kind);
  return entry;
}

json::object subresource_entry(const Kind& kind, const Subresource& subresource) {
  json::object entry{{"name", kind.plural + "/" + subresource.name},
                     {"singularName", ""},
                     {"namespaced", kind.namespaced}};
  if (subresource.kind && (subresource.kind->group != kind.gvk.group ||
                           subresource.kind->version != kind.gvk.version)) {
    entry["group"] = subresource.kind->group;
    entry["version"] = subresource.kind->version;
  }
  entry["kind"] = subresource.kind ? subresource.kind->kind : kind.gvk.kind;
  entry["verbs"] = texts(subresource.verbs, true);
  return entry;
}

json::object discovered_resource(const Kind& kind) {
  json::object entry{{"resource", kind.plural},
                     {"responseKind", kind_object(kind.gvk)},
                     {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                     {"singularResource", kind.singular},
                     {"verbs", texts(kind.verbs, true)}};
  if (!kind.short_names.empty()) entry["shortNames"] = texts(kind.short_names, false);
  if (!kind.categories.empty()) entry["categories"] = texts(kind.categories, false);
  json::array subresources;
  for (const Subresource& each : kind.subresources) {
    subresources.push_back({{"subresource", each.name},
                            {"responseKind", kind_object(each.kind.value_or(kind.gvk))},
                            {"verbs", texts(each.verbs, true)}});
  }
  if (!subresources.empty()) entry["subresources"] = std::move(subresources);
  return entry;
}

json::object version_entry(std::string_view group, std::string_view version) {
  std::string name(group);
  if (!group.empty()) name += '/';
  return {{"groupVersion", name += version}, {"version", key(version)}};
}

// The group's versions in the order of the registry, the preferred one first.
std::vector<std::string_view> versions_of(const Registry& registry, std::string_view group) {
  std::vector<std::string_view> versions;
  for (const auto& kind : registry.kinds()) {
    if (kind->gvk.group == group && (versions.empty() || versions.back() != kind->gvk.version))
      versions.push_back(kind->gvk.version);
  }
  return versions;
}

json::object group_entry(const Registry& registry, std::string_view group) {
  json::array versions;
  for (const std::string_view version : versions_of(registry, group))
    versions.push_back(version_entry(group, version));
  json::value preferred = versions.front();
  return {{"name", key(group)},
          {"versions", std::move(versions)},
          {"preferredVersion", std::move(preferred)}};
}

// The groups in the order of the registry.
std::vector<std::string_view> groups_of(const Registry& registry) {
  std::vector<std::string_view> groups;
  for (const auto& kind : registry.kinds()) {
    if (groups.empty() || groups.back() != kind->gvk.group) groups.push_back(kind->gvk.group);
  }
  return groups;
}

json::object discovered_group(const Registry& registry, std::string_view group) {
  json::array versions;
  for (const std::string_view version : versions_of(registry, group)) {
    json::array resources;
    for (const auto& kind : registry.kinds()) {
      if (kind->gvk.group == group && kind->gvk.version == version)
        resources.push_back(discovered_resource(*kind));
    }
    versions.push_back(
        {{"version", key(version)}, {"resources", std::move(resources)}, {"freshness", "Current"}});
  }
  json::object metadata;
  if (!group.empty()) metadata["name"] = key(group);
  return {{"metadata", std::move(metadata)}, {"versions", std::move(versions)}};
}

}  // namespace

json::object api_versions(std::string_view server_address) {
  return {{"kind", "APIVersions"},
          {"versions", json::array{"v1"}},
          {"serverAddressByClientCIDRs",
           json::array{
               json::object{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", key(server_address)}}}}};
}

json::object api_group_list(const Registry& registry) {
  json::array groups;
  for (const std::string_view group : groups_of(registry)) {
    if (!group.empty()) groups.push_back(group_entry(registry, group));
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

std::optional<json::object> api_group(const Registry& registry, std::string_view group) {
  if (!registry.serves_group(group)) return std::nullopt;
  json::object document{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
  for (auto& member : group_entry(registry, group))
    document.emplace(member.key(), std::move(member.value()));
  return document;
}

std::optional<json::object> api_resource_list(const Registry& registry, std::string_view group,
                                              std::string_view version) {
  if (!registry.serves_version(group, version)) return std::nullopt;
  json::array resources;
  for (const auto& kind : registry.kinds()) {
    if (kind->gvk.group != group || kind->gvk.version != version) continue;
    resources.push_back(resource_entry(*kind));
    for (const Subresource& each : kind->subresources)
      resources.push_back(subresource_entry(*kind, each));
  }
  std::ranges::stable_sort(resources, {}, [](const json::value& entry) {
    return view(entry.get_object().at("name").get_string());
  });
  json::object document{{"kind", "APIResourceList"}};
  if (!group.empty()) document["apiVersion"] = "v1";
  document["groupVersion"] = version_entry(group, version).at("groupVersion");
  document["resources"] = std::move(resources);
  return document;
}

json::object aggregated_discovery(const Registry& registry, bool core_group,
                                  std::string_view version) {
  json::array groups;
  for (const std::string_view group : groups_of(registry)) {
    if (group.empty() == core_group) groups.push_back(discovered_group(registry, group));
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/" + std::string(version)},
          {"metadata", json::object()},
          {"items", std::move(groups)}};
}

std::string document_etag(std::string_view bytes) {
  Digest hash{};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char each : digest(bytes, EVP_sha512(), hash)) {
    text += kDigits[static_cast<unsigned char>(each) >> 4];
    text += kDigits[static_cast<unsigned char>(each) & 15];
  }
  return text;
}

}  // namespace cove::api
