#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {

const std::vector<FilterPlugin>& filter_plugins() {
  static const std::vector<FilterPlugin> all{
      node_unschedulable(), node_name(),           taint_toleration(),    node_affinity(),
      node_ports(),         node_resources_fit(),  volume_restrictions(), volume_binding(),
      volume_zone(),        pod_topology_spread(), inter_pod_affinity(),
  };
  return all;
}

const std::vector<ScorePlugin>& score_plugins() {
  static const std::vector<ScorePlugin> all{
      taint_toleration_score(), node_affinity_score(),       least_allocated(),
      balanced_allocation(),    pod_topology_spread_score(), inter_pod_affinity_score(),
      image_locality(),
  };
  return all;
}

const FilterPlugin* filter_plugin(std::string_view name) {
  const auto& all = filter_plugins();
  const auto found = std::ranges::find(all, name, &FilterPlugin::name);
  return found == all.end() ? nullptr : &*found;
}

const json::object* namespace_labels(const World& world, std::string_view name) {
  const api::ObjectPtr found = world.namespaces.get(name);
  return found ? api::object_at(found->document(), {"metadata", "labels"}) : nullptr;
}

void normalize_by_greatest(std::vector<std::int64_t>& scores, bool reverse) {
  const std::int64_t greatest = scores.empty() ? 0 : *std::ranges::max_element(scores);
  for (std::int64_t& score : scores) {
    if (greatest == 0) {
      if (reverse) score = kMaxScore;
      continue;
    }
    score = score * kMaxScore / greatest;
    if (reverse) score = kMaxScore - score;
  }
}

}  // namespace cove::scheduler
