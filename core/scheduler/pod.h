// PodInfo: what the scheduler needs of a pod, read once.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/host_ports.h"
#include "core/api/node_selector.h"
#include "core/api/object.h"
#include "core/api/selector.h"
#include "core/api/tolerations.h"
#include "core/scheduler/resources.h"

namespace cove::scheduler {

struct PodInfo;

// A PodAffinityTerm with the pod's own namespace filled in where it names none.
struct AffinityTerm {
  api::LabelSelector selector = api::LabelSelector::nothing();
  std::set<std::string, std::less<>> namespaces = {};
  api::LabelSelector namespace_selector = api::LabelSelector::nothing();
  std::string topology_key = {};

  // `namespace_labels` are those of the pod's namespace; may be null.
  bool matches(const PodInfo& pod, const json::object* namespace_labels) const;
};

struct WeightedTerm {
  std::int64_t weight = 0;
  AffinityTerm term = {};
};

struct SpreadConstraint {
  std::string topology_key = {};
  api::LabelSelector selector = api::LabelSelector::nothing();
  std::int64_t max_skew = 1;
  std::int64_t min_domains = 1;
  bool hard = true;  // DoNotSchedule
  bool honors_node_affinity = true;
  bool honors_taints = false;
};

struct PreferredNodes {
  std::int64_t weight = 0;
  api::NodeTerm term;
};

struct PodClaim {
  std::string name = {};   // of the PersistentVolumeClaim
  bool ephemeral = false;  // made for this pod
};

// Immutable. Reading never fails: what the API would not have taken counts as absent.
struct PodInfo {
  api::ObjectPtr object;
  std::string key, uid, namespace_name, name;
  const json::object* labels = nullptr;  // of `object`
  std::int64_t priority = 0;
  std::string scheduler, node_name, nominated_node;
  bool gated = false;
  bool deleting = false;
  bool ended = false;  // Succeeded or Failed
  bool never_preempts = false;
  Requests requests;
  std::vector<api::HostPort> ports;
  std::vector<api::Toleration> tolerations;
  const json::object* node_labels = nullptr;  // spec.nodeSelector
  std::optional<api::NodeSelector> required_nodes;
  std::vector<PreferredNodes> preferred_nodes;
  std::vector<AffinityTerm> affinity, anti_affinity;
  std::vector<WeightedTerm> preferred_affinity, preferred_anti_affinity;
  std::vector<SpreadConstraint> spread;
  std::vector<PodClaim> claims;
  std::vector<std::string> images;

  bool tolerates(const api::Taint& taint) const;
  bool has_affinity() const {
    return !affinity.empty() || !anti_affinity.empty() || !preferred_affinity.empty() ||
           !preferred_anti_affinity.empty();
  }
  // nodeSelector and required node affinity.
  bool wants_node(const json::object* labels_of_node, std::string_view node) const;
};
using PodPtr = std::shared_ptr<const PodInfo>;

PodPtr read_pod(const api::ObjectPtr& object);

}  // namespace cove::scheduler
