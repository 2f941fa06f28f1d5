// NodePorts: a port of the node belongs to one pod.

#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

bool has_free_ports(const PodInfo& pod, const NodeInfo& node) {
  return std::ranges::none_of(pod.ports,
                              [&](const api::HostPort& port) { return node.port_taken(port); });
}

class NodePorts final : public Filter {
 public:
  explicit NodePorts(PodPtr pod) : pod_(std::move(pod)) {}
  Verdict check(const NodeInfo& node) const override {
    return has_free_ports(*pod_, node)
               ? Verdict()
               : Verdict::no("node(s) didn't have free ports for the requested pod ports");
  }

 private:
  const PodPtr pod_;
};

Prepared prepare(const PodPtr& pod, const World&) {
  if (pod->ports.empty()) return {};
  return {.filter = std::make_unique<NodePorts>(pod)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  if (event.type == Event::Type::kNode) return event.node_added && has_free_ports(pod, *event.node);
  if (event.type != Event::Type::kPodGone) return false;
  return std::ranges::any_of(event.pod->ports, [&](const api::HostPort& freed) {
    return std::ranges::any_of(pod.ports,
                               [&](const api::HostPort& port) { return port.conflicts(freed); });
  });
}

}  // namespace

FilterPlugin node_ports() {
  return {"NodePorts", prepare, helped_by};
}

}  // namespace cove::scheduler
