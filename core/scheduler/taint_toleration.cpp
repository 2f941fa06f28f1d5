// TaintToleration (kubernetes.io "Taints and Tolerations"): taints that a pod does not tolerate
// keep it away, or make a node the worse.

#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

bool tolerated(const PodInfo& pod, const NodeInfo& node) {
  return std::ranges::all_of(node.taints(), [&](const api::Taint& taint) {
    return (taint.effect != "NoSchedule" && taint.effect != "NoExecute") || pod.tolerates(taint);
  });
}

class TaintToleration final : public Filter {
 public:
  explicit TaintToleration(PodPtr pod) : pod_(std::move(pod)) {}
  Verdict check(const NodeInfo& node) const override {
    return tolerated(*pod_, node) ? Verdict() : Verdict::never("node(s) had untolerated taint(s)");
  }

 private:
  const PodPtr pod_;
};

Prepared prepare(const PodPtr& pod, const World&) {
  return {.filter = std::make_unique<TaintToleration>(pod)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  return event.type == Event::Type::kNode && (event.node_added || event.change.taints) &&
         tolerated(pod, *event.node);
}

class IntolerableTaints final : public Score {
 public:
  explicit IntolerableTaints(PodPtr pod) : pod_(std::move(pod)) {
    for (const api::Toleration& each : pod_->tolerations) {
      if (each.effect.empty() || each.effect == "PreferNoSchedule") tolerations_.push_back(each);
    }
  }
  std::int64_t of(const NodeInfo& node) const override {
    return std::ranges::count_if(node.taints(), [&](const api::Taint& taint) {
      return taint.effect == "PreferNoSchedule" &&
             std::ranges::none_of(
                 tolerations_, [&](const api::Toleration& each) { return each.tolerates(taint); });
    });
  }
  void normalize(const std::vector<const NodeInfo*>&,
                 std::vector<std::int64_t>& scores) const override {
    normalize_by_greatest(scores, true);
  }

 private:
  const PodPtr pod_;
  std::vector<api::Toleration> tolerations_;  // those of `pod_` that are about it
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World&,
                                     const std::vector<const NodeInfo*>&) {
  return std::make_unique<IntolerableTaints>(pod);
}

}  // namespace

FilterPlugin taint_toleration() {
  return {"TaintToleration", prepare, helped_by};
}

ScorePlugin taint_toleration_score() {
  return {"TaintToleration", 3, prepare_score};
}

}  // namespace cove::scheduler
