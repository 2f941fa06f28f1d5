// OpenAPI v3 documents of what is served (kubernetes.io "The Kubernetes API", OpenAPI V3): an index
// and one document for each group version.
//
// Pure functions. A document of a large group version (core/v1) takes milliseconds and a few
// megabytes to make, all of them some tens of milliseconds: callers make them when they are first
// asked for and keep bytes and hash until the registry is exchanged.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/registry.h"

namespace cove::api {

inline constexpr std::string_view kOpenapiV3ProtobufMediaType =
    "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
// The name by which kubectl asks; the answer carries the one above.
inline constexpr std::string_view kOpenapiV3ProtobufMediaTypeAsked =
    "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";

// What there are documents of, as they stand behind /openapi/v3/: "api", "api/v1", "apis",
// "apis/apps", "apis/apps/v1", "version".
std::vector<std::string> openapi_v3_names(const Registry& registry);

// GET /openapi/v3/<name>; none when there is no such document. `server_version` is "v1.36.0".
std::optional<json::object> openapi_v3_document(const Registry& registry,
                                                const BuiltinSchemas& schemas,
                                                std::string_view name,
                                                std::string_view server_version);

// GET /openapi/v3, from the hashes (document_etag() of discovery.h) of the documents' JSON.
json::object openapi_v3_index(const std::map<std::string, std::string>& hashes);

// The document as gnostic's openapi.v3.Document. Its etag is that of the JSON, which the index
// names.
std::string openapi_v3_protobuf(const json::object& document);

}  // namespace cove::api
