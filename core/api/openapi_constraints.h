// What a custom resource's schema demands of values, in OpenAPI's words. Private to this room.
#pragma once

#include "core/api/constraints.h"
#include "core/api/openapi_schema.h"

namespace cove::api::openapi {

// Adds the constraints to a schema object. Swagger (version 2) has neither anyOf, oneOf nor not,
// and clients of it take allOf for inheritance: it gets none of them.
void add_constraints(const Constraints& constraints, Version version, json::object& schema);

}  // namespace cove::api::openapi
