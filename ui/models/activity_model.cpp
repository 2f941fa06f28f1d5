#include "ui/models/activity_model.h"

#include <algorithm>

#include "ui/models/text.h"

namespace cove::ui {
namespace {

using provision::Step;
using provision::StepState;
using std::chrono::milliseconds;

milliseconds expected_of(const Step& step) {
  return step.expected.value_or(milliseconds(0));
}

bool ended(const Step& step) {
  return step.state == StepState::kDone;
}

}  // namespace

ActivityModel::ActivityModel(ClusterBridge& bridge, const Clock& clock, QObject* parent)
    : QAbstractListModel(parent), bridge_(bridge), clock_(clock) {
  connect(&bridge, &ClusterBridge::operation_started, this, &ActivityModel::start);
  connect(&bridge, &ClusterBridge::operation_planned, this,
          [this](OperationId id, const std::vector<Step>& steps) {
            change(id, [&](Operation& operation) { operation.steps = steps; });
          });
  connect(
      &bridge, &ClusterBridge::operation_stepped, this, [this](OperationId id, const Step& step) {
        change(id, [&](Operation& operation) {
          const auto same = std::find_if(operation.steps.begin(), operation.steps.end(),
                                         [&](const Step& other) { return other.id == step.id; });
          if (same == operation.steps.end()) {
            operation.steps.push_back(step);
          } else {
            *same = step;
          }
          operation.step_updated = clock_.steady();
        });
      });
  connect(&bridge, &ClusterBridge::operation_noted, this,
          [this](OperationId id, const QString& sentence) {
            change(id, [&](Operation& operation) {
              if (operation.notes.size() < kMaxNotes) operation.notes.append(sentence);
            });
          });
  connect(&bridge, &ClusterBridge::operation_logged, this, &ActivityModel::take_log);
  connect(&bridge, &ClusterBridge::operation_finished, this, &ActivityModel::finish);
}

int ActivityModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(operations_.size());
}

QVariant ActivityModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Operation& operation = at(index.row());
  switch (role) {
    case Qt::DisplayRole: return headline(operation);
    case kId: return QVariant::fromValue(operation.id);
    case kState: return static_cast<int>(operation.state);
    default: return {};
  }
}

const Operation* ActivityModel::find(OperationId id) const {
  const auto found = std::find_if(operations_.begin(), operations_.end(),
                                  [&](const Operation& operation) { return operation.id == id; });
  return found == operations_.end() ? nullptr : &*found;
}

const Operation* ActivityModel::latest(const std::string& profile) const {
  const auto found = std::find_if(
      operations_.begin(), operations_.end(),
      [&](const Operation& operation) { return operation.request.profile == profile; });
  return found == operations_.end() ? nullptr : &*found;
}

int ActivityModel::running() const {
  return static_cast<int>(std::count_if(
      operations_.begin(), operations_.end(),
      [](const Operation& operation) { return operation.state == OperationState::kRunning; }));
}

void ActivityModel::cancel(OperationId id) {
  const Operation* operation = find(id);
  if (!operation || operation->state != OperationState::kRunning) return;
  bridge_.cancel(id);
  change(id, [](Operation& changed) { changed.cancelling = true; });
}

std::optional<OperationId> ActivityModel::run(std::shared_ptr<const Task> task) {
  return bridge_.run(std::move(task));
}

void ActivityModel::take_log(OperationId id, const QStringList& lines) {
  const auto found = std::find_if(operations_.begin(), operations_.end(),
                                  [&](const Operation& operation) { return operation.id == id; });
  if (found == operations_.end()) return;
  found->log += lines;
  if (const qsizetype more = found->log.size() - kMaxLog; more > 0) found->log.remove(0, more);
  Q_EMIT operation_logged(id, lines);
}

std::optional<OperationId> ActivityModel::again(OperationId id) {
  const Operation* operation = find(id);
  if (!operation || operation->state == OperationState::kRunning) return std::nullopt;
  const OperationRequest request = operation->request;
  return bridge_.run(request);
}

void ActivityModel::clear_finished() {
  for (int row = rowCount() - 1; row >= 0; --row) {
    if (at(row).state == OperationState::kRunning) continue;
    beginRemoveRows({}, row, row);
    operations_.erase(operations_.begin() + row);
    endRemoveRows();
  }
}

milliseconds ActivityModel::elapsed(const Operation& operation) const {
  if (operation.state != OperationState::kRunning) return operation.elapsed;
  return std::chrono::duration_cast<milliseconds>(clock_.steady() - operation.started_steady);
}

milliseconds ActivityModel::elapsed(const Operation& operation, const Step& step) const {
  if (step.state != StepState::kRunning || operation.state != OperationState::kRunning) {
    return step.elapsed;
  }
  return step.elapsed +
         std::chrono::duration_cast<milliseconds>(clock_.steady() - operation.step_updated);
}

template <class Change>
void ActivityModel::change(OperationId id, Change apply) {
  const auto found = std::find_if(operations_.begin(), operations_.end(),
                                  [&](const Operation& operation) { return operation.id == id; });
  if (found == operations_.end()) return;
  apply(*found);
  const QModelIndex changed = index(static_cast<int>(found - operations_.begin()));
  Q_EMIT dataChanged(changed, changed);
  Q_EMIT operation_changed(id);
}

void ActivityModel::start(OperationId id, const OperationRequest& request) {
  Operation operation;
  operation.id = id;
  operation.request = request;
  operation.started = clock_.wall();
  operation.started_steady = clock_.steady();
  operation.step_updated = operation.started_steady;
  beginInsertRows({}, 0, 0);
  operations_.push_front(std::move(operation));
  endInsertRows();
  trim();
  Q_EMIT operation_changed(id);
}

void ActivityModel::finish(OperationId id, const std::optional<Error>& error) {
  change(id, [&](Operation& operation) {
    operation.elapsed = elapsed(operation);
    operation.error = error;
    const bool cancelled = error && error->code == ErrorCode::kCancelled;
    operation.state = !error      ? OperationState::kSucceeded
                      : cancelled ? OperationState::kCancelled
                                  : OperationState::kFailed;
    for (Step& step : operation.steps) {
      if (step.state != StepState::kRunning) continue;
      step.state = !error      ? StepState::kDone
                   : cancelled ? StepState::kCancelled
                               : StepState::kFailed;
    }
  });
  Q_EMIT operation_ended(id);
}

void ActivityModel::trim() {
  for (int row = rowCount() - 1; row > 0 && operations_.size() > kCapacity; --row) {
    if (at(row).state == OperationState::kRunning) continue;
    beginRemoveRows({}, row, row);
    operations_.erase(operations_.begin() + row);
    endRemoveRows();
  }
}

QString headline(const Operation& operation) {
  switch (operation.state) {
    case OperationState::kRunning: return doing(operation.request);
    case OperationState::kSucceeded: return done(operation.request);
    case OperationState::kFailed: return failed(operation.request);
    case OperationState::kCancelled:
      return ActivityModel::tr("%1: cancelled").arg(title_of(operation.request));
  }
  return {};
}

std::optional<double> progress_of(const ActivityModel& model, const Operation& operation) {
  if (operation.steps.empty()) return std::nullopt;
  double total = 0;
  double behind = 0;
  for (const Step& step : operation.steps) {
    // A step never seen before counts like a short one.
    const double weight = std::max<double>(200.0, static_cast<double>(expected_of(step).count()));
    total += weight;
    if (ended(step)) {
      behind += weight;
    } else if (step.state == StepState::kRunning) {
      const auto spent = static_cast<double>(model.elapsed(operation, step).count());
      behind += std::min(spent, weight * 0.95);
    }
  }
  return behind / total;
}

std::optional<milliseconds> remaining_of(const ActivityModel& model, const Operation& operation) {
  milliseconds left{0};
  bool known = false;
  for (const Step& step : operation.steps) {
    if (ended(step) || !step.expected) continue;
    known = true;
    left += std::max(milliseconds(0), *step.expected - model.elapsed(operation, step));
  }
  if (!known) return std::nullopt;
  return left;
}

}  // namespace cove::ui
