// NodeUnschedulable: nothing new comes to a node that was cordoned.

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

constexpr api::Taint kCordoned{"node.kubernetes.io/unschedulable", "", "NoSchedule"};

class NodeUnschedulable final : public Filter {
 public:
  Verdict check(const NodeInfo& node) const override {
    return node.unschedulable() ? Verdict::never("node(s) were unschedulable") : Verdict();
  }
};

Prepared prepare(const PodPtr& pod, const World&) {
  if (pod->tolerates(kCordoned)) return {};
  return {.filter = std::make_unique<NodeUnschedulable>()};
}

bool helped_by(const PodInfo&, const Event& event) {
  return event.type == Event::Type::kNode && (event.node_added || event.change.unschedulable) &&
         !event.node->unschedulable();
}

}  // namespace

FilterPlugin node_unschedulable() {
  return {"NodeUnschedulable", prepare, helped_by};
}

}  // namespace cove::scheduler
