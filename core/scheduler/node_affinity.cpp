// NodeAffinity (kubernetes.io "Assigning Pods to Nodes"): nodeSelector and node affinity.

#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

class NodeAffinity final : public Filter {
 public:
  explicit NodeAffinity(PodPtr pod) : pod_(std::move(pod)) {}
  Verdict check(const NodeInfo& node) const override {
    return pod_->wants_node(node.labels(), node.name())
               ? Verdict()
               : Verdict::never("node(s) didn't match Pod's node affinity/selector");
  }

 private:
  const PodPtr pod_;
};

// The nodes that its terms name; nothing when one of them names none.
std::optional<std::set<std::string, std::less<>>> named_nodes(const PodInfo& pod) {
  if (!pod.required_nodes || pod.required_nodes->terms().empty()) return std::nullopt;
  std::set<std::string, std::less<>> all;
  for (const api::NodeTerm& term : pod.required_nodes->terms()) {
    auto names = term.names();
    if (!names) return std::nullopt;
    all.merge(*names);
  }
  return all;
}

Prepared prepare(const PodPtr& pod, const World&) {
  if (pod->node_labels == nullptr && !pod->required_nodes) return {};
  Prepared prepared{.filter = std::make_unique<NodeAffinity>(pod)};
  prepared.nodes = named_nodes(*pod);
  if (prepared.nodes && prepared.nodes->empty())
    prepared.verdict = Verdict::never("pod affinity terms conflict");
  return prepared;
}

bool helped_by(const PodInfo& pod, const Event& event) {
  return event.type == Event::Type::kNode && (event.node_added || event.change.labels) &&
         pod.wants_node(event.node->labels(), event.node->name());
}

class PreferredNodeAffinity final : public Score {
 public:
  explicit PreferredNodeAffinity(PodPtr pod) : pod_(std::move(pod)) {}
  std::int64_t of(const NodeInfo& node) const override {
    std::int64_t sum = 0;
    for (const PreferredNodes& each : pod_->preferred_nodes) {
      if (each.term.matches(node.labels(), node.name())) sum += each.weight;
    }
    return sum;
  }
  void normalize(const std::vector<const NodeInfo*>&,
                 std::vector<std::int64_t>& scores) const override {
    normalize_by_greatest(scores, false);
  }

 private:
  const PodPtr pod_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World&,
                                     const std::vector<const NodeInfo*>&) {
  if (pod->preferred_nodes.empty()) return nullptr;
  return std::make_unique<PreferredNodeAffinity>(pod);
}

}  // namespace

FilterPlugin node_affinity() {
  return {"NodeAffinity", prepare, helped_by};
}

ScorePlugin node_affinity_score() {
  return {"NodeAffinity", 2, prepare_score};
}

}  // namespace cove::scheduler
