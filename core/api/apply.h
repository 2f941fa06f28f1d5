// Server-side apply: who owns which fields of an object (kubernetes.io "Server-Side Apply").
//
// Pure functions of their arguments; thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/field_set.h"
#include "core/api/kind.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace cove::api {

// The same resource in another version ("autoscaling/v1"), or null when it is not served any more:
// what managers of such a version own is then forgotten. May be empty when there is but one.
using KindOfVersion = std::function<const Kind*(std::string_view api_version)>;

// Who writes, through what.
struct FieldWriter {
  const Kind& kind;
  std::string manager;      // empty: "unknown"
  std::string subresource;  // "" for the object itself
  WallTime now;
  KindOfVersion versions = {};
};

struct FieldConflict {
  std::string manager;  // `"kubectl" using apps/v1`
  std::string field;    // ".spec.replicas"

  // The message of the Status cause, whose reason is FieldManagerConflict.
  std::string message() const { return "conflict with " + manager; }
};

// `Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas`
std::string conflict_message(const std::vector<FieldConflict>& conflicts);

struct ApplyOutcome {
  // The new object, not yet in canonical form: decode it, set defaults and validate as after any
  // write. Equal to the live object, times included, when nothing changes. Empty when there are
  // conflicts.
  json::object document;
  std::vector<FieldConflict> conflicts;
};

// Applies `config`, which is as the client sent it: unknown fields are refused. `live` is null when
// there is no such object yet. kInvalidArgument: `config` is wrong, the cause is upstream's text;
// kCorrupt: the live object's managed fields cannot be read.
Result<ApplyOutcome> apply(const FieldWriter& writer, const json::object* live, json::object config,
                           bool force);

// Sets metadata.managedFields of `next`, what a create (`live` null), update or patch is about to
// store, from those of `live` and of `next` as it came. Both are in canonical form. An object that
// has lost its managed fields stays untracked until somebody applies.
void track_update(const FieldWriter& writer, const json::object* live, json::object& next);

// Gives `next` the times of the managed fields of `live` when both are equal otherwise, so that a
// write that changes nothing stores nothing. resourceVersion and generation count too: call after
// defaults were set and before those are.
void keep_times(const json::object& live, json::object& next);

// What writes through `subresource` ("" for the object itself) cannot change, and so never own.
FieldSet reset_fields(const Kind& kind, std::string_view subresource);

}  // namespace cove::api
