// Claims of pods: which are bound, which wait for a node, and what binding them for a node takes
// (kubernetes.io "Persistent Volumes", "Storage Classes", volume binding mode).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {

inline constexpr std::string_view kSelectedNode = "volume.kubernetes.io/selected-node";

// Volumes that are meant for a claim although the API does not say so yet. On the executor.
class VolumeChoices {
 public:
  void choose(const std::string& volume, const std::string& claim) { chosen_[volume] = claim; }
  void forget(const std::string& volume) { chosen_.erase(volume); }
  // For another claim than that.
  bool taken(std::string_view volume, std::string_view claim) const {
    const auto found = chosen_.find(volume);
    return found != chosen_.end() && found->second != claim;
  }

 private:
  std::map<std::string, std::string, std::less<>> chosen_;
};

struct PodVolumes {
  Verdict verdict = {};  // that does not fit: nowhere, as things are
  std::vector<api::ObjectPtr> bound = {};
  std::vector<api::ObjectPtr> delayed = {};  // wait for their first consumer's node
};
PodVolumes volumes_of(const PodInfo& pod, const World& world);

struct VolumePlan {
  struct Binding {
    api::ObjectPtr volume, claim;
  };
  std::vector<Binding> bind = {};
  std::vector<api::ObjectPtr> provision = {};  // these claims, for the node
  bool empty() const { return bind.empty() && provision.empty(); }
};
// Whether the node can have them all; `plan`, when given, gets how.
Verdict plan_volumes(const PodVolumes& volumes, const NodeInfo& node, const World& world,
                     VolumePlan* plan = nullptr);

// It names a volume and the binding is complete.
bool is_bound(const api::Object& claim);

}  // namespace cove::scheduler
