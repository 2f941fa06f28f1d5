// Structural schemas: the rules that the OpenAPI v3 schemas of CustomResourceDefinitions obey, so
// that fields can be pruned and defaulted (kubernetes.io "CustomResourceDefinition", "Specifying a
// structural schema").
#pragma once

#include "core/api/document.h"
#include "core/api/field_error.h"

namespace cove::api {

// `schema`: spec.versions[].schema.openAPIV3Schema at `path`.
void check_structural(const json::object& schema, const FieldPath& path, ErrorList& errors);

}  // namespace cove::api
