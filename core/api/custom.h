// Custom resources: kinds made at run time from CustomResourceDefinitions (kubernetes.io "Extend
// the Kubernetes API with CustomResourceDefinitions"). All functions are pure.
#pragma once

#include <memory>
#include <vector>

#include "core/api/decode.h"
#include "core/api/field_error.h"
#include "core/api/kind.h"

namespace cove::api {

// What is wrong with the schemas of a definition's versions, with their defaults, and with what
// columns and selectable fields point to in them. `definition` has been decoded by
// apiextensions/v1; the other rules for it are those of its kind.
void check_custom_schemas(const json::object& definition, const BuiltinSchemas& schemas,
                          ErrorList& errors);

// The kinds of the served versions of a definition without errors. They own their schemas;
// `schemas` must outlive them. Of x-kubernetes-validations nothing is evaluated.
std::vector<std::shared_ptr<const Kind>> make_custom_kinds(const json::object& definition,
                                                           const BuiltinSchemas& schemas);

// The canonical form of a document of a custom kind: metadata decoded, members that the schema does
// not know gone and reported, nulls gone where they are not allowed, members in order of names.
// kInvalidArgument as decode() has it.
Result<json::object> decode_custom(const Kind& kind, json::object document, DecodeReport& report);

// decode() or decode_custom(), as the kind is.
Result<json::object> decode(const Kind& kind, json::object document, DecodeReport& report);

}  // namespace cove::api
