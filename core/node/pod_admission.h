// Whether a node takes a pod that was bound to it (the reasons are the kubelet's: "OutOfcpu",
// "NodeAffinity", "NodePorts" …). A pure function: the scheduler may have been wrong or bypassed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"

namespace cove::node {

struct Refusal {
  std::string reason, message;
};

// `others`: pods of this node that have not ended.
std::optional<Refusal> refuses(const api::Object& pod, const api::Object& node,
                               const std::vector<api::ObjectPtr>& others);
// Why a pod that runs cannot have the resources that its spec now asks for: "Infeasible", never on
// this node; "Deferred", not beside the others (the reasons of the condition PodResizePending).
std::optional<Refusal> refuses_resize(const api::Object& pod, const api::Object& node,
                                      const std::vector<api::ObjectPtr>& others);
// What was said of that before, as the pod shows it.
std::optional<Refusal> refused_resize(const api::Object& pod);
// What no node of this kind can run.
std::optional<Refusal> unsupported(const api::Object& pod);

}  // namespace cove::node
