// Discovery documents: which groups, versions and resources there are (kubernetes.io "The
// Kubernetes API", discovery). Pure functions of a registry; each walks its kinds once, so callers
// keep the serialized answer, with its etag, until the registry is exchanged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api/registry.h"

namespace cove::api {

// GET /api. `server_address` is "host:port" as clients reach it.
json::object api_versions(std::string_view server_address);

// GET /apis: every group but the core group.
json::object api_group_list(const Registry& registry);

// GET /apis/<group>; none when no version of it is served.
std::optional<json::object> api_group(const Registry& registry, std::string_view group);

// GET /api/<version> (`group` is "") and /apis/<group>/<version>; none when it is not served.
std::optional<json::object> api_resource_list(const Registry& registry, std::string_view group,
                                              std::string_view version);

// GET /api (the core group) and /apis (the others) for clients that accept
// g=apidiscovery.k8s.io;v=`version`;as=APIGroupDiscoveryList. `version` is "v2" or "v2beta1", which
// differ in the name alone.
json::object aggregated_discovery(const Registry& registry, bool core_group,
                                  std::string_view version);

// The entity tag of a document's bytes, without its quotes: SHA-512 in upper-case hexadecimal.
std::string document_etag(std::string_view bytes);

}  // namespace cove::api
