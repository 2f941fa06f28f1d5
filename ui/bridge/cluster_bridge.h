// ClusterBridge: the GUI thread's side of a ClusterService. Nothing here waits, except the
// destructor.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ui/bridge/cluster_service.h"
#include "ui/bridge/task.h"

namespace cove::ui {

enum class OperationKind { kStart, kStop, kPause, kDelete, kConfigure, kRestart, kTask };
using OperationId = quint64;

struct OperationRequest {
  OperationKind kind = OperationKind::kStart;
  std::string profile;
  provision::StartRequest start;               // of kStart and kConfigure
  bool create = false;                         // a kStart of a cluster that is not there yet
  std::shared_ptr<const Task> task = nullptr;  // of kTask, which has no profile
};

// GUI thread only; signals are emitted in it. Calls into the service run on worker threads, one an
// operation; what they report is coalesced, so a burst of updates costs the GUI thread one event.
class ClusterBridge : public QObject {
  Q_OBJECT
 public:
  // At most this many operations run at once, at most one of each cluster; tasks are of none.
  static constexpr std::size_t kMaxOperations = 16;

  explicit ClusterBridge(std::shared_ptr<ClusterService> service, QObject* parent = nullptr);
  // Asks everything under way to stop, and waits for it.
  ~ClusterBridge() override;

  // Begins to watch. Nothing touches the service before this or another call is made.
  void observe();
  // Answered by host_known or host_failed of the same network. Requests wait for one another; one
  // that waits already is not taken twice.
  void request_host(vm::NetworkMode network);
  // Nothing when the cluster has an operation under way or the bound is reached.
  std::optional<OperationId> run(const OperationRequest& request);
  std::optional<OperationId> run(std::shared_ptr<const Task> task);
  void cancel(OperationId id);
  void cancel_all();
  bool busy(const std::string& profile) const;
  bool busy() const { return !workers_.empty(); }

 Q_SIGNALS:
  void statuses_changed(const std::vector<cove::provision::ClusterStatus>& statuses);
  void host_known(cove::vm::NetworkMode network, const cove::provision::HostFacts& facts);
  void host_failed(cove::vm::NetworkMode network, const cove::Error& error);
  void operation_started(cove::ui::OperationId id, const cove::ui::OperationRequest& request);
  void operation_planned(cove::ui::OperationId id, const std::vector<cove::provision::Step>& steps);
  void operation_stepped(cove::ui::OperationId id, const cove::provision::Step& step);
  void operation_noted(cove::ui::OperationId id, const QString& sentence);
  // Lines that its programs printed, without control characters; of a burst the newest.
  void operation_logged(cove::ui::OperationId id, const QStringList& lines);
  void operation_finished(cove::ui::OperationId id, const std::optional<cove::Error>& error);

 private:
  class Reporter;
  struct Worker {
    std::string profile;
    std::jthread thread;
  };

  void post(std::function<void()> action);
  void deliver_statuses();
  void finish(OperationId id, const std::optional<Error>& error);
  void ask_host(vm::NetworkMode network);

  std::shared_ptr<ClusterService> service_;
  OperationId next_id_ = 1;
  std::map<OperationId, Worker> workers_;
  std::optional<std::jthread> host_thread_;
  std::vector<vm::NetworkMode> next_hosts_;
  std::mutex statuses_mutex_;
  std::optional<ClusterService::Statuses> pending_statuses_;
  std::optional<std::jthread> watch_thread_;
  std::unique_ptr<ClusterService::Watch> watch_;
};

}  // namespace cove::ui
