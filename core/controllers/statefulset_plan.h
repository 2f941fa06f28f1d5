// What a StatefulSet needs next (kubernetes.io "StatefulSets"): a pure function of what is there.
// Private to this folder.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/controllers/workload_loop.h"

namespace cove::controllers {

struct StatefulSetSituation {
  api::ObjectPtr set;
  std::string current_revision, update_revision;  // names
  std::int64_t collisions = 0;
  std::vector<api::ObjectPtr> pods;  // its own
  WallTime now;
};

struct StatefulSetPlan {
  struct Creation {
    std::int64_t ordinal;
    bool of_update;  // made from the update revision; else from the current one
  };
  std::vector<Creation> creations = {};  // in this order; one at a time is planned if it is ordered
  std::vector<api::ObjectPtr> deletions = {};
  // Pods whose labels, and whose claims' owners, are to be as they should.
  std::vector<api::ObjectPtr> kept = {};
  std::vector<api::ObjectPtr> pending = {};  // claims of theirs that are missing are to be made
  json::object status = {};
  std::optional<std::chrono::nanoseconds> again_after = std::nullopt;
};

StatefulSetPlan plan_stateful_set(const StatefulSetSituation& situation);

// Of a pod of that set by its name; -1: it is none.
std::int64_t ordinal_of(std::string_view set, std::string_view pod);
bool is_in_range(const api::Object& set, std::int64_t ordinal);

// A pod as the template of a revision says it, with its name, host name, labels and claims.
json::object stateful_pod(const api::Object& set, const json::object& pod_template,
                          std::string_view revision, std::int64_t ordinal);
// The claims of that pod.
std::vector<json::object> claims_of(const api::Object& set, std::int64_t ordinal);
// The owner references that a claim should have by the retention policy, given those it has.
// `pod` may be null while it does not exist.
json::array claim_owners(const api::Object& set, const api::ObjectPtr& pod, std::int64_t ordinal,
                         const json::array& present);
bool deletes_claims_when_scaled(const api::Object& set);
// The labels that say which pod of a set it is.
bool has_identity(const api::Object& pod, std::int64_t ordinal);
void set_identity(json::object& pod, std::int64_t ordinal);

}  // namespace cove::controllers
