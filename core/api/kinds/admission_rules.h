// What webhooks and admission policies have in common. Private to this folder.
#pragma once

#include "core/api/document.h"
#include "core/api/field_error.h"

namespace cove::api::admission {

// A RuleWithOperations.
void check_rule(const json::object& rule, const FieldPath& path, ErrorList& errors);
// The matchConditions of `owner`; their expressions are checked where they are compiled.
void check_conditions(const json::object& owner, const FieldPath& path, ErrorList& errors);

}  // namespace cove::api::admission
