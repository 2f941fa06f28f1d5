#include "core/scheduler/preemption.h"

#include <algorithm>
#include <limits>

namespace cove::scheduler {
namespace {

constexpr std::size_t kFewest = 100;  // nodes that are tried in any case
constexpr std::size_t kPercent = 10;

struct Candidate {
  const NodeInfo* node = nullptr;
  std::vector<PodPtr> victims = {};
  std::size_t violations = 0;  // victims that a budget wants to keep
};

// Pods that have not started count as starting now.
std::string_view start_of(const PodInfo& pod) {
  const std::string_view start = api::text_at(pod.object->document(), {"status", "startTime"});
  return start.empty() ? std::string_view("9") : start;
}

bool more_important(const PodPtr& a, const PodPtr& b) {
  if (a->priority != b->priority) return a->priority > b->priority;
  return start_of(*a) < start_of(*b);
}

struct Budget {
  std::string namespace_name;
  api::LabelSelector selector;
  const json::object* disrupted = nullptr;
  std::int64_t allowed = 0;
};

std::vector<Budget> read_budgets(const std::vector<api::ObjectPtr>& objects) {
  std::vector<Budget> budgets;
  for (const api::ObjectPtr& each : objects) {
    const json::object& document = each->document();
    auto selector =
        api::LabelSelector::from_document(api::object_at(document, {"spec", "selector"}));
    if (!selector || selector->empty()) continue;
    budgets.push_back({std::string(each->namespace_name()), std::move(*selector),
                       api::object_at(document, {"status", "disruptedPods"}),
                       api::integer_at(document, {"status", "disruptionsAllowed"}).value_or(0)});
  }
  return budgets;
}

// Which of `pods`, taken in that order, break a budget.
std::vector<bool> violations(const std::vector<PodPtr>& pods, std::vector<Budget> budgets) {
  std::vector<bool> broken;
  for (const PodPtr& pod : pods) {
    bool violates = false;
    for (Budget& budget : budgets) {
      if (pod->labels == nullptr || pod->labels->empty() ||
          budget.namespace_name != pod->namespace_name ||
          !budget.selector.matches_labels(pod->labels))
        continue;
      if (budget.disrupted != nullptr && api::member(*budget.disrupted, pod->name) != nullptr)
        continue;
      if (--budget.allowed < 0) violates = true;
    }
    broken.push_back(violates);
  }
  return broken;
}

class Trial {
 public:
  Trial(Evaluation& evaluation, const NodeInfo& node, const std::vector<Budget>& budgets)
      : evaluation_(evaluation), real_(node), node_(node), budgets_(budgets) {}
  ~Trial() {
    // The evaluation serves for other nodes afterwards.
    for (const PodPtr& pod : gone_) evaluation_.add(*pod, real_);
  }
  Trial(const Trial&) = delete;

  // A verdict that fits comes with victims.
  Verdict run(Candidate& candidate) {
    std::vector<PodPtr> lower;
    for (const PodPtr& pod : real_.pods()) {
      if (pod->priority < evaluation_.pod()->priority) lower.push_back(pod);
    }
    if (lower.empty()) return Verdict::never("No preemption victims found for incoming pod");
    for (const PodPtr& pod : lower) take_off(pod);
    if (Verdict verdict = evaluation_.check(node_); !verdict.fits()) return verdict;
    std::ranges::stable_sort(lower, more_important);
    const std::vector<bool> broken = violations(lower, budgets_);
    candidate.node = &real_;
    for (const bool violating : {true, false}) {
      for (std::size_t i = 0; i < lower.size(); ++i) {
        if (broken[i] != violating || may_stay(lower[i])) continue;
        candidate.victims.push_back(lower[i]);
        if (violating) ++candidate.violations;
      }
    }
    std::ranges::stable_sort(candidate.victims, more_important);
    return {};
  }

 private:
  void take_off(const PodPtr& pod) {
    node_.remove(pod->uid);
    evaluation_.remove(*pod, node_);
    gone_.push_back(pod);
  }
  bool may_stay(const PodPtr& pod) {
    node_.add(pod);
    evaluation_.add(*pod, node_);
    std::erase(gone_, pod);
    if (evaluation_.check(node_).fits()) return true;
    take_off(pod);
    return false;
  }

  Evaluation& evaluation_;
  const NodeInfo& real_;
  NodeInfo node_;
  const std::vector<Budget>& budgets_;
  std::vector<PodPtr> gone_;
};

std::int64_t highest_priority(const Candidate& candidate) {
  return candidate.victims.front()->priority;
}

// Shifted so that more victims never make it less.
std::int64_t sum_of_priorities(const Candidate& candidate) {
  std::int64_t sum = 0;
  for (const PodPtr& pod : candidate.victims)
    sum += pod->priority + std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return sum;
}

// When the first of its most important victims started.
std::string_view earliest_start(const Candidate& candidate) {
  std::string_view earliest = start_of(*candidate.victims.front());
  for (const PodPtr& pod : candidate.victims) {
    if (pod->priority == highest_priority(candidate)) earliest = std::min(earliest, start_of(*pod));
  }
  return earliest;
}

// Where it hurts least.
bool is_better(const Candidate& a, const Candidate& b) {
  if (a.violations != b.violations) return a.violations < b.violations;
  if (highest_priority(a) != highest_priority(b)) return highest_priority(a) < highest_priority(b);
  if (sum_of_priorities(a) != sum_of_priorities(b))
    return sum_of_priorities(a) < sum_of_priorities(b);
  if (a.victims.size() != b.victims.size()) return a.victims.size() < b.victims.size();
  return earliest_start(a) > earliest_start(b);
}

// Why it may not even try; empty: it may.
std::string_view ineligible(const PodInfo& pod, const World& world, const NoFit& told) {
  if (pod.never_preempts) return "not eligible due to preemptionPolicy=Never.";
  const NodeInfo* const node = world.cache.node(pod.nominated_node);
  if (node == nullptr) return {};
  const auto verdict = told.told.find(pod.nominated_node);
  if (verdict != told.told.end() && verdict->second.fit == Fit::kNever) return {};
  const bool going = std::ranges::any_of(node->pods(), [&](const PodPtr& other) {
    return other->priority < pod.priority && ends_by_preemption(*other);
  });
  return going ? "not eligible due to a terminating pod on the nominated node." : "";
}

}  // namespace

bool ends_by_preemption(const PodInfo& pod) {
  if (!pod.deleting) return false;
  const json::array* const conditions =
      api::array_at(pod.object->document(), {"status", "conditions"});
  return conditions != nullptr && std::ranges::any_of(*conditions, [](const json::value& each) {
           return each.is_object() &&
                  api::text_at(each.get_object(), {"type"}) == "DisruptionTarget" &&
                  api::text_at(each.get_object(), {"status"}) == "True" &&
                  api::text_at(each.get_object(), {"reason"}) == "PreemptionByScheduler";
         });
}

Preemption find_preemption(Evaluation& evaluation, const World& world, const NoFit& told,
                           const std::vector<api::ObjectPtr>& budgets,
                           const client::Random& random) {
  Preemption result;
  if (const auto why = ineligible(*evaluation.pod(), world, told); !why.empty()) {
    result.message = why;
    return result;
  }
  std::vector<const NodeInfo*> nodes;
  for (const auto& [name, verdict] : told.told) {
    if (verdict.fit == Fit::kNo) nodes.push_back(world.cache.node(name));
  }
  NoFit why{.nodes = world.cache.nodes().size(),
            .everywhere = {},
            .told = {},
            .others = {"Preemption is not helpful for scheduling"}};
  const std::vector<Budget> read = read_budgets(budgets);
  const std::size_t enough = std::max(kFewest, nodes.size() * kPercent / 100);
  const auto offset = nodes.size() <= enough
                          ? 0
                          : static_cast<std::size_t>(random() * static_cast<double>(nodes.size()));
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < nodes.size() && candidates.size() < enough; ++i) {
    const NodeInfo& node = *nodes[(offset + i) % nodes.size()];
    Candidate candidate;
    Verdict verdict = Trial(evaluation, node, read).run(candidate);
    if (!verdict.fits()) {
      why.told.emplace(node.name(), std::move(verdict));
    } else if (!candidate.victims.empty()) {
      candidates.push_back(std::move(candidate));
    }
  }
  if (candidates.empty()) {
    result.message = why.message();
    result.clear_nomination = true;
    return result;
  }
  Candidate& best = *std::ranges::min_element(candidates, is_better);
  result.node = best.node->name();
  result.victims = std::move(best.victims);
  return result;
}

}  // namespace cove::scheduler
