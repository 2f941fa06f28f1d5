// ClusterModel: every cluster of this user, in name order, as last observed.
#pragma once

#include <QAbstractListModel>
#include <string>
#include <vector>

#include "ui/bridge/cluster_bridge.h"

namespace cove::ui {

// GUI thread. Changes arrive as a diff: rows that stay keep their indexes' identity, unchanged rows
// are not touched.
class ClusterModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { kProfile = Qt::UserRole + 1, kPhase };

  explicit ClusterModel(ClusterBridge& bridge, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

  // Valid until the next change; nothing when there is no such cluster.
  const provision::ClusterStatus* find(const std::string& profile) const;
  const std::vector<provision::ClusterStatus>& statuses() const { return statuses_; }
  // False until the first observation arrived.
  bool known() const { return known_; }

 Q_SIGNALS:
  // After every observation that changed something, and after the first.
  void observed();

 private:
  void take(const std::vector<provision::ClusterStatus>& statuses);

  std::vector<provision::ClusterStatus> statuses_;
  bool known_ = false;
};

// Whether a person would see a difference.
bool same_status(const provision::ClusterStatus& a, const provision::ClusterStatus& b);
// Its machine runs as wished, whether or not its API answered just now. Null: no.
bool machine_runs(const provision::ClusterStatus* status);

}  // namespace cove::ui
