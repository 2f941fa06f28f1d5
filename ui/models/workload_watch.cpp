#include "ui/models/workload_watch.h"

#include "core/api/readers.h"
#include "ui/models/document_text.h"
#include "ui/models/pod_state.h"

namespace cove::ui {
namespace {

constexpr int kNamed = 3;

}  // namespace

WorkloadWatch::WorkloadWatch(ApiSession& api, const Clock& clock, QObject* parent)
    : QObject(parent), api_(api), clock_(clock) {
  gather_.setSingleShot(true);
  gather_.setInterval(kGather);
  connect(&gather_, &QTimer::timeout, this, &WorkloadWatch::tell_pods);
  deployments_ = api_.follow({.resource = {"apps", "v1", "deployments"}});
  pods_ = api_.follow({.resource = {"", "v1", "pods"}});
  connect(deployments_.get(), &LiveCollection::changed, this, &WorkloadWatch::take_deployments);
  connect(pods_.get(), &LiveCollection::changed, this, &WorkloadWatch::take_pods);
  // Told after the first state: what it had is no news.
  connect(deployments_.get(), &LiveCollection::health_changed, this,
          [this] { deployments_known_ = deployments_->synced(); });
  connect(pods_.get(), &LiveCollection::health_changed, this,
          [this] { pods_known_ = pods_->synced(); });
  connect(&api_, &ApiSession::chosen, this, &WorkloadWatch::forget);
}

void WorkloadWatch::forget() {
  deployments_known_ = false;
  pods_known_ = false;
  rollouts_.clear();
  failing_.clear();
  new_failures_.clear();
  gather_.stop();
}

void WorkloadWatch::take_deployments(const std::vector<ObjectChange>& changes) {
  const bool news = deployments_known_;
  for (const ObjectChange& change : changes) {
    const QString key = QString::fromStdString(change.key);
    if (!change.object) {
      rollouts_.remove(key);
      continue;
    }
    const auto& document = change.object->document();
    const auto at = [&](std::string_view name) {
      return api::integer_at(document, {"status", name}).value_or(0);
    };
    const auto wanted = api::integer_at(document, {"spec", "replicas"}).value_or(1);
    const auto* progress = api::condition_of(document, "Progressing");
    const bool stuck = progress != nullptr && api::text_at(*progress, {"status"}) == "False";
    const bool seen = at("observedGeneration") >= change.object->generation();
    const bool done = seen && at("updatedReplicas") >= wanted &&
                      at("availableReplicas") >= wanted && at("replicas") <= wanted;
    const Rollout now = stuck ? Rollout::kStuck : done ? Rollout::kDone : Rollout::kRunning;
    const auto before = rollouts_.constFind(key);
    const bool was_running = before != rollouts_.constEnd() && *before == Rollout::kRunning;
    rollouts_[key] = now;
    if (!news || !was_running || now == Rollout::kRunning) continue;
    const QString name = text(change.object->name());
    if (now == Rollout::kDone) {
      tell(tr("%1 is rolled out").arg(name), tr("Ready: %1 of %1").arg(wanted), false);
    } else {
      tell(tr("The rollout of %1 does not get on").arg(name),
           text(api::text_at(*progress, {"message"})), true);
    }
  }
}

void WorkloadWatch::take_pods(const std::vector<ObjectChange>& changes) {
  const bool news = pods_known_;
  for (const ObjectChange& change : changes) {
    const QString key = QString::fromStdString(change.key);
    const bool fails = change.object && !change.object->deleting() &&
                       pod_state(*change.object, clock_.wall()).state == ObjectState::kBad;
    if (!change.object) {
      failing_.remove(key);
      new_failures_.removeAll(key);
    }
    // One that recovers between two failures is the same story.
    if (!fails || failing_.contains(key)) continue;
    failing_.insert(key);
    if (!news) continue;
    new_failures_.append(key);
    if (!gather_.isActive()) gather_.start();
  }
}

void WorkloadWatch::tell_pods() {
  QStringList sentences;
  int more = 0;
  for (const QString& key : std::exchange(new_failures_, {})) {
    const auto pod = pods_->find(key.toStdString());
    if (!pod) continue;
    const PodState state = pod_state(*pod, clock_.wall());
    if (state.state != ObjectState::kBad) continue;
    if (sentences.size() < kNamed) {
      sentences.append(QStringLiteral("%1: %2").arg(text(pod->name()), state.reason));
    } else {
      ++more;
    }
  }
  if (sentences.isEmpty()) return;
  const bool one = sentences.size() == 1;
  if (more > 0) sentences.append(tr("and %1 more").arg(more));
  tell(one ? tr("A pod fails") : tr("Pods fail"), sentences.join(QLatin1Char('\n')), true);
}

void WorkloadWatch::tell(const QString& title, const QString& text, bool bad) {
  const WallTime now = clock_.wall();
  std::erase_if(told_at_, [&](WallTime at) { return at + std::chrono::hours(1) < now; });
  if (told_at_.size() >= kMaxAnHour) return;
  told_at_.push_back(now);
  Q_EMIT told(title, text, bad);
}

}  // namespace cove::ui
