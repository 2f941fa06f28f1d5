// Schemas of custom resources: made from OpenAPI v3, and what they do to documents. Private to this
// room; core/api/custom.h is the way in.
#pragma once

#include <deque>

#include "core/api/decode.h"
#include "core/api/field_error.h"
#include "core/api/kind.h"

namespace cove::api {

// The schema of documents of that kind, and those it refers to, added to `storage`. `preserve`:
// nothing is pruned.
const Schema& make_custom_schema(const json::object& openapi, const GroupVersionKind& gvk,
                                 bool preserve, const BuiltinSchemas& schemas,
                                 std::deque<Schema>& storage);

// Defaults that their own schema refuses, or that have fields it does not know.
void check_custom_defaults(const json::object& openapi, const FieldPath& path,
                           const BuiltinSchemas& schemas, ErrorList& errors);

// Removes what the schema does not know, and nulls of what may not be null.
void prune_custom(const Schema& schema, json::value& value, DecodeReport& report);

// All objects' members in order of their names.
void sort_members(json::value& value);

}  // namespace cove::api
