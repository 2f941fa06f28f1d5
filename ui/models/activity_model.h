// ActivityModel: what this window did and does, newest first.
#pragma once

#include <QAbstractListModel>
#include <QStringList>
#include <deque>
#include <optional>

#include "core/base/clock.h"
#include "ui/bridge/cluster_bridge.h"

namespace cove::ui {

enum class OperationState { kRunning, kSucceeded, kFailed, kCancelled };

struct Operation {
  OperationId id = 0;
  OperationRequest request;
  OperationState state = OperationState::kRunning;
  std::vector<provision::Step> steps;
  QStringList notes;
  QStringList log;  // the newest ActivityModel::kMaxLog lines that its programs printed
  std::optional<Error> error;
  bool cancelling = false;
  WallTime started;
  std::chrono::milliseconds elapsed{0};  // final once it ended
  SteadyTime started_steady;
  SteadyTime step_updated;  // when a step last reported
};

// GUI thread. Keeps the newest kCapacity operations; running ones are never dropped.
class ActivityModel : public QAbstractListModel {
  Q_OBJECT
 public:
  static constexpr std::size_t kCapacity = 50;
  static constexpr qsizetype kMaxNotes = 20;
  static constexpr qsizetype kMaxLog = 5000;
  enum Role { kId = Qt::UserRole + 1, kState };

  ActivityModel(ClusterBridge& bridge, const Clock& clock, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

  const Operation& at(int row) const { return operations_[static_cast<std::size_t>(row)]; }
  const Operation* find(OperationId id) const;
  // The newest of a cluster, running or not.
  const Operation* latest(const std::string& profile) const;
  int running() const;

  void cancel(OperationId id);
  // Nothing when as much as may be is under way.
  std::optional<OperationId> run(std::shared_ptr<const Task> task);
  // The same request once more, when the cluster is free for it.
  std::optional<OperationId> again(OperationId id);
  // Forgets all that ended.
  void clear_finished();

  // Until now, for one that runs; what it took, for one that ended.
  std::chrono::milliseconds elapsed(const Operation& operation) const;
  // Of a step of it, counting on since its last report while it runs.
  std::chrono::milliseconds elapsed(const Operation& operation, const provision::Step& step) const;

 Q_SIGNALS:
  void operation_changed(cove::ui::OperationId id);
  void operation_ended(cove::ui::OperationId id);
  void operation_logged(cove::ui::OperationId id, const QStringList& lines);

 private:
  template <class Change>
  void change(OperationId id, Change apply);
  void start(OperationId id, const OperationRequest& request);
  void take_log(OperationId id, const QStringList& lines);
  void finish(OperationId id, const std::optional<Error>& error);
  void trim();

  ClusterBridge& bridge_;
  const Clock& clock_;
  std::deque<Operation> operations_;
};

// "Starting cove…", "cove is running", "cove could not be started"
QString headline(const Operation& operation);
// Of the whole, in 0…1, by the expected times of the steps where they are known; nothing before the
// plan.
std::optional<double> progress_of(const ActivityModel& model, const Operation& operation);
// What is left by the same; nothing when unknown.
std::optional<std::chrono::milliseconds> remaining_of(const ActivityModel& model,
                                                      const Operation& operation);

}  // namespace cove::ui
