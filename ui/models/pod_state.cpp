#include "ui/models/pod_state.h"

#include <QCoreApplication>

#include "core/api/kinds/pod_spec.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

struct PodStates {
  Q_DECLARE_TR_FUNCTIONS(PodStates)
};

ObjectState state_of(const QString& reason, bool all_ready) {
  if (reason == QLatin1String("Running"))
    return all_ready ? ObjectState::kGood : ObjectState::kBusy;
  if (reason == QLatin1String("Completed") || reason == QLatin1String("Succeeded"))
    return ObjectState::kOff;
  for (const char* passing : {"Pending", "ContainerCreating", "PodInitializing", "Terminating",
                              "NotReady", "SchedulingGated"}) {
    if (reason == QLatin1String(passing)) return ObjectState::kBusy;
  }
  const bool init = reason.startsWith(QLatin1String("Init:")) && reason.contains(QLatin1Char('/'));
  return init ? ObjectState::kBusy : ObjectState::kBad;
}

QString advice_of(const QString& reason) {
  const QString bare = reason.startsWith(QLatin1String("Init:")) ? reason.mid(5) : reason;
  if (bare == QLatin1String("ImagePullBackOff") || bare == QLatin1String("ErrImagePull")) {
    return PodStates::tr(
        "The image cannot be pulled. Check its name and tag, and that the registry can be reached "
        "and lets you in; or build it here.");
  }
  if (bare == QLatin1String("InvalidImageName"))
    return PodStates::tr("The image's name is not a valid one. Correct it in the pod's template.");
  if (bare == QLatin1String("ErrImageNeverPull")) {
    return PodStates::tr(
        "The image is not on the node and its pull policy forbids pulling it. Build or load it.");
  }
  if (bare == QLatin1String("CrashLoopBackOff")) {
    return PodStates::tr(
        "The container ends again and again; it is started anew after a growing pause. Its log and "
        "its last exit code say why.");
  }
  if (bare == QLatin1String("OOMKilled")) {
    return PodStates::tr(
        "The container used more memory than its limit and was ended. Raise the limit or make it "
        "use less.");
  }
  if (bare == QLatin1String("CreateContainerConfigError")) {
    return PodStates::tr(
        "The container refers to a ConfigMap, Secret or key that is not there. Create it or "
        "correct the reference.");
  }
  if (bare == QLatin1String("Evicted")) {
    return PodStates::tr(
        "The node ran short of memory or disk and put the pod out. Give the node more, or ask for "
        "less.");
  }
  if (bare == QLatin1String("Error"))
    return PodStates::tr("The container ended with an error. Its log says why.");
  return {};
}

// The first container that does not do its work, in its own words.
QString message_of(const api::json::object& pod) {
  for (const std::string_view list : {"initContainerStatuses", "containerStatuses"}) {
    const auto* statuses = api::array_at(pod, {"status", list});
    if (statuses == nullptr) continue;
    for (const auto& each : *statuses) {
      const auto* status = each.if_object();
      if (status == nullptr) continue;
      const auto waits = api::text_at(*status, {"state", "waiting", "message"});
      if (!waits.empty()) return text(waits);
      const auto* ended = api::object_at(*status, {"state", "terminated"});
      if (ended == nullptr) continue;
      if (const auto said = api::text_at(*ended, {"message"}); !said.empty()) return text(said);
      if (const auto code = api::integer_at(*ended, {"exitCode"}).value_or(0); code != 0) {
        return PodStates::tr("%1 ended with exit code %2")
            .arg(text(api::text_at(*status, {"name"})))
            .arg(code);
      }
    }
  }
  if (const auto said = api::text_at(pod, {"status", "message"}); !said.empty()) return text(said);
  if (const auto* conditions = api::array_at(pod, {"status", "conditions"})) {
    for (const auto& each : *conditions) {
      const auto* condition = each.if_object();
      if (condition != nullptr && api::text_at(*condition, {"type"}) == "PodScheduled" &&
          api::text_at(*condition, {"status"}) == "False") {
        return text(api::text_at(*condition, {"message"}));
      }
    }
  }
  return {};
}

}  // namespace

PodState pod_state(const api::Object& pod, WallTime now) {
  const auto summary = api::pods::summarize(pod.document());
  PodState state;
  state.ready = QString::number(summary.ready) + QLatin1Char('/') + QString::number(summary.total);
  state.reason = text(summary.reason);
  state.restarts = QString::fromStdString(api::pods::restarts_text(summary, now));
  state.restart_count = summary.restarts;
  state.ip = text(api::pods::address_of(pod.document()));
  state.node = text(api::text_at(pod.document(), {"spec", "nodeName"}));
  state.state = state_of(state.reason, summary.ready == summary.total);
  if (state.state == ObjectState::kBad || state.state == ObjectState::kBusy) {
    state.message = message_of(pod.document());
    state.advice = advice_of(state.reason);
  }
  return state;
}

}  // namespace cove::ui
