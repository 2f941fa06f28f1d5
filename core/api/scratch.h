// Parsing documents that are looked at once and forgotten.
#pragma once

#include "core/api/document.h"

namespace cove::api {

// As parse_json(), into memory of `storage`, which outlives the value. Fields that stand twice are
// not told.
Result<json::value> parse_json_in(std::string_view text, json::storage_ptr storage,
                                  const ParseLimits& limits = {});

}  // namespace cove::api
