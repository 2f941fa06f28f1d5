// OpenAPI documents in the protobuf form of the gnostic project (openapi.v2.Document and
// openapi.v3.Document), which kubectl prefers. Private to this room.
#pragma once

#include <string>

#include "core/api/openapi_schema.h"

namespace cove::api::openapi {

// `document` is one that this room made: members that OpenAPI does not name are left out, but for
// extensions ("x-…").
std::string gnostic_document(Version version, const json::object& document);

}  // namespace cove::api::openapi
