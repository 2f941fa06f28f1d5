// Decoding: from what a client sent to the canonical form of a document, and defaulting.
#pragma once

#include <string>
#include <vector>

#include "core/api/document.h"
#include "core/api/schema.h"
#include "core/base/result.h"

namespace cove::api {

struct DecodeReport {
  // Paths of members that the schema does not know ("spec.foo", "spec.containers[0].bar"); they are
  // not in the result. At most 100.
  std::vector<std::string> unknown;
};

// The canonical form of `document` by a built-in schema: types checked as Go's decoder checks them,
// unknown members and nulls gone, zero values present or absent as the type's rules say, members in
// the order of the schema (kind, apiVersion, metadata first), those of maps by name. Idempotent.
// kInvalidArgument with the path: `json: cannot unmarshal string into Go struct field
// DeploymentSpec.spec.replicas of type int32`, which is what clients know.
Result<json::object> decode(const Schema& schema, json::object document, DecodeReport& report);

// Sets what is absent and has a default, in everything that is present. Idempotent.
void apply_defaults(const Schema& schema, json::object& document);

}  // namespace cove::api
