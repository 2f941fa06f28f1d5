// NodeName: a pod that names its node goes nowhere else.

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

class NodeName final : public Filter {
 public:
  explicit NodeName(std::string name) : name_(std::move(name)) {}
  Verdict check(const NodeInfo& node) const override {
    return node.name() == name_ ? Verdict()
                                : Verdict::never("node(s) didn't match the requested node name");
  }

 private:
  const std::string name_;
};

Prepared prepare(const PodPtr& pod, const World&) {
  if (pod->node_name.empty()) return {};
  return {.filter = std::make_unique<NodeName>(pod->node_name)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  return event.type == Event::Type::kNode && event.node_added &&
         event.node->name() == pod.node_name;
}

}  // namespace

FilterPlugin node_name() {
  return {"NodeName", prepare, helped_by};
}

}  // namespace cove::scheduler
