// WorkloadWatch: what deserves to be told while nobody looks: rollouts that end or get stuck, pods
// that begin to fail.
#pragma once

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include "core/base/clock.h"
#include "ui/bridge/api_session.h"

namespace cove::ui {

// GUI thread. What was so when the cluster was chosen is no news. Failing pods are gathered for a
// while and told in one sentence, each pod once; never more than kMaxAnHour in an hour: what comes
// beyond is not told, the pages show it.
class WorkloadWatch : public QObject {
  Q_OBJECT
 public:
  static constexpr int kMaxAnHour = 12;
  static constexpr std::chrono::milliseconds kGather{4'000};

  WorkloadWatch(ApiSession& api, const Clock& clock, QObject* parent = nullptr);
  void set_gather(std::chrono::milliseconds time) { gather_.setInterval(time); }

 Q_SIGNALS:
  void told(const QString& title, const QString& text, bool bad);

 private:
  enum class Rollout { kDone, kRunning, kStuck };
  void take_deployments(const std::vector<ObjectChange>& changes);
  void take_pods(const std::vector<ObjectChange>& changes);
  void tell_pods();
  void tell(const QString& title, const QString& text, bool bad);
  void forget();

  ApiSession& api_;
  const Clock& clock_;
  std::shared_ptr<LiveCollection> deployments_;
  std::shared_ptr<LiveCollection> pods_;
  bool deployments_known_ = false;  // all of the first state was told
  bool pods_known_ = false;
  QHash<QString, Rollout> rollouts_;
  QSet<QString> failing_;  // keys of pods that are told or known to fail
  QStringList new_failures_;
  QTimer gather_;
  std::vector<WallTime> told_at_;
};

}  // namespace cove::ui
