#include "ui/models/current_cluster.h"

namespace cove::ui {

CurrentCluster::CurrentCluster(ClusterModel& model, QObject* parent)
    : QObject(parent), model_(model) {
  connect(&model, &ClusterModel::observed, this, &CurrentCluster::follow);
}

void CurrentCluster::choose(const std::string& profile) {
  // What is remembered from an earlier time may be gone; what is chosen now is about to be made.
  awaited_ = model_.known() && model_.find(profile) == nullptr;
  if (profile == profile_ && foreign_.empty()) return;
  profile_ = profile;
  foreign_.clear();
  Q_EMIT chosen();
  Q_EMIT changed();
}

void CurrentCluster::choose_foreign(const std::string& context) {
  if (context == foreign_ || context.empty()) return;
  profile_.clear();
  foreign_ = context;
  awaited_ = false;
  Q_EMIT chosen();
  Q_EMIT changed();
}

void CurrentCluster::follow() {
  if (!foreign_.empty()) {
    // Another's cluster does not depend on which are Cove's.
  } else if (model_.find(profile_)) {
    awaited_ = false;
  } else if (!awaited_) {
    const std::string first =
        model_.statuses().empty() ? std::string() : model_.statuses().front().profile;
    if (first != profile_) {
      profile_ = first;
      Q_EMIT chosen();
    }
  }
  Q_EMIT changed();
}

}  // namespace cove::ui
