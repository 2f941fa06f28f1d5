// Which taints of a node a pod endures (kubernetes.io "Taints and Tolerations").
#pragma once

#include <boost/json/object.hpp>

namespace cove::controllers {

// An entry of spec.tolerations of a pod against one of spec.taints of a node.
bool tolerates(const boost::json::object& toleration, const boost::json::object& taint);

}  // namespace cove::controllers
