// Where a DaemonSet's pods belong (kubernetes.io "DaemonSet", how daemon pods are scheduled).
// Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "core/api/object.h"

namespace cove::controllers {

namespace json = boost::json;

struct Placement {
  bool run = false;   // a pod should run there
  bool keep = false;  // one that runs there may go on
  bool operator==(const Placement&) const = default;
};
// By the template's node name, node selector, required node affinity and tolerations (with those
// that every pod of a DaemonSet has).
Placement placement_on(const api::Object& node, const json::object& daemon_set);

// The tolerations that every pod of a DaemonSet has, added to the pod's.
void add_daemon_tolerations(json::object& pod_spec);
// Makes the scheduler put the pod on that node, instead of any required node affinity it had.
void pin_to_node(json::object& pod_spec, std::string_view node);
// Where a pod is, or is meant to be: "" when that cannot be said.
std::string target_node(const api::Object& pod);

}  // namespace cove::controllers
