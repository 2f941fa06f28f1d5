// NodeResourcesBalancedAllocation: a node whose processors and memory are used alike is the better.

#include <algorithm>
#include <cmath>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

class BalancedAllocation final : public Score {
 public:
  explicit BalancedAllocation(PodPtr pod) : pod_(std::move(pod)) {}
  std::int64_t of(const NodeInfo& node) const override {
    const Resources& wanted = pod_->requests.exact;
    const Resources& all = node.allocatable();
    if (all.milli_cpu <= 0 || all.memory <= 0) return kMaxScore;
    const double cpu = share(node.requested().milli_cpu + wanted.milli_cpu, all.milli_cpu);
    const double memory = share(node.requested().memory + wanted.memory, all.memory);
    // The standard deviation of two numbers.
    const double deviation = std::abs(cpu - memory) / 2;
    return static_cast<std::int64_t>((1 - deviation) * static_cast<double>(kMaxScore));
  }

 private:
  static double share(std::int64_t taken, std::int64_t all) {
    return std::min(1.0, static_cast<double>(taken) / static_cast<double>(all));
  }
  const PodPtr pod_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World&,
                                     const std::vector<const NodeInfo*>&) {
  if (pod->requests.exact.milli_cpu == 0 && pod->requests.exact.memory == 0) return nullptr;
  return std::make_unique<BalancedAllocation>(pod);
}

}  // namespace

ScorePlugin balanced_allocation() {
  return {"NodeResourcesBalancedAllocation", 1, prepare_score};
}

}  // namespace cove::scheduler
