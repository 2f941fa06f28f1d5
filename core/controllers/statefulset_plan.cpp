#include "core/controllers/statefulset_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/controllers/controller_revisions.h"

namespace cove::controllers {
namespace {

// Pods that one pass makes at most.
constexpr std::size_t kBurst = 500;
constexpr std::string_view kPodName = "statefulset.kubernetes.io/pod-name";
constexpr std::string_view kPodIndex = "apps.kubernetes.io/pod-index";

std::int64_t start_of(const api::Object& set) {
  return integer_or(set.document(), {"spec", "ordinals", "start"}, 0);
}

int replicas_of(const api::Object& set) {
  return integer_or(set.document(), {"spec", "replicas"}, 1);
}

std::string_view revision_label(const api::Object& pod) {
  return api::text_at(pod.document(), {"metadata", "labels", kRevisionHash});
}

bool is_running_and_ready(const api::Object& pod) {
  return pod_phase(pod) == "Running" && is_pod_ready(pod);
}

class Planner {
 public:
  explicit Planner(const StatefulSetSituation& situation)
      : situation_(situation),
        spec_(api::object_at(situation.set->document(), {"spec"})),
        start_(start_of(*situation.set)),
        min_ready_(integer_or(situation.set->document(), {"spec", "minReadySeconds"}, 0)),
        ordered_(api::text_at(situation.set->document(), {"spec", "podManagementPolicy"}) !=
                 "Parallel"),
        wanted_(replicas_of(*situation.set)) {
    for (const api::ObjectPtr& pod : situation.pods) {
      const std::int64_t ordinal = ordinal_of(situation.set->name(), pod->name());
      if (ordinal < 0) continue;
      if (is_in_range(*situation.set, ordinal)) {
        replicas_.emplace(ordinal - start_, pod);
      } else {
        condemned_.emplace_back(ordinal, pod);
      }
    }
    std::ranges::sort(condemned_, [](const auto& a, const auto& b) { return a.first > b.first; });
  }

  StatefulSetPlan plan() {
    plan_.status = status();
    find_next_look();
    if (situation_.set->deleting()) return plan_;
    if (!keep_replicas()) return plan_;
    if (!remove_condemned()) return plan_;
    if (api::text_at(*spec_, {"updateStrategy", "type"}) != "OnDelete") update();
    return plan_;
  }

 private:
  json::object status() const;
  void find_next_look();
  // False: nothing more may be done in this pass.
  bool keep_replicas();
  bool keep(std::int64_t index);
  bool remove_condemned();
  void update();
  bool needs_current_revision(std::int64_t index) const;

  bool is_unavailable(const api::ObjectPtr& pod) const {
    return pod->deleting() || !is_running_and_ready(*pod) ||
           !is_pod_available(*pod, min_ready_, situation_.now);
  }

  const StatefulSetSituation& situation_;
  const json::object* const spec_;
  const std::int64_t start_;
  const int min_ready_;
  const bool ordered_;
  const std::int64_t wanted_;
  // By place from the first ordinal. Only what is there: the number wanted may be any.
  std::map<std::int64_t, api::ObjectPtr> replicas_;
  std::vector<std::pair<std::int64_t, api::ObjectPtr>> condemned_;  // the highest ordinal first
  StatefulSetPlan plan_;
};

json::object Planner::status() const {
  int replicas = 0;
  int ready = 0;
  int available = 0;
  int current = 0;
  int updated = 0;
  for (const api::ObjectPtr& pod : situation_.pods) {
    ++replicas;
    if (is_running_and_ready(*pod)) {
      ++ready;
      if (is_pod_available(*pod, min_ready_, situation_.now)) ++available;
    }
    if (pod->deleting()) continue;
    if (revision_label(*pod) == situation_.current_revision) ++current;
    if (revision_label(*pod) == situation_.update_revision) ++updated;
  }
  const int wanted = replicas_of(*situation_.set);
  const bool complete = api::text_at(*spec_, {"updateStrategy", "type"}) == "RollingUpdate" &&
                        updated == wanted && ready == wanted && replicas == wanted;
  json::object status;
  if (const json::value* const conditions =
          api::value_at(situation_.set->document(), {"status", "conditions"}))
    status["conditions"] = *conditions;
  set_unless_zero(status, "observedGeneration", situation_.set->generation());
  status["replicas"] = replicas;
  set_unless_zero(status, "readyReplicas", ready);
  status["availableReplicas"] = available;
  set_unless_zero(status, "currentReplicas", complete ? updated : current);
  set_unless_zero(status, "updatedReplicas", updated);
  status["currentRevision"] = complete ? situation_.update_revision : situation_.current_revision;
  status["updateRevision"] = situation_.update_revision;
  status["collisionCount"] = situation_.collisions;
  return status;
}

void Planner::find_next_look() {
  for (const api::ObjectPtr& pod : situation_.pods) {
    const auto left = time_to_available(*pod, min_ready_, situation_.now);
    if (left && (!plan_.again_after || *left < *plan_.again_after)) plan_.again_after = left;
  }
}

bool Planner::needs_current_revision(std::int64_t index) const {
  if (api::text_at(*spec_, {"updateStrategy", "type"}) != "RollingUpdate") return false;
  if (api::object_at(*spec_, {"updateStrategy", "rollingUpdate"}) == nullptr)
    return index < integer_or(situation_.set->document(), {"status", "currentReplicas"}, 0);
  // The partition counts ordinals from the first one.
  return index < integer_or(*spec_, {"updateStrategy", "rollingUpdate", "partition"}, 0);
}

bool Planner::keep(std::int64_t index) {
  const auto found = replicas_.find(index);
  if (found == replicas_.end()) {
    plan_.creations.push_back({start_ + index, !needs_current_revision(index)});
    return false;
  }
  const api::ObjectPtr& pod = found->second;
  if (has_ended(*pod)) {
    if (!pod->deleting()) plan_.deletions.push_back(pod);
    return false;
  }
  if (pod_phase(*pod) == "Pending") plan_.pending.push_back(pod);
  if (is_unavailable(pod) && ordered_) return false;
  if (!pod->deleting()) plan_.kept.push_back(pod);
  return true;
}

bool Planner::keep_replicas() {
  for (std::int64_t i = 0; i < wanted_; ++i) {
    if (plan_.creations.size() >= kBurst) return false;
    if (!keep(i) && ordered_) return false;
  }
  return true;
}

bool Planner::remove_condemned() {
  for (const auto& [ordinal, pod] : condemned_) {
    if (!pod->deleting()) plan_.kept.push_back(pod);
  }
  // All in range are well by now, where it counts: of those that go, the last is looked at first.
  const api::ObjectPtr* first_unhealthy = nullptr;
  for (const auto& [ordinal, pod] : condemned_) {
    if (is_unavailable(pod)) first_unhealthy = &pod;
  }
  for (const auto& [ordinal, pod] : condemned_) {
    if (pod->deleting()) {
      if (ordered_) return false;
      continue;
    }
    const bool waits = is_unavailable(pod) && first_unhealthy != nullptr && pod != *first_unhealthy;
    if (ordered_ && waits) return false;
    plan_.deletions.push_back(pod);
    if (ordered_) return false;
  }
  return true;
}

void Planner::update() {
  const std::int64_t partition =
      integer_or(*spec_, {"updateStrategy", "rollingUpdate", "partition"}, 0);
  const json::value* const bound =
      api::value_at(*spec_, {"updateStrategy", "rollingUpdate", "maxUnavailable"});
  const int most = std::max(1, count_or_percent(bound, static_cast<int>(wanted_), false, 1));
  std::int64_t left = most - (wanted_ - static_cast<std::int64_t>(replicas_.size()));
  for (const auto& [place, pod] : replicas_) left -= is_unavailable(pod) ? 1 : 0;
  for (auto at = replicas_.rbegin(); at != replicas_.rend() && at->first >= partition; ++at) {
    const api::ObjectPtr& pod = at->second;
    if (pod->deleting() || has_ended(*pod) || revision_label(*pod) == situation_.update_revision)
      continue;
    // One that is not available makes nothing worse by going.
    if (!is_unavailable(pod) && left-- <= 0) return;
    plan_.deletions.push_back(pod);
  }
}

std::string claim_name(const json::object& claim, const api::Object& set, std::int64_t ordinal) {
  return fmt::format("{}-{}-{}", api::text_at(claim, {"metadata", "name"}), set.name(), ordinal);
}

const json::array* claim_templates(const api::Object& set) {
  return api::array_at(set.document(), {"spec", "volumeClaimTemplates"});
}

bool deletes(const api::Object& set, std::string_view when) {
  return api::text_at(set.document(), {"spec", "persistentVolumeClaimRetentionPolicy", when}) ==
         "Delete";
}

}  // namespace

std::int64_t ordinal_of(std::string_view set, std::string_view pod) {
  if (pod.size() < set.size() + 2 || !pod.starts_with(set) || pod[set.size()] != '-') return -1;
  const std::string_view digits = pod.substr(set.size() + 1);
  std::int32_t ordinal = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  return error == std::errc() && end == digits.data() + digits.size() ? std::max(ordinal, -1) : -1;
}

bool is_in_range(const api::Object& set, std::int64_t ordinal) {
  return ordinal >= start_of(set) && ordinal - start_of(set) < replicas_of(set);
}

bool has_identity(const api::Object& pod, std::int64_t ordinal) {
  return api::text_at(pod.document(), {"metadata", "labels", kPodName}) == pod.name() &&
         api::text_at(pod.document(), {"metadata", "labels", kPodIndex}) == std::to_string(ordinal);
}

void set_identity(json::object& pod, std::int64_t ordinal) {
  const std::string name(api::text_at(pod, {"metadata", "name"}));
  api::set_at(pod, {"metadata", "labels", kPodName}, json::string(name));
  api::set_at(pod, {"metadata", "labels", kPodIndex}, json::string(std::to_string(ordinal)));
}

json::object stateful_pod(const api::Object& set, const json::object& pod_template,
                          std::string_view revision, std::int64_t ordinal) {
  const std::string name = fmt::format("{}-{}", set.name(), ordinal);
  json::object pod = pod_from_template(pod_template, set, name);
  set_identity(pod, ordinal);
  api::set_at(pod, {"metadata", "labels", kRevisionHash}, json::string(revision));
  json::object& spec = api::make_object_at(pod, {"spec"});
  spec["hostname"] = name;
  const std::string_view service = api::text_at(set.document(), {"spec", "serviceName"});
  if (!service.empty()) spec["subdomain"] = api::key(service);
  const json::array* const claims = claim_templates(set);
  if (claims == nullptr || claims->empty()) return pod;
  json::array volumes;
  std::set<std::string, std::less<>> names;
  for (const json::value& claim : *claims) {
    const std::string_view volume = api::text_at(claim.get_object(), {"metadata", "name"});
    if (!names.emplace(volume).second) continue;
    volumes.push_back(json::object{
        {"name", api::key(volume)},
        {"persistentVolumeClaim", {{"claimName", claim_name(claim.get_object(), set, ordinal)}}}});
  }
  if (const json::array* const own = api::array_at(spec, {"volumes"})) {
    for (const json::value& volume : *own) {
      if (!names.contains(api::text_at(volume.get_object(), {"name"}))) volumes.push_back(volume);
    }
  }
  spec["volumes"] = std::move(volumes);
  return pod;
}

std::vector<json::object> claims_of(const api::Object& set, std::int64_t ordinal) {
  std::vector<json::object> claims;
  const json::array* const templates = claim_templates(set);
  if (templates == nullptr) return claims;
  for (const json::value& each : *templates) {
    json::object claim = each.get_object();
    claim.erase("status");
    claim["apiVersion"] = "v1";
    claim["kind"] = "PersistentVolumeClaim";
    api::set_at(claim, {"metadata", "name"},
                json::string(claim_name(each.get_object(), set, ordinal)));
    api::set_at(claim, {"metadata", "namespace"}, api::key(set.namespace_name()));
    if (const auto* const labels =
            api::object_at(set.document(), {"spec", "selector", "matchLabels"})) {
      json::object& own = api::make_object_at(claim, {"metadata", "labels"});
      for (const auto& label : *labels) own[label.key()] = label.value();
    }
    claims.push_back(std::move(claim));
  }
  return claims;
}

bool deletes_claims_when_scaled(const api::Object& set) {
  return deletes(set, "whenScaled");
}

json::array claim_owners(const api::Object& set, const api::ObjectPtr& pod, std::int64_t ordinal,
                         const json::array& present) {
  const bool goes_with_pod = deletes_claims_when_scaled(set) && !is_in_range(set, ordinal);
  const bool goes_with_set = deletes(set, "whenDeleted") && !goes_with_pod;
  const std::string pod_name = fmt::format("{}-{}", set.name(), ordinal);
  json::array owners;
  bool foreign = false;
  for (const json::value& each : present) {
    const json::object& owner = each.get_object();
    const std::string_view kind = api::text_at(owner, {"kind"});
    const bool of_set = kind == "StatefulSet" && api::text_at(owner, {"name"}) == set.name();
    const bool of_pod = kind == "Pod" && api::text_at(owner, {"name"}) == pod_name;
    if (of_set || of_pod) continue;
    owners.push_back(each);
    foreign = foreign || api::flag_at(owner, {"controller"});
  }
  // There can be one controller only.
  if (foreign) return owners;
  if (goes_with_set) owners.push_back(controller_reference(set));
  if (goes_with_pod && pod) owners.push_back(controller_reference(*pod));
  return owners;
}

StatefulSetPlan plan_stateful_set(const StatefulSetSituation& situation) {
  return Planner(situation).plan();
}

}  // namespace cove::controllers
