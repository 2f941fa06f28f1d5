// Patches: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7386) and Kubernetes' strategic merge
// patch.
//
// Pure functions of their arguments. The cost of every patch is bounded: operations, copied bytes,
// moved elements and the depth of the result.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "core/api/schema.h"
#include "core/base/result.h"

namespace cove::api {

inline constexpr std::size_t kMaxJsonPatchOperations = 10'000;
inline constexpr std::size_t kMaxJsonPatchCopiedBytes = 3 << 20;

// The error's cause is the text that clients know, and its code says whose fault it is:
//   kInvalidArgument    the patch is malformed (HTTP 400)
//   kConflict           it is well-formed and does not fit the document (HTTP 422)
//   kResourceExhausted  it asks for too much (HTTP 413)

// `patch` is a list of operations. On an error nothing of it has been applied.
Result<json::object> apply_json_patch(json::object document, const json::value& patch);

// `patch` must be an object. Members that stay keep their order, new ones follow.
Result<json::object> apply_merge_patch(json::object document, const json::value& patch);

// The merge patch that makes `to` of `from`. It cannot say a null inside `to`: such a member is
// removed.
json::object create_merge_patch(const json::object& from, const json::object& to);

// By the strategies and merge keys of `schema`, with the directives $patch, $retainKeys,
// $setElementOrder/… and $deleteFromPrimitiveList/…. For built-in kinds only.
Result<json::object> apply_strategic_merge_patch(const Schema& schema, json::object document,
                                                 json::object patch);

}  // namespace cove::api
