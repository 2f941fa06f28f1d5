#include "core/controllers/daemonset_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/controllers/controller_revisions.h"
#include "core/controllers/daemonset_nodes.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kGeneration = "deprecated.daemonset.template.generation";
constexpr std::string_view kGenerationLabel = "pod-template-generation";

using Pods = std::vector<api::ObjectPtr>;

std::string_view label(const api::Object& pod, std::string_view name) {
  return api::text_at(pod.document(), {"metadata", "labels", name});
}

// Those that have a node come first, then the older ones.
bool comes_first(const api::ObjectPtr& a, const api::ObjectPtr& b) {
  const bool on_node = !api::text_at(a->document(), {"spec", "nodeName"}).empty();
  const bool other_on_node = !api::text_at(b->document(), {"spec", "nodeName"}).empty();
  if (on_node != other_on_node) return on_node;
  return is_older(*a, *b);
}

// The living pods of a node: at most one of each is as it should be.
struct Versions {
  api::ObjectPtr updated, old;
  bool orderly = true;
};

class Planner {
 public:
  explicit Planner(const DaemonSetSituation& situation)
      : situation_(situation),
        document_(situation.set->document()),
        min_ready_(integer_or(document_, {"spec", "minReadySeconds"}, 0)),
        generation_(api::text_at(document_, {"metadata", "annotations", kGeneration})) {
    for (const api::ObjectPtr& node : situation.nodes) {
      const Placement placement = placement_on(*node, document_);
      placements_.emplace(node->name(), placement);
      if (placement.run) ++desired_;
    }
    for (const api::ObjectPtr& pod : situation.pods) {
      if (pod->deleting() && has_ended(*pod)) continue;
      on_node_[target_node(*pod)].push_back(pod);
    }
    for (auto& [node, pods] : on_node_) std::ranges::sort(pods, comes_first);
    const auto bound = [&](std::string_view name) {
      return count_or_percent(
          api::value_at(document_, {"spec", "updateStrategy", "rollingUpdate", name}), desired_,
          true, 0);
    };
    rolling_ = api::text_at(document_, {"spec", "updateStrategy", "type"}) == "RollingUpdate";
    most_surge_ = rolling_ ? bound("maxSurge") : 0;
    most_unavailable_ = rolling_ ? bound("maxUnavailable") : 0;
    if (most_surge_ == 0 && most_unavailable_ == 0) most_unavailable_ = 1;
  }

  DaemonSetPlan plan() {
    plan_.status = status();
    find_next_look();
    manage();
    const bool settled = plan_.creations.empty() && plan_.deletions.empty();
    if (settled && rolling_) {
      if (most_surge_ == 0) {
        replace();
      } else {
        surge();
      }
    }
    return plan_;
  }

 private:
  bool is_updated(const api::Object& pod) const {
    if (!situation_.hash.empty() && label(pod, kRevisionHash) == situation_.hash) return true;
    return !generation_.empty() && label(pod, kGenerationLabel) == generation_;
  }
  bool is_available(const api::Object& pod) const {
    return is_pod_available(pod, min_ready_, situation_.now);
  }
  json::object status() const;
  void find_next_look();
  void look_again(std::chrono::nanoseconds after) {
    if (!plan_.again_after || after < *plan_.again_after) plan_.again_after = after;
  }

  void manage();
  void manage_node(const std::string& node, bool should_run);
  bool drop_ended(const std::string& node, const api::ObjectPtr& pod);
  void prune(const Pods& living);
  Versions versions_on(const std::string& node) const;
  void replace();
  void surge();

  const DaemonSetSituation& situation_;
  const json::object& document_;
  const int min_ready_;
  const std::string generation_;
  std::map<std::string, Placement, std::less<>> placements_;
  std::map<std::string, Pods, std::less<>> on_node_;
  int desired_ = 0;
  bool rolling_ = false;
  int most_surge_ = 0;
  int most_unavailable_ = 0;
  DaemonSetPlan plan_;
};

json::object Planner::status() const {
  int scheduled = 0;
  int misscheduled = 0;
  int ready = 0;
  int updated = 0;
  int available = 0;
  for (const auto& [node, placement] : placements_) {
    const auto found = on_node_.find(node);
    if (found == on_node_.end()) continue;
    if (!placement.run) {
      ++misscheduled;
      continue;
    }
    ++scheduled;
    const api::Object& pod = *found->second.front();
    if (is_pod_ready(pod)) {
      ++ready;
      if (is_available(pod)) ++available;
    }
    if (is_updated(pod)) ++updated;
  }
  json::object status;
  if (const json::value* const conditions = api::value_at(document_, {"status", "conditions"}))
    status["conditions"] = *conditions;
  status["currentNumberScheduled"] = scheduled;
  status["numberMisscheduled"] = misscheduled;
  status["desiredNumberScheduled"] = desired_;
  status["numberReady"] = ready;
  set_unless_zero(status, "observedGeneration", situation_.set->generation());
  set_unless_zero(status, "updatedNumberScheduled", updated);
  set_unless_zero(status, "numberAvailable", available);
  set_unless_zero(status, "numberUnavailable", desired_ - available);
  if (situation_.collisions > 0) status["collisionCount"] = situation_.collisions;
  return status;
}

void Planner::find_next_look() {
  for (const api::ObjectPtr& pod : situation_.pods) {
    if (const auto left = time_to_available(*pod, min_ready_, situation_.now)) look_again(*left);
  }
}

void Planner::manage() {
  for (const auto& [node, placement] : placements_) {
    const auto found = on_node_.find(node);
    if (placement.run && found == on_node_.end()) {
      plan_.creations.push_back(node);
    } else if (placement.keep) {
      if (found != on_node_.end()) manage_node(node, placement.run);
    } else if (found != on_node_.end()) {
      for (const api::ObjectPtr& pod : found->second) {
        if (!pod->deleting()) plan_.deletions.push_back(pod);
      }
    }
  }
  // Pods for nodes that are no more are never scheduled.
  for (const auto& [node, pods] : on_node_) {
    if (placements_.contains(node)) continue;
    for (const api::ObjectPtr& pod : pods) {
      const bool bound = !api::text_at(pod->document(), {"spec", "nodeName"}).empty();
      if (!bound && !pod->deleting()) plan_.deletions.push_back(pod);
    }
  }
}

// Whether it was no living pod.
bool Planner::drop_ended(const std::string& node, const api::ObjectPtr& pod) {
  const std::string_view phase = pod_phase(*pod);
  if (phase == "Succeeded") {
    plan_.events.push_back(
        {"Normal", "SucceededDaemonPod",
         fmt::format("Found succeeded daemon pod {}/{} on node {}, will try to delete it",
                     pod->namespace_name(), pod->name(), node)});
    plan_.deletions.push_back(pod);
    return true;
  }
  if (phase != "Failed") return false;
  // The node may refuse the next one as well: not at once again.
  if (const auto wait = situation_.backoff(node)) {
    look_again(*wait);
    return true;
  }
  plan_.events.push_back(
      {"Warning", "FailedDaemonPod",
       fmt::format("Found failed daemon pod {}/{} on node {}, will try to kill it",
                   pod->namespace_name(), pod->name(), node)});
  plan_.deletions.push_back(pod);
  return true;
}

void Planner::manage_node(const std::string& node, bool should_run) {
  Pods living;
  for (const api::ObjectPtr& pod : on_node_.find(node)->second) {
    if (!pod->deleting() && !drop_ended(node, pod)) living.push_back(pod);
  }
  if (most_surge_ == 0) {
    for (std::size_t i = 1; i < living.size(); ++i) plan_.deletions.push_back(living[i]);
  } else if (living.empty()) {
    if (should_run) plan_.creations.push_back(node);
  } else {
    prune(living);
  }
}

// During a surge a node has two pods while the new one is not available and the old one is ready.
void Planner::prune(const Pods& living) {
  api::ObjectPtr updated;
  api::ObjectPtr old;
  for (const api::ObjectPtr& pod : living) {
    api::ObjectPtr& place = label(*pod, kRevisionHash) == situation_.hash ? updated : old;
    if (place) {
      plan_.deletions.push_back(pod);
    } else {
      place = pod;
    }
  }
  if (updated && old && (!is_pod_ready(*old) || is_available(*updated)))
    plan_.deletions.push_back(old);
}

Versions Planner::versions_on(const std::string& node) const {
  Versions versions;
  const auto found = on_node_.find(node);
  if (found == on_node_.end()) return versions;
  for (const api::ObjectPtr& pod : found->second) {
    if (pod->deleting()) continue;
    api::ObjectPtr& place = is_updated(*pod) ? versions.updated : versions.old;
    if (place) versions.orderly = false;
    place = pod;
  }
  return versions;
}

void Planner::replace() {
  int unavailable = 0;
  Pods candidates;
  std::set<std::string, std::less<>> nodes;
  for (const auto& [node, pods] : on_node_) nodes.insert(node);
  for (const auto& [node, placement] : placements_) {
    if (placement.run) nodes.insert(node);
  }
  for (const std::string& node : nodes) {
    const Versions versions = versions_on(node);
    if (!versions.orderly || (versions.updated == nullptr) == (versions.old == nullptr)) {
      ++unavailable;
    } else if (versions.updated) {
      if (!is_available(*versions.updated)) ++unavailable;
    } else if (!is_available(*versions.old)) {
      // It makes nothing worse by going.
      plan_.deletions.push_back(versions.old);
      ++unavailable;
    } else {
      candidates.push_back(versions.old);
    }
  }
  for (const api::ObjectPtr& pod : candidates) {
    if (unavailable++ >= most_unavailable_) return;
    plan_.deletions.push_back(pod);
  }
}

void Planner::surge() {
  int surging = 0;
  std::vector<std::string> candidates;
  for (const auto& [node, pods] : on_node_) {
    const Versions versions = versions_on(node);
    const auto placement = placements_.find(node);
    if (placement == placements_.end() || !placement->second.run) continue;
    if (!versions.orderly) {
      ++surging;
    } else if (!versions.old) {
      continue;
    } else if (!versions.updated) {
      if (is_available(*versions.old)) {
        candidates.push_back(node);
      } else {
        plan_.creations.push_back(node);
      }
    } else if (is_available(*versions.updated)) {
      plan_.deletions.push_back(versions.old);
    } else {
      ++surging;
    }
  }
  for (const std::string& node : candidates) {
    if (surging++ >= most_surge_) return;
    plan_.creations.push_back(node);
  }
}

}  // namespace

DaemonSetPlan plan_daemon_set(const DaemonSetSituation& situation) {
  return Planner(situation).plan();
}

json::object daemon_pod(const api::Object& set, std::string_view hash, std::string_view node) {
  const json::object* const pod_template = api::object_at(set.document(), {"spec", "template"});
  json::object pod =
      pod_from_template(pod_template == nullptr ? json::object() : *pod_template, set);
  const std::string_view generation =
      api::text_at(set.document(), {"metadata", "annotations", kGeneration});
  if (!generation.empty())
    api::set_at(pod, {"metadata", "labels", kGenerationLabel}, json::string(generation));
  api::set_at(pod, {"metadata", "labels", kRevisionHash}, json::string(hash));
  json::object& spec = api::make_object_at(pod, {"spec"});
  add_daemon_tolerations(spec);
  pin_to_node(spec, node);
  return pod;
}

}  // namespace cove::controllers
