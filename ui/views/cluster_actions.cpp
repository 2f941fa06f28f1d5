#include "ui/views/cluster_actions.h"

#include "ui/models/text.h"

namespace cove::ui {

using provision::Phase;

ClusterActions::ClusterActions(const Theme& theme, ClusterBridge& bridge, CurrentCluster& current,
                               ActivityModel& activity, QObject* parent)
    : QObject(parent), bridge_(bridge), current_(current), activity_(activity) {
  start_.setIcon(theme.icon(QStringLiteral("play")));
  pause_.setIcon(theme.icon(QStringLiteral("pause")));
  stop_.setIcon(theme.icon(QStringLiteral("stop")));
  remove_.setIcon(theme.icon(QStringLiteral("trash")));
  start_.setShortcut(Qt::Key_F5);
  pause_.setShortcut(Qt::Key_F6);
  stop_.setShortcut(Qt::SHIFT | Qt::Key_F5);
  remove_.setShortcut(Qt::CTRL | Qt::Key_Delete);
  connect(&start_, &QAction::triggered, this, [this] { run(OperationKind::kStart); });
  connect(&pause_, &QAction::triggered, this, [this] { run(OperationKind::kPause); });
  connect(&stop_, &QAction::triggered, this, [this] { run(OperationKind::kStop); });
  connect(&remove_, &QAction::triggered, this, &ClusterActions::delete_wanted);
  connect(&current, &CurrentCluster::changed, this, &ClusterActions::refresh);
  connect(&activity, &ActivityModel::operation_changed, this, &ClusterActions::refresh);
  refresh();
}

void ClusterActions::run(OperationKind kind) {
  OperationRequest request;
  request.kind = kind;
  request.profile = current_.profile();
  bridge_.run(request);
  refresh();
}

void ClusterActions::confirm_delete() {
  run(OperationKind::kDelete);
}

const Operation* ClusterActions::under_way() const {
  const Operation* latest = activity_.latest(current_.profile());
  return latest && latest->state == OperationState::kRunning ? latest : nullptr;
}

QString ClusterActions::start_word() const {
  const auto* status = current_.status();
  return status && status->phase == Phase::kPaused ? tr("Resume") : tr("Start");
}

void ClusterActions::retranslate() {
  refresh();
}

void ClusterActions::refresh() {
  const auto* status = current_.status();
  const Operation* operation = under_way();
  const Phase phase = status ? status->phase : Phase::kNotCreated;
  const bool free = status && !operation && status->busy.empty() && !in_transition(phase);
  const auto at = [&](OperationKind kind, Phase observed) {
    return operation ? operation->request.kind == kind : phase == observed;
  };
  const bool starting =
      at(OperationKind::kStart, Phase::kStarting) || (!operation && phase == Phase::kCreating);
  start_.setText(starting ? tr("Starting…") : start_word());
  pause_.setText(at(OperationKind::kPause, Phase::kPausing) ? tr("Pausing…") : tr("Pause"));
  stop_.setText(at(OperationKind::kStop, Phase::kStopping) ? tr("Stopping…") : tr("Stop"));
  remove_.setText(at(OperationKind::kDelete, Phase::kDeleting) ? tr("Deleting…") : tr("Delete"));
  start_.setEnabled(
      free && (phase == Phase::kStopped || phase == Phase::kPaused || phase == Phase::kBroken));
  pause_.setEnabled(free && phase == Phase::kRunning);
  stop_.setEnabled(free && (phase == Phase::kRunning || phase == Phase::kBroken));
  remove_.setEnabled(free);
  for (QAction* action : {&start_, &pause_, &stop_, &remove_}) {
    action->setToolTip(QStringLiteral("%1 (%2)").arg(
        action->text(), action->shortcut().toString(QKeySequence::NativeText)));
  }
}

}  // namespace cove::ui
