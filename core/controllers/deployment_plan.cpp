#include "core/controllers/deployment_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/controllers/workload_template.h"

namespace cove::controllers {
namespace {

constexpr std::size_t kLongestName = 253;

// A ReplicaSet in the plan: as it is, with the changes of this pass.
struct Set {
  api::ObjectPtr object;  // null: to be created
  json::object document;
  int replicas = 0;  // wanted, as planned
  bool changed = false;
  std::optional<DeploymentEvent> event = std::nullopt;

  std::string_view name() const { return api::text_at(document, {"metadata", "name"}); }
  // What a status says may be any number, as users can write it.
  std::int64_t actual() const { return integer_or(document, {"status", "replicas"}, 0); }
  std::int64_t available() const {
    return integer_or(document, {"status", "availableReplicas"}, 0);
  }
};
using SetPtr = std::shared_ptr<Set>;
using Sets = std::vector<SetPtr>;

json::object template_of(const json::object& document) {
  const json::object* const found = api::object_at(document, {"spec", "template"});
  return found == nullptr ? json::object() : *found;
}

bool older(const SetPtr& a, const SetPtr& b) {
  if (!a->object || !b->object) return a->object != nullptr && b->object == nullptr;
  return is_older(*a->object, *b->object);
}

Sets active(const Sets& sets) {
  Sets kept;
  std::ranges::copy_if(sets, std::back_inserter(kept),
                       [](const SetPtr& set) { return set && set->replicas > 0; });
  return kept;
}

int total(const Sets& sets) {
  std::int64_t sum = 0;
  for (const SetPtr& set : sets) sum += set ? set->replicas : 0;
  return static_cast<int>(std::min<std::int64_t>(sum, INT32_MAX));
}

class Planner {
 public:
  explicit Planner(const DeploymentSituation& situation)
      : situation_(situation),
        deployment_(situation.deployment->document()),
        replicas_(integer_or(deployment_, {"spec", "replicas"}, 1)),
        bounds_(rolling_bounds(deployment_)),
        most_(static_cast<int>(
            std::min<std::int64_t>(std::int64_t{replicas_} + bounds_.surge, INT32_MAX))),
        rolling_(api::text_at(deployment_, {"spec", "strategy", "type"}) == "RollingUpdate") {
    for (const api::ObjectPtr& object : situation.replica_sets) {
      sets_.push_back(std::make_shared<Set>(
          Set{.object = object,
              .document = object->document(),
              .replicas = integer_or(object->document(), {"spec", "replicas"}, 1)}));
    }
    std::ranges::sort(sets_, older);
    const json::object wanted = template_of(deployment_);
    for (const SetPtr& set : sets_) {
      const json::object* const own = api::object_at(set->document, {"spec", "template"});
      if (!newest_ && own != nullptr && is_same_template(*own, wanted)) {
        newest_ = set;
      } else {
        old_.push_back(set);
      }
    }
  }

  DeploymentPlan plan() {
    if (selects_everything()) return plan_;
    if (situation_.deployment->deleting()) return finish(false);
    check_paused();
    if (api::flag_at(deployment_, {"spec", "paused"})) {
      scale_evenly();
      if (!has_rollback()) clean_up();
      return finish(false);
    }
    if (has_rollback()) return roll_back();
    if (has_been_scaled()) {
      scale_evenly();
      return finish(false);
    }
    if (rolling_) {
      roll();
    } else {
      recreate();
    }
    return finish(true);
  }

 private:
  bool selects_everything();
  void check_paused();
  bool has_rollback() const {
    return api::value_at(deployment_, {"metadata", "annotations", kRollbackTo}) != nullptr;
  }
  DeploymentPlan roll_back();
  bool has_been_scaled() const;

  void sync_revision(bool create);
  void create_newest(std::int64_t revision);
  void set_revision(std::int64_t revision);
  void set_progressing(std::string_view status, std::string_view reason, std::string message);

  void roll();
  int new_replicas(const SetPtr& set) const;
  bool scale_new();
  bool scale_old();
  bool drop_unhealthy(std::int64_t most);
  bool drop_old();
  void recreate();
  void scale_evenly();
  void scale_in_proportion();
  // Whether the size changed.
  bool scale(const SetPtr& set, int size);
  void clean_up();

  Sets all() const {
    Sets all = old_;
    if (newest_) all.push_back(newest_);
    return all;
  }
  ReplicaCounts counts() const;
  json::object present_status() const {
    const json::object* const status = api::object_at(deployment_, {"status"});
    return status == nullptr ? json::object() : *status;
  }
  DeploymentPlan finish(bool rollout);

  const DeploymentSituation& situation_;
  json::object deployment_;  // with what this pass sets of conditions and annotations
  const int replicas_;
  const RollingBounds bounds_;
  const int most_;  // pods there may be
  const bool rolling_;
  Sets sets_, old_;
  SetPtr newest_;
  bool annotated_ = false;
  DeploymentPlan plan_;
};

bool Planner::selects_everything() {
  const json::object* const selector = api::object_at(deployment_, {"spec", "selector"});
  if (selector == nullptr || !selector->empty()) return false;
  plan_.events.push_back(
      {"Warning", "SelectingAll",
       "This deployment is selecting all pods. A non-empty selector is required."});
  plan_.status = present_status();
  plan_.status["observedGeneration"] = situation_.deployment->generation();
  return true;
}

void Planner::set_progressing(std::string_view status, std::string_view reason,
                              std::string message) {
  set_condition(api::make_object_at(deployment_, {"status"}),
                deployment_condition("Progressing", status, reason, message, situation_.now));
}

void Planner::check_paused() {
  if (!has_progress_deadline(deployment_)) return;
  const json::object status = present_status();
  const json::object* const condition = api::find_condition(status, "Progressing");
  const std::string_view reason =
      condition == nullptr ? std::string_view() : api::text_at(*condition, {"reason"});
  if (reason == "ProgressDeadlineExceeded") return;
  const bool paused = api::flag_at(deployment_, {"spec", "paused"});
  const bool known = reason == "DeploymentPaused";
  if (paused && !known) set_progressing("Unknown", "DeploymentPaused", "Deployment is paused");
  if (!paused && known) set_progressing("Unknown", "DeploymentResumed", "Deployment is resumed");
}

// --- Revisions.

void Planner::set_revision(std::int64_t revision) {
  if (revision_of(deployment_) == revision) return;
  api::set_at(deployment_, {"metadata", "annotations", kRevision},
              json::string(std::to_string(revision)));
  annotated_ = true;
}

void Planner::sync_revision(bool create) {
  std::vector<const json::object*> olds;
  for (const SetPtr& set : old_) olds.push_back(&set->document);
  const std::int64_t next = newest_revision(olds) + 1;
  if (!newest_) {
    if (create) create_newest(next);
    return;
  }
  if (!newest_->object) return;
  newest_->changed |= adopt_annotations(newest_->document, deployment_, next);
  const int min_ready = integer_or(deployment_, {"spec", "minReadySeconds"}, 0);
  if (integer_or(newest_->document, {"spec", "minReadySeconds"}, 0) != min_ready) {
    api::set_at(newest_->document, {"spec", "minReadySeconds"}, min_ready);
    newest_->changed = true;
  }
  set_revision(revision_of(newest_->document));
  if (has_progress_deadline(deployment_) &&
      api::find_condition(present_status(), "Progressing") == nullptr) {
    set_progressing("True", "FoundNewReplicaSet",
                    fmt::format("Found new replica set {}", api::quote(newest_->name())));
  }
}

void Planner::create_newest(std::int64_t revision) {
  json::object pod_template = template_of(deployment_);
  const std::string hash = short_hash(canonical_text(pod_template),
                                      api::integer_at(deployment_, {"status", "collisionCount"}));
  api::set_at(pod_template, {"metadata", "labels", kTemplateHash}, json::string(hash));
  const json::object* const own = api::object_at(deployment_, {"spec", "selector"});
  json::object selector = own == nullptr ? json::object() : *own;
  api::set_at(selector, {"matchLabels", kTemplateHash}, json::string(hash));
  const std::string name = hashed_name(situation_.deployment->name(), hash, kLongestName);
  const int min_ready = integer_or(deployment_, {"spec", "minReadySeconds"}, 0);
  json::object spec{{"replicas", 0}, {"selector", std::move(selector)}};
  if (min_ready != 0) spec["minReadySeconds"] = min_ready;
  json::object metadata{
      {"name", name},
      {"namespace", api::key(situation_.deployment->namespace_name())},
      {"labels", api::value_at(pod_template, {"metadata", "labels"})->get_object()},
      {"ownerReferences", json::array{controller_reference(*situation_.deployment)}}};
  spec["template"] = std::move(pod_template);
  newest_ = std::make_shared<Set>(Set{.object = nullptr,
                                      .document = {{"apiVersion", "apps/v1"},
                                                   {"kind", "ReplicaSet"},
                                                   {"metadata", std::move(metadata)},
                                                   {"spec", std::move(spec)}}});
  newest_->replicas = new_replicas(newest_);
  newest_->changed = true;
  api::set_at(newest_->document, {"spec", "replicas"}, newest_->replicas);
  adopt_annotations(newest_->document, deployment_, revision);
  set_replica_annotations(newest_->document, replicas_, most_);
  if (newest_->replicas > 0) {
    newest_->event = {
        "Normal", "ScalingReplicaSet",
        fmt::format("Scaled up replica set {} from 0 to {}", name, newest_->replicas)};
  }
  set_revision(revision);
  if (has_progress_deadline(deployment_)) {
    set_progressing("True", "NewReplicaSetCreated",
                    fmt::format("Created new replica set {}", api::quote(name)));
  }
}

// --- Rolling update.

int Planner::new_replicas(const SetPtr& set) const {
  if (!rolling_) return replicas_;
  const int pods = total(all());
  if (pods >= most_) return set->replicas;
  return set->replicas + std::min(most_ - pods, replicas_ - set->replicas);
}

void Planner::roll() {
  sync_revision(true);
  if (scale_new()) return;
  if (scale_old()) return;
  if (is_complete(deployment_, present_status())) clean_up();
}

bool Planner::scale_new() {
  if (!newest_->object || newest_->replicas == replicas_) return false;
  if (newest_->replicas > replicas_) return scale(newest_, replicas_);
  return scale(newest_, new_replicas(newest_));
}

bool Planner::scale_old() {
  if (total(old_) == 0) return false;
  const int least = replicas_ - bounds_.unavailable;
  const std::int64_t unavailable = newest_->replicas - newest_->available();
  const std::int64_t most = total(all()) - least - unavailable;
  if (most <= 0) return false;
  const bool unhealthy = drop_unhealthy(most);
  return drop_old() || unhealthy;
}

// Pods that do nothing make room first.
bool Planner::drop_unhealthy(std::int64_t most) {
  std::int64_t left = most;
  for (const SetPtr& set : old_) {
    if (left <= 0) break;
    const std::int64_t count = std::min(left, set->replicas - set->available());
    if (set->replicas == 0 || count <= 0) continue;
    scale(set, set->replicas - static_cast<int>(count));
    left -= count;
  }
  return left < most;
}

bool Planner::drop_old() {
  std::int64_t left = bounds_.unavailable - replicas_;
  for (const SetPtr& set : all()) left += set->available();
  bool dropped = false;
  for (const SetPtr& set : old_) {
    if (left <= 0) break;
    if (set->replicas == 0) continue;
    const auto count = std::min<std::int64_t>(set->replicas, left);
    dropped |= scale(set, set->replicas - static_cast<int>(count));
    left -= count;
  }
  return dropped;
}

void Planner::recreate() {
  sync_revision(false);
  bool dropped = false;
  for (const SetPtr& set : active(old_)) dropped |= scale(set, 0);
  if (dropped) return;
  for (const SetPtr& set : old_) {
    if (set->actual() > 0 || situation_.has_running_pods(*set->object)) return;
  }
  if (!newest_) sync_revision(true);
  if (newest_->object) scale(newest_, replicas_);
  if (is_complete(deployment_, present_status())) clean_up();
}

// --- Scaling.

bool Planner::has_been_scaled() const {
  for (const SetPtr& set : active(all())) {
    const auto desired = count_annotation(set->document, kDesiredReplicas);
    if (desired && *desired != replicas_) return true;
  }
  return false;
}

bool Planner::scale(const SetPtr& set, int size) {
  const int before = set->replicas;
  set->changed |= set_replica_annotations(set->document, replicas_, most_);
  if (before == size) return false;
  set->replicas = size;
  set->changed = true;
  api::set_at(set->document, {"spec", "replicas"}, size);
  const int from = integer_or(set->object->document(), {"spec", "replicas"}, 1);
  set->event = {"Normal", "ScalingReplicaSet",
                fmt::format("Scaled {} replica set {} from {} to {}", from < size ? "up" : "down",
                            set->name(), from, size)};
  return true;
}

// Without a rollout under way the one set follows the number; with one, all in proportion.
void Planner::scale_evenly() {
  sync_revision(false);
  const Sets running = active(all());
  if (running.size() <= 1) {
    const SetPtr latest = !running.empty() ? running.front()
                          : newest_        ? newest_
                          : old_.empty()   ? nullptr
                                           : old_.back();
    if (latest) scale(latest, replicas_);
    return;
  }
  const bool saturated = newest_ && newest_->replicas == replicas_ &&
                         count_annotation(newest_->document, kDesiredReplicas) == replicas_ &&
                         newest_->available() == replicas_;
  if (saturated) {
    for (const SetPtr& set : active(old_)) scale(set, 0);
  } else if (rolling_) {
    scale_in_proportion();
  }
}

void Planner::scale_in_proportion() {
  Sets sets = active(all());
  const int allowed = replicas_ > 0 ? most_ : 0;
  const int to_add = allowed - total(sets);
  // The largest first; growing favours the newer of two as large, shrinking the older.
  std::ranges::sort(sets, [to_add](const SetPtr& a, const SetPtr& b) {
    if (a->replicas != b->replicas) return a->replicas > b->replicas;
    return to_add > 0 ? older(b, a) : older(a, b);
  });
  int added = 0;
  std::vector<int> sizes;
  for (const SetPtr& set : sets) {
    int before = count_annotation(set->document, kMaxReplicas).value_or(0);
    if (before == 0) before = integer_or(deployment_, {"status", "replicas"}, 0);
    const int share =
        proportional_share(set->replicas, replicas_, bounds_.surge, before, to_add, added);
    sizes.push_back(set->replicas + share);
    added += share;
  }
  if (to_add != 0) sizes[0] = std::max(sizes[0] + to_add - added, 0);
  for (std::size_t i = 0; i < sets.size(); ++i) scale(sets[i], sizes[i]);
}

// --- Rollback, clean-up, status.

DeploymentPlan Planner::roll_back() {
  sync_revision(true);
  std::vector<const json::object*> documents;
  for (const SetPtr& set : all()) documents.push_back(&set->document);
  std::int64_t wanted = 0;
  const std::string text(api::text_at(deployment_, {"metadata", "annotations", kRollbackTo}));
  if (!text.empty()) wanted = std::strtoll(text.c_str(), nullptr, 10);
  const bool last = wanted == 0;
  if (last) wanted = newest_but_one_revision(documents);
  const json::object* to = nullptr;
  for (const json::object* const document : documents) {
    if (to == nullptr && wanted != 0 && revision_of(*document) == wanted) to = document;
  }
  DeploymentPlan plan;
  json::object next = situation_.deployment->document();
  if (to == nullptr) {
    plan.events.push_back({"Warning", "DeploymentRollbackRevisionNotFound",
                           last && wanted == 0 ? "Unable to find last revision."
                                               : "Unable to find the revision to rollback to."});
  } else if (is_same_template(template_of(*to), template_of(next))) {
    plan.events.push_back(
        {"Warning", "DeploymentRollbackTemplateUnchanged",
         fmt::format("The rollback revision contains the same template as current deployment {}",
                     api::quote(situation_.deployment->name()))});
  } else {
    json::object pod_template = template_of(*to);
    api::erase_at(pod_template, {"metadata", "labels", kTemplateHash});
    api::set_at(next, {"spec", "template"}, std::move(pod_template));
    restore_annotations(next, *to);
    plan.events.push_back({"Normal", "DeploymentRollback",
                           fmt::format("Rolled back deployment {} to revision {}",
                                       api::quote(situation_.deployment->name()), wanted)});
  }
  api::erase_at(next, {"metadata", "annotations", kRollbackTo});
  plan.replacement = std::move(next);
  return plan;
}

void Planner::clean_up() {
  const auto limit = api::integer_at(deployment_, {"spec", "revisionHistoryLimit"});
  if (!limit || *limit == INT32_MAX) return;
  Sets candidates;
  for (const SetPtr& set : old_) {
    if (!set->object->deleting()) candidates.push_back(set);
  }
  const auto excess = static_cast<std::int64_t>(candidates.size()) - *limit;
  if (excess <= 0) return;
  std::ranges::stable_sort(candidates, [](const SetPtr& a, const SetPtr& b) {
    return revision_of(a->document) < revision_of(b->document);
  });
  for (std::int64_t i = 0; i < excess; ++i) {
    const SetPtr& set = candidates[static_cast<std::size_t>(i)];
    const bool observed =
        api::integer_at(set->document, {"status", "observedGeneration"}).value_or(0) >=
        set->object->generation();
    if (set->actual() == 0 && set->replicas == 0 && observed && !set->changed)
      plan_.removals.push_back(set->object);
  }
}

ReplicaCounts Planner::counts() const {
  ReplicaCounts counts;
  for (const SetPtr& set : all()) {
    if (set == newest_) {
      counts.newest = counts.replica_sets.size();
      counts.newest_name = std::string(set->name());
    }
    counts.replica_sets.push_back(&set->document);
    counts.wanted.push_back(set->replicas);
  }
  return counts;
}

DeploymentPlan Planner::finish(bool rollout) {
  plan_.status = rollout ? rollout_status(deployment_, counts(), situation_.now)
                         : deployment_status(deployment_, counts(), situation_.now);
  for (const SetPtr& set : all()) {
    if (set->changed) plan_.replica_sets.push_back({set->object, set->document, set->event});
  }
  if (annotated_) {
    plan_.annotations = api::value_at(deployment_, {"metadata", "annotations"})->get_object();
  }
  if (rollout) plan_.again_after = deadline_check(deployment_, plan_.status, situation_.now);
  return plan_;
}

}  // namespace

RollingBounds rolling_bounds(const json::object& deployment) {
  const int replicas = integer_or(deployment, {"spec", "replicas"}, 1);
  if (api::text_at(deployment, {"spec", "strategy", "type"}) != "RollingUpdate") return {};
  const json::object* const update =
      api::object_at(deployment, {"spec", "strategy", "rollingUpdate"});
  const auto bound = [&](std::string_view name, bool up) {
    return update == nullptr ? 0 : count_or_percent(api::member(*update, name), replicas, up, 0);
  };
  RollingBounds bounds{bound("maxSurge", true), bound("maxUnavailable", false)};
  if (bounds.surge == 0 && bounds.unavailable == 0) bounds.unavailable = 1;
  bounds.unavailable = std::min(bounds.unavailable, replicas);
  return bounds;
}

int proportional_share(int size, int replicas, int surge, int before, int to_add, int added) {
  if (size == 0 || to_add == 0 || to_add == added) return 0;
  const int allowed = to_add - added;
  int share = -size;
  if (replicas > 0) {
    if (before == 0) return 0;
    const double next =
        static_cast<double>(size) * (static_cast<double>(replicas) + surge) / before;
    share = static_cast<int>(std::lround(next)) - size;
  }
  return to_add > 0 ? std::min(share, allowed) : std::max(share, allowed);
}

json::object with_failed_creation(const json::object& deployment, const std::string& replica_set,
                                  const std::string& message, WallTime now) {
  json::object next = deployment;
  set_condition(api::make_object_at(next, {"status"}),
                deployment_condition("Progressing", "False", "ReplicaSetCreateError",
                                     fmt::format("Failed to create new replica set {}: {}",
                                                 api::quote(replica_set), message),
                                     now));
  return next;
}

DeploymentPlan plan_deployment(const DeploymentSituation& situation) {
  return Planner(situation).plan();
}

}  // namespace cove::controllers
