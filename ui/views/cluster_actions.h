// ClusterActions: Start, Pause, Stop and Delete of the current cluster, with their live state.
#pragma once

#include <QAction>
#include <QObject>

#include "ui/models/activity_model.h"
#include "ui/models/current_cluster.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// One set of actions for the top bar, the pages, the tray and the shortcuts. GUI thread.
class ClusterActions : public QObject {
  Q_OBJECT
 public:
  ClusterActions(const Theme& theme, ClusterBridge& bridge, CurrentCluster& current,
                 ActivityModel& activity, QObject* parent = nullptr);

  QAction* start() { return &start_; }
  QAction* pause() { return &pause_; }
  QAction* stop() { return &stop_; }
  // Triggered, it asks first: see delete_wanted.
  QAction* remove() { return &remove_; }
  void confirm_delete();
  void retranslate();

  // The words for what Start does now: "Start" or "Resume".
  QString start_word() const;
  // This window's operation on the current cluster, or nothing.
  const Operation* under_way() const;

 Q_SIGNALS:
  void delete_wanted();

 private:
  void run(OperationKind kind);
  void refresh();

  ClusterBridge& bridge_;
  CurrentCluster& current_;
  ActivityModel& activity_;
  QAction start_;
  QAction pause_;
  QAction stop_;
  QAction remove_;
};

}  // namespace cove::ui
