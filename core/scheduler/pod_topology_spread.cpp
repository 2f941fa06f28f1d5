// PodTopologySpread (kubernetes.io "Pod Topology Spread Constraints").

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/api/readers.h"
#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

constexpr std::string_view kHostName = "kubernetes.io/hostname";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

using Counts = std::map<std::string, std::int64_t, std::less<>>;  // by the topology key's value

bool has_all_keys(const NodeInfo& node, const std::vector<SpreadConstraint>& constraints) {
  return std::ranges::all_of(
      constraints, [&](const SpreadConstraint& each) { return node.has_label(each.topology_key); });
}

// Whether a node's pods count, as the constraint's node inclusion policies have it.
bool counts_for(const SpreadConstraint& constraint, const PodInfo& pod, const NodeInfo& node) {
  if (constraint.honors_node_affinity && !pod.wants_node(node.labels(), node.name())) return false;
  return !constraint.honors_taints ||
         std::ranges::all_of(node.taints(), [&](const api::Taint& taint) {
           return (taint.effect != "NoSchedule" && taint.effect != "NoExecute") ||
                  pod.tolerates(taint);
         });
}

bool is_counted(const SpreadConstraint& constraint, const PodInfo& pod, const PodInfo& other) {
  return !other.deleting && other.namespace_name == pod.namespace_name &&
         constraint.selector.matches_labels(other.labels);
}

std::int64_t matching_pods(const SpreadConstraint& constraint, const PodInfo& pod,
                           const NodeInfo& node) {
  return std::ranges::count_if(
      node.pods(), [&](const PodPtr& other) { return is_counted(constraint, pod, *other); });
}

std::vector<SpreadConstraint> constraints_of(const PodInfo& pod, bool hard) {
  std::vector<SpreadConstraint> chosen;
  for (const SpreadConstraint& each : pod.spread) {
    if (each.hard == hard) chosen.push_back(each);
  }
  return chosen;
}

class TopologySpread final : public Filter {
 public:
  TopologySpread(PodPtr pod, std::vector<SpreadConstraint> constraints, const Cache& cache)
      : pod_(std::move(pod)), constraints_(std::move(constraints)), counts_(constraints_.size()) {
    for (const NodeInfo* const node : cache.nodes()) {
      if (!has_all_keys(*node, constraints_)) continue;
      for (std::size_t i = 0; i < constraints_.size(); ++i) {
        if (!counts_for(constraints_[i], *pod_, *node)) continue;
        counts_[i][std::string(node->label(constraints_[i].topology_key))] +=
            matching_pods(constraints_[i], *pod_, *node);
      }
    }
  }

  Verdict check(const NodeInfo& node) const override {
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      const SpreadConstraint& constraint = constraints_[i];
      if (!node.has_label(constraint.topology_key)) {
        return Verdict::never(
            "node(s) didn't match pod topology spread constraints (missing required label)");
      }
      const auto found = counts_[i].find(node.label(constraint.topology_key));
      const std::int64_t there = found == counts_[i].end() ? 0 : found->second;
      const std::int64_t self = constraint.selector.matches_labels(pod_->labels) ? 1 : 0;
      if (there + self - least(i) > constraint.max_skew)
        return Verdict::no("node(s) didn't match pod topology spread constraints");
    }
    return {};
  }

  void add(const PodInfo& pod, const NodeInfo& node) override { change(pod, node, 1); }
  void remove(const PodInfo& pod, const NodeInfo& node) override { change(pod, node, -1); }

 private:
  std::int64_t least(std::size_t i) const {
    if (static_cast<std::int64_t>(counts_[i].size()) < constraints_[i].min_domains) return 0;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const auto& [value, count] : counts_[i]) least = std::min(least, count);
    return counts_[i].empty() ? 0 : least;
  }

  void change(const PodInfo& other, const NodeInfo& node, std::int64_t by) {
    if (!has_all_keys(node, constraints_)) return;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      if (is_counted(constraints_[i], *pod_, other) && counts_for(constraints_[i], *pod_, node))
        counts_[i][std::string(node.label(constraints_[i].topology_key))] += by;
    }
  }

  const PodPtr pod_;
  const std::vector<SpreadConstraint> constraints_;
  std::vector<Counts> counts_;
};

Prepared prepare(const PodPtr& pod, const World& world) {
  auto constraints = constraints_of(*pod, true);
  if (constraints.empty()) return {};
  return {.filter = std::make_unique<TopologySpread>(pod, std::move(constraints), world.cache)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  switch (event.type) {
    case Event::Type::kNode: return event.node_added || event.change.labels || event.change.taints;
    case Event::Type::kNodeGone: return true;
    case Event::Type::kPodPlaced:
    case Event::Type::kPodGone:
      return event.pod->namespace_name == pod.namespace_name &&
             std::ranges::any_of(pod.spread, [&](const SpreadConstraint& each) {
               return each.hard && each.selector.matches_labels(event.pod->labels);
             });
    default: return false;
  }
}

// --- Scores.

std::vector<api::LabelSelector> selectors_of_services(const PodInfo& pod, const World& world) {
  std::vector<api::LabelSelector> all;
  for (const api::ObjectPtr& service :
       world.services.by_index(client::kByNamespace, pod.namespace_name)) {
    const json::object* const selector = api::object_at(service->document(), {"spec", "selector"});
    if (selector == nullptr || selector->empty()) continue;
    auto chosen = api::LabelSelector::from_labels(*selector);
    if (chosen.matches_labels(pod.labels)) all.push_back(std::move(chosen));
  }
  return all;
}

std::optional<api::LabelSelector> selector_of_owner(const PodInfo& pod, const World& world) {
  const json::object* const reference = api::controller_of(*pod.object);
  if (reference == nullptr) return std::nullopt;
  const std::string_view kind = api::text_at(*reference, {"kind"});
  const client::Indexer* const owned_by = kind == "ReplicaSet"    ? &world.replicasets
                                          : kind == "StatefulSet" ? &world.statefulsets
                                          : kind == "ReplicationController"
                                              ? &world.replicationcontrollers
                                              : nullptr;
  if (owned_by == nullptr) return std::nullopt;
  const api::ObjectPtr owner =
      owned_by->get(pod.namespace_name + "/" + std::string(api::text_at(*reference, {"name"})));
  const json::object* const selector =
      owner ? api::object_at(owner->document(), {"spec", "selector"}) : nullptr;
  if (selector == nullptr) return std::nullopt;
  if (kind == "ReplicationController") return api::LabelSelector::from_labels(*selector);
  auto read = api::LabelSelector::from_document(selector);
  return read ? std::optional(std::move(*read)) : std::nullopt;
}

// What pods without constraints of their own have: those of one service or owner are spread a
// little. All selectors together say which they are.
std::vector<SpreadConstraint> default_constraints(const PodInfo& pod, const World& world) {
  std::string text;
  const auto add = [&](const api::LabelSelector& selector) {
    if (selector.empty()) return;
    if (!text.empty()) text += ',';
    text += selector.text();
  };
  for (const auto& selector : selectors_of_services(pod, world)) add(selector);
  if (const auto selector = selector_of_owner(pod, world)) add(*selector);
  if (text.empty()) return {};
  const auto selector = api::LabelSelector::parse(text);
  if (!selector) return {};
  SpreadConstraint host, zone;
  host.topology_key = kHostName;
  host.max_skew = 3;
  zone.topology_key = kZone;
  zone.max_skew = 5;
  host.hard = zone.hard = false;
  host.selector = zone.selector = *selector;
  return {host, zone};
}

class SpreadScore final : public Score {
 public:
  SpreadScore(PodPtr pod, std::vector<SpreadConstraint> constraints, bool all_keys,
              const Cache& cache, const std::vector<const NodeInfo*>& nodes)
      : pod_(std::move(pod)),
        constraints_(std::move(constraints)),
        all_keys_(all_keys),
        counts_(constraints_.size()) {
    std::size_t ignored_nodes = 0;
    for (const NodeInfo* const node : nodes) {
      if (ignored(*node)) {
        ++ignored_nodes;
        continue;
      }
      for (std::size_t i = 0; i < constraints_.size(); ++i) {
        if (!is_host(i))
          counts_[i].try_emplace(std::string(node->label(constraints_[i].topology_key)), 0);
      }
    }
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      const std::size_t domains = is_host(i) ? nodes.size() - ignored_nodes : counts_[i].size();
      weights_.push_back(std::log(static_cast<double>(domains) + 2));
    }
    for (const NodeInfo* const node : cache.nodes()) count(*node);
  }

  std::int64_t of(const NodeInfo& node) const override {
    if (ignored(node)) return 0;
    double score = 0;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      if (!node.has_label(constraints_[i].topology_key)) continue;
      std::int64_t there = 0;
      if (is_host(i)) {
        there = matching_pods(constraints_[i], *pod_, node);
      } else if (const auto found = counts_[i].find(node.label(constraints_[i].topology_key));
                 found != counts_[i].end()) {
        there = found->second;
      }
      score += static_cast<double>(there) * weights_[i] +
               static_cast<double>(constraints_[i].max_skew - 1);
    }
    return std::llround(score);
  }

  void normalize(const std::vector<const NodeInfo*>& nodes,
                 std::vector<std::int64_t>& scores) const override {
    std::int64_t least = std::numeric_limits<std::int64_t>::max(), greatest = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (ignored(*nodes[i])) continue;
      least = std::min(least, scores[i]);
      greatest = std::max(greatest, scores[i]);
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (ignored(*nodes[i])) {
        scores[i] = 0;
      } else {
        scores[i] =
            greatest == 0 ? kMaxScore : kMaxScore * (greatest + least - scores[i]) / greatest;
      }
    }
  }

 private:
  bool is_host(std::size_t i) const { return constraints_[i].topology_key == kHostName; }
  bool ignored(const NodeInfo& node) const {
    return all_keys_ && !has_all_keys(node, constraints_);
  }
  void count(const NodeInfo& node) {
    if (ignored(node)) return;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      if (is_host(i) || !counts_for(constraints_[i], *pod_, node)) continue;
      const auto found = counts_[i].find(node.label(constraints_[i].topology_key));
      if (found != counts_[i].end()) found->second += matching_pods(constraints_[i], *pod_, node);
    }
  }

  const PodPtr pod_;
  const std::vector<SpreadConstraint> constraints_;
  const bool all_keys_;
  std::vector<Counts> counts_;
  std::vector<double> weights_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World& world,
                                     const std::vector<const NodeInfo*>& nodes) {
  const bool own = !pod->spread.empty();
  auto constraints = own ? constraints_of(*pod, false) : default_constraints(*pod, world);
  if (constraints.empty()) return nullptr;
  return std::make_unique<SpreadScore>(pod, std::move(constraints), own, world.cache, nodes);
}

}  // namespace

FilterPlugin pod_topology_spread() {
  return {"PodTopologySpread", prepare, helped_by};
}

ScorePlugin pod_topology_spread_score() {
  return {"PodTopologySpread", 2, prepare_score};
}

}  // namespace cove::scheduler
