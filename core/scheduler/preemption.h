// Preemption (kubernetes.io "Pod Priority and Preemption"): which pods of lower priority must go so
// that a pod fits.
#pragma once

#include <string>
#include <vector>

#include "core/scheduler/evaluation.h"

namespace cove::scheduler {

struct Preemption {
  std::string node;               // empty: none
  std::vector<PodPtr> victims;    // on it, the most important first; some may be going already
  std::string message;            // why none
  bool clear_nomination = false;  // waiting at the node it was nominated to is of no use any more
};

// `told` is what the filters said of each node, `budgets` all PodDisruptionBudgets: they are
// respected as far as that is possible. Changes nothing.
Preemption find_preemption(Evaluation& evaluation, const World& world, const NoFit& told,
                           const std::vector<api::ObjectPtr>& budgets,
                           const client::Random& random);

// It ends because of a preemption.
bool ends_by_preemption(const PodInfo& pod);

}  // namespace cove::scheduler
