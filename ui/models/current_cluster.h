// CurrentCluster: the one cluster the window is about.
#pragma once

#include <QObject>
#include <string>

#include "ui/models/cluster_model.h"

namespace cove::ui {

// GUI thread. Follows the model: a chosen cluster that disappears gives way to the first there is.
class CurrentCluster : public QObject {
  Q_OBJECT
 public:
  explicit CurrentCluster(ClusterModel& model, QObject* parent = nullptr);

  // Empty when there is none.
  const std::string& profile() const { return profile_; }
  // Nothing when there is none, or none is observed yet.
  const provision::ClusterStatus* status() const { return model_.find(profile_); }
  // May name a cluster that is still to be created.
  void choose(const std::string& profile);
  // A cluster that is not Cove's, by its context; profile() is empty then, and status() nothing.
  void choose_foreign(const std::string& context);
  const std::string& foreign() const { return foreign_; }

 Q_SIGNALS:
  // Another cluster, or something of this one, changed.
  void changed();
  void chosen();

 private:
  void follow();

  ClusterModel& model_;
  std::string profile_;
  std::string foreign_;
  bool awaited_ = false;  // chosen before it exists
};

}  // namespace cove::ui
