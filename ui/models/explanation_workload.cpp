// Why a workload, a claim, a node or a namespace is not as it should be.
#include <QRegularExpression>

#include "ui/models/explanation_parts.h"

namespace cove::ui::why {
namespace {

std::int64_t number(const api::Object& object, api::Steps path, std::int64_t absent = 0) {
  return api::integer_at(object.document(), path).value_or(absent);
}

std::int64_t wanted_of(const api::Object& workload) {
  if (workload.kind() == "DaemonSet") return number(workload, {"status", "desiredNumberScheduled"});
  return number(workload, {"spec", "replicas"}, 1);
}

std::int64_t ready_of(const api::Object& workload) {
  if (workload.kind() == "DaemonSet") return number(workload, {"status", "numberReady"});
  if (workload.kind() == "Deployment") return number(workload, {"status", "availableReplicas"});
  return number(workload, {"status", "readyReplicas"});
}

bool rolled_out(const api::Object& workload) {
  if (workload.kind() != "Deployment") return true;
  return number(workload, {"status", "updatedReplicas"}) >= wanted_of(workload);
}

QString creation_failure(const api::Object& workload, const Surroundings& around) {
  const auto* failure = api::condition_of(workload.document(), "ReplicaFailure");
  if (failure != nullptr && api::text_at(*failure, {"status"}) == "True")
    return text(api::text_at(*failure, {"message"}));
  return message_of(last_event(around, workload, "FailedCreate"));
}

Explanation cannot_create(const QString& message) {
  Explanation out;
  out.why = message;
  if (message.contains(QLatin1String("exceeded quota"))) {
    static const QRegularExpression named(QStringLiteral("exceeded quota: ([^,]+)"));
    out.title = Explanations::tr("The namespace's quota “%1” leaves no room for its pods")
                    .arg(named.match(message).captured(1));
    out.advice = Explanations::tr(
        "Raise the ResourceQuota, end something else in the namespace, or ask for "
        "less.");
  } else if (message.contains(QLatin1String("serviceaccount"))) {
    out.title = Explanations::tr("Its pods cannot be made: the service account is missing");
    out.advice = Explanations::tr(
        "Create the service account, or correct spec.template.spec."
        "serviceAccountName.");
  } else {
    out.title = Explanations::tr("Its pods cannot be made (FailedCreate)");
    out.advice = Explanations::tr("Correct what the message names; it is tried again by itself.");
  }
  return out;
}

}  // namespace

std::vector<api::ObjectPtr> pods_of(const api::Object& workload, const Surroundings& around) {
  const auto* wanted = api::object_at(workload.document(), {"spec", "selector"});
  const auto selector = api::LabelSelector::from_document(wanted);
  std::vector<api::ObjectPtr> pods;
  if (!selector || selector->empty()) return pods;
  for (const api::ObjectPtr& each : of_kind(around, "Pod")) {
    if (each->namespace_name() == workload.namespace_name() && selector->matches(each->document()))
      pods.push_back(each);
  }
  return pods;
}

std::optional<Explanation> workload(const api::Object& workload, const Surroundings& around,
                                    WallTime now) {
  const json::object& document = workload.document();
  const std::int64_t wanted = wanted_of(workload);
  const std::int64_t ready = ready_of(workload);
  const auto* progress = api::condition_of(document, "Progressing");
  const bool late = progress != nullptr && api::text_at(*progress, {"status"}) == "False";
  const bool paused = api::flag_at(document, {"spec", "paused"});
  if (!late && ready >= wanted && rolled_out(workload)) return std::nullopt;
  Explanation out;
  QString pod_name;
  const auto worst = worst_pod(pods_of(workload, around), around, now, &pod_name);
  const QString failure = creation_failure(workload, around);
  const bool failing = worst && worst->state == ObjectState::kBad;
  if (!failure.isEmpty() && !failing) {
    out = cannot_create(failure);
  } else if (worst) {
    out.state = failing || late ? ObjectState::kBad : ObjectState::kBusy;
    out.title = failing ? Explanations::tr("A pod of it fails: %1").arg(worst->title)
                        : Explanations::tr("A pod of it is not ready yet: %1").arg(worst->title);
    out.why = lines({Explanations::tr("Pod %1:").arg(pod_name) + QLatin1Char(' ') +
                         worst->why.section(QLatin1Char('\n'), 0, 1),
                     Explanations::tr("Ready are %1 of %2.").arg(ready).arg(wanted)});
    out.advice = worst->advice;
    out.actions = worst->actions;
  } else {
    out.state = late ? ObjectState::kBad : ObjectState::kBusy;
    out.title = paused ? Explanations::tr("Its rollout is paused")
                       : Explanations::tr("It is being rolled out");
    out.why = Explanations::tr("Ready are %1 of %2.").arg(ready).arg(wanted);
    out.advice =
        paused ? Explanations::tr("Resume it: nothing new is rolled out until then.") : QString();
  }
  if (late) {
    const auto limit = number(workload, {"spec", "progressDeadlineSeconds"}, 600);
    if (!failing && failure.isEmpty())
      out.title = Explanations::tr("Its rollout does not get on (ProgressDeadlineExceeded)");
    out.why = lines(
        {out.why, Explanations::tr("There was no progress for %1 s (progressDeadlineSeconds). The "
                                   "pods of the former revision keep serving.")
                      .arg(limit)});
    if (out.advice.isEmpty())
      out.advice = Explanations::tr("Correct the template, or undo to a revision of the history.");
    else if (failing)
      out.advice += QLatin1Char(' ') + Explanations::tr("Or undo to a revision of the history.");
  }
  return out;
}

std::optional<Explanation> job(const api::Object& job, const Surroundings& around, WallTime now) {
  const json::object& document = job.document();
  const auto* failed = api::condition_of(document, "Failed");
  const bool gave_up = failed != nullptr && api::text_at(*failed, {"status"}) == "True";
  const std::int64_t failures = number(job, {"status", "failed"});
  if (api::condition_holds(document, "Complete")) return std::nullopt;
  QString pod_name;
  const auto worst = worst_pod(pods_of(job, around), around, now, &pod_name);
  const QString refused = message_of(last_event(around, job, "FailedCreate"));
  if (!gave_up && !worst && refused.isEmpty() && failures == 0) return std::nullopt;
  Explanation out;
  if (worst) {
    out = *worst;
    out.title = Explanations::tr("Pod %1: %2").arg(pod_name, worst->title);
  }
  if (!gave_up) {
    if (!worst && !refused.isEmpty()) return cannot_create(refused);
    if (!worst) {
      out.state = ObjectState::kBusy;
      out.title = Explanations::tr("It is tried again: its pods failed so often: %1").arg(failures);
    }
    return out;
  }
  out.state = ObjectState::kBad;
  const auto reason = api::text_at(*failed, {"reason"});
  out.title = reason == "BackoffLimitExceeded"
                  ? Explanations::tr("It gave up: its pods failed too often (BackoffLimitExceeded)")
              : reason == "DeadlineExceeded"
                  ? Explanations::tr("It ran longer than it may (DeadlineExceeded)")
                  : Explanations::tr("It has failed (%1)").arg(text(reason));
  out.why = lines({text(api::text_at(*failed, {"message"})),
                   Explanations::tr("Failed pods: %1, allowed by backoffLimit: %2.")
                       .arg(failures)
                       .arg(number(job, {"spec", "backoffLimit"}, 6)),
                   worst ? QStringLiteral("%1: %2").arg(pod_name, worst->title) : QString(),
                   worst ? worst->why : QString()});
  if (reason == "DeadlineExceeded")
    out.advice = Explanations::tr("Raise activeDeadlineSeconds, or make the work shorter.");
  else if (out.advice.isEmpty())
    out.advice = Explanations::tr(
        "The pods' logs say why. A Job that has failed is not tried again: create "
        "it anew.");
  return out;
}

std::optional<Explanation> claim(const api::Object& claim, const Surroundings& around) {
  const json::object& document = claim.document();
  const auto phase = api::text_at(document, {"status", "phase"});
  if (phase == "Bound") return std::nullopt;
  Explanation out;
  if (phase == "Lost") {
    out.title = Explanations::tr("Its volume is gone (Lost)");
    out.why = Explanations::tr(
                  "The PersistentVolume %1 was deleted; what was on it is not reachable by "
                  "this claim.")
                  .arg(text(api::text_at(document, {"spec", "volumeName"})));
    out.advice =
        Explanations::tr("Delete the claim and create it anew; restore the data from a backup.");
    return out;
  }
  out.state = ObjectState::kBusy;
  const QString failed = message_of(last_event(around, claim, "ProvisioningFailed"));
  const QString unbound = message_of(last_event(around, claim, "FailedBinding"));
  const QString name = text(api::text_at(document, {"spec", "storageClassName"}));
  QStringList classes;
  api::ObjectPtr own;
  for (const api::ObjectPtr& each : of_kind(around, "StorageClass")) {
    classes.append(text(each->name()));
    if (text(each->name()) == name) own = each;
  }
  if (!name.isEmpty() && around.complete && !own) {
    out.state = ObjectState::kBad;
    out.title = Explanations::tr("There is no StorageClass “%1”").arg(name);
    out.why = classes.isEmpty() ? QString()
                                : Explanations::tr("The classes there are: %1.")
                                      .arg(classes.join(QStringLiteral(", ")));
    out.advice = Explanations::tr(
        "Correct storageClassName (it cannot be changed: create the claim anew), "
        "or create the class.");
  } else if (!failed.isEmpty()) {
    out.state = ObjectState::kBad;
    out.title = Explanations::tr("Its volume cannot be made (ProvisioningFailed)");
    out.why = failed;
    out.advice = Explanations::tr("Correct what the message names; it is tried again by itself.");
  } else if (own &&
             api::text_at(own->document(), {"volumeBindingMode"}) == "WaitForFirstConsumer") {
    out.title = Explanations::tr("It waits for a pod that uses it (WaitForFirstConsumer)");
    out.why =
        Explanations::tr("The class %1 makes the volume where the first pod is placed.").arg(name);
    out.advice = Explanations::tr("Nothing is wrong: it is bound once a pod mounts it.");
  } else {
    out.title = Explanations::tr("It waits for a volume (Pending)");
    out.why = unbound;
    out.advice = name.isEmpty()
                     ? Explanations::tr(
                           "Set storageClassName, or create a PersistentVolume that fits its "
                           "size and access modes.")
                     : QString();
  }
  return out;
}

std::optional<Explanation> node(const api::Object& node) {
  const json::object& document = node.document();
  const auto* ready = api::condition_of(document, "Ready");
  Explanation out;
  if (ready == nullptr || api::text_at(*ready, {"status"}) != "True") {
    const bool silent = ready == nullptr || api::text_at(*ready, {"status"}) == "Unknown";
    out.title = silent ? Explanations::tr("The node does not report any more (NotReady)")
                       : Explanations::tr("The node is not ready (NotReady)");
    out.why = ready == nullptr ? QString() : text(api::text_at(*ready, {"message"}));
    out.advice = Explanations::tr(
        "Look at the console log; stop and start the cluster if it does not come "
        "back within a minute. Pods are kept.");
    return out;
  }
  struct Pressure {
    std::string_view type;
    QString title;
    QString advice;
  };
  const Pressure pressures[] = {
      {"MemoryPressure", Explanations::tr("The node is short of memory (MemoryPressure)"),
       Explanations::tr("Pods may be put out. Give the cluster more memory, or end pods.")},
      {"DiskPressure", Explanations::tr("The node is short of disk (DiskPressure)"),
       Explanations::tr(
           "Unused images are removed and pods may be put out. Prune images, or make the disk "
           "larger.")},
      {"PIDPressure", Explanations::tr("The node has too many processes (PIDPressure)"),
       Explanations::tr("A pod may be starting processes without end: find it and end it.")}};
  for (const Pressure& each : pressures) {
    const auto* condition = api::condition_of(document, each.type);
    if (condition == nullptr || api::text_at(*condition, {"status"}) != "True") continue;
    out.title = each.title;
    out.why = text(api::text_at(*condition, {"message"}));
    out.advice = each.advice;
    return out;
  }
  if (!api::flag_at(document, {"spec", "unschedulable"})) return std::nullopt;
  out.state = ObjectState::kBusy;
  out.title = Explanations::tr("The node is cordoned: nothing new is placed on it");
  out.advice = Explanations::tr("Uncordon the node: “kubectl uncordon”.");
  return out;
}

std::optional<Explanation> name_space(const api::Object& name_space) {
  if (!name_space.deleting()) return std::nullopt;
  Explanation out;
  out.state = ObjectState::kBusy;
  out.title = Explanations::tr("The namespace is being deleted with all that is in it");
  QStringList told;
  for (const std::string_view type :
       {"NamespaceContentRemaining", "NamespaceFinalizersRemaining",
        "NamespaceDeletionContentFailure", "NamespaceDeletionDiscoveryFailure"}) {
    const auto* condition = api::condition_of(name_space.document(), type);
    if (condition != nullptr && api::text_at(*condition, {"status"}) == "True")
      told.append(text(api::text_at(*condition, {"message"})));
  }
  out.why = told.join(QLatin1Char('\n'));
  out.advice = told.isEmpty() ? QString()
                              : Explanations::tr(
                                    "See the objects that remain: their finalizers must be "
                                    "taken away by whoever set them.");
  return out;
}

}  // namespace cove::ui::why
