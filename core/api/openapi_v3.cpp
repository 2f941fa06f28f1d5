#include "core/api/openapi_v3.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/openapi_paths.h"
#include "core/api/openapi_protobuf.h"
#include "core/api/openapi_schema.h"

namespace cove::api {
namespace {

using namespace openapi;

constexpr std::array<std::string_view, 3> kAnswerTypes{
    "application/json", "application/vnd.kubernetes.protobuf", "application/yaml"};
constexpr std::array<std::string_view, 4> kPatchTypes{
    "application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json"};

json::object parameter(const Parameter& parameter) {
  json::object made{{"name", key(parameter.name)},
                    {"in", key(parameter.in)},
                    {"description", key(parameter.doc)}};
  if (parameter.in == "path") made["required"] = true;
  made["schema"] = json::object{{"type", key(parameter.type)}, {"uniqueItems", true}};
  return made;
}

class DocumentV3 {
 public:
  DocumentV3(const BuiltinSchemas& schemas, std::string_view server_version)
      : definitions_(openapi::Version::kV3, schemas), server_version_(server_version) {}

  void add(const Path& path, std::string_view tag) {
    json::object item;
    if (!path.parameters.empty()) {
      json::array parameters;
      for (const Parameter* each : path.parameters) parameters.push_back(parameter(*each));
      item["parameters"] = std::move(parameters);
    }
    for (const Operation& each : path.operations) item[key(each.method)] = operation(each, tag);
    paths_.insert_or_assign(path.path, std::move(item));
  }

  void add_version() {
    json::object answer{{"description", "OK"},
                        {"content", content(kAnswerTypes[0], version_info(definitions_))}};
    json::object operation{{"tags", json::array{"version"}},
                           {"description", "get the version of this server"},
                           {"operationId", "getCodeVersion"},
                           {"responses", json::object{{"200", std::move(answer)}}}};
    paths_["/version/"] = json::object{{"get", std::move(operation)}};
  }

  Definitions& definitions() { return definitions_; }

  json::object finish() {
    json::object document{
        {"openapi", "3.0.0"},
        {"info", json::object{{"title", "Kubernetes"}, {"version", key(server_version_)}}},
        {"paths", std::move(paths_)}};
    document["components"] = json::object{{"schemas", definitions_.finish()}};
    return document;
  }

 private:
  static json::object content(std::string_view type, json::object schema) {
    json::object made;
    made[key(type)] = json::object{{"schema", std::move(schema)}};
    return made;
  }

  template <class Types>
  static json::object contents(const Types& types, const json::object& schema) {
    json::object made;
    for (const std::string_view type : types) made[key(type)] = json::object{{"schema", schema}};
    return made;
  }

  json::object answered(const Operation& operation) {
    switch (operation.answer) {
      case Answer::kObject:
        if (operation.schema != nullptr)
          return definitions_.reference(operation.gvk, *operation.schema);
        return {{"type", "string"}};
      case Answer::kList: return definitions_.list_reference(operation.gvk, *operation.schema);
      case Answer::kStatus: return definitions_.meta_reference("Status");
      case Answer::kDiscovery: return definitions_.meta_reference(operation.answer_type);
      default: return {{"type", "string"}};
    }
  }

  json::object responses(const Operation& operation) {
    json::object ok{{"description", "OK"}};
    if (operation.answer == Answer::kText) {
      ok["content"] = content("*/*", answered(operation));
    } else if (operation.custom) {
      ok["content"] = contents(std::array<std::string_view, 2>{kAnswerTypes[0], kAnswerTypes[2]},
                               answered(operation));
    } else {
      ok["content"] = contents(kAnswerTypes, answered(operation));
    }
    json::object made{{"200", ok}};
    const auto also = [&](std::string_view code, std::string_view text) {
      ok["description"] = key(text);
      made[key(code)] = ok;
    };
    const bool writes = operation.answer == Answer::kObject && operation.body != Body::kNone;
    if (writes) also("201", "Created");
    if (operation.method == "post" || operation.method == "delete") also("202", "Accepted");
    made["401"] = json::object{{"description", "Unauthorized"}};
    return made;
  }

  std::optional<json::object> body(const Operation& operation) {
    switch (operation.body) {
      case Body::kObject:
        if (operation.schema == nullptr) return std::nullopt;
        return json::object{
            {"content", content("*/*", definitions_.reference(operation.gvk, *operation.schema))},
            {"required", true}};
      case Body::kPatch: {
        const std::span<const std::string_view> all(kPatchTypes);
        return json::object{{"content", contents(all.first(operation.custom ? 3 : 4),
                                                 patch_reference(definitions_))},
                            {"required", true}};
      }
      case Body::kDeleteOptions:
        return json::object{
            {"content", content("*/*", definitions_.meta_reference("DeleteOptions"))}};
      default: return std::nullopt;
    }
  }

  json::object operation(const Operation& operation, std::string_view tag) {
    json::object made{{"tags", json::array{key(tag)}},
                      {"description", operation.description},
                      {"operationId", operation.id}};
    json::array parameters;
    for (const Parameter& each : operation.parameters) parameters.push_back(parameter(each));
    if (!parameters.empty()) made["parameters"] = std::move(parameters);
    if (auto sent = body(operation)) made["requestBody"] = std::move(*sent);
    made["responses"] = responses(operation);
    add_extensions(operation, made);
    return made;
  }

  Definitions definitions_;
  std::string_view server_version_;
  json::object paths_;
};

struct Name {
  std::string_view group;
  std::string_view version;
};

// The group and version in "api/v1" or "apis/apps/v1"; none for anything else.
std::optional<Name> group_version_of(std::string_view name) {
  if (name.starts_with("api/")) return Name{{}, name.substr(4)};
  if (!name.starts_with("apis/")) return std::nullopt;
  name.remove_prefix(5);
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return Name{name.substr(0, slash), name.substr(slash + 1)};
}

// The documents that describe discovery itself.
bool add_discovery(const Registry& registry, std::string_view name, DocumentV3& document) {
  if (name == "api") {
    document.add(
        discovery_path("/api/", "getCoreAPIVersions", "get available API versions", "APIVersions"),
        "core");
  } else if (name == "apis") {
    document.add(
        discovery_path("/apis/", "getAPIVersions", "get available API versions", "APIGroupList"),
        "apis");
  } else if (name == "version") {
    document.add_version();
  } else if (name.starts_with("apis/") && name.find('/', 5) == std::string_view::npos &&
             registry.serves_group(name.substr(5)) && name.size() > 5) {
    const std::string tag = tag_of(name.substr(5), {});
    document.add(discovery_path(fmt::format("/{}/", name), fmt::format("get_{}_APIGroup", tag),
                                "get information of a group", "APIGroup"),
                 tag);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> openapi_v3_names(const Registry& registry) {
  std::vector<std::string> names{"api", "apis", "version"};
  for (const auto& kind : registry.kinds()) {
    const GroupVersionKind& gvk = kind->gvk;
    if (gvk.group.empty()) {
      names.push_back("api/" + gvk.version);
    } else {
      names.push_back("apis/" + gvk.group);
      names.push_back("apis/" + gvk.group + "/" + gvk.version);
    }
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

std::optional<json::object> openapi_v3_document(const Registry& registry,
                                                const BuiltinSchemas& schemas,
                                                std::string_view name,
                                                std::string_view server_version) {
  DocumentV3 document(schemas, server_version);
  if (add_discovery(registry, name, document)) return document.finish();
  const auto served = group_version_of(name);
  if (!served || !registry.serves_version(served->group, served->version)) return std::nullopt;
  const std::string tag = tag_of(served->group, served->version);
  for (const Path& path : paths_of(registry, schemas, served->group, served->version))
    document.add(path, tag);
  name_options(registry, document.definitions());
  return document.finish();
}

json::object openapi_v3_index(const std::map<std::string, std::string>& hashes) {
  json::object paths;
  for (const auto& [name, hash] : hashes) {
    paths[name] =
        json::object{{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={}", name, hash)}};
  }
  return {{"paths", std::move(paths)}};
}

std::string openapi_v3_protobuf(const json::object& document) {
  return gnostic_document(openapi::Version::kV3, document);
}

}  // namespace cove::api
