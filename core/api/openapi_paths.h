// The paths of a group version and what can be done there, before either version of OpenAPI writes
// them down. Private to this room.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/openapi_schema.h"

namespace cove::api::openapi {

struct Parameter {
  std::string_view name;
  std::string_view in;    // "path" or "query"
  std::string_view type;  // "string", "integer", "boolean"
  std::string_view doc;
};

enum class Body { kNone, kObject, kPatch, kDeleteOptions };
enum class Answer { kObject, kList, kStatus, kText, kDiscovery };

struct Operation {
  std::string_view method;  // "get", in lower case
  std::string description;
  std::string id;                  // "listCoreV1NamespacedPod"
  std::string_view action;         // x-kubernetes-action; empty: none
  GroupVersionKind gvk;            // what is sent or answered; of no kind for discovery
  const Schema* schema = nullptr;  // its schema; null: unknown, texts and streams
  std::span<const Parameter> parameters;
  Body body = Body::kNone;
  Answer answer = Answer::kObject;
  bool custom = false;           // of a custom resource
  std::string_view answer_type;  // of meta/v1, for kDiscovery
};

struct Path {
  std::string path;                          // "/api/v1/namespaces/{namespace}/pods"
  std::vector<const Parameter*> parameters;  // of the path itself
  std::vector<Operation> operations;
};

// Every path of a served group version, by path.
std::vector<Path> paths_of(const Registry& registry, const BuiltinSchemas& schemas,
                           std::string_view group, std::string_view version);
// A path that answers a discovery document: ("/apis/", "getAPIVersions", "APIGroupList").
Path discovery_path(std::string path, std::string id, std::string description,
                    std::string_view type);

// Adds x-kubernetes-action and x-kubernetes-group-version-kind to an operation.
void add_extensions(const Operation& operation, json::object& made);
// {"$ref": …} to what a patch is and to what /version answers.
json::object patch_reference(Definitions& definitions);
json::object version_info(Definitions& definitions);
// DeleteOptions and WatchEvent are kinds of every group version.
void name_options(const Registry& registry, Definitions& definitions);

// "apps_v1"; "core_v1".
std::string tag_of(std::string_view group, std::string_view version);

}  // namespace cove::api::openapi
