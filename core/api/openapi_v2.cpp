#include "core/api/openapi_v2.h"

#include <fmt/format.h>

#include <array>

#include "core/api/openapi_paths.h"
#include "core/api/openapi_protobuf.h"
#include "core/api/openapi_schema.h"

namespace cove::api {
namespace {

using namespace openapi;

json::object parameter(const Parameter& parameter) {
  json::object made{{"name", key(parameter.name)},
                    {"in", key(parameter.in)},
                    {"description", key(parameter.doc)},
                    {"type", key(parameter.type)},
                    {"uniqueItems", true}};
  if (parameter.in == "path") made["required"] = true;
  return made;
}

class DocumentV2 {
 public:
  explicit DocumentV2(const BuiltinSchemas& schemas)
      : definitions_(openapi::Version::kV2, schemas) {}

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
    json::object answer{{"description", "OK"}, {"schema", version_info(definitions_)}};
    json::object operation{{"description", "get the version of this server"},
                           {"consumes", json::array{"application/json"}},
                           {"produces", json::array{"application/json"}},
                           {"schemes", json::array{"https"}},
                           {"tags", json::array{"version"}},
                           {"operationId", "getCodeVersion"},
                           {"responses", json::object{{"200", std::move(answer)}}}};
    paths_["/version/"] = json::object{{"get", std::move(operation)}};
  }

  Definitions& definitions() { return definitions_; }

  json::object finish(std::string_view server_version) {
    json::object document{
        {"swagger", "2.0"},
        {"info", json::object{{"title", "Kubernetes"}, {"version", key(server_version)}}},
        {"paths", std::move(paths_)}};
    document["definitions"] = definitions_.finish();
    return document;
  }

 private:
  std::optional<json::object> answered(const Operation& operation) {
    switch (operation.answer) {
      case Answer::kObject:
        if (operation.schema == nullptr) return json::object{{"type", "string"}};
        return definitions_.reference(operation.gvk, *operation.schema);
      case Answer::kList: return definitions_.list_reference(operation.gvk, *operation.schema);
      case Answer::kStatus: return definitions_.meta_reference("Status");
      case Answer::kDiscovery: return definitions_.meta_reference(operation.answer_type);
      default: return json::object{{"type", "string"}};
    }
  }

  json::object responses(const Operation& operation) {
    json::object ok{{"description", "OK"}};
    if (auto schema = answered(operation)) ok["schema"] = std::move(*schema);
    json::object made{{"200", ok}};
    const auto also = [&](std::string_view code, std::string_view text) {
      ok["description"] = key(text);
      made[key(code)] = ok;
    };
    if (operation.answer == Answer::kObject && operation.body != Body::kNone)
      also("201", "Created");
    if (operation.method == "post" || operation.method == "delete") also("202", "Accepted");
    made["401"] = json::object{{"description", "Unauthorized"}};
    return made;
  }

  std::optional<json::object> body(const Operation& operation) {
    json::object schema;
    switch (operation.body) {
      case Body::kObject:
        if (operation.schema == nullptr) return std::nullopt;
        schema = definitions_.reference(operation.gvk, *operation.schema);
        break;
      case Body::kPatch: schema = patch_reference(definitions_); break;
      case Body::kDeleteOptions: schema = definitions_.meta_reference("DeleteOptions"); break;
      default: return std::nullopt;
    }
    json::object made{{"name", "body"}, {"in", "body"}, {"schema", std::move(schema)}};
    if (operation.body != Body::kDeleteOptions) made["required"] = true;
    return made;
  }

  static json::array consumed(const Operation& operation) {
    if (operation.body != Body::kPatch) return json::array{"*/*"};
    json::array types{"application/json-patch+json", "application/merge-patch+json",
                      "application/apply-patch+yaml"};
    if (!operation.custom) types.push_back("application/strategic-merge-patch+json");
    return types;
  }

  static json::array produced(const Operation& operation) {
    if (operation.answer == Answer::kText) return json::array{"*/*"};
    json::array types{"application/json", "application/yaml"};
    if (!operation.custom) types.push_back("application/vnd.kubernetes.protobuf");
    return types;
  }

  json::object operation(const Operation& operation, std::string_view tag) {
    json::object made{{"description", operation.description}, {"consumes", consumed(operation)},
                      {"produces", produced(operation)},      {"schemes", json::array{"https"}},
                      {"tags", json::array{key(tag)}},        {"operationId", operation.id}};
    json::array parameters;
    if (auto sent = body(operation)) parameters.push_back(std::move(*sent));
    for (const Parameter& each : operation.parameters) parameters.push_back(parameter(each));
    if (!parameters.empty()) made["parameters"] = std::move(parameters);
    made["responses"] = responses(operation);
    add_extensions(operation, made);
    return made;
  }

  Definitions definitions_;
  json::object paths_;
};

}  // namespace

json::object openapi_v2_document(const Registry& registry, const BuiltinSchemas& schemas,
                                 std::string_view server_version) {
  DocumentV2 document(schemas);
  document.add(
      discovery_path("/api/", "getCoreAPIVersions", "get available API versions", "APIVersions"),
      "core");
  document.add(
      discovery_path("/apis/", "getAPIVersions", "get available API versions", "APIGroupList"),
      "apis");
  std::string_view group;
  std::string_view version;
  for (const auto& kind : registry.kinds()) {
    const GroupVersionKind& gvk = kind->gvk;
    if (gvk.group == group && gvk.version == version) continue;
    if (gvk.group != group) {
      const std::string tag = tag_of(gvk.group, {});
      document.add(
          discovery_path(fmt::format("/apis/{}/", gvk.group), fmt::format("get_{}_APIGroup", tag),
                         "get information of a group", "APIGroup"),
          tag);
    }
    group = gvk.group;
    version = gvk.version;
    const std::string tag = tag_of(group, version);
    for (const Path& path : paths_of(registry, schemas, group, version)) document.add(path, tag);
  }
  document.add_version();
  name_options(registry, document.definitions());
  return document.finish(server_version);
}

std::string openapi_v2_protobuf(const json::object& document) {
  return gnostic_document(openapi::Version::kV2, document);
}

}  // namespace cove::api
