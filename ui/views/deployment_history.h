// DeploymentHistory: the revisions of a Deployment, what differs between any two, and the way back.
#pragma once

#include <QTableView>

#include "ui/models/object_model.h"
#include "ui/theme/theme.h"
#include "ui/widgets/diff_view.h"

namespace cove::ui {

// GUI thread. Revisions are the ReplicaSets that the Deployment controls.
class DeploymentHistory : public QWidget {
  Q_OBJECT
 public:
  DeploymentHistory(const Theme& theme, const Clock& clock,
                    std::shared_ptr<LiveCollection> replica_sets, QWidget* parent);
  // Null: none.
  void show_deployment(const api::ObjectPtr& deployment);

 Q_SIGNALS:
  // A JSON patch of the Deployment that makes it what it was at that revision.
  void undo_wanted(const QString& revision, const cove::api::json::array& patch);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  std::vector<ObjectColumn> columns();
  // Ends the newest chosen revisions: the first is what is compared with, null when none is chosen.
  std::pair<api::ObjectPtr, api::ObjectPtr> compared() const;
  api::ObjectPtr current() const;
  void refresh();
  void undo();
  void retranslate();

  ObjectModel* model_;
  QTableView* table_;
  QLabel* caption_;
  DiffView* diff_;
  QPushButton* undo_;
  api::ObjectPtr deployment_;
  std::string revision_;  // the Deployment's
};

}  // namespace cove::ui
