// A pod's status as the API shows it (kubernetes.io API reference, PodStatus): a pure function of
// what is known about the pod and of the status it had.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "core/node/pod_model.h"

namespace cove::node {

// The fields that a node agent owns, and no others.
json::object pod_status(const PodFacts& facts, WallTime now);
// Of a pod that is refused: it has not run and will not.
json::object refused_status(const api::Object& pod, std::string_view reason,
                            std::string_view message, WallTime now);

// The strategic merge patch that brings a pod to that status; empty when it has it already.
json::object status_patch(const api::Object& pod, const json::object& wanted);

}  // namespace cove::node
