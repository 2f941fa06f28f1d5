#include "ui/models/rollout.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <cmath>
#include <map>

#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";

struct Rollouts {
  Q_DECLARE_TR_FUNCTIONS(Rollout)
};

std::string_view annotation(const api::Object& object, std::string_view name) {
  return api::text_at(object.document(), {"metadata", "annotations", name});
}

std::string_view controller_of(const api::Object& object) {
  const auto* owners = api::array_at(object.document(), {"metadata", "ownerReferences"});
  if (owners == nullptr) return {};
  for (const json::value& each : *owners) {
    const auto* owner = each.if_object();
    if (owner != nullptr && api::flag_at(*owner, {"controller"}))
      return api::text_at(*owner, {"uid"});
  }
  return {};
}

const json::object* condition_of(const api::Object& deployment, std::string_view type,
                                 std::string_view status) {
  const auto* conditions = api::array_at(deployment.document(), {"status", "conditions"});
  if (conditions == nullptr) return nullptr;
  for (const json::value& each : *conditions) {
    const auto* condition = each.if_object();
    if (condition != nullptr && api::text_at(*condition, {"type"}) == type &&
        api::text_at(*condition, {"status"}) == status)
      return condition;
  }
  return nullptr;
}

QString images_of(const api::Object& set) {
  QStringList images;
  if (const auto* all = api::array_at(set.document(), {"spec", "template", "spec", "containers"})) {
    for (const json::value& each : *all) {
      if (const auto* container = each.if_object())
        images.append(text(api::text_at(*container, {"image"})));
    }
  }
  return images.join(QStringLiteral(", "));
}

// An IntOrString of pods; percentages are of `wanted`, rounded as the controller rounds them.
std::int64_t resolve(const json::value* given, std::int64_t wanted, bool up, QString& shown) {
  if (given == nullptr) {
    shown = QStringLiteral("25%");
  } else if (const auto* string = given->if_string()) {
    shown = text(api::view(*string));
  } else if (given->is_int64()) {
    shown = QString::number(given->get_int64());
    return std::max<std::int64_t>(0, given->get_int64());
  }
  bool is_number = false;
  const double percent = QString(shown).remove(QLatin1Char('%')).toDouble(&is_number);
  if (!is_number || percent < 0 || percent > 1e6) return 0;
  const double pods = percent * static_cast<double>(wanted) / 100.0;
  return static_cast<std::int64_t>(up ? std::ceil(pods) : std::floor(pods));
}

void read_limits(const api::Object& deployment, Rollout& rollout) {
  const auto& document = deployment.document();
  rollout.recreate = api::text_at(document, {"spec", "strategy", "type"}) == "Recreate";
  rollout.min_ready_seconds = api::integer_at(document, {"spec", "minReadySeconds"}).value_or(0);
  rollout.deadline_seconds =
      api::integer_at(document, {"spec", "progressDeadlineSeconds"}).value_or(600);
  const auto limit = [&](std::string_view name) {
    return api::value_at(document, {"spec", "strategy", "rollingUpdate", name});
  };
  rollout.max_surge = resolve(limit("maxSurge"), rollout.wanted, true, rollout.surge_given);
  rollout.max_unavailable =
      resolve(limit("maxUnavailable"), rollout.wanted, false, rollout.unavailable_given);
  // Both at nothing would never move a pod.
  if (rollout.max_surge == 0 && rollout.max_unavailable == 0) rollout.max_unavailable = 1;
}

bool is_ready(const api::Object& pod) {
  const auto* conditions = api::array_at(pod.document(), {"status", "conditions"});
  return conditions != nullptr && std::ranges::any_of(*conditions, [](const json::value& each) {
           const auto* condition = each.if_object();
           return condition != nullptr && api::text_at(*condition, {"type"}) == "Ready" &&
                  api::text_at(*condition, {"status"}) == "True";
         });
}

QString with_undo(const QString& advice) {
  const QString undo =
      Rollouts::tr("Or go back: choose an earlier revision under History and undo.");
  return advice.isEmpty() ? undo : advice + QLatin1Char(' ') + undo;
}

std::optional<Rollout::Stuck> find_stuck(const api::Object& deployment, const Rollout& rollout) {
  if (const auto* failure = condition_of(deployment, "ReplicaFailure", "True")) {
    return Rollout::Stuck{
        Rollouts::tr("Its pods cannot be made"), text(api::text_at(*failure, {"message"})),
        Rollouts::tr(
            "A quota, a policy or an admission webhook refused them. Change what it names, "
            "or the template.")};
  }
  for (const RolloutSet& set : rollout.sets) {
    if (!set.is_new) continue;
    for (const RolloutPod& pod : set.pods) {
      if (pod.status.state != ObjectState::kBad) continue;
      return Rollout::Stuck{
          Rollouts::tr("%1 of the new version: %2").arg(pod.name, pod.status.reason),
          pod.status.message, with_undo(pod.status.advice)};
    }
  }
  const auto* late = condition_of(deployment, "Progressing", "False");
  if (late == nullptr) return std::nullopt;
  const auto why = text(api::text_at(*late, {"message"}));
  for (const RolloutSet& set : rollout.sets) {
    if (!set.is_new) continue;
    for (const RolloutPod& pod : set.pods) {
      if (pod.ready) continue;
      const bool pending = pod.status.reason == QLatin1String("Pending");
      return Rollout::Stuck{
          Rollouts::tr("%1 of the new version: %2").arg(pod.name, pod.status.reason),
          pod.status.message.isEmpty() ? why : pod.status.message,
          with_undo(pending ? Rollouts::tr("No node takes it: ask for less, or give the node more.")
                            : Rollouts::tr("It does not become ready: look at its readiness probe "
                                           "and its log."))};
    }
  }
  return Rollout::Stuck{Rollouts::tr("It made no progress for %1 s").arg(rollout.deadline_seconds),
                        why, with_undo({})};
}

}  // namespace

Rollout rollout_of(const api::Object& deployment, const LiveCollection& replica_sets,
                   const LiveCollection& pods, WallTime now) {
  Rollout rollout;
  const auto& document = deployment.document();
  const auto status = [&](std::string_view name) {
    return api::integer_at(document, {"status", name}).value_or(0);
  };
  rollout.wanted = api::integer_at(document, {"spec", "replicas"}).value_or(1);
  rollout.updated = status("updatedReplicas");
  rollout.available = status("availableReplicas");
  rollout.paused = api::flag_at(document, {"spec", "paused"});
  read_limits(deployment, rollout);

  const auto current = annotation(deployment, kRevision);
  const std::string begin = std::string(deployment.namespace_name()) + "/";
  const auto in_namespace = [&](const LiveCollection& of, const auto& each) {
    for (auto at = of.objects().lower_bound(begin);
         at != of.objects().end() && at->first.starts_with(begin); ++at)
      each(*at->second);
  };
  std::map<std::string, RolloutSet, std::less<>> sets;  // by uid
  in_namespace(replica_sets, [&](const api::Object& set) {
    if (controller_of(set) != deployment.uid()) return;
    const auto revision = annotation(set, kRevision);
    sets.emplace(
        std::string(set.uid()),
        RolloutSet{.name = text(set.name()),
                   .revision = text(revision),
                   .image = images_of(set),
                   .is_new = !current.empty() && revision == current,
                   .wanted = api::integer_at(set.document(), {"spec", "replicas"}).value_or(1),
                   .pods = {}});
  });
  in_namespace(pods, [&](const api::Object& pod) {
    const auto set = sets.find(controller_of(pod));
    if (set == sets.end()) return;
    set->second.pods.push_back({text(pod.name()), pod_state(pod, now), is_ready(pod)});
  });
  std::int64_t old_pods = 0;
  for (auto& [uid, set] : sets) {
    if (!set.is_new) old_pods += static_cast<std::int64_t>(set.pods.size());
    if (set.is_new || set.wanted > 0 || !set.pods.empty()) rollout.sets.push_back(std::move(set));
  }
  std::ranges::sort(rollout.sets, [](const RolloutSet& a, const RolloutSet& b) {
    if (a.is_new != b.is_new) return a.is_new;
    return a.revision.toLongLong() > b.revision.toLongLong();
  });
  rollout.complete = rollout.updated >= rollout.wanted && rollout.available >= rollout.wanted &&
                     old_pods == 0 && status("observedGeneration") >= deployment.generation();
  rollout.stuck = find_stuck(deployment, rollout);
  return rollout;
}

}  // namespace cove::ui
