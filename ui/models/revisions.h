// The revisions of a Deployment, which are the ReplicaSets that it controls, and the way back to
// one (kubernetes.io "Deployments", "Rolling Back to a Previous Revision").
#pragma once

#include <string_view>

#include "core/api/document.h"
#include "core/api/object.h"

namespace cove::ui {

bool controlled_by(const api::Object& object, std::string_view uid);
// "3"; empty when it has none.
std::string_view revision_of(const api::Object& workload);
// What was deployed: the template without the label that tells ReplicaSets apart.
api::json::object template_of(const api::Object& replica_set);
// A JSON patch that makes the Deployment what it was then, its annotations as `kubectl rollout
// undo` keeps them. It changes nothing when somebody has changed the revision meanwhile.
api::json::array undo_patch(const api::Object& deployment, const api::Object& replica_set);

}  // namespace cove::ui
