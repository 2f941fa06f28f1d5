// Filters and scores: what decides where a pod may go and where it goes best (kubernetes.io
// "Scheduling Framework"). One file each; plugins.cpp has the lists.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/indexer.h"
#include "core/scheduler/cache.h"

namespace cove::scheduler {

class VolumeChoices;

// What there is. Copies that informers keep, and the scheduler's own.
struct World {
  const Cache& cache;
  const client::Indexer& namespaces;
  const client::Indexer& claims;
  const client::Indexer& volumes;
  const client::Indexer& classes;
  const client::Indexer& services;
  const client::Indexer& replicasets;
  const client::Indexer& replicationcontrollers;
  const client::Indexer& statefulsets;
  VolumeChoices& volume_choices;
};

// The labels of a namespace; null when it has none or is unknown.
const json::object* namespace_labels(const World& world, std::string_view name);

enum class Fit {
  kYes,
  kNo,     // and removing pods might help
  kNever,  // whatever is removed
};

struct Verdict {
  Fit fit = Fit::kYes;
  std::vector<std::string> reasons = {};

  bool fits() const { return fit == Fit::kYes; }
  static Verdict no(std::string_view reason) { return {Fit::kNo, {std::string(reason)}}; }
  static Verdict never(std::string_view reason) { return {Fit::kNever, {std::string(reason)}}; }
};

// Made for one pod and one attempt.
class Filter {
 public:
  virtual ~Filter() = default;
  virtual Verdict check(const NodeInfo& node) const = 0;
  // As if that pod were (not) on the node: what was counted over all nodes follows. The second
  // undoes the first.
  virtual void add(const PodInfo&, const NodeInfo&) {}
  virtual void remove(const PodInfo&, const NodeInfo&) {}
};

struct Prepared {
  std::unique_ptr<Filter> filter = nullptr;  // none: it has nothing against any node
  Verdict verdict = {};                      // that does not fit: the pod cannot run anywhere now
  std::optional<std::set<std::string, std::less<>>> nodes = std::nullopt;  // only these
};

// What happened, for pods that wait for something to happen.
struct Event {
  enum class Type {
    kNode,  // came, or changed as `change` says
    kNodeGone,
    kPodPlaced,  // is on a node now, or its labels changed there
    kPodShrunk,  // asks for less than it did
    kPodGone,    // from its node
    kNamespace,  // its labels
    kClaim,
    kVolume,
    kClass,
  };
  Type type = Type::kNode;
  const NodeInfo* node = nullptr;  // of kNode
  NodeChange change = {};
  bool node_added = false;
  const PodInfo* pod = nullptr;  // of kPod…
};

struct FilterPlugin {
  std::string_view name;
  Prepared (*prepare)(const PodPtr& pod, const World& world);
  // Whether a pod that this filter kept from everywhere may fit somewhere after that.
  bool (*helped_by)(const PodInfo& pod, const Event& event);
};

// Made for one pod and the nodes that fit.
class Score {
 public:
  virtual ~Score() = default;
  virtual std::int64_t of(const NodeInfo& node) const = 0;
  // To 0 … kMaxScore, in the order of `nodes`.
  virtual void normalize(const std::vector<const NodeInfo*>&, std::vector<std::int64_t>&) const {}
};

inline constexpr std::int64_t kMaxScore = 100;

// The greatest becomes kMaxScore; `reverse`: the least does.
void normalize_by_greatest(std::vector<std::int64_t>& scores, bool reverse);

struct ScorePlugin {
  std::string_view name;
  std::int64_t weight;
  // None: all nodes are as good.
  std::unique_ptr<Score> (*prepare)(const PodPtr& pod, const World& world,
                                    const std::vector<const NodeInfo*>& nodes);
};

// In the order in which they are asked.
const std::vector<FilterPlugin>& filter_plugins();
const std::vector<ScorePlugin>& score_plugins();
const FilterPlugin* filter_plugin(std::string_view name);

FilterPlugin node_unschedulable();
FilterPlugin node_name();
FilterPlugin taint_toleration();
FilterPlugin node_affinity();
FilterPlugin node_ports();
FilterPlugin node_resources_fit();
FilterPlugin volume_restrictions();
FilterPlugin volume_binding();
FilterPlugin volume_zone();
FilterPlugin pod_topology_spread();
FilterPlugin inter_pod_affinity();

ScorePlugin taint_toleration_score();
ScorePlugin node_affinity_score();
ScorePlugin least_allocated();
ScorePlugin balanced_allocation();
ScorePlugin image_locality();
ScorePlugin pod_topology_spread_score();
ScorePlugin inter_pod_affinity_score();

}  // namespace cove::scheduler
