#include "ui/models/cluster_model.h"

#include <algorithm>
#include <tuple>

#include "ui/models/text.h"

namespace cove::ui {
namespace {

auto essence(const provision::ClusterStatus& s) {
  return std::tie(s.profile, s.phase, s.reason, s.remedy, s.busy, s.acceleration,
                  s.acceleration_note, s.host, s.server, s.node_name, s.api_ready, s.unanswered,
                  s.node_ready, s.kubernetes_version, s.kubeconfig_ok, s.kubeconfig, s.context,
                  s.console_log, s.directory, s.started_at);
}

bool same_step(const std::optional<provision::Step>& a, const std::optional<provision::Step>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || std::tie(a->id, a->state, a->elapsed, a->detail) ==
                   std::tie(b->id, b->state, b->elapsed, b->detail);
}

bool same_ports(const std::vector<provision::PortStatus>& a,
                const std::vector<provision::PortStatus>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::tie(x.name, x.host_port, x.guest_port) ==
           std::tie(y.name, y.host_port, y.guest_port);
  });
}

}  // namespace

bool machine_runs(const provision::ClusterStatus* status) {
  return status != nullptr && (status->phase == provision::Phase::kRunning || status->unanswered);
}

bool same_status(const provision::ClusterStatus& a, const provision::ClusterStatus& b) {
  return essence(a) == essence(b) && a.wish == b.wish && a.booted == b.booted &&
         a.image_version == b.image_version && a.image_digest == b.image_digest &&
         a.engine == b.engine && a.engine_client == b.engine_client &&
         same_step(a.current_step, b.current_step) && same_ports(a.ports, b.ports);
}

ClusterModel::ClusterModel(ClusterBridge& bridge, QObject* parent) : QAbstractListModel(parent) {
  connect(&bridge, &ClusterBridge::statuses_changed, this, &ClusterModel::take);
}

int ClusterModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(statuses_.size());
}

QVariant ClusterModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto& status = statuses_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
    case kProfile: return QString::fromStdString(status.profile);
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole: return text_of(status.phase);
    case kPhase: return static_cast<int>(status.phase);
    default: return {};
  }
}

const provision::ClusterStatus* ClusterModel::find(const std::string& profile) const {
  const auto found = std::find_if(statuses_.begin(), statuses_.end(),
                                  [&](const auto& status) { return status.profile == profile; });
  return found == statuses_.end() ? nullptr : &*found;
}

void ClusterModel::take(const std::vector<provision::ClusterStatus>& statuses) {
  std::vector<provision::ClusterStatus> next;
  for (const auto& status : statuses) {
    if (status.phase != provision::Phase::kNotCreated) next.push_back(status);
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.profile < b.profile; };
  std::sort(next.begin(), next.end(), by_name);

  bool changed = !known_;
  std::size_t row = 0;
  for (std::size_t i = 0; i < next.size() || row < statuses_.size();) {
    const int at = static_cast<int>(row);
    if (i == next.size() || (row < statuses_.size() && statuses_[row].profile < next[i].profile)) {
      beginRemoveRows({}, at, at);
      statuses_.erase(statuses_.begin() + at);
      endRemoveRows();
      changed = true;
    } else if (row == statuses_.size() || next[i].profile < statuses_[row].profile) {
      beginInsertRows({}, at, at);
      statuses_.insert(statuses_.begin() + at, next[i++]);
      endInsertRows();
      ++row;
      changed = true;
    } else {
      if (!same_status(statuses_[row], next[i])) {
        statuses_[row] = next[i];
        Q_EMIT dataChanged(index(at), index(at));
        changed = true;
      }
      ++i;
      ++row;
    }
  }
  known_ = true;
  if (changed) Q_EMIT observed();
}

}  // namespace cove::ui
