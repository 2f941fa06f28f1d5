// The OpenAPI v2 (Swagger) document of everything that is served, which kubectl up to 1.26 asks
// for.
//
// Pure functions. The document has some megabytes and takes some tens of milliseconds to make, its
// protobuf form as much again: callers make them when they are first asked for and keep the bytes
// until the registry is exchanged.
#pragma once

#include <string>
#include <string_view>

#include "core/api/registry.h"

namespace cove::api {

inline constexpr std::string_view kOpenapiV2ProtobufMediaType =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
// The name by which kubectl asks; the answer carries the one above.
inline constexpr std::string_view kOpenapiV2ProtobufMediaTypeAsked =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

// GET /openapi/v2. `server_version` is "v1.36.0".
json::object openapi_v2_document(const Registry& registry, const BuiltinSchemas& schemas,
                                 std::string_view server_version);

// The document as gnostic's openapi.v2.Document.
std::string openapi_v2_protobuf(const json::object& document);

}  // namespace cove::api
