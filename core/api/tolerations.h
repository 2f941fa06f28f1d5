// Which taints of a node a pod endures (kubernetes.io "Taints and Tolerations").
#pragma once

#include <string_view>

#include "core/api/document.h"

namespace cove::api {

// An entry of spec.taints of a node; its texts are the document's.
struct Taint {
  std::string_view key, value, effect;
  bool operator==(const Taint&) const = default;
};
Taint read_taint(const json::object& taint);

// An entry of spec.tolerations of a pod; its texts are the document's.
struct Toleration {
  std::string_view key, value, effect;
  std::string_view op;  // "" is "Equal"
  bool tolerates(const Taint& taint) const;
};
Toleration read_toleration(const json::object& toleration);

// Whether one of spec.tolerations does.
bool tolerates(const json::object& pod_spec, const Taint& taint);

}  // namespace cove::api
