// InterPodAffinity (kubernetes.io "Assigning Pods to Nodes", inter-pod affinity and anti-affinity).

#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

// A label of nodes and its value.
using Place = std::pair<std::string, std::string>;
using Counts = std::map<Place, std::int64_t>;

void count(Counts& counts, const AffinityTerm& term, const NodeInfo& node, std::int64_t by) {
  if (!node.has_label(term.topology_key)) return;
  const Place place{term.topology_key, std::string(node.label(term.topology_key))};
  std::int64_t& value = counts[place];
  value += by;
  if (value == 0) counts.erase(place);
}

std::int64_t at(const Counts& counts, const AffinityTerm& term, const NodeInfo& node) {
  const auto found = counts.find({term.topology_key, std::string(node.label(term.topology_key))});
  return found == counts.end() ? 0 : found->second;
}

class InterPodAffinity final : public Filter {
 public:
  InterPodAffinity(PodPtr pod, const World& world)
      : pod_(std::move(pod)),
        world_(world),
        own_labels_(namespace_labels(world, pod_->namespace_name)) {
    const bool has_terms = !pod_->affinity.empty() || !pod_->anti_affinity.empty();
    for (const NodeInfo* const node : world.cache.nodes()) {
      if (has_terms) {
        for (const PodPtr& other : node->pods()) count_own(*other, *node, 1);
      }
      for (const PodPtr& other : node->pods_with_anti_affinity()) count_theirs(*other, *node, 1);
    }
  }

  Verdict check(const NodeInfo& node) const override {
    if (!near_enough(node)) return Verdict::never("node(s) didn't match pod affinity rules");
    for (const AffinityTerm& term : pod_->anti_affinity) {
      if (node.has_label(term.topology_key) && at(avoided_, term, node) > 0)
        return Verdict::no("node(s) didn't match pod anti-affinity rules");
    }
    for (const auto& [place, times] : refused_) {
      if (times > 0 && node.has_label(place.first) && node.label(place.first) == place.second)
        return Verdict::no("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return {};
  }

  void add(const PodInfo& pod, const NodeInfo& node) override { change(pod, node, 1); }
  void remove(const PodInfo& pod, const NodeInfo& node) override { change(pod, node, -1); }

 private:
  bool matches_all_own(const PodInfo& other, const json::object* labels) const {
    return !pod_->affinity.empty() &&
           std::ranges::all_of(pod_->affinity, [&](const AffinityTerm& term) {
             return term.matches(other, labels);
           });
  }

  bool near_enough(const NodeInfo& node) const {
    bool all_there = true;
    for (const AffinityTerm& term : pod_->affinity) {
      if (!node.has_label(term.topology_key)) return false;
      if (at(sought_, term, node) <= 0) all_there = false;
    }
    // The first of a group that wants to be together has nobody to be with.
    return all_there || (sought_.empty() && matches_all_own(*pod_, own_labels_));
  }

  void count_own(const PodInfo& other, const NodeInfo& node, std::int64_t by) {
    const json::object* const labels = namespace_labels(world_, other.namespace_name);
    if (matches_all_own(other, labels)) {
      for (const AffinityTerm& term : pod_->affinity) count(sought_, term, node, by);
    }
    for (const AffinityTerm& term : pod_->anti_affinity) {
      if (term.matches(other, labels)) count(avoided_, term, node, by);
    }
  }

  void count_theirs(const PodInfo& other, const NodeInfo& node, std::int64_t by) {
    for (const AffinityTerm& term : other.anti_affinity) {
      if (term.matches(*pod_, own_labels_)) count(refused_, term, node, by);
    }
  }

  void change(const PodInfo& other, const NodeInfo& node, std::int64_t by) {
    count_own(other, node, by);
    count_theirs(other, node, by);
  }

  const PodPtr pod_;
  const World& world_;
  const json::object* const own_labels_;
  Counts sought_, avoided_, refused_;
};

Prepared prepare(const PodPtr& pod, const World& world) {
  return {.filter = std::make_unique<InterPodAffinity>(pod, world)};
}

bool concerns(const PodInfo& pod, const PodInfo& other) {
  // Namespaces chosen by their labels count as chosen.
  const auto about = [](const std::vector<AffinityTerm>& terms, const PodInfo& whom) {
    return std::ranges::any_of(
        terms, [&](const AffinityTerm& term) { return term.selector.matches_labels(whom.labels); });
  };
  return about(pod.affinity, other) || about(pod.anti_affinity, other) ||
         about(other.anti_affinity, pod);
}

bool helped_by(const PodInfo& pod, const Event& event) {
  switch (event.type) {
    case Event::Type::kNode: return event.node_added || event.change.labels;
    case Event::Type::kPodPlaced:
    case Event::Type::kPodGone: return concerns(pod, *event.pod);
    case Event::Type::kNamespace: return pod.has_affinity();
    default: return false;
  }
}

// --- Scores.

constexpr std::int64_t kWeightOfRequired = 1;

class AffinityScore final : public Score {
 public:
  AffinityScore(const PodPtr& pod, const World& world)
      : pod_(*pod), world_(world), own_labels_(namespace_labels(world, pod->namespace_name)) {
    const bool prefers = !pod->preferred_affinity.empty() || !pod->preferred_anti_affinity.empty();
    for (const NodeInfo* const node : world.cache.nodes()) {
      for (const PodPtr& other : prefers ? node->pods() : node->pods_with_affinity())
        weigh(*other, *node);
    }
  }
  bool idle() const { return weights_.empty(); }

  std::int64_t of(const NodeInfo& node) const override {
    std::int64_t sum = 0;
    for (const auto& [place, weight] : weights_) {
      if (node.has_label(place.first) && node.label(place.first) == place.second) sum += weight;
    }
    return sum;
  }

  void normalize(const std::vector<const NodeInfo*>&,
                 std::vector<std::int64_t>& scores) const override {
    const auto [least, greatest] = std::ranges::minmax(scores);
    for (std::int64_t& score : scores)
      score = greatest == least ? 0 : kMaxScore * (score - least) / (greatest - least);
  }

 private:
  void weigh(const PodInfo& other, const NodeInfo& node) {
    const auto theirs = [&](const AffinityTerm& term, std::int64_t weight) {
      if (term.matches(pod_, own_labels_)) count(weights_, term, node, weight);
    };
    const json::object* const labels = namespace_labels(world_, other.namespace_name);
    for (const WeightedTerm& each : pod_.preferred_affinity) {
      if (each.term.matches(other, labels)) count(weights_, each.term, node, each.weight);
    }
    for (const WeightedTerm& each : pod_.preferred_anti_affinity) {
      if (each.term.matches(other, labels)) count(weights_, each.term, node, -each.weight);
    }
    for (const AffinityTerm& term : other.affinity) theirs(term, kWeightOfRequired);
    for (const WeightedTerm& each : other.preferred_affinity) theirs(each.term, each.weight);
    for (const WeightedTerm& each : other.preferred_anti_affinity) theirs(each.term, -each.weight);
  }

  const PodInfo& pod_;
  const World& world_;
  const json::object* const own_labels_;
  Counts weights_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World& world,
                                     const std::vector<const NodeInfo*>& nodes) {
  if (nodes.empty()) return nullptr;
  auto score = std::make_unique<AffinityScore>(pod, world);
  return score->idle() ? nullptr : std::move(score);
}

}  // namespace

FilterPlugin inter_pod_affinity() {
  return {"InterPodAffinity", prepare, helped_by};
}

ScorePlugin inter_pod_affinity_score() {
  return {"InterPodAffinity", 2, prepare_score};
}

}  // namespace cove::scheduler
