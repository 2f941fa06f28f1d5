// NodeResourcesFit: a node has as much of everything free as the pod asks; the one with the greater
// share left is the better (LeastAllocated).

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

class Shortages {
 public:
  void compare(std::string_view name, std::int64_t wanted, std::int64_t taken,
               std::int64_t allocatable) {
    if (wanted <= 0 || wanted <= allocatable - taken) return;
    verdict.reasons.push_back("Insufficient " + std::string(name));
    raise(wanted > allocatable ? Fit::kNever : Fit::kNo);
  }
  void too_many_pods() {
    verdict.reasons.emplace_back("Too many pods");
    raise(Fit::kNo);
  }
  Verdict verdict;

 private:
  void raise(Fit fit) {
    if (verdict.fit != Fit::kNever) verdict.fit = fit;
  }
};

std::int64_t amount_of(const Resources& resources, const std::string& name) {
  const auto found = resources.others.find(name);
  return found == resources.others.end() ? 0 : found->second;
}

Verdict compare(const PodInfo& pod, const NodeInfo& node) {
  Shortages shortages;
  if (static_cast<std::int64_t>(node.pods().size()) + 1 > node.allowed_pods())
    shortages.too_many_pods();
  const Resources& wanted = pod.requests.exact;
  const Resources& taken = node.requested();
  const Resources& all = node.allocatable();
  shortages.compare("cpu", wanted.milli_cpu, taken.milli_cpu, all.milli_cpu);
  shortages.compare("memory", wanted.memory, taken.memory, all.memory);
  shortages.compare("ephemeral-storage", wanted.ephemeral_storage, taken.ephemeral_storage,
                    all.ephemeral_storage);
  for (const auto& [name, amount] : wanted.others)
    shortages.compare(name, amount, amount_of(taken, name), amount_of(all, name));
  return std::move(shortages.verdict);
}

class NodeResourcesFit final : public Filter {
 public:
  explicit NodeResourcesFit(PodPtr pod) : pod_(std::move(pod)) {}
  Verdict check(const NodeInfo& node) const override { return compare(*pod_, node); }

 private:
  const PodPtr pod_;
};

Prepared prepare(const PodPtr& pod, const World&) {
  return {.filter = std::make_unique<NodeResourcesFit>(pod)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  switch (event.type) {
    case Event::Type::kPodGone:
    case Event::Type::kPodShrunk: return true;
    case Event::Type::kNode:
      return (event.node_added || event.change.allocatable) && compare(pod, *event.node).fits();
    default: return false;
  }
}

std::int64_t share_left(std::int64_t taken, std::int64_t all) {
  return taken > all ? 0 : (all - taken) * kMaxScore / all;
}

class LeastAllocated final : public Score {
 public:
  explicit LeastAllocated(PodPtr pod) : pod_(std::move(pod)) {}
  std::int64_t of(const NodeInfo& node) const override {
    std::int64_t sum = 0, weights = 0;
    const auto add = [&](std::int64_t taken, std::int64_t all) {
      if (all <= 0) return;
      sum += share_left(taken, all);
      ++weights;
    };
    add(node.usual_milli_cpu() + pod_->requests.usual_milli_cpu, node.allocatable().milli_cpu);
    add(node.usual_memory() + pod_->requests.usual_memory, node.allocatable().memory);
    return weights == 0 ? 0 : sum / weights;
  }

 private:
  const PodPtr pod_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World&,
                                     const std::vector<const NodeInfo*>&) {
  return std::make_unique<LeastAllocated>(pod);
}

}  // namespace

FilterPlugin node_resources_fit() {
  return {"NodeResourcesFit", prepare, helped_by};
}

ScorePlugin least_allocated() {
  return {"NodeResourcesFit", 1, prepare_score};
}

}  // namespace cove::scheduler
